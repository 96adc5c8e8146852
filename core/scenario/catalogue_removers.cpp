// SPDX-License-Identifier: LGPL-2.1-or-later
// Who removes a device, in which context, how many of them at a time, and at what cost.
// Follows: drivers/iommu/iommu.c with [PATCH v4 07/24] and [PATCH v4 08/24].
#include <array>
#include <utility>

#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// Two removers of one device, each of which found dev->iommu_group.
constexpr Bodies two_removers_of_one = both([](auto& k) {
  const auto group = k.iommu.scenario_group("7", false);
  const auto nic = k.iommu.device_register("0000:01:00.0");
  k.iommu.iommu_group_add_device(group, nic);
  for (const char* name : {"first remover", "second remover"})
    k.declare(ActorKind::process, name, [&k, nic] { k.iommu.iommu_group_remove_device(nic); });
});

/// Two CPUs remove two devices of one group, while a handler walks it.
constexpr Bodies two_removers_of_two = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto second = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.iommu.iommu_group_add_device(machine.group, second);
  for (const auto& [name, dev] :
       {std::pair("first remover", machine.nic), {"second remover", second}})
    k.declare(ActorKind::process, name, [&k, dev = dev] { k.iommu.device_unregister(dev); });
});

/// A walk against one process that unplugs two devices, one after the other.
constexpr Bodies one_by_one = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto second = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.iommu.iommu_group_add_device(machine.group, second);
  declare_walk(k, machine.group, [](auto& kernel, auto gdev) { follow_device(kernel, gdev); });
  k.declare(ActorKind::process, "hot unplug", [&k, first = machine.nic, second] {
    k.iommu.device_unregister(first);
    k.iommu.device_unregister(second);
  });
});

/// The first half of a removal: unlinked, names and links gone, not yet freed.
template <World W, class S>
MemberOf<W> take_out(Kernel<W, S>& k, GroupOf<W> group, DeviceOf<W> dev) {
  W& w = k.world;
  w.mutex_lock(group->mutex);
  const MemberOf<W> gdev = k.iommu.find_device(group, dev);
  k.iommu.unlink(group, gdev);
  w.write(dev->iommu_group, nullptr, Access::assign);
  w.mutex_unlock(group->mutex);
  const auto name = w.read(gdev->name, Access::plain);
  w.remove_name(group->devices_directory, w.read(name->text, Access::plain),
                EventKind::sysfs_remove_link);
  w.remove_name(dev->kobj, k.iommu.iommu_group_link(), EventKind::sysfs_remove_link);
  w.kfree(name);
  return gdev;
}

/// A walk against a remover that takes both devices out and waits once.
constexpr Bodies batch = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto second = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.iommu.iommu_group_add_device(machine.group, second);
  declare_walk(k, machine.group, [](auto& kernel, auto gdev) { follow_device(kernel, gdev); });
  k.declare(ActorKind::process, "hot unplug", [&k, machine, second] {
    const std::array gdevs = {take_out(k, machine.group, machine.nic),
                              take_out(k, machine.group, second)};
    k.world.synchronize_rcu();
    for (const auto gdev : gdevs) {
      k.iommu.free_after_grace_period(gdev);
      k.iommu.iommu_group_put(machine.group);
    }
    k.iommu.device_unregister(machine.nic);
    k.iommu.device_unregister(second);
  });
});

constexpr Bodies waits_in_own_section = both([](auto& k) {
  const auto shelf = make_shelf(k);
  k.declare(ActorKind::process, "updater", [&k, shelf] {
    k.world.rcu_read_lock();
    k.world.read(shelf->count, Access::once);
    k.world.synchronize_rcu();
    k.world.rcu_read_unlock();
  });
});

/// Hot unplug by an actor of another kind, or inside somebody's section.
template <World W, class S>
void unplug_in(Kernel<W, S>& k, ActorKind kind, bool is_in_section) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(kind, "hot unplug", [&k, nic = machine.nic, is_in_section] {
    if (is_in_section) k.world.rcu_read_lock();
    k.iommu.device_unregister(nic);
    if (is_in_section) k.world.rcu_read_unlock();
  });
}

/// The device leaves its group and becomes a member of another one, while a handler walks the
/// first.
constexpr Bodies moves_to_other_group = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto other = k.iommu.scenario_group("8");
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  declare_walk(k, machine.group, [](auto& kernel, auto gdev) { follow_device(kernel, gdev); });
  k.declare(ActorKind::process, "mover", [&k, nic = machine.nic, other] {
    k.iommu.iommu_group_remove_device(nic);
    warn_on(k, k.iommu.iommu_group_add_device(other, nic) != 0, "iommu_group_add_device");
  });
});

const Entry rows[] = {
    {.name = "two_removers_of_one_device",
     .title = "two removers of one device",
     .question = "What if two of them remove the same device?",
     .expect = "use_after_free",
     .also = "null_dereference, refcount_underflow, data_race",
     .reason = "both read dev->iommu_group without a reference, and both put the group",
     .explanation =
         "Nothing pins the group between the read of dev->iommu_group and the mutex: the second "
         "remover puts a group that has lost its last member already, or finds dev->iommu_group "
         "NULL behind its check. Older than the patch: the driver core serialises removal.",
     .fact = "20",
     .bodies = two_removers_of_one},
    {.name = "two_removers_put_if_found",
     .title = "two removers of one device, and the group is put only if a member was found",
     .question = "Is it enough to put the group only if something was found?",
     .expect = "use_after_free",
     .also = "null_dereference, data_race",
     .reason = "the second remover locks the mutex of a freed group",
     .explanation =
         "The count is right now, but the second remover still takes the mutex of a group "
         "that nothing keeps alive.",
     .fact = "20b",
     .variant = {.group_put = V::GroupPut::if_found},
     .bodies = two_removers_of_one},
    {.name = "two_removers_of_two_devices",
     .title = "two CPUs remove two devices of one group",
     .question = "And two removers of two devices?",
     .expect = "SAFE",
     .reason = "the mutex serialises the unlinks, and the grace periods overlap",
     .explanation = "group->mutex serialises the unlinks; each remover waits for its own grace "
                    "period, and the two overlap.",
     .fact = "32",
     .bodies = two_removers_of_two},
    {.name = "devices_removed_one_by_one",
     .title = "two devices are unplugged one after the other",
     .question = "What does a removal of many devices cost?",
     .expect = "SAFE",
     .reason = "one grace period for each device, one after the other",
     .explanation =
         "Each removal is as safe as one alone. Cost: N devices wait for N grace periods "
         "in sequence, in device_del and under the lock of the bus.",
     .fact = "28",
     .bodies = one_by_one},
    {.name = "devices_removed_in_a_batch",
     .title = "two devices are unlinked, then one grace period frees both",
     .question = "Could one grace period do for all of them?",
     .expect = "SAFE",
     .reason = "a grace period covers everything that was unlinked before it",
     .explanation =
         "Everything that was unlinked before synchronize_rcu is covered by it. Cost: one "
         "grace period for N devices.",
     .fact = "29",
     .bodies = batch},
    {.name = "synchronize_rcu_in_own_section",
     .title = "synchronize_rcu inside the caller's own section",
     .question = "What if the remover is a reader itself?",
     .expect = "deadlock",
     .also = "suspicious_rcu_usage",
     .reason = "the grace period waits for the section that waits for the grace period",
     .explanation =
         "synchronize_rcu waits for every section that is open, its caller's included: it "
         "never returns. lockdep says so; without it the kernel reports a stall.",
     .fact = "22",
     .bodies = waits_in_own_section},
    {.name = "device_unregister_in_section",
     .title = "hot unplug from inside a read-side critical section",
     .question = "May an atomic notifier remove the device?",
     .expect = "deadlock",
     .also = "sleeping_in_atomic, suspicious_rcu_usage",
     .reason = "mutex and sysfs sleep in the section, and synchronize_rcu waits for it",
     .explanation = "Whoever calls the remover under rcu_read_lock makes it sleep in a section and "
                    "then wait for that section.",
     .fact = "33",
     .bodies = both([](auto& k) { unplug_in(k, ActorKind::process, true); })},
    {.name = "device_unregister_in_hardirq",
     .title = "hot unplug from a hardirq",
     .question = "And from an interrupt handler?",
     .expect = "sleeping_in_atomic",
     .also = "deadlock",
     .reason = "mutex, sysfs and synchronize_rcu all sleep",
     .explanation = "mutex_lock, the removal of sysfs links and synchronize_rcu all sleep. The "
                    "handler is a reader besides, so the grace period waits for its own caller.",
     .fact = "22b",
     .bodies = both([](auto& k) { unplug_in(k, ActorKind::hardirq, false); })},
    {.name = "device_unregister_in_softirq",
     .title = "hot unplug from a softirq",
     .question = "And from a softirq?",
     .expect = "sleeping_in_atomic",
     .also = "deadlock",
     .reason = "the same in a softirq",
     .explanation = "A softirq may sleep as little as a hardirq, and is a reader, too.",
     .fact = "22b",
     .bodies = both([](auto& k) { unplug_in(k, ActorKind::softirq, false); })},
    {.name = "device_moves_to_another_group",
     .title = "a device leaves its group and joins another one",
     .question = "Can a reader be led into another group's list?",
     .expect = "SAFE",
     .reason = "every membership is a new gdev",
     .explanation = "Each membership is a gdev of its own, so the node that a reader stands on is "
                    "never linked into another list.",
     .fact = "26b",
     .bodies = moves_to_other_group},
};

}  // namespace

std::span<const Entry> remover_entries() { return rows; }

}  // namespace rcuscope
