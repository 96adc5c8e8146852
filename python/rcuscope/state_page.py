# SPDX-License-Identifier: LGPL-2.1-or-later
"""State and memory of each step for an HTML page without script: one step is unfolded at a time."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import numpy as np

from rcuscope.state_panels import panels_at
from rcuscope.text_view import time_text
from rcuscope.trace import Trace
from rcuscope.vocabulary import EventKind

_STEPS_MAX: Final = 500
# Each step costs a pass over the events: a second or two in all.
_PASSES_MAX: Final = 20_000_000
_SENTENCES_MAX: Final = 5

STATES_STYLE: Final = """
.states details { border-bottom: 1px solid #8b97a340; }
.states summary { cursor: pointer; padding: .15rem 0; }
.states .both { display: grid; grid-template-columns: 1fr 1fr; gap: 0 2rem; padding: 0 1rem .8rem; }
.states h3 { font-size: .8rem; margin: .5rem 0 .1rem; opacity: .7; }
.states ul { margin: 0; padding: 0; list-style: none; }
.states .error { color: #d32f41; font-weight: 600; } .states .stale { color: #b26b00; }
@media (max-width: 700px) { .states .both { grid-template-columns: 1fr; } }
@media (prefers-color-scheme: dark) {
  .states .error { color: #ff7a85; } .states .stale { color: #e5a83b; }
}
"""


def _section(title: str, lines: list[str]) -> str:
    """A heading and lines, which are HTML; nothing without lines."""
    if not lines:
        return ""
    return f"<h3>{title}</h3><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _pointer(name: str, pointer: list[str]) -> str:
    target, wrong = pointer
    if not target:
        return ""
    style = {"": "", "poison": "error"}.get(wrong, "stale")
    told = f"{target} ({wrong})" if style == "stale" else target
    return f', {name} &rarr; <span class="{style}">{escape(told)}</span>'


def _card(card: dict[str, Any]) -> str:
    tag = "s" if card["struck"] else "strong"
    state = escape(card["state"])
    parts = [f"<{tag}>{escape(card['title'])}</{tag}>"]
    parts.append(f' <span class="error">{state}</span>' if card["tone"] == "error" else f" {state}")
    if card["references"] is not None:
        parts.append(f", refcount {card['references']}")
    parts += [_pointer("next", card["next"]), _pointer("prev", card["previous"])]
    parts.append(f", {escape(card['held'])}" if card["held"] else "")
    return "".join(parts)


def _panels(panels: dict[str, Any]) -> str:
    cards = panels["cards"]
    counts = [
        escape(f"{card['title']}: {card['references']}" + (card["users"] and f" ({card['users']})"))
        for card in cards
        if card["references"] is not None
    ]
    chains = [
        f"{escape(title)}: {escape(' → '.join(['head', *entries, 'head']))}"
        for title, entries in panels["lists"]
    ]
    if panels["lists_left_out"]:
        chains.append(f"... and {panels['lists_left_out']} more lists")
    objects = [_card(card) for card in cards]
    if panels["left_out"]:
        objects.append(f"... and {panels['left_out']} more objects")
    state = (
        _section("RCU", [escape(line) for line in panels["rcu"]])
        + _section("Locks", [escape(line) for line in panels["locks"]] or ["none held"])
        + _section("Reference counts", counts)
    )
    memory = _section("Lists", chains) + _section("Objects", objects)
    return f'<div class="both"><div>{state}</div><div>{memory}</div></div>'


def _times_told(trace: Trace) -> tuple[list[int], int, int]:
    """The times whose states are told, the one that is unfolded, and how many there are."""
    events = trace.events
    times = np.unique(events["time"])
    found = events["time"][events["kind"] == EventKind["finding"]]
    moment = int(found[0]) if len(found) else int(times[-1])
    count = max(1, min(_STEPS_MAX, _PASSES_MAX // len(trace)))
    if len(times) <= count:
        return times.tolist(), moment, len(times)
    last = int(np.searchsorted(times, moment, side="right"))
    first = max(0, last - count)
    return times[first : first + count].tolist(), moment, len(times)


def _sentences(trace: Trace, time: int) -> str:
    first, last = np.searchsorted(trace.events["time"], [time, time + 1])
    told = [
        trace._store.describe_event(row)
        for row in range(int(first), min(int(last), int(first) + _SENTENCES_MAX))
    ]
    if last - first > len(told):
        told.append(f"... and {last - first - len(told)} more")
    return escape("; ".join(told))


def states_section(trace: Trace) -> str:
    """State and memory after each step, as many as `_STEPS_MAX` and the size of the trace allow.

    Args:
        trace: With events.

    Returns:
        HTML. If steps are left out it says how many, and which are told: those up to the first
        finding, or else the last ones.
    """
    times, moment, total = _times_told(trace)
    heading = f"State and memory after each of the {total} steps"
    note = ""
    if len(times) < total:
        heading = f"State and memory, step by step: {len(times)} of {total} steps"
        note = (
            f"<p>Of this large trace the page has {time_text(trace, times[0])} to "
            f"{time_text(trace, times[-1])}; the other {total - len(times)} steps are left out. "
            "<code>trace.widget()</code> in a notebook and <code>rcuscope view</code> show "
            "any.</p>"
        )
    parts = [f'<details class="states"><summary>{heading}</summary>{note}']
    for time in times:
        opened = " open" if time == moment else ""
        parts.append(
            f'<details name="step"{opened}><summary>{time_text(trace, time)}: '
            f"{_sentences(trace, time)}</summary>{_panels(panels_at(trace, time))}</details>"
        )
    return "\n".join([*parts, "</details>"])
