# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 04."""

from __future__ import annotations

from typing import Any

import rcuscope as rs

from lesson_answers.shared import Answer, catches_the, does_nothing, runs, variant


def moves_after_a_wait(k: rs.Kernel, entry: Any, there: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.list_add_tail_rcu(entry, there)


def moves_a_copy(k: rs.Kernel, entry: Any, there: Any) -> None:
    k.list_add_tail_rcu(k.kzalloc("copy", value=entry.value), there)
    k.list_del_rcu(entry)
    k.kfree_rcu(entry)


def moves_at_once(k: rs.Kernel, entry: Any, there: Any) -> None:
    k.list_del_rcu(entry)
    k.list_add_tail_rcu(entry, there)


def moves_with_list_del(k: rs.Kernel, entry: Any, there: Any) -> None:
    k.list_del(entry)
    k.synchronize_rcu()
    k.list_add_tail_rcu(entry, there)


def loses_it(k: rs.Kernel, entry: Any, there: Any) -> None:
    del there
    k.list_del_rcu(entry)


def frees_both_after_the_wait(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry.name)
    k.kfree(entry)


def frees_the_name_first(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.kfree(entry.name)
    k.synchronize_rcu()
    k.kfree(entry)


def frees_the_name_last(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)
    k.kfree(entry.name)


def keeps_the_name(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)


RIGHT: dict[str, Answer] = {
    "04.1": catches_the("reader", "removal", 3),
    "04.2": moves_after_a_wait,
    "04.3": frees_both_after_the_wait,
    "04.4": variant(free_name="after_grace_period"),
}
OTHER_RIGHT: dict[str, tuple[Answer, ...]] = {"04.2": (moves_a_copy,)}
WRONG: dict[str, tuple[Answer, ...]] = {
    "04.1": (runs("reader", "removal"), runs("removal", "reader"), does_nothing),
    "04.2": (moves_at_once, moves_with_list_del, loses_it, does_nothing),
    "04.3": (frees_the_name_first, frees_the_name_last, keeps_the_name, does_nothing),
    "04.4": (variant(), variant(reclaim="queue_rcu_work"), variant(deinit="after_grace_period")),
}
