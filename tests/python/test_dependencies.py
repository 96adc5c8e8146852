# SPDX-License-Identifier: LGPL-2.1-or-later
"""A handle carries the dependency of the load that gave it; other handles of the object do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import rcuscope as rs

Access = Callable[[rs.Kernel, Any, Any], object]


def published(access: Access, *, stores: Callable[[rs.Kernel, Any], object]) -> rs.Scenario:
    """One actor fills an object and publishes it; the other one is told of its two handles."""

    @rs.scenario
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=0)
        place = k.shared("place", None)

        @k.process
        def writer() -> None:
            stores(k, thing)
            k.rcu_assign_pointer(place, thing)

        @k.process
        def reader() -> None:
            with k.rcu_read_side():
                loaded = k.rcu_dereference(place)
                if loaded is not None:
                    access(k, loaded, thing)

    return body


def plain_store(_k: rs.Kernel, thing: Any) -> None:
    thing.value = 1


def marked_store(k: rs.Kernel, thing: Any) -> None:
    k.WRITE_ONCE(thing["value"], 1)


def outcome(scenario: rs.Scenario) -> str:
    verdict = rs.explore(scenario, memory="sc")
    kinds = {finding.kind for finding in verdict.findings}
    assert kinds <= {"data_race"}, verdict
    return "data_race" if kinds else verdict.limit or verdict.outcome


@pytest.mark.parametrize(
    "access",
    [
        lambda _k, handle: handle.value,
        lambda k, handle: k.load(handle["value"]),
        lambda k, handle: k.store(handle["value"], 2),
        lambda _k, handle: setattr(handle, "value", 2),
    ],
)
def test_captured_handle_does_not_hide_a_race(access: Callable[[rs.Kernel, Any], object]) -> None:
    through_loaded = published(lambda k, loaded, _: access(k, loaded), stores=plain_store)
    assert outcome(through_loaded) == "SAFE"
    through_captured = published(lambda k, _, thing: access(k, thing), stores=plain_store)
    assert outcome(through_captured) == "data_race"


def test_use_of_one_handle_says_nothing_about_the_other() -> None:
    def loaded_first(_k: rs.Kernel, loaded: Any, thing: Any) -> int:
        return int(loaded.value + thing.value)

    def captured_first(k: rs.Kernel, loaded: Any, thing: Any) -> int:
        k.rcu_access_pointer(thing["other"])
        return int(loaded.value)

    assert outcome(published(loaded_first, stores=plain_store)) == "data_race"

    @rs.scenario
    def both(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=0, other=None)
        place = k.shared("place", None)

        @k.process
        def writer() -> None:
            thing.value = 1
            k.rcu_assign_pointer(place, thing)

        @k.process
        def reader() -> None:
            with k.rcu_read_side():
                loaded = k.rcu_dereference(place)
                if loaded is not None:
                    captured_first(k, loaded, thing)

    assert outcome(both) == "SAFE"


def test_captured_handle_is_not_ordered_for_marked_accesses_either() -> None:
    loaded = published(lambda k, loaded, _: k.READ_ONCE(loaded["value"]), stores=marked_store)
    assert outcome(loaded) == "SAFE"
    captured = published(lambda k, _, thing: k.READ_ONCE(thing["value"]), stores=marked_store)
    assert outcome(captured) == "memory"


def test_handle_that_another_actor_loaded_carries_nothing() -> None:
    @rs.scenario
    def passed_on(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=0)
        place = k.shared("place", None)
        passed: list[Any] = []

        @k.process
        def writer() -> None:
            thing.value = 1
            k.rcu_assign_pointer(place, thing)

        @k.process
        def first_reader() -> None:
            with k.rcu_read_side():
                loaded = k.rcu_dereference(place)
                if loaded is not None:
                    passed.append(loaded)

        @k.process
        def second_reader() -> None:
            k.rcu_access_pointer(place)
            if passed:  # a variable of Python: no order
                k.load(passed[0]["value"])

    assert outcome(passed_on) == "data_race"


@pytest.mark.parametrize("is_captured", [False, True])
def test_entries_of_a_walk_are_reached_through_it(is_captured: bool) -> None:
    @rs.scenario
    def walk(k: rs.Kernel) -> None:
        things = k.list_head("things")
        thing = k.kzalloc("thing", value=0)

        @k.process
        def writer() -> None:
            thing.value = 1
            k.list_add_rcu(thing, things)

        @k.process
        def reader() -> None:
            with k.rcu_read_side():
                for found in k.list_for_each_entry_rcu(things):
                    k.load((thing if is_captured else found)["value"])

    assert outcome(walk) == ("data_race" if is_captured else "SAFE")
