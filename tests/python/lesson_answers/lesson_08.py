# SPDX-License-Identifier: LGPL-2.1-or-later
"""Answers of lesson 08."""

from __future__ import annotations

from typing import Any

import rcuscope as rs

from lesson_answers.shared import Answer, does_nothing, frees_at_once, frees_later, waits


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


RIGHT: dict[str, Answer] = {
    "08.1": looks_up,
    "08.2": frees_later,
    "08.3": adds,
}
WRONG: dict[str, tuple[Answer, ...]] = {
    "08.1": (looks_up_after_the_section, looks_up_without_a_section, does_nothing),
    "08.2": (waits, frees_at_once, does_nothing),
    "08.3": (adds_too_early, adds_without_order, does_nothing),
}
