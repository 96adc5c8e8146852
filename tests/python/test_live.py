# SPDX-License-Identifier: LGPL-2.1-or-later
"""rs.run(): Python actors on real threads, the GIL, findings and wrong use."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import rcuscope as rs

pytestmark = pytest.mark.live


def replace(k: rs.Kernel) -> None:
    """A reader of a published object against its replacement."""
    published = k.shared("published", k.kzalloc("config", value=1))

    @k.process("reader")
    def reader() -> None:
        for _ in range(20):
            with k.rcu_read_side():
                k.WARN_ON(k.rcu_dereference(published).value not in (1, 2))

    @k.process("updater")
    def updater() -> None:
        old = k.rcu_dereference_protected(published, True)
        k.rcu_assign_pointer(published, k.kzalloc("config", value=2))
        k.synchronize_rcu()
        k.kfree(old)

    @k.at_end
    def check() -> None:
        k.WARN_ON(k.rcu_access_pointer(published).value != 2)


def test_correct_program_has_no_findings() -> None:
    run = rs.run(replace, repeat=10)
    assert run.findings == ()
    assert run.assert_no_findings() is run
    assert run.stats.repetitions == 10
    assert run.stats.sections == 200
    assert run.stats.grace_periods == 10
    assert run.stats.grace_period.p50 > 0
    assert run.scenario == "replace"


def test_one_repetition_is_the_default() -> None:
    assert rs.run(replace).stats.repetitions == 1


def test_seconds_repeat_for_so_long() -> None:
    start = time.monotonic()
    run = rs.run("posted", seconds=0.3, trace="off")
    assert 0.25 < time.monotonic() - start < 5
    assert run.stats.repetitions > 1
    assert len(run.trace) == 0


def test_trace_is_in_nanoseconds_and_names_actors() -> None:
    run = rs.run(replace, repeat=2)
    assert run.trace.clock == "ns"
    assert {"reader", "updater"} <= {name for name, _, _ in run.trace.actors}
    assert run.trace.metadata["world"] == "live"
    assert run.trace.metadata["scenario"] == "replace"
    assert (run.trace.events["kind"] == rs.EventKind.synchronize_rcu_end).sum() == 2
    assert run.trace.events["time"].dtype == np.int64


@pytest.mark.parametrize("flavor", ["memb", "mb", "bp"])
def test_every_flavor_runs(flavor: str) -> None:
    assert rs.run(replace, flavor=flavor, repeat=2).findings == ()


@pytest.mark.parametrize("level", ["full", "section", "logical", "off"])
def test_every_trace_level_runs(level: str) -> None:
    run = rs.run(replace, trace=level, repeat=2)
    assert run.findings == ()
    assert (len(run.trace) > 0) == (level != "off")
    assert run.trace.clock == ("steps" if level == "logical" else "ns") or level == "off"


def test_free_without_grace_period_is_found() -> None:
    def body(k: rs.Kernel) -> None:
        published = k.shared("published", None)
        config = k.kzalloc("config", value=1)
        k.rcu_assign_pointer(published, config)

        @k.process("updater")
        def updater() -> None:
            k.rcu_assign_pointer(published, None)
            k.kfree(config)

        @k.process("reader")
        def reader() -> None:
            with k.rcu_read_side():
                k.rcu_dereference(published)

    run = rs.run(body, repeat=3)
    assert {finding.kind for finding in run.findings} == {"use_after_free"}
    with pytest.raises(rs.UnsafeError, match="use_after_free"):
        run.assert_no_findings()
    assert "use_after_free" in run.to_json()
    assert run.findings[0].trace is run.trace


def test_freed_fields_are_found_and_never_crash() -> None:
    def body(k: rs.Kernel) -> None:
        inner = k.kzalloc("inner", value=1)
        outer = k.kzalloc("outer", inner=inner, count=3)

        @k.process("late")
        def late() -> None:
            k.kfree(outer)
            for read in (lambda: outer.count, lambda: outer.inner.value):
                read()

        @k.process("later")
        def later() -> None:
            k.msleep()
            _ = k.rcu_dereference_check(outer["inner"], True)

    run = rs.run(body, repeat=3)
    assert run.findings
    assert {finding.kind for finding in run.findings} <= {"use_after_free", "double_free"}


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        (lambda k: k.load(k.shared("p", None)).value, "null_dereference"),
        (lambda k: k.list_del(None), "null_dereference"),
        (lambda _: 1 // 0, "error"),
        (lambda k: k.WARN_ON(True), "warn_on"),
        (lambda k: k.BUG_ON(True), "bug_on"),
        (lambda k: k.rcu_read_unlock(), "lock_imbalance"),
        (lambda k: k.rcu_dereference(k.shared("p", None)), "suspicious_rcu_usage"),
    ],
)
def test_faults_of_python_actors(steps: Callable[[rs.Kernel], Any], kind: str) -> None:
    run = rs.run(lambda k: k.process("actor")(lambda: steps(k)), repeat=2)
    assert [finding.kind for finding in run.findings] == [kind]
    assert run.findings[0].actor == "actor"


def test_error_of_setup_is_the_callers() -> None:
    def body(k: rs.Kernel) -> None:
        raise RuntimeError(k.world)

    with pytest.raises(RuntimeError, match="live") as raised:
        rs.run(body, repeat=3)
    assert raised.traceback[-1].name == "body"  # the user's own line is the last one


def test_time_of_the_actors_does_not_include_the_wait_for_callbacks() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process("updater")
        def updater() -> None:
            k.call_rcu(lambda: None)

    stats = rs.run(body, repeat=20).stats
    assert stats.callbacks == 20
    assert stats.callback_delay.p50 > 5_000_000  # liburcu's thread looks every 10 ms
    assert stats.duration < stats.callbacks * stats.callback_delay.p50 / 2


def test_sleeping_in_an_interrupt_is_reported() -> None:
    def body(k: rs.Kernel) -> None:
        m = k.mutex("m")

        @k.hardirq("isr")
        def isr() -> None:
            with m:
                pass

    assert {finding.kind for finding in rs.run(body).findings} == {"sleeping_in_atomic"}


def test_deadlock_ends_at_the_timeout() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process("self")
        def itself() -> None:
            with k.rcu_read_side():
                k.synchronize_rcu()

    start = time.monotonic()
    run = rs.run(body, timeout=0.3)
    assert time.monotonic() - start < 5
    assert "deadlock" in {finding.kind for finding in run.findings}


def test_callbacks_and_work_run_python() -> None:
    calls: list[str] = []

    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing")
        done = k.work(lambda: calls.append("work"))

        def callback(freed: rs.HeapObject) -> None:
            calls.append("callback")
            k.kfree(freed)
            k.queue_work(done)

        @k.process("actor")
        def actor() -> None:
            k.call_rcu(callback, thing)
            k.rcu_barrier()
            k.flush_work(done)

    run = rs.run(body, repeat=3)
    assert run.findings == ()
    assert calls == ["callback", "work"] * 3
    assert run.stats.work_items == 3


def test_driver_functions_run_python() -> None:
    released: list[str] = []

    def body(k: rs.Kernel) -> None:
        nic = k.device("nic", release=lambda dev: released.append(dev.name))
        k.process("unplug")(lambda: k.device_unregister(nic))

    assert rs.run(body, repeat=2).findings == ()
    assert rs.explore(body).outcome == "SAFE"
    assert released[:2] == ["nic", "nic"]


def test_actors_run_on_threads_of_their_own() -> None:
    threads: set[int] = set()

    def body(k: rs.Kernel) -> None:
        threads.add(threading.get_ident())
        for name in "ab":
            k.process(name)(lambda: threads.add(threading.get_ident()))

    rs.run(body)
    assert threading.get_ident() not in threads


def test_threads_and_kernels_go_away() -> None:
    before = threading.active_count()
    for _ in range(3):
        rs.run(replace, repeat=2)
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeat": 1, "seconds": 1}, "give one of them"),
        ({"repeat": 0}, "repeat=0"),
        ({"seconds": -1}, "seconds=-1"),
        ({"timeout": 0}, "timeout=0"),
        ({"flavor": "classic"}, "memb, mb, bp, qsbr"),
        ({"trace": "some"}, "full, section, logical, off"),
        ({"repeat": 1.5}, "repeat=1.5"),
        ({"variant": "posted"}, "expected a Variant"),
    ],
)
def test_wrong_options_say_why(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        rs.run("posted", **options)


def test_no_latency_is_said_not_printed_as_zero() -> None:
    none = rs.Latency(count=0, p50=0, p90=0, p99=0, max=0)
    assert str(none) == "nothing measured"
    told = none.told("grace periods", "synchronize_rcu")
    assert told.startswith("no grace periods: synchronize_rcu")
    assert "0" not in told
    one = rs.Latency(count=1, p50=2200, p90=2200, p99=2200, max=1_234_500)
    assert one.told("grace periods", "synchronize_rcu") == (
        "1 grace period; synchronize_rcu took p50 2.2 us, p90 2.2 us, p99 2.2 us, max 1,234.5 us"
    )


def test_accesses_name_their_object() -> None:
    told = rs.run("posted").trace.describe()
    assert "reads group 7->next with rcu_dereference" in told
    assert "reads gdev 0000:01:00.0->dev" in told
    assert "reads next" not in told


def test_live_findings_are_explained_by_what_was_recorded() -> None:
    def body(k: rs.Kernel) -> None:
        lock = k.mutex("lock")

        @k.hardirq("isr")
        def isr() -> None:
            with k.rcu_read_side(), lock:
                pass

    (finding,) = rs.run(body, repeat=3).findings
    assert finding.kind == "sleeping_in_atomic"
    assert "'isr' runs in hardirq context" in finding.explanation
    assert finding.trace.metadata["finding"] == finding.kind
    assert finding.trace.metadata["explanation"] == finding.explanation
    (finding,) = rs.run(body, trace="section").findings
    assert 'trace="full" would' in finding.explanation
