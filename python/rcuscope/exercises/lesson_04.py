# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 04."""

from __future__ import annotations

from typing import Any, Final

from rcuscope import _core
from rcuscope.exercises.form import Answer, Exercise
from rcuscope.exercises.programs import look, two_entries
from rcuscope.scenario import Body


def _removal_by_list_del(k: _core.Kernel) -> None:
    devices, first, _ = two_entries(k)

    @k.process("reader")
    def reader() -> None:
        look(k, devices)

    @k.process("removal")
    def removal() -> None:
        k.list_del(first)
        k.synchronize_rcu()
        k.kfree(first)


def _move(move: Answer) -> Body:
    """Two readers, one for each list, while the answer moves an entry between them."""

    def body(k: _core.Kernel) -> None:
        here, there = k.list_head("here"), k.list_head("there")
        entry = k.kzalloc("entry", value=1)
        k.list_add_tail_rcu(entry, here)

        @k.process("reader here")
        def reader_here() -> None:
            look(k, here)

        @k.process("reader there")
        def reader_there() -> None:
            look(k, there)

        @k.process("mover")
        def mover() -> None:
            move(k, entry, there)

        @k.at_end
        def has_moved() -> None:
            k.WARN_ON(not k.list_empty(here))
            with k.rcu_read_side():
                values = [found.value for found in k.list_for_each_entry_rcu(there)]
            k.WARN_ON(values != [1])

    return body


def _named_removal(remove: Answer) -> Body:
    """A reader prints the names of entries while the answer removes one."""

    def body(k: _core.Kernel) -> None:
        devices = k.list_head("devices")
        entry = k.kzalloc("entry", name=k.kzalloc("name", text=7))
        k.list_add_rcu(entry, devices)

        def print_names() -> None:
            with k.rcu_read_side():
                for found in k.list_for_each_entry_rcu(devices):
                    name: Any = k.rcu_dereference(found["name"])
                    k.WARN_ON(name.text != 7)

        @k.process("reader")
        def reader() -> None:
            print_names()

        @k.process("removal")
        def removal() -> None:
            remove(k, entry)

        @k.at_end
        def is_removed() -> None:
            k.WARN_ON(not k.list_empty(devices))

    return body


TITLE: Final = "What list_del_rcu leaves behind"
EXERCISES: Final = (
    Exercise(
        name="04.1",
        task="The removal unlinks with list_del(). Be the scheduler: send the reader to the "
        "poisoned address.",
        call="break_it(session): session.choose('reader'), session.choose('removal')",
        hints=(
            "Which pointer is poisoned, and who must stand there at that moment?",
            "The reader must have found the first entry, and not yet have asked for the next one.",
            "Choose the reader until session.choices says that it reads first->value.",
        ),
        scenario=_removal_by_list_del,
        break_with="list_corruption",
    ),
    Exercise(
        name="04.2",
        task="Move an entry to the end of the list `there`. Both lists have readers.",
        call="move(k, entry, there)",
        hints=(
            "Until when may a reader of the old list need the entry's link?",
            "Nobody may write that link before a grace period has passed.",
            "Or do not write it at all: add a copy with the same value, and free the old entry.",
        ),
        around=_move,
    ),
    Exercise(
        name="04.3",
        task="Remove an entry whose name, entry.name, is memory of its own that readers print. "
        "Free both.",
        call="remove(k, entry)",
        hints=(
            "Who may be reading the name when the entry has just been unlinked?",
            "One grace period covers all that is freed after it.",
            "After the wait, mind the order: entry.name is a read of the entry.",
        ),
        around=_named_removal,
    ),
    Exercise(
        name="04.4",
        task="Change one decision of the patch so that a reader may print the name.",
        call="choose() returns an rs.Variant",
        hints=(
            "rs.Variant.questions() lists the decisions, rs.Variant.choices() their values.",
            "Which of them says when the name is freed?",
        ),
        scenario="name_read_in_section",
        kind="SAFE",
    ),
)
