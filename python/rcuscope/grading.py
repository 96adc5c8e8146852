# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the model checker says about an answer to an exercise."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rcuscope import _core, show
from rcuscope.answer_call import call, guarded
from rcuscope.exercises import Answer, Exercise
from rcuscope.exercises.form import UNMET, NotYet
from rcuscope.explore import explore
from rcuscope.scenario import scenario
from rcuscope.stepping import Session, step
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Verdict

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


def _say(
    exercise: Exercise, passed: bool, message: str, findings: tuple[Finding, ...] = ()
) -> Grade:
    return Grade(exercise=exercise.name, passed=passed, message=message, findings=findings)


def _finding_text(finding: Finding) -> str:
    check = re.match(r"WARNING: (\w+):", finding.message)
    if check is not None and check[1] in UNMET:
        return f"After some order of the operations {UNMET[check[1]]}:"
    return f"Some order of the operations ends in {finding.kind}:"


def _grade_verdict(exercise: Exercise, verdict: Verdict) -> Grade:
    if verdict.findings:
        return _say(exercise, False, _finding_text(verdict.findings[0]), verdict.findings)
    if verdict.limit == "max_steps":
        return _say(
            exercise, False, "Your function does not end: one execution has 10,000 operations."
        )
    if verdict.outcome != "SAFE":
        return _say(
            exercise,
            False,
            f"This is {verdict.outcome} (limit: {verdict.limit}), which is no proof.",
        )
    if exercise.objects is not None and (objection := exercise.objects(verdict)):
        return _say(exercise, False, f"No defect, but {objection}")
    return _say(
        exercise, True, f"No defect in any order of the operations ({verdict.executions} tried)."
    )


def _grade_program(exercise: Exercise, answer: Answer) -> Grade:
    assert exercise.around is not None
    tried = scenario(name=f"exercise {exercise.name}")(exercise.around(answer))
    verdict = explore(tried, memory="sc", max_seconds=_SECONDS_MAX)
    return _grade_verdict(exercise, verdict)


def _failure(answer: Answer, session: Session) -> NotYet | None:
    try:
        call(answer, session)
    except NotYet as failed:
        return failed
    return None


def _grade_schedule(exercise: Exercise, answer: Answer) -> Grade:
    with step(exercise.scenario) as session:
        failed = _failure(answer, session)
        if session._is_closed:
            return _say(exercise, False, "Your function closes the session: leave it open.")
        found = session.findings
        wanted = [finding for finding in found if finding.kind == exercise.break_with]
        # Who has reached the defect may ask for one choice too many: there is nothing left then.
        if failed and not (wanted and isinstance(failed.__cause__, _core.UsageError)):
            return _say(exercise, False, str(failed))
        if not found:
            return _say(exercise, False, f"Your schedule {session.schedule} shows no defect.")
        trace = session.trace
    shown = next(iter(wanted or found))
    object.__setattr__(shown, "_trace", trace)  # it outlives the session
    message = f"Your schedule ends in {shown.kind}" + (
        "." if wanted else f"; wanted is {exercise.break_with}."
    )
    return _say(exercise, bool(wanted), message, (shown,))


def _grade_variant(exercise: Exercise, answer: Answer) -> Grade:
    variant = call(answer)
    if not isinstance(variant, Variant):
        raise TypeError(f"the answer to {exercise.name} returned {variant!r}: expected a Variant")
    changed = 0 if variant == Variant() else len(str(variant).split())
    if changed != 1:
        return _say(exercise, False, f"{variant} changes {changed} decisions; wanted is one.")
    verdict = explore(exercise.scenario, variant=variant, memory="sc", max_seconds=_SECONDS_MAX)
    kinds = list(dict.fromkeys(finding.kind for finding in verdict.findings))
    if exercise.kind != "SAFE":
        found = tuple(finding for finding in verdict.findings if finding.kind == exercise.kind)
        said = f"{variant}: {verdict.outcome}" + (f", {', '.join(kinds)}" if kinds else "")
        wanted = f"{said}; wanted is {exercise.kind}."
        return _say(exercise, bool(found), wanted, found or verdict.findings)
    return _grade_verdict(exercise, verdict)


def _grade_reading(exercise: Exercise, answer: Answer) -> Grade:
    assert exercise.judge is not None
    objection = exercise.judge(guarded(answer))
    message = objection or "Right for every trace that it was tried on."
    return _say(exercise, not objection, message)


def grade(exercise: Exercise, answer: Answer) -> Grade:
    """Grades an answer in the way of its exercise.

    Args:
        exercise: The task.
        answer: A function, called as the exercise says.

    Returns:
        The grade.

    Raises:
        TypeError: if the answer returns what is not asked for.
    """
    try:
        return _grade(exercise, answer)
    except NotYet as failed:
        return _say(exercise, False, str(failed))


def _grade(exercise: Exercise, answer: Answer) -> Grade:
    if exercise.around is not None:
        return _grade_program(exercise, answer)
    if exercise.judge is not None:
        return _grade_reading(exercise, answer)
    if exercise.break_with:
        return _grade_schedule(exercise, answer)
    return _grade_variant(exercise, answer)
