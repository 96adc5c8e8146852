// SPDX-License-Identifier: LGPL-2.1-or-later
// Iommu, part 1: the driver core's view of a device, from its registration to the last put_device.
// Follows: drivers/base/core.c. The creator's own reference is what decides most verdicts: it is
// dropped after device_del, so a remover always owns a reference until its last step.
#pragma once

#include <iterator>

#include "iommu/iommu.h"

namespace rcuscope {

/// A registered device; the caller's reference to it is dropped by device_unregister.
/// Context: process (set-up or an actor). Owner: the studied program's counts.
template <World W, class Steps>
auto Iommu<W, Steps>::device_register(std::string_view name, Options options) -> ptr<device> {
  DeviceRecord<W>* record;
  {
    const std::lock_guard lock(records_mutex_);
    record = &devices_.emplace_front();
  }
  record->options = std::move(options);
  const ptr<device> dev =
      w_.template kzalloc<device>("device", name, Place::current(), w_.intern(name), record);
  record->dev = dev;
  w_.set_lifetime(dev.raw(), Lifetime::root);
  if (config_.debug_kobject_release)
    w_.init_work(dev->release_work, "kobject_delayed_cleanup",
                 [this, dev] { device_release(dev, Place::current()); });
  w_.trace(EventKind::device_register, dev.raw(), -1);
  return dev;
}

/// device_del, whose notifier BUS_NOTIFY_REMOVED_DEVICE releases the device from its group, and
/// only then the final put. Context: process, sleeps.
template <World W, class Steps>
void Iommu<W, Steps>::device_unregister(ptr<device> dev) {
  dev->record->is_registered.store(false, std::memory_order_relaxed);
  w_.set_lifetime(dev.raw(), Lifetime::must_be_freed);
  w_.trace(EventKind::device_unregister, dev.raw(), -1);
  iommu_release_device(dev);
  put_device(dev);
}

/// Context: any.
template <World W, class Steps>
void Iommu<W, Steps>::get_device(ptr<device> dev, Place place) {
  w_.refcount_inc(dev->refcount, EventKind::get_device, place);
}

/// Context: any, as long as it is not the last one or the release cannot sleep.
template <World W, class Steps>
void Iommu<W, Steps>::put_device(ptr<device> dev, Place place) {
  if (w_.refcount_dec(dev->refcount, EventKind::put_device, place) != 0) return;
  if (config_.debug_kobject_release)
    w_.queue_work(dev->release_work, place);
  else
    device_release(dev, place);
}

template <World W, class Steps>
void Iommu<W, Steps>::device_release(ptr<device> dev, Place place) {
  const Options& options = dev->record->options;
  w_.trace(EventKind::device_release, dev.raw(), -1, place);
  if (options.release_sleeps) w_.might_sleep("device_release", place);
  if (options.release) options.release(dev);
  w_.kfree(dev, place);
}

template <World W, class Steps>
void Iommu<W, Steps>::driver_call(ptr<device> dev, const char* operation, Place place) {
  w_.trace(EventKind::driver_call, dev.raw(), w_.intern(operation).value, place);
}

template <World W, class Steps>
void Iommu<W, Steps>::teardown() {
  for (DeviceRecord<W>& record : devices_)
    if (record.is_registered.load(std::memory_order_relaxed)) device_unregister(record.dev);
  for (GroupRecord<W>& record : groups_) {
    while (record.scenario_references.load(std::memory_order_relaxed) > 0)
      scenario_group_put(record.group);
    if (record.is_released.load(std::memory_order_relaxed) || record.group->is_pinned) continue;
    if (w_.exchange(record.group->unclaimed_reference, 0, Access::full) == 1)
      iommu_group_put(record.group);
  }
}

template <World W, class Steps>
auto Iommu<W, Steps>::memory() const -> Memory
  requires std::copyable<typename W::mutex>
{
  Memory memory{iommu_probe_device_lock, {}, {}};
  for (const DeviceRecord<W>& record : devices_)
    memory.is_registered.push_back(record.is_registered);
  for (const GroupRecord<W>& record : groups_)
    memory.groups.push_back({record.scenario_references, record.is_released});
  return memory;
}

/// Requires: this very object has been there. Records made since then are forgotten; they are at
/// the front.
template <World W, class Steps>
void Iommu<W, Steps>::restore(const Memory& memory)
  requires std::copyable<typename W::mutex>
{
  iommu_probe_device_lock = memory.iommu_probe_device_lock;
  const auto forget_new = [](auto& records, std::size_t count) {
    const auto now = static_cast<std::size_t>(std::distance(records.begin(), records.end()));
    for (std::size_t i = count; i < now; ++i) records.pop_front();
  };
  forget_new(devices_, memory.is_registered.size());
  forget_new(groups_, memory.groups.size());
  auto is_registered = memory.is_registered.begin();
  for (DeviceRecord<W>& record : devices_) record.is_registered = *is_registered++;
  auto group = memory.groups.begin();
  for (GroupRecord<W>& record : groups_) {
    record.scenario_references = group->scenario_references;
    record.is_released = group->is_released;
    ++group;
  }
}

}  // namespace rcuscope
