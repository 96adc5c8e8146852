# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 01."""

from __future__ import annotations

from typing import Any

import rcuscope as rs

from lesson_answers.shared import (
    Answer,
    catches_the,
    does_nothing,
    forgets_to_free,
    frees_at_once,
    runs,
    waits,
    waits_too_early,
)


def replaces(k: rs.Kernel, published: Any) -> None:
    old = k.xchg(published, k.kzalloc("config", value=2))
    k.synchronize_rcu()
    k.kfree(old)


def replaces_without_waiting(k: rs.Kernel, published: Any) -> None:
    k.kfree(k.xchg(published, k.kzalloc("config", value=2)))


def replaces_and_leaks(k: rs.Kernel, published: Any) -> None:
    k.xchg(published, k.kzalloc("config", value=2))


RIGHT: dict[str, Answer] = {
    "01.1": waits,
    "01.2": catches_the("interrupt", "removal", 3),
    "01.3": replaces,
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "01.1": (frees_at_once, waits_too_early, forgets_to_free, does_nothing),
    "01.2": (runs("interrupt", "removal"), runs("removal", "interrupt"), does_nothing),
    "01.3": (replaces_without_waiting, replaces_and_leaks, does_nothing),
}
