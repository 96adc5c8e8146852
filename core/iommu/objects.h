// SPDX-License-Identifier: LGPL-2.1-or-later
// The objects of the machinery: device, dev_iommu, iommu_group, group_device and its name.
// Follows: include/linux/device.h, include/linux/iommu.h and drivers/iommu/iommu.c with [PATCH v4
// 06, 08, 11/24], as far as the patch is concerned: fields that no step touches are left out.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <vector>

#include "world/list.h"
#include "world/world.h"

namespace rcuscope {

template <World W>
struct device;
template <World W>
struct iommu_group;

/// The driver's side of a device: what the scenario supplies. Not part of the studied memory.
template <World W>
struct DeviceOptions {
  using Function = std::function<void(ptr<device<W>>)>;

  Function release;            ///< Called by the last put_device, before the memory is freed.
  bool release_sleeps = true;  ///< devres and most releases take mutexes.
  Function probe_finalize;     ///< ops->probe_finalize; may sleep, may attach.
  ptr<iommu_group<W>>
      group;  ///< What ops->device_group returns; null = a new group for this device.
};

/// What the machinery itself remembers of a registered device, outside the studied memory.
template <World W>
struct DeviceRecord {
  DeviceOptions<W> options;
  ptr<device<W>> dev;
  std::atomic<bool> is_registered{true};
};

/// What the machinery itself remembers of a group, outside the studied memory.
template <World W>
struct GroupRecord {
  ptr<iommu_group<W>> group;
  std::atomic<int> scenario_references{0};
  std::atomic<bool> is_released{false};
};

/// What the machinery remembers, at one moment. Records are in the order of its lists.
template <World W>
struct IommuMemory {
  typename W::mutex iommu_probe_device_lock;
  std::vector<bool> is_registered;  ///< Of each device.
  struct GroupState {
    int scenario_references;
    bool is_released;
  };
  std::vector<GroupState> groups;
};

/// dev->iommu: exists from probe to deinit. A heap object of its own.
template <World W>
struct dev_iommu {
  typename W::template shared<std::int64_t> iommu_dev{"iommu_dev", 0};  // 0 = no instance yet
  typename W::template shared<std::int64_t> fwspec{"fwspec", 0};
};

template <World W>
struct device {
  device(StringId device_name, DeviceRecord<W>* device_record)
      : name(device_name), record(device_record) {}

  const StringId name;
  DeviceRecord<W>* const record;
  typename W::refcount refcount{"refcount", 1};  // born with the creator's reference
  typename W::template shared<ptr<rcuscope::iommu_group<W>>> iommu_group{"iommu_group", nullptr};
  typename W::template shared<ptr<dev_iommu<W>>> iommu{"iommu", nullptr};
  typename W::name_set kobj{"kobj"};                     // the links in its sysfs directory
  typename W::work_struct release_work{"release_work"};  // for debug_kobject_release
};

/// gdev->name: a heap object of its own, because it is freed earlier than its gdev.
template <World W>
struct device_name {
  explicit device_name(StringId initial) : text("text", initial) {}

  typename W::template shared<StringId> text;
};

/// One membership of a device in a group.
template <World W>
struct group_device {
  group_device() : list(this) {}

  list_head<W> list;  // in group->devices; first, see list_next_entry
  typename W::template shared<ptr<device<W>>> dev{"dev", nullptr};
  typename W::template shared<ptr<device_name<W>>> name{"name", nullptr};
  typename W::template shared<bool> blocked{"blocked", false};  // protected by group->mutex
  typename W::work_struct work{"work"};                         // runs the broken worker (11/24)
  typename W::work_struct rcu_work{"rcu_work"};                 // for reclaim=queue_rcu_work
};

/// A domain is only told from another one.
enum class Domain : std::uint8_t { none, default_domain, blocking_domain, driver_domain };

/// Users count references on devices_kobj, which holds the one reference on kobj.
template <World W>
struct iommu_group {
  iommu_group(StringId group_name, GroupRecord<W>* group_record)
      : name(group_name), record(group_record) {}

  const StringId name;
  GroupRecord<W>* const record;
  typename W::refcount kobj{"kobj", 1};
  typename W::refcount devices_kobj{"devices_kobj", 1};
  typename W::name_set devices_directory{"devices"};     // sysfs links to the members
  typename W::work_struct release_work{"release_work"};  // for debug_kobject_release
  typename W::mutex mutex{"mutex"};                      // protects all of the following
  list_head<W> devices;
  typename W::template shared<Domain> default_domain{"default_domain", Domain::none};
  typename W::template shared<Domain> blocking_domain{"blocking_domain", Domain::none};
  typename W::template shared<Domain> domain{"domain", Domain::none};
  typename W::template shared<int> owner_cnt{"owner_cnt", 0};
  typename W::template shared<int> recovery_cnt{"recovery_cnt", 0};
  // The next group on the private list of one bus_iommu_probe call; the last one points to itself.
  typename W::template shared<ptr<iommu_group>> entry{"entry", nullptr};
  // Not pinned: the creator's reference waits here for the first member, which takes it over.
  bool is_pinned = true;
  typename W::template shared<int> unclaimed_reference{"unclaimed_reference", 0};
};

/// An armed fault: counts the passages of its point in the studied memory, so that the order in
/// which actors pass is a decision of the schedule.
template <World W>
struct fault_point {
  fault_point(int error_value, int nth_passage) : error(error_value), nth(nth_passage) {}

  const int error;  // negative errno
  const int nth;    // from 1
  typename W::template shared<int> passages{"passages", 0};
};

/// A pointer that is an error instead, in the kernel's manner: following it faults.
template <class T>
ptr<T> ERR_PTR(int error) {
  return ptr<T>::from_address(static_cast<std::uintptr_t>(static_cast<std::intptr_t>(error)));
}
template <class T>
bool IS_ERR(ptr<T> pointer) {
  return pointer.address() >= static_cast<std::uintptr_t>(-4095);
}
template <class T>
int PTR_ERR(ptr<T> pointer) {
  return static_cast<int>(static_cast<std::intptr_t>(pointer.address()));
}

}  // namespace rcuscope
