# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 05."""

from __future__ import annotations

from lesson_answers.shared import ISR, UNPLUG, Answer, catches_the, runs, variant

RIGHT: dict[str, Answer] = {
    "05.1": variant(hold_device="get_only"),
    "05.2": variant(hold_device="neither"),
    "05.3": catches_the(ISR, UNPLUG, 3),
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "05.1": (variant(), variant(hold_device="neither")),
    "05.2": (variant(), variant(hold_device="put_only"), variant(deinit="after_grace_period")),
    "05.3": (runs(ISR, UNPLUG), runs(UNPLUG, ISR)),
}
