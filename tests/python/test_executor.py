# SPDX-License-Identifier: LGPL-2.1-or-later
"""A search on threads, processes and a cluster: the same counts as the serial one."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import rcuscope as rs
from rcuscope import dispatch

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]
ORDERS = 4200  # of 3, 3 and 4 increments of one location: 10! / (3! 3! 4!)


def increments(k: rs.Kernel) -> None:
    x = k.shared("x", 0)

    def add(times: int) -> None:
        for _ in range(times):
            k.atomic_add_return(1, x)

    for number, times in enumerate((3, 3, 4)):
        k.process(f"adder {number}", args=(times,))(add)


@rs.scenario(expect="warn_on")
def lost_update(k: rs.Kernel) -> None:
    x = k.shared("x", 0)

    def add() -> None:
        k.WRITE_ONCE(x, k.READ_ONCE(x) + 1)

    for number in range(3):
        k.process(f"adder {number}")(add)
    k.at_end(lambda: k.WARN_ON(k.READ_ONCE(x) != 3))


def by_value() -> Callable[[rs.Kernel], None]:
    """A scenario that no other process can import."""
    times = (3, 3, 4)

    def body(k: Any) -> None:
        x = k.shared("x", 0)

        def add(count: int) -> None:
            for _ in range(count):
                k.atomic_add_return(1, x)

        for number, count in enumerate(times):
            k.process(f"adder {number}", args=(count,))(add)

    return body


def essence(verdict: rs.Verdict) -> tuple[object, ...]:
    """All that has to be equal."""
    findings = {(f.kind, f.place, f.actor) for f in verdict.findings}
    counts = (verdict.outcome, verdict.exhaustive, verdict.executions, verdict.blocked)
    return (*counts, verdict.limit, verdict.final_states, str(verdict.cost), findings)


@pytest.fixture
def short_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Units so short that a small search has many."""
    monkeypatch.setattr(dispatch, "_UNIT_SECONDS", 0.05)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as executor:
        yield executor


class Recorder(Executor):
    """Runs at once, and remembers what it was given."""

    def __init__(self) -> None:
        self.units: list[bytes] = []

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        self.units.append(arguments[1])
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


# ---- threads
@pytest.mark.parametrize("scenario", [increments, lost_update, "posted", "no_synchronize_rcu"])
@pytest.mark.parametrize("options", [{}, {"preemption_bound": 1}, {"strategy": "exhaustive"}])
def test_threads_show_what_one_thread_shows(scenario: Any, options: dict[str, Any]) -> None:
    if scenario is not lost_update and options:
        options |= {"max_executions": 500}
    serial = rs.explore(scenario, **options)
    assert essence(rs.explore(scenario, jobs=3, **options))[2:4] == essence(serial)[2:4]
    if serial.exhaustive:
        assert essence(rs.explore(scenario, jobs=3, **options)) == essence(serial)


def test_threads_pass_on_what_the_body_raises() -> None:
    def body(k: rs.Kernel) -> None:
        k.process("idle")(lambda: None)
        raise ZeroDivisionError("in the body")

    with pytest.raises(ZeroDivisionError, match="in the body"):
        rs.explore(body, jobs=3)


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_threads_draw_the_same_samples(strategy: str) -> None:
    options: dict[str, Any] = {"strategy": strategy, "seed": 3, "max_executions": 700}
    serial = rs.explore(lost_update, **options)
    assert essence(rs.explore(lost_update, jobs=3, **options)) == essence(serial)


@rs.scenario
def flags_that_are_waited_for(k: rs.Kernel) -> None:
    """Loops that wait: the search finds out where, and begins anew. One order is a stall."""
    ready, taken = k.shared("ready", 0), k.shared("taken", 0)

    @k.process("consumer")
    def consumer() -> None:
        while k.READ_ONCE(ready) == 0:
            pass
        k.WRITE_ONCE(taken, 1)

    @k.process("producer")
    def producer() -> None:
        k.WRITE_ONCE(ready, 1)
        while k.READ_ONCE(taken) == 0:
            pass

    @k.process("spoiler")
    def spoiler() -> None:
        k.WRITE_ONCE(ready, 0)


@pytest.mark.parametrize("options", [{}, {"strategy": "random", "max_executions": 200}])
def test_loops_that_wait_are_found_by_threads_and_units(
    options: dict[str, Any], tmp_path: Path
) -> None:
    scenario = flags_that_are_waited_for
    serial = rs.explore(scenario, **options)
    assert {finding.kind for finding in serial.findings} == {"stall"}
    for divided in ({"jobs": 2}, {"executor": Recorder()}, {"checkpoint": tmp_path / "search"}):
        verdict = rs.explore(scenario, **options, **divided)
        assert essence(verdict) == essence(serial)
        replayed = rs.replay(scenario, verdict.findings[0].schedule)
        assert replayed.metadata["finding"] == "stall"


# ---- executors
@pytest.mark.usefixtures("short_units")
@pytest.mark.parametrize("scenario", ["posted", "no_synchronize_rcu", "list_del"])
def test_processes_show_of_the_catalogue_what_one_shows(
    pool: ProcessPoolExecutor, scenario: str
) -> None:
    assert essence(rs.explore(scenario, executor=pool)) == essence(rs.explore(scenario))


@pytest.mark.usefixtures("short_units")
def test_many_units_sum_up_to_the_serial_search(pool: ProcessPoolExecutor) -> None:
    told: list[rs.Progress] = []
    verdict = rs.explore(by_value(), executor=pool, progress=told.append)
    assert (verdict.outcome, verdict.executions) == ("SAFE", ORDERS)
    assert verdict.estimate == ORDERS


@pytest.mark.usefixtures("short_units")
def test_units_are_divided_and_reported() -> None:
    recorder = Recorder()
    verdict = rs.explore(increments, executor=recorder)
    assert verdict.executions == ORDERS
    assert len(recorder.units) > 3
    assert len(set(recorder.units)) == len(recorder.units)


def test_threads_are_an_executor_too() -> None:
    with ThreadPoolExecutor(2) as executor:
        verdict = rs.explore(lost_update, executor=executor)
    assert essence(verdict) == essence(rs.explore(lost_update))
    assert verdict.findings[0].trace.metadata["finding"] == "warn_on"
    assert pickle.loads(pickle.dumps(verdict)) == verdict


def test_limits_hold_on_executors(pool: ProcessPoolExecutor) -> None:
    limited = rs.explore(by_value(), executor=pool, max_executions=30)
    assert (limited.executions + limited.blocked, limited.limit) == (30, "max_executions")
    endless = rs.explore("posted", strategy="random", executor=pool, max_seconds=0.3)
    assert endless.limit == "max_seconds"
    assert endless.seconds < 5


def test_worker_is_free_again_when_the_time_is_over_inside_an_execution() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            while True:
                sum(range(100))

    with ThreadPoolExecutor(1) as executor:
        verdict = rs.explore(body, memory="sc", executor=executor, max_seconds=0.5)
        assert (verdict.outcome, verdict.limit, verdict.findings) == ("UNKNOWN", "max_seconds", ())
        assert executor.submit(int).result(timeout=3) == 0  # after 5 s it would be a stall


def test_error_of_the_body_comes_back(pool: ProcessPoolExecutor) -> None:
    def body(k: Any) -> None:
        k.process("idle")(lambda: None)
        raise ZeroDivisionError("in the body")

    with pytest.raises(ZeroDivisionError, match="in the body"):
        rs.explore(body, executor=pool)


def test_what_cannot_be_sent_is_refused_before_anything_is_submitted() -> None:
    lock = threading.Lock()

    def body(k: rs.Kernel) -> None:
        with lock:
            k.process("idle")(lambda: None)

    recorder = Recorder()
    with pytest.raises(ValueError, match="'body' cannot be sent"):
        rs.explore(body, executor=recorder)
    assert recorder.units == []


def test_lost_units_are_sent_again() -> None:
    class Lossy(Recorder):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future = super().submit(function, *arguments, **named)
            if len(self.units) % 3 != 0:
                return future
            lost: Future[Any] = Future()
            lost.set_exception(ConnectionError("the worker is gone"))
            return lost

    assert rs.explore(increments, executor=Lossy()).executions == ORDERS


def test_executor_that_loses_everything_ends_in_an_error() -> None:
    class Hole(Executor):
        def submit(self, _: Any, /, *_arguments: Any, **_named: Any) -> Future[Any]:
            lost: Future[Any] = Future()
            lost.set_exception(ConnectionError("the worker is gone"))
            return lost

    with pytest.raises(RuntimeError, match="lost 51 work units in a row"):
        rs.explore("posted", executor=Hole())


def test_broken_pool_ends_in_an_error() -> None:
    with ProcessPoolExecutor(1) as executor:
        process = executor.submit(os.getpid).result()
        os.kill(process, signal.SIGKILL)
        with pytest.raises(RuntimeError, match="takes no more work"):
            rs.explore(by_value(), executor=executor)


@pytest.mark.usefixtures("short_units")
def test_pool_that_breaks_on_the_way_loses_nothing() -> None:
    killed: list[int] = []

    def kill_one(progress: rs.Progress) -> None:
        if progress.executions and not killed:
            killed.append(next(iter(executor._processes)))
            os.kill(killed[0], signal.SIGKILL)

    with ProcessPoolExecutor(2) as executor:
        alone = "what is left is explored by this process alone"
        with pytest.warns(RuntimeWarning, match=alone):
            verdict = rs.explore(by_value(), executor=executor, progress=kill_one)
    assert killed
    assert verdict.exhaustive
    assert verdict.executions == ORDERS


@pytest.mark.usefixtures("short_units")
def test_executor_that_stops_on_the_way_loses_nothing() -> None:
    class Stopping(Recorder):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            if self.units:
                raise RuntimeError("cannot schedule new futures after shutdown")
            return super().submit(function, *arguments, **named)

    with pytest.warns(RuntimeWarning, match="is explored by this process alone"):
        verdict = rs.explore(increments, executor=Stopping())
    assert (verdict.outcome, verdict.executions) == ("SAFE", ORDERS)


def test_scenario_of_main_is_sent_by_value(run_script: RunScript) -> None:
    done = run_script("""
import multiprocessing, pickle, subprocess, sys
from concurrent.futures import ProcessPoolExecutor
import rcuscope as rs

@rs.scenario(title="Sent by value")
def mine(k):
    x = k.shared("x", 0)
    for number in range(2):
        k.process(f"p{number}")(lambda: k.atomic_add_return(1, x))

if __name__ == "__main__":
    again = subprocess.run(
        [sys.executable, "-c",
         "import pickle, sys, rcuscope as rs; s = pickle.load(sys.stdin.buffer); "
         "print(s.title, rs.explore(s).executions)"],
        input=pickle.dumps(mine), capture_output=True)
    print(again.stdout.decode().strip())
""")
    assert done.stdout == "Sent by value 2\n", done.stderr


# ---- a cluster
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("short_units")
def test_cluster_of_three_processes_of_which_one_is_killed() -> None:
    distributed = pytest.importorskip("distributed")
    options = {"n_workers": 3, "threads_per_worker": 1, "processes": True}
    with (
        distributed.LocalCluster(**options, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        processes = client.run(os.getpid)
        assert len(processes) == 3
        victims = list(processes.values())[:1]
        killed: list[float] = []

        def kill_one(progress: rs.Progress) -> None:
            if progress.executions > 0 and victims:
                killed.append(progress.share_done)
                os.kill(victims.pop(), signal.SIGKILL)

        verdict = rs.explore(by_value(), executor=client.get_executor(), progress=kill_one)
        assert killed, "the search ended before a worker could be killed"
        assert 0 < killed[0] < 1
    assert (verdict.outcome, verdict.executions) == ("SAFE", ORDERS)
