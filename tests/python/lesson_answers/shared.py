# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers, and parts of answers, that several lessons share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rcuscope as rs

Answer = Callable[..., Any]
ISR, UNPLUG = "ATC time-out ISR", "hot unplug"


def waits(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)


def frees_at_once(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.kfree(entry)


def waits_too_early(k: rs.Kernel, entry: Any) -> None:
    k.synchronize_rcu()
    k.list_del_rcu(entry)
    k.kfree(entry)


def forgets_to_free(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.synchronize_rcu()


def does_nothing(*_: Any) -> None:
    pass


def run_through(session: rs.Session, actor: str) -> None:
    while actor in [choice.actor for choice in session.choices] and session.finding is None:
        session.choose(actor)


def catches_the(reader: str, remover: str, operations: int) -> Answer:
    def answer(session: rs.Session) -> None:
        for _ in range(operations):
            session.choose(reader)
        run_through(session, remover)
        run_through(session, reader)

    return answer


def runs(*actors: str) -> Answer:
    def answer(session: rs.Session) -> None:
        for actor in actors:
            run_through(session, actor)

    return answer


def frees_later(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.kfree_rcu(entry)


def variant(**decisions: str) -> Answer:
    return lambda: rs.Variant(**decisions)
