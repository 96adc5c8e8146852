# SPDX-License-Identifier: LGPL-2.1-or-later
"""What takes down a process that drives liburcu from Python: each in a process, with a limit.

The GIL, threads that exit, exit of the interpreter, fork, Ctrl-C. Those of the GIL that need only
actors of Python are in test_interrupt.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

RunScript = Callable[..., "subprocess.CompletedProcess[str]"]

pytestmark = pytest.mark.live

FLAVORS = ["memb", "mb", "bp", "qsbr"]
LIMIT_SECONDS = 0.2  # API.md, section 10
BUSY_FACTOR = 8  # for a busy machine

HEAD = """
import os, sys, threading, time, warnings
import rcuscope as rs
warnings.simplefilter("ignore")

def held_up(k):
    # A reader that sleeps inside its section, and an updater that waits for it.
    def reader():
        with k.rcu_read_side():
            time.sleep(20)
    def updater():
        time.sleep(0.05)
        k.synchronize_rcu()
    k.process("reader")(reader)
    k.process("updater")(updater)

def in_background(call):
    threading.Thread(target=call, daemon=True).start()
    time.sleep(0.4)
"""


def check(run_script: RunScript, text: str, expected: str, timeout: float = 60) -> str:
    """Runs the text; returns what it wrote to stderr."""
    done = run_script(HEAD + text, timeout=timeout)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected, done.stderr
    return done.stderr


# ---- the GIL
@pytest.mark.parametrize("flavor", FLAVORS)
def test_barrier_does_not_wait_for_callbacks_that_wait_for_the_gil(
    run_script: RunScript, flavor: str
) -> None:
    check(
        run_script,
        f"""
ran = []
def body(k):
    @k.process("updater")
    def updater():
        for number in range(100):
            k.call_rcu(lambda: ran.append(sum(range(100))))
        k.rcu_barrier()
        ran.append("barrier")
run = rs.run(body, flavor={flavor!r})
print(len(ran), ran[-1], run.findings)
""",
        "101 barrier ()\n",
    )


def test_workload_lets_python_run(run_script: RunScript) -> None:
    check(
        run_script,
        """
in_background(lambda: rs.workload(readers=2, seconds=60))
print(sum(1 for _ in range(100000)), rs.run("posted").findings)
""",
        "100000 ()\n",
    )


# ---- threads
@pytest.mark.parametrize("flavor", FLAVORS)
def test_runs_on_threads_that_come_and_go(run_script: RunScript, flavor: str) -> None:
    check(
        run_script,
        f"""
found = []
for _ in range(25):
    threads = [threading.Thread(target=lambda: found.append(
        rs.run("posted", flavor={flavor!r}, trace="off").findings)) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(len(found), set(found))
""",
        "100 {()}\n",
    )


@pytest.mark.parametrize("flavor", FLAVORS)
def test_actor_that_ends_inside_a_section_holds_up_nobody(
    run_script: RunScript, flavor: str
) -> None:
    check(
        run_script,
        f"""
def forgets(k):
    k.process("reader")(lambda: k.rcu_read_lock())
print([f.kind for f in rs.run(forgets, flavor={flavor!r}).findings])
print(rs.workload(seconds=0.1, flavor={flavor!r}).stats.grace_periods > 0)
""",
        "['lock_imbalance']\nTrue\n",
    )


def test_primitive_on_a_foreign_thread_is_refused(run_script: RunScript) -> None:
    check(
        run_script,
        """
said = []
def body(k):
    def elsewhere():
        try:
            k.rcu_read_lock()
        except Exception as error:
            said.append(type(error).__name__)
    @k.process("starts a thread")
    def actor():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
rs.run(body)
print(said, rs.workload(seconds=0.1).stats.grace_periods > 0)
""",
        "['UsageError'] True\n",
    )


@pytest.mark.parametrize("flavor", FLAVORS)
def test_run_inside_an_actor_registers_nobody_twice(run_script: RunScript, flavor: str) -> None:
    check(
        run_script,
        f"""
inner = []
def body(k):
    @k.process("runs another")
    def actor():
        inner.append(rs.run("posted", flavor={flavor!r}).findings)
        k.synchronize_rcu()
print(rs.run(body, flavor={flavor!r}).findings, inner)
""",
        "() [()]\n",
    )


# ---- exit
def test_callbacks_of_a_run_have_run_before_it_returns(run_script: RunScript) -> None:
    check(
        run_script,
        """
ran = []
def body(k):
    @k.process("updater")
    def updater():
        for number in range(50):
            k.call_rcu(ran.append, number)
rs.run(body)
print(sorted(ran) == list(range(50)))
""",
        "True\n",
    )


@pytest.mark.parametrize(
    "call",
    ["rs.run(held_up, timeout=60)", "rs.run('posted', seconds=60)", "rs.workload(seconds=60)"],
)
def test_exit_during_a_run_is_prompt_and_told(run_script: RunScript, call: str) -> None:
    start = time.monotonic()
    said = check(
        run_script,
        f"""
in_background(lambda: {call})
print("leaving", flush=True)
""",
        "leaving\n",
        timeout=30,
    )
    assert time.monotonic() - start < 15  # the reader sleeps for 20 s
    assert "the interpreter exits during the live run of" in said
    assert "callbacks that are still pending will not run" in said


def test_exit_after_a_run_says_nothing(run_script: RunScript) -> None:
    assert check(run_script, 'rs.run("posted"); rs.workload(seconds=0.1)\n', "") == ""


# ---- fork
FORK = """
def child():
    for call in (lambda: rs.run("posted"), lambda: rs.workload(seconds=0.1)):
        try:
            call()
            print("ran", flush=True)
        except rs.UsageError as error:
            print("child of fork" in str(error), "spawn" in str(error), flush=True)
    print(rs.explore("posted").outcome, flush=True)
    sys.exit(0)

pid = os.fork()
if pid == 0:
    child()
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
REFUSED = "True True\nTrue True\nSAFE\n0\n"


@pytest.mark.parametrize("flavor", FLAVORS)
def test_child_of_fork_refuses_after_a_run(run_script: RunScript, flavor: str) -> None:
    check(run_script, f'rs.run("posted", flavor={flavor!r})\n' + FORK, REFUSED)


@pytest.mark.parametrize("flavor", FLAVORS)
def test_child_of_fork_refuses_while_a_reader_is_inside(run_script: RunScript, flavor: str) -> None:
    text = f"in_background(lambda: rs.run(held_up, timeout=60, flavor={flavor!r}))\n"
    said = check(run_script, text + FORK, REFUSED, timeout=30)
    assert said.count("exits during the live run") == 1  # the parent's, not the child's


def test_child_of_fork_runs_live_if_the_parent_never_did(run_script: RunScript) -> None:
    check(run_script, FORK, "ran\nran\nSAFE\n0\n")


def test_parent_goes_on_after_a_fork(run_script: RunScript) -> None:
    text = 'print(rs.workload(seconds=0.1).stats.grace_periods > 0, rs.run("posted").findings)\n'
    check(run_script, 'rs.run("posted")\n' + FORK + text, REFUSED + "True ()\n")


# ---- Ctrl-C
@pytest.mark.parametrize("flavor", FLAVORS)
def test_ctrl_c_while_a_grace_period_is_waited_for(flavor: str) -> None:
    text = f"""
print("ready", flush=True)
try:
    rs.run(held_up, timeout=60, flavor={flavor!r})
except KeyboardInterrupt:
    print("KeyboardInterrupt", flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", HEAD + text],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.6)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            assert process.stdout.readline() == "KeyboardInterrupt\n"
            assert time.monotonic() - start < LIMIT_SECONDS * BUSY_FACTOR
            assert process.wait(timeout=15) == 0  # and its exit waits for nobody
        finally:
            process.kill()
