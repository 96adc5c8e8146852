// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 8: the life of a group, from its allocation to its release.
// Follows: drivers/iommu/iommu.c and [PATCH v4 06/24].
#pragma once

#include "iommu/iommu.h"

namespace rcuscope {

/// The memory of a group and what makes it start: the caller owns one reference. devices_kobj holds
/// the parent kobj, whose own reference is dropped at once, so both counts are 1.
template <World W, class Steps>
auto Iommu<W, Steps>::make_group(std::string_view name) -> ptr<iommu_group> {
  GroupRecord<W>* record;
  {
    const std::lock_guard lock(records_mutex_);
    record = &groups_.emplace_front();
  }
  const ptr<iommu_group> group = w_.template kzalloc<iommu_group>(
      "iommu_group", name, Place::current(), w_.intern(name), record);
  record->group = group;
  w_.set_lifetime(group.raw(), Lifetime::root);
  if (config_.debug_kobject_release)
    w_.init_work(group->release_work, "kobject_delayed_cleanup",
                 [this, group] { iommu_group_release(group); });
  return group;
}

/// The caller owns one reference. Context: process. Return: the group or ERR_PTR.
template <World W, class Steps>
auto Iommu<W, Steps>::iommu_group_alloc(std::string_view name) -> ptr<iommu_group> {
  const ptr<iommu_group> group = make_group(name);
  const int error = start_group(group);
  return error ? ERR_PTR<iommu_group>(error) : group;
}

/// Number, kobject, child and files of a new group. Without a number there is no kobject yet, and
/// plain kfree is right; later errors drop the reference to what exists. Return: 0 or a negative
/// errno; then the group is gone.
template <World W, class Steps>
int Iommu<W, Steps>::start_group(ptr<iommu_group> group) {
  if (const int error = fault(FaultPoint::group_id)) {
    group->record->is_released.store(true, std::memory_order_relaxed);
    w_.kfree(group);
    return error;
  }
  for (const FaultPoint point : {FaultPoint::group_kobject, FaultPoint::group_devices_kobj}) {
    if (const int error = fault(point)) {
      if (w_.refcount_dec(group->kobj, EventKind::kref_put) == 0) group_kobject_release(group);
      return error;
    }
  }
  const int error = fault(FaultPoint::group_file);
  if (error) iommu_group_put(group);
  return error;
}

template <World W, class Steps>
void Iommu<W, Steps>::group_kobject_release(ptr<iommu_group> group) {
  if (config_.debug_kobject_release)
    w_.queue_work(group->release_work);
  else
    iommu_group_release(group);
}

/// Both kobjects are gone. Context: process, sleeps (sysfs directories).
template <World W, class Steps>
void Iommu<W, Steps>::iommu_group_release(ptr<iommu_group> group) {
  w_.might_sleep("kobject_put");
  warn_on(w_.read(group->default_domain, Access::plain) != Domain::none, group.raw(),
          "group->default_domain");
  warn_on(w_.read(group->blocking_domain, Access::plain) != Domain::none, group.raw(),
          "group->blocking_domain");
  group->record->is_released.store(true, std::memory_order_relaxed);
  switch (variant_.free_group) {
    case Variant::FreeGroup::kfree_rcu:
      return w_.kfree_rcu(group);
    case Variant::FreeGroup::kfree:
      return w_.kfree(group);
  }
}

}  // namespace rcuscope
