# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 01."""

from __future__ import annotations

from typing import Final

from rcuscope.exercises.form import Exercise
from rcuscope.exercises.programs import hasty_removal, removal, replacement

TITLE: Final = "What a grace period is"
EXERCISES: Final = (
    Exercise(
        name="01.1",
        task="Take an entry out of a list that an interrupt handler may be walking, and free it.",
        call="remove(k, entry)",
        hints=(
            "Unlinking hides the entry from readers that come later. Who else may have it?",
            "A grace period ends when every reader that was there before has left.",
            "Three calls: unlink for RCU readers, wait, free.",
        ),
        around=removal,
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
        scenario=hasty_removal,
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
        around=replacement,
    ),
)
