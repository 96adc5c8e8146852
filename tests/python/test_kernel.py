# SPDX-License-Identifier: LGPL-2.1-or-later
"""The primitives of API.md, section 3: what each reports, and what it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]
Body = Callable[[rs.Kernel], object]


def process(*steps: Callable[[rs.Kernel], object]) -> Body:
    """A scenario of one process that takes the steps."""

    def body(k: rs.Kernel) -> None:
        @k.process
        def actor() -> None:
            for step in steps:
                step(k)

    return body


def replace_config(k: rs.Kernel, reclaim: Callable[[rs.HeapObject], object]) -> None:
    """One reader of a published object, one updater that replaces and reclaims it."""
    published = k.shared("published", k.kzalloc("config", value=1))

    @k.process("reader")
    def reader() -> None:
        with k.rcu_read_side():
            config = k.rcu_dereference(published)
            k.WARN_ON(config.value not in (1, 2))

    @k.process("updater")
    def updater() -> None:
        old = k.xchg(published, k.kzalloc("config", value=2))
        reclaim(old)


# ---- readers and grace periods
def test_free_without_grace_period_is_use_after_free(kinds: Kinds) -> None:
    assert kinds(lambda k: replace_config(k, k.kfree)) == ["use_after_free"]


@pytest.mark.parametrize("wait", ["synchronize_rcu", "synchronize_rcu_expedited"])
def test_free_after_grace_period_is_safe(kinds: Kinds, wait: str) -> None:
    def reclaim(k: rs.Kernel) -> Callable[[rs.HeapObject], object]:
        return lambda old: (getattr(k, wait)(), k.kfree(old))

    assert kinds(lambda k: replace_config(k, reclaim(k))) == []


def test_kfree_rcu_and_call_rcu_are_safe(kinds: Kinds) -> None:
    assert kinds(lambda k: replace_config(k, k.kfree_rcu)) == []
    assert kinds(lambda k: replace_config(k, lambda old: k.call_rcu(k.kfree, old))) == []


def test_message_names_function_object_and_field() -> None:
    (finding,) = rs.explore(lambda k: replace_config(k, k.kfree)).findings
    assert finding.message.startswith("BUG: KASAN: slab-use-after-free in reader: ")
    assert finding.place == "config->value"
    assert "updater" in finding.explanation


def test_rcu_dereference_wants_a_section(kinds: Kinds) -> None:
    def body(k: rs.Kernel, condition: bool | None = None) -> None:
        location = k.shared("location", None)

        @k.hardirq
        def isr() -> None:
            if condition is None:
                k.rcu_dereference(location)
            else:
                k.rcu_dereference_check(location, condition)

    assert kinds(body) == ["suspicious_rcu_usage"]
    assert kinds(lambda k: body(k, False)) == ["suspicious_rcu_usage"]
    assert kinds(lambda k: body(k, True)) == []


def test_rcu_dereference_protected_wants_its_condition(kinds: Kinds) -> None:
    def body(k: rs.Kernel, takes_lock: bool) -> None:
        location, lock = k.shared("location", None), k.mutex("lock")

        @k.process
        def updater() -> None:
            if takes_lock:
                k.mutex_lock(lock)
            k.rcu_dereference_protected(location, k.lockdep_is_held(lock))
            if takes_lock:
                k.mutex_unlock(lock)

    assert kinds(lambda k: body(k, False)) == ["suspicious_rcu_usage"]
    assert kinds(lambda k: body(k, True)) == []


def test_two_misses_at_two_lines_are_two_findings(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        location = k.shared("location", None)

        @k.process
        def actor() -> None:
            k.rcu_dereference(location)
            k.rcu_dereference(location)

    assert kinds(body) == ["suspicious_rcu_usage", "suspicious_rcu_usage"]


def test_unbalanced_sections_are_reported(kinds: Kinds) -> None:
    assert kinds(process(lambda k: k.rcu_read_unlock())) == ["lock_imbalance"]
    assert kinds(process(lambda k: k.rcu_read_lock())) == ["lock_imbalance"]


def test_waiting_for_oneself_is_a_deadlock(kinds: Kinds) -> None:
    body = process(
        lambda k: k.rcu_read_lock(), lambda k: k.synchronize_rcu(), lambda k: k.rcu_read_unlock()
    )
    assert kinds(body) == ["deadlock", "suspicious_rcu_usage"]


def test_section_knows_itself(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        @k.process
        def reader() -> None:
            k.WARN_ON(k.rcu_read_lock_held() or k.rcu_read_lock_any_held())
            guard = k.rcu_read_side()
            with guard, guard:  # reusable, and sections nest
                k.WARN_ON(not k.rcu_read_lock_held())
            k.WARN_ON(k.rcu_read_lock_held())

        @k.hardirq
        def isr() -> None:
            k.WARN_ON(k.rcu_read_lock_held() or not k.rcu_read_lock_any_held())
            k.WARN_ON(not k.in_hardirq() or k.in_task() or k.in_serving_softirq())

    assert kinds(body) == []


def test_barrier_waits_for_callbacks(kinds: Kinds) -> None:
    def body(k: rs.Kernel, waits: bool) -> None:
        done = k.shared("done", False)

        def callback(value: bool) -> None:
            k.WARN_ON(not k.in_serving_softirq())
            k.WRITE_ONCE(done, value)

        @k.process
        def actor() -> None:
            k.call_rcu_hurry(callback, True)
            if waits:
                k.rcu_barrier()
            k.WARN_ON(k.READ_ONCE(done) is not True)

    assert kinds(lambda k: body(k, True)) == []
    assert kinds(lambda k: body(k, False)) == ["warn_on"]


# ---- context
@pytest.mark.parametrize(
    "sleeps",
    [
        lambda k: k.synchronize_rcu(),
        lambda k: k.rcu_barrier(),
        lambda k: k.might_sleep(),
        lambda k: k.msleep(5),
    ],
)
def test_sleeping_in_an_interrupt_is_reported(kinds: Kinds, sleeps: Body) -> None:
    def body(k: rs.Kernel) -> None:
        k.hardirq("isr")(lambda: sleeps(k))

    found = kinds(body)
    assert found[-1] == "sleeping_in_atomic"


def test_warn_on_goes_on_and_bug_on_does_not(kinds: Kinds) -> None:
    def body(k: rs.Kernel, check: Callable[[bool], bool]) -> None:
        @k.process
        def actor() -> None:
            assert check(False) is False
            assert check(True) is True
            k.rcu_read_unlock()

    assert kinds(lambda k: body(k, k.WARN_ON)) == ["lock_imbalance", "warn_on"]
    assert kinds(lambda k: body(k, k.BUG_ON)) == ["bug_on"]


def test_bug_on_is_called_by_its_name_in_the_trace() -> None:
    @rs.scenario
    def bug(k: rs.Kernel) -> None:
        @k.process("checker")
        def checker() -> None:
            k.BUG_ON(1 + 1 == 2)

    told = rs.explore(bug).findings[0].trace.describe()
    assert "checker: BUG_ON(1 + 1 == 2)" in told
    assert "WARN_ON" not in told


def test_note_is_a_mark_in_the_trace() -> None:
    body = process(lambda k: k.note("half-way"), lambda k: k.rcu_read_unlock())
    trace = rs.explore(body).findings[0].trace
    assert "half-way" in trace.describe()


# ---- memory and heap
def test_locations_hold_ints_bools_handles_and_none(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing")
        values = [0, -1, 2**63 - 1, -(2**63), True, False, None, k.mutex("m"), thing]
        location = k.shared("location", None)

        @k.process
        def actor() -> None:
            for value in values:
                k.store(location, value)
                loaded = k.load(location)
                k.BUG_ON(loaded != value or type(loaded) is not type(value))

    assert kinds(body) == []


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 2**70])
def test_integers_beyond_64_bits_are_refused(value: int) -> None:
    with pytest.raises(OverflowError, match=f"{value}.*64 bits"):
        rs.explore(lambda k: k.shared("x", value))


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match=r"value='text'.*an int, a bool, a handle or None"):
        rs.explore(lambda k: k.shared("x", "text"))


def test_read_modify_write(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        x = k.shared("x", 5)

        @k.process
        def actor() -> None:
            k.BUG_ON(k.xchg(x, 6) != 5)
            k.BUG_ON(k.cmpxchg(x, 5, 9) != 6 or k.load(x) != 6)
            k.BUG_ON(k.cmpxchg_acquire(x, 6, 9) != 6 or k.load(x) != 9)
            k.BUG_ON(k.atomic_add_return(-2, x) != 7)
            k.smp_store_release(x, k.smp_load_acquire(x) + 1)
            k.smp_mb()
            k.BUG_ON(k.READ_ONCE(x) != 8)

    assert kinds(body) == []


def test_increments_are_atomic_or_not(kinds: Kinds) -> None:
    def body(k: rs.Kernel, is_atomic: bool) -> None:
        x = k.shared("x", 0)

        def add() -> None:
            if is_atomic:
                k.atomic_add_return(1, x)
            else:
                k.WRITE_ONCE(x, k.READ_ONCE(x) + 1)

        k.process("one")(add)
        k.process("two")(add)
        k.at_end(lambda: k.WARN_ON(k.load(x) != 2))

    assert kinds(lambda k: body(k, True)) == []
    assert kinds(lambda k: body(k, False)) == ["warn_on"]


def test_uninitialised_memory_is_found(kinds: Kinds) -> None:
    def body(k: rs.Kernel, writes: bool) -> None:
        @k.process
        def actor() -> None:
            thing = k.kmalloc("thing", "field")
            if writes:
                thing.field = 1
            _ = thing.field
            k.kfree(thing)

    assert kinds(lambda k: body(k, True)) == []
    assert kinds(lambda k: body(k, False)) == ["uninitialized_read"]


def test_double_free_and_leak(kinds: Kinds) -> None:
    def free_twice(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing")
        k.process("one")(lambda: k.kfree(thing))
        k.process("two")(lambda: k.kfree(thing))

    assert kinds(free_twice) == ["double_free"]
    assert kinds(process(lambda k: k.kzalloc("lost"))) == ["leak"]
    assert kinds(process(lambda k: k.kfree(None))) == []


def test_what_a_root_reaches_is_no_leak(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        root = k.shared("root", None)
        things = k.list_head("things")

        @k.process
        def actor() -> None:
            inner = k.kzalloc("inner")
            k.rcu_assign_pointer(root, k.kzalloc("outer", inner=inner))
            k.list_add_rcu(k.kzalloc("listed"), things)

    assert kinds(body) == []


def test_data_of_setup_that_is_given_to_a_callback_can_leak(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing")
        k.process("actor")(lambda: k.call_rcu(lambda _: None, thing))

    assert kinds(body) == ["leak"]


# ---- lists
def walk_and_remove(k: rs.Kernel, remove: Callable[[rs.HeapObject], object]) -> None:
    things = k.list_head("things")
    first, second = k.kzalloc("first", value=1), k.kzalloc("second", value=2)
    k.list_add_tail_rcu(first, things)
    k.list_add_tail_rcu(second, things)

    @k.process("reader")
    def reader() -> None:
        with k.rcu_read_side():
            seen = [thing.value for thing in k.list_for_each_entry_rcu(things)]
        k.WARN_ON(seen not in ([1, 2], [2]))

    @k.process("updater")
    def updater() -> None:
        remove(first)
        k.synchronize_rcu()
        k.kfree(first)


def test_list_del_rcu_leaves_the_way_on(kinds: Kinds) -> None:
    assert kinds(lambda k: walk_and_remove(k, k.list_del_rcu)) == []


def test_list_del_poisons(kinds: Kinds) -> None:
    assert kinds(lambda k: walk_and_remove(k, k.list_del)) == ["data_race", "list_corruption"]


def test_list_operations_keep_the_order(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        things = k.list_head("things")
        a, b, c, d = (k.kzalloc(name, id=number) for number, name in enumerate("abcd"))

        def ids() -> list[object]:
            return [thing.id for thing in k.list_for_each_entry(things)]

        @k.process
        def actor() -> None:
            k.BUG_ON(not k.list_empty(things))
            k.list_add(b, things)
            k.list_add_rcu(a, things)
            k.list_add_tail(c, things)
            k.BUG_ON(ids() != [0, 1, 2])
            k.list_replace_rcu(b, d)
            k.BUG_ON(ids() != [0, 3, 2] or k.list_empty(things))
            k.kfree(b)

    assert kinds(body) == []


def test_object_on_two_lists_by_two_nodes(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        one, two = k.list_head("one"), k.list_head("two")
        thing = k.kzalloc("thing", nodes=("by_name", "by_age"), value=1)

        @k.process
        def actor() -> None:
            k.list_add_rcu(thing, one, node="by_name")
            k.list_add_rcu(thing, two, node="by_age")
            k.list_del_rcu(thing, node="by_name")
            k.BUG_ON(list(k.list_for_each_entry(two, node="by_age")) != [thing])

    assert kinds(body) == []


def test_list_walk_wants_any_reader_or_its_condition(kinds: Kinds) -> None:
    def body(k: rs.Kernel, declare: str, condition: bool) -> None:
        things = k.list_head("things")
        getattr(k, declare)("walker")(lambda: list(k.list_for_each_entry_rcu(things, condition)))

    assert kinds(lambda k: body(k, "process", False)) == ["suspicious_rcu_usage"]
    assert kinds(lambda k: body(k, "process", True)) == []
    assert kinds(lambda k: body(k, "hardirq", False)) == []


def test_unknown_node_is_named() -> None:
    with pytest.raises(rs.UsageError, match="node='other'"):
        rs.explore(lambda k: k.list_add(k.kzalloc("thing"), k.list_head("h"), node="other"))


# ---- work, mutexes, counts
def test_work_runs_in_process_context_and_flush_waits(kinds: Kinds) -> None:
    def body(k: rs.Kernel, waits: bool) -> None:
        x = k.shared("x", 0)

        def function(value: int) -> None:
            k.WARN_ON(not k.in_task())
            k.WRITE_ONCE(x, value)

        work = k.work(function, 7)

        @k.process
        def actor() -> None:
            k.BUG_ON(k.queue_work(work) is not True)
            if waits:
                k.flush_work(work)
            k.BUG_ON(k.READ_ONCE(x) != 7)

    assert kinds(lambda k: body(k, True)) == []
    assert kinds(lambda k: body(k, False)) == ["bug_on"]


def test_rcu_work_waits_for_readers(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        work = k.work(lambda: None)

        @k.process
        def actor() -> None:
            k.BUG_ON(k.queue_rcu_work(work) is not True)
            k.flush_rcu_work(work)
            k.disable_work_sync(work)
            k.BUG_ON(k.queue_work(work))
            k.enable_work(work)
            k.queue_work(work)
            k.cancel_work_sync(work)

    assert kinds(body) == []


def test_locks_in_two_orders_deadlock(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        a, b = k.mutex("a"), k.mutex("b")

        def take(first: rs.Mutex, second: rs.Mutex) -> None:
            with first, second:
                k.lockdep_assert_held(first)

        k.process("one", args=(a, b))(take)
        k.process("two", args=(b, a))(take)

    assert kinds(body) == ["deadlock"]
    (finding,) = rs.explore(body).findings
    assert "'one' waits for the mutex b, held by 'two'" in finding.message


def test_mutex_by_functions(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        m = k.mutex("m")

        @k.process
        def actor() -> None:
            k.BUG_ON(not k.mutex_trylock(m) or not k.lockdep_is_held(m) or k.mutex_trylock(m))
            k.mutex_unlock(m)
            k.lockdep_assert_held(m)
            k.mutex_unlock(m)

    assert kinds(body) == ["lock_imbalance", "warn_on"]


def test_kref_releases_once(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        r, released = k.kref("r"), k.shared("released", 0)

        def release(kref: rs.Kref) -> None:
            k.BUG_ON(kref != r)
            k.atomic_add_return(1, released)

        k.kref_get(r)
        k.process("one")(lambda: k.kref_put(r, release))
        k.process("two")(lambda: k.kref_put(r, release))

        @k.at_end
        def check() -> None:
            k.BUG_ON(k.load(released) != 1 or k.kref_get_unless_zero(r))

    assert kinds(body) == []


def test_one_put_too_many_underflows(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        r = k.kref("r")

        @k.process
        def actor() -> None:
            k.kref_put(r, lambda _: None)
            k.kref_put(r, lambda _: None)

    assert kinds(body) == ["refcount_underflow"]
