# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an exercise is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rcuscope.scenario import Body, Scenario
from rcuscope.verdict import Verdict

Answer = Callable[..., Any]


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


def waits_for_nobody(verdict: Verdict) -> str:
    """An objection to whoever waits for a grace period."""
    return f"{verdict.cost}." if verdict.cost.grace_periods else ""
