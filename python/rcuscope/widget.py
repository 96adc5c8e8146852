# SPDX-License-Identifier: LGPL-2.1-or-later
"""The timeline as a widget of notebooks, by anywidget; the picture is drawn by widget.js."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import anywidget
import numpy as np
import traitlets

from rcuscope import _core
from rcuscope.state_panels import panels_at, panels_of
from rcuscope.trace import Trace
from rcuscope.vocabulary import EventKind, LaneKind, SpanKind

_SENTENCES_MAX: Final = 5000  # events; of more, the module asks for those that it shows
_ANSWER_LINES_MAX: Final = 50
_STATES_MAX: Final = 500  # events; of more, the module asks for state and memory of a time

# Indices into MARKS of widget.js.
_MARKS: Final = {
    **dict.fromkeys(("list_add_rcu", "list_add_tail_rcu", "list_add", "list_add_tail"), 1),
    **dict.fromkeys(("list_del_rcu", "list_del", "list_replace_rcu"), 2),
    "kfree": 3,
    **dict.fromkeys(("call_rcu", "kfree_rcu"), 4),
    **dict.fromkeys(("warn_on", "finding"), 5),
}
# Indices into MEMORY of widget.js.
_MEMORY: Final = {
    "kmalloc": 1,
    **dict.fromkeys(("list_add_rcu", "list_add_tail_rcu", "list_add", "list_add_tail"), 2),
    **dict.fromkeys(("list_del_rcu", "list_del"), 3),
    "kfree": 4,
}


def module_text() -> str:
    """The module for front ends, which take one: what widget.js imports stands before it."""
    folder = Path(__file__).parent
    names = ("widget_parts.js", "widget_panels.js", "widget.js")
    modules = [(folder / name).read_text(encoding="utf-8") for name in names]
    imported = re.compile(r'^import \{[^}]*\} from "\./widget_\w+\.js";$', re.MULTILINE)
    return "".join(imported.sub("", module) for module in modules)


def _sentence(line: str) -> str:
    """A line of `trace.describe()` without time and actor, which the picture shows."""
    return re.split(r"\s{2,}", line.strip(), maxsplit=2)[-1]


def _sentences(trace: Trace) -> list[str] | None:
    """One for each event; None if they are too many, or if one has several lines."""
    if len(trace) > _SENTENCES_MAX:
        return None
    lines = trace._store.describe().splitlines()
    return [_sentence(line) for line in lines] if len(lines) == len(trace) else None


def _states(trace: Trace) -> dict[str, Any] | None:
    """State and memory from each time on at which they change; None = to be asked for."""
    if len(trace) > _STATES_MAX:
        return None
    times, panels = panels_of(trace, np.unique(trace.events["time"]).tolist())
    return {"times": [time - trace.start for time in times], "panels": panels}


def describe_for_module(trace: Trace) -> dict[str, Any]:
    """What widget.js needs to know besides the columns, as JSON values."""
    lanes = trace.lanes
    kinds = [
        "grace periods" if kind == LaneKind["grace_periods"] else str(actor_kind)
        for kind, actor_kind in zip(lanes["kind"], lanes["actor_kind"], strict=True)
    ]
    return {
        "title": trace.metadata.get("title") or trace.metadata.get("scenario") or "a trace",
        "clock": trace.clock,
        # Only steps are shown with it: they are small.
        "start": trace.start if trace.clock == "steps" else 0,
        "end": trace.end - (0 if trace.clock == "steps" else trace.start),
        "lost": trace.events_lost,
        "lanes": [
            {"name": str(name), "kind": kind}
            for name, kind in zip(lanes["name"], kinds, strict=True)
        ],
        "objects": [f"{kind} {name}".strip() for name, kind in trace.objects],
        "labels": sorted({str(label) for label in trace.spans["label"]}),
        "span_kinds": [kind.name.replace("_", " ") for kind in SpanKind],
        "sentences": _sentences(trace),
        "states": _states(trace),
    }


def _coded(kinds: Any, codes: dict[str, int]) -> Any:
    table = np.zeros(max(EventKind) + 1, dtype=np.uint8)
    for name, code in codes.items():
        table[EventKind[name]] = code
    return table[kinds]


def detail_columns(
    name: str, start: Any, end: Any, slot: Any, is_important: Any
) -> dict[str, bytes]:
    """The core's levels of detail of spans or marks: resolutions; positions and ends of each."""
    levels = _core.detail_levels(start, end, slot, is_important)
    columns = {f"{name}_levels_f8": np.array([one[0] for one in levels], np.float64).tobytes()}
    for number, (_, positions, ends) in enumerate(levels):
        columns[f"{name}_level{number}_i4"] = positions.tobytes()
        columns[f"{name}_ends{number}_f8"] = ends.astype(np.float64).tobytes()
    return columns


def columns_for_module(trace: Trace) -> dict[str, bytes]:
    """The columns that widget.js draws; the end of a name is the type: f8, i4 or u1."""
    return {**_event_columns(trace), **_span_columns(trace)}


def _event_columns(trace: Trace) -> dict[str, bytes]:
    events, lanes = trace.events, trace.lanes
    lane_of = np.full(len(trace.actors) + 1, len(lanes["actor"]), dtype=np.int32)  # last: no lane
    for lane, actor in enumerate(lanes["actor"]):
        if actor >= 0:
            lane_of[actor] = lane
    time, lane = events["time"] - trace.start, lane_of[events["actor"]]
    mark = _coded(events["kind"], _MARKS)
    slot = lane * (max(_MARKS.values()) + 1) + mark
    return {
        "event_time_f8": time.astype(np.float64).tobytes(),
        "event_lane_i4": lane.tobytes(),
        "event_object_i4": events["object"].astype(np.int32).tobytes(),
        "event_mark_u1": mark.tobytes(),
        "event_memory_u1": _coded(events["kind"], _MEMORY).tobytes(),
        **detail_columns("mark", time, time, slot, mark == _MARKS["finding"]),
    }


def _span_columns(trace: Trace) -> dict[str, bytes]:
    spans = trace.spans
    order = np.argsort(spans["start"], kind="stable")
    start, end = (spans[name][order] - trace.start for name in ("start", "end"))
    lane, kind, error = (spans[name][order] for name in ("lane", "kind", "error"))
    names = sorted(set(map(str, spans["label"])))
    labels = {label: row for row, label in enumerate(names)}
    label = np.array([labels[str(one)] for one in spans["label"]], dtype=np.int32)[order]
    slot = lane.astype(np.int32) * len(SpanKind) + kind
    return {
        "span_start_f8": start.astype(np.float64).tobytes(),
        "span_end_f8": end.astype(np.float64).tobytes(),
        "span_lane_i4": lane.astype(np.int32).tobytes(),
        "span_kind_u1": kind.astype(np.uint8).tobytes(),
        "span_error_u1": error.astype(np.uint8).tobytes(),
        "span_label_i4": label.tobytes(),
        **detail_columns("span", start, end, slot, error),
    }


class TimelineWidget(anywidget.AnyWidget):
    """A trace to zoom, pan, play, step and scrub in a notebook.

    Attributes:
        step: The playhead, in the trace's clock; follows the reader, and moves when it is set.
        selection: (start, end) in the trace's clock, dragged with Shift; None = nothing. The
            part is `trace[start:end]`.
    """

    _esm = module_text()
    about = traitlets.Dict().tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)
    position = traitlets.Int(0).tag(sync=True)  # relative, as `range`: see widget.js
    range = traitlets.List(traitlets.Int(), allow_none=True, default_value=None).tag(sync=True)
    step = traitlets.Int()
    selection = traitlets.Tuple(
        traitlets.Int(), traitlets.Int(), allow_none=True, default_value=None
    )

    def __init__(self, trace: Trace) -> None:
        if len(trace) == 0:
            raise ValueError("this trace has no events: there is nothing to show")
        self.trace = trace
        super().__init__(
            about=describe_for_module(trace), columns=columns_for_module(trace), step=trace.start
        )
        self.on_msg(self._answer)

    def _shown_without_front_end(self) -> dict[str, str]:
        """What stands in for the widget where none can run: pages, and notebooks at rest."""
        shown = {"text/plain": str(self.trace)}
        if len(self.trace) <= _SENTENCES_MAX:
            shown["image/svg+xml"] = self.trace.to_svg()
        return shown

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The widget, and what stands in for it."""
        bundle = super()._repr_mimebundle_(**options)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, **self._shown_without_front_end()}, metadata

    def _check_time(self, name: str, time: int) -> None:
        if not self.trace.start <= time <= self.trace.end:
            raise traitlets.TraitError(
                f"{name}={time}: expected {self.trace.start} to {self.trace.end}, the times of the "
                "trace"
            )

    @traitlets.validate("step")
    def _valid_step(self, proposal: Any) -> int:
        self._check_time("step", proposal["value"])
        return int(proposal["value"])

    @traitlets.validate("selection")
    def _valid_selection(self, proposal: Any) -> tuple[int, int] | None:
        if proposal["value"] is None:
            return None
        start, end = proposal["value"]
        self._check_time("selection: start", start)
        self._check_time("selection: end", end)
        if start > end:
            raise traitlets.TraitError(f"selection=({start}, {end}): expected start <= end")
        return start, end

    @traitlets.observe("step")
    def _to_position(self, change: Any) -> None:
        self.position = change["new"] - self.trace.start

    @traitlets.observe("position")
    def _to_step(self, change: Any) -> None:
        self.step = change["new"] + self.trace.start

    @traitlets.observe("selection")
    def _to_range(self, change: Any) -> None:
        chosen = change["new"]
        self.range = None if chosen is None else [time - self.trace.start for time in chosen]

    @traitlets.observe("range")
    def _to_selection(self, change: Any) -> None:
        chosen = change["new"]
        self.selection = (
            None if chosen is None else tuple(time + self.trace.start for time in chosen)
        )

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Panels or sentences of one time, which the module asked for."""
        del widget, buffers
        time = content.get("time") if isinstance(content, dict) else None
        if not isinstance(time, (int, float)) or not 0 <= time <= self.trace.end - self.trace.start:
            return  # not from our module, or of a trace that was replaced since
        at = int(time) + self.trace.start
        if content.get("kind") == "panels":
            self.send({"kind": "panels", "time": time, "panels": panels_at(self.trace, at)})
            return
        lines = self.trace[at : at + 1]._store.describe().splitlines()
        told = [_sentence(line) for line in lines[:_ANSWER_LINES_MAX]]
        if len(lines) > len(told):
            told.append(f"... and {len(lines) - len(told)} more at this time")
        self.send({"kind": "sentences", "time": time, "lines": told})
