# SPDX-License-Identifier: LGPL-2.1-or-later
"""The viewer's window as text: the timeline with its playhead, and each panel at that moment."""

from __future__ import annotations

import textwrap
from typing import Any, Final

from rcuscope import _core
from rcuscope.state_panels import panels_at
from rcuscope.text_timeline import text_timeline
from rcuscope.trace import Trace
from rcuscope.vocabulary import EventKind

WIDTH_MIN: Final = 40
_EVENTS_SHOWN: Final = 8
_EVENTS_AHEAD: Final = 3
_OBJECTS_SHOWN: Final = 40


def world_at(trace: Trace, at: int | None = None) -> dict[str, Any]:
    """What the panels show, as JSON values.

    Args:
        trace: From any world.
        at: The playhead, in the trace's clock; default: the first finding, else the end.

    Returns:
        clock, at, and the lists, objects, locks, grace periods and actors after all events up to
        then; actors have the sentence of their latest event.

    Raises:
        ValueError: for a time outside of the trace, or a trace without events.
    """
    time = checked_time(trace, at)
    state: dict[str, Any] = _core.state_of(trace._store, time)
    for actor in state["actors"]:
        row = actor.pop("last_event")
        actor["latest"] = trace._store.describe_event(row) if row >= 0 else ""
    return {
        "clock": trace.clock,
        "at": time,
        "lists": [{"head": head, "entries": entries} for head, entries in state["lists"]],
        "objects": state["objects"],
        "locks": [
            {"lock": lock, "owner": owner, "waiters": waiters}
            for lock, owner, waiters in state["locks"]
        ],
        "grace_periods": [
            {"number": number, "waits_for": readers} for number, readers in state["grace_periods"]
        ],
        "actors": state["actors"],
    }


def checked_time(trace: Trace, at: int | None) -> int:
    """The playhead; see `world_at`."""
    if len(trace) == 0:
        raise _core.UsageError("this trace has no events: there is nothing to show")
    if at is None:
        found = (trace.events["kind"] == EventKind["finding"]).nonzero()[0]
        return int(trace.events["time"][found[0]]) if len(found) else trace.end
    if not trace.start <= at <= trace.end:
        raise _core.UsageError(
            f"at={at}: expected {trace.start} to {trace.end}, the times of the trace"
        )
    return int(at)


def time_text(trace: Trace, time: int) -> str:
    """A moment: its step, or microseconds since the trace began."""
    if trace.clock == "steps":
        return f"step {time}"
    return f"{(time - trace.start) / 1000:,.3f} us"


def _events_around(trace: Trace, time: int) -> list[str]:
    """The latest events up to the playhead, and a few behind it."""
    times = trace.events["time"]
    seen = int((times <= time).sum())
    lines = []
    for row in range(max(0, seen - _EVENTS_SHOWN), min(len(trace), seen + _EVENTS_AHEAD)):
        told = f"{time_text(trace, int(times[row])):>12}  {trace._store.describe_event(row)}"
        lines.append(f"{'>' if row == seen - 1 else ' '} {told}{'' if row < seen else ' (later)'}")
    return lines


def _pointer(name: str, pointer: list[str]) -> str:
    target, wrong = pointer
    return f"{name} -> {target}{f' ({wrong})' if wrong else ''}" if target else ""


def _object_line(card: dict[str, Any]) -> str:
    """A card of the viewer in one line."""
    counted = "" if card["references"] is None else f"refcount {card['references']}"
    if counted and card["users"]:
        counted += f" ({card['users']})"
    told = [
        card["state"],
        counted,
        _pointer("next", card["next"]),
        _pointer("prev", card["previous"]),
        card["held"],
    ]
    return f"{card['title']}: {', '.join(part for part in told if part)}"


def _wrapped(line: str, width: int) -> list[str]:
    """An entry of a panel; what does not fit goes on in lines that stand further in."""
    return textwrap.wrap(
        line,
        width,
        initial_indent="  ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _with_rest(lines: list[str], left_out: int, what: str) -> list[str]:
    return [*lines, f"... and {left_out} more {what}"] if left_out else lines


def _actor_line(actor: dict[str, Any]) -> str:
    if actor["blocked_on"]:
        what = f"blocked on {actor['blocked_on']}"
    elif actor["running"]:
        what = "runs"
    else:
        what = "has ended" if actor["latest"] else "has not started"
    reader = ", in a read-side critical section" if actor["reader_nesting"] > 0 else ""
    return f"{actor['name']}: {what}{reader}"


def _panels(trace: Trace, time: int) -> list[tuple[str, list[str]]]:
    """The panels of the viewer, in its words; actors are told besides, as its lanes show them."""
    told = panels_at(trace, time)
    cards = [_object_line(card) for card in told["cards"]]
    shown = cards[:_OBJECTS_SHOWN]
    lists = [
        f"{title}: {' -> '.join(['head', *entries, 'head'])}" for title, entries in told["lists"]
    ]
    return [
        ("Actors", [_actor_line(actor) for actor in world_at(trace, time)["actors"]]),
        ("Lists", _with_rest(lists, told["lists_left_out"], "lists")),
        ("Objects", _with_rest(shown, told["left_out"] + len(cards) - len(shown), "objects")),
        ("RCU", told["rcu"]),
        ("Locks", told["locks"] or ["none held"]),
    ]


def text_view(trace: Trace, *, at: int | None = None, width: int = 100) -> str:
    """The window as text: heading, timeline, what went wrong, panels, events around the playhead.

    Args:
        trace: From any world.
        at: The playhead, in the trace's clock; default: the first finding, else the end.
        width: Characters of a line, 40 or more.

    Raises:
        ValueError: for a time outside of the trace, a trace without events, or a width below 40.

    Example:
        >>> import rcuscope as rs
        >>> from rcuscope.text_view import text_view
        >>> shown = text_view(rs.explore("list_del").findings[0].trace)
        >>> [line for line in shown.splitlines() if "LIST_POISON1" in line][0].strip()[:30]
        'general protection fault, prob'
    """
    time = checked_time(trace, at)
    about = trace.metadata
    title = about.get("title") or about.get("scenario") or "a trace"
    extent = f"{time_text(trace, trace.start)} to {time_text(trace, trace.end)}"
    lost = f", {trace.events_lost} events lost" if trace.events_lost else ""
    lines = [f"{title} ({len(trace)} events, {extent}{lost})", ""]
    lines += [text_timeline(trace, width=width, at=time), ""]
    if about.get("message"):
        lines.append("What went wrong")
        for text in (about["message"], about.get("explanation", "")):
            lines += textwrap.wrap(text, width - 2, initial_indent="  ", subsequent_indent="  ")
        lines.append("")
    lines += [f"At {time_text(trace, time)}", *_events_around(trace, time), ""]
    for name, told in _panels(trace, time):
        if told:
            lines += [name, *(part for line in told for part in _wrapped(line, width)), ""]
    return "\n".join(lines)
