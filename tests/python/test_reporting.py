# SPDX-License-Identifier: LGPL-2.1-or-later
"""What makes a kernel speak the words of a finding: an option, nothing, or no option at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rcuscope as rs
from rcuscope import _core
from rcuscope.vocabulary import FindingKind

Body = Callable[[rs.Kernel], None]


def found(kind: str, body: Body, config: rs.Config | None = None) -> rs.Finding:
    """The only finding of that kind."""
    verdict = rs.explore(rs.scenario(body), memory="sc", config=config or rs.Config())
    (finding,) = (finding for finding in verdict.findings if finding.kind == kind)
    return finding


def crossing(make: str) -> Body:
    def body(k: rs.Kernel) -> None:
        a, b = getattr(k, make)("a"), getattr(k, make)("b")

        @k.process
        def ab() -> None:
            with a, b:
                pass

        @k.process
        def ba() -> None:
            with b, a:
                pass

    return body


def taken_twice(make: str) -> Body:
    def body(k: rs.Kernel) -> None:
        lock = getattr(k, make)("lock")

        @k.process
        def one() -> None:
            with lock, lock:
                pass

    return body


def interrupted(context: str) -> Body:
    """An interrupt wants the spinlock of whom it interrupts."""

    def body(k: rs.Kernel) -> None:
        lock = k.spinlock("lock")

        @k.process(cpu=0)
        def holder() -> None:
            with lock:
                pass

        def interrupt() -> None:
            with lock:
                pass

        getattr(k, context)("interrupt", cpu=0)(interrupt)

    return body


def callback_on_the_holder_s_cpu(k: rs.Kernel) -> None:
    lock = k.spinlock("lock")

    def callback() -> None:
        with lock:
            pass

    @k.process
    def holder() -> None:
        k.call_rcu(callback)
        with lock:
            pass


def safe_to_unsafe(k: rs.Kernel) -> None:
    """A hardirq spins on a lock whose holder spins on the one of whom it interrupted."""
    inner, outer = k.spinlock("inner"), k.spinlock("outer")

    @k.process(cpu=0)
    def holder() -> None:
        with inner:
            pass

    @k.hardirq(cpu=0)
    def isr() -> None:
        with outer:
            pass

    @k.process(cpu=1)
    def other() -> None:
        k.spin_lock_irq(outer)
        with inner:
            pass
        k.spin_unlock_irq(outer)


LOCKDEP = [
    (crossing("spinlock"), "WARNING: possible circular locking dependency detected: "),
    (taken_twice("spinlock"), "WARNING: possible recursive locking detected: "),
    (
        interrupted("hardirq"),
        "WARNING: inconsistent lock state: inconsistent {HARDIRQ-ON-W} -> {IN-HARDIRQ-W} usage: ",
    ),
    (
        interrupted("softirq"),
        "WARNING: inconsistent lock state: inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage: ",
    ),
    (
        callback_on_the_holder_s_cpu,
        "WARNING: inconsistent lock state: inconsistent {SOFTIRQ-ON-W} -> {IN-SOFTIRQ-W} usage: ",
    ),
    (safe_to_unsafe, "WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected: "),
]


@pytest.mark.parametrize(("body", "words"), LOCKDEP)
def test_deadlock_of_spinners_is_told_by_lockdep(body: Body, words: str) -> None:
    deadlocks = rs.explore(rs.scenario(body), memory="sc").findings
    told = [f for f in deadlocks if f.message.startswith(words)]
    assert told, [f.message for f in deadlocks]
    for finding in told:
        assert finding.kconfig == finding.reporting == "CONFIG_PROVE_LOCKING"
    assert not any("blocked for more than" in f.message for f in deadlocks)


def mutex_under_synchronize_rcu(k: rs.Kernel) -> None:
    mutex = k.mutex("mutex")

    @k.process
    def updater() -> None:
        with mutex:
            k.synchronize_rcu()

    @k.process
    def reader() -> None:
        with k.rcu_read_side(), mutex:
            pass


def flush_under_mutex(k: rs.Kernel) -> None:
    mutex = k.mutex("mutex")

    def function() -> None:
        with mutex:
            pass

    work = k.work(function)

    @k.process
    def flusher() -> None:
        k.queue_work(work)
        with mutex:
            k.flush_work(work)


def completion_of_nobody(k: rs.Kernel) -> None:
    done = k.completion("done")

    @k.process
    def waiter() -> None:
        k.wait_for_completion(done)


HUNG = [
    (crossing("mutex"), "INFO: task ab blocked", "circular locking dependency"),
    (taken_twice("mutex"), "INFO: task one blocked", "recursive locking"),
    (mutex_under_synchronize_rcu, "INFO: task reader blocked", "rcu_preempt detected stalls"),
    (flush_under_mutex, "INFO: task ", "circular locking dependency"),
    (completion_of_nobody, "INFO: task waiter blocked", ""),
]


@pytest.mark.parametrize(("body", "words", "also"), HUNG)
def test_deadlock_of_sleepers_is_a_hung_task(body: Body, words: str, also: str) -> None:
    finding = found("deadlock", body)
    assert finding.message.startswith(words), finding.message
    assert "blocked for more than 120 seconds: " in finding.message
    assert also in finding.message
    assert finding.kconfig == "CONFIG_DETECT_HUNG_TASK"


def test_sleeper_in_an_interrupt_is_told_by_the_scheduler() -> None:
    def body(k: rs.Kernel) -> None:
        done = k.completion("done")

        @k.hardirq
        def isr() -> None:
            k.wait_for_completion(done)

    finding = found("deadlock", body)
    assert finding.message.startswith("BUG: scheduling while atomic: isr: ")
    assert (finding.kconfig, finding.reporting) == ("", "always")


def loop(context: str) -> Body:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @getattr(k, context)
        def waiter() -> None:
            while k.READ_ONCE(x) == 0:
                k.cpu_relax()

    return body


def test_endless_loop_is_a_lockup_that_the_watchdog_tells() -> None:
    soft = found("stall", loop("process"))
    assert soft.message.startswith("watchdog: BUG: soft lockup: ")
    assert soft.kconfig == "CONFIG_SOFTLOCKUP_DETECTOR"
    hard = found("stall", loop("hardirq"))  # its CPU's timer does not come, either
    assert hard.message.startswith("watchdog: Watchdog detected hard LOCKUP: ")
    assert hard.kconfig == "CONFIG_HARDLOCKUP_DETECTOR"


def mutex_in_section(k: rs.Kernel) -> None:
    mutex = k.mutex("mutex")

    @k.process
    def reader() -> None:
        with k.rcu_read_side(), mutex:
            pass


def put_in_hardirq(k: rs.Kernel) -> None:
    device = k.device("a")

    @k.hardirq
    def isr() -> None:
        k.get_device(device)
        k.put_device(device)


def test_blocking_in_a_section_needs_no_option() -> None:
    finding = found("sleeping_in_atomic", mutex_in_section)
    assert finding.message.startswith("Voluntary context switch within RCU read-side")
    assert (finding.kconfig, finding.reporting) == ("", "always")
    assert "a kernel always shows it: no option is needed" in str(finding)


def test_strict_put_device_is_reported_by_no_kernel() -> None:
    finding = found("sleeping_in_atomic", put_in_hardirq, rs.Config(put_device="strict"))
    assert (finding.kconfig, finding.reporting) == ("", "no option")
    assert "no option of a kernel shows it" in str(finding)


PAIRS = [
    ("null_dereference", "BUG: kernel NULL pointer dereference, address: 0x0", "always"),
    ("refcount_underflow", "refcount_t: underflow; use-after-free.", "always"),
    ("refcount_addition_on_zero", "refcount_t: addition on 0; use-after-free.", "always"),
    ("warn_on", "WARNING: a.py:3: WARN_ON(x)", "always"),
    ("warn_on", "WARNING: WARN_ON(!lockdep_is_held(lock))", "CONFIG_PROVE_LOCKING"),
    ("bug_on", "kernel BUG at a.py:3", "always"),
    ("error", "ValueError: 3", "no option"),
    ("leak", "unreferenced object: item", "CONFIG_DEBUG_KMEMLEAK"),
    ("list_corruption", "list_del corruption. prev->next should be", "CONFIG_DEBUG_LIST"),
    ("suspicious_rcu_usage", "suspicious rcu_dereference_check() usage!", "CONFIG_PROVE_RCU"),
    (
        "suspicious_rcu_usage",
        "RCU-list traversed in non-reader section!",
        "CONFIG_PROVE_RCU_LIST",
    ),
    ("lock_imbalance", "WARNING: one still has locks held! (m)", "CONFIG_PROVE_LOCKING"),
    ("lock_imbalance", "WARNING: one ends with interrupts off", "always"),
    (
        "lock_imbalance",
        "bad unlock balance detected! local_bh_enable without local_bh_disable",
        "CONFIG_DEBUG_PREEMPT",
    ),
    ("deadlock", "'callback' waits for a grace period", "no option"),
]


@pytest.mark.parametrize(("kind", "message", "reporting"), PAIRS)
def test_words_have_their_own_option(kind: str, message: str, reporting: str) -> None:
    assert rs.Finding(kind=kind, message=message).reporting == reporting


def test_list_of_kinds_tells_always_from_never() -> None:
    told = str(FindingKind.__doc__)
    assert "- null_dereference: NULL dereference; a kernel always shows it" in told
    assert "- error: error in the scenario; no option of a kernel shows it" in told
    assert set(_core.finding_reporting) == {kind.name for kind in FindingKind}


def test_unknown_kind_is_refused_with_its_name() -> None:
    with pytest.raises(rs.UsageError, match="kind 'oops' is unknown"):
        _core.reporting_of("oops", "")
