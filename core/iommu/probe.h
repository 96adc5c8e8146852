// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 4: from a new device to a member of a group, one device or a whole bus.
// Follows: drivers/iommu/iommu.c, [PATCH v4 06/24], [PATCH v4 07/24] and [PATCH v4 08/24].
#pragma once

#include <vector>

#include "iommu/iommu.h"

namespace rcuscope {

/// Order of locks: iommu_probe_device_lock, then group->mutex; probe_finalize runs with neither.
/// Context: process, sleeps. Return: 0 or a negative errno.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_probe_device(ptr<device> dev, ptr<iommu_group> group) {
  w_.mutex_lock(iommu_probe_device_lock);
  const int error = steps_.probe_device(*this, dev, group, nullptr);
  w_.mutex_unlock(iommu_probe_device_lock);
  if (error) return error;
  iommu_group_do_probe_finalize(dev);
  return 0;
}

/// dev_iommu_ops() follows dev->iommu: a device that was released meanwhile faults here.
/// Context: process, sleeps; no lock.
template <World W, class Steps>
void Iommu<W, Steps>::iommu_group_do_probe_finalize(ptr<device> dev) {
  const ptr<dev_iommu> iommu = w_.read(dev->iommu, Access::plain);
  w_.read(iommu->iommu_dev, Access::plain);
  const Options& options = dev->record->options;
  if (!options.probe_finalize) return;
  driver_call(dev, "probe_finalize");
  w_.might_sleep("probe_finalize");
  options.probe_finalize(dev);
}

template <World W, class Steps>
bool Iommu<W, Steps>::dev_has_iommu(ptr<device> dev) {
  const ptr<dev_iommu> iommu = w_.read(dev->iommu, Access::plain);
  return iommu && w_.read(iommu->iommu_dev, Access::plain) != 0;
}

/// What the device has already, or a new one; ERR_PTR if there is no memory. Context:
/// iommu_probe_device_lock held.
template <World W, class Steps>
auto Iommu<W, Steps>::dev_iommu_get(ptr<device> dev) -> ptr<dev_iommu> {
  if (const ptr<dev_iommu> known = w_.read(dev->iommu, Access::plain)) return known;
  if (const int error = fault(FaultPoint::dev_iommu)) return ERR_PTR<dev_iommu>(error);
  const auto iommu =
      w_.template kzalloc<dev_iommu>("dev_iommu", w_.text(dev->name), Place::current());
  if (!iommu) return ERR_PTR<dev_iommu>(-ENOMEM);
  // A reader may follow dev->iommu only if its free waits for readers; then it is published, too.
  const bool is_rcu_protected = variant_.free_dev_iommu == Variant::FreeDevIommu::kfree_rcu;
  w_.write(dev->iommu, iommu, is_rcu_protected ? Access::assign : Access::plain);
  return iommu;
}

/// Publishes dev->iommu_group before any gdev exists. Context: iommu_probe_device_lock held,
/// sleeps. Return: 0, or a negative errno with everything undone in reverse.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_init_device(ptr<device> dev, ptr<iommu_group> group) {
  const ptr<dev_iommu> iommu = dev_iommu_get(dev);
  if (IS_ERR(iommu)) return PTR_ERR(iommu);
  int error = start_driver(dev, iommu);
  if (error == 0) {
    group = device_group(dev, group);
    if (!IS_ERR(group)) {
      w_.write(dev->iommu_group, group, Access::assign);
      return 0;
    }
    error = PTR_ERR(group);
    w_.remove_name(dev->kobj, w_.intern("iommu"), EventKind::sysfs_remove_link);
    driver_call(dev, "release_device");
    w_.write(iommu->iommu_dev, 0, Access::plain);
  }
  dev_iommu_free(dev);
  return error;
}

/// Module, driver and the link to the instance. Return: 0, or a negative errno with all of it
/// undone.
template <World W, class Steps>
int Iommu<W, Steps>::start_driver(ptr<device> dev, ptr<dev_iommu> iommu) {
  if (const int error = fault(FaultPoint::module_get)) return error;
  if (const int error = fault(FaultPoint::probe_device)) return error;
  driver_call(dev, "probe_device");
  w_.write(iommu->iommu_dev, 1, Access::plain);
  if (const int error = fault(FaultPoint::iommu_link)) {
    driver_call(dev, "release_device");
    w_.write(iommu->iommu_dev, 0, Access::plain);
    return error;
  }
  w_.add_name(dev->kobj, w_.intern("iommu"), EventKind::sysfs_create_link);
  return 0;
}

/// ops->device_group: the group comes with a reference for this device. Return: the group or
/// ERR_PTR.
template <World W, class Steps>
auto Iommu<W, Steps>::device_group(ptr<device> dev, ptr<iommu_group> group) -> ptr<iommu_group> {
  if (const int error = fault(FaultPoint::device_group)) return ERR_PTR<iommu_group>(error);
  driver_call(dev, "device_group");
  if (!group) group = dev->record->options.group;
  if (!group) return iommu_group_alloc(w_.text(dev->name));
  take_member_reference(group);
  return group;
}

template <class I>
int PostedSteps::probe_device(I& iommu, DevicePtr<I> dev, GroupPtr<I> group,
                              typename I::List* group_list) {
  auto w = iommu.world();
  if (w.read(dev->iommu_group, Access::plain)) return 0;
  if (const int error = iommu.iommu_init_device(dev, group)) return error;

  group = w.read(dev->iommu_group, Access::plain);
  GdevPtr<I> gdev = iommu.steps().alloc_group_device(iommu, group, dev);
  w.mutex_lock(group->mutex);
  int error = 0;
  if (IS_ERR(gdev)) {
    error = PTR_ERR(gdev);
    gdev = nullptr;
  } else {
    iommu.publish(group, gdev);
    error = iommu.attach_or_queue(group, dev, group_list);
    if (error == 0) {
      w.mutex_unlock(group->mutex);
      return 0;
    }
    // Readers may have found the gdev already: the error path needs the grace period of removal.
    iommu.unlink(group, gdev);
    iommu.iommu_group_empty_assert_owner_cnt(group);
  }
  iommu.leave_group(group, gdev, dev);
  iommu.iommu_group_put(group);
  return error;
}

/// Context: group->mutex held. Return: 0 or a negative errno.
template <World W, class Steps>
int Iommu<W, Steps>::attach_or_queue(ptr<iommu_group> group, ptr<device> dev, List* group_list) {
  const bool has_default = w_.read(group->default_domain, Access::plain) != Domain::none;
  const bool has_domain = w_.read(group->domain, Access::plain) != Domain::none;
  warn_on(has_default && !has_domain, group.raw(), "group->default_domain && !group->domain");
  if (has_domain) return iommu_device_set_domain(dev);
  if (has_default) return 0;
  if (group_list == nullptr) return iommu_setup_default_domain(group);
  if (w_.read(group->entry, Access::plain)) return 0;
  w_.write(group->entry, group, Access::plain);
  if (group_list->last)
    w_.write(group_list->last->entry, group, Access::plain);
  else
    group_list->first = group;
  group_list->last = group;
  return 0;
}

template <class I>
int PostedSteps::bus_probe(I& iommu, std::span<const DevicePtr<I>> devices) {
  auto w = iommu.world();
  GroupList<I> group_list;
  for (const DevicePtr<I> dev : devices) {
    iommu.get_device(dev);  // the bus's iterator pins the device
    w.mutex_lock(iommu.iommu_probe_device_lock);
    const int error = iommu.steps().probe_device(iommu, dev, nullptr, &group_list);
    w.mutex_unlock(iommu.iommu_probe_device_lock);
    iommu.put_device(dev);
    if (error != 0 && error != -ENODEV) return error;
  }
  GroupPtr<I> group = group_list.first;
  while (group) {
    w.mutex_lock(group->mutex);
    const GroupPtr<I> next = w.read(group->entry, Access::plain);
    w.write(group->entry, nullptr, Access::plain);
    const int error = iommu.iommu_setup_default_domain(group);
    w.mutex_unlock(group->mutex);
    if (error) return error;
    iommu.finalize_group(group);
    group = next == group ? nullptr : next;
  }
  return 0;
}

/// What bus_iommu_probe leaves open: probe_finalize may take group->mutex and sleeps, so neither
/// the mutex nor a read-side critical section can be held, and the walk is not protected at all.
template <World W, class Steps>
void Iommu<W, Steps>::finalize_group(ptr<iommu_group> group) {
  const auto finalize_each = [this](Walk walk) {
    while (const ptr<group_device> gdev = walk.next())
      iommu_group_do_probe_finalize(w_.read(gdev->dev, Access::plain));
  };
  switch (variant_.finalize_loop) {
    case Variant::FinalizeLoop::list_for_each_entry:
      return finalize_each(Walk(w_, group, Access::plain));
    case Variant::FinalizeLoop::for_each_group_device:
      return finalize_each(for_each_group_device(group));
    case Variant::FinalizeLoop::mutex:
      w_.mutex_lock(group->mutex);
      finalize_each(for_each_group_device(group));
      return w_.mutex_unlock(group->mutex);
    case Variant::FinalizeLoop::rcu_read_lock:
      w_.rcu_read_lock();
      finalize_each(for_each_group_device(group));
      return w_.rcu_read_unlock();
    case Variant::FinalizeLoop::snapshot:
      return finalize_snapshot(group);
  }
}

/// Pins the devices under the mutex, finalizes after it. dev->iommu may still vanish in between.
template <World W, class Steps>
void Iommu<W, Steps>::finalize_snapshot(ptr<iommu_group> group) {
  const typename W::Owning owning(w_);
  std::vector<ptr<device>> devices;
  w_.mutex_lock(group->mutex);
  Walk walk = for_each_group_device(group);
  while (const ptr<group_device> gdev = walk.next()) {
    devices.push_back(w_.read(gdev->dev, Access::plain));
    get_device(devices.back());
  }
  w_.mutex_unlock(group->mutex);
  for (const ptr<device> dev : devices) {
    iommu_group_do_probe_finalize(dev);
    put_device(dev);
  }
}

}  // namespace rcuscope
