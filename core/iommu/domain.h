// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 3: attaching domains, and the fence around a device under reset.
// Follows: drivers/iommu/iommu.c. Direct mappings, DMA ops and PASIDs are not modelled.
#pragma once

#include "iommu/iommu.h"

namespace rcuscope {

/// One device's ops->attach_dev. Context: group->mutex held, sleeps.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_device_set_domain(ptr<device> dev) {
  if (const int error = fault(FaultPoint::attach)) return error;
  driver_call(dev, "attach_dev");
  return 0;
}

/// Attaches all members. Only ever to the first domain of a group or to the domain of its one
/// member, so an error has no other member to take back. Context: group->mutex held.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_group_set_domain(ptr<iommu_group> group, Domain domain) {
  assert_held(group->mutex);
  Walk walk = for_each_group_device(group);
  while (const ptr<group_device> gdev = walk.next())
    if (const int error = iommu_device_set_domain(w_.read(gdev->dev, Access::plain))) return error;
  w_.write(group->domain, domain, Access::plain);
  return 0;
}

/// The first domain of a group; a failure leaves the group without one, and so does a group whose
/// members left while it was queued. Context: group->mutex held.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_setup_default_domain(ptr<iommu_group> group) {
  assert_held(group->mutex);
  if (w_.read(group->default_domain, Access::plain) != Domain::none) return 0;
  if (list_empty(w_, ptr<list_head<W>>(&group->devices))) return 0;
  if (const int error = fault(FaultPoint::default_domain)) return error;
  w_.write(group->default_domain, Domain::default_domain, Access::plain);
  const int error = iommu_group_set_domain(group, Domain::default_domain);
  if (error) w_.write(group->default_domain, Domain::none, Access::plain);
  return error;
}

/// Attaches a driver's own domain to a group of one device. This is where the probe_finalize of two
/// drivers comes back and wants group->mutex. Context: process, sleeps. Return: 0 or negative
/// errno.
template <World W, class Steps>
int Iommu<W, Steps>::iommu_attach_device(ptr<device> dev) {
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::plain);
  if (!group) return -ENODEV;
  w_.mutex_lock(group->mutex);
  int member_count = 0;
  Walk walk = for_each_group_device(group);
  while (walk.next()) ++member_count;

  int error = -EINVAL;
  if (member_count == 1) {
    const Domain domain = w_.read(group->domain, Access::plain);
    const bool is_taken = domain != w_.read(group->default_domain, Access::plain) &&
                          domain != w_.read(group->blocking_domain, Access::plain);
    const bool is_fenced = w_.read(group->recovery_cnt, Access::plain) != 0;
    error = is_taken || is_fenced ? -EBUSY : iommu_group_set_domain(group, Domain::driver_domain);
  }
  w_.mutex_unlock(group->mutex);
  return error;
}

/// Blocks a device before its reset and fences its group: attaching fails with -EBUSY until done.
/// A group that its user manages has no blocking domain. Context: process, sleeps. Return: 0 or a
/// negative errno.
template <World W, class Steps>
int Iommu<W, Steps>::pci_dev_reset_iommu_prepare(ptr<device> dev) {
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::plain);
  if (!group) return -ENODEV;
  w_.mutex_lock(group->mutex);
  int error = -ENODEV;
  if (const ptr<group_device> gdev = find_device(group, dev)) {
    error = -EBUSY;
    if (!w_.read(gdev->blocked, Access::plain)) {
      if (dev_has_iommu(dev))
        w_.write(group->blocking_domain, Domain::blocking_domain, Access::plain);
      error = iommu_device_set_domain(dev);
      if (error == 0) block(group, gdev);
    }
  }
  w_.mutex_unlock(group->mutex);
  return error;
}

/// Attaches the group's domain again and lifts the fence. Context: process, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::pci_dev_reset_iommu_done(ptr<device> dev) {
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::plain);
  if (!group) return;
  w_.mutex_lock(group->mutex);
  const ptr<group_device> gdev = find_device(group, dev);
  if (gdev && w_.read(gdev->blocked, Access::plain)) {
    driver_call(dev, "attach_dev");
    w_.write(gdev->blocked, false, Access::plain);
    drop_recovery_cnt(group);
  }
  w_.mutex_unlock(group->mutex);
}

/// Context: group->mutex held.
template <World W, class Steps>
void Iommu<W, Steps>::block(ptr<iommu_group> group, ptr<group_device> gdev) {
  w_.write(gdev->blocked, true, Access::plain);
  const int recovery_cnt = w_.read(group->recovery_cnt, Access::plain);
  w_.write(group->recovery_cnt, recovery_cnt + 1, Access::plain);
}

/// Invariant: recovery_cnt is the number of blocked members. Context: group->mutex held.
template <World W, class Steps>
void Iommu<W, Steps>::drop_recovery_cnt(ptr<iommu_group> group) {
  const int recovery_cnt = w_.read(group->recovery_cnt, Access::plain);
  warn_on(recovery_cnt == 0, group.raw(), "group->recovery_cnt == 0");
  if (recovery_cnt != 0) w_.write(group->recovery_cnt, recovery_cnt - 1, Access::plain);
}

}  // namespace rcuscope
