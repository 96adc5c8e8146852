// SPDX-License-Identifier: LGPL-2.1-or-later
// What the bodies of the catalogue have in common: the group and the device, who unplugs it, who
// pins it, a walk in an interrupt handler, and list entries of no particular meaning.
#pragma once

#include <string>

#include "scenario/kernel.h"
#include "world/list.h"

namespace rcuscope {

template <World W>
using DeviceOf = ptr<device<W>>;
template <World W>
using GroupOf = ptr<iommu_group<W>>;
template <World W>
using MemberOf = ptr<group_device<W>>;

/// A pinned group and a device that is not a member yet.
template <World W>
struct GroupAndDevice {
  template <class S>
  explicit GroupAndDevice(Kernel<W, S>& k)
      : group(k.iommu.scenario_group("7")), nic(k.iommu.device_register("0000:01:00.0")) {}

  GroupOf<W> group;
  DeviceOf<W> nic;
};

/// A driver holds the device until all actors have ended, as the contract of a lookup wants.
template <World W, class S>
void pin(Kernel<W, S>& k, DeviceOf<W> dev) {
  k.iommu.get_device(dev);
  k.at_end([&k, dev] { k.iommu.put_device(dev); });
}

template <World W, class S>
void declare_unplug(Kernel<W, S>& k, DeviceOf<W> dev) {
  k.declare(ActorKind::process, "hot unplug", [&k, dev] { k.iommu.device_unregister(dev); });
}

/// A lockless walk over the whole group; `visit` runs for each member, inside the section.
template <World W, class S, class Visit>
void declare_walk(Kernel<W, S>& k, GroupOf<W> group, Visit visit,
                  ActorKind kind = ActorKind::hardirq) {
  const char* name = kind == ActorKind::hardirq ? "ATC time-out ISR" : "reader";
  k.declare(kind, name, [&k, group, visit] {
    k.world.rcu_read_lock();
    auto walk = k.iommu.list_for_each_entry_rcu(group);
    while (const auto gdev = walk.next()) visit(k, gdev);
    k.world.rcu_read_unlock();
  });
}

/// The device that the walk stands on. It is an access to the gdev only.
template <World W, class S>
DeviceOf<W> device_of(Kernel<W, S>& k, MemberOf<W> gdev) {
  return k.world.read(gdev->dev, Access::plain);
}

/// A place where one actor leaves a device for another one.
template <World W>
struct Slot {
  typename W::template shared<DeviceOf<W>> dev{"dev", nullptr};
};

template <World W, class S>
ptr<Slot<W>> make_slot(Kernel<W, S>& k) {
  const auto slot = k.world.template kzalloc<Slot<W>>("slot", "", Place::current());
  k.world.set_lifetime(slot.raw(), Lifetime::root);
  return slot;
}

/// Any access to the device's own memory.
template <World W, class S>
void follow_device(Kernel<W, S>& k, MemberOf<W> gdev) {
  k.world.refcount_read(device_of(k, gdev)->refcount);
}

/// Looks the device up in an interrupt handler, through dev->iommu_group. Its driver pins it.
template <World W, class S>
void declare_lookup(Kernel<W, S>& k, DeviceOf<W> dev) {
  pin(k, dev);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, dev] {
    k.world.rcu_read_lock();
    if (const auto gdev = k.iommu.dev_to_gdev_rcu(dev)) device_of(k, gdev);
    k.world.rcu_read_unlock();
  });
}

/// A WARN_ON of the scenario itself; it stands at the caller's line, like the macro.
template <World W, class S>
void warn_on(Kernel<W, S>& k, bool condition, const char* text, const void* object = nullptr,
             Place place = Place::current()) {
  k.iommu.warn_on(condition, object, text, place);
}

// --- entries of no particular meaning

/// An entry of a list, or the target of a pointer.
template <World W>
struct Item {
  explicit Item(std::int64_t initial = 0) : list(this), value("value", initial) {}

  list_head<W> list;
  typename W::template shared<std::int64_t> value;
  typename W::template shared<std::int64_t> copy{"copy", 0};  // is meant to be equal to value
  typename W::template shared<ptr<Item>> next{"next", nullptr};
};

/// What a scenario shares by a pointer and a list, protected by one mutex. Lives on the heap as a
/// root: what it reaches is not leaked.
template <World W>
struct Shelf {
  typename W::mutex mutex{"mutex"};
  list_head<W> items;
  typename W::template shared<ptr<Item<W>>> current{"current", nullptr};
  typename W::template shared<std::int64_t> count{"count", 0};
  typename W::work_struct work{"work"};
};

template <World W, class S>
ptr<Item<W>> make_item(Kernel<W, S>& k, const char* name, std::int64_t value = 0) {
  return k.world.template kzalloc<Item<W>>("item", name, Place::current(), value);
}

template <World W, class S>
ptr<Shelf<W>> make_shelf(Kernel<W, S>& k, const char* name = "shelf") {
  const auto shelf = k.world.template kzalloc<Shelf<W>>("shelf", name, Place::current());
  k.world.set_lifetime(shelf.raw(), Lifetime::root);
  return shelf;
}

template <World W>
ptr<list_head<W>> node_of(ptr<Item<W>> item) {
  return ptr<list_head<W>>(&item->list);
}

template <World W>
ptr<list_head<W>> head_of(ptr<Shelf<W>> shelf) {
  return ptr<list_head<W>>(&shelf->items);
}

/// Walks the shelf's list and reads each entry's value. Return: the number of entries.
template <World W, class S>
int walk_items(Kernel<W, S>& k, ptr<Shelf<W>> shelf, Access access = Access::dereference) {
  if (access == Access::dereference)
    check_list_reader(k.world, k.world.is_held(shelf->mutex), Place::current());
  int count = 0;
  for (auto node = head_of(shelf); (node = list_next(k.world, node, head_of(shelf), access));
       ++count)
    k.world.read(static_cast<Item<W>*>(node->owner)->value, Access::plain);
  return count;
}

}  // namespace rcuscope
