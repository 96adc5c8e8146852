# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machinery of the patch from Python: API.md, section 4."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest
import rcuscope as rs

Kinds = Callable[..., list[str]]


def alone(steps: Callable[[rs.Kernel], object]) -> Callable[[rs.Kernel], None]:
    """A scenario of one process."""

    def body(k: rs.Kernel) -> None:
        k.process("alone")(lambda: steps(k))

    return body


def test_membership_and_its_fields(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        group, nic, other = k.iommu_group("7"), k.device("nic"), k.device("other")
        assert group.add_device(nic) == 0
        assert (group.name, nic.name) == ("7", "nic")

        @k.process
        def actor() -> None:
            k.BUG_ON(nic.iommu_group != group or nic.refcount < 1)
            with group.mutex:
                gdev = group.find_device(nic)
                k.BUG_ON(gdev.dev != nic or gdev.name.text != "nic" or gdev.blocked)
                k.BUG_ON(group.find_device(other) is not None)
                k.BUG_ON([g.dev for g in group.for_each_device()] != [nic])
                k.BUG_ON(k.dev_to_gdev(nic) != gdev)
                k.BUG_ON([g for g in k.list_for_each_entry(group.devices)] != [gdev])  # noqa: C416
                k.BUG_ON(k.READ_ONCE(gdev["dev"]) != nic)
            with k.rcu_read_side():
                k.BUG_ON(k.dev_to_gdev_rcu(nic) != gdev)
                k.BUG_ON(k.rcu_dereference(nic["iommu_group"]) != group)
            k.BUG_ON(group.recovery_cnt != 0)
            group.remove_device(nic)
            k.BUG_ON(nic.iommu_group is not None or not k.list_empty(group.devices))

    assert kinds(body) == []


def test_probe_attach_reset_release(kinds: Kinds) -> None:
    finalized: list[str] = []

    def body(k: rs.Kernel) -> None:
        nic = k.device("nic", probe_finalize=lambda dev: finalized.append(dev.name))
        group = k.iommu_group("7", pinned=False)
        assert k.iommu_probe_device(nic, group) == 0

        @k.process
        def actor() -> None:
            k.BUG_ON(not k.dev_has_iommu(nic) or nic.iommu.iommu_dev == 0)
            k.BUG_ON(k.iommu_attach_device(nic) != 0)
            k.BUG_ON(k.pci_dev_reset_iommu_prepare(nic) != 0)
            k.BUG_ON(group.recovery_cnt != 1)
            k.BUG_ON(k.iommu_attach_device(nic) != -errno.EBUSY)
            k.pci_dev_reset_iommu_done(nic)
            k.BUG_ON(group.recovery_cnt != 0)
            k.iommu_release_device(nic)
            k.BUG_ON(nic.iommu is not None or k.dev_has_iommu(nic))

    assert kinds(body) == []
    assert finalized


def test_bus_probe(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        devices = [k.device(name) for name in ("a", "b")]
        assert k.bus_iommu_probe(devices) == 0
        assert all(dev.iommu_group is not None for dev in devices)
        with pytest.raises(TypeError, match="a list of devices"):
            k.bus_iommu_probe([devices[0], "b"])

    assert kinds(body) == []


def test_report_queues_the_work_of_the_gdev(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        nic = k.device("nic")
        group = k.iommu_group("7")
        k.iommu_probe_device(nic, group)
        k.hardirq("ATC time-out")(lambda: k.iommu_report_device_broken(nic))
        k.process("unplug")(lambda: k.iommu_release_device(nic))

    assert kinds(body) == []
    before = rs.explore(body, variant=rs.Variant(cancel_work="before_grace_period"))
    assert before.meets("use_after_free")
    assert rs.explore(body, variant=rs.Variant(cancel_work="under_mutex")).meets("deadlock")


PROBE_POINTS = (
    *("alloc_device", "sysfs_link", "attach", "default_domain", "probe_device", "device_group"),
    *("dev_iommu", "module_get", "iommu_link", "device_name"),
)


@pytest.mark.parametrize("point", PROBE_POINTS)
def test_failed_probe_leaves_nothing_to_readers(kinds: Kinds, point: str) -> None:
    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("nic")
        k.inject_fault(point, error=-errno.EIO)

        @k.hardirq
        def isr() -> None:
            with k.rcu_read_side():
                gdev = k.dev_to_gdev_rcu(nic)
                k.WARN_ON(gdev is not None and gdev.dev != nic)

        @k.process
        def probe() -> None:
            k.WARN_ON(k.iommu_probe_device(nic, group) != -errno.EIO)
            k.WARN_ON(nic.iommu_group is not None)
            k.WARN_ON(nic.iommu is not None)
            k.WARN_ON(nic.refcount != 1)

    assert kinds(body) == []


@pytest.mark.parametrize("point", ["group_id", "group_kobject", "group_devices_kobj", "group_file"])
def test_new_group_that_fails_is_gone(kinds: Kinds, point: str) -> None:
    def body(k: rs.Kernel) -> None:
        nic = k.device("nic")
        k.inject_fault(point, error=-errno.ENFILE)

        @k.process
        def probe() -> None:
            k.WARN_ON(k.iommu_probe_device(nic) != -errno.ENFILE)
            k.WARN_ON(k.iommu_probe_device(nic) != 0)

    assert kinds(body) == []


@pytest.mark.parametrize("point", ["alloc_device", "sysfs_link", "device_name"])
def test_injected_faults_take_the_error_paths(kinds: Kinds, point: str) -> None:
    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("nic")
        k.inject_fault(point, error=-errno.ENOMEM)
        assert group.add_device(nic) == -errno.ENOMEM
        assert group.add_device(nic) == 0

    assert kinds(body) == []


@pytest.mark.parametrize(
    ("inject", "message"),
    [
        (lambda k: k.inject_fault("everything"), "everything"),
        (lambda k: k.inject_fault("attach", error=12), "error is 12"),
        (lambda k: k.inject_fault("attach", nth=0), "nth is 0"),
    ],
)
def test_wrong_faults_say_why(inject: Callable[[rs.Kernel], object], message: str) -> None:
    with pytest.raises(rs.UsageError, match=message):
        rs.explore(inject)


def test_references_of_devices(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        nic = k.device("nic")

        @k.process
        def user() -> None:
            k.get_device(nic)
            k.BUG_ON(not k.refcount_inc_not_zero(nic))
            k.put_device(nic)
            k.kobject_put(nic)

        @k.at_end
        def unplug() -> None:
            k.device_unregister(nic)

    assert kinds(body) == []


def test_forgotten_put_is_a_leak(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        nic = k.device("nic")

        @k.process
        def user() -> None:
            k.get_device(nic)
            k.device_unregister(nic)

    assert kinds(body) == ["leak"]


def test_group_references(kinds: Kinds) -> None:
    def body(k: rs.Kernel, puts: bool) -> None:
        group = k.iommu_group("7")

        @k.process
        def user() -> None:
            assert group.get() == group
            if puts:
                group.put()

    assert kinds(lambda k: body(k, True)) == []
    assert kinds(lambda k: body(k, False)) == ["leak"]


def test_release_that_cannot_sleep_may_run_in_a_callback(kinds: Kinds) -> None:
    def body(k: rs.Kernel, release_sleeps: bool) -> None:
        group, nic = k.iommu_group("7"), k.device("nic", release_sleeps=release_sleeps)
        group.add_device(nic)
        k.process("unplug")(lambda: k.device_unregister(nic))

    variant = rs.Variant(reclaim="call_rcu", cancel_work="none")
    assert kinds(lambda k: body(k, True), variant=variant) == ["sleeping_in_atomic"]
    assert kinds(lambda k: body(k, False), variant=variant) == []


def test_error_in_a_release_is_a_finding(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        def release(dev: rs.Device) -> None:
            raise ValueError(dev.name)

        nic = k.device("nic", release=release)
        k.process("unplug")(lambda: k.device_unregister(nic))

    assert kinds(body) == ["error"]


def test_walk_without_protection_is_suspicious(kinds: Kinds) -> None:
    def body(k: rs.Kernel) -> None:
        group = k.iommu_group("7")
        k.process("walker")(lambda: list(group.for_each_device()))
        k.process("reader")(lambda: list(group.for_each_device_rcu()))

    assert kinds(body) == ["suspicious_rcu_usage", "suspicious_rcu_usage"]


def test_entries_of_another_kind_are_refused() -> None:
    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("nic")
        group.add_device(nic)
        with group.mutex:
            gdev = group.find_device(nic)
        with pytest.raises(rs.UsageError, match="the list holds GroupDevice"):
            k.list_add(k.kzalloc("thing"), group.devices)
        with pytest.raises(rs.UsageError, match="the list holds HeapObject"):
            k.list_add(gdev, k.list_head("things"))

    rs.explore(body)


@pytest.mark.parametrize("lookup", ["find_device", "find_device_rcu"])
def test_lookup_without_protection_is_suspicious(kinds: Kinds, lookup: str) -> None:
    def body(k: rs.Kernel) -> None:
        group, nic = k.iommu_group("7"), k.device("nic")
        group.add_device(nic)
        k.process("reader")(lambda: getattr(group, lookup)(nic) and None)

    assert kinds(body) == ["suspicious_rcu_usage"]
