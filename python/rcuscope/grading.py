# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the model checker says about an answer to an exercise."""

from __future__ import annotations

import linecache
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rcuscope import _core, show
from rcuscope.answer_call import call, guarded
from rcuscope.exercises import Answer, Exercise
from rcuscope.exercises.form import UNMET, NotYet
from rcuscope.explore import explore
from rcuscope.scenario import Scenario, scenario
from rcuscope.stepping import Session, step
from rcuscope.trace import Trace
from rcuscope.variant import Variant
from rcuscope.verdict import Finding, Verdict

_SECONDS_MAX: Final = 60


_PACKAGE: Final = str(Path(__file__).parent)
_FRAME: Final = re.compile(
    r'^ +(?:File "(?P<file>.+)", )?(?:cell \d+, )?line (?P<line>\d+), in .*\n +(?P<text>.*)',
    re.MULTILINE,
)


@dataclass(frozen=True, kw_only=True)
class Grade(show.Shown):
    """What the model checker says about an answer; shows its counterexample in Jupyter.

    Attributes:
        exercise: Its name.
        passed: The answer is right.
        message: Why, or why not.
        findings: The counterexamples.
        trace: What an answer that is a schedule did, if that is no defect.
        says_all: The message does; the finding's own words would add nothing for a student.
    """

    exercise: str
    passed: bool
    message: str
    findings: tuple[Finding, ...] = ()
    trace: Trace | None = None
    says_all: bool = False

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        lines = [f"{self.exercise}: {'passed' if self.passed else 'not yet'}. {self.message}"]
        if self.findings and not self.passed:
            shown = self.findings[0]
            lines.append(f"  schedule: {shown.schedule}" if self.says_all else str(shown))
        return "\n".join(lines)


def _say(exercise: Exercise, passed: bool, message: str, **more: Any) -> Grade:
    return Grade(exercise=exercise.name, passed=passed, message=message, **more)


def _unmet(finding: Finding) -> str:
    """What a check of the program around the answer misses; "" = it is another finding."""
    check = re.match(r"WARNING: (\w+):", finding.message)
    return UNMET.get(check[1], "") if check is not None else ""


def _is_of_package(frame: re.Match[str]) -> bool:
    """Messages name files without their folders: the line tells whose it is."""
    files = Path(_PACKAGE).rglob(frame["file"]) if frame["file"] else ()
    line = int(frame["line"])
    return any(linecache.getline(str(file), line).strip() == frame["text"] for file in files)


def _raised(finding: Finding) -> str:
    """An error of the answer: what and where, without our own frames."""
    what = finding.message.partition("\n")[0]
    own = [frame for frame in _FRAME.finditer(finding.message) if not _is_of_package(frame)]
    where = f" (line {own[-1]['line']}: {own[-1]['text'].strip()})" if own else ""
    return f"Your function raises {what}{where}."


def _grade_findings(exercise: Exercise, found: tuple[Finding, ...]) -> Grade:
    """Whoever never leaves a section also makes others wait for ever: the cause comes first."""
    findings = tuple(sorted(found, key=lambda finding: finding.kind != "lock_imbalance"))
    shown = findings[0]
    if shown.kind == "error":
        return _say(exercise, False, _raised(shown), findings=findings, says_all=True)
    if unmet := _unmet(shown):
        message = f"In some order of the operations {unmet}."
        return _say(exercise, False, message, findings=findings, says_all=True)
    message = f"Some order of the operations ends in {shown.kind}:"
    return _say(exercise, False, message, findings=findings)


def _grade_verdict(exercise: Exercise, verdict: Verdict) -> Grade:
    kinds = {finding.kind for finding in verdict.findings}
    has_no_end = verdict.limit == "max_steps" and (not kinds or "stall" in kinds)
    if verdict.findings and not has_no_end:
        return _grade_findings(exercise, verdict.findings)
    if has_no_end:
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


def _named(exercise: Exercise) -> str | Scenario:
    """What is scheduled; a bare function is called after the exercise, not after itself."""
    given = exercise.scenario
    if isinstance(given, (str, Scenario)):
        return given
    return scenario(name=f"exercise {exercise.name}")(given)


def _without_defect(session: Session) -> str:
    """How far a schedule came that shows nothing."""
    schedule = session.schedule
    if not session.can_undo:
        return f"Your function chooses nobody: session.choose({session.choices[0].actor!r})."
    if session.is_over:
        return f"Your schedule {schedule} runs to the end, and nothing goes wrong in this order."
    lines = [f"Your schedule {schedule} shows no defect yet. Who could go on:"]
    return "\n".join([*lines, *(f"  {choice}" for choice in session.choices)])


def _grade_schedule(exercise: Exercise, answer: Answer) -> Grade:
    with step(_named(exercise)) as session:
        failed = _failure(answer, session)
        if session._is_closed:
            return _say(exercise, False, "Your function closes the session: leave it open.")
        found = session.findings
        wanted = [finding for finding in found if finding.kind == exercise.break_with]
        # Who has reached the defect may ask for one choice too many: there is nothing left then.
        if failed and not (wanted and isinstance(failed.__cause__, _core.UsageError)):
            return _say(exercise, False, str(failed))
        if not found:
            return _say(exercise, False, _without_defect(session), trace=session.trace)
        shown = next(iter(wanted or found))
        object.__setattr__(shown, "_trace", session._trace_about(shown))  # it outlives the session
    message = f"Your schedule ends in {shown.kind}" + (
        "." if wanted else f"; wanted is {exercise.break_with}."
    )
    return _say(exercise, bool(wanted), message, findings=(shown,))


def _grade_variant(exercise: Exercise, answer: Answer) -> Grade:
    variant = call(answer)
    if not isinstance(variant, Variant):
        raise NotYet(f"Your function returned {variant!r}; wanted is an rs.Variant(...).")
    if variant == Variant():
        return _say(exercise, False, "This is the patch as posted: change one decision.")
    changed = len(str(variant).split())
    if changed != 1:
        return _say(exercise, False, f"{variant} changes {changed} decisions; wanted is one.")
    verdict = explore(exercise.scenario, variant=variant, memory="sc", max_seconds=_SECONDS_MAX)
    kinds = list(dict.fromkeys(finding.kind for finding in verdict.findings))
    if exercise.kind != "SAFE":
        found = tuple(finding for finding in verdict.findings if finding.kind == exercise.kind)
        said = f"{variant}: {verdict.outcome}" + (f", {', '.join(kinds)}" if kinds else "")
        wanted = f"{said}; wanted is {exercise.kind}."
        return _say(exercise, bool(found), wanted, findings=found or verdict.findings)
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
