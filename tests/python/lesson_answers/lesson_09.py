# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 09."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import rcuscope as rs

from lesson_answers.shared import ISR, UNPLUG, Answer, catches_the, does_nothing, runs, variant


def _rows(trace: rs.Trace, *kinds: rs.EventKind) -> Iterator[dict[str, Any]]:
    for row in np.flatnonzero(np.isin(trace.events["kind"], kinds)):
        yield {name: int(trace.events[name][row]) for name in trace.events}


def _calls(trace: rs.Trace) -> list[tuple[int, int]]:
    calls, begins = [], {}
    ends = rs.EventKind.synchronize_rcu_end
    for row in _rows(trace, rs.EventKind.synchronize_rcu_start, ends):
        if row["kind"] != ends:
            begins[row["actor"]] = row["time"]
        elif row["actor"] in begins:
            calls.append((begins.pop(row["actor"]), row["time"]))
    return calls


def waits(trace: rs.Trace) -> list[int]:
    return [end - begin for begin, end in _calls(trace)]


def waits_by_position(trace: rs.Trace) -> Any:
    table = trace.events
    begins = table["time"][table["kind"] == rs.EventKind.synchronize_rcu_start]
    ends = table["time"][table["kind"] == rs.EventKind.synchronize_rcu_end]
    count = min(len(begins), len(ends))
    return ends[:count] - begins[:count]


def too_old(trace: rs.Trace) -> list[int]:
    begins, periods = {}, []
    end_kind = rs.EventKind.grace_period_end
    for row in _rows(trace, rs.EventKind.grace_period_start, end_kind):
        if row["kind"] != end_kind:
            begins[row["grace_period"]] = row["time"]
        elif row["grace_period"] in begins:
            periods.append((begins[row["grace_period"]], row["time"]))
    return [
        len([1 for start, stop in periods if start < begin < stop < end])
        for begin, end in _calls(trace)
    ]


def counts_all_that_end(trace: rs.Trace) -> list[int]:
    stops = [row["time"] for row in _rows(trace, rs.EventKind.grace_period_end)]
    return [len([1 for stop in stops if begin < stop < end]) for begin, end in _calls(trace)]


def removal_waits(trace: rs.Trace) -> bool:
    under_way: dict[int, tuple[int, bool]] = {}  # actor: device, whether it has waited
    kinds = rs.EventKind
    wanted = (kinds.remove_device_from_group, kinds.synchronize_rcu_end, kinds.device_release)
    for row in _rows(trace, *wanted):
        actor = row["actor"]
        if row["kind"] == kinds.remove_device_from_group:
            under_way[actor] = row["object"], False
        elif actor in under_way and row["kind"] == kinds.synchronize_rcu_end:
            under_way[actor] = under_way[actor][0], True
        elif actor in under_way and row["object"] == under_way[actor][0]:
            if not under_way[actor][1]:
                return False
            del under_way[actor]
    return True


def any_wait_will_do(trace: rs.Trace) -> bool:
    return any(True for _ in _rows(trace, rs.EventKind.synchronize_rcu_end))


def until_it_is_poisoned(session: rs.Session) -> None:
    for _ in range(3):
        session.choose(ISR)
    is_poisoned = False
    while not is_poisoned:
        [next_one] = [choice for choice in session.choices if choice.actor == UNPLUG]
        is_poisoned = next_one.operation == "write of gdev 0000:01:00.0->next"
        session.choose(UNPLUG)
    session.choose(ISR)


RIGHT: dict[str, Answer] = {
    "09.1": waits,
    "09.2": too_old,
    "09.3": removal_waits,
    "09.4": lambda: rs.Variant(reclaim="none", hold_device="neither"),
    "09.5": until_it_is_poisoned,
}
OTHER_RIGHT: dict[str, tuple[Answer, ...]] = {
    "09.4": (lambda: rs.Variant(unlink="list_del", reclaim="none", hold_device="neither"),),
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "09.1": (waits_by_position, lambda _: [], lambda trace: waits(trace)[::-1]),
    "09.2": (counts_all_that_end, lambda _: [], lambda trace: [0] * len(_calls(trace))),
    "09.3": (any_wait_will_do, lambda _: True, lambda _: False, lambda _: "yes"),
    "09.4": (variant(), variant(reclaim="none"), variant(hold_device="neither")),
    "09.5": (runs(ISR, UNPLUG), catches_the(ISR, UNPLUG, 3), does_nothing),
}
