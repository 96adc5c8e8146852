# SPDX-License-Identifier: LGPL-2.1-or-later
"""Iommu: the steps of the machinery as methods, for programs that replace some of them."""

from __future__ import annotations

import difflib
import inspect
import pickle
import sys
from collections.abc import Iterable
from typing import Any, Final

from rcuscope import _core


class Iommu:
    """The replaceable steps of the machinery; derive from it to write some of them in Python.

    `rs.explore(scenario, iommu=MyIommu)`, and likewise `rs.run` and `rs.replay`, call the methods
    that the class overrides; `super()` calls the step as posted, with the variant in force. The
    machinery's own calls of a step go to the override, too.

    One object is made for each execution, by `MyIommu()`: attributes of `self` live as long as the
    execution. What outlives it (attributes of the class, globals) makes executions differ, which
    ends in `NondeterminismError`.

    `k` is the execution's `Kernel`. Steps that fail return a negative errno, such as -12 for
    -ENOMEM. A pointer that may be an error instead (ERR_PTR in C) is a handle or a negative int. A
    step that raises, or returns something else than its signature says, is a finding of kind
    `error`.

    What a step needs besides the primitives: `k.kzalloc_group_device`, `k.kzalloc_device_name`,
    `k.sysfs_create_link`, `k.sysfs_remove_link`, `k.iommu_group_ref_get`, `k.iommu_group_put`,
    `k.iommu_init_device`, `k.iommu_attach_or_queue`, `k.iommu_setup_default_domain`,
    `k.iommu_finalize_group`, `k.iommu_probe_device_lock`, `k.group_list`, `k.driver_call`,
    `k.trace_add_device_to_group`, `k.trace_remove_device_from_group`; and the fields of group,
    gdev and device, which can be assigned: a plain store. `k.rcu_assign_pointer(dev["iommu_group"],
    group)` publishes.

    Public methods of a class that come close to the name of a step are refused as typing errors.
    The names of helpers begin with an underscore.

    Example:
        >>> import rcuscope as rs
        >>> class FreesAtOnce(rs.Iommu):
        ...     def free_group_device(
        ...         self, k: rs.Kernel, group: rs.IommuGroup, gdev: rs.GroupDevice
        ...     ) -> None:
        ...         "As posted, but for the missing synchronize_rcu."
        ...         dev, name = gdev.dev, gdev.name
        ...         k.sysfs_remove_link(group, name.text)
        ...         k.sysfs_remove_link(dev, "iommu_group")
        ...         k.trace_remove_device_from_group(group, dev)
        ...         k.kfree(name)
        ...         k.put_device(dev)
        ...         k.kfree(gdev)
        >>> rs.explore("posted", iommu=FreesAtOnce).findings[0].kind
        'use_after_free'
    """

    def alloc_group_device(
        self, k: _core.Kernel, group: _core.IommuGroup, dev: _core.Device
    ) -> _core.GroupDevice | int:
        """iommu_group_alloc_device: gdev, device reference, links; not yet on the list.

        Context: process, sleeps, no lock.

        Returns:
            The gdev, or a negative errno with everything undone.
        """
        return k._posted_alloc_group_device(group, dev)

    def add_group_device(self, k: _core.Kernel, group: _core.IommuGroup, dev: _core.Device) -> int:
        """iommu_group_add_device: publishes dev.iommu_group, then the list node.

        Context: process, sleeps.

        Returns:
            0 or a negative errno.
        """
        return k._posted_add_group_device(group, dev)

    def put_group(self, k: _core.Kernel, group: _core.IommuGroup | None) -> None:
        """iommu_group_put: drops a reference; None is allowed.

        Context: process; the last one sleeps.
        """
        k._posted_put_group(group)

    def probe_device(
        self,
        k: _core.Kernel,
        dev: _core.Device,
        group: _core.IommuGroup | None,
        group_list: _core.GroupList | None,
    ) -> int:
        """__iommu_probe_device: init, alloc, list, attach.

        Context: process, k.iommu_probe_device_lock() held.

        Args:
            k: The kernel.
            dev: The new member.
            group: What ops->device_group finds; None = a new one.
            group_list: Of bus_probe: takes groups that wait for their default domain; else None.

        Returns:
            0 or a negative errno.
        """
        return k._posted_probe_device(dev, group, group_list)

    def bus_probe(self, k: _core.Kernel, devices: Iterable[_core.Device]) -> int:
        """bus_iommu_probe: probes devices, sets their groups up, then finalizes with no lock.

        Context: process, sleeps.

        Returns:
            0 or a negative errno, which leaves later groups as they are.
        """
        return k._posted_bus_probe(devices)

    def remove_group_device(self, k: _core.Kernel, dev: _core.Device) -> None:
        """__iommu_group_remove_device: unlinks under group.mutex, frees after it.

        Context: process, sleeps; the caller owns a reference to the device.
        """
        k._posted_remove_group_device(dev)

    def deinit_device(self, k: _core.Kernel, dev: _core.Device) -> None:
        """iommu_deinit_device: the driver lets go; dev.iommu_group and dev.iommu become None.

        Context: process, group.mutex held.
        """
        k._posted_deinit_device(dev)

    def free_group_device(
        self, k: _core.Kernel, group: _core.IommuGroup, gdev: _core.GroupDevice
    ) -> None:
        """__iommu_group_free_device: links, name, grace period, device reference, gdev.

        Context: process, sleeps, no lock.
        """
        k._posted_free_group_device(group, gdev)

    def report_device_broken(self, k: _core.Kernel, dev: _core.Device) -> None:
        """iommu_report_device_broken: queues the work item of the device's gdev.

        Context: any.
        """
        k._posted_report_device_broken(dev)

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        for name, attribute in vars(cls).items():
            if name in STEPS:
                _check_step(cls, name, attribute)
            elif not name.startswith("_") and inspect.isroutine(attribute):
                _check_helper(cls, name)


STEPS: Final = tuple(
    name for name, method in vars(Iommu).items() if inspect.isfunction(method) and name[0] != "_"
)


def _check_step(cls: type, name: str, attribute: object) -> None:
    if not inspect.isfunction(attribute):
        raise TypeError(
            f"{cls.__qualname__}.{name}={attribute!r}: a step is a plain method, "
            f"{name}{inspect.signature(getattr(Iommu, name))}"
        )
    if attribute.__code__.co_flags & (
        inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
    ):
        raise TypeError(
            f"{cls.__qualname__}.{name} is a generator or coroutine: calling it runs nothing"
        )
    expected = tuple(inspect.signature(getattr(Iommu, name)).parameters)
    try:
        inspect.signature(attribute).bind(*expected)
    except TypeError as error:
        raise TypeError(
            f"{cls.__qualname__}.{name}: {error}; expected the arguments ({', '.join(expected)})"
        ) from None


def _check_helper(cls: type, name: str) -> None:
    close = difflib.get_close_matches(name, STEPS, n=1, cutoff=0.8)
    if close:
        raise TypeError(
            f"{cls.__qualname__}.{name}: there is no such step; did you mean {close[0]}? The name "
            "of a helper begins with an underscore"
        )


def check_iommu(iommu: object) -> None:
    """Raises TypeError unless it is None or a class that can replace steps."""
    if iommu is None:
        return
    if isinstance(iommu, Iommu):
        raise TypeError(
            f"iommu={iommu!r}: expected the class {type(iommu).__qualname__} itself; an object of "
            "it is made for each execution"
        )
    if not isinstance(iommu, type) or not issubclass(iommu, Iommu):
        raise TypeError(f"iommu={iommu!r}: expected a class derived from rs.Iommu")
    try:
        inspect.signature(iommu).bind()
    except TypeError as error:
        raise TypeError(
            f"iommu={iommu.__qualname__}: {error}; it is made without arguments, once for each "
            "execution"
        ) from None


def replaced_steps(iommu: type[Iommu]) -> list[str]:
    """Names of the steps that the class overrides."""
    return [name for name in STEPS if getattr(iommu, name) is not getattr(Iommu, name)]


def core_options(iommu: type[Iommu] | None) -> dict[str, Any]:
    """The class for the core: nothing for None."""
    return {} if iommu is None else {"iommu": iommu, "steps": replaced_steps(iommu)}


def to_sendable(iommu: type[Iommu] | None) -> type[Iommu] | bytes | None:
    """What another process can unpickle: the class if it can import it, else its value.

    Raises:
        PicklingError: if it has to be sent by value and cloudpickle is not there.
    """
    if iommu is None:
        return None
    found: object = sys.modules.get(iommu.__module__)
    for part in iommu.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is iommu and iommu.__module__ != "__main__":
        return iommu
    try:
        import cloudpickle  # noqa: PLC0415  an extra, and only here
    except ImportError:
        if found is iommu:  # of use for this process and its children
            return iommu
        raise pickle.PicklingError(
            f"{iommu.__module__}.{iommu.__qualname__} is not a name that another process can "
            "import, and sending it by value needs cloudpickle: pip install 'rcuscope[cluster]'"
        ) from None
    value: bytes = cloudpickle.dumps(iommu)
    return value


def from_sendable(sent: type[Iommu] | bytes | None) -> type[Iommu] | None:
    """What `to_sendable` was given."""
    if not isinstance(sent, bytes):
        return sent
    iommu: type[Iommu] = pickle.loads(sent)
    return iommu
