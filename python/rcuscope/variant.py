# SPDX-License-Identifier: LGPL-2.1-or-later
"""Variant: each decision of the patch as a value. The decisions are those of the core's table."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final, NoReturn

from rcuscope import _core

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    name: values for name, _, values in _core.variant_decisions
}
_QUESTIONS: Final[dict[str, str]] = {
    name: question for name, question, _ in _core.variant_decisions
}


class Variant:
    """Each decision of the patch as a value; the first one of each is what was posted.

    Frozen and keyword-only: `Variant()` is the posted patch, `Variant(reclaim="call_rcu")` one
    what-if. Equal variants hash alike.

    Raises:
        ValueError: for an unknown decision or value, and for decisions that contradict each other.

    Example:
        >>> import rcuscope as rs
        >>> rs.Variant(reclaim="call_rcu")
        Variant(reclaim='call_rcu')
        >>> rs.Variant().unlink
        'list_del_rcu'
    """

    __slots__ = ("_core_variant", "_values")
    _values: dict[str, str]
    _core_variant: _core.Variant

    def __init__(self, **decisions: str) -> None:
        for name, value in decisions.items():
            if name not in _CHOICES:
                raise ValueError(
                    f"Variant({name}=...): no such decision; expected one of {', '.join(_CHOICES)}"
                )
            if value not in _CHOICES[name]:
                choices = ", ".join(_CHOICES[name])
                raise ValueError(f"Variant({name}={value!r}): expected one of {choices}")
        values = {name: decisions.get(name, choices[0]) for name, choices in _CHOICES.items()}
        object.__setattr__(self, "_core_variant", _core.Variant(values))
        object.__setattr__(self, "_values", values)

    @classmethod
    def parse(cls, text: str) -> Variant:
        """The inverse of `str`: "reclaim=call_rcu unlink=list_del", or "posted".

        Args:
            text: Decisions, separated by spaces or commas.

        Raises:
            ValueError: as the constructor, or for text of another form.

        Example:
            >>> import rcuscope as rs
            >>> rs.Variant.parse("unlink=list_del").unlink
            'list_del'
        """
        parsed = _core.parse_variant(text)
        return cls(**{name: parsed.get(name) for name in _CHOICES})

    @classmethod
    def choices(cls) -> dict[str, tuple[str, ...]]:
        """Every decision with its values, the posted one first.

        Example:
            >>> import rcuscope as rs
            >>> rs.Variant.choices()["unlink"]
            ('list_del_rcu', 'list_del')
        """
        return dict(_CHOICES)

    @classmethod
    def questions(cls) -> dict[str, str]:
        """Every decision with what it decides, in English.

        Example:
            >>> import rcuscope as rs
            >>> rs.Variant.questions()["unlink"]
            'how a group_device leaves the list'
        """
        return dict(_QUESTIONS)

    def _changes(self) -> Iterator[tuple[str, str]]:
        return ((name, value) for name, value in self._values.items() if value != _CHOICES[name][0])

    def __getattr__(self, name: str) -> str:
        if name in _CHOICES:
            return self._values[name]
        raise AttributeError(f"Variant has no decision {name!r}; it has {', '.join(_CHOICES)}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Variant is frozen; make another one with {name}={value!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Variant is frozen: {name} stays")

    def __repr__(self) -> str:
        return f"Variant({', '.join(f'{name}={value!r}' for name, value in self._changes())})"

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self._changes()) or "posted"

    def __eq__(self, other: object) -> bool:
        return self._values == other._values if isinstance(other, Variant) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Variant.parse, (str(self),)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *_CHOICES]


Variant.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=choices[0])
        for name, choices in _CHOICES.items()
    ]
)
