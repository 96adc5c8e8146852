# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 02."""

from __future__ import annotations

from lesson_answers.shared import Answer, variant

RIGHT: dict[str, Answer] = {
    "02.1": variant(unlink="list_del"),
    "02.2": variant(reclaim="call_rcu"),
    "02.3": variant(reclaim="queue_rcu_work"),
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "02.1": (variant(), variant(reclaim="none"), variant(unlink="list_del", reclaim="none")),
    "02.2": (variant(), variant(reclaim="none")),
    "02.3": (variant(), variant(reclaim="none"), variant(hold_device="neither")),
}
