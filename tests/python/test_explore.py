# SPDX-License-Identifier: LGPL-2.1-or-later
"""explore() and replay(): options, limits, verdicts, findings, and their pickles."""

from __future__ import annotations

import json
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs


@rs.scenario(name="lost update", title="Two increments that are not atomic", expect="warn_on")
def lost_update(k: rs.Kernel) -> None:
    """Not the title."""
    x = k.shared("x", 0)

    def add() -> None:
        k.WRITE_ONCE(x, k.READ_ONCE(x) + 1)

    k.process("one")(add)
    k.process("two")(add)
    k.at_end(lambda: k.WARN_ON(k.READ_ONCE(x) != 2))


def crowd(k: rs.Kernel) -> None:
    """More orders than any test has time for."""
    x = k.shared("x", 0)

    def actor(number: int) -> None:
        for _ in range(6):
            k.WRITE_ONCE(x, number)

    for number in range(4):
        k.process(f"writer {number}", args=(number,))(actor)


# ---- scenarios
def test_decorator_keeps_what_it_is_told() -> None:
    assert lost_update.name == "lost update"
    assert lost_update.title == "Two increments that are not atomic"
    assert lost_update.expect == "warn_on"
    assert lost_update.variant == rs.Variant()
    assert "lost update" in repr(lost_update)


def test_bare_decorator_takes_name_and_first_line() -> None:
    @rs.scenario
    def my_scenario(k: rs.Kernel) -> None:
        """First line.

        More.
        """

    assert (my_scenario.name, my_scenario.title) == ("my_scenario", "First line.")
    assert my_scenario.expect is None


def test_scenarios_compose() -> None:
    def both(k: rs.Kernel) -> None:
        lost_update(k)
        k.process("third")(lambda: k.note("here"))

    assert rs.explore(both).meets("warn_on")


def test_scenario_pickles_by_reference() -> None:
    assert pickle.loads(pickle.dumps(lost_update)) is lost_update


@pytest.mark.parametrize("expect", ["safe", "use after free", "SAFE "])
def test_unknown_expectation_is_refused(expect: str) -> None:
    with pytest.raises(ValueError, match=r"expect=.*use_after_free"):
        rs.scenario(expect=expect)(lambda _: None)


@pytest.mark.parametrize("given", [3, None, ["posted"]])
def test_what_is_no_scenario_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="expected a scenario"):
        rs.explore(given)


# ---- verdicts
def test_verdict_of_a_finding() -> None:
    verdict = rs.explore(lost_update)
    assert verdict.outcome == "UNSAFE"
    assert verdict.exhaustive
    assert verdict.memory == "sc"
    assert verdict.limit is None
    assert verdict.executions >= 2
    assert verdict.steps > 0
    assert verdict.seconds > 0
    assert verdict.scenario == "lost update"
    assert verdict.meets("warn_on")
    assert not verdict.meets("leak")
    assert not verdict.meets("SAFE")


def test_verdict_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="outcome"):
        bool(rs.explore("posted"))


def test_verdict_prints_summary_and_findings() -> None:
    safe = rs.explore("posted")
    assert str(safe).startswith("SAFE (exhaustive, sc: weak memory not checked): ")
    assert str(safe).endswith(f" {safe.executions} executions, 0 findings")
    unsafe = str(rs.explore("list_del"))
    assert unsafe.startswith("UNSAFE (sc): ")
    assert "list_corruption" in unsafe
    assert "schedule: s1:" in unsafe


def test_assert_safe() -> None:
    assert rs.explore("posted", memory="sc").assert_safe().outcome == "SAFE"
    with pytest.warns(rs.MemoryModelWarning, match="weak memory"):
        rs.explore("posted").assert_safe()
    with pytest.raises(rs.UnsafeError, match="use_after_free"):
        rs.explore("no_synchronize_rcu").assert_safe()
    assert issubclass(rs.UnsafeError, AssertionError)
    with pytest.raises(rs.LimitError, match="max_executions"):
        rs.explore(crowd, max_executions=3).assert_safe()


def test_require_exhaustive() -> None:
    assert rs.explore("posted").require_exhaustive().exhaustive
    with pytest.raises(rs.LimitError, match="max_executions"):
        rs.explore(crowd, max_executions=3).require_exhaustive()


def test_no_warning_without_assert_safe() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rs.explore("posted")


def test_json_holds_everything() -> None:
    record = json.loads(rs.explore("list_del").to_json())
    assert record["outcome"] == "UNSAFE"
    assert record["scenario"] == "list_del"
    assert record["variant"] == "unlink=list_del"
    assert record["findings"][0]["kind"] == "list_corruption"
    assert record["findings"][0]["schedule"].startswith("s1:")


def test_verdict_and_findings_pickle() -> None:
    verdict = rs.explore(lost_update)
    again = pickle.loads(pickle.dumps(verdict))
    assert again == verdict
    assert again.findings[0].trace == verdict.findings[0].trace
    catalogue = pickle.loads(pickle.dumps(rs.explore("list_del")))
    assert catalogue.findings[0].trace.metadata["finding"] == "list_corruption"


@pytest.mark.parametrize("options", [{"variant": "x"}, {"name": 3}, {"title": 3}])
def test_wrong_arguments_of_a_scenario_say_why(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"{next(iter(options))}=.*: expected"):
        rs.scenario(**options)(lambda _: None)


# ---- options
def test_limits_are_named() -> None:
    assert rs.explore(crowd, max_executions=5).limit == "max_executions"
    assert rs.explore(crowd, max_seconds=0.1).limit == "max_seconds"
    assert rs.explore(crowd, max_steps=5).limit == "max_steps"
    assert rs.explore(crowd, max_executions=5).outcome == "UNKNOWN"
    found = rs.explore(lost_update, stop_on_first=True)
    assert found.limit in ("stop_on_first", None)
    assert found.outcome == "UNSAFE"


def test_strategies_agree() -> None:
    reduced = rs.explore(lost_update, strategy="dpor")
    full = rs.explore(lost_update, strategy="exhaustive")
    assert reduced.executions <= full.executions
    assert {f.kind for f in reduced.findings} == {f.kind for f in full.findings}


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_sampling_never_exhausts_and_has_a_seed(strategy: str) -> None:
    one = rs.explore(lost_update, strategy=strategy, seed=1, max_executions=50)
    assert not one.exhaustive
    assert one.outcome == "UNSAFE"
    again = rs.explore(lost_update, strategy=strategy, seed=1, max_executions=50)
    assert [f.schedule for f in one.findings] == [f.schedule for f in again.findings]
    assert rs.explore("posted", strategy=strategy, max_executions=9).outcome == "UNKNOWN"
    assert rs.explore("posted", strategy=strategy, max_seconds=0.05).limit == "max_seconds"


def test_preemption_bound() -> None:
    none = rs.explore(lost_update, preemption_bound=0, memory="sc")
    assert (none.outcome, none.limit, none.exhaustive) == (
        "SAFE_BOUNDED",
        "preemption_bound",
        False,
    )
    assert none.assert_safe() is none
    assert str(none).startswith("SAFE_BOUNDED (at most 0 preemptions, sc: weak memory not checked)")
    with pytest.raises(rs.LimitError, match="preemption_bound"):
        none.require_exhaustive()
    one = rs.explore(lost_update, preemption_bound=1)
    assert one.meets("warn_on")
    assert one.executions > none.executions
    every = rs.explore(lost_update, strategy="exhaustive")
    assert rs.explore(lost_update, preemption_bound=99).executions == every.executions


def test_strict_put_device() -> None:
    strict = rs.Config(put_device="strict")
    variant = rs.Variant(reclaim="call_rcu")
    assert rs.explore("posted", config=strict, variant=variant).meets("sleeping_in_atomic")
    with pytest.raises(ValueError, match="precise"):
        rs.Config(put_device="lax")


def test_progress_is_told_and_may_stop_the_search() -> None:
    told: list[rs.Progress] = []
    rs.explore(crowd, max_seconds=0.4, progress=told.append)
    assert told
    assert told[-1].executions > 0
    assert told[-1].seconds > 0

    def stop(progress: rs.Progress) -> None:
        raise RuntimeError(f"enough: {progress.executions}")

    with pytest.raises(RuntimeError, match="enough"):
        rs.explore(crowd, progress=stop)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"memory": "lkmm"}, NotImplementedError, "lkmm"),
        ({"memory": "tso"}, ValueError, "'sc' or 'lkmm'"),
        ({"strategy": "bfs"}, ValueError, "dpor"),
        ({"preemption_bound": -1}, ValueError, "preemption_bound=-1"),
        ({"preemption_bound": "2"}, TypeError, "preemption_bound='2'"),
        ({"preemption_bound": 2, "strategy": "pct"}, ValueError, "no bound to exhaust"),
        ({"bug_depth": 0}, ValueError, "bug_depth=0"),
        ({"jobs": 0}, ValueError, "jobs=0"),
        ({"jobs": "2"}, TypeError, "jobs='2'"),
        ({"executor": object()}, TypeError, "executor="),
        ({"stop_on_first": 3}, TypeError, "stop_on_first=3: expected True or False"),
        ({"progress": 3}, TypeError, "progress=3: expected a function"),
        ({"max_executions": 0}, ValueError, "max_executions=0"),
        ({"max_seconds": -1}, ValueError, "max_seconds=-1"),
        ({"max_seconds": float("nan")}, ValueError, "max_seconds=nan"),
        ({"max_executions": 1.5}, TypeError, "max_executions=1.5"),
        ({"max_steps": "9"}, TypeError, "max_steps='9'"),
        ({"max_steps": None}, TypeError, "max_steps=None: expected an int"),
        ({"checkpoint": 3}, TypeError, "checkpoint=3: expected the path of a file"),
        ({"memory": 3}, TypeError, "memory=3: expected 'sc' or 'lkmm'"),
        ({"strategy": ["dpor"]}, TypeError, r"strategy=\['dpor'\]: expected one of"),
        ({"seed": "1"}, TypeError, "seed='1': expected an int"),
        ({"seed": True}, TypeError, "seed=True: expected an int"),
        ({"iommu": 3}, TypeError, "iommu=3: expected a class"),
        ({"seed": -1}, ValueError, "seed=-1"),
        ({"variant": "reclaim=none"}, TypeError, "expected a Variant"),
        ({"config": "strict"}, TypeError, "expected a Config"),
    ],
)
def test_wrong_options_say_why(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        rs.explore("posted", **options)


def test_what_is_no_scenario_is_named() -> None:
    with pytest.raises(TypeError, match="scenario=3: expected a scenario"):
        rs.explore(3)  # type: ignore[arg-type]


# ---- replay
def test_a_schedule_is_text() -> None:
    with pytest.raises(TypeError, match=r"schedule=3: expected a str"):
        rs.replay("posted", 3)  # type: ignore[arg-type]


def bytes_of(trace: rs.Trace, path: Path) -> dict[str, bytes]:
    trace.save(path)
    return {file.name: file.read_bytes() for file in path.iterdir()}


@pytest.mark.parametrize("scenario", ["list_del", lost_update])
def test_same_schedule_gives_the_same_bytes(scenario: Any, tmp_path: Path) -> None:
    (finding, *_) = rs.explore(scenario).findings
    first = bytes_of(rs.replay(scenario, finding.schedule), tmp_path / "first")
    second = bytes_of(rs.replay(scenario, finding.schedule), tmp_path / "second")
    assert first == second
    assert first.keys() == {"metadata", "events", "definitions"}


def test_two_explorations_give_the_same_schedules() -> None:
    for scenario in ("no_synchronize_rcu", lost_update):
        one, two = rs.explore(scenario), rs.explore(scenario)
        assert [f.schedule for f in one.findings] == [f.schedule for f in two.findings]
        assert (one.executions, one.steps) == (two.executions, two.steps)


@pytest.mark.parametrize("schedule", ["", "s1", "s1:x", "2x5", "s1:99"])
def test_malformed_schedules_are_refused(schedule: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        rs.replay("posted", schedule)


def test_schedule_of_another_scenario_is_refused() -> None:
    with pytest.raises(rs.UsageError, match="schedule"):
        rs.replay(lost_update, "s1:7x40")


def test_finding_without_schedule_has_no_trace() -> None:
    with pytest.raises(ValueError, match="no schedule"):
        _ = rs.Finding(kind="leak", message="lost").trace


def test_cost_counts_grace_periods_and_locks_held_over_them() -> None:
    posted = rs.explore("posted").cost
    assert posted.grace_periods == {"hot unplug": 1}
    assert posted.locks_held == {}
    under_mutex = rs.explore("posted", variant=rs.Variant(defer_free="under_mutex")).cost
    assert under_mutex.locks_held == {"hot unplug": ("group 7->mutex",)}
    assert str(posted) == "'hot unplug' waits for 1 grace period, no lock held over it"
    assert str(under_mutex) == "'hot unplug' waits for 1 grace period under group 7->mutex"
    assert str(rs.Cost({}, {})) == "nobody waits for a grace period"
    assert str(rs.Cost({"a": 2, "b": 1}, {"b": ("m", "n")})) == (
        "'a' waits for 2 grace periods, no lock held over them; "
        "'b' waits for 1 grace period under m, n"
    )


def test_cost_is_that_of_the_worst_execution_and_in_the_json() -> None:
    def waits_twice_if_it_comes_second(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def first() -> None:
            k.WRITE_ONCE(x, 1)

        @k.process
        def second() -> None:
            k.synchronize_rcu()
            if k.READ_ONCE(x) == 1:
                k.synchronize_rcu()

    verdict = rs.explore(waits_twice_if_it_comes_second)
    assert verdict.cost == rs.Cost({"second": 2}, {})
    assert json.loads(verdict.to_json())["cost"] == {
        "grace_periods": {"second": 2},
        "locks_held": {},
    }


@pytest.mark.parametrize("jobs", [1, 2])
def test_findings_of_readers_come_first(jobs: int) -> None:
    verdict = rs.explore("kfree_before_grace_period", jobs=jobs)
    assert {finding.kind for finding in verdict.findings} == {"use_after_free"}
    first = verdict.findings[0]
    assert first.actor == "ATC time-out ISR", "not the updater that used what it had freed itself"
    again = rs.replay("kfree_before_grace_period", first.schedule)
    assert again.metadata["finding"] == "use_after_free"
    assert "ATC time-out ISR" in again.metadata["explanation"]


def asks_for_grace_periods(k: rs.Kernel) -> None:
    """Each primitive that starts a grace period, then a finding, so that there is a trace."""
    domain, gone, work = k.srcu_struct("domain"), k.kzalloc("gone"), k.work(lambda: None)
    other = k.kzalloc("other")

    @k.process("updater")
    def updater() -> None:
        k.synchronize_rcu()
        k.synchronize_srcu(domain)
        k.call_rcu(lambda: None)
        k.call_srcu(domain, lambda: None)
        k.queue_rcu_work(work)
        k.kfree_rcu(gone)
        k.kfree(other)
        k.kfree(other)


def calls_before_starts(trace: rs.Trace) -> int:
    """Number of grace periods that a call asked for, each recorded after that call."""
    asks = ("synchronize_rcu_start", "call_rcu", "kfree_rcu", "queue_rcu_work")
    calls, starts = {}, {}
    events = trace.events
    for place, (kind, number) in enumerate(
        zip(events["kind"], events["grace_period"], strict=True)
    ):
        name = rs.EventKind(int(kind)).name
        if name in asks and number >= 0:
            calls[int(number)] = place
        elif name == "grace_period_start":
            starts[int(number)] = place
    assert calls.keys() <= starts.keys()
    assert all(calls[number] < starts[number] for number in calls)
    return len(calls)


def test_calls_come_before_the_grace_periods_they_ask_for() -> None:
    verdict = rs.explore(asks_for_grace_periods)
    [finding] = verdict.findings
    assert finding.kind == "double_free"
    assert calls_before_starts(finding.trace) == 6


@pytest.mark.live
def test_live_calls_come_before_the_grace_periods_they_ask_for() -> None:
    assert calls_before_starts(rs.run("posted", repeat=5).trace) >= 10
    assert calls_before_starts(rs.run(asks_for_grace_periods, repeat=2).trace) == 12
