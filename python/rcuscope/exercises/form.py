# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an exercise is."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, SupportsInt, cast

from rcuscope.scenario import Body, Scenario
from rcuscope.trace import Trace
from rcuscope.verdict import Verdict

Answer = Callable[..., Any]


class NotYet(Exception):  # noqa: N818  no defect: what the student reads
    """Why an answer does not pass."""


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One task, in one of four forms.

    Attributes:
        name: Lesson and number: "05.2".
        task: What is asked.
        call: How the answer is called.
        hints: From the first nudge to nearly all of it.
        around: "Make it pass": the scenario around an answer; no schedule may show a defect.
        scenario: "Break it" and "choose": a name in the catalogue, a body or a scenario.
        break_with: "Break it": the kind of finding that the answer's schedule must reach.
        kind: "Choose": the finding that the answer's variant must show; "SAFE" = none.
        objects: "Make it pass" and "choose": what else must hold; says what is wrong, or "".
        judge: "Read": tries the answer on traces; says what is wrong, or "".
    """

    name: str
    task: str
    call: str
    hints: tuple[str, ...]
    around: Callable[[Answer], Body] | None = None
    scenario: str | Body | Scenario = "posted"
    break_with: str = ""
    kind: str = ""
    objects: Callable[[Verdict], str] | None = None
    judge: Callable[[Answer], str] | None = None


# What a program's check misses, by the name of the function that it stands in.
UNMET: Final[Mapping[str, str]] = {
    "all_are_removed": "an entry is still on the list at the end",
    "both_updates_count": "the value is not 3 at the end: an update is lost",
    "finalize": "finalize() meets an entry with a value that nobody gave it",
    "first_is_found_or_gone": "look_up(k, devices, 1) returns neither 1 nor None",
    "has_moved": "the entry is still on its first list, or not alone and whole on the second",
    "is_added": "the list does not hold one entry at the end, whose value is 3",
    "is_forgotten": "the entry is still on the list or in the registry at the end",
    "is_removed": "the entry is still on the list at the end",
    "is_replaced": "the published object does not have value=2 at the end",
    "isr": "the interrupt handler finds another device than it asked for",
    "look": "a reader meets an entry with a value that nobody gave it",
    "print_names": "the reader prints a name that nobody gave the entry",
    "reader": "the reader meets a value that was never published",
    "report": "the work meets an entry with a value that nobody gave it",
    "second_is_finalized_once": "the finalizer of the second entry has not run once",
    "second_is_found": "look_up(k, devices, 2) does not return 2, and that entry is there",
    "walk": "the walk meets an entry with a value that nobody gave it",
}


def whole_number(value: object) -> int | None:
    """The int that a number is, of Python or NumPy (which register there); None for others."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    return int(cast("SupportsInt", value)) if float(value).is_integer() else None


def tried_on(
    traces: Callable[[], Iterator[tuple[str, Trace]]], objection: Callable[[Any, Trace], str]
) -> Callable[[Answer], str]:
    """A judge of answers that read traces.

    Args:
        traces: Makes them, with what they are.
        objection: What is wrong with what the answer says of one; "" = nothing.
    """

    def judge(answer: Answer) -> str:
        for name, trace in traces():
            try:
                said = answer(trace)
            except NotYet as failed:
                return f"On {name}: {failed}"
            if told := objection(said, trace):
                return f"On {name}: {told}"
        return ""

    return judge


def waits_for_nobody(verdict: Verdict) -> str:
    """An objection to whoever waits for a grace period."""
    return f"{verdict.cost}." if verdict.cost.grace_periods else ""
