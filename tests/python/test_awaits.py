# SPDX-License-Identifier: LGPL-2.1-or-later
"""Loops that wait: reads of the same location elsewhere are no turns of them."""

from __future__ import annotations

from typing import Any

import pytest
import rcuscope as rs

STRATEGIES = ("dpor", "exhaustive")


def kinds(scenario: Any, strategy: str) -> set[str]:
    """The kinds of findings that the search finds."""
    verdict = rs.explore(scenario, memory="sc", strategy=strategy, max_executions=20_000)
    assert verdict.limit is None, verdict.limit
    return {finding.kind for finding in verdict.findings}


def publish_one_and_two(k: rs.Kernel, x: Any) -> None:
    """x becomes 1, which is waited for to pass, and then 2."""

    @k.process
    def writer() -> None:
        k.smp_store_release(x, 1)
        k.smp_store_release(x, 2)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_read_behind_a_loop_is_no_turn_of_it(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            value = k.smp_load_acquire(x)
            while value == 1:
                value = k.smp_load_acquire(x)
            if value == 0:
                k.BUG_ON(k.smp_load_acquire(x) == 0)

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == {"bug_on"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_loop_that_is_run_again_is_another_loop(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            seen = []
            for _ in range(3):
                while (value := k.smp_load_acquire(x)) == 1:
                    pass
                seen.append(value)
            k.BUG_ON(seen == [0, 0, 0])

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == {"bug_on"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_function_that_reads_is_a_loop_only_where_it_is_called_in_one(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        def load() -> int:
            return int(k.smp_load_acquire(x))

        @k.process
        def reader() -> None:
            while (value := load()) == 1:
                pass
            if value == 0:
                k.BUG_ON((load(), load(), load()) == (0, 0, 0))

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == {"bug_on"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_correct_wait_is_no_stall(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            while k.READ_ONCE(x) == 1:
                pass
            k.WARN_ON(k.READ_ONCE(x) == 0)

        @k.process
        def writer() -> None:
            k.WRITE_ONCE(x, 1)
            k.WRITE_ONCE(x, 2)

    assert kinds(body, strategy) == {"warn_on"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_loop_that_counts_its_turns_ends_all_the_same(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            turns = 0
            while k.smp_load_acquire(x) != 2:
                turns += 1

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == set()


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_read_behind_a_loop_that_counts_is_no_turn_of_it(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            turns = 0
            while (value := k.smp_load_acquire(x)) == 1:
                turns += 1
            if value == 0:
                k.BUG_ON(k.smp_load_acquire(x) == 0)

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == {"bug_on"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_wait_for_nobody_is_a_stall(strategy: str) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            while k.smp_load_acquire(x) != 3:
                pass

        publish_one_and_two(k, x)

    assert kinds(body, strategy) == {"stall"}


def test_schedule_with_its_awaits_is_replayed() -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def reader() -> None:
            while k.smp_load_acquire(x) != 2:
                pass
            k.BUG_ON(True)

        publish_one_and_two(k, x)

    verdict = rs.explore(body, memory="sc")
    (finding,) = verdict.findings
    trace = rs.replay(body, finding.schedule)
    assert "BUG" in trace.describe()
