# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sleepable RCU, polled grace periods, loops that wait, wrong use: in the model and live."""

from __future__ import annotations

import pytest
import rcuscope as rs
from small_scenarios import Kinds, Step, messages, process, replace


# ---- sleepable RCU
def test_synchronize_srcu_waits_for_its_own_domain(both: Kinds) -> None:
    def body(k: rs.Kernel, is_same: bool) -> None:
        one, two = k.srcu_struct("one"), k.srcu_struct("two")
        section = k.srcu_read_side(one)
        domain = one if is_same else two
        replace(k, section.__enter__, lambda: section.__exit__(None, None, None),
                lambda: k.synchronize_srcu(domain))  # fmt: skip

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["use_after_free"]


def test_srcu_and_rcu_do_not_wait_for_each_other(both: Kinds) -> None:
    def srcu_reader(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")
        replace(k, lambda: k.srcu_read_lock(s), lambda: k.srcu_read_unlock(s, 0), k.synchronize_rcu)

    def rcu_reader(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")
        replace(k, k.rcu_read_lock, k.rcu_read_unlock, lambda: k.synchronize_srcu(s))

    assert both(srcu_reader) == ["use_after_free"]
    assert both(rcu_reader) == ["use_after_free"]


def test_srcu_section_may_sleep(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, m = k.srcu_struct("s"), k.mutex("m")

        @k.process
        def reader() -> None:
            with k.srcu_read_side(s), m:
                k.synchronize_rcu()
                k.msleep()

    assert both(body) == []


def test_srcu_sections_nest_and_have_indices(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, location = k.srcu_struct("s"), k.shared("location", None)

        @k.process
        def reader() -> None:
            k.BUG_ON(k.srcu_read_lock_held(s))
            outer = k.srcu_read_lock(s)
            inner = k.srcu_read_lock(s)
            k.srcu_read_unlock(s, outer)
            k.BUG_ON(not k.srcu_read_lock_held(s))
            k.srcu_dereference(location, s)
            k.srcu_read_unlock(s, inner)
            guard = k.srcu_read_side(s)
            with guard, guard:
                pass
            k.BUG_ON(k.srcu_read_lock_held(s))

    assert both(body) == []


def test_srcu_dereference_wants_its_domain(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, other = k.srcu_struct("s"), k.srcu_struct("other")
        location = k.shared("location", None)

        @k.process
        def reader() -> None:
            with k.srcu_read_side(other), k.rcu_read_side():
                k.srcu_dereference(location, s)

    assert both(body) == ["suspicious_rcu_usage"]
    assert messages(body)[0].startswith(
        "WARNING: suspicious RCU usage: suspicious rcu_dereference_check() usage!"
    )


def test_srcu_sections_out_of_balance(both: Kinds) -> None:
    def unlock(k: rs.Kernel) -> None:
        k.srcu_read_unlock(k.srcu_struct("s"), 0)

    def wrong_index(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")
        index = k.srcu_read_lock(s)
        k.srcu_read_unlock(s, index + 1)
        k.srcu_read_unlock(s, index)

    assert both(process(unlock)) == ["lock_imbalance"]
    assert both(process(wrong_index)) == ["lock_imbalance"]
    assert both(process(lambda k: k.srcu_read_lock(k.srcu_struct("s")))) == ["lock_imbalance"]


def test_synchronize_srcu_in_its_own_section(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s = k.srcu_struct("s")

        @k.process
        def reader() -> None:
            with k.srcu_read_side(s):
                k.synchronize_srcu(s)

    assert both(body) == ["deadlock", "suspicious_rcu_usage"]
    assert any("Illegal synchronize_srcu() in same-type SRCU" in text for text in messages(body))


def test_call_srcu_runs_in_a_kworker_with_bh_off(both: Kinds) -> None:
    def body(k: rs.Kernel, waits: bool, sleeps: bool = False) -> None:
        s, done = k.srcu_struct("s"), k.shared("done", 0)

        def callback(value: int) -> None:
            k.BUG_ON(not k.in_task() or not k.rcu_read_lock_any_held())
            if sleeps:
                k.might_sleep()
            k.WRITE_ONCE(done, value)

        @k.process
        def actor() -> None:
            k.call_srcu(s, callback, 7)
            if waits:
                k.srcu_barrier(s)
            k.WARN_ON(k.READ_ONCE(done) != 7)

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["warn_on"]
    assert both(lambda k: body(k, True, True)) == ["sleeping_in_atomic"]


def test_call_srcu_frees_after_its_readers(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        s, published = k.srcu_struct("s"), k.shared("published", k.kzalloc("config", value=1))

        @k.process("reader")
        def reader() -> None:
            with k.srcu_read_side(s):
                k.WARN_ON(k.srcu_dereference(published, s).value != 1)

        @k.process("updater")
        def updater() -> None:
            old = k.xchg(published, k.kzalloc("config", value=1))
            k.call_srcu(s, k.kfree, old)

    assert both(body) == []


# ---- polled grace periods
def test_cookie_of_get_state_starts_no_grace_period(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            cookie = k.get_state_synchronize_rcu()
            k.WARN_ON(k.poll_state_synchronize_rcu(cookie))
            k.synchronize_rcu()
            k.BUG_ON(not k.poll_state_synchronize_rcu(cookie))
            k.cond_synchronize_rcu(cookie)

    assert both(body) == []


def test_start_poll_starts_one_that_ends_in_time(both: Kinds) -> None:
    def body(k: rs.Kernel, waits: bool) -> None:
        seen = k.shared("seen", False)

        @k.process
        def actor() -> None:
            cookie = k.start_poll_synchronize_rcu()
            if waits:
                k.cond_synchronize_rcu(cookie)
            k.WRITE_ONCE(seen, k.poll_state_synchronize_rcu(cookie))

        k.at_end(lambda: k.WARN_ON(not k.load(seen)))

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["warn_on"]  # it may still be under way


def test_grace_period_that_started_before_the_cookie_does_not_count(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        started, cookie_taken = k.completion("started"), k.completion("cookie_taken")
        result = k.shared("result", False)

        @k.process("reader")
        def reader() -> None:
            with k.rcu_read_side():
                pass

        @k.process("waiter")
        def waiter() -> None:
            k.synchronize_rcu()
            k.complete(started)

        @k.process("poller")
        def poller() -> None:
            cookie = k.get_state_synchronize_rcu()
            k.wait_for_completion(started)
            k.WRITE_ONCE(result, k.poll_state_synchronize_rcu(cookie))
            k.complete(cookie_taken)

        k.at_end(lambda: k.WARN_ON(not k.load(result)))

    assert both(body) == ["warn_on"]


@pytest.mark.parametrize("polls", [True, False])
def test_free_after_a_polled_grace_period(both: Kinds, polls: bool) -> None:
    def body(k: rs.Kernel) -> None:
        def wait() -> None:
            cookie = k.start_poll_synchronize_rcu() if polls else k.get_state_synchronize_rcu()
            while polls and not k.poll_state_synchronize_rcu(cookie):
                k.cpu_relax()
            k.cond_synchronize_rcu(cookie)

        replace(k, k.rcu_read_lock, k.rcu_read_unlock, wait)

    assert both(body) == []


# ---- the rest
def test_kvfree_rcu_barrier_waits_for_kfree_rcu(both: Kinds) -> None:
    def body(k: rs.Kernel, wait: str) -> None:
        thing = k.kzalloc("thing", value=1)

        @k.process
        def actor() -> None:
            k.kfree_rcu(thing)
            getattr(k, wait)()
            _ = thing.value

    assert both(lambda k: body(k, "kvfree_rcu_barrier")) == ["use_after_free"]
    verdict = rs.explore(lambda k: body(k, "rcu_barrier"), memory="sc")
    assert verdict.executions > 1


def test_kfree_rcu_mightsleep(both: Kinds) -> None:
    def free(k: rs.Kernel) -> None:
        k.kfree_rcu_mightsleep(k.kzalloc("thing"))
        k.kfree_rcu_mightsleep(None)

    def in_isr(k: rs.Kernel) -> None:
        k.hardirq("isr")(lambda: free(k))

    assert both(process(free)) == []
    assert both(in_isr) == ["sleeping_in_atomic"]


def test_flush_workqueue_waits_for_all_work(both: Kinds) -> None:
    def body(k: rs.Kernel, waits: bool) -> None:
        x = k.shared("x", 0)
        works = [k.work(k.atomic_add_return, 1, x), k.work(k.atomic_add_return, 2, x)]

        @k.process
        def actor() -> None:
            for work in works:
                k.queue_work(work)
            if waits:
                k.flush_workqueue()
            k.WARN_ON(k.READ_ONCE(x) != 3)

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["warn_on"]


def test_cpu_relax_waits_for_a_change(both: Kinds) -> None:
    def body(k: rs.Kernel, comes: bool) -> None:
        flag = k.shared("flag", False)

        @k.process
        def waiter() -> None:
            while not k.READ_ONCE(flag):
                k.cpu_relax()

        if comes:
            k.hardirq("isr")(lambda: k.WRITE_ONCE(flag, True))

    assert both(lambda k: body(k, True)) == []
    assert both(lambda k: body(k, False)) == ["stall"]


def test_barriers_and_forms_of_updates(both: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 0)

        @k.process
        def actor() -> None:
            for form in ("", "_relaxed", "_acquire", "_release"):
                k.store(x, 0)
                k.BUG_ON(getattr(k, "xchg" + form)(x, 3) != 0)
                k.BUG_ON(getattr(k, "cmpxchg" + form)(x, 3, 5) != 3)
                k.BUG_ON(getattr(k, "atomic_add_return" + form)(2, x) != 7)
                k.smp_mb()
                k.smp_rmb()
                k.smp_wmb()

    assert both(body) == []


# ---- wrong use
@pytest.mark.parametrize(("step", "expected"), [
    (lambda k: k.spin_lock(k.mutex("m")), r"spin_lock\(lock=<Mutex>\): expected Spinlock"),
    (lambda k: k.mutex_lock(k.spinlock("s")), r"mutex_lock\(mutex=<Spinlock>\): expected Mutex"),
    (lambda k: k.srcu_read_lock(k.spinlock("s")), r"domain=.*expected SrcuStruct"),
    (lambda k: k.srcu_read_unlock(k.srcu_struct("s"), -1), r"index=-1.*srcu_read_lock returned"),
    (lambda k: k.srcu_read_unlock(k.srcu_struct("s"), "0"), r"index='0'.*expected an int"),
    (lambda k: k.srcu_read_side(1), r"srcu_read_side\(domain=1\): expected SrcuStruct"),
    (lambda k: k.poll_state_synchronize_rcu("x"), r"cookie='x'.*expected an int"),
    (lambda k: k.complete(k.shared("x")), r"complete\(completion=<Location>\)"),
    (lambda k: k.spinlock(1), r"spinlock\(name=1\): expected a str"),
    (lambda k: k.call_srcu(k.srcu_struct("s"), 1), r"callback=1\): expected a function"),
    (lambda k: k.cpu_relax(1), r"cpu_relax\(\) takes at most 0 arguments"),
    (lambda k: k.lockdep_is_held(k.kref("r")), r"lockdep_is_held\(lock=<Kref>\): expected"),
])  # fmt: skip
def test_wrong_arguments_are_named(step: Step, expected: str) -> None:
    with pytest.raises(TypeError, match=expected):
        rs.explore(step)


def test_deadlock_with_a_domain_names_it() -> None:
    def body(k: rs.Kernel) -> None:
        domain, lock = k.srcu_struct("domain"), k.mutex("lock")

        @k.process("reader")
        def reader() -> None:
            with k.srcu_read_side(domain):
                k.mutex_lock(lock)
                k.mutex_unlock(lock)

        @k.process("updater")
        def updater() -> None:
            with lock:
                k.synchronize_srcu(domain)

    [finding] = rs.explore(body, memory="sc").findings
    assert finding.kind == "deadlock"
    wait = "'updater' waits in synchronize_srcu: its grace period of domain waits for the reader"
    assert wait in finding.message
    assert wait in finding.explanation.replace("\n", " ")
    assert "rcu_preempt" not in finding.message  # the detector of stalls does not know the domain
