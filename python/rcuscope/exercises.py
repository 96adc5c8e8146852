# SPDX-License-Identifier: LGPL-2.1-or-later
"""The exercises of the lessons: what is asked, and the program around an answer. No answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from rcuscope import _core
from rcuscope.scenario import Body

Answer = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One task, in one of three forms.

    Attributes:
        name: Lesson and number: "05.2".
        task: What is asked.
        call: How the answer is called.
        hints: From the first nudge to nearly all of it.
        around: "Make it pass": the scenario around an answer; no schedule may show a defect.
        scenario: "Break it" and "choose": a name in the catalogue, or a body.
        break_with: "Break it": the kind of finding that the answer's schedule must reach.
        kind: "Choose": the finding that the answer's variant must show; "SAFE" = none.
        demand: "Choose": "" or another thing that must hold: "no_wait", "no_reference".
    """

    name: str
    task: str
    call: str
    hints: tuple[str, ...]
    around: Callable[[Answer], Body] | None = None
    scenario: str | Body = "posted"
    break_with: str = ""
    kind: str = ""
    demand: str = ""


def _look(k: _core.Kernel, devices: Any) -> None:
    with k.rcu_read_side():
        for found in k.list_for_each_entry_rcu(devices):
            k.WARN_ON(found.value not in (1, 2, 3))


def _removal(remove: Answer, *, in_spinlock: bool = False) -> Body:
    """An interrupt walks a list while somebody removes its entry as the answer says."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        entry = k.kzalloc("entry", value=1)
        k.list_add_rcu(entry, devices)
        lock = k.spinlock("lock")

        @k.hardirq("interrupt")
        def interrupt() -> None:
            _look(k, devices)

        @k.process("removal")
        def removal() -> None:
            if in_spinlock:
                k.spin_lock(lock)
            remove(k, entry)
            if in_spinlock:
                k.spin_unlock(lock)

        @k.at_end
        def is_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


def _hasty_removal(k: _core.Kernel) -> None:
    def remove(kernel: _core.Kernel, entry: Any) -> None:
        kernel.list_del_rcu(entry)
        kernel.kfree(entry)

    _removal(remove)(k)


def _replacement(replace: Answer) -> Body:
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


def _lookup(look_up: Answer) -> Body:
    """The answer looks two entries up while one of them is removed.

    The reader is a process: an interrupt handler is a reader from its start to its end, so that a
    section which ends too early would go unnoticed.
    """

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        first, second = k.kzalloc("first", value=1), k.kzalloc("second", value=2)
        k.list_add_tail_rcu(first, devices)
        k.list_add_tail_rcu(second, devices)

        @k.process("reader")
        def reader() -> None:
            k.WARN_ON(look_up(k, devices, 1) not in (1, None))
            k.WARN_ON(look_up(k, devices, 2) != 2)

        @k.process("removal")
        def removal() -> None:
            k.list_del_rcu(first)
            k.synchronize_rcu()
            k.kfree(first)

    return body


def _addition(add: Answer) -> Body:
    """An interrupt walks a list while the answer adds to it."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")

        @k.hardirq("interrupt")
        def interrupt() -> None:
            _look(k, devices)

        @k.process("addition")
        def addition() -> None:
            add(k, devices)

        @k.at_end
        def is_added() -> None:
            with k.rcu_read_side():
                values = [found.value for found in k.list_for_each_entry_rcu(devices)]
            k.WARN_ON(values != [3])

    return body


_ALL: Final = (
    Exercise(
        name="01.1",
        task="Take an entry out of a list that an interrupt handler may be walking, and free it.",
        call="remove(k, entry)",
        hints=(
            "Unlinking hides the entry from readers that come later. Who else may have it?",
            "A grace period ends when every reader that was there before has left.",
            "Three calls: unlink for RCU readers, wait, free.",
        ),
        around=_removal,
    ),
    Exercise(
        name="01.2",
        task="Here the removal frees at once. Be the scheduler: make the interrupt handler read "
        "freed memory.",
        call="break_it(session): session.choose('interrupt'), session.choose('removal')",
        hints=(
            "Look at session.choices before each choice: it says what each actor does next.",
            "The interrupt handler must have found the entry before the removal starts.",
            "Then let the removal run until it has freed, and go on with the interrupt handler.",
        ),
        scenario=_hasty_removal,
        break_with="use_after_free",
    ),
    Exercise(
        name="01.3",
        task="Put a new object with value=2 in the place of the published one; free the old one.",
        call="replace(k, published)",
        hints=(
            "k.xchg(location, new) stores the new object and returns the old one.",
            "Make the new object whole before anybody can see it.",
            "Between the exchange and k.kfree(old) stands the same wait as in 01.1.",
        ),
        around=_replacement,
    ),
    Exercise(
        name="02.1",
        task="Change one decision of the patch so that the interrupt handler is stranded at a "
        "poisoned link.",
        call="choose() returns an rs.Variant",
        hints=(
            "rs.Variant.questions() lists the decisions, rs.Variant.choices() their values.",
            "How does a group_device leave the list?",
        ),
        kind="list_corruption",
    ),
    Exercise(
        name="02.2",
        task="Change one decision so that something sleeps where it must not.",
        call="choose() returns an rs.Variant",
        hints=(
            "put_device() may sleep. Where could somebody be tempted to call it?",
            "A callback of call_rcu() runs in softirq context.",
        ),
        kind="sleeping_in_atomic",
    ),
    Exercise(
        name="02.3",
        task="Change one decision so that the removal waits for no grace period, and all is safe.",
        call="choose() returns an rs.Variant",
        hints=(
            "Somebody else can wait: which values of `reclaim` hand the rest over?",
            "The rest sleeps, so it needs a context that may.",
        ),
        kind="SAFE",
        demand="no_wait",
    ),
    Exercise(
        name="05.1",
        task="Change one decision so that a device is never released.",
        call="choose() returns an rs.Variant",
        hints=(
            "A reference that nobody drops keeps a device forever.",
            "Look at `hold_device`.",
        ),
        kind="leak",
    ),
    Exercise(
        name="05.2",
        task="The patch takes a reference to the device and drops it. Show that it need not.",
        call="choose() returns an rs.Variant",
        hints=(
            "The driver core holds a reference of its own until device_unregister() has returned.",
            "Neither of both: that is a value of `hold_device`.",
        ),
        kind="SAFE",
        demand="no_reference",
    ),
    Exercise(
        name="05.3",
        task="Be the scheduler of the patch without its grace period: make the interrupt handler "
        "use a group_device that is freed.",
        call="break_it(session)",
        hints=(
            "session.choices names the actors; the interrupt handler is 'ATC time-out ISR'.",
            "It must be inside its section, at the group_device, when the hot unplug unlinks it.",
            "Let the hot unplug run to its end, then go on with the interrupt handler.",
        ),
        scenario="no_synchronize_rcu",
        break_with="use_after_free",
    ),
    Exercise(
        name="08.1",
        task="Find an entry by its value, without a lock, while others remove entries. "
        "Return its value, or None.",
        call="look_up(k, devices, wanted)",
        hints=(
            "What keeps memory from being freed without a lock?",
            "k.rcu_read_side() is a context manager; k.list_for_each_entry_rcu(devices) iterates.",
            "Read entry.value once, inside the section; nothing of an entry is of use after it.",
        ),
        around=_lookup,
    ),
    Exercise(
        name="08.2",
        task="Remove an entry and have it freed, while a spinlock is held.",
        call="remove(k, entry)",
        hints=(
            "Who holds a spinlock must not sleep, so nobody can wait for a grace period here.",
            "One call frees after a grace period without waiting for it.",
        ),
        around=lambda remove: _removal(remove, in_spinlock=True),
    ),
    Exercise(
        name="08.3",
        task="Allocate an entry with k.kmalloc('entry', 'value'), give it the value 3, and add "
        "it to the list that the interrupt handler walks.",
        call="add(k, devices)",
        hints=(
            "Readers may see the entry as soon as it is linked. What must be done by then?",
            "The plain list_add does not order the initialisation before the link.",
        ),
        around=_addition,
    ),
)

EXERCISES: Final[Mapping[str, Exercise]] = {exercise.name: exercise for exercise in _ALL}
