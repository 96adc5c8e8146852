# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handles: identity, fields, and wrong use that must never crash the interpreter."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]


def test_handles_of_one_object_are_equal_and_hash_alike(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        one, other = k.kzalloc("thing"), k.kzalloc("thing")
        p = k.shared("p", one)

        @k.process
        def actor() -> None:
            again = k.load(p)
            assert again == one
            assert again is not one
            assert hash(again) == hash(one)
            assert one != other
            assert len({one, again, other}) == 2
            assert one != 3
            assert one != None  # noqa: E711  comparing with None is no access

    assert kinds(body) == []


def test_comparing_hashing_and_printing_are_no_operations() -> None:
    def body(k: rs.Kernel, is_curious: bool) -> None:
        thing = k.kzalloc("thing", value=1)
        nic = k.device("0000:01:00.0")

        @k.process
        def actor() -> None:
            k.kfree(thing)
            if is_curious:
                _ = (thing == nic, hash(thing), repr(thing), str(nic), nic.name)
                _ = (thing._private if hasattr(thing, "_private") else None, thing.__class__)

    plain = rs.explore(lambda k: body(k, False))
    curious = rs.explore(lambda k: body(k, True))
    assert plain.findings == curious.findings == ()
    assert plain.steps == curious.steps


def test_repr_names_kind_and_object() -> None:
    def body(k: rs.Kernel) -> None:
        assert repr(k.kzalloc("config")) == "<HeapObject config>"
        assert repr(k.device("0000:01:00.0")) == "<Device 0000:01:00.0>"
        assert repr(k.iommu_group("7")) == "<IommuGroup 7>"
        assert repr(k.mutex("m")) == "<Mutex>"

    rs.explore(body)


def test_types_are_public() -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1)
        assert isinstance(thing, rs.HeapObject)
        assert isinstance(thing["value"], rs.Location)
        assert isinstance(k.list_head("l"), rs.ListHead)
        assert isinstance(k.mutex("m"), rs.Mutex)
        assert isinstance(k.kref("r"), rs.Kref)
        assert isinstance(k.work(lambda: None), rs.Work)
        assert isinstance(k.device("d"), rs.Device)
        assert isinstance(k.iommu_group("g"), rs.IommuGroup)
        assert isinstance(thing, rs.Handle)

    rs.explore(body)


def test_unknown_field_is_an_attribute_error() -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1)
        with pytest.raises(AttributeError, match=r"<HeapObject thing> has no field 'valeu'"):
            _ = thing.valeu
        with pytest.raises(AttributeError, match="'valeu'"):
            thing.valeu = 1
        with pytest.raises(KeyError, match="valeu"):
            _ = thing["valeu"]
        with pytest.raises(AttributeError):
            del thing.value

    rs.explore(body)


def test_fields_by_name_and_as_locations(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1, next=None)

        @k.process
        def actor() -> None:
            thing.value = 5
            k.BUG_ON(k.READ_ONCE(thing["value"]) != 5)
            k.rcu_assign_pointer(thing["next"], thing)
            k.BUG_ON(thing.next != thing or thing.next.next.value != 5)
            k.kfree(thing)

    assert kinds(body) == []


def test_names_of_fields_are_checked() -> None:
    with pytest.raises(rs.UsageError, match="_hidden"):
        rs.explore(lambda k: k.kzalloc("thing", _hidden=1))
    with pytest.raises(rs.UsageError, match="at most 32"):
        rs.explore(lambda k: k.kzalloc("thing", **{f"f{i}": i for i in range(33)}))
    with pytest.raises(rs.UsageError, match="at most 4"):
        rs.explore(lambda k: k.kzalloc("thing", nodes=tuple("abcde")))


@pytest.mark.parametrize("count", [0, 1, 4, 5, 12, 13, 32])
def test_objects_of_every_size(kinds: Kinds, count: int) -> None:
    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", nodes=("a", "b"), **{f"f{i}": i for i in range(count)})
        head = k.list_head("h")

        @k.process
        def actor() -> None:
            k.list_add(thing, head, node="b")
            for i in range(count):
                k.BUG_ON(getattr(thing, f"f{i}") != i)
            k.BUG_ON(next(iter(k.list_for_each_entry(head))) != thing)

    assert kinds(body) == []


def test_wrong_kinds_of_handles_are_type_errors() -> None:
    def body(k: rs.Kernel) -> None:
        thing, m, nic = k.kzalloc("thing", value=1), k.mutex("m"), k.device("d")
        wrong: list[Callable[[], Any]] = [
            lambda: k.mutex_lock(thing),
            lambda: k.kfree(m),
            lambda: k.list_add(m, k.list_head("h")),
            lambda: k.READ_ONCE(thing),
            lambda: k.device_unregister("d"),
            lambda: k.iommu_group("g").add_device(thing),
            lambda: k.queue_work(lambda: None),
            lambda: k.kref_get(nic),
            lambda: k.call_rcu(3),
        ]
        for call in wrong:
            with pytest.raises(TypeError, match="expected"):
                call()

    rs.explore(body)


def test_wrong_arguments_are_type_errors() -> None:
    def body(k: rs.Kernel) -> None:
        for call in (
            lambda: k.synchronize_rcu(1),
            k.mutex_lock,
            lambda: k.kfree(k.kzalloc("t"), obj=1),
            k.kzalloc,
            lambda: k.note(3),
        ):
            with pytest.raises(TypeError):
                call()

    rs.explore(body)


def test_store_to_machinery_is_checked() -> None:
    def body(k: rs.Kernel) -> None:
        nic = k.device("d")
        with pytest.raises(rs.UsageError, match="reference count"):
            k.WRITE_ONCE(nic["refcount"], 3)
        with pytest.raises(rs.UsageError, match="another kind"):
            k.WRITE_ONCE(nic["iommu_group"], nic)
        with pytest.raises(AttributeError):
            nic.refcount = 3

    rs.explore(body)


# ---- after the execution
def keep_everything() -> tuple[rs.Kernel, list[Any]]:
    kept: list[Any] = []

    def body(k: rs.Kernel) -> None:
        thing = k.kzalloc("thing", value=1)
        group = k.iommu_group("7")
        kept[:] = [k, thing, thing["value"], k.mutex("m"), group, k.device("d"), k.rcu_read_side()]
        kept.append(k.list_for_each_entry(k.list_head("h")))

    rs.explore(body)
    return kept[0], kept


def test_kernel_is_refused_after_its_execution() -> None:
    k, _ = keep_everything()
    for call in (k.synchronize_rcu, k.rcu_read_lock, k.rcu_read_side, lambda: k.shared("x")):
        with pytest.raises(rs.UsageError, match="runs no actor of that execution"):
            call()
    assert "over" in repr(k)


def test_handles_are_refused_after_their_execution() -> None:
    k, kept = keep_everything()
    _, thing, location, m, group, nic, guard, walk = kept
    uses: list[Callable[[], Any]] = [
        lambda: thing.value,
        lambda: setattr(thing, "value", 2),
        lambda: k.READ_ONCE(location),
        m.__enter__,
        lambda: group.devices,
        lambda: group.name,
        lambda: nic.refcount,
        lambda: nic["iommu"],
        lambda: group.add_device(nic),
        guard.__enter__,
        lambda: next(walk),
    ]
    for use in uses:
        with pytest.raises(rs.UsageError, match="execution"):
            use()
    for handle in kept[1:6]:
        assert "over" in repr(handle)
        assert hash(handle) == hash(handle)
        assert handle == handle


def test_handles_of_another_execution_are_refused() -> None:
    _, kept = keep_everything()
    stale = kept[1]

    def body(k: rs.Kernel) -> None:
        with pytest.raises(rs.UsageError, match="another execution"):
            k.kfree(stale)
        with pytest.raises(rs.UsageError, match="another execution"):
            k.shared("x", stale)
        assert k.kzalloc("thing", value=1) != stale

    rs.explore(body)


def test_primitives_are_refused_on_a_thread_of_the_scenarios_own() -> None:
    errors: list[BaseException] = []

    def body(k: rs.Kernel) -> None:
        def call() -> None:
            try:
                k.synchronize_rcu()
            except rs.UsageError as error:
                errors.append(error)

        thread = threading.Thread(target=call)
        thread.start()
        thread.join()

    rs.explore(body)
    assert len(errors) == 1


def test_handles_cannot_be_made_by_hand() -> None:
    for kind in (rs.Kernel, rs.HeapObject, rs.Location, rs.Device, rs.Handle):
        with pytest.raises(TypeError):
            kind()


def test_kept_handles_do_not_keep_the_run() -> None:
    _, kept = keep_everything()
    kept.clear()
    gc.collect()
    assert rs.explore("posted").outcome == "SAFE"
