# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scenarios: Python functions that declare actors, and the catalogue of those written in C++."""

from __future__ import annotations

import inspect
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, overload

from rcuscope import _core
from rcuscope.config import Config
from rcuscope.variant import Variant

Body = Callable[[_core.Kernel], object]

_EXPECTATIONS: Final = ("SAFE", "UNKNOWN", *_core.finding_kinds)


def check_expectation(expect: str | None) -> None:
    """Raises ValueError unless it is one of the words that an expectation may be."""
    if expect is not None and expect not in _EXPECTATIONS:
        raise ValueError(f"expect={expect!r}: expected None or one of {', '.join(_EXPECTATIONS)}")


def check_number(name: str, value: object, *, whole: bool = False) -> None:
    """Raises TypeError or ValueError unless it is None or above 0; if whole, of 64 bits."""
    if value is None:
        return
    kinds = int if whole else (int, float)
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected {'an int' if whole else 'a number'} or None")
    if not value > 0:  # also NaN
        raise ValueError(f"{name}={value!r}: expected more than 0")
    if whole and value >= 2**63:
        raise ValueError(f"{name}={value!r}: expected less than 2**63")


class Scenario:
    """A function that sets objects up and declares actors, with what is known about it.

    Made by `@rs.scenario`, or found in `rs.catalogue`. Calling it with a kernel runs its body, so
    that scenarios compose.

    Attributes:
        name: Unique among the scenarios of one file.
        title: One line for people.
        question: What a reviewer would ask; empty unless it is in the catalogue.
        expect: "SAFE", "UNKNOWN", the name of a finding kind, or None.
        reason: Why that is so, in one short line; empty unless it is in the catalogue.
        explanation: Why that is so; empty unless it is in the catalogue.
        fact: Row of the table of what-ifs; empty unless it is in the catalogue.
        also: Kinds of findings that other schedules show besides; empty unless it is in the
            catalogue.
        theme: Heading of the part of the catalogue that it stands in; else empty.
        variant: The variant of the machinery that it runs with by default.
        config: The configuration of the kernel that it runs with by default.
        body: The function; None for the catalogue's, which are C++.
    """

    def __init__(
        self,
        body: Body | None,
        *,
        name: str,
        title: str = "",
        expect: str | None = None,
        variant: Variant | None = None,
        question: str = "",
        reason: str = "",
        explanation: str = "",
        fact: str = "",
        also: tuple[str, ...] = (),
        theme: str = "",
        config: Config | None = None,
    ) -> None:
        check_expectation(expect)
        if not isinstance(name, str) or not isinstance(title, str):
            raise TypeError(f"name={name!r}, title={title!r}: expected two texts")
        if not name:
            raise ValueError("name='': expected a text, or None for the function's name")
        if variant is not None and not isinstance(variant, Variant):
            raise TypeError(f"variant={variant!r}: expected a Variant, such as rs.Variant()")
        self.body = body
        self.name = name
        self.title = title
        self.expect = expect
        self.variant = variant if variant is not None else Variant()
        self.question = question
        self.reason = reason
        self.explanation = explanation
        self.fact = fact
        self.also = also
        self.theme = theme
        self.config = config if config is not None else Config()
        if body is not None:
            self.__doc__ = body.__doc__
            self.__module__ = body.__module__
            self.__name__ = getattr(body, "__name__", name)  # pytest marks only what has one
            self.__qualname__ = getattr(body, "__qualname__", name)
            self.__wrapped__ = body

    def __call__(self, k: _core.Kernel) -> None:
        """Runs the body: sets up and declares the actors."""
        if self.body is None:
            raise NotImplementedError(
                f"the catalogue's scenario {self.name!r} is written in C++ and has no body to call "
                "from Python; explore or run it by its name"
            )
        self.body(k)

    def __repr__(self) -> str:
        expect = "" if self.expect is None else f", expect={self.expect!r}"
        return f"<Scenario {self.name!r}{expect}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        if self.body is None:
            return _find_in_catalogue, (self.name,)
        found = _look_up(self.__module__, self.__qualname__)
        if self.__module__ == "__main__" or (found is not self and found is not self.body):
            return self._reduce_by_value(found)
        if found is self:
            return self.__qualname__  # by reference: module and qualified name
        return _make_again, (self.body, self._description())

    def _reduce_by_value(self, found: object) -> str | tuple[Any, ...]:
        try:
            import cloudpickle  # noqa: PLC0415  an extra, and only here
        except ImportError:
            if found is self:  # of use for this process and its children
                return self.__qualname__
            if found is self.body:
                return _make_again, (self.body, self._description())
            raise pickle.PicklingError(
                f"{self.__module__}.{self.__qualname__} is not a name that another process can "
                "import, and sending it by value needs cloudpickle: pip install 'rcuscope[cluster]'"
            ) from None
        return _make_from_bytes, (cloudpickle.dumps(self.body), self._description())

    def _description(self) -> dict[str, Any]:
        names = ("name", "title", "expect", "variant", "question", "reason", "explanation", "fact")
        return {name: getattr(self, name) for name in (*names, "also", "theme", "config")}


def _look_up(module: str, qualified_name: str) -> object:
    """What another process would find under that name; None if nothing."""
    found: object = sys.modules.get(module)
    for part in qualified_name.split("."):
        found = getattr(found, part, None)
    return found


def _make_again(body: Body, description: dict[str, Any]) -> Scenario:
    return Scenario(body, **description)


def _make_from_bytes(body: bytes, description: dict[str, Any]) -> Scenario:
    return Scenario(pickle.loads(body), **description)


def _refuse_generator(function: Body) -> None:
    kinds = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(is_kind(function) for is_kind in kinds):
        raise TypeError(
            f"{function!r} is a generator or coroutine: calling it runs nothing; the body of a "
            "scenario is a plain function"
        )


@overload
def scenario(body: Body, /) -> Scenario: ...
@overload
def scenario(
    *,
    name: str | None = None,
    title: str | None = None,
    expect: str | None = None,
    variant: Variant | None = None,
) -> Callable[[Body], Scenario]: ...
def scenario(
    body: Body | None = None,
    /,
    *,
    name: str | None = None,
    title: str | None = None,
    expect: str | None = None,
    variant: Variant | None = None,
) -> Scenario | Callable[[Body], Scenario]:
    """Makes a `Scenario` of a function; bare, or with arguments.

    The body runs once per execution and must be deterministic: no random numbers, no clock.

    Args:
        body: The function; it takes a `Kernel`, sets objects up and declares actors.
        name: Default: the function's.
        title: Default: the first line of its docstring.
        expect: What a checker should find: "SAFE", "UNKNOWN" or a finding kind.
        variant: Of the machinery; default: the posted patch.

    Raises:
        ValueError: for an unknown expectation, and for an empty name.
        TypeError: for what is no plain function, such as a generator.

    Example:
        >>> import rcuscope as rs
        >>> @rs.scenario(expect="SAFE")
        ... def nothing(k: rs.Kernel) -> None:
        ...     "Two actors that never meet."
        ...     k.process("a")(lambda: k.note("here"))
        ...     k.process("b")(lambda: k.note("there"))
        >>> rs.explore(nothing, memory="sc").outcome
        'SAFE'
    """

    def make(function: Body) -> Scenario:
        if not callable(function):
            raise TypeError(f"@rs.scenario takes a function, not {function!r}")
        _refuse_generator(function)
        function_name = getattr(function, "__name__", "scenario")
        first_line = (function.__doc__ or "").strip().split("\n")[0]
        return Scenario(
            function,
            name=function_name if name is None else name,
            title=first_line if title is None else title,
            expect=expect,
            variant=variant,
        )

    return make if body is None else make(body)


class Catalogue(Mapping[str, Scenario]):
    """The named scenarios: the posted patch, and what a reviewer may ask about it."""

    def __init__(self) -> None:
        self._scenarios: dict[str, Scenario] = {}

    def _all(self) -> dict[str, Scenario]:
        if not self._scenarios:
            for row in _core.catalogue():
                core_variant = row.pop("variant")
                variant = Variant(**{name: core_variant.get(name) for name in Variant.choices()})
                config = Config(**row.pop("config"))
                self._scenarios[row["name"]] = Scenario(None, variant=variant, config=config, **row)
        return self._scenarios

    def __getitem__(self, name: str) -> Scenario:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return f"<Catalogue: {', '.join(self)}>"


catalogue: Final = Catalogue()


def _find_in_catalogue(name: str) -> Scenario:
    return catalogue[name]


def as_scenario(given: Scenario | str | Body) -> Scenario:
    """What the argument of `explore` and `run` means: a scenario, its name, or a bare function.

    Raises:
        ValueError: for a name that is not in the catalogue.
        TypeError: for anything else.
    """
    if isinstance(given, Scenario):
        return given
    if isinstance(given, str):
        if given not in catalogue:
            _core.explore_catalogue(given, None, {}, None)  # raises, with the name that comes close
        return catalogue[given]
    if callable(given) and not isinstance(given, type):
        return scenario(given)
    raise TypeError(
        f"scenario={given!r}: expected a scenario, its name in the catalogue or a function"
    )
