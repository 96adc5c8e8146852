# SPDX-License-Identifier: LGPL-2.1-or-later
"""Spinlocks, what may interrupt whom, and completions, in the model world and live."""

from __future__ import annotations

import pytest
import rcuscope as rs
from small_scenarios import Kinds, Step, messages, process, replace

# ---- spinlocks
FORMS = [
    ("spin_lock", "spin_unlock"),
    ("spin_lock_irqsave", "spin_unlock_irqrestore"),
    ("spin_lock_irq", "spin_unlock_irq"),
    ("spin_lock_bh", "spin_unlock_bh"),
]


@pytest.mark.parametrize(("lock", "unlock"), FORMS)
def test_spinlock_excludes_the_other_actor(both: Kinds, lock: str, unlock: str) -> None:
    def body(k: rs.Kernel) -> None:
        s, x = k.spinlock("s"), k.shared("x", 0)

        def add() -> None:
            getattr(k, lock)(s)
            k.BUG_ON(not k.lockdep_is_held(s))
            k.lockdep_assert_held(s)
            k.store(x, k.load(x) + 1)
            getattr(k, unlock)(s)
            k.BUG_ON(k.lockdep_is_held(s))

        k.process("one")(add)
        # local_bh_enable is not for a hardirq
        (k.softirq if lock.endswith("_bh") else k.hardirq)("two")(add)
        k.at_end(lambda: k.BUG_ON(k.load(x) != 2))

    assert both(body) == []


def test_spinlock_by_with_and_trylock(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, x = k.spinlock("s"), k.shared("x", 0)

        @k.process
        def holder() -> None:
            with s:
                k.WRITE_ONCE(x, 1)

        @k.process
        def trier() -> None:
            if k.spin_trylock(s):
                k.BUG_ON(not k.lockdep_is_held(s))
                k.WRITE_ONCE(x, 2)
                k.spin_unlock(s)

    assert both(body) == []
    verdict = rs.explore(body, memory="sc")
    assert verdict.executions >= 3  # the trier before, during and after the holder


def test_flags_bring_interrupts_back_as_they_were(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        outer, inner = k.spinlock("outer"), k.spinlock("inner")

        @k.process
        def actor() -> None:
            flags = k.spin_lock_irqsave(outer)
            nested = k.spin_lock_irqsave(inner)
            k.BUG_ON(flags == nested)
            # handed over: the outer lock goes first, and interrupts stay off until the end
            k.spin_unlock_irqrestore(outer, nested)
            k.spin_unlock_irqrestore(inner, flags)
            k.might_sleep()

    assert both(body) == []


def test_irqrestore_without_flags_is_the_lock_s_own_state(both: Kinds) -> None:
    def body(k: rs.Kernel, enables: bool) -> None:
        s = k.spinlock("s")

        @k.process
        def actor() -> None:
            k.local_irq_disable()
            k.spin_lock_irqsave(s)
            k.spin_unlock_irqrestore(s)
            if enables:
                k.local_irq_enable()
            k.might_sleep()

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["lock_imbalance", "sleeping_in_atomic"]


def test_unlock_without_lock(both: Kinds) -> None:
    body = process(lambda k: k.spin_unlock(k.spinlock("s")))
    assert both(body) == ["lock_imbalance"]
    assert messages(body) == [
        "WARNING: bad unlock balance detected! actor unlocks s, which it does not hold"
    ]


def test_unlock_of_somebody_else_s_lock() -> None:
    def body(k: rs.Kernel) -> None:
        s, taken = k.spinlock("s"), k.completion("taken")

        @k.process
        def owner() -> None:
            k.complete(taken)
            with s:
                pass

        @k.process
        def thief() -> None:
            k.wait_for_completion(taken)
            k.spin_unlock(s)

    assert set(messages(body)) == {
        "WARNING: bad unlock balance detected! thief unlocks s, which it does not hold"
    }


def test_lock_held_at_the_end(both: Kinds) -> None:
    body = process(lambda k: k.spin_lock(k.spinlock("s")))
    assert both(body) == ["lock_imbalance"]
    assert messages(body) == ["WARNING: actor still has locks held! (s)"]


def test_spin_lock_twice_is_a_deadlock(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s = k.spinlock("s")

        @k.process
        def actor() -> None:
            k.spin_lock(s)
            k.spin_lock(s)

    assert both(body) == ["deadlock"]
    (message,) = messages(body)
    assert "possible recursive locking detected" in message
    assert "'actor' spins on s, held by 'actor'" in message


def test_two_spinlocks_in_two_orders_deadlock(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        a, b = k.spinlock("a"), k.spinlock("b")

        def take(first: rs.Spinlock, second: rs.Spinlock) -> None:
            with first, second:
                pass

        k.process("one", args=(a, b))(take)
        k.process("two", args=(b, a))(take)

    assert both(body) == ["deadlock"]


@pytest.mark.parametrize(("lock", "unlock", "expected"), [
    ("spin_lock", "spin_unlock", ["deadlock"]),
    ("spin_lock_bh", "spin_unlock_bh", ["deadlock"]),  # keeps softirqs away only
    ("spin_lock_irq", "spin_unlock_irq", []),
    ("spin_lock_irqsave", "spin_unlock_irqrestore", []),
])  # fmt: skip
def test_lock_of_an_interrupt_on_the_same_cpu(
    both: Kinds, lock: str, unlock: str, expected: list[str]
) -> None:
    def body(k: rs.Kernel) -> None:
        s = k.spinlock("s")

        @k.process(cpu=0)
        def holder() -> None:
            getattr(k, lock)(s)
            getattr(k, unlock)(s)

        @k.hardirq(cpu=0)
        def isr() -> None:
            with s:
                pass

    assert both(body) == expected


def test_holder_of_a_spinlock_is_a_reader(both: Kinds) -> None:
    def body(k: rs.Kernel, holds: bool) -> None:
        s = k.spinlock("s")
        enter = (lambda: k.spin_lock(s)) if holds else (lambda: None)
        leave = (lambda: k.spin_unlock(s)) if holds else (lambda: None)
        replace(k, enter, leave, k.synchronize_rcu)

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["use_after_free"]


def test_sleeping_under_a_spinlock(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, m = k.spinlock("s"), k.mutex("m")

        @k.process
        def actor() -> None:
            with s, m:
                pass

    assert both(body) == ["sleeping_in_atomic"]
    (message,) = messages(body)
    assert message.startswith("BUG: sleeping function called from invalid context at ")
    assert "mutex_lock (holding the spinlock s)" in message


# ---- what may interrupt the caller
SWITCHES = [
    ("local_irq_disable", "local_irq_enable"),
    ("local_bh_disable", "local_bh_enable"),
    ("preempt_disable", "preempt_enable"),
    ("rcu_read_lock_bh", "rcu_read_unlock_bh"),
    ("rcu_read_lock_sched", "rcu_read_unlock_sched"),
]


@pytest.mark.parametrize(("off", "on"), SWITCHES)
def test_who_switches_something_off_is_a_reader(both: Kinds, off: str, on: str) -> None:
    def body(k: rs.Kernel) -> None:
        replace(k, getattr(k, off), getattr(k, on), k.synchronize_rcu)

    assert both(body) == []


@pytest.mark.parametrize(("off", "on"), SWITCHES)
def test_sections_of_other_both(both: Kinds, off: str, on: str) -> None:
    def body(k: rs.Kernel) -> None:
        things, location = k.list_head("things"), k.shared("location", None)

        @k.process
        def actor() -> None:
            getattr(k, off)()
            k.BUG_ON(k.rcu_read_lock_held() or not k.rcu_read_lock_any_held())
            list(k.list_for_each_entry_rcu(things))  # any reader will do
            k.rcu_dereference(location)  # wants rcu_read_lock itself
            getattr(k, on)()
            k.BUG_ON(k.rcu_read_lock_any_held())

    assert both(body) == ["suspicious_rcu_usage"]


@pytest.mark.parametrize(("off", "on"), SWITCHES[1:])
def test_switches_nest_and_want_a_partner(both: Kinds, off: str, on: str) -> None:
    def call(name: str) -> Step:
        return lambda k: getattr(k, name)()

    assert both(process(*map(call, [off, off, on, on]))) == []
    assert both(process(call(on))) == ["lock_imbalance"]
    assert both(process(call(off))) == ["lock_imbalance"]
    (message,) = messages(process(call(on)))
    assert message == f"WARNING: bad unlock balance detected! {on} without {off}"


def test_nesting_without_end_is_a_limit() -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            while True:
                k.local_bh_disable()

    verdict = rs.explore(body, memory="sc")
    assert (verdict.outcome, verdict.limit) == ("UNKNOWN", "execution_size")


def test_interrupts_are_on_or_off(both: Kinds) -> None:
    twice = process(
        lambda k: k.local_irq_disable(),
        lambda k: k.local_irq_disable(),
        lambda k: k.local_irq_enable(),
        lambda k: k.might_sleep(),
        lambda k: k.local_irq_enable(),
    )
    assert both(twice) == []
    assert both(process(lambda k: k.local_irq_disable())) == ["lock_imbalance"]


@pytest.mark.parametrize(("off", "on", "keeps_off"), [
    ("local_irq_disable", "local_irq_enable", {"hardirq", "softirq", "process"}),
    ("local_bh_disable", "local_bh_enable", {"softirq", "process"}),
    ("preempt_disable", "preempt_enable", {"process"}),
])  # fmt: skip
@pytest.mark.parametrize("other", ["hardirq", "softirq", "process"])
def test_who_may_interrupt(both: Kinds, off: str, on: str, keeps_off: set[str], other: str) -> None:
    def body(k: rs.Kernel) -> None:
        inside = k.shared("inside", False)

        @k.process(cpu=0)
        def actor() -> None:
            getattr(k, off)()
            k.WRITE_ONCE(inside, True)
            k.WRITE_ONCE(inside, False)
            getattr(k, on)()

        getattr(k, other)("other", cpu=0)(lambda: k.WARN_ON(k.READ_ONCE(inside)))

    assert both(body) == ([] if other in keeps_off else ["warn_on"])


# ---- completions
def test_completion_lets_one_waiter_go_on(both: Kinds) -> None:
    def body(k: rs.Kernel, count: int) -> None:
        done, x = k.completion("done"), k.shared("x", 0)

        @k.hardirq("isr")
        def isr() -> None:
            k.WRITE_ONCE(x, 1)
            for _ in range(count):
                k.complete(done)

        def wait() -> None:
            k.wait_for_completion(done)
            k.BUG_ON(k.READ_ONCE(x) != 1)

        k.process("one")(wait)
        k.process("two")(wait)

    assert both(lambda k: body(k, 2)) == []
    assert set(both(lambda k: body(k, 1))) == {"deadlock"}
    assert any("waits for the completion done, which nobody completes" in message
               for message in messages(lambda k: body(k, 1)))  # fmt: skip


def test_deadlock_says_who_would_have_to_do_what() -> None:
    def waits_alone(k: rs.Kernel) -> None:
        done = k.completion("done")
        k.process("waiter")(lambda: k.wait_for_completion(done))

    def locks_twice(k: rs.Kernel) -> None:
        lock = k.mutex("lock")

        @k.process("owner")
        def owner() -> None:
            k.mutex_lock(lock)
            k.mutex_lock(lock)

    assert "nobody is left who would do" in rs.explore(waits_alone).findings[0].explanation
    assert "It waits for itself" in rs.explore(locks_twice).findings[0].explanation


def test_leak_of_what_was_published_does_not_say_that_it_never_was() -> None:
    def body(k: rs.Kernel) -> None:
        published = k.shared("published", k.kzalloc("config", value=1))
        k.process("updater")(lambda: k.xchg(published, None))

    (finding,) = rs.explore(body, memory="sc").findings
    assert finding.kind == "leak"
    assert "lost it without freeing it" in finding.explanation
