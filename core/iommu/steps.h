// SPDX-License-Identifier: LGPL-2.1-or-later
// PostedSteps: the steps of the machinery that an extension may replace, as posted.
// Follows: drivers/iommu/iommu.c with [PATCH v4 06, 07, 08, 11/24]; where a Variant differs, its
// value is tested in one visible switch.
//
// `I` is an Iommu<W, Steps>. A step is called by the machinery through Steps, so an own Steps class
// derives from PostedSteps, hides what it wants to change and calls the rest. Bodies: group.h
// (alloc, add, put), probe.h (probe, bus_probe), remove.h (remove, deinit, free), report.h
// (report).
#pragma once

#include <span>

#include "iommu/objects.h"

namespace rcuscope {

template <class I>
using DevicePtr = ptr<typename I::device>;
template <class I>
using GroupPtr = ptr<typename I::iommu_group>;
template <class I>
using GdevPtr = ptr<typename I::group_device>;

/// The private list of one bus_iommu_probe call: groups that wait for their default domain. It
/// holds no references.
template <class I>
struct GroupList {
  GroupPtr<I> first;
  GroupPtr<I> last;
};

struct PostedSteps {
  /// iommu_group_alloc_device: membership object, device reference, sysfs links. Not yet on the
  /// list. Context: process, sleeps, no lock. Return: the gdev or ERR_PTR.
  template <class I>
  GdevPtr<I> alloc_group_device(I& iommu, GroupPtr<I> group, DevicePtr<I> dev);

  /// iommu_group_add_device, for users that manage groups themselves. Publishes dev->iommu_group
  /// before the list node. Context: process, sleeps. Return: 0 or a negative errno.
  template <class I>
  int add_group_device(I& iommu, GroupPtr<I> group, DevicePtr<I> dev);

  /// iommu_group_put: drops one reference; null is allowed. Context: process, the last one sleeps.
  template <class I>
  void put_group(I& iommu, GroupPtr<I> group);

  /// __iommu_probe_device: init, alloc, list, attach. `group` is what ops->device_group finds; null
  /// = a new one. With `group_list` the default domain is left to bus_iommu_probe. Context:
  /// process, iommu_probe_device_lock held. Return: 0 or a negative errno.
  template <class I>
  int probe_device(I& iommu, DevicePtr<I> dev, GroupPtr<I> group, typename I::List* group_list);

  /// bus_iommu_probe: probes the devices, sets their groups up, then calls probe_finalize with no
  /// lock. Context: process, sleeps. Return: 0 or a negative errno, which leaves later groups
  /// unprocessed.
  template <class I>
  int bus_probe(I& iommu, std::span<const DevicePtr<I>> devices);

  /// __iommu_group_remove_device: unlink under the mutex, free after it. Context: process, sleeps;
  /// the caller owns a reference to the device.
  template <class I>
  void remove_group_device(I& iommu, DevicePtr<I> dev);

  /// iommu_deinit_device: the driver lets go; dev->iommu_group and dev->iommu become NULL. No grace
  /// period in it. Context: process, group->mutex held.
  template <class I>
  void deinit_device(I& iommu, DevicePtr<I> dev);

  /// __iommu_group_free_device: links, trace event, name, grace period, device reference, gdev.
  /// Context: process, sleeps, no lock.
  template <class I>
  void free_group_device(I& iommu, GroupPtr<I> group, GdevPtr<I> gdev);

  /// iommu_report_device_broken: queues the work item of the device's gdev. Context: any.
  template <class I>
  void report_device_broken(I& iommu, DevicePtr<I> dev);
};

}  // namespace rcuscope
