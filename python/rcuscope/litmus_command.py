# SPDX-License-Identifier: LGPL-2.1-or-later
"""`rcuscope litmus FILE...`: explores litmus tests, and compares with what they tell of themselves.

Results go to stdout, errors to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from rcuscope.explore import explore
from rcuscope.litmus import CONDITIONS, Litmus, litmus
from rcuscope.progress import ProgressLine
from rcuscope.scenario import check_expectation
from rcuscope.verdict import Verdict

_YES: Final = "yes"
_NO: Final = "no"
_UNKNOWN: Final = "cannot tell"


class Row(NamedTuple):
    """A test that was explored.

    Attributes:
        test: It.
        verdict: Of it.
        expect: Never, Sometimes, Always, or as `Scenario.expect`; None: nothing.
        answer: Whether that is so: "yes", "no" or "cannot tell".
    """

    test: Litmus
    verdict: Verdict
    expect: str | None
    answer: str

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        record: dict[str, Any] = {"file": self.test.file, **json.loads(self.verdict.to_json())}
        met = {_YES: True, _NO: False, _UNKNOWN: None}[self.answer]
        return {**record, "expect": self.expect, "met": met}

    def lines(self) -> list[str]:
        """For people."""
        verdict = self.verdict
        count = f"{len(verdict.final_states)} final states under {verdict.memory}"
        lines = [f"{self.test.file}: {verdict.condition or 'not decided'}, {count}"]
        lines += [f"  {state}" for state in verdict.final_states]
        lines.append(str(verdict))
        if self.expect is not None:
            lines.append(f"expected {self.expect}: {self.answer}")
        return lines


def answer(verdict: Verdict, expect: str | None) -> str:
    r"""Whether a verdict on a litmus test is as expected: "yes", "no" or "cannot tell".

    A state that sequential consistency shows, weak memory shows, too. That it shows no other is
    known only of outcome SAFE.

    Args:
        verdict: Of the test.
        expect: Never, Sometimes, Always, or as `Verdict.meets`; None expects nothing.

    Example:
        >>> import rcuscope as rs
        >>> text = "C t\n{}\nP0(int *x) { WRITE_ONCE(*x, 1); }\nexists (x=1)"
        >>> answer(rs.explore(rs.litmus(text)), "Always")
        'yes'
    """
    if expect not in (None, *CONDITIONS):
        if verdict.meets(expect):
            return _YES
        return _UNKNOWN if verdict.outcome == "UNKNOWN" else _NO
    if verdict.outcome == "UNSAFE":
        return _NO
    if expect is None:
        return _UNKNOWN if verdict.limit not in (None, "memory") else _YES
    if verdict.outcome == "SAFE" or verdict.condition == "Sometimes":
        return _YES if verdict.condition == expect else _NO
    is_refuted = verdict.condition in ("Never", "Always") and expect not in (
        verdict.condition,
        "Sometimes",
    )
    return _NO if is_refuted else _UNKNOWN


def run(arguments: argparse.Namespace) -> int:
    """The command.

    Args:
        arguments: As cli_arguments.add_litmus declares them.

    Returns:
        The exit status: 0 all as expected, 1 not, 2 a file could not be read, 4 cannot tell, 130
        interrupted.
    """
    names = ("memory", "max_executions", "max_steps", "max_seconds", "jobs")
    options = {name: getattr(arguments, name) for name in names}
    expect = arguments.expect
    if expect not in CONDITIONS:
        check_expectation(expect)
    rows: list[Row] = []
    has_wrong_file = False
    for file in arguments.files:
        try:
            test = litmus(file)
        except (OSError, ValueError) as error:
            print(f"rcuscope: error: {error}", file=sys.stderr)
            has_wrong_file = True
            continue
        with ProgressLine(test.name) as line:
            verdict = explore(test, progress=line.show, **options)
        expected = expect or test.said
        rows.append(Row(test, verdict, expected, answer(verdict, expected)))
        if not arguments.json:
            print("\n".join(rows[-1].lines()))
        if verdict.limit == "interrupted":
            break
    if arguments.json:
        print(json.dumps([row.to_dict() for row in rows], indent=2))
    return _exit_status(rows, has_wrong_file=has_wrong_file)


def _exit_status(rows: Sequence[Row], *, has_wrong_file: bool) -> int:
    answers = {row.answer for row in rows}
    if any(row.verdict.limit == "interrupted" for row in rows):
        return 130
    if has_wrong_file:
        return 2
    return 1 if _NO in answers else 4 if _UNKNOWN in answers else 0
