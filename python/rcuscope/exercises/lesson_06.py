# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 06."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from rcuscope import _core
from rcuscope.exercises.form import Answer, Exercise
from rcuscope.scenario import Body


class _Configuration(NamedTuple):
    """What readers of sleepable RCU follow, and the lock that they take in their sections."""

    domain: Any
    lock: Any
    published: Any


def _configuration_with_reader(k: _core.Kernel, last_value: int) -> _Configuration:
    domain, lock = k.srcu_struct("domain"), k.mutex("lock")
    published = k.shared("published", k.kzalloc("config", value=1))

    @k.process("reader")
    def reader() -> None:
        with k.srcu_read_side(domain):
            config: Any = k.srcu_dereference(published, domain)
            with lock:
                k.WARN_ON(not 1 <= config.value <= last_value)

    return _Configuration(domain, lock, published)


def _ring(k: _core.Kernel) -> None:
    """The updater waits for readers while it holds the lock that they take."""
    domain, lock, published = _configuration_with_reader(k, last_value=2)

    @k.process("updater")
    def updater() -> None:
        with lock:
            old = k.xchg(published, k.kzalloc("config", value=2))
            k.synchronize_srcu(domain)
            k.kfree(old)


def _updates(update: Answer) -> Body:
    """Two updaters do as the answer says; a reader of the domain takes their lock."""

    def body(k: _core.Kernel) -> None:
        domain, lock, published = _configuration_with_reader(k, last_value=3)

        for name in ("first updater", "second updater"):
            k.process(name, args=(k, lock, domain, published))(update)

        @k.at_end
        def both_updates_count() -> None:
            last: Any = k.READ_ONCE(published)
            k.WARN_ON(last.value != 3)

    return body


def _removal_with_work(remove: Answer) -> Body:
    """An interrupt handler queues work for what it finds; the answer removes the entry."""

    def body(k: _core.Kernel) -> None:
        devices, lock = k.list_head("devices"), k.mutex("lock")
        entry = k.kzalloc("entry", value=1)
        k.list_add_rcu(entry, devices)

        def report() -> None:
            with lock:
                k.WARN_ON(entry.value != 1)

        work = k.work(report)

        @k.hardirq("interrupt")
        def interrupt() -> None:
            with k.rcu_read_side():
                for _ in k.list_for_each_entry_rcu(devices):
                    k.queue_work(work)

        @k.process("removal")
        def removal() -> None:
            remove(k, entry, lock, work)

        @k.at_end
        def is_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


TITLE: Final = "Deadlocks with grace periods"
EXERCISES: Final = (
    Exercise(
        name="06.1",
        task="The reader's section takes a lock, and the updater waits for the reader while it "
        "holds the lock. Be the scheduler: nobody shall get on.",
        call="break_it(session)",
        hints=(
            "Which of the two waits must begin before the other can close the ring?",
            "The reader must be inside its section, but not yet have the lock.",
            "Once session.choices shows that the reader wants the lock, it is the updater's turn.",
        ),
        scenario=_ring,
        break_with="deadlock",
    ),
    Exercise(
        name="06.2",
        task="Replace the published configuration by one whose value is one larger, and free the "
        "old one. Two updaters do this, and no update may be lost. Readers take the lock inside "
        "their section.",
        call="update(k, lock, domain, published)",
        hints=(
            "The lock is needed: without it two updaters read the same old value.",
            "For how long is it needed? Who holds the old object once it is replaced?",
            "Replace under the lock. Wait, and free, when it is released.",
        ),
        around=_updates,
    ),
    Exercise(
        name="06.3",
        task="Remove an entry under the lock, and free it. The interrupt handler queues `work` for "
        "the entry, and the work takes the lock and reads the entry.",
        call="remove(k, entry, lock, work)",
        hints=(
            "Who waits for whom while the lock is held?",
            "Who can queue the work again after it was cancelled?",
            "Unlink, release, wait for the readers, cancel, free.",
        ),
        around=_removal_with_work,
    ),
    Exercise(
        name="06.4",
        task="Change one decision of the patch so that the unplug and the report's work wait for "
        "each other.",
        call="choose() returns an rs.Variant",
        hints=(
            "The work takes the group's mutex.",
            "Which decisions say what is done under that mutex?",
        ),
        scenario="report_against_unplug",
        kind="deadlock",
    ),
)
