# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 05."""

from __future__ import annotations

from typing import Final

from rcuscope.exercises.form import Exercise
from rcuscope.verdict import Verdict


def _holds_the_device(verdict: Verdict) -> str:
    neither = verdict.variant.hold_device == "neither"
    return "" if neither else "the device is still held or put."


TITLE: Final = "Lifetimes: who keeps a device alive"
EXERCISES: Final = (
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
            "Whoever removes the device holds a reference up to the end of device_unregister().",
            "Neither of both: that is a value of `hold_device`.",
        ),
        kind="SAFE",
        objects=_holds_the_device,
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
)
