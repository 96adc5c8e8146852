# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ctrl-C, runaway actors and the GIL: each in a process of its own, with a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NoReturn

import pytest
import rcuscope as rs

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

HEAD = """
import sys, time
import rcuscope as rs

def crowd(k):
    x = k.shared("x", 0)
    def actor(number):
        for _ in range(8):
            k.WRITE_ONCE(x, number)
    for number in range(5):
        k.process(f"p{number}", args=(number,))(actor)

def endless(k):
    def actor():
        while True:
            pass
    k.process("endless")(actor)

def endless_operations(k):
    x = k.shared("x", 0)
    def actor():
        while True:  # only reading would be a stall, which ends by itself
            k.atomic_add_return(1, x)
    k.process("endless")(actor)

def endless_setup(k):
    while True:
        pass

def stubborn(k):
    def actor():
        while True:
            try:
                while True:
                    pass
            except Exception:
                pass
    k.process("stubborn")(actor)

def sleeper(k):
    def actor():
        time.sleep(20)
    k.process("sleeper")(actor)

def timed(call):
    print("ready", flush=True)
    try:
        result = call()
        print("returned", getattr(result, "limit", None), flush=True)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
"""

# API.md, section 10, allows 0.2 s; a busy machine gets more.
LIMIT_SECONDS = 0.2
BUSY_FACTOR = 8


def interrupt(call: str, delay: float = 0.5) -> tuple[str, float]:
    """Runs the call, sends SIGINT, and returns what came of it and after how many seconds."""
    script = [sys.executable, "-c", HEAD + f"timed(lambda: {call})\n"]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(delay)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            answer = process.stdout.readline()
            seconds = time.monotonic() - start
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
    return answer.strip(), seconds


@pytest.mark.parametrize(
    "call",
    [
        "rs.explore(crowd)",
        "rs.explore(crowd, strategy='exhaustive')",
        "rs.explore(endless)",
        "rs.explore(endless_operations, max_steps=10**9)",
        "rs.explore(endless_setup)",
        "rs.explore(stubborn)",
        "rs.explore(sleeper)",
        "rs.explore('posted', strategy='random')",
        "rs.explore('posted', strategy='pct', jobs=2)",
        "rs.explore(crowd, jobs=2)",
        "rs.explore(endless, jobs=2)",
    ],
)
def test_ctrl_c_ends_an_exploration_with_a_verdict(call: str) -> None:
    answer, seconds = interrupt(call)
    assert answer == "returned interrupted"
    assert seconds < LIMIT_SECONDS * BUSY_FACTOR


@pytest.mark.live
@pytest.mark.parametrize(
    "call",
    [
        "rs.run('posted', seconds=60)",
        "rs.run(crowd, seconds=60)",
        "rs.run(endless, timeout=60)",
        "rs.run(sleeper, timeout=60)",
        "rs.run(endless_operations, timeout=60)",
        "rs.run(endless_setup, timeout=60)",
        "rs.workload(seconds=60, readers=3)",
        "rs.workload(seconds=60, protect='mutex')",
        "rs.workload(seconds=60, protect='rwlock', updaters=2)",
        "rs.workload(seconds=60, readers=0, update_interval=60)",
    ],
)
def test_ctrl_c_ends_a_live_run(call: str) -> None:
    answer, seconds = interrupt(call)
    assert answer == "KeyboardInterrupt"
    assert seconds < LIMIT_SECONDS * BUSY_FACTOR


@pytest.mark.live
def test_a_signal_ends_the_telling_of_a_trace() -> None:
    def end(*_: object) -> NoReturn:
        raise InterruptedError

    trace = rs.workload(seconds=0.5, trace="full").trace
    before = signal.signal(signal.SIGPROF, end)  # on the processor's time
    try:
        start = time.process_time()
        trace.describe()
        whole = time.process_time() - start
        signal.setitimer(signal.ITIMER_PROF, whole * 0.4)
        start = time.process_time()
        with pytest.raises(InterruptedError):
            trace.describe()
        assert time.process_time() - start < whole * 0.8
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def test_ctrl_c_ends_a_replay() -> None:
    answer, seconds = interrupt("rs.replay(endless, 's1:')")
    assert answer in ("KeyboardInterrupt", "returned None")
    assert seconds < LIMIT_SECONDS * BUSY_FACTOR


def test_ctrl_c_ends_a_replay_whose_actor_sleeps() -> None:
    answer, seconds = interrupt("rs.replay(sleeper, 's1:')")
    assert answer == "KeyboardInterrupt"
    assert seconds < LIMIT_SECONDS * BUSY_FACTOR


def test_exploring_goes_on_while_the_actor_of_an_interrupted_search_sleeps(
    run_script: RunScript,
) -> None:
    done = run_script(
        HEAD
        + """
import os, signal, threading
x = {"left": 3}
def program(k):
    def first():
        k.WARN_ON(True)
    def second():
        x["left"] -= 1
        if x["left"] == 0:
            time.sleep(6)
        k.READ_ONCE(k_x)
    k_x = k.shared("x", 0)
    def writer():
        k.WRITE_ONCE(k_x, 1)
    k.process("first")(first)
    k.process("second")(second)
    k.process("writer")(writer)
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
start = time.monotonic()
v = rs.explore(program)
print(v.outcome, v.limit, [f.kind for f in v.findings], time.monotonic() - start < 4)
print(rs.explore("posted").outcome, rs.explore(crowd, max_executions=50).limit)
time.sleep(6.5)
print(rs.explore(crowd, max_executions=50).limit)
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "UNSAFE interrupted ['warn_on'] True",
        "SAFE max_executions",
        "max_executions",
    ]


def test_exploring_goes_on_after_an_interrupt(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
import os, signal, threading
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
first = rs.explore(endless)
print(first.outcome, first.limit, rs.explore("posted").outcome)
"""
    )
    assert done.stdout == "UNKNOWN interrupted SAFE\n", done.stderr


def test_actor_without_operations_is_a_stall(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
def long_loop(k):
    def actor():
        number = 0
        while True:
            number += 1
            number -= 1
            if number > 1:
                break
    k.process("long loop")(actor)
verdict = rs.explore(long_loop)
print([finding.kind for finding in verdict.findings], verdict.outcome)
"""
    )
    assert done.stdout == "['stall'] UNSAFE\n", done.stderr


@pytest.mark.live
def test_live_actor_without_operations_is_a_stall(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
run = rs.run(endless, timeout=0.5)
print([finding.kind for finding in run.findings])
"""
    )
    assert done.stdout == "['stall']\n", done.stderr
    assert done.returncode == 0


@pytest.mark.live
@pytest.mark.parametrize("flavor", ["memb", "mb", "bp", "qsbr"])
def test_updater_does_not_wait_for_a_reader_that_waits_for_the_gil(
    run_script: RunScript, flavor: str
) -> None:
    done = run_script(
        HEAD
        + f"""
def body(k):
    def reader():
        for _ in range(200):
            with k.rcu_read_side():
                sum(range(200))
    for number in range(3):
        k.process(f"reader {{number}}")(reader)
    @k.process("updater")
    def updater():
        for _ in range(50):
            k.synchronize_rcu()
            k.call_rcu(lambda: None)
        k.rcu_barrier()
run = rs.run(body, flavor={flavor!r}, repeat=3)
print(run.findings, run.stats.grace_periods)
"""
    )
    assert done.stdout == "() 150\n", done.stderr


@pytest.mark.live
def test_exit_with_daemon_threads_in_a_run(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
import threading
threading.Thread(target=lambda: rs.run(crowd, seconds=60), daemon=True).start()
time.sleep(0.3)
print("leaving", flush=True)
""",
        timeout=30,
    )
    assert done.stdout == "leaving\n"
    assert done.returncode == 0, done.stderr


def test_exit_with_a_daemon_thread_in_an_exploration(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
import threading
threading.Thread(target=lambda: rs.explore(crowd), daemon=True).start()
time.sleep(0.3)
print("leaving", flush=True)
""",
        timeout=30,
    )
    assert done.stdout == "leaving\n"
    assert done.returncode == 0, done.stderr


def test_explorations_on_several_threads(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
from concurrent.futures import ThreadPoolExecutor
def small(k):
    x = k.shared("x", 0)
    for number in range(3):
        k.process(f"p{number}")(lambda: k.WRITE_ONCE(x, 1))
with ThreadPoolExecutor(4) as pool:
    verdicts = list(pool.map(lambda _: rs.explore(small), range(8)))
print({(verdict.outcome, verdict.executions) for verdict in verdicts})
"""
    )
    assert done.stdout.startswith("{('SAFE', "), done.stderr
    assert done.stdout.count("SAFE") == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_child_of_fork_explores(run_script: RunScript) -> None:
    done = run_script(
        HEAD
        + """
import os, warnings
warnings.simplefilter("ignore")
rs.explore(crowd, max_executions=5)
child = os.fork()
if child == 0:
    os._exit(0 if rs.explore(crowd, max_executions=5).executions else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    )
    assert done.stdout == "0\n", done.stderr


def test_importing_the_package_needs_no_numpy(run_script: RunScript) -> None:
    done = run_script("import sys, rcuscope; print('numpy' in sys.modules)")
    assert done.stdout == "False\n", done.stderr
