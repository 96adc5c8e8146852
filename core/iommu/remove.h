// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 5: from membership to freed memory, where most decisions of the patch are.
// Follows: drivers/iommu/iommu.c, [PATCH v4 07/24] and [PATCH v4 08/24].
//
// What a lockless reader can observe, as posted: list_del_rcu, dev->iommu_group and dev->iommu
// become NULL, dev_iommu is freed, mutex unlocked, links gone, name freed, synchronize_rcu,
// put_device, kfree(gdev), group put. The two frees before synchronize_rcu are not covered by its
// grace period.
#pragma once

#include "iommu/iommu.h"

namespace rcuscope {

/// BUS_NOTIFY_REMOVED_DEVICE. Context: process, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::iommu_release_device(ptr<device> dev) {
  if (w_.read(dev->iommu_group, Access::plain)) steps_.remove_group_device(*this, dev);
  // Still there if no driver ever took the device.
  if (w_.read(dev->iommu, Access::plain)) dev_iommu_free(dev);
}

/// For users that manage groups themselves. Context: process, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::iommu_group_remove_device(ptr<device> dev) {
  if (w_.read(dev->iommu_group, Access::plain)) steps_.remove_group_device(*this, dev);
}

template <class I>
void PostedSteps::remove_group_device(I& iommu, DevicePtr<I> dev) {
  auto w = iommu.world();
  // No reference is taken: two removers of one device may both get here.
  const GroupPtr<I> group = w.read(dev->iommu_group, Access::plain);
  w.mutex_lock(group->mutex);
  const GdevPtr<I> gdev = iommu.find_device(group, dev);
  if (gdev) {
    if (w.read(gdev->blocked, Access::plain)) iommu.drop_recovery_cnt(group);
    iommu.unlink(group, gdev);
    iommu.iommu_group_empty_assert_owner_cnt(group);
    iommu.leave_group(group, gdev, dev);
  } else {
    w.mutex_unlock(group->mutex);
  }
  switch (iommu.variant().group_put) {
    case Variant::GroupPut::always:
      return iommu.iommu_group_put(group);
    case Variant::GroupPut::if_found:
      if (gdev) iommu.iommu_group_put(group);
      return;
  }
}

/// New readers no longer find the gdev; those that stand on it go on. Context: group->mutex held.
template <World W, class Steps>
void Iommu<W, Steps>::unlink(ptr<iommu_group> group, ptr<group_device> gdev) {
  assert_held(group->mutex);
  const ptr<list_head<W>> node(&gdev->list);
  switch (variant_.unlink) {
    case Variant::Unlink::list_del_rcu:
      return list_del_rcu(w_, node);
    case Variant::Unlink::list_del:
      return list_del(w_, node);
  }
}

/// An empty group has no owner and no domain but its default one. A driver's own domain counts as
/// detached: the driver is unbound before the notifier, which is not modelled.
/// Context: group->mutex held.
template <World W, class Steps>
void Iommu<W, Steps>::iommu_group_empty_assert_owner_cnt(ptr<iommu_group> group) {
  assert_held(group->mutex);
  if (!list_empty(w_, ptr<list_head<W>>(&group->devices))) return;
  const int owner_cnt = w_.read(group->owner_cnt, Access::plain);
  const Domain domain = w_.read(group->domain, Access::plain);
  const Domain default_domain = w_.read(group->default_domain, Access::plain);
  warn_on(owner_cnt != 0 || (domain != default_domain && domain != Domain::driver_domain),
          group.raw(), "group->owner_cnt || group->domain != group->default_domain");
}

/// The common tail of removal and of a failed probe. Entered with group->mutex held, which it
/// releases; a probe that failed early has no gdev.
template <World W, class Steps>
void Iommu<W, Steps>::leave_group(ptr<iommu_group> group, ptr<group_device> gdev, ptr<device> dev) {
  const bool has_iommu = dev_has_iommu(dev);
  const bool waits = gdev && variant_.deinit == Variant::Deinit::after_grace_period;
  if (!has_iommu)
    w_.write(dev->iommu_group, nullptr, Access::assign);
  else if (!waits)
    steps_.deinit_device(*this, dev);
  if (gdev) {
    cancel_report_work(Variant::CancelWork::under_mutex, gdev);
    free_if(Variant::DeferFree::under_mutex, group, gdev);
  }
  w_.mutex_unlock(group->mutex);
  if (gdev) free_if(Variant::DeferFree::outside_mutex, group, gdev);
  if (has_iommu && waits) {
    w_.mutex_lock(group->mutex);
    steps_.deinit_device(*this, dev);
    w_.mutex_unlock(group->mutex);
  }
}

template <class I>
void PostedSteps::deinit_device(I& iommu, DevicePtr<I> dev) {
  auto w = iommu.world();
  const GroupPtr<I> group = w.read(dev->iommu_group, Access::plain);
  iommu.assert_held(group->mutex);
  w.remove_name(dev->kobj, w.intern("iommu"), EventKind::sysfs_remove_link);
  iommu.driver_call(dev, "release_device");
  if (list_empty(w, ptr<list_head<typename I::World>>(&group->devices))) {
    w.write(group->default_domain, Domain::none, Access::plain);
    w.write(group->blocking_domain, Domain::none, Access::plain);
    w.write(group->domain, Domain::none, Access::plain);
  }
  w.write(dev->iommu_group, nullptr, Access::assign);
  iommu.dev_iommu_free(dev);
}

/// dev->iommu = NULL, then the memory. Context: process.
template <World W, class Steps>
void Iommu<W, Steps>::dev_iommu_free(ptr<device> dev) {
  const ptr<dev_iommu> iommu = w_.read(dev->iommu, Access::plain);
  switch (variant_.free_dev_iommu) {
    case Variant::FreeDevIommu::kfree:
      w_.write(dev->iommu, nullptr, Access::plain);
      return w_.kfree(iommu);
    case Variant::FreeDevIommu::kfree_rcu:
      w_.write(dev->iommu, nullptr, Access::assign);
      return w_.kfree_rcu(iommu);
  }
}

template <class I>
void PostedSteps::free_group_device(I& iommu, GroupPtr<I> group, GdevPtr<I> gdev) {
  auto w = iommu.world();
  const DevicePtr<I> dev = w.read(gdev->dev, Access::plain);
  const auto name = w.read(gdev->name, Access::plain);
  w.remove_name(group->devices_directory, w.read(name->text, Access::plain),
                EventKind::sysfs_remove_link);
  w.remove_name(dev->kobj, iommu.iommu_group_link(), EventKind::sysfs_remove_link);
  w.trace(EventKind::remove_device_from_group, dev.raw(), w.object_id(group.raw()).value);
  iommu.free_name(Variant::FreeName::before_grace_period, gdev);
  iommu.cancel_report_work(Variant::CancelWork::before_grace_period, gdev);
  iommu.put_held_device(Variant::PutDevice::before_grace_period, gdev);
  iommu.free_gdev(Variant::FreeGdev::before_grace_period, gdev);
  iommu.reclaim(gdev);
}

/// Waits for pre-existing readers, or has somebody wait, and frees. Where nothing of the remover
/// runs after the grace period (call_rcu, kfree_rcu), the work is cancelled before: it is the last
/// place that may sleep.
template <World W, class Steps>
void Iommu<W, Steps>::reclaim(ptr<group_device> gdev) {
  using CancelWork = Variant::CancelWork;
  switch (variant_.reclaim) {
    case Variant::Reclaim::synchronize_rcu:
      w_.synchronize_rcu();
      cancel_report_work(CancelWork::after_grace_period, gdev);
      return free_after_grace_period(gdev);
    case Variant::Reclaim::synchronize_rcu_expedited:
      w_.synchronize_rcu_expedited();
      cancel_report_work(CancelWork::after_grace_period, gdev);
      return free_after_grace_period(gdev);
    case Variant::Reclaim::none:
      cancel_report_work(CancelWork::after_grace_period, gdev);
      return free_after_grace_period(gdev);
    case Variant::Reclaim::call_rcu:
      cancel_report_work(CancelWork::after_grace_period, gdev);
      return w_.call_rcu("group_device callback", [this, gdev] { free_after_grace_period(gdev); });
    case Variant::Reclaim::queue_rcu_work:  // init_works() says what it runs
      w_.queue_rcu_work(gdev->rcu_work);
      return;
    case Variant::Reclaim::kfree_rcu:
      cancel_report_work(CancelWork::after_grace_period, gdev);
      put_held_device(Variant::PutDevice::after_grace_period, gdev);
      if (variant_.free_name == Variant::FreeName::after_grace_period)
        w_.kfree_rcu(w_.read(gdev->name, Access::plain));
      return w_.kfree_rcu(gdev);
  }
}

/// What is left to do once no reader can stand on the gdev.
template <World W, class Steps>
void Iommu<W, Steps>::free_after_grace_period(ptr<group_device> gdev) {
  free_name(Variant::FreeName::after_grace_period, gdev);
  put_held_device(Variant::PutDevice::after_grace_period, gdev);
  free_gdev(Variant::FreeGdev::after_grace_period, gdev);
}

template <World W, class Steps>
bool Iommu<W, Steps>::takes_device_reference() const {
  switch (variant_.hold_device) {
    case Variant::HoldDevice::get_and_put:
    case Variant::HoldDevice::get_only:
      return true;
    case Variant::HoldDevice::neither:
    case Variant::HoldDevice::put_only:
      return false;
  }
  return true;
}

template <World W, class Steps>
bool Iommu<W, Steps>::drops_device_reference() const {
  switch (variant_.hold_device) {
    case Variant::HoldDevice::get_and_put:
    case Variant::HoldDevice::put_only:
      return true;
    case Variant::HoldDevice::neither:
    case Variant::HoldDevice::get_only:
      return false;
  }
  return true;
}

// Each of the following acts if `here` is the place that the variant chose for it.

/// Reads gdev->dev again: if the gdev was freed before, this read is the defect.
template <World W, class Steps>
void Iommu<W, Steps>::put_held_device(Variant::PutDevice here, ptr<group_device> gdev) {
  if (variant_.put_device == here && drops_device_reference())
    put_device(w_.read(gdev->dev, Access::plain));
}

template <World W, class Steps>
void Iommu<W, Steps>::free_name(Variant::FreeName here, ptr<group_device> gdev) {
  if (variant_.free_name == here) w_.kfree(w_.read(gdev->name, Access::plain));
}

template <World W, class Steps>
void Iommu<W, Steps>::free_gdev(Variant::FreeGdev here, ptr<group_device> gdev) {
  if (variant_.free_gdev == here) w_.kfree(gdev);
}

template <World W, class Steps>
void Iommu<W, Steps>::free_if(Variant::DeferFree here, ptr<iommu_group> group,
                              ptr<group_device> gdev) {
  if (variant_.defer_free == here) steps_.free_group_device(*this, group, gdev);
}

}  // namespace rcuscope
