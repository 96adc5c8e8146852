# SPDX-License-Identifier: LGPL-2.1-or-later
"""A litmus test while it runs: its variables, and its processes with what depends on what.

Follows: the kernel's tools/memory-model/Documentation/explanation.txt for dependencies: of an
address, of a stored value, and of what stands within an arm of an `if`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from rcuscope import _core

_CALCULATIONS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


class Word(NamedTuple):
    """A value (an int, an address, a place or a lock), and the loads that it depends on."""

    value: Any
    loads: frozenset[int] = frozenset()


def calculate(sign: str, left: Any, right: Any) -> Any:
    """The value of a C expression.

    Args:
        sign: The operator.
        left: An int, or the address of a variable: then only what does not depend on its number.
        right: Likewise.

    Raises:
        UsageError: for what does depend on it.
    """
    left, right = (0 if value is None else value for value in (left, right))
    if sign in ("==", "!="):
        return int((left == right) == (sign == "=="))
    if isinstance(left, int) and isinstance(right, int):
        return int(_CALCULATIONS[sign](left, right))
    if sign in ("^", "-") and left == right:  # a dependency that computes nothing
        return 0
    if sign in ("&", "*") and (left == 0 or right == 0):
        return 0
    if sign in ("+", "-", "|", "^") and right == 0:
        return left
    if sign in ("+", "|", "^") and left == 0:
        return right
    raise _core.UsageError(f"{left!r} {sign} {right!r}: addresses are no numbers in rs.litmus")


class Memory:
    """The variables of one execution."""

    def __init__(
        self,
        k: _core.Kernel,
        initial: Mapping[str, int | str],
        locks: frozenset[str],
        domains: frozenset[str],
    ) -> None:
        """Makes them.

        Args:
            k: Of the execution.
            initial: Variable -> its first value, or the name of what it points to.
            locks: Names of spinlocks.
            domains: Names of SRCU domains.
        """
        self.objects: dict[str, Any] = {name: k.spinlock(name) for name in sorted(locks)}
        self.objects |= {name: k.srcu_struct(name) for name in sorted(domains)}
        self.variables = {name: k.kzalloc(name, value=0) for name in initial}
        self.roots = [k.shared(f"&{name}", handle) for name, handle in self.variables.items()]
        for name, value in initial.items():
            if value != 0:
                k.WRITE_ONCE(self.variables[name]["value"], self.first_value(value))

    def first_value(self, value: int | str) -> Any:
        """What a test's first value means: a number, or the address of a variable."""
        return self.variables[value] if isinstance(value, str) else value

    def text(self, value: Any) -> str:
        """A value as final states tell it."""
        for name, variable in self.variables.items():
            if value == variable:
                return name
        return str(0 if value is None else int(value))


class Process:
    """What the code of a process calls."""

    def __init__(self, k: _core.Kernel, memory: Memory) -> None:
        """Nothing has run yet.

        Args:
            k: Of the execution.
            memory: Its variables.
        """
        self.k = k
        self.memory = memory
        self.registers: dict[str, Word] = {}
        self._branches: list[frozenset[int]] = []
        self._added = 0

    # ---- words
    @staticmethod
    def word(value: int) -> Word:
        """A constant."""
        return Word(value)

    def register(self, name: str) -> Word:
        """What a register holds; 0 before its first assignment."""
        return self.registers.get(name, Word(0))

    def address(self, name: str) -> Word:
        """Of a variable."""
        return Word(self.memory.variables[name])

    def object(self, name: str) -> Word:
        """A lock or an SRCU domain."""
        return Word(self.memory.objects[name])

    def place(self, name: str) -> Word:
        """Where a variable is."""
        return self.target(self.address(name))

    @staticmethod
    def target(pointer: Word) -> Word:
        """The place that a pointer points to."""
        if not isinstance(pointer.value, _core.HeapObject):
            raise _core.UsageError(f"a pointer that is {pointer.value!r} points nowhere")
        return Word(pointer.value["value"], pointer.loads)

    @staticmethod
    def calculate(sign: str, left: Word, right: Word) -> Word:
        """See the function of that name."""
        return Word(calculate(sign, left.value, right.value), left.loads | right.loads)

    @staticmethod
    def decide(is_and: bool, left: Word, right: Callable[[], Word]) -> Word:
        """`left && right` or `left || right`."""
        if calculate("!=", left.value, 0) != int(is_and):
            return Word(int(not is_and), left.loads)
        other = right()
        return Word(calculate("!=", other.value, 0), left.loads | other.loads)

    # ---- branches
    def enter(self, condition: Word) -> bool:
        """What follows, up to leave(), depends on the condition."""
        self._branches.append(condition.loads)
        return bool(calculate("!=", condition.value, 0))

    def leave(self) -> None:
        """The end of an arm."""
        self._branches.pop()

    # ---- operations: their arguments, and their results
    def access(self, place: Word, *values: Word) -> tuple[Any, ...]:
        """For a load or an update; the load of an update depends on no value."""
        if place.loads:
            _core.note_dependent(self.k, sorted(place.loads), False)
        return place.value, *(word.value for word in values)

    def storing(self, place: Word, value: Word) -> tuple[Any, ...]:
        """For a store, which may depend on the loads of its value and of branches, too."""
        loads = value.loads.union(*self._branches)
        if loads:
            _core.note_dependent(self.k, sorted(loads), True)
        return self.access(place, value)

    def addition(self, number: Word, place: Word) -> tuple[Any, ...]:
        """For atomic_add_return, whose first argument is the number."""
        self._added = number.value
        return number.value, *self.access(place)

    def taken_back(self, result: Word) -> Word:
        """What was there before the latest addition."""
        return Word(result.value - self._added, result.loads)

    def loaded(self, value: Any) -> Word:
        """What the latest access gave."""
        return Word(value, frozenset([_core.latest_access(self.k)]))

    @staticmethod
    def done(result: Any) -> Word:
        """The result of what is no load."""
        return Word(0 if result is None else result)
