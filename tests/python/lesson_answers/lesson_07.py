# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 07."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import rcuscope as rs

from lesson_answers.shared import Answer, does_nothing, runs, variant

Act = Callable[[Any], None]
WALK, UNPLUG = "bus walk", "hot unplug"


def unplugs_in_the_loop(session: rs.Session) -> None:
    while not any("read of dev->iommu" in choice.operation for choice in session.choices):
        session.choose(WALK)
    for actor in (UNPLUG, WALK):  # a data race shows on the way
        while actor in [choice.actor for choice in session.choices]:
            session.choose(actor)


def finalize_held(entries: list[Any], finalize: Act, put: Act) -> None:
    for entry in entries:
        finalize(entry)
        put(entry)


def with_references(
    k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act
) -> None:
    with lock:
        entries: list[Any] = list(k.list_for_each_entry(devices))
        for entry in entries:
            get(entry)
    finalize_held(entries, finalize, put)


def with_references_as_reader(
    k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act
) -> None:
    del lock
    with k.rcu_read_side():
        entries: list[Any] = list(k.list_for_each_entry_rcu(devices))
        for entry in entries:
            get(entry)
    finalize_held(entries, finalize, put)


def without_protection(
    k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act
) -> None:
    del lock, get, put
    for entry in k.list_for_each_entry(devices):
        finalize(entry)


def under_the_lock(
    k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act
) -> None:
    del get, put
    with lock:
        for entry in k.list_for_each_entry(devices):
            finalize(entry)


def in_a_section(k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act) -> None:
    del lock, get, put
    with k.rcu_read_side():
        for entry in k.list_for_each_entry_rcu(devices):
            finalize(entry)


def never_puts(k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act) -> None:
    with_references(k, devices, lock, finalize, get, lambda _: None)
    del put


def gets_too_late(k: rs.Kernel, devices: Any, lock: Any, finalize: Act, get: Act, put: Act) -> None:
    with lock:
        entries: list[Any] = list(k.list_for_each_entry(devices))
    for entry in entries:
        get(entry)
        finalize(entry)
        put(entry)


def waits_for_the_domain(k: rs.Kernel, entry: Any, lock: Any, domain: Any) -> None:
    with lock:
        k.list_del_rcu(entry)
    k.synchronize_srcu(domain)
    k.kfree(entry)


def waits_for_others(k: rs.Kernel, entry: Any, lock: Any, domain: Any) -> None:
    del domain
    with lock:
        k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)


def waits_under_the_lock(k: rs.Kernel, entry: Any, lock: Any, domain: Any) -> None:
    with lock:
        k.list_del_rcu(entry)
        k.synchronize_srcu(domain)
    k.kfree(entry)


RIGHT: dict[str, Answer] = {
    "07.1": unplugs_in_the_loop,
    "07.2": variant(finalize_loop="mutex"),
    "07.3": with_references,
    "07.4": waits_for_the_domain,
}
OTHER_RIGHT: dict[str, tuple[Answer, ...]] = {"07.3": (with_references_as_reader,)}
WRONG: dict[str, tuple[Answer, ...]] = {
    "07.1": (runs(WALK, UNPLUG), does_nothing),
    "07.2": (variant(), variant(finalize_loop="snapshot"), variant(finalize_loop="rcu_read_lock")),
    "07.3": (
        without_protection,
        under_the_lock,
        in_a_section,
        never_puts,
        gets_too_late,
        does_nothing,
    ),
    "07.4": (waits_for_others, waits_under_the_lock, does_nothing),
}
