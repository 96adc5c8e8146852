# SPDX-License-Identifier: LGPL-2.1-or-later
"""The lanes of a trace as text, for terminals and test reports: a row for each lane."""

from __future__ import annotations

import textwrap
from typing import Final

from rcuscope.trace import Trace
from rcuscope.vocabulary import EventKind, SpanKind

_NAME_WIDTH_MAX: Final = 24
_LANES_MAX: Final = 40

# In the order of drawing: what comes later covers what came before.
_SPAN_LETTERS: Final = {
    "actor": ("-", "runs"),
    "implicit": ("~", "atomic context"),
    "callback": ("c", "callback"),
    "work": ("w", "work item"),
    "release": ("p", "release"),
    "mutex": ("m", "holds a mutex"),
    "spinlock": ("s", "holds a spinlock"),
    "reader": ("=", "read-side critical section"),
    "grace_period": ("g", "grace period"),
    "blocked": ("/", "waits"),
}
_EVENT_LETTERS: Final = {
    "list_add_rcu": ("A", "added to a list"),
    "list_add_tail_rcu": ("A", "added to a list"),
    "list_del_rcu": ("U", "unlinked"),
    "list_del": ("U", "unlinked"),
    "list_replace_rcu": ("U", "unlinked"),
    "kfree_rcu": ("K", "kfree_rcu"),
    "call_rcu": ("K", "call_rcu"),
    "kfree": ("F", "freed"),
    "warn_on": ("!", "finding"),
    "finding": ("!", "finding"),
}


class _Grid:
    """Letters by lane and column, and which of them the legend must explain."""

    def __init__(self, trace: Trace, width: int) -> None:
        self.start, self.end = shown_range(trace)
        self.per_column = max(1, -(-(self.end - self.start + 1) // width))
        columns = -(-(self.end - self.start + 1) // self.per_column)
        self.rows = [[" "] * columns for _ in range(trace.lanes.rows)]
        self.legend: dict[str, str] = {}

    def column(self, time: int) -> int:
        return min(max(0, (time - self.start) // self.per_column), len(self.rows[0]) - 1)

    def fill(self, lane: int, start: int, end: int, sign: tuple[str, str]) -> None:
        if end <= self.start:
            return
        letter, meaning = sign
        self.legend.setdefault(letter, meaning)
        first, last = self.column(start), self.column(max(start, end - 1))
        self.rows[lane][first : last + 1] = letter * (last + 1 - first)

    def mark(self, lane: int, time: int, sign: tuple[str, str]) -> None:
        if time >= self.start:
            letter, meaning = sign
            self.legend.setdefault(letter, meaning)
            self.rows[lane][self.column(time)] = letter


def shown_range(trace: Trace) -> tuple[int, int]:
    """First and last time to draw: set-up, which runs alone, is left out."""
    times = trace.events["time"]
    lanes, spans = trace.lanes, trace.spans
    started = [
        int(spans["start"][row])
        for row in range(spans.rows)
        if lanes["actor_kind"][spans["lane"][row]] != "main"
    ]
    end = int(times[-1])
    return min(min(started, default=int(times[0])), end), end


def _draw_spans(trace: Trace, grid: _Grid) -> None:
    spans = trace.spans
    for name, sign in _SPAN_LETTERS.items():
        for row in (spans["kind"] == SpanKind[name]).nonzero()[0]:
            lane, start, end = (int(spans[key][row]) for key in ("lane", "start", "end"))
            grid.fill(lane, start, end, sign)


def _draw_events(trace: Trace, grid: _Grid) -> None:
    events, lanes = trace.events, trace.lanes
    lane_of = {int(actor): lane for lane, actor in enumerate(lanes["actor"]) if actor >= 0}
    for name, sign in _EVENT_LETTERS.items():
        for row in (events["kind"] == EventKind[name]).nonzero()[0]:
            lane = lane_of.get(int(events["actor"][row]))
            if lane is not None:
                grid.mark(lane, int(events["time"][row]), sign)


def text_timeline(trace: Trace, *, width: int = 100, at: int | None = None) -> str:
    """The lanes of a trace as text, with a legend of the letters that occur.

    Args:
        trace: From any world.
        width: Characters of a row, the lane's name included.
        at: The playhead, in the trace's clock; a row below the lanes points at it.

    Raises:
        ValueError: for a width below 40.

    Example:
        >>> import rcuscope as rs
        >>> from rcuscope.text_timeline import text_timeline
        >>> print(text_timeline(rs.explore("no_synchronize_rcu").findings[0].trace))
        ATC time-out ISR  ~==============================!
        hot unplug           ---mmmmmmmmmUmmmmm------F--F-
        steps 40 to 71; - runs, ~ atomic context, m holds a mutex, = read-side critical section,
        U unlinked, F freed, ! finding
    """
    if width < 40:
        raise ValueError(f"width={width}: expected 40 or more")
    if len(trace) == 0 or trace.lanes.rows == 0:
        return "no events"
    names = [str(name)[:_NAME_WIDTH_MAX] for name in trace.lanes["name"]]
    name_width = max(map(len, names))
    grid = _Grid(trace, width - name_width - 2)
    _draw_spans(trace, grid)
    _draw_events(trace, grid)
    drawn = [
        f"{name:{name_width}}  {''.join(row).rstrip()}"
        for name, row in zip(names, grid.rows, strict=True)
        if "".join(row).strip()
    ]
    hidden = len(drawn) - _LANES_MAX
    if hidden > 0:
        drawn[_LANES_MAX:] = [f"... and {hidden} more lanes"]
    if at is not None:
        drawn.append(" " * (name_width + 2 + grid.column(at)) + "^")
    unit = "steps" if trace.clock == "steps" else "ns"
    scale = f", {grid.per_column} a column" if grid.per_column > 1 else ""
    seen = set("".join("".join(row) for row in grid.rows))
    legend = ", ".join(f"{key} {text}" for key, text in grid.legend.items() if key in seen)
    about = f"{unit} {grid.start} to {grid.end}{scale}; {legend}"
    return "\n".join([*drawn, *textwrap.wrap(about, width)])
