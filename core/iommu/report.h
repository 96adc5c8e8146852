// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 6: finding a device's membership, and the one RCU reader that the series adds.
// Follows: drivers/iommu/iommu.c, [PATCH v4 08/24] and [PATCH v4 11/24].
#pragma once

#include "base/error.h"
#include "iommu/iommu.h"

namespace rcuscope {

/// __dev_to_gdev. Context: dev->iommu_group->mutex held. Return: null if it is no member.
template <World W, class Steps>
auto Iommu<W, Steps>::dev_to_gdev(ptr<device> dev) -> ptr<group_device> {
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::plain);
  assert_held(group->mutex);
  return find_device(group, dev);
}

/// __dev_to_gdev_rcu. Context: any, inside a read-side critical section, which is also how long the
/// result is valid. The caller's driver pins `dev`. Return: null if it is no member.
template <World W, class Steps>
auto Iommu<W, Steps>::dev_to_gdev_rcu(ptr<device> dev) -> ptr<group_device> {
  const auto group = rcu_dereference_check<ptr<iommu_group>>(w_, dev->iommu_group, false);
  return group ? find_device_rcu(group, dev) : nullptr;
}

/// Leaves dev->iommu alone, which is freed before the grace period: the worker looks at it.
template <class I>
void PostedSteps::report_device_broken(I& iommu, DevicePtr<I> dev) {
  auto w = iommu.world();
  iommu.require_report_work();
  w.rcu_read_lock();
  if (const GdevPtr<I> gdev = iommu.dev_to_gdev_rcu(dev)) w.queue_work(gdev->work);
  w.rcu_read_unlock();
}

/// Fences the device that was reported, unless it left the group meanwhile. The gdev is alive as
/// long as removal waits for this work before freeing it. Context: kworker, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::iommu_group_broken_worker(ptr<group_device> gdev) {
  const ptr<device> dev = w_.read(gdev->dev, Access::plain);
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::once);
  if (!group) return;
  w_.mutex_lock(group->mutex);
  const bool is_member = find_device(group, dev) == gdev;
  if (is_member && dev_has_iommu(dev) && !w_.read(gdev->blocked, Access::plain)) {
    driver_call(dev, "attach_dev");
    block(group, gdev);
  }
  w_.mutex_unlock(group->mutex);
}

/// Both works of a new gdev; the second one is for reclaim=queue_rcu_work.
template <World W, class Steps>
void Iommu<W, Steps>::init_works(ptr<group_device> gdev) {
  if (config_.has_report_work)
    w_.init_work(gdev->work, "broken worker", [this, gdev] { iommu_group_broken_worker(gdev); });
  if (variant_.reclaim == Variant::Reclaim::queue_rcu_work)
    w_.init_work(gdev->rcu_work, "group_device work", [this, gdev] {
      cancel_report_work(Variant::CancelWork::after_grace_period, gdev);
      free_after_grace_period(gdev);
    });
}

/// Cancels if `here` is the place that the variant chose for it. Posted: after the grace period,
/// when nobody can queue it any more, and disabled for good. Context: process, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::cancel_report_work(Variant::CancelWork here, ptr<group_device> gdev) {
  if (!config_.has_report_work || variant_.cancel_work != here) return;
  switch (here) {
    case Variant::CancelWork::after_grace_period:
      w_.disable_work_sync(gdev->work);
      return;
    case Variant::CancelWork::before_grace_period:
    case Variant::CancelWork::under_mutex:
      w_.cancel_work_sync(gdev->work);
      return;
    case Variant::CancelWork::none:
      return;
  }
}

template <World W, class Steps>
void Iommu<W, Steps>::require_report_work() const {
  if (!config_.has_report_work)
    throw UsageError(
        "iommu_report_device_broken: has_report_work is false, so no gdev has a work item; set "
        "IommuConfig::has_report_work");
}

}  // namespace rcuscope
