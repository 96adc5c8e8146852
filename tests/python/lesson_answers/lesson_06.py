# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 06."""

from __future__ import annotations

from typing import Any

import rcuscope as rs

from lesson_answers.shared import Answer, catches_the, does_nothing, runs, variant


def publish_one_more(k: rs.Kernel, lock: Any, published: Any) -> Any:
    old: Any = k.rcu_dereference_protected(published, k.lockdep_is_held(lock))
    k.rcu_assign_pointer(published, k.kzalloc("config", value=old.value + 1))
    return old


def waits_without_the_lock(k: rs.Kernel, lock: Any, domain: Any, published: Any) -> None:
    with lock:
        old = publish_one_more(k, lock, published)
    k.synchronize_srcu(domain)
    k.kfree(old)


def waits_under_the_lock(k: rs.Kernel, lock: Any, domain: Any, published: Any) -> None:
    with lock:
        old = publish_one_more(k, lock, published)
        k.synchronize_srcu(domain)
        k.kfree(old)


def takes_no_lock(k: rs.Kernel, lock: Any, domain: Any, published: Any) -> None:
    del lock
    old: Any = k.READ_ONCE(published)
    k.rcu_assign_pointer(published, k.kzalloc("config", value=old.value + 1))
    k.synchronize_srcu(domain)
    k.kfree(old)


def waits_for_the_wrong_readers(k: rs.Kernel, lock: Any, domain: Any, published: Any) -> None:
    del domain
    with lock:
        old = publish_one_more(k, lock, published)
    k.synchronize_rcu()
    k.kfree(old)


def leaves_it_to_a_callback(k: rs.Kernel, lock: Any, domain: Any, published: Any) -> None:
    with lock:
        old = publish_one_more(k, lock, published)
        k.call_srcu(domain, k.kfree, old)


def cancels_after_the_wait(k: rs.Kernel, entry: Any, lock: Any, work: Any) -> None:
    with lock:
        k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.cancel_work_sync(work)
    k.kfree(entry)


def cancels_under_the_lock(k: rs.Kernel, entry: Any, lock: Any, work: Any) -> None:
    with lock:
        k.list_del_rcu(entry)
        k.cancel_work_sync(work)
    k.synchronize_rcu()
    k.kfree(entry)


def cancels_too_early(k: rs.Kernel, entry: Any, lock: Any, work: Any) -> None:
    with lock:
        k.list_del_rcu(entry)
    k.cancel_work_sync(work)
    k.synchronize_rcu()
    k.kfree(entry)


def never_cancels(k: rs.Kernel, entry: Any, lock: Any, work: Any) -> None:
    del work
    with lock:
        k.list_del_rcu(entry)
    k.synchronize_rcu()
    k.kfree(entry)


RIGHT: dict[str, Answer] = {
    "06.1": catches_the("reader", "updater", 2),
    "06.2": waits_without_the_lock,
    "06.3": cancels_after_the_wait,
    "06.4": variant(cancel_work="under_mutex"),
}
OTHER_RIGHT: dict[str, tuple[Answer, ...]] = {
    "06.2": (leaves_it_to_a_callback,),
    "06.4": (variant(defer_free="under_mutex"),),
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "06.1": (runs("reader", "updater"), runs("updater", "reader"), does_nothing),
    "06.2": (waits_under_the_lock, takes_no_lock, waits_for_the_wrong_readers, does_nothing),
    "06.3": (cancels_under_the_lock, cancels_too_early, never_cancels, does_nothing),
    "06.4": (variant(), variant(cancel_work="none"), variant(cancel_work="before_grace_period")),
}
