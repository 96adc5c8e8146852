# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 10."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from rcuscope import _core
from rcuscope.exercises.form import Answer, Exercise, tried_on, whole_number
from rcuscope.exercises.programs import look
from rcuscope.live import run
from rcuscope.scenario import Body, scenario
from rcuscope.stepping import step
from rcuscope.trace import Trace
from rcuscope.verdict import Verdict
from rcuscope.vocabulary import EventKind


def _removal_of_three(remove_all: Answer) -> Body:
    """An interrupt handler walks a list while the answer removes all of its entries."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        entries = [k.kzalloc(f"entry {value}", value=value) for value in (1, 2, 3)]
        for entry in entries:
            k.list_add_tail_rcu(entry, devices)

        @k.hardirq("interrupt")
        def interrupt() -> None:
            look(k, devices)

        @k.process("removal")
        def removal() -> None:
            remove_all(k, entries)

        @k.at_end
        def all_are_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


def _waits_more_than_once(verdict: Verdict) -> str:
    return f"{verdict.cost}." if any(n > 1 for n in verdict.cost.grace_periods.values()) else ""


def _holds_no_lock(verdict: Verdict) -> str:
    return "" if verdict.cost.locks_held else f"{verdict.cost}."


# ---- traces to measure
@scenario
def _readers(k: _core.Kernel) -> None:
    """Short, long and nested sections."""
    published = k.shared("published", 1)

    @k.process("long reader")
    def long_reader() -> None:
        with k.rcu_read_side():
            for _ in range(3):
                k.READ_ONCE(published)
            with k.rcu_read_side():
                k.READ_ONCE(published)
            k.READ_ONCE(published)

    @k.process("short reader")
    def short_reader() -> None:
        for _ in range(2):
            with k.rcu_read_side():
                k.READ_ONCE(published)

    @k.process("updater")
    def updater() -> None:
        k.WRITE_ONCE(published, 2)
        k.synchronize_rcu()
        k.WRITE_ONCE(published, 3)


def _at_random(seed: int) -> Trace:
    """An execution whose scheduler throws dice, the same ones for the same seed."""
    dice = random.Random(seed)
    with step(_readers) as session:
        while not session.is_over:
            session.choose(dice.randrange(len(session.choices)))
        return session.trace


def _traces() -> Iterator[tuple[str, Trace]]:
    """Traces to try an answer on, with what they are."""
    for seed in range(3):
        whole = _at_random(seed)
        yield f"execution {seed} of the model", whole
        middle = (whole.start + whole.end) // 2
        yield f"the first half of execution {seed}", whole[:middle]
        yield f"the second half of execution {seed}", whole[middle:]
    if _core.has_live:
        yield "real threads", run(_readers, repeat=20).trace


def _longest(trace: Trace) -> int:
    """Of the outermost sections that the trace shows whole; 0 if there is none."""
    table = trace.events
    began: dict[int, int] = {}
    longest = 0
    for row, kind in enumerate(table["kind"]):
        actor, time, depth = (int(table[name][row]) for name in ("actor", "time", "value"))
        if kind == EventKind["rcu_read_lock"] and depth == 1:
            began[actor] = time
        elif kind == EventKind["rcu_read_unlock"] and depth == 0 and actor in began:
            longest = max(longest, time - began.pop(actor))
    return longest


def _differs_from_longest(said: Any, trace: Trace) -> str:
    wanted = _longest(trace)
    if whole_number(said) is None:
        return f"your function returned {said!r}; expected an int."
    return "" if whole_number(said) == wanted else f"{said} {trace.clock}; right is {wanted}."


TITLE: Final = "Measuring RCU against locks"
EXERCISES: Final = (
    Exercise(
        name="10.1",
        task="Remove all three entries of a list and free them. Nobody may wait for more than one "
        "grace period.",
        call="remove_all(k, entries)",
        hints=(
            "What does a grace period cover? All that was unlinked before it began.",
            "Unlink all, wait once, free all: three loops or two.",
        ),
        around=_removal_of_three,
        objects=_waits_more_than_once,
    ),
    Exercise(
        name="10.2",
        task="Change one decision of the patch so that it is still safe, but whoever wants the "
        "group's mutex must wait for the removal's grace period, too.",
        call="choose() returns an rs.Variant",
        hints=(
            "Verdict.cost tells which locks are held over a grace period.",
            "`defer_free` says where the free, and the wait before it, take place.",
        ),
        kind="SAFE",
        objects=_holds_no_lock,
    ),
    Exercise(
        name="10.3",
        task="Return the length of the longest read-side critical section of a trace, in its "
        "clock, 0 if there is none. Only whole ones count; one within another is part of it.",
        call="longest_section(trace)",
        hints=(
            "Events rcu_read_lock and rcu_read_unlock; the column actor tells whose they are.",
            "The column value is the depth after the event: a section begins with 1, ends with 0.",
            "A part of a trace may begin within a section: an end without a begin.",
        ),
        judge=tried_on(_traces, _differs_from_longest),
    ),
)
