# SPDX-License-Identifier: LGPL-2.1-or-later
"""What may be done where: each operation in each context, in the model world and live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import rcuscope as rs

SLEEPS = {"sleeping_in_atomic"}
NOTHING: set[str] = set()


@dataclass
class Setup:
    """What the operations work on."""

    k: rs.Kernel
    things: rs.ListHead = field(init=False)
    location: rs.Location = field(init=False)
    thing: rs.HeapObject = field(init=False)
    other: rs.HeapObject = field(init=False)
    inner: rs.Mutex = field(init=False)
    spin: rs.Spinlock = field(init=False)
    domain: rs.SrcuStruct = field(init=False)
    done: rs.Completion = field(init=False)
    work: rs.Work = field(init=False)

    def __post_init__(self) -> None:
        k = self.k
        self.things, self.location = k.list_head("things"), k.shared("location", None)
        self.thing, self.other = k.kzalloc("thing", value=1), k.kzalloc("other", value=1)
        self.inner, self.spin = k.mutex("inner"), k.spinlock("spin")
        self.domain, self.done = k.srcu_struct("domain"), k.completion("done")
        self.work = k.work(lambda: None)


Operation = Callable[[rs.Kernel, Setup], object]


def read(k: rs.Kernel, s: Setup) -> None:
    with k.rcu_read_side():
        k.rcu_dereference(s.location)
        list(k.list_for_each_entry_rcu(s.things))


def take(k: rs.Kernel, s: Setup) -> None:
    with s.inner:
        k.note("taken")


def read_srcu(k: rs.Kernel, s: Setup) -> None:
    with k.srcu_read_side(s.domain):
        k.srcu_dereference(s.location, s.domain)


def spin(k: rs.Kernel, s: Setup) -> None:
    k.spin_unlock_irqrestore(s.spin, k.spin_lock_irqsave(s.spin))


def wait_for_completion(k: rs.Kernel, s: Setup) -> None:
    k.complete(s.done)
    k.wait_for_completion(s.done)


def cond_synchronize(k: rs.Kernel, _: Setup) -> None:
    k.cond_synchronize_rcu(k.get_state_synchronize_rcu())


def poll(k: rs.Kernel, _: Setup) -> None:
    k.poll_state_synchronize_rcu(k.start_poll_synchronize_rcu())


def try_to_take(k: rs.Kernel, s: Setup) -> None:
    if k.mutex_trylock(s.inner):
        k.mutex_unlock(s.inner)


def turn_bh_off_and_on(k: rs.Kernel, _: Setup) -> None:
    k.local_bh_disable()
    k.local_bh_enable()


def spin_bh(k: rs.Kernel, s: Setup) -> None:
    k.spin_lock_bh(s.spin)
    k.spin_unlock_bh(s.spin)


def read_bh(k: rs.Kernel, _: Setup) -> None:
    k.rcu_read_lock_bh()
    k.rcu_read_unlock_bh()


ANYWHERE: dict[str, Operation] = {
    "rcu_read_lock": read,
    "rcu_assign_pointer": lambda k, s: k.rcu_assign_pointer(s.location, s.thing),
    "list_add_rcu": lambda k, s: k.list_add_rcu(s.thing, s.things),
    "call_rcu": lambda k, _: k.call_rcu(lambda: None),
    "call_rcu_hurry": lambda k, _: k.call_rcu_hurry(lambda: None),
    "call_srcu": lambda k, s: k.call_srcu(s.domain, lambda: None),
    "kfree_rcu": lambda k, s: k.kfree_rcu(s.other),
    "queue_rcu_work": lambda k, s: k.queue_rcu_work(s.work),
    "queue_work": lambda k, s: k.queue_work(s.work),
    "kfree": lambda k, s: k.kfree(s.other),
    "complete": lambda k, s: k.complete(s.done),
    "spin_lock_irqsave": spin,
    "srcu_read_lock": read_srcu,
    "poll": poll,
    "mutex_trylock": try_to_take,
    "local_bh_enable": turn_bh_off_and_on,
    "spin_unlock_bh": spin_bh,
    "rcu_read_unlock_bh": read_bh,
}
BH_ENABLING = {"local_bh_enable", "spin_unlock_bh", "rcu_read_unlock_bh"}
# Those that wait for the caller's own section never return, besides.
SLEEPING: dict[str, Operation] = {
    "synchronize_rcu": lambda k, _: k.synchronize_rcu(),
    "synchronize_rcu_expedited": lambda k, _: k.synchronize_rcu_expedited(),
    "cond_synchronize_rcu": cond_synchronize,
    "synchronize_srcu": lambda k, s: k.synchronize_srcu(s.domain),
    "rcu_barrier": lambda k, _: k.rcu_barrier(),
    "kvfree_rcu_barrier": lambda k, _: k.kvfree_rcu_barrier(),
    "srcu_barrier": lambda k, s: k.srcu_barrier(s.domain),
    "kfree_rcu_mightsleep": lambda k, s: k.kfree_rcu_mightsleep(s.other),
    "mutex_lock": take,
    "cancel_work_sync": lambda k, s: k.cancel_work_sync(s.work),
    "disable_work_sync": lambda k, s: k.disable_work_sync(s.work),
    "flush_work": lambda k, s: k.flush_work(s.work),
    "flush_rcu_work": lambda k, s: k.flush_rcu_work(s.work),
    "flush_workqueue": lambda k, _: k.flush_workqueue(),
    "wait_for_completion": wait_for_completion,
    "msleep": lambda k, _: k.msleep(),
    "might_sleep": lambda k, _: k.might_sleep(),
}
OPERATIONS = ANYWHERE | SLEEPING
WAITS_FOR_READERS = {"synchronize_rcu", "synchronize_rcu_expedited", "cond_synchronize_rcu"}

Context = Callable[[rs.Kernel, Callable[[], object]], object]


def actor(kind: str) -> Context:
    def declare(k: rs.Kernel, body: Callable[[], object]) -> None:
        getattr(k, kind)("actor")(body)

    return declare


def callback(k: rs.Kernel, body: Callable[[], object]) -> None:
    k.process("queues")(lambda: k.call_rcu(body))


def inside(enter: str, leave: str) -> Context:
    def declare(k: rs.Kernel, body: Callable[[], object]) -> None:
        @k.process("actor")
        def run() -> None:
            getattr(k, enter)()
            body()
            getattr(k, leave)()

    return declare


def holding(lock: str) -> Context:
    def declare(k: rs.Kernel, body: Callable[[], object]) -> None:
        outer = getattr(k, lock)("outer")

        @k.process("actor")
        def run() -> None:
            with outer:
                body()

    return declare


CONTEXTS: dict[str, Context] = {
    "process": actor("process"),
    "kthread": actor("kthread"),
    "threaded_irq": actor("threaded_irq"),
    "hardirq": actor("hardirq"),
    "softirq": actor("softirq"),
    "callback": callback,
    "BH off": inside("local_bh_disable", "local_bh_enable"),
    "preempt off": inside("preempt_disable", "preempt_enable"),
    "IRQs off": inside("local_irq_disable", "local_irq_enable"),
    "rcu_read_lock": inside("rcu_read_lock", "rcu_read_unlock"),
    "rcu_read_lock_bh": inside("rcu_read_lock_bh", "rcu_read_unlock_bh"),
    "rcu_read_lock_sched": inside("rcu_read_lock_sched", "rcu_read_unlock_sched"),
    "spinlock": holding("spinlock"),
    "mutex": holding("mutex"),
}
MAY_SLEEP = {"process", "kthread", "threaded_irq", "mutex"}


def expected(operation: str, context: str) -> set[str]:
    """The table."""
    if operation in BH_ENABLING and context in ("hardirq", "IRQs off"):
        return {"warn_on"}  # softirqs may run there: not with interrupts off
    if operation == "mutex_trylock" and context in ("hardirq", "softirq", "callback"):
        return {"warn_on"}  # a mutex belongs to a task
    if operation in ANYWHERE or context in MAY_SLEEP:
        return NOTHING
    is_synchronize = operation in WAITS_FOR_READERS or operation == "synchronize_srcu"
    complaint = SLEEPS
    if context == "rcu_read_lock" and is_synchronize:
        complaint = {"suspicious_rcu_usage"}
    waits_for_itself = operation in WAITS_FOR_READERS or (operation, context) == (
        "rcu_barrier",
        "callback",
    )
    return complaint | ({"deadlock"} if waits_for_itself else NOTHING)


def scenario(operation: str, context: str) -> Callable[[rs.Kernel], None]:
    def body(k: rs.Kernel) -> None:
        setup = Setup(k)
        CONTEXTS[context](k, lambda: OPERATIONS[operation](k, setup))

    return body


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_in_context(operation: str, context: str) -> None:
    verdict = rs.explore(scenario(operation, context), memory="sc")
    found = {finding.kind: finding.message for finding in verdict.findings}
    assert set(found) == expected(operation, context), found
    assert verdict.exhaustive


@pytest.mark.live
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_live(operation: str) -> None:
    for context in CONTEXTS:
        run = rs.run(scenario(operation, context), timeout=3, trace="section")
        found = {finding.kind: finding.message for finding in run.findings}
        assert set(found) == expected(operation, context), (context, found)


# ---- devices: only the last put may sleep, and only if the release does
def device_scenario(context: str, is_last: bool, sleeps: bool) -> Callable[[rs.Kernel], None]:
    def body(k: rs.Kernel) -> None:
        dev = k.device("0000:01:00.0", release_sleeps=sleeps)
        k.get_device(dev)
        if is_last:
            k.device_unregister(dev)
        CONTEXTS[context](k, lambda: k.put_device(dev))

    return body


@pytest.mark.parametrize("context", CONTEXTS)
def test_put_device_in_context(context: str) -> None:
    def kinds(is_last: bool, sleeps: bool, **options: rs.Config) -> set[str]:
        body = device_scenario(context, is_last, sleeps)
        return {finding.kind for finding in rs.explore(body, memory="sc", **options).findings}

    may_sleep = context in MAY_SLEEP
    assert kinds(is_last=False, sleeps=True) == NOTHING
    assert kinds(is_last=True, sleeps=False) == NOTHING
    assert kinds(is_last=True, sleeps=True) == (NOTHING if may_sleep else SLEEPS)
    strict = rs.Config(put_device="strict")
    # rcu_read_lock alone does not make a put a bug: what it may sleep in decides
    is_flagged = not may_sleep and context != "rcu_read_lock"
    assert kinds(is_last=False, sleeps=True, config=strict) == (SLEEPS if is_flagged else NOTHING)


@pytest.mark.parametrize("context", CONTEXTS)
def test_get_device_and_links_in_context(context: str) -> None:
    def body(k: rs.Kernel, links: bool) -> None:
        group, dev = k.iommu_group("7"), k.device("0000:01:00.0")
        operation = (lambda: group.add_device(dev)) if links else (lambda: k.get_device(dev))
        CONTEXTS[context](k, operation)
        if not links:
            k.at_end(lambda: k.put_device(dev))

    def kinds(links: bool) -> set[str]:
        verdict = rs.explore(lambda k: body(k, links), memory="sc")
        return {finding.kind for finding in verdict.findings}

    assert kinds(links=False) == NOTHING
    assert kinds(links=True) == (NOTHING if context in MAY_SLEEP else SLEEPS)
