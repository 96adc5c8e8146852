# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs around an answer that exercises of several lessons use."""

from __future__ import annotations

from typing import Any

from rcuscope import _core
from rcuscope.exercises.form import Answer
from rcuscope.scenario import Body


def look(k: _core.Kernel, devices: Any) -> None:
    """Walks a list as a reader does."""
    with k.rcu_read_side():
        for found in k.list_for_each_entry_rcu(devices):
            k.WARN_ON(found.value not in (1, 2, 3))


def two_entries(k: _core.Kernel) -> tuple[Any, Any, Any]:
    """A list, and its two entries: the first has the value 1, the second 2."""
    devices = k.list_head("devices")
    first, second = k.kzalloc("first", value=1), k.kzalloc("second", value=2)
    k.list_add_tail_rcu(first, devices)
    k.list_add_tail_rcu(second, devices)
    return devices, first, second


def removal(remove: Answer, *, context: str = "process", in_spinlock: bool = False) -> Body:
    """An interrupt walks a list while somebody removes its entry as the answer says."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        entry = k.kzalloc("entry", value=1)
        k.list_add_rcu(entry, devices)
        lock = k.spinlock("lock")

        @k.hardirq("interrupt")
        def interrupt() -> None:
            look(k, devices)

        def act() -> None:
            if in_spinlock:
                k.spin_lock(lock)
            remove(k, entry)
            if in_spinlock:
                k.spin_unlock(lock)

        getattr(k, context)("removal")(act)

        @k.at_end
        def is_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


def hasty_removal(k: _core.Kernel) -> None:
    """The removal that frees at once."""

    def remove(kernel: _core.Kernel, entry: Any) -> None:
        kernel.list_del_rcu(entry)
        kernel.kfree(entry)

    removal(remove)(k)


def replacement(replace: Answer) -> Body:
    """A reader uses a published object while the answer puts another one in its place."""

    def body(k: _core.Kernel) -> None:
        published = k.shared("published", k.kzalloc("config", value=1))

        @k.process("reader")
        def reader() -> None:
            with k.rcu_read_side():
                k.WARN_ON(k.rcu_dereference(published).value not in (1, 2))

        @k.process("updater")
        def updater() -> None:
            replace(k, published)

        @k.at_end
        def is_replaced() -> None:
            k.WARN_ON(k.READ_ONCE(published).value != 2)

    return body


def lookup(look_up: Answer) -> Body:
    """The answer looks two entries up while one of them is removed.

    The reader is a process: an interrupt handler is a reader from its start to its end, so that a
    section which ends too early would go unnoticed.
    """

    def body(k: _core.Kernel) -> None:
        devices, first, _ = two_entries(k)

        def first_is_found_or_gone() -> None:
            k.WARN_ON(look_up(k, devices, 1) not in (1, None))

        def second_is_found() -> None:
            k.WARN_ON(look_up(k, devices, 2) != 2)

        @k.process("reader")
        def look_both_up() -> None:
            first_is_found_or_gone()
            second_is_found()

        @k.process("removal")
        def removal() -> None:
            k.list_del_rcu(first)
            k.synchronize_rcu()
            k.kfree(first)

    return body


def addition(add: Answer) -> Body:
    """An interrupt walks a list while the answer adds to it."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")

        @k.hardirq("interrupt")
        def interrupt() -> None:
            look(k, devices)

        @k.process("addition")
        def addition() -> None:
            add(k, devices)

        @k.at_end
        def is_added() -> None:
            with k.rcu_read_side():
                values = [found.value for found in k.list_for_each_entry_rcu(devices)]
            k.WARN_ON(values != [3])

    return body


def unplug(k: _core.Kernel) -> None:
    """The removal of the patch: one device, an interrupt handler that looks it up, hot unplug."""
    group, nic = k.iommu_group("7"), k.device("0000:01:00.0")
    group.add_device(nic)

    @k.hardirq("ATC time-out ISR")
    def isr() -> None:
        with k.rcu_read_side():
            gdev = group.find_device_rcu(nic)
            if gdev is not None:
                k.WARN_ON(gdev.dev != nic)

    @k.process("hot unplug")
    def hot_unplug() -> None:
        k.device_unregister(nic)
