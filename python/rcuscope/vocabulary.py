# SPDX-License-Identifier: LGPL-2.1-or-later
"""The vocabularies of traces and findings as enumerations, made from the core's tables."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from rcuscope import _core


def _make(name: str, members: dict[str, int], doc: str) -> Any:
    enumeration = IntEnum(name, members, module=__name__)  # type: ignore[misc]
    enumeration.__doc__ = doc
    return enumeration


def _told_events() -> str:
    """What the columns of an event hold, from the core's table."""
    lines = ['What an event is: the column "kind" of `Trace.events`.', ""]
    lines += ["What its columns object and value hold, and the event of Linux that shows the same:"]
    lines += [""]
    for name, (about, value, tracepoint) in _core.event_columns.items():
        told = [f"object: {about}"] if about else []
        told += [f"value: {value}"] if value else []
        told += [f"Linux: {tracepoint}"] if tracepoint else []
        lines.append(f"- {name}{': ' if told else ''}{'; '.join(told)}")
    return "\n".join(lines)


def _told_reporting(reporting: str) -> str:
    if reporting == "always":
        return "a kernel always shows it, without any option"
    if reporting == "no option":
        return "no option of a kernel shows it"
    return f"a kernel shows it with {reporting}"


def _told_findings() -> str:
    """What each kind means, and which option of a kernel would have shown it."""
    lines = ["What a finding is: the value of events of kind `finding`.", ""]
    for name, title in _core.finding_titles.items():
        lines.append(f"- {name}: {title}; {_told_reporting(_core.finding_reporting[name])}")
    lines += ["", "Some words of a kind need another option: `Finding.reporting` tells it of each."]
    return "\n".join(lines)


if TYPE_CHECKING:  # the members come from tables that no type checker reads

    class EventKind(IntEnum):
        """What an event is: the column "kind" of `Trace.events`."""

    class FindingKind(IntEnum):
        """What a finding is: the value of events of kind `finding`."""

    class LaneKind(IntEnum):
        """What a row of the picture is."""

    class SpanKind(IntEnum):
        """What an interval of the picture is."""

    class ArrowKind(IntEnum):
        """What an arrow of the picture means."""

else:
    EventKind = _make("EventKind", _core.event_kinds, _told_events())
    FindingKind = _make("FindingKind", _core.finding_kinds, _told_findings())
    LaneKind = _make("LaneKind", _core.lane_kinds, "What a row of the picture is.")
    SpanKind = _make("SpanKind", _core.span_kinds, "What an interval of the picture is.")
    ArrowKind = _make("ArrowKind", _core.arrow_kinds, "What an arrow of the picture means.")
