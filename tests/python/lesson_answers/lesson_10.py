# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 10."""

from __future__ import annotations

from typing import Any

import rcuscope as rs

from lesson_answers.shared import Answer, does_nothing, variant


def waits_once(k: rs.Kernel, entries: list[Any]) -> None:
    for entry in entries:
        k.list_del_rcu(entry)
    k.synchronize_rcu()
    for entry in entries:
        k.kfree(entry)


def waits_for_nobody(k: rs.Kernel, entries: list[Any]) -> None:
    for entry in entries:
        k.list_del_rcu(entry)
        k.kfree_rcu(entry)


def waits_for_each(k: rs.Kernel, entries: list[Any]) -> None:
    for entry in entries:
        k.list_del_rcu(entry)
        k.synchronize_rcu()
        k.kfree(entry)


def waits_too_early(k: rs.Kernel, entries: list[Any]) -> None:
    k.list_del_rcu(entries[0])
    k.synchronize_rcu()
    for entry in entries[1:]:
        k.list_del_rcu(entry)
    for entry in entries:
        k.kfree(entry)


def longest_section(trace: rs.Trace) -> int:
    table = trace.events
    began: dict[int, int] = {}
    longest = 0
    for row in range(len(trace)):
        actor, time, depth = (int(table[name][row]) for name in ("actor", "time", "value"))
        if table["kind"][row] == rs.EventKind.rcu_read_lock and depth == 1:
            began[actor] = time
        elif table["kind"][row] == rs.EventKind.rcu_read_unlock and depth == 0 and actor in began:
            longest = max(longest, time - began.pop(actor))
    return longest


def without_nesting(trace: rs.Trace) -> int:
    """Takes the last begin for the begin of the section."""
    table = trace.events
    began: dict[int, int] = {}
    longest = 0
    for row in range(len(trace)):
        actor, time = int(table["actor"][row]), int(table["time"][row])
        if table["kind"][row] == rs.EventKind.rcu_read_lock:
            began[actor] = time
        elif table["kind"][row] == rs.EventKind.rcu_read_unlock and actor in began:
            longest = max(longest, time - began.pop(actor))
    return longest


def first_to_last(trace: rs.Trace) -> int:
    table = trace.events
    begins = table["time"][table["kind"] == rs.EventKind.rcu_read_lock]
    ends = table["time"][table["kind"] == rs.EventKind.rcu_read_unlock]
    return int(max(ends) - min(begins)) if len(begins) and len(ends) else 0


RIGHT: dict[str, Answer] = {
    "10.1": waits_once,
    "10.2": variant(defer_free="under_mutex"),
    "10.3": longest_section,
}
OTHER_RIGHT: dict[str, tuple[Answer, ...]] = {"10.1": (waits_for_nobody,)}
WRONG: dict[str, tuple[Answer, ...]] = {
    "10.1": (waits_for_each, waits_too_early, does_nothing),
    "10.2": (variant(), variant(reclaim="queue_rcu_work"), variant(reclaim="none")),
    "10.3": (without_nesting, first_to_last, lambda _: 0),
}
