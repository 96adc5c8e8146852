# SPDX-License-Identifier: LGPL-2.1-or-later
"""Verdicts on litmus tests of others against those of herd7 under the kernel's memory model.

The corpus is not part of this repository. Where it is absent, these tests are skipped.
"""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import rcuscope as rs

CORPUS: Final = Path(__file__).resolve().parents[3] / "shared" / "litmus"
MAX_EXECUTIONS: Final = 5_000  # enough for 93 % of the tests

SEEN: Final = ("Sometimes", "Always")

# What herd7 allows where program order and communication are acyclic, while grace periods that wait
# in time forbid it. None is SAFE here.
STRONGER_GRACE_PERIODS: Final = frozenset(
    ["C-LB+rl-deref-o-rul+o-sync-o+rl-o-o-rlu", "C-srcu-observed-4", "C-S-rcunoderef-1"]
)
# A race that no execution has which the test's filter lets pass.
FILTERED_RACES: Final = frozenset(["C-AlanStern.2018.01.11a"])

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not (CORPUS / "index.csv").exists(), reason=f"no litmus tests of others in {CORPUS}"
    ),
]


class Row(NamedTuple):
    """A test that could be read, with herd7's results and ours."""

    name: str
    herd: Mapping[str, str]
    verdict: rs.Verdict

    @property
    def is_decided(self) -> bool:
        return self.verdict.exhaustive

    @property
    def kinds(self) -> set[str]:
        return {finding.kind for finding in self.verdict.findings}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(explored())


def explored() -> Iterator[Row]:
    with (CORPUS / "index.csv").open(newline="") as file:
        index = {row["path"]: row for row in csv.DictReader(file)}
    with tarfile.open(CORPUS / "corpus.tar.xz") as corpus:
        for member in corpus:
            herd = index.get(member.name.removeprefix("./"))
            content = corpus.extractfile(member) if herd and herd["herd_verdict"] else None
            if herd is None or content is None:
                continue
            try:
                test = rs.litmus(content.read().decode())
            except rs.UsageError:
                continue
            verdict = rs.explore(test, memory="sc", max_executions=MAX_EXECUTIONS)
            yield Row(Path(member.name).stem, herd, verdict)


def test_nearly_all_tests_can_be_read_and_decided(rows: list[Row]) -> None:
    assert len(rows) >= 2_080
    assert sum(row.is_decided for row in rows) >= 1_950


def test_every_outcome_is_allowed_by_the_memory_model(rows: list[Row]) -> None:
    wrong = [
        row.name
        for row in rows
        if (
            row.verdict.condition in ("Sometimes", "Always") and row.herd["herd_verdict"] == "Never"
        )
        or (
            row.is_decided
            and not row.herd["herd_flags"]
            and row.name not in FILTERED_RACES
            and len(row.verdict.final_states) > int(row.herd["herd_states"])
        )
    ]
    assert wrong == []


def test_outcome_safe_means_that_weak_memory_shows_the_same(rows: list[Row]) -> None:
    safe = [row for row in rows if row.verdict.outcome == "SAFE"]
    assert len(safe) >= 735  # with eager readers, 12 more need more than MAX_EXECUTIONS
    wrong = [
        row.name
        for row in safe
        if row.verdict.condition != row.herd["herd_verdict"]
        or len(row.verdict.final_states) != int(row.herd["herd_states"])
        or row.herd["herd_flags"]
    ]
    assert wrong == []


def test_conditions_are_those_of_sequential_consistency(rows: list[Row]) -> None:
    decided = [row for row in rows if row.herd["herd_SC"] and row.is_decided]
    compared = [row for row in decided if "deadlock" not in row.kinds]
    assert len(compared) >= 1_200
    wrong = {row.name for row in compared if row.verdict.condition != row.herd["herd_SC"]}
    assert wrong == STRONGER_GRACE_PERIODS & wrong


def test_races_are_those_of_the_memory_model(rows: list[Row]) -> None:
    """One that only weak memory reaches leaves the outcome UNKNOWN."""
    ours = {row.name for row in rows if "data_race" in row.kinds}
    theirs = {row.name for row in rows if "data-race" in row.herd["herd_flags"]}
    assert len(theirs) >= 90
    assert ours - theirs == FILTERED_RACES & ours
    assert {row.verdict.outcome for row in rows if row.name in theirs - ours} <= {"UNKNOWN"}


def test_most_of_what_weak_memory_does_not_change_is_safe(rows: list[Row]) -> None:
    robust = [
        row
        for row in rows
        if row.is_decided
        and not row.herd["herd_flags"]
        and row.verdict.condition == row.herd["herd_verdict"]
        and len(row.verdict.final_states) == int(row.herd["herd_states"])
    ]
    safe = sum(row.verdict.outcome == "SAFE" for row in robust)
    assert safe >= 0.8 * len(robust)
