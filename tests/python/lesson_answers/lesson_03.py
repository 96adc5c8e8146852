# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 03."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rcuscope as rs

from lesson_answers.shared import (
    ISR,
    UNPLUG,
    Answer,
    does_nothing,
    frees_at_once,
    frees_later,
    runs,
    waits,
)

Forget = Callable[[Any], None]


def leaves_it_to_a_worker(k: rs.Kernel, entry: Any, forget: Forget) -> None:
    def finish() -> None:
        forget(entry)
        k.kfree(entry)

    k.list_del_rcu(entry)
    k.queue_rcu_work(k.work(finish))


def leaves_it_to_a_callback(k: rs.Kernel, entry: Any, forget: Forget) -> None:
    def finish() -> None:
        forget(entry)
        k.kfree(entry)

    k.list_del_rcu(entry)
    k.call_rcu(finish)


def forgets_at_once(k: rs.Kernel, entry: Any, forget: Forget) -> None:
    k.list_del_rcu(entry)
    forget(entry)
    k.kfree_rcu(entry)


def leaves_it_to_a_worker_at_once(k: rs.Kernel, entry: Any, forget: Forget) -> None:
    def finish() -> None:
        forget(entry)
        k.kfree(entry)

    k.list_del_rcu(entry)
    k.queue_work(k.work(finish))


def only_frees(k: rs.Kernel, entry: Any, forget: Forget) -> None:
    del forget
    frees_later(k, entry)


def callback_in_time(session: rs.Session) -> None:
    """The callback runs before the unplug's own put."""
    while "group_device callback" not in [choice.actor for choice in session.choices]:
        session.choose(UNPLUG)
    runs("group_device callback", UNPLUG, ISR)(session)


RIGHT: dict[str, Answer] = {
    "03.1": frees_later,
    "03.2": leaves_it_to_a_worker,
    "03.3": runs(UNPLUG, ISR, "group_device callback"),
    "03.4": lambda k: k.rcu_barrier(),
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "03.1": (waits, frees_at_once, does_nothing),
    "03.2": (
        leaves_it_to_a_callback,
        forgets_at_once,
        leaves_it_to_a_worker_at_once,
        only_frees,
        does_nothing,
    ),
    "03.3": (callback_in_time, runs(UNPLUG, ISR), does_nothing),
    "03.4": (does_nothing, lambda k: k.synchronize_rcu()),
}
