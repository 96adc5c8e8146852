# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is too much, too deep or odd ends in a clear error or a finding, and never in a crash."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]
RESIDENT_GROWTH_MAX_KIB = 2_000


def resident_kib() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4


def small(k: rs.Kernel) -> None:
    x = k.shared("x", k.kzalloc("thing", value=1))

    @k.process("reader")
    def reader() -> None:
        with k.rcu_read_side():
            k.READ_ONCE(x)

    k.process("updater")(lambda: k.call_rcu(lambda: None))


def test_too_many_actors() -> None:
    def body(k: rs.Kernel) -> None:
        for number in range(200):
            k.process(f"p{number}")(lambda: None)

    with pytest.raises(rs.LimitError, match="more than 128 actors"):
        rs.explore(body)


def test_too_many_callbacks_of_an_actor() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("actor")(lambda: [k.call_rcu(lambda: None) for _ in range(500)])

    assert rs.explore(body).limit == "execution_size"


def test_too_much_memory() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("actor")(lambda: [k.kzalloc("thing") for _ in range(100_000)])

    verdict = rs.explore(body, max_steps=1_000_000)
    assert (verdict.outcome, verdict.limit) == ("UNKNOWN", "execution_size")


@pytest.mark.parametrize("jobs", [1, 2])
def test_loop_that_looks_at_nothing_is_explored_to_its_end(jobs: int) -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1)

        @k.process
        def actor() -> None:
            for _ in range(700):
                k.rcu_read_lock()
                k.rcu_read_unlock()
            k.kfree(thing)
            _ = thing.value

    verdict = rs.explore(body, memory="sc", jobs=jobs)
    assert [finding.kind for finding in verdict.findings] == ["use_after_free"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_endless_loop_that_looks_at_nothing_is_a_stall(jobs: int) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            while True:
                k.rcu_read_lock()
                k.rcu_read_unlock()

    verdict = rs.explore(body, memory="sc", jobs=jobs, max_steps=3000)
    assert (verdict.outcome, verdict.limit) == ("UNSAFE", "max_steps")
    assert [finding.kind for finding in verdict.findings] == ["stall"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_use_after_free_beside_endless_loops_is_found(jobs: int) -> None:
    def body(k: rs.Kernel) -> None:
        x, y = k.shared("x", 0), k.shared("y", 0)
        thing = k.kzalloc("thing", value=1)
        pointer = k.shared("pointer", thing)

        for name in ("first", "second"):

            @k.process(name)
            def counts() -> None:
                turns = 0
                while k.READ_ONCE(x) != 1:
                    turns += 1
                    k.WRITE_ONCE(y, turns)

        @k.process
        def updater() -> None:
            k.rcu_assign_pointer(pointer, None)
            k.kfree(thing)

        @k.process
        def reader() -> None:
            with k.rcu_read_side():
                found = k.rcu_dereference(pointer)
                if found is not None:
                    _ = found.value

    verdict = rs.explore(body, memory="sc", jobs=jobs, max_steps=400)
    assert (verdict.outcome, verdict.limit) == ("UNSAFE", "max_steps")
    assert "use_after_free" in {finding.kind for finding in verdict.findings}


@pytest.mark.parametrize("jobs", [1, 2])
def test_actor_that_comes_to_no_operation_is_left_when_the_time_is_over(jobs: int) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            while True:
                sum(range(100))

    start = time.monotonic()
    verdict = rs.explore(body, memory="sc", max_seconds=0.5, jobs=jobs)
    assert time.monotonic() - start < 2
    assert (verdict.outcome, verdict.limit, verdict.findings) == ("UNKNOWN", "max_seconds", ())


@pytest.mark.slow
def test_endless_loop_of_what_is_no_operation_is_a_stall() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            while True:
                k.note("again")
                k.in_task()

    verdict = rs.explore(body, memory="sc")
    assert [finding.kind for finding in verdict.findings] == ["stall"]


def test_endless_recursion_is_an_error(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        def recurse(depth: int) -> int:
            return recurse(depth + 1)

        k.process("actor")(lambda: recurse(0))

    assert kinds(body) == ["error"]


def test_exit_of_an_actor_is_an_error(kinds: Kinds) -> None:
    assert kinds(lambda k: k.process("actor")(lambda: sys.exit(3))) == ["error"]


def test_generators_unwind_too(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        def values() -> Iterator[int]:
            try:
                for _ in range(3):
                    yield k.READ_ONCE(x)
            finally:
                k.WRITE_ONCE(x, 1)

        @k.process
        def actor() -> None:
            for value in values():
                if value:
                    break

        k.process("other")(lambda: k.WRITE_ONCE(x, 2))

    assert kinds(body) == []


@pytest.mark.live
def test_explorations_and_runs_nest(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        assert rs.explore(small).outcome == "SAFE"

        @k.process
        def actor() -> None:
            assert rs.explore("posted").outcome == "SAFE"
            assert rs.run("posted").findings == ()

    assert kinds(body) == []
    assert rs.run(body).findings == ()


@pytest.mark.live
def test_a_thousand_runs_need_no_more_memory() -> None:
    def work() -> None:
        rs.explore(small)
        rs.explore("list_del").findings[0].trace.to_svg()

    for _ in range(50):
        work()
    gc.collect()
    before = resident_kib()
    for _ in range(1_000):
        work()
    gc.collect()
    assert resident_kib() - before < RESIDENT_GROWTH_MAX_KIB


def test_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = Path(__file__).resolve().parents[2] / "README.md"
    block = readme.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "readme"}
    exec(compile(block, str(readme), "exec"), names)
    assert isinstance(names["posted"], rs.Scenario)
    assert isinstance(names["verdict"], rs.Verdict)


def test_accesses_without_order_beyond_what_is_looked_at_are_one_doubt() -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)
        for name in ("first", "second"):

            @k.process(name)
            def writes() -> None:
                for _ in range(200):
                    k.WRITE_ONCE(x, 1)

    verdict = rs.explore(body, strategy="random", max_executions=3)
    assert "more than 2000 pairs of accesses in one execution have no order" in str(verdict)


def test_loops_without_end_that_conflict_are_a_stall() -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)
        for value in (1, 2):

            @k.process(f"writes {value}")
            def writes(value: int = value) -> None:
                while k.READ_ONCE(x) != 3:
                    k.WRITE_ONCE(x, value)

    verdict = rs.explore(body)
    assert [finding.kind for finding in verdict.findings] == ["stall"]
