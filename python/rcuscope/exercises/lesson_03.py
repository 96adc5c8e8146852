# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 03."""

from __future__ import annotations

from typing import Any, Final

from rcuscope import _core
from rcuscope.exercises.form import Answer, Exercise
from rcuscope.exercises.programs import look, removal, unplug
from rcuscope.scenario import Body, scenario
from rcuscope.variant import Variant


def _registered_removal(remove: Answer) -> Body:
    """A timer removes an entry that is also noted in a registry, which a mutex protects."""

    def body(k: _core.Kernel) -> None:
        devices, lock = k.list_head("devices"), k.mutex("registry lock")
        registered = k.shared("registered", 1)
        entry = k.kzalloc("entry", value=1)
        k.list_add_rcu(entry, devices)

        def forget(known: Any) -> None:
            with lock:
                k.store(registered, k.load(registered) - known.value)

        @k.process("reader")
        def reader() -> None:
            look(k, devices)

        @k.softirq("timer")
        def timer() -> None:
            remove(k, entry, forget)

        @k.at_end
        def is_forgotten() -> None:
            k.WARN_ON(not k.list_empty(devices))
            k.WARN_ON(k.load(registered) != 0)

    return body


def _unloading(before_unload: Answer) -> Body:
    """A module removes its entry, and its code goes away while a callback of it may be queued."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        entry = k.kzalloc("entry", value=1)
        k.list_add_rcu(entry, devices)
        code = k.kzalloc("code of the module", value=1)

        def free_entry() -> None:
            k.READ_ONCE(code["value"])  # whoever runs a function reads its code
            k.kfree(entry)

        @k.process("reader")
        def reader() -> None:
            look(k, devices)

        @k.process("rmmod")
        def rmmod() -> None:
            k.list_del_rcu(entry)
            k.call_rcu(free_entry)
            before_unload(k)
            k.kfree(code)

    return body


_UNPLUG_BY_CALLBACK: Final = scenario(
    name="the patch with call_rcu", variant=Variant(reclaim="call_rcu")
)(unplug)

TITLE: Final = "Why not call_rcu: contexts and sleeping"
EXERCISES: Final = (
    Exercise(
        name="03.1",
        task="A timer, in softirq context, takes an entry out of the list. Have the entry freed.",
        call="remove(k, entry)",
        hints=(
            "The table of the lesson says what softirq context may call.",
            "Somebody else has to wait for the readers, and to free.",
            "Unlink as ever; then one call, and it is not k.kfree().",
        ),
        around=lambda remove: removal(remove, context="softirq"),
    ),
    Exercise(
        name="03.2",
        task="As 03.1, but behind the grace period forget(entry) is to be called, once, before "
        "the entry is freed. It takes a mutex.",
        call="remove(k, entry, forget)",
        hints=(
            "In which contexts may forget() be called?",
            "Neither the timer nor a callback may sleep. Who waits for a grace period and may?",
            "w = k.work(function) makes a work item; k.queue_rcu_work(w) gives it to a worker.",
        ),
        around=_registered_removal,
    ),
    Exercise(
        name="03.3",
        task="Be the scheduler of the patch with call_rcu(): make the release of the device run "
        "in softirq context.",
        call="break_it(session)",
        hints=(
            "Which put is the last one: the callback's, or the one at the end of the unplug?",
            "The callback can run once no reader is inside. It need not run at once.",
            "The hot unplug runs to its end; then the interrupt handler; then the callback.",
        ),
        scenario=_UNPLUG_BY_CALLBACK,
        break_with="sleeping_in_atomic",
    ),
    Exercise(
        name="03.4",
        task="A module has queued a callback and is about to be unloaded. Wait for what is still "
        "to come.",
        call="before_unload(k)",
        hints=(
            "After a grace period callbacks may run. Does that mean that they have run?",
            "synchronize_rcu() waits for readers. Which call waits for callbacks?",
            "Linux calls it a barrier.",
        ),
        around=_unloading,
    ),
)
