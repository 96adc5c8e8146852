// SPDX-License-Identifier: LGPL-2.1-or-later
// The posted patch, seen by a lockless reader in an interrupt handler, with one decision changed
// per row. Follows: [PATCH v4 08/24] and the questions that its text raises.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// The handler looks up the neighbour of the device that is unplugged, so its walk passes the entry
/// that goes away.
constexpr Bodies interrupt_against_unplug = both([](auto& k) {
  const auto group = k.iommu.scenario_group("7");
  const auto nic = k.iommu.device_register("0000:01:00.0");
  const auto neighbour = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_group_add_device(group, nic);
  k.iommu.iommu_group_add_device(group, neighbour);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, group, neighbour] {
    k.world.rcu_read_lock();
    const auto gdev = k.iommu.find_device_rcu(group, neighbour);
    if (gdev && k.world.read(gdev->dev, Access::plain) != neighbour)
      k.world.report(FindingKind::warn_on, gdev.raw(), "WARN_ON(gdev->dev != dev)");
    k.world.rcu_read_unlock();
  });
  declare_unplug(k, nic);
});

const Entry rows[] = {
    {.name = "posted",
     .title = "the patch as posted",
     .question = "Is the lockless walk in an interrupt handler safe against hot unplug?",
     .expect = "SAFE",
     .reason = "synchronize_rcu returns only after every handler that could stand on the entry",
     .explanation = "list_del_rcu leaves the entry's next pointer intact, and synchronize_rcu "
                    "returns only after every handler that could stand on the entry has left.",
     .fact = "0",
     .bodies = interrupt_against_unplug},
    {.name = "no_synchronize_rcu",
     .title = "no synchronize_rcu before the free",
     .question = "What does synchronize_rcu buy?",
     .expect = "use_after_free",
     .reason = "nothing holds the free back until the handler has left",
     .explanation = "Nothing holds the free back: a handler that loaded the entry before the "
                    "unlink reads its next pointer after kfree.",
     .fact = "1",
     .variant = {.reclaim = V::Reclaim::none},
     .bodies = interrupt_against_unplug},
    {.name = "call_rcu_put_device",
     .title = "put_device and kfree in a call_rcu callback",
     .question = "Why not free asynchronously with call_rcu?",
     .expect = "sleeping_in_atomic",
     .reason = "the callback's put is the last one: release sleeps in softirq",
     .explanation = "The driver core drops its own reference while the callback is pending, so the "
                    "callback's put_device is the last one and runs the device's release in "
                    "softirq, where nothing may sleep.",
     .fact = "3",
     .variant = {.reclaim = V::Reclaim::call_rcu},
     .bodies = interrupt_against_unplug},
    {.name = "queue_rcu_work_put_device",
     .title = "put_device and kfree in a work item after a grace period",
     .question = "And with queue_rcu_work?",
     .expect = "SAFE",
     .reason = "the work runs after a grace period, in process context: it may sleep",
     .explanation = "The work item runs in process context after a grace period: it may sleep. "
                    "Only the release now comes later than the return of device_unregister.",
     .fact = "4",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work},
     .bodies = interrupt_against_unplug},
    {.name = "list_del",
     .title = "list_del instead of list_del_rcu",
     .question = "Does it have to be list_del_rcu?",
     .expect = "list_corruption",
     .also = "data_race",
     .reason = "the handler stands on the entry and follows LIST_POISON1",
     .explanation = "list_del poisons the entry's next pointer at once; a handler that stands on "
                    "the entry follows LIST_POISON1.",
     .fact = "10",
     .variant = {.unlink = V::Unlink::list_del},
     .bodies = interrupt_against_unplug},
    {.name = "kfree_before_grace_period",
     .title = "kfree(gdev) before the grace period",
     .question = "May the free come first and the wait after it?",
     .expect = "use_after_free",
     .reason = "the grace period comes after the free and protects nothing",
     .explanation = "The grace period then protects nothing: the memory is gone while the handler "
                    "still reads it, and reading gdev->dev for put_device is itself a use after "
                    "free.",
     .fact = "9",
     .variant = {.free_gdev = V::FreeGdev::before_grace_period},
     .bodies = interrupt_against_unplug},
    {.name = "get_device_without_put",
     .title = "get_device without put_device",
     .question = "Does the put matter?",
     .expect = "leak",
     .reason = "the membership's reference is never dropped: no release",
     .explanation = "The membership's reference is never dropped, so the device is never released.",
     .fact = "6",
     .variant = {.hold_device = V::HoldDevice::get_only},
     .bodies = interrupt_against_unplug},
    {.name = "no_device_reference",
     .title = "neither get_device nor put_device",
     .question = "Is the pair needed at all?",
     .expect = "SAFE",
     .reason = "the remover's caller owns a reference until after the grace period",
     .explanation = "The remover's caller owns a reference until after the grace period, so the "
                    "pair changes nothing. It becomes necessary as soon as the free is "
                    "asynchronous.",
     .fact = "5",
     .variant = {.hold_device = V::HoldDevice::neither},
     .bodies = interrupt_against_unplug},
    {.name = "put_device_without_get",
     .title = "put_device without get_device",
     .question = "What if only the put is there?",
     .expect = "use_after_free",
     .reason = "it steals the driver core's reference: the device dies inside its removal",
     .explanation = "The put drops the reference that the driver core owns. The device is released "
                    "inside device_unregister, whose own put then works on freed memory.",
     .fact = "7",
     .variant = {.hold_device = V::HoldDevice::put_only},
     .bodies = interrupt_against_unplug},
    {.name = "kfree_rcu_without_reference",
     .title = "kfree_rcu of the gdev and no device reference, as in v3",
     .question = "Was the simpler v3 wrong?",
     .expect = "SAFE",
     .reason = "the gdev's memory survives, and the reader never follows gdev->dev",
     .explanation = "kfree_rcu keeps the gdev until the handler has left, and the handler only "
                    "compares gdev->dev with a pointer. The device itself is not protected.",
     .fact = "2",
     .variant = {.reclaim = V::Reclaim::kfree_rcu, .hold_device = V::HoldDevice::neither},
     .bodies = interrupt_against_unplug},
    {.name = "synchronize_rcu_expedited",
     .title = "synchronize_rcu_expedited for every device",
     .question = "May the grace period be an expedited one?",
     .expect = "SAFE",
     .reason = "the same guarantee, sooner, at the price of interrupts to all CPUs",
     .explanation = "The guarantee is the same. Cost: an interrupt to every CPU that is not idle, "
                    "for each device; in a loop over many devices, one ordinary grace period for "
                    "the whole batch is better.",
     .fact = "29b",
     .variant = {.reclaim = V::Reclaim::synchronize_rcu_expedited},
     .bodies = interrupt_against_unplug},
    {.name = "call_rcu_kfree_only",
     .title = "a call_rcu callback that only frees, lazy or not",
     .question = "And if the callback is delayed by CONFIG_RCU_LAZY?",
     .expect = "SAFE",
     .reason = "kfree may run in softirq, however late the callback comes",
     .explanation = "Without a device reference the callback only frees memory, which softirq "
                    "allows. A callback may come at any time after its grace period, so lazy and "
                    "hurried ones have the same schedules. Cost: the memory stays allocated for "
                    "seconds when the callback is lazy.",
     .fact = "47",
     .variant = {.reclaim = V::Reclaim::call_rcu, .hold_device = V::HoldDevice::neither},
     .bodies = interrupt_against_unplug},
    {.name = "synchronize_rcu_under_mutex",
     .title = "the free stays under group->mutex",
     .question = "What is 07/24 good for?",
     .expect = "SAFE",
     .reason = "no reader takes the mutex, so waiting under it is only slow",
     .explanation = "No reader takes group->mutex, so waiting for readers under it ends. Cost: "
                    "every other user of the group waits for the grace period, too.",
     .fact = "17",
     .variant = {.defer_free = V::DeferFree::under_mutex},
     .bodies = interrupt_against_unplug},
};

}  // namespace

std::span<const Entry> unplug_entries() { return rows; }

}  // namespace rcuscope
