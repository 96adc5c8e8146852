# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers to the exercises: one that is right, and wrong ones, for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rcuscope as rs

Answer = Callable[..., Any]


# ---- 01
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


def replaces(k: rs.Kernel, published: Any) -> None:
    old = k.xchg(published, k.kzalloc("config", value=2))
    k.synchronize_rcu()
    k.kfree(old)


def replaces_without_waiting(k: rs.Kernel, published: Any) -> None:
    k.kfree(k.xchg(published, k.kzalloc("config", value=2)))


def replaces_and_leaks(k: rs.Kernel, published: Any) -> None:
    k.xchg(published, k.kzalloc("config", value=2))


# ---- 08
def looks_up(k: rs.Kernel, devices: Any, wanted: int) -> int | None:
    with k.rcu_read_side():
        for entry in k.list_for_each_entry_rcu(devices):
            value: int = entry.value
            if value == wanted:
                return value
    return None


def looks_up_after_the_section(k: rs.Kernel, devices: Any, wanted: int) -> int | None:
    with k.rcu_read_side():
        entries = list(k.list_for_each_entry_rcu(devices))
    return next((entry.value for entry in entries if entry.value == wanted), None)


def looks_up_without_a_section(k: rs.Kernel, devices: Any, wanted: int) -> int | None:
    for entry in k.list_for_each_entry_rcu(devices):
        value: int = entry.value
        if value == wanted:
            return value
    return None


def frees_later(k: rs.Kernel, entry: Any) -> None:
    k.list_del_rcu(entry)
    k.kfree_rcu(entry)


def adds(k: rs.Kernel, devices: Any) -> None:
    entry = k.kmalloc("entry", "value")
    entry.value = 3
    k.list_add_tail_rcu(entry, devices)


def adds_too_early(k: rs.Kernel, devices: Any) -> None:
    entry = k.kmalloc("entry", "value")
    k.list_add_tail_rcu(entry, devices)
    entry.value = 3


def adds_without_order(k: rs.Kernel, devices: Any) -> None:
    entry = k.kmalloc("entry", "value")
    entry.value = 3
    k.list_add_tail(entry, devices)


def variant(**decisions: str) -> Answer:
    return lambda: rs.Variant(**decisions)


ISR, UNPLUG = "ATC time-out ISR", "hot unplug"
RIGHT: dict[str, Answer] = {
    "01.1": waits,
    "01.2": catches_the("interrupt", "removal", 3),
    "01.3": replaces,
    "02.1": variant(unlink="list_del"),
    "02.2": variant(reclaim="call_rcu"),
    "02.3": variant(reclaim="queue_rcu_work"),
    "05.1": variant(hold_device="get_only"),
    "05.2": variant(hold_device="neither"),
    "05.3": catches_the(ISR, UNPLUG, 3),
    "08.1": looks_up,
    "08.2": frees_later,
    "08.3": adds,
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "01.1": (frees_at_once, waits_too_early, forgets_to_free, does_nothing),
    "01.2": (runs("interrupt", "removal"), runs("removal", "interrupt"), does_nothing),
    "01.3": (replaces_without_waiting, replaces_and_leaks, does_nothing),
    "02.1": (variant(), variant(reclaim="none"), variant(unlink="list_del", reclaim="none")),
    "02.2": (variant(), variant(reclaim="none")),
    "02.3": (variant(), variant(reclaim="none"), variant(hold_device="neither")),
    "05.1": (variant(), variant(hold_device="neither")),
    "05.2": (variant(), variant(hold_device="put_only"), variant(deinit="after_grace_period")),
    "05.3": (runs(ISR, UNPLUG), runs(UNPLUG, ISR)),
    "08.1": (looks_up_after_the_section, looks_up_without_a_section, does_nothing),
    "08.2": (waits, frees_at_once, does_nothing),
    "08.3": (adds_too_early, adds_without_order, does_nothing),
}
