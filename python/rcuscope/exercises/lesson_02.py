# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exercises of lesson 02."""

from __future__ import annotations

from typing import Final

from rcuscope.exercises.form import Exercise, waits_for_nobody

TITLE: Final = "The patch, hunk by hunk"
EXERCISES: Final = (
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
            "Handing over the memory is not enough: the reader looks into the device, too.",
        ),
        scenario="reader_follows_device",
        kind="SAFE",
        objects=waits_for_nobody,
    ),
)
