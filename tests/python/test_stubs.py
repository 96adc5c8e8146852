# SPDX-License-Identifier: LGPL-2.1-or-later
"""The committed stubs are those of the module; every public name is documented."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest
import rcuscope as rs
from rcuscope import _core

MODULES = ["rcuscope"] + [
    f"rcuscope.{found.name}"
    for found in pkgutil.iter_modules(rs.__path__)
    if not found.name.startswith("_")
]


# Of the public contract: Kernel as a whole, without the methods of handles.
PRIMITIVES = """
rcu_read_lock rcu_read_unlock rcu_read_side rcu_read_lock_bh rcu_read_unlock_bh
rcu_read_lock_sched rcu_read_unlock_sched rcu_read_lock_held rcu_read_lock_any_held
synchronize_rcu synchronize_rcu_expedited rcu_barrier kvfree_rcu_barrier
get_state_synchronize_rcu start_poll_synchronize_rcu poll_state_synchronize_rcu
cond_synchronize_rcu call_rcu call_rcu_hurry kfree_rcu kfree_rcu_mightsleep queue_rcu_work
flush_rcu_work srcu_struct srcu_read_lock srcu_read_unlock srcu_read_side srcu_dereference
synchronize_srcu call_srcu srcu_barrier work queue_work cancel_work_sync disable_work_sync
enable_work flush_work flush_workqueue mutex mutex_lock mutex_unlock mutex_trylock spinlock
spin_lock spin_unlock spin_trylock spin_lock_irqsave spin_unlock_irqrestore spin_lock_irq
spin_unlock_irq spin_lock_bh spin_unlock_bh local_irq_disable local_irq_enable local_bh_disable
local_bh_enable preempt_disable preempt_enable lockdep_is_held lockdep_assert_held completion
complete wait_for_completion shared load store READ_ONCE WRITE_ONCE smp_load_acquire
smp_store_release xchg xchg_relaxed xchg_acquire xchg_release cmpxchg cmpxchg_relaxed
cmpxchg_acquire cmpxchg_release atomic_add_return atomic_add_return_relaxed
atomic_add_return_acquire atomic_add_return_release smp_mb smp_rmb smp_wmb rcu_dereference
rcu_dereference_check rcu_dereference_protected rcu_access_pointer rcu_assign_pointer cpu_relax
kzalloc kmalloc kfree list_head list_add_rcu list_add_tail_rcu list_add list_add_tail
list_del_rcu list_del list_replace_rcu list_empty list_for_each_entry_rcu list_for_each_entry
kref kref_get kref_put kref_get_unless_zero get_device put_device kobject_put
refcount_inc_not_zero might_sleep msleep in_task in_hardirq in_serving_softirq WARN_ON BUG_ON
note process kthread threaded_irq softirq hardirq at_end device device_unregister iommu_group
iommu_probe_device iommu_release_device bus_iommu_probe probe_finalize iommu_attach_device
pci_dev_reset_iommu_prepare pci_dev_reset_iommu_done inject_fault dev_to_gdev dev_to_gdev_rcu
iommu_report_device_broken dev_has_iommu
"""


def load_generator() -> ModuleType:
    path = Path(__file__).with_name("make_stubs.py")
    spec = importlib.util.spec_from_file_location("make_stubs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_stubs_are_those_of_the_module() -> None:
    pytest.importorskip("pybind11_stubgen")
    if not _core.has_live:
        pytest.skip("the committed stubs are those of a build with the live world")
    generator = load_generator()
    committed = generator.STUBS.read_text(encoding="utf-8")
    assert committed == generator.generate(), "run `python tests/python/make_stubs.py`"


def test_all_names_what_is_public() -> None:
    assert sorted(rs.__all__) == sorted(set(rs.__all__))
    for name in rs.__all__:
        assert hasattr(rs, name), name


def test_every_public_name_has_a_docstring() -> None:
    for name in rs.__all__:
        thing = getattr(rs, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"rcuscope.{name}"


def test_every_primitive_has_a_docstring_that_begins_with_its_signature() -> None:
    for owner in (rs.Kernel, rs.IommuGroup):
        for name, method in vars(owner).items():
            if name.startswith("_") or not callable(method):
                continue
            assert (method.__doc__ or "").startswith(f"{name}(self"), f"{owner.__name__}.{name}"


# What Linux has no function for.
OURS = """
load store shared note process kthread threaded_irq softirq hardirq at_end inject_fault
rcu_read_side srcu_read_side
"""


def test_primitives_of_the_contract_say_where_linux_has_them() -> None:
    names = set(PRIMITIVES.split()) - set(OURS.split())
    told = {name: getattr(rs.Kernel, name).__doc__ for name in names}
    assert sorted(name for name, text in told.items() if "\nSource: " not in text) == []


def test_kinds_of_events_and_findings_tell_what_they_mean() -> None:
    events, findings = (inspect.getdoc(kinds) or "" for kinds in (rs.EventKind, rs.FindingKind))
    assert [kind.name for kind in rs.EventKind if f"- {kind.name}" not in events] == []
    assert "- rcu_read_lock: value: nesting depth after; Linux: lock:lock_acquire" in events
    assert [kind.name for kind in rs.FindingKind if f"- {kind.name}: " not in findings] == []
    assert "- use_after_free: use after free; a kernel shows it with CONFIG_KASAN" in findings


def test_kernel_has_every_primitive_of_the_contract() -> None:
    assert [name for name in PRIMITIVES.split() if not hasattr(rs.Kernel, name)] == []


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.live
def test_examples_in_docstrings_run(name: str) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    done = doctest.testmod(importlib.import_module(name), optionflags=flags)
    assert done.failed == 0
