# SPDX-License-Identifier: LGPL-2.1-or-later
"""rs.workload(): what it measures under each protection, what it finds, and wrong use."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
import rcuscope as rs

pytestmark = pytest.mark.live

FLAVORS = ["memb", "mb", "bp", "qsbr"]


@pytest.mark.parametrize("flavor", FLAVORS)
def test_rcu_counts_sections_grace_periods_and_updates(flavor: str) -> None:
    run = rs.workload(readers=2, seconds=0.2, flavor=flavor)
    stats = run.stats
    assert run.findings == ()
    assert stats.sections > 100
    assert stats.updates > 0
    # Each update waits for one; teardown takes the devices out once more.
    assert stats.updates <= stats.grace_periods <= stats.updates + 1 + 8
    assert stats.put_device_delay.count == stats.grace_periods
    assert stats.grace_period.p50 <= stats.put_device_delay.p99
    assert stats.section.count == pytest.approx(stats.sections / 1024, abs=2)
    assert 0.2e9 <= stats.duration < 5e9


@pytest.mark.parametrize("protect", ["mutex", "rwlock"])
def test_under_a_lock_nothing_is_deferred(protect: str) -> None:
    stats = rs.workload(readers=2, seconds=0.2, protect=protect).stats
    assert stats.findings == 0
    assert stats.sections > 100
    assert stats.updates > 0
    assert stats.grace_periods == 0
    assert stats.put_device_delay.count >= stats.updates


def test_put_device_waits_for_the_grace_period_only_under_rcu() -> None:
    deferred = rs.workload(readers=2, seconds=0.3, flavor="bp").stats.put_device_delay
    at_once = rs.workload(readers=2, seconds=0.3, protect="mutex").stats.put_device_delay
    assert deferred.p50 > at_once.p50 > 0


def test_readers_alone_and_updaters_alone() -> None:
    readers = rs.workload(readers=2, updaters=0, seconds=0.1).stats
    assert readers.updates == 0
    assert readers.sections > 0
    updaters = rs.workload(readers=0, updaters=3, seconds=0.1).stats
    assert updaters.sections == 0
    assert updaters.updates > 0


def test_pause_between_updates_bounds_their_rate() -> None:
    stats = rs.workload(readers=1, seconds=0.5, update_interval=0.1).stats
    assert 1 <= stats.updates <= 10


def test_rates_are_counts_over_the_duration() -> None:
    stats = rs.workload(seconds=0.1).stats
    seconds = stats.duration / 1e9
    assert stats.sections_per_second == pytest.approx(stats.sections / seconds)
    assert stats.grace_periods_per_second == pytest.approx(stats.grace_periods / seconds)
    assert stats.updates_per_second == pytest.approx(stats.updates / seconds)


@pytest.mark.parametrize("attempt", range(5))
def test_missing_grace_period_is_found_in_every_run(attempt: int) -> None:
    del attempt
    run = rs.workload(readers=1, seconds=0.2, variant=rs.Variant(reclaim="none"))
    assert "use_after_free" in {finding.kind for finding in run.findings}


def test_call_rcu_defers_put_device_to_the_callback() -> None:
    run = rs.workload(readers=1, seconds=0.2, variant=rs.Variant(reclaim="call_rcu"))
    assert run.stats.grace_periods == 0
    assert run.stats.callbacks > 0
    assert run.stats.put_device_delay.count == run.stats.callbacks
    # The last put of the teardown is the callback's, whose release sleeps.
    assert {finding.kind for finding in run.findings} == {"sleeping_in_atomic"}


def test_trace_shows_readers_removals_and_grace_periods() -> None:
    run = rs.workload(readers=1, devices=2, seconds=0.05, trace="full")
    names = {name for name, _, _ in run.trace.actors}
    assert {"reader 0", "updater 0"} <= names
    kinds = run.trace.events["kind"]
    for kind in (
        rs.EventKind.rcu_read_lock,
        rs.EventKind.remove_device_from_group,
        rs.EventKind.synchronize_rcu_end,
        rs.EventKind.put_device,
    ):
        assert (kinds == kind).sum() > 0, kind
    assert run.trace.metadata["scenario"] == "workload"


@pytest.mark.parametrize("protect", ["mutex", "rwlock"])
def test_trace_shows_the_lock(protect: str) -> None:
    run = rs.workload(readers=1, seconds=0.05, protect=protect, trace="section")
    kinds = run.trace.events["kind"]
    locked = (kinds == rs.EventKind.mutex_lock).sum()
    unlocked = (kinds == rs.EventKind.mutex_unlock).sum()
    assert locked > 0
    assert run.trace.events_lost > 0 or locked == unlocked


def test_events_beyond_the_limit_are_counted_and_shown() -> None:
    for seconds in (1, 4, 16):  # a busy machine needs longer for two million events
        run = rs.workload(readers=2, seconds=seconds, trace="full")
        if run.stats.events_lost > 0:
            break
    assert run.stats.events_lost > 0
    assert run.trace.events_lost == run.stats.events_lost
    assert f"{run.stats.events_lost:,} events lost" in str(run)
    assert f"{run.stats.events_lost} lost" in repr(run.trace)


def test_other_threads_of_python_go_on() -> None:
    turns = 0
    is_over = threading.Event()

    def count() -> None:
        nonlocal turns
        while not is_over.is_set():
            turns += 1
            time.sleep(0.001)

    counting = threading.Thread(target=count)
    counting.start()
    rs.workload(readers=1, seconds=0.5)
    during = turns
    is_over.set()
    counting.join()
    assert during > 20


def test_text_and_json_tell_the_numbers() -> None:
    run = rs.workload(readers=2, seconds=0.1)
    text = str(run)
    assert text.startswith("workload of 2 readers, 1 updater, protected by rcu (memb), ")
    for word in ("sections/s", "grace periods/s", "synchronize_rcu: p50", "deferred put_device"):
        assert word in text
    record = json.loads(run.to_json())
    assert record["protect"] == "rcu"
    assert record["stats"]["put_device_delay"]["count"] > 0
    assert record["rates"]["updates_per_second"] == run.stats.updates_per_second


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"readers": -1}, ValueError, r"readers=-1: expected 0 to 1024"),
        ({"readers": 1.5}, TypeError, r"readers=1\.5: expected an int"),
        ({"readers": True}, TypeError, r"readers=True: expected an int"),
        ({"readers": 0, "updaters": 0}, ValueError, r"expected 1 to 1024 threads together"),
        ({"readers": 1024}, ValueError, r"expected 1 to 1024 threads together"),
        ({"devices": 0}, ValueError, r"devices=0: expected 1 to 65536"),
        ({"updaters": 3, "devices": 2}, ValueError, r"updaters=3: expected at most devices=2"),
        ({"seconds": 0}, ValueError, r"seconds=0: expected more than 0"),
        ({"seconds": float("nan")}, ValueError, r"seconds=nan"),
        ({"seconds": float("inf")}, ValueError, r"seconds=inf"),
        ({"seconds": "1"}, TypeError, r"seconds='1': expected a number"),
        ({"update_interval": -1}, ValueError, r"update_interval=-1: expected 0 to"),
        ({"flavor": "signal"}, ValueError, r"flavor='signal': expected one of memb"),
        ({"protect": "seqlock"}, ValueError, r"expected one of rcu, mutex, rwlock"),
        ({"trace": "all"}, ValueError, r"trace='all': expected one of full"),
        ({"variant": "reclaim=none"}, TypeError, r"expected a Variant"),
        ({"variant": rs.Variant(), "protect": "mutex"}, ValueError, r"under a lock"),
    ],
)
def test_wrong_arguments_say_why(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rs.workload(**options)
