# SPDX-License-Identifier: LGPL-2.1-or-later
"""Classes that replace steps of the machinery, for the tests; in a file, so that they pickle."""

from __future__ import annotations

import rcuscope as rs


def detach(k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> rs.Device:
    """The first part of freeing a gdev, up to its name."""
    dev, name = gdev.dev, gdev.name
    k.sysfs_remove_link(group, name.text)
    k.sysfs_remove_link(dev, "iommu_group")
    k.trace_remove_device_from_group(group, dev)
    k.kfree(name)
    return dev


class Posted(rs.Iommu):
    """free_group_device as posted, in Python."""

    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        detach(k, group, gdev)
        k.synchronize_rcu()
        k.put_device(gdev.dev)
        k.kfree(gdev)


class NoGracePeriod(rs.Iommu):
    """The same without synchronize_rcu."""

    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        dev = detach(k, group, gdev)
        k.put_device(dev)
        k.kfree(gdev)


class Callback(rs.Iommu):
    """The last put and the free in a callback."""

    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        detach(k, group, gdev)
        k.call_rcu(self._free, k, gdev)

    def _free(self, k: rs.Kernel, gdev: rs.GroupDevice) -> None:
        k.put_device(gdev.dev)
        k.kfree(gdev)


class AllButOne(rs.Iommu):
    """Every step of a membership as posted, in Python; `_unlink` is for others to change."""

    def alloc_group_device(
        self, k: rs.Kernel, group: rs.IommuGroup, dev: rs.Device
    ) -> rs.GroupDevice | int:
        gdev = k.kzalloc_group_device(dev)
        if isinstance(gdev, int):
            return gdev
        gdev.dev = dev
        k.get_device(dev)
        error = k.sysfs_create_link(dev, "iommu_group")
        if error == 0:
            error = self._name(k, group, gdev, dev)
            if error == 0:
                k.trace_add_device_to_group(group, dev)
                return gdev
            k.sysfs_remove_link(dev, "iommu_group")
        k.put_device(dev)
        k.kfree(gdev)
        return error

    def _name(
        self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice, dev: rs.Device
    ) -> int:
        name = k.kzalloc_device_name(dev.name)
        if isinstance(name, int):
            return name
        gdev.name = name
        error = k.sysfs_create_link(group, dev.name)
        if error:
            k.kfree(name)
        return error

    def add_group_device(self, k: rs.Kernel, group: rs.IommuGroup, dev: rs.Device) -> int:
        gdev = self.alloc_group_device(k, group, dev)
        if isinstance(gdev, int):
            return gdev
        k.iommu_group_ref_get(group)
        k.rcu_assign_pointer(dev["iommu_group"], group)
        with group.mutex:
            k.list_add_tail_rcu(gdev, group.devices)
        return 0

    def remove_group_device(self, k: rs.Kernel, dev: rs.Device) -> None:
        group = dev.iommu_group
        assert group is not None
        with group.mutex:
            gdev = group.find_device(dev)
            if gdev is not None:
                if gdev.blocked:
                    group.recovery_cnt -= 1
                self._unlink(k, gdev)
                if k.dev_has_iommu(dev):
                    self.deinit_device(k, dev)
                else:
                    k.rcu_assign_pointer(dev["iommu_group"], None)
        if gdev is not None:
            self.free_group_device(k, group, gdev)
        k.iommu_group_put(group)

    def _unlink(self, k: rs.Kernel, gdev: rs.GroupDevice) -> None:
        k.list_del_rcu(gdev)

    def deinit_device(self, k: rs.Kernel, dev: rs.Device) -> None:
        group = dev.iommu_group
        assert group is not None
        k.lockdep_assert_held(group.mutex)
        k.sysfs_remove_link(dev, "iommu")
        k.driver_call(dev, "release_device")
        if k.list_empty(group.devices):
            group.default_domain = group.blocking_domain = group.domain = 0
        k.rcu_assign_pointer(dev["iommu_group"], None)
        iommu = dev.iommu
        assert iommu is not None
        dev.iommu = None
        k.kfree(iommu)

    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        detach(k, group, gdev)
        k.synchronize_rcu()
        if gdev.work is not None:
            k.disable_work_sync(gdev.work)
        k.put_device(gdev.dev)
        k.kfree(gdev)

    def report_device_broken(self, k: rs.Kernel, dev: rs.Device) -> None:
        with k.rcu_read_side():
            gdev = k.dev_to_gdev_rcu(dev)
            if gdev is not None and gdev.work is not None:
                k.queue_work(gdev.work)


class ListDel(AllButOne):
    """list_del in place of list_del_rcu."""

    def _unlink(self, k: rs.Kernel, gdev: rs.GroupDevice) -> None:
        k.list_del(gdev)


class Bus(AllButOne):
    """The walk over a bus and the probe of a device as posted, in Python."""

    def bus_probe(self, k: rs.Kernel, devices: object) -> int:
        groups = k.group_list()
        for dev in devices:  # type: ignore[attr-defined]
            k.get_device(dev)
            with k.iommu_probe_device_lock():
                error = self.probe_device(k, dev, None, groups)
            k.put_device(dev)
            if error not in (0, -19):
                return error
        group = groups.first
        while group is not None:
            with group.mutex:
                following = group.entry
                group.entry = None
                error = k.iommu_setup_default_domain(group)
            if error:
                return error
            k.iommu_finalize_group(group)
            group = None if following == group else following
        return 0

    def probe_device(
        self,
        k: rs.Kernel,
        dev: rs.Device,
        group: rs.IommuGroup | None,
        group_list: rs.GroupList | None,
    ) -> int:
        if dev.iommu_group is not None:
            return 0
        error = k.iommu_init_device(dev, group)
        if error:
            return error
        group = dev.iommu_group
        assert group is not None
        gdev = self.alloc_group_device(k, group, dev)
        with group.mutex:
            if isinstance(gdev, int):
                error = gdev
                self.deinit_device(k, dev)
            else:
                k.list_add_tail_rcu(gdev, group.devices)
                error = k.iommu_attach_or_queue(group, dev, group_list)
                if error:
                    k.list_del_rcu(gdev)
                    self.deinit_device(k, dev)
        if error:
            if not isinstance(gdev, int):
                self.free_group_device(k, group, gdev)
            k.iommu_group_put(group)
        return error


class Counts(rs.Iommu):
    """State on self: lives for one execution."""

    def __init__(self) -> None:
        self.calls = 0

    def free_group_device(self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice) -> None:
        self.calls += 1
        k.WARN_ON(self.calls > 2)  # one for each device, at unplug or teardown
        super().free_group_device(k, group, gdev)


class Raises(rs.Iommu):
    """A step that goes wrong."""

    def remove_group_device(self, k: rs.Kernel, dev: rs.Device) -> None:
        raise KeyError(dev.name)
