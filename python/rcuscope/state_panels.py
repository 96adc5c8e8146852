# SPDX-License-Identifier: LGPL-2.1-or-later
"""State and memory at a moment: what the panels of the widget, of HTML pages and of text tell.

The words are those of the viewer's panels: `_core.state_picture` makes them for all.
"""

from __future__ import annotations

from typing import Any, Final

from rcuscope import _core
from rcuscope.trace import Trace

_LISTS_MAX: Final = 20  # of a moment


def _users(users: list[tuple[str, int, int]]) -> str:
    """Who took and who dropped references: one may drop what another took."""
    taken = ", ".join(f"{who} {count}" for who, count, _ in users if count)
    dropped = ", ".join(f"{who} {count}" for who, _, count in users if count)
    told = [f"taken by {taken}"] if taken else []
    return "; ".join(told + ([f"dropped by {dropped}"] if dropped else []))


def _pointer(target: str, *, is_stale: bool = False, is_freed: bool = False) -> list[str]:
    """What it points to, and what is wrong about that: "poison", "stale", "stale, freed" or ""."""
    if target.startswith(("LIST_POISON", "0x6b")):
        return [target, "poison"]
    if not is_stale:
        return [target, ""]
    return [target, "stale, freed" if is_freed else "stale"]


def _card(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "objects": [row["object"], row["device"]],
        "title": row["title"],
        "state": row["state"],
        "tone": row["tone"],
        "struck": row["struck"],
        "references": row["references"],
        "users": _users(row["reference_users"]),
        "next": _pointer(row["next"], is_stale=row["next_stale"], is_freed=row["next_freed"]),
        "previous": _pointer(row["previous"]),
        "held": f"{row['held_label']} {row['held_by']}".strip(),
    }


def panels_at(trace: Trace, time: int) -> dict[str, Any]:
    """Both panels after all events up to a time, as JSON values.

    Args:
        trace: From any world.
        time: In the trace's clock.

    Returns:
        State: rcu and locks, each lines of text. Memory: lists (title, entries) and cards of
        objects; lists_left_out and left_out count the lists and objects beyond those that one
        picture has.
    """
    picture: dict[str, Any] = _core.state_picture(trace._store, time)
    waiting = [
        f"GP {name} in progress, waits for {', '.join(readers) or 'nobody'}"
        for name, readers in picture["grace_periods"]
    ]
    lists = picture["lists"]
    if len(lists) > _LISTS_MAX:
        lists = sorted(lists, key=lambda one: not one[1])  # those with entries first
    return {
        "rcu": waiting or [picture["rcu"]],
        "locks": picture["locks"],
        "lists": [list(one) for one in lists[:_LISTS_MAX]],
        "lists_left_out": max(0, len(lists) - _LISTS_MAX),
        "cards": [_card(row) for row in picture["cards"]],
        "left_out": picture["cards_left_out"],
    }


def panels_of(trace: Trace, times: list[int]) -> tuple[list[int], list[dict[str, Any]]]:
    """The panels at those times, ascending, without repetitions.

    Returns:
        The times at which they differ from those before, and the panels from then on.
    """
    changes: list[int] = []
    panels: list[dict[str, Any]] = []
    for time in times:
        now = panels_at(trace, time)
        if not panels or now != panels[-1]:
            changes.append(time)
            panels.append(now)
    return changes, panels
