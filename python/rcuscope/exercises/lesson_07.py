# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 07."""

from __future__ import annotations

from typing import Any, Final

from rcuscope import _core
from rcuscope.exercises.form import Answer, Exercise
from rcuscope.scenario import Body


def _counted_walk(walk: Answer) -> Body:
    """The answer finalizes the entries of a list, which are counted, while one is removed."""

    def body(k: _core.Kernel) -> None:
        devices, lock = k.list_head("devices"), k.mutex("lock")
        names = "first", "second"
        entries = [k.kzalloc(name, value=1) for name in names]
        counts = {
            entry: k.kref(f"references of {name}")
            for name, entry in zip(names, entries, strict=True)
        }
        finalized = k.shared("finalized", 0)
        for entry in entries:
            k.list_add_tail_rcu(entry, devices)

        def get(entry: Any) -> None:
            k.kref_get(counts[entry])

        def put(entry: Any) -> None:
            k.kref_put(counts[entry], lambda *_: k.kfree(entry))

        def finalize(entry: Any) -> None:
            with lock:
                k.WARN_ON(entry.value != 1)
                if entry == entries[1]:
                    k.store(finalized, k.load(finalized) + 1)

        @k.process("walk")
        def walk_once() -> None:
            walk(k, devices, lock, finalize, get, put)

        @k.process("removal")
        def removal() -> None:
            with lock:
                k.list_del_rcu(entries[0])
            k.synchronize_rcu()
            put(entries[0])

        @k.at_end
        def second_is_finalized_once() -> None:
            k.WARN_ON(k.load(finalized) != 1)

    return body


def _removal_under_walk(remove: Answer) -> Body:
    """A walk in a section of sleepable RCU takes the lock; the answer removes an entry."""

    def body(k: _core.Kernel) -> None:
        devices, lock = k.list_head("devices"), k.mutex("lock")
        domain = k.srcu_struct("walks")
        entry = k.kzalloc("entry", value=1)
        k.list_add_tail_rcu(entry, devices)

        @k.process("walk")
        def walk() -> None:
            with k.srcu_read_side(domain):
                for found in k.list_for_each_entry_rcu(devices, True):
                    with lock:
                        k.WARN_ON(found.value != 1)

        @k.process("removal")
        def removal() -> None:
            remove(k, entry, lock, domain)

        @k.at_end
        def is_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


TITLE: Final = "The probe loop that nobody protects"
EXERCISES: Final = (
    Exercise(
        name="07.1",
        task="Be the scheduler of the posted patch: make the bus walk use freed memory.",
        call="break_it(session)",
        hints=(
            "The walk probes the device first, under locks. The loop comes at the end.",
            "Let the walk go on until session.choices says: read of dev->iommu.",
            "Then the whole hot unplug, then the walk again. A data race shows first: go on.",
        ),
        scenario="bus_walk_without_lock",
        break_with="use_after_free",
    ),
    Exercise(
        name="07.2",
        task="Change one decision so that the bus walk waits for itself.",
        call="choose() returns an rs.Variant",
        hints=(
            "What does the driver's probe_finalize() take?",
            "`finalize_loop` says how the loop is protected.",
        ),
        scenario="bus_walk_under_mutex",
        kind="deadlock",
    ),
    Exercise(
        name="07.3",
        task="Call finalize(entry) once for each entry that stays on the list. finalize() takes "
        "the lock. Entries are counted: put(entry) frees with the last reference.",
        call="walk(k, devices, lock, finalize, get, put)",
        hints=(
            "What must not be held while finalize() runs, and what must be?",
            "Under the lock, k.list_for_each_entry(devices) gives every entry of the list.",
            "Collect them under the lock and get() each; release; then finalize and put() each.",
        ),
        around=_counted_walk,
    ),
    Exercise(
        name="07.4",
        task="Remove an entry under the lock, and free it. Walks are readers of `domain`, which is "
        "sleepable RCU, and take the lock.",
        call="remove(k, entry, lock, domain)",
        hints=(
            "For which readers does synchronize_rcu() wait?",
            "k.synchronize_srcu(domain) waits for those of the domain.",
            "Not while the lock is held: a walk may want it.",
        ),
        around=_removal_under_walk,
    ),
)
