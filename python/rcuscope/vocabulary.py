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
    EventKind = _make("EventKind", _core.event_kinds, 'The column "kind" of `Trace.events`.')
    FindingKind = _make("FindingKind", _core.finding_kinds, "The value of `finding` events.")
    LaneKind = _make("LaneKind", _core.lane_kinds, "What a row of the picture is.")
    SpanKind = _make("SpanKind", _core.span_kinds, "What an interval of the picture is.")
    ArrowKind = _make("ArrowKind", _core.arrow_kinds, "What an arrow of the picture means.")
