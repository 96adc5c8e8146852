// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 2: references to groups, the ways to walk them, and how a device becomes a member.
// Follows: drivers/iommu/iommu.c, [PATCH v4 06/24] and [PATCH v4 08/24].
#pragma once

#include <string>

#include "iommu/iommu.h"

namespace rcuscope {

/// A group of the scenario, which no fault hits. Pinned: the scenario keeps the creator's reference
/// until teardown. Else the first member takes it over, as a driver's ops->device_group hands out a
/// new group.
template <World W, class Steps>
auto Iommu<W, Steps>::scenario_group(std::string_view name, bool is_pinned) -> ptr<iommu_group> {
  const ptr<iommu_group> group = make_group(name);
  group->is_pinned = is_pinned;
  if (is_pinned)
    group->record->scenario_references.fetch_add(1, std::memory_order_relaxed);
  else
    w_.write(group->unclaimed_reference, 1, Access::plain);
  return group;
}

template <World W, class Steps>
void Iommu<W, Steps>::scenario_group_get(ptr<iommu_group> group) {
  iommu_group_ref_get(group);
  group->record->scenario_references.fetch_add(1, std::memory_order_relaxed);
}

template <World W, class Steps>
void Iommu<W, Steps>::scenario_group_put(ptr<iommu_group> group) {
  group->record->scenario_references.fetch_sub(1, std::memory_order_relaxed);
  iommu_group_put(group);
}

/// Reads dev->iommu_group with no lock: the caller must pin the membership. Return: null if none.
template <World W, class Steps>
auto Iommu<W, Steps>::iommu_group_get(ptr<device> dev) -> ptr<iommu_group> {
  const ptr<iommu_group> group = w_.read(dev->iommu_group, Access::plain);
  return group ? iommu_group_ref_get(group) : group;
}

template <World W, class Steps>
auto Iommu<W, Steps>::iommu_group_ref_get(ptr<iommu_group> group) -> ptr<iommu_group> {
  w_.refcount_inc(group->devices_kobj, EventKind::kref_get);
  return group;
}

template <World W, class Steps>
void Iommu<W, Steps>::take_member_reference(ptr<iommu_group> group) {
  const bool takes_over =
      !group->is_pinned && w_.exchange(group->unclaimed_reference, 0, Access::full) == 1;
  if (!takes_over) iommu_group_ref_get(group);
}

template <class I>
void PostedSteps::put_group(I& iommu, GroupPtr<I> group) {
  auto w = iommu.world();
  if (!group) return;
  if (w.refcount_dec(group->devices_kobj, EventKind::kref_put) != 0) return;
  if (w.refcount_dec(group->kobj, EventKind::kref_put) == 0) iommu.group_kobject_release(group);
}

/// The macro for_each_group_device: group->mutex held, or an RCU reader.
template <World W, class Steps>
auto Iommu<W, Steps>::for_each_group_device(ptr<iommu_group> group, Place place) -> Walk {
  check_list_reader(w_, w_.is_held(group->mutex), place);
  return Walk(w_, group, Access::dereference);
}

/// Readers only: the mutex does not count.
template <World W, class Steps>
auto Iommu<W, Steps>::list_for_each_entry_rcu(ptr<iommu_group> group, Place place) -> Walk {
  check_list_reader(w_, false, place);
  return Walk(w_, group, Access::dereference);
}

/// Linear search under group->mutex. Compares pointers, does not follow gdev->dev. Return: null if
/// none.
template <World W, class Steps>
auto Iommu<W, Steps>::find_device(ptr<iommu_group> group, ptr<device> dev, Place place)
    -> ptr<group_device> {
  Walk walk = for_each_group_device(group, place);
  while (const ptr<group_device> gdev = walk.next())
    if (w_.read(gdev->dev, Access::plain) == dev) return gdev;
  return nullptr;
}

/// The same for readers: the result is valid inside the caller's section only.
template <World W, class Steps>
auto Iommu<W, Steps>::find_device_rcu(ptr<iommu_group> group, ptr<device> dev, Place place)
    -> ptr<group_device> {
  Walk walk = list_for_each_entry_rcu(group, place);
  while (const ptr<group_device> gdev = walk.next())
    if (w_.read(gdev->dev, Access::plain) == dev) return gdev;
  return nullptr;
}

template <World W, class Steps>
int Iommu<W, Steps>::create_link(typename W::name_set& directory, StringId name, Place place) {
  if (const int error = fault(FaultPoint::sysfs_link, place)) return error;
  return w_.add_name(directory, name, EventKind::sysfs_create_link, place) ? 0 : -EEXIST;
}

/// The link <group>/devices/<name>. A name that exists is retried as "<name>.0", ".1" ... On
/// failure nothing is left, and gdev->name is stale.
template <World W, class Steps>
int Iommu<W, Steps>::create_member_link(ptr<iommu_group> group, ptr<group_device> gdev,
                                        ptr<device> dev) {
  StringId text = dev->name;
  for (int suffix = 0;; ++suffix) {
    if (const int error = fault(FaultPoint::device_name)) return error;
    const ptr<device_name> name =
        w_.template kzalloc<device_name>("device_name", w_.text(text), Place::current(), text);
    if (!name) return -ENOMEM;
    w_.write(gdev->name, name, Access::plain);
    const int error = create_link(group->devices_directory, text);
    if (error == 0) return 0;
    w_.kfree(name);
    if (error != -EEXIST) return error;
    text = w_.intern(std::string(w_.text(dev->name)) + "." + std::to_string(suffix));
  }
}

template <class I>
GdevPtr<I> PostedSteps::alloc_group_device(I& iommu, GroupPtr<I> group, DevicePtr<I> dev) {
  auto w = iommu.world();
  if (const int error = iommu.fault(FaultPoint::alloc_device))
    return ERR_PTR<typename I::group_device>(error);
  const GdevPtr<I> gdev = w.template kzalloc<typename I::group_device>(
      "group_device", w.text(dev->name), Place::current());
  if (!gdev) return ERR_PTR<typename I::group_device>(-ENOMEM);
  iommu.init_works(gdev);
  w.write(gdev->dev, dev, Access::plain);
  if (iommu.takes_device_reference()) iommu.get_device(dev);

  int error = iommu.create_link(dev->kobj, iommu.iommu_group_link());
  if (error == 0) {
    error = iommu.create_member_link(group, gdev, dev);
    if (error == 0) {
      // Before list_add: a log point, not the moment of membership.
      w.trace(EventKind::add_device_to_group, dev.raw(), w.object_id(group.raw()).value);
      return gdev;
    }
    w.remove_name(dev->kobj, iommu.iommu_group_link(), EventKind::sysfs_remove_link);
  }
  // The caller still owns a reference, so the device outlives this put.
  if (iommu.drops_device_reference()) iommu.put_device(dev);
  w.kfree(gdev);
  return ERR_PTR<typename I::group_device>(error);
}

template <class I>
int PostedSteps::add_group_device(I& iommu, GroupPtr<I> group, DevicePtr<I> dev) {
  auto w = iommu.world();
  const GdevPtr<I> gdev = iommu.steps().alloc_group_device(iommu, group, dev);
  if (IS_ERR(gdev)) return PTR_ERR(gdev);
  iommu.take_member_reference(group);
  w.write(dev->iommu_group, group, Access::assign);
  w.mutex_lock(group->mutex);
  iommu.publish(group, gdev);
  w.mutex_unlock(group->mutex);
  return 0;
}

/// The gdev enters the list: from here lockless readers may find it. Context: group->mutex held.
template <World W, class Steps>
void Iommu<W, Steps>::publish(ptr<iommu_group> group, ptr<group_device> gdev) {
  const ptr<list_head<W>> node(&gdev->list);
  const ptr<list_head<W>> head(&group->devices);
  switch (variant_.publish) {
    case Variant::Publish::list_add_tail_rcu:
      return list_add_tail_rcu(w_, node, head);
    case Variant::Publish::list_add_tail:
      return list_add_tail(w_, node, head);
  }
}

}  // namespace rcuscope
