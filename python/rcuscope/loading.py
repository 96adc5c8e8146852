# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenarios by text: a name of the catalogue, or a Python file and a name in it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import ModuleType

from rcuscope import _core
from rcuscope.scenario import Scenario, as_scenario


@contextmanager
def running(path: str | PathLike[str]) -> Iterator[None]:
    """Makes one clear error of a file's syntax errors, and of its wish to end the program.

    An exit would otherwise be taken for the command's own: a submission could set its status.
    """
    try:
        yield
    except SystemExit as exit_:
        raise _core.UsageError(
            f"{path}: ends the program, SystemExit({exit_.code!r}), instead of defining functions; "
            'put what is only for running it under `if __name__ == "__main__":`'
        ) from None
    except SyntaxError as error:
        line = "" if error.text is None else f": {error.text.strip()}"
        where = f"{error.filename or path}, line {error.lineno}"
        raise _core.UsageError(f"{where}: {type(error).__name__}: {error.msg}{line}") from None


def _load_module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise _core.UsageError(f"{path}: expected a Python file (.py)")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)
    sys.path.insert(0, str(path.parent))
    try:
        with running(path):
            spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def scenarios_of(path: Path) -> dict[str, Scenario]:
    """The scenarios of a Python file, by name; runs it."""
    module = _load_module(path)
    return {value.name: value for value in vars(module).values() if isinstance(value, Scenario)}


def load_scenario(text: str) -> Scenario:
    """The scenario that "NAME", "FILE.py" or "FILE.py::NAME" means.

    Raises:
        ValueError: if there is none, or more than one.
        OSError: if the file cannot be read.
        Exception: what running the file raises.
    """
    file, _, name = text.partition("::")
    if not file.endswith(".py"):
        start, colon, rest = file.rpartition(".py:")
        if colon:
            raise _core.UsageError(
                f"{file}: expected FILE.py::SCENARIO, with two colons: {start}.py::{rest}"
            )
        if os.sep in file or Path(file).exists():
            raise _core.UsageError(
                f"{file}: expected a Python file (.py), or a name that `rcuscope list` shows"
            )
        return as_scenario(text)
    path = Path(file)
    if not path.is_file():
        raise FileNotFoundError(f"{file}: no such file")
    scenarios = scenarios_of(path)
    known = ", ".join(scenarios) or "none"
    if name:
        if name not in scenarios:
            raise _core.UsageError(f"{file} has no scenario {name!r}; it has {known}")
        return scenarios[name]
    if len(scenarios) != 1:
        raise _core.UsageError(
            f"{file}: expected one @rs.scenario function, found {known}; choose one with "
            f"{file}::NAME"
        )
    return next(iter(scenarios.values()))
