# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 08."""

from __future__ import annotations

from typing import Final

from rcuscope.exercises.form import Exercise
from rcuscope.exercises.programs import addition, lookup, removal

TITLE: Final = "Your own RCU conversion"
EXERCISES: Final = (
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
        around=lookup,
    ),
    Exercise(
        name="08.2",
        task="Remove an entry and have it freed, while a spinlock is held.",
        call="remove(k, entry)",
        hints=(
            "Who holds a spinlock must not sleep, so nobody can wait for a grace period here.",
            "One call frees after a grace period without waiting for it.",
        ),
        around=lambda remove: removal(remove, in_spinlock=True),
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
        around=addition,
    ),
)
