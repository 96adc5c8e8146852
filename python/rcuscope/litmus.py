# SPDX-License-Identifier: LGPL-2.1-or-later
"""Litmus tests as scenarios: a process is an actor, a variable a location."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from types import CodeType
from typing import Any, Final

from rcuscope import _core
from rcuscope.litmus_parser import read
from rcuscope.litmus_run import Memory, Process, Word
from rcuscope.scenario import Scenario

CONDITIONS: Final = ("Never", "Sometimes", "Always")


def _compiled(process: str, statements: list[ast.stmt], file: str) -> CodeType:
    module = ast.Module(body=statements, type_ignores=[])
    code = compile(ast.fix_missing_locations(module), file, "exec")
    return code.replace(co_name=process)  # what findings tell as the function


class Litmus(Scenario):
    """A litmus test; made by `rs.litmus`.

    Attributes:
        text: The test as it was given.
        file: Its file, or its name if it was given as text.
        said: The condition that its comment tells: "Never", "Sometimes", "Always", or None.
    """

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        said = re.search(rf"Result:\s*({'|'.join(CONDITIONS)})", text)
        self.said = said.group(1) if said else None
        self._test = read(text, file)
        self._codes = [(name, _compiled(name, code, file)) for name, code in self._test.actors]
        self._condition = compile(self._test.condition, file, "eval")
        self._filter = compile(self._test.filter, file, "eval")
        super().__init__(self._make_body(), name=self._test.name, title=f"Litmus test {file}")

    def _make_body(self) -> Callable[[_core.Kernel], None]:
        def body(k: _core.Kernel) -> None:
            """Declares an actor for each process."""
            test = self._test
            memory = Memory(k, test.initial, test.locks, test.domains)
            processes = [Process(k, memory) for _ in test.actors]
            for name, value in test.first_registers.items():
                index, _, register = name.partition(":")
                if int(index) < len(processes):
                    processes[int(index)].registers[register] = Word(memory.first_value(value))
            for process, (name, code) in zip(processes, self._codes, strict=True):
                k.process(name, args=(code, process))(_run)

            @k.at_end
            def final_state() -> None:
                values = (_value(k, memory, processes, name) for name in test.observed)
                state = dict(zip(test.observed, values, strict=True))
                if eval(self._filter, {"state": state}):
                    text = " ".join(f"{name}={value};" for name, value in state.items())
                    _core.set_final_state(k, text)

        return body

    def condition_of(self, final_states: Iterable[str]) -> str:
        """How often the test's condition holds in these final states.

        Args:
            final_states: As `Verdict.final_states` tells them.

        Returns:
            "Never", "Sometimes" or "Always"; "Never" for no states.
        """
        states = [
            dict(pair.split("=", 1) for pair in state.rstrip(";").split("; "))
            for state in final_states
        ]
        held = [bool(eval(self._condition, {"state": state})) for state in states]
        if not any(held):
            return "Never"
        return "Always" if all(held) else "Sometimes"

    def __reduce__(self) -> tuple[Any, ...]:
        return Litmus, (self.text, self.file)


def _run(code: CodeType, process: Process) -> None:
    exec(code, {"p": process, "k": process.k})


def _value(k: _core.Kernel, memory: Memory, processes: list[Process], name: str) -> str:
    process, _, register = name.rpartition(":")
    if process:
        return memory.text(processes[int(process)].register(register).value)
    return memory.text(k.READ_ONCE(memory.variables[name]["value"]))


def litmus(path_or_text: str | PathLike[str]) -> Litmus:
    """A litmus test as a scenario.

    `rs.explore` of it fills `Verdict.final_states`, and `Verdict.condition` says how often the
    test's condition holds: under sequential consistency, so a condition that is "Never" here may be
    "Sometimes" on hardware, unless the outcome is SAFE. What the test cannot be read for is an
    error that names the line: loops, structs, arrays and some rare primitives.

    Args:
        path_or_text: A file, or the test itself (text of more than one line).

    Raises:
        ValueError: for text that is no litmus test, or needs what is not known here.
        OSError: if the file cannot be read.

    Example:
        >>> import rcuscope as rs
        >>> test = rs.litmus('''C two-stores
        ... {}
        ... P0(int *x) { WRITE_ONCE(*x, 1); }
        ... P1(int *x) { WRITE_ONCE(*x, 2); }
        ... exists (x=1)''')
        >>> verdict = rs.explore(test, memory="sc")
        >>> verdict.final_states, verdict.condition
        (('x=1;', 'x=2;'), 'Sometimes')
    """
    if not isinstance(path_or_text, (str, PathLike)):
        raise TypeError(f"litmus({path_or_text!r}): expected a path, or the text of a test")
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        head = re.match(r"\s*C[ \t]+(\S+)", path_or_text)
        return Litmus(path_or_text, head.group(1) if head else "litmus text")
    path = Path(path_or_text)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _core.UsageError(f"{path}: expected a text file: {error}") from error
    return Litmus(text, str(path))
