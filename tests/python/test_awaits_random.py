# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random programs with loops that wait agree with a search that knows nothing about waiting."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
import rcuscope as rs
from waiting_programs import Program, everything, random_program, scenario

PROGRAMS = 40  # in each of the groups
GROUPS = 5


def programs(seeds: range) -> Iterator[tuple[Program, tuple[set[str], bool]]]:
    """Those that are small enough, with all that they can do."""
    for seed in seeds:
        program = random_program(random.Random(seed))
        wanted = everything(program)
        if wanted is not None:
            yield program, wanted


def explored(program: Program, strategy: str, executions: int) -> tuple[set[str], bool, str | None]:
    """Final states, whether it stalls, and the limit that ended the search."""
    final_states: set[str] = set()
    verdict = rs.explore(
        scenario(program, final_states),
        memory="sc",
        strategy=strategy,
        max_executions=executions,
    )
    return final_states, "stall" in {f.kind for f in verdict.findings}, verdict.limit


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("strategy", ["dpor", "exhaustive"])
def test_final_states_and_stalls_are_those_of_the_graph_of_states(
    strategy: str, group: int
) -> None:
    compared = stalls = 0
    for program, wanted in programs(range(group * PROGRAMS, (group + 1) * PROGRAMS)):
        final_states, can_stall, limit = explored(program, strategy, 1_500)
        if limit not in (None, "memory"):
            continue
        compared += 1
        stalls += can_stall
        assert (final_states, can_stall) == wanted, program
    assert compared > PROGRAMS // 2
    assert 0 < stalls < compared


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_sampling_sees_nothing_that_cannot_be(strategy: str) -> None:
    for program, wanted in programs(range(PROGRAMS)):
        final_states, can_stall, _ = explored(program, strategy, 50)
        assert final_states <= wanted[0], program
        assert wanted[1] or not can_stall, program
