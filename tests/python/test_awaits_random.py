# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random programs with loops that wait agree with a search that knows nothing about waiting."""

from __future__ import annotations

import random

import pytest
import rcuscope as rs
from waiting_programs import everything, random_program, scenario

PROGRAMS = 40  # in each of the groups
GROUPS = 5


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize("strategy", ["dpor", "exhaustive"])
def test_final_states_and_stalls_are_those_of_the_graph_of_states(
    strategy: str, group: int
) -> None:
    compared = stalls = 0
    for seed in range(group * PROGRAMS, (group + 1) * PROGRAMS):
        program = random_program(random.Random(seed))
        wanted = everything(program)
        if wanted is None:
            continue
        final_states: set[str] = set()
        verdict = rs.explore(
            scenario(program, final_states),
            memory="sc",
            strategy=strategy,
            max_executions=1_500,
        )
        if verdict.limit not in (None, "memory"):
            continue
        compared += 1
        can_stall = "stall" in {finding.kind for finding in verdict.findings}
        stalls += can_stall
        assert (final_states, can_stall) == wanted, (seed, program)
    assert compared > PROGRAMS // 2
    assert 0 < stalls < compared


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_sampling_sees_nothing_that_cannot_be(strategy: str) -> None:
    for seed in range(PROGRAMS):
        program = random_program(random.Random(seed))
        wanted = everything(program)
        if wanted is None:
            continue
        final_states: set[str] = set()
        verdict = rs.explore(
            scenario(program, final_states), memory="sc", strategy=strategy, max_executions=50
        )
        assert final_states <= wanted[0], (seed, program)
        can_stall = "stall" in {finding.kind for finding in verdict.findings}
        assert wanted[1] or not can_stall, (seed, program)
