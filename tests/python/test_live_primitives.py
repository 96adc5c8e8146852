# SPDX-License-Identifier: LGPL-2.1-or-later
"""What only real threads show of the primitives: flavors, standstill, one CPU, the words used."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
import rcuscope as rs
from small_scenarios import messages, process

pytestmark = pytest.mark.live
Step = Callable[[rs.Kernel], object]
RunScript = Callable[..., "subprocess.CompletedProcess[str]"]


def everything(k: rs.Kernel) -> None:
    """Each primitive that liburcu has not, several times, by four actors."""
    s, m, domain = k.spinlock("s"), k.mutex("m"), k.srcu_struct("domain")
    done, x = k.completion("done"), k.shared("x", 0)
    published = k.shared("published", k.kzalloc("config", value=1))
    sleepable = k.shared("sleepable", k.kzalloc("page", value=1))

    @k.process("reader")
    def reader() -> None:
        for _ in range(5):
            with k.srcu_read_side(domain), m:
                k.WARN_ON(k.srcu_dereference(sleepable, domain).value != 1)
            with k.rcu_read_side(), s:
                k.WARN_ON(k.rcu_dereference(published).value != 1)
            k.local_bh_disable()
            k.preempt_disable()
            k.WARN_ON(k.READ_ONCE(published).value != 1)
            k.local_bh_enable()
            k.WARN_ON(k.READ_ONCE(published).value != 1)
            k.preempt_enable()

    @k.hardirq("isr")
    def isr() -> None:
        flags = k.spin_lock_irqsave(s)
        k.store(x, k.load(x) + 1)
        k.spin_unlock_irqrestore(s, flags)
        k.complete(done)

    @k.process("updater")
    def updater() -> None:
        for _ in range(3):
            k.spin_lock_bh(s)
            old = k.xchg(published, k.kzalloc("config", value=1))
            k.spin_unlock_bh(s)
            cookie = k.start_poll_synchronize_rcu()
            while not k.poll_state_synchronize_rcu(cookie):
                k.cpu_relax()
            k.kfree(old)
            page = k.xchg(sleepable, k.kzalloc("page", value=1))
            k.call_srcu(domain, k.kfree, page)
            page = k.xchg(sleepable, k.kzalloc("page", value=1))
            k.synchronize_srcu(domain)
            k.kfree(page)
        k.srcu_barrier(domain)

    @k.process("waiter")
    def waiter() -> None:
        k.wait_for_completion(done)
        with s:
            k.BUG_ON(k.load(x) != 1)
        k.kfree_rcu_mightsleep(k.kzalloc("scrap"))
        k.queue_work(k.work(lambda: None))
        k.flush_workqueue()
        k.kvfree_rcu_barrier()


@pytest.mark.parametrize("flavor", ["memb", "mb", "bp", "qsbr"])
def test_every_flavor(flavor: str) -> None:
    run = rs.run(everything, repeat=20, flavor=flavor)
    assert run.findings == ()
    assert run.stats.grace_periods >= 20


@pytest.mark.parametrize("trace", ["full", "section", "logical", "off"])
def test_every_trace_level(trace: str) -> None:
    assert rs.run(everything, repeat=20, trace=trace).findings == ()


def test_the_same_program_is_safe_in_the_model() -> None:
    verdict = rs.explore(everything, memory="sc", strategy="random", max_executions=200, seed=1)
    assert verdict.findings == ()


def test_sections_of_srcu_and_locks_are_in_the_trace() -> None:
    trace = rs.run(everything).trace
    kinds = set(trace.events["kind"])
    for kind in ("srcu_read_lock", "srcu_read_unlock", "spin_lock", "spin_unlock", "complete",
                 "wait_for_completion", "context_mask"):  # fmt: skip
        assert rs.EventKind[kind] in kinds, kind
    assert "reader enters a read-side critical section of domain" in trace.describe()


# ---- one CPU
def test_lock_of_a_softirq_on_the_holder_s_cpu_is_a_deadlock() -> None:
    def body(k: rs.Kernel) -> None:
        s = k.spinlock("s")

        @k.process("holder", cpu=0)
        def holder() -> None:
            with s:
                for _ in range(200):
                    k.smp_mb()
                    k.cpu_relax()

        @k.softirq("softirq", cpu=0)
        def softirq() -> None:
            with s:
                pass

    found = {}
    for _ in range(20):  # until the softirq comes while the lock is held
        run = rs.run(body, timeout=0.3)
        found = {finding.kind: finding.message for finding in run.findings}
        if "deadlock" in found:  # on a busy machine nobody may move for so long, either
            break
    assert set(found) == {"deadlock"}
    assert "'softirq' spins on s, held by 'holder'" in found["deadlock"]


@pytest.mark.parametrize(("off", "on", "others"), [
    ("local_irq_disable", "local_irq_enable", ["hardirq", "softirq", "process"]),
    ("local_bh_disable", "local_bh_enable", ["softirq", "process"]),
    ("preempt_disable", "preempt_enable", ["process"]),
])  # fmt: skip
def test_nobody_comes_where_he_is_kept_off(off: str, on: str, others: list[str]) -> None:
    def body(k: rs.Kernel) -> None:
        inside = k.shared("inside", False)

        @k.process("actor", cpu=0)
        def actor() -> None:
            for _ in range(50):
                getattr(k, off)()
                k.WRITE_ONCE(inside, True)
                k.smp_mb()
                k.WRITE_ONCE(inside, False)
                getattr(k, on)()

        for other in others:
            getattr(k, other)(other, cpu=0)(lambda: k.WARN_ON(k.READ_ONCE(inside)))

    assert rs.run(body, repeat=30).findings == ()


def test_interrupts_come_where_they_may() -> None:
    def body(k: rs.Kernel) -> None:
        inside = k.shared("inside", False)

        @k.process("actor", cpu=0)
        def actor() -> None:
            k.preempt_disable()
            k.WRITE_ONCE(inside, True)
            for _ in range(100):
                k.READ_ONCE(inside)
            k.WRITE_ONCE(inside, False)
            k.preempt_enable()

        k.hardirq("isr", cpu=0)(lambda: k.WARN_ON(k.READ_ONCE(inside)))

    assert {finding.kind for finding in rs.run(body, repeat=50).findings} == {"warn_on"}


def test_who_sleeps_frees_his_cpu() -> None:
    def body(k: rs.Kernel) -> None:
        done, slept = k.completion("done"), k.shared("slept", False)

        @k.process("sleeper", cpu=0)
        def sleeper() -> None:
            k.wait_for_completion(done)
            k.WRITE_ONCE(slept, True)

        @k.process("other", cpu=0)
        def other() -> None:
            k.complete(done)
            while not k.READ_ONCE(slept):
                k.msleep()

    assert rs.run(body, repeat=5).findings == ()


# ---- standstill
def standstill(body: Callable[[rs.Kernel], object]) -> dict[str, str]:
    run = rs.run(body, timeout=0.3)
    return {finding.kind: finding.message for finding in run.findings}


def test_srcu_reader_that_never_leaves() -> None:
    def body(k: rs.Kernel) -> None:
        s, inside, never = k.srcu_struct("s"), k.completion("inside"), k.completion("never")

        @k.process("reader")
        def reader() -> None:
            with k.srcu_read_side(s):
                k.complete(inside)
                k.wait_for_completion(never)

        @k.process("updater")
        def updater() -> None:
            k.wait_for_completion(inside)
            k.synchronize_srcu(s)

    found = standstill(body)
    assert set(found) == {"deadlock"}
    assert (
        "'updater' waits in synchronize_srcu: its grace period of s waits for the reader 'reader'"
        in found["deadlock"]
    )
    assert "'reader' waits for the completion never, which nobody completes" in found["deadlock"]


def test_callback_of_srcu_that_waits_for_ever() -> None:
    def body(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")

        @k.process("actor")
        def actor() -> None:
            with k.srcu_read_side(s):
                k.call_srcu(s, lambda: None)
                k.srcu_barrier(s)

    assert set(standstill(body)) == {"deadlock"}


def test_two_spinlocks_in_two_orders() -> None:
    def body(k: rs.Kernel) -> None:
        a, b, first, second = k.spinlock("a"), k.spinlock("b"), k.shared("1"), k.shared("2")

        def take(one: rs.Spinlock, other: rs.Spinlock, mine: rs.Location, its: rs.Location) -> None:
            with one:
                k.WRITE_ONCE(mine, 1)
                while not k.READ_ONCE(its):
                    k.cpu_relax()
                with other:
                    pass

        k.process("one", args=(a, b, first, second))(take)
        k.process("two", args=(b, a, second, first))(take)

    found = standstill(body)
    assert set(found) == {"deadlock"}
    assert "'one' spins on b, held by 'two'; 'two' spins on a, held by 'one'" in found["deadlock"]


@pytest.mark.parametrize("trace", ["full", "off"])
@pytest.mark.parametrize(("in_section", "relaxes", "timeout"), [
    (False, True, 0.3), (True, True, 0.3), (False, False, 0.3),
    (True, False, 0.05),  # may be a reader at work: ten times as long
])  # fmt: skip
def test_loop_that_nobody_ends(trace: str, in_section: bool, relaxes: bool, timeout: float) -> None:
    def body(k: rs.Kernel) -> None:
        flag = k.shared("flag", False)

        @k.process("waiter")
        def waiter() -> None:
            while not k.READ_ONCE(flag):
                if in_section:
                    with k.rcu_read_side():
                        k.READ_ONCE(flag)
                if relaxes:
                    k.cpu_relax()

    run = rs.run(body, timeout=timeout, trace=trace)
    (finding,) = run.findings
    assert finding.kind == "stall"
    assert "'waiter'" in finding.message


STUCK = """
import rcuscope as rs

def completion(k):
    never = k.completion("never")
    k.process("waiter")(lambda: k.wait_for_completion(never))

def spinlock(k):
    s, never = k.spinlock("s"), k.shared("never", False)
    def take():
        with s:
            while not k.READ_ONCE(never):
                k.cpu_relax()
    for number in range(3):
        k.process(f"actor {number}", cpu=number % 2)(take)

def srcu(k):
    s, inside, never = k.srcu_struct("s"), k.completion("inside"), k.completion("never")
    def read():
        with k.srcu_read_side(s):
            k.complete(inside)
            k.wait_for_completion(never)
    def update():
        k.wait_for_completion(inside)
        k.call_srcu(s, lambda: None)
        k.synchronize_srcu(s)
    k.process("reader")(read)
    k.process("updater")(update)

import signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT)).start()
start = time.monotonic()
try:
    rs.run(BODY, timeout=60)
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - start < 3)
"""


@pytest.mark.parametrize("name", ["completion", "spinlock", "srcu"])
def test_ctrl_c_ends_a_wait(run_script: RunScript, name: str) -> None:
    done = run_script(STUCK.replace("BODY", name))
    assert done.stdout == "interrupted True\n", done.stderr
    assert done.returncode == 0


# ---- the words are those of the model
WRONG: dict[str, Step] = {
    "unlock": lambda k: k.spin_unlock(k.spinlock("s")),
    "held at the end": lambda k: k.spin_lock(k.spinlock("s")),
    "irq": lambda k: k.local_irq_disable(),
    "bh": lambda k: k.local_bh_disable(),
    "bh on": lambda k: k.local_bh_enable(),
    "preempt": lambda k: k.preempt_disable(),
    "preempt on": lambda k: k.preempt_enable(),
    "rcu bh": lambda k: k.rcu_read_lock_bh(),
    "rcu bh on": lambda k: k.rcu_read_unlock_bh(),
    "rcu sched": lambda k: k.rcu_read_lock_sched(),
    "rcu sched on": lambda k: k.rcu_read_unlock_sched(),
    "srcu": lambda k: k.srcu_read_lock(k.srcu_struct("s")),
    "srcu on": lambda k: k.srcu_read_unlock(k.srcu_struct("s"), 0),
    "dereference": lambda k: k.srcu_dereference(k.shared("x", None), k.srcu_struct("s")),
}


@pytest.mark.parametrize("name", WRONG)
def test_imbalance_in_the_same_words(name: str) -> None:
    live = [finding.message for finding in rs.run(process(WRONG[name])).findings]
    assert sorted(live) == messages(process(WRONG[name]))
    assert len(live) == 1
