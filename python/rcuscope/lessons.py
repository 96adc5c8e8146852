# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lessons whose exercises are graded by the model checker: every schedule of an answer is tried."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rcuscope import show
from rcuscope.exercises import EXERCISES, Answer, Exercise
from rcuscope.explore import explore
from rcuscope.scenario import scenario
from rcuscope.stepping import step
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Verdict

TITLES: Final = {
    "01": "What a grace period is",
    "02": "The patch, hunk by hunk",
    "05": "Lifetimes: who keeps a device alive",
    "08": "Your own RCU conversion",
}
_SECONDS_MAX: Final = 60


@dataclass(frozen=True, kw_only=True)
class Grade(show.Shown):
    """What the model checker says about an answer; shows its counterexample in Jupyter.

    Attributes:
        exercise: Its name.
        passed: The answer is right.
        message: Why, or why not.
        findings: The counterexamples.
    """

    exercise: str
    passed: bool
    message: str
    findings: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        head = f"{self.exercise}: {'passed' if self.passed else 'not yet'}. {self.message}"
        shown = () if self.passed else self.findings[:1]
        return "\n".join([head, *(str(finding) for finding in shown)])


def _find(name: object) -> Exercise:
    if not isinstance(name, str) or name not in EXERCISES:
        raise ValueError(f"exercise {name!r}: expected one of {', '.join(EXERCISES)}")
    return EXERCISES[name]


def _grade_verdict(exercise: Exercise, verdict: Verdict) -> Grade:
    if verdict.findings:
        message = f"Some order of the operations ends in {verdict.findings[0].kind}:"
        return Grade(
            exercise=exercise.name, passed=False, message=message, findings=verdict.findings
        )
    if verdict.outcome != "SAFE":
        message = f"This is {verdict.outcome} (limit: {verdict.limit}), which is no proof."
        return Grade(exercise=exercise.name, passed=False, message=message)
    message = f"No defect in any order of the operations ({verdict.executions} tried)."
    return Grade(exercise=exercise.name, passed=True, message=message)


def _grade_program(exercise: Exercise, answer: Answer) -> Grade:
    assert exercise.around is not None
    tried = scenario(name=f"exercise {exercise.name}")(exercise.around(answer))
    verdict = explore(tried, memory="sc", max_seconds=_SECONDS_MAX)
    return _grade_verdict(exercise, verdict)


def _grade_schedule(exercise: Exercise, answer: Answer) -> Grade:
    with step(exercise.scenario) as session:
        answer(session)
        finding = session.finding
        if finding is None:
            message = f"Your schedule {session.schedule} shows no defect."
            return Grade(exercise=exercise.name, passed=False, message=message)
        trace = session.trace
    object.__setattr__(finding, "_trace", trace)  # it outlives the session
    passed = finding.kind == exercise.break_with
    message = f"Your schedule ends in {finding.kind}" + (
        "." if passed else f"; wanted is {exercise.break_with}."
    )
    return Grade(exercise=exercise.name, passed=passed, message=message, findings=(finding,))


def _grade_variant(exercise: Exercise, answer: Answer) -> Grade:
    variant = answer()
    if not isinstance(variant, Variant):
        raise TypeError(f"the answer to {exercise.name} returned {variant!r}: expected a Variant")
    changed = 0 if variant == Variant() else len(str(variant).split())

    def grade(passed: bool, message: str, findings: tuple[Finding, ...] = ()) -> Grade:
        return Grade(exercise=exercise.name, passed=passed, message=message, findings=findings)

    if changed != 1:
        return grade(False, f"{variant} changes {changed} decisions; wanted is one.")
    verdict = explore(exercise.scenario, variant=variant, memory="sc", max_seconds=_SECONDS_MAX)
    kinds = list(dict.fromkeys(finding.kind for finding in verdict.findings))
    if exercise.kind != "SAFE":
        found = tuple(finding for finding in verdict.findings if finding.kind == exercise.kind)
        said = f"{variant}: {verdict.outcome}" + (f", {', '.join(kinds)}" if kinds else "")
        return grade(bool(found), f"{said}; wanted is {exercise.kind}.", found or verdict.findings)
    if exercise.demand == "no_wait" and verdict.cost.grace_periods:
        return grade(False, f"{variant}: {verdict.cost}.", verdict.findings)
    if exercise.demand == "no_reference" and variant.hold_device != "neither":
        return grade(False, f"{variant}: the device is still held or put.", verdict.findings)
    return _grade_verdict(exercise, verdict)


def check(name: str, answer: Answer) -> Grade:
    """Grades an answer with the model checker, and keeps what passed.

    Args:
        name: Of the exercise: "01.1".
        answer: A function; `lessons.task(name)` says how it is called.

    Returns:
        A grade that is true if the answer passed, and shows a counterexample if not.

    Raises:
        ValueError: for an unknown exercise.
        TypeError: if the answer is no function, or returns what is not asked for.

    Example:
        >>> import rcuscope as rs
        >>> def remove(k, entry):
        ...     k.list_del_rcu(entry)
        ...     k.kfree(entry)
        >>> rs.lessons.check("01.1", remove).findings[0].kind
        'use_after_free'
    """
    exercise = _find(name)
    if not callable(answer):
        raise TypeError(f"the answer to {name} is {answer!r}: expected a function")
    if exercise.around is not None:
        grade = _grade_program(exercise, answer)
    elif exercise.break_with:
        grade = _grade_schedule(exercise, answer)
    else:
        grade = _grade_variant(exercise, answer)
    if grade.passed:
        _keep(name)
    return grade


def task(name: str) -> str:
    """What an exercise asks, and how an answer is called.

    Example:
        >>> import rcuscope as rs
        >>> print(rs.lessons.task("08.2"))
        08.2: Remove an entry and have it freed, while a spinlock is held.
        Your function: remove(k, entry)
    """
    exercise = _find(name)
    return f"{name}: {exercise.task}\nYour function: {exercise.call}"


def hint(name: str, number: int = 1) -> str:
    """One of the hints, from 1; each gives more away.

    Example:
        >>> import rcuscope as rs
        >>> rs.lessons.hint("05.1", 2)
        'Look at `hold_device`.'
    """
    hints = _find(name).hints
    if not isinstance(number, int) or not 1 <= number <= len(hints):
        raise ValueError(f"hint {number!r} of {name}: expected 1 to {len(hints)}")
    return hints[number - 1]


# ---- progress, which stays on this machine
def _file() -> Path:
    chosen = os.environ.get("XDG_STATE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".local/state") / "rcuscope/lessons.json"


def passed() -> tuple[str, ...]:
    """Names of the exercises that were passed on this machine, sorted."""
    try:
        kept: Any = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none yet, or not ours: progress is a comfort, no more
        return ()
    return tuple(name for name in EXERCISES if isinstance(kept, list) and name in kept)


def _keep(name: str) -> None:
    names = sorted({*passed(), name})
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        _file().write_text(json.dumps(names), encoding="utf-8")
    except OSError:  # a home that cannot be written is no reason to refuse a grade
        return
