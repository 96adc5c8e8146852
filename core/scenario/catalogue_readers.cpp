// SPDX-License-Identifier: LGPL-2.1-or-later
// What a reader may do with the gdev that it found, in which context and for how long.
// Follows: [PATCH v4 08/24], [PATCH v4 11/24] and the what-ifs about their reader.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// A walk that does `visit` with each member, against hot unplug of the only one.
template <World W, class S, class Visit>
void walk_against_unplug(Kernel<W, S>& k, Visit visit, ActorKind kind = ActorKind::hardirq) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  declare_walk(k, machine.group, visit, kind);
  declare_unplug(k, machine.nic);
}

constexpr Bodies compares_device = both([](auto& k) {
  walk_against_unplug(k, [](auto& kernel, auto gdev) { device_of(kernel, gdev); });
});

constexpr Bodies follows_device = both([](auto& k) {
  walk_against_unplug(k, [](auto& kernel, auto gdev) { follow_device(kernel, gdev); });
});

constexpr Bodies reads_name = both([](auto& k) {
  walk_against_unplug(k, [](auto& kernel, auto gdev) {
    kernel.world.read(kernel.world.read(gdev->name, Access::plain)->text, Access::plain);
  });
});

constexpr Bodies reads_dev_iommu = both([](auto& k) {
  walk_against_unplug(k, [](auto& kernel, auto gdev) {
    const auto iommu = kernel.world.read(device_of(kernel, gdev)->iommu, Access::dereference);
    if (iommu) kernel.world.read(iommu->iommu_dev, Access::plain);
  });
});

/// dev_to_gdev_rcu without rcu_read_lock around it.
template <World W, class S>
void lookup_without_section(Kernel<W, S>& k, ActorKind kind) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  pin(k, machine.nic);
  k.declare(kind, "reader", [&k, nic = machine.nic] {
    if (const auto gdev = k.iommu.dev_to_gdev_rcu(nic)) device_of(k, gdev);
  });
  declare_unplug(k, machine.nic);
}

/// The reader uses the gdev once more after its rcu_read_unlock.
template <World W, class S>
void keeps_gdev(Kernel<W, S>& k, ActorKind kind) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(kind, "reader", [&k, machine] {
    k.world.rcu_read_lock();
    const auto gdev = k.iommu.find_device_rcu(machine.group, machine.nic);
    k.world.rcu_read_unlock();
    if (gdev) device_of(k, gdev);
  });
  declare_unplug(k, machine.nic);
}

/// The reader takes a reference inside its section and uses the device after it.
template <World W, class S>
void gets_device(Kernel<W, S>& k, ActorKind kind) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(kind, "reader", [&k, machine] {
    k.world.rcu_read_lock();
    const auto gdev = k.iommu.find_device_rcu(machine.group, machine.nic);
    if (gdev) k.iommu.get_device(device_of(k, gdev));
    k.world.rcu_read_unlock();
    if (!gdev) return;
    k.world.refcount_read(machine.nic->refcount);
    k.iommu.put_device(machine.nic);
  });
  declare_unplug(k, machine.nic);
}

/// A handler takes a reference in its section and leaves the put to a softirq. Whether that calls
/// put_device or kobject_put makes no difference: one reference, one release.
constexpr Bodies puts_in_softirq = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto slot = make_slot(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, machine, slot] {
    k.world.rcu_read_lock();
    if (const auto gdev = k.iommu.find_device_rcu(machine.group, machine.nic)) {
      k.iommu.get_device(device_of(k, gdev));
      k.world.write(slot->dev, machine.nic, Access::release);
    }
    k.world.rcu_read_unlock();
  });
  const auto put = [&k, slot] {
    if (const auto dev = k.world.exchange(slot->dev, nullptr, Access::full))
      k.iommu.put_device(dev);
  };
  k.declare(ActorKind::softirq, "bottom half", put);
  k.at_end(put);
  declare_unplug(k, machine.nic);
});

/// The reader's `dev` is an argument that nobody pins.
constexpr Bodies unpinned_lookup = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, nic = machine.nic] {
    k.world.rcu_read_lock();
    k.iommu.dev_to_gdev_rcu(nic);
    k.world.rcu_read_unlock();
  });
  declare_unplug(k, machine.nic);
});

/// Starts again from the head whenever the last walk met more members than the one before.
constexpr Bodies restarts_walk = both([](auto& k) {
  const GroupAndDevice machine(k);
  const auto second = k.iommu.device_register("0000:01:00.1");
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, group = machine.group] {
    k.world.rcu_read_lock();
    for (int seen = 0, met = -1; met != seen;) {
      seen = met;
      met = 0;
      auto walk = k.iommu.list_for_each_entry_rcu(group);
      while (walk.next()) ++met;
    }
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "hot plug", [&k, machine, second] {
    k.iommu.iommu_group_add_device(machine.group, machine.nic);
    k.iommu.iommu_group_add_device(machine.group, second);
  });
});

constexpr Bodies takes_mutex_in_interrupt = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, machine] {
    k.world.mutex_lock(machine.group->mutex);
    k.iommu.find_device(machine.group, machine.nic);
    k.world.mutex_unlock(machine.group->mutex);
  });
  declare_unplug(k, machine.nic);
});

const Entry rows[] = {
    {.name = "reader_follows_device",
     .title = "the reader follows gdev->dev",
     .question = "May the reader use the device itself, and not only compare it?",
     .expect = "SAFE",
     .reason = "the gdev's reference and the remover's own both outlive the section",
     .explanation = "The membership's reference is dropped after the grace period, and the remover "
                    "owns another one until then: the device is alive in the whole section.",
     .fact = "0b",
     .bodies = follows_device},
    {.name = "put_device_before_grace_period",
     .title = "put_device before synchronize_rcu",
     .question = "Does the put have to come after the grace period?",
     .expect = "SAFE",
     .reason = "the remover's own reference still pins the device: safe, but fragile",
     .explanation = "The remover's caller still owns a reference while the grace period lasts, so "
                    "the membership's put is not the last one. Whoever makes the free "
                    "asynchronous later breaks it.",
     .fact = "8",
     .variant = {.put_device = V::PutDevice::before_grace_period},
     .bodies = follows_device},
    {.name = "no_device_reference_reader_follows_device",
     .title = "neither get_device nor put_device, and the reader follows gdev->dev",
     .question = "Does a reader that uses the device need the pair?",
     .expect = "SAFE",
     .reason = "the remover waits for the reader while it still owns the device",
     .explanation =
         "synchronize_rcu is inside the remover's call, and the remover's caller owns the "
         "device for that long: the pair is redundant on this path.",
     .fact = "5",
     .variant = {.hold_device = V::HoldDevice::neither},
     .bodies = follows_device},
    {.name = "kfree_rcu_reader_follows_device",
     .title = "kfree_rcu without a device reference, and the reader follows gdev->dev",
     .question = "Why did v4 add get_device?",
     .expect = "use_after_free",
     .reason = "kfree_rcu covers the gdev, not the device that it points to",
     .explanation = "kfree_rcu keeps the gdev, but the remover's own put is the last one and frees "
                    "the device while the handler still uses it.",
     .fact = "2b",
     .variant = {.reclaim = V::Reclaim::kfree_rcu, .hold_device = V::HoldDevice::neither},
     .bodies = follows_device},
    {.name = "queue_rcu_work_without_reference",
     .title = "queue_rcu_work without a device reference",
     .question = "When does the get/put pair become necessary?",
     .expect = "use_after_free",
     .reason = "nobody waits for the reader before the driver core's last put",
     .explanation = "The remover no longer waits, so its own reference ends before the section "
                    "does. Only the membership's reference, dropped after the grace period, could "
                    "keep the device.",
     .fact = "5",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work, .hold_device = V::HoldDevice::neither},
     .bodies = follows_device},
    {.name = "queue_rcu_work_reader_follows_device",
     .title = "queue_rcu_work with the device reference",
     .question = "And with the pair?",
     .expect = "SAFE",
     .reason = "the membership's reference is dropped after the grace period",
     .explanation = "The work item drops the membership's reference after the grace period; until "
                    "then the device cannot be released, whoever else has let go of it.",
     .fact = "4",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work},
     .bodies = follows_device},
    {.name = "name_read_in_section",
     .title = "the reader prints gdev->name",
     .question = "May the reader print the member's name?",
     .expect = "use_after_free",
     .reason = "as posted the name is freed before the grace period",
     .explanation = "kfree(gdev->name) comes before synchronize_rcu. The reader of 11/24 does not "
                    "read the name, so the defect is latent: the first one that does hits it.",
     .fact = "11",
     .bodies = reads_name},
    {.name = "name_freed_after_grace_period",
     .title = "kfree(gdev->name) moved behind synchronize_rcu",
     .question = "What would make the name readable?",
     .expect = "SAFE",
     .reason = "the name lives as long as the gdev",
     .explanation = "Freed after the grace period, the name is as safe to read as the gdev.",
     .fact = "11b",
     .variant = {.free_name = V::FreeName::after_grace_period},
     .bodies = reads_name},
    {.name = "dev_iommu_read_in_section",
     .title = "the reader follows dev->iommu behind a NULL check",
     .question = "May the reader look at dev->iommu?",
     .expect = "use_after_free",
     .also = "data_race",
     .reason = "iommu_deinit_device frees it before the grace period: NULL checks do not help",
     .explanation = "iommu_deinit_device runs between the unlink and the grace period. The reader "
                    "loads dev->iommu, the remover stores NULL and frees it, the reader uses it.",
     .fact = "12",
     .bodies = reads_dev_iommu},
    {.name = "dev_iommu_kfree_rcu",
     .title = "dev->iommu freed by kfree_rcu",
     .question = "What would make dev->iommu readable?",
     .expect = "SAFE",
     .reason = "a reader that loaded it is waited for",
     .explanation = "kfree_rcu waits for every reader that may have loaded the old pointer; later "
                    "ones see NULL.",
     .fact = "12b",
     .variant = {.free_dev_iommu = V::FreeDevIommu::kfree_rcu},
     .bodies = reads_dev_iommu},
    {.name = "deinit_after_grace_period",
     .title = "iommu_deinit_device moved behind synchronize_rcu",
     .question = "Or is it enough to deinit later?",
     .expect = "SAFE",
     .reason = "safe for memory; group->mutex is needed twice and the hardware lets go later",
     .explanation = "No reader that found the gdev is left when dev->iommu goes away. The price: "
                    "group->mutex is taken again, and the hardware is released a grace period "
                    "later.",
     .fact = "12c",
     .variant = {.deinit = V::Deinit::after_grace_period},
     .bodies = reads_dev_iommu},
    {.name = "lookup_without_section_in_thread",
     .title = "no rcu_read_lock, in a threaded interrupt handler",
     .question = "Does the lookup need its own rcu_read_lock?",
     .expect = "use_after_free",
     .also = "suspicious_rcu_usage",
     .reason = "a thread without a section holds off no grace period",
     .explanation = "A threaded handler is ordinary process context: without rcu_read_lock the "
                    "grace period does not wait for it, and lockdep complains about the "
                    "rcu_dereference.",
     .fact = "13",
     .bodies = both([](auto& k) { lookup_without_section(k, ActorKind::threaded_irq); })},
    {.name = "lookup_without_section_in_hardirq",
     .title = "no rcu_read_lock, in a true hardirq",
     .question = "Is a hardirq handler not a reader anyway?",
     .expect = "suspicious_rcu_usage",
     .reason = "the grace period waits, but rcu_dereference wants the section itself",
     .explanation = "With interrupts off the handler is an implicit reader, so no memory is lost. "
                    "rcu_dereference still wants an explicit rcu_read_lock; the list macro "
                    "accepts any reader and stays silent.",
     .fact = "13b",
     .bodies = both([](auto& k) { lookup_without_section(k, ActorKind::hardirq); })},
    {.name = "lookup_without_section_preempt_rt",
     .title = "the same handler on PREEMPT_RT",
     .question = "And if the kernel turns the handler into a thread?",
     .expect = "use_after_free",
     .also = "suspicious_rcu_usage",
     .reason = "on PREEMPT_RT the handler is a thread: nothing holds off the grace period",
     .explanation =
         "On PREEMPT_RT the handler runs in a thread, so interrupts are on and it is no "
         "implicit reader any more. (Where the kernel itself forces the handler into the "
         "thread it turns bottom halves off around it, which is a reader again; a "
         "handler that asked for a thread has no such luck.)",
     .fact = "13c",
     .config = {.has_report_work = false, .preempt_rt = true},
     .bodies = both([](auto& k) { lookup_without_section(k, ActorKind::hardirq); })},
    {.name = "lookup_with_section_preempt_rt",
     .title = "the posted reader on PREEMPT_RT",
     .question = "Is the posted reader safe on PREEMPT_RT?",
     .expect = "SAFE",
     .reason = "its own rcu_read_lock does not depend on the context",
     .explanation =
         "The reader has a section of its own, so it does not matter whether the handler "
         "runs in a hardirq or in a thread.",
     .fact = "13c",
     .config = {.has_report_work = false, .preempt_rt = true},
     .bodies = follows_device},
    {.name = "gdev_kept_after_section_in_process",
     .title = "the gdev is used after rcu_read_unlock, in process context",
     .question = "How long is the result of the lookup valid?",
     .expect = "use_after_free",
     .reason = "the remover frees it as soon as the section has ended",
     .explanation = "The result is valid inside the section only: the grace period ends with it, "
                    "and the remover frees the gdev.",
     .fact = "14",
     .bodies = both([](auto& k) { keeps_gdev(k, ActorKind::process); })},
    {.name = "gdev_kept_after_section_in_thread",
     .title = "the gdev is used after rcu_read_unlock, in a threaded handler",
     .question = "And in a threaded interrupt handler?",
     .expect = "use_after_free",
     .reason = "a threaded handler is process context",
     .explanation = "A threaded handler is process context: after rcu_read_unlock nothing holds "
                    "the free back.",
     .fact = "14",
     .bodies = both([](auto& k) { keeps_gdev(k, ActorKind::threaded_irq); })},
    {.name = "gdev_kept_after_section_in_hardirq",
     .title = "the gdev is used after rcu_read_unlock, in a hardirq",
     .question = "And in a true hardirq?",
     .expect = "SAFE",
     .reason = "the whole handler is an implicit reader",
     .explanation = "The whole handler runs with interrupts off and is one implicit reader; the "
                    "explicit section in it changes nothing. The same code breaks where the "
                    "handler becomes a thread.",
     .fact = "14",
     .bodies = both([](auto& k) { keeps_gdev(k, ActorKind::hardirq); })},
    {.name = "gdev_kept_after_section_in_softirq",
     .title = "the gdev is used after rcu_read_unlock, in a softirq",
     .question = "And in a softirq?",
     .expect = "SAFE",
     .reason = "the whole softirq is an implicit reader",
     .explanation = "A grace period waits for running softirqs as it waits for handlers.",
     .fact = "14",
     .bodies = both([](auto& k) { keeps_gdev(k, ActorKind::softirq); })},
    {.name = "gdev_kept_after_section_preempt_rt",
     .title = "the gdev is used after rcu_read_unlock, in a hardirq on PREEMPT_RT",
     .question = "Does that survive PREEMPT_RT?",
     .expect = "use_after_free",
     .reason = "the handler is a thread, and its section has ended",
     .explanation = "What was safe because the whole handler is a reader breaks when the handler "
                    "becomes a thread.",
     .fact = "14",
     .config = {.has_report_work = false, .preempt_rt = true},
     .bodies = both([](auto& k) { keeps_gdev(k, ActorKind::hardirq); })},
    {.name = "get_device_in_section",
     .title = "the reader takes a device reference and puts it in process context",
     .question = "How can a reader keep the device?",
     .expect = "SAFE",
     .reason = "the gdev's own reference makes the count at least 1 in the section",
     .explanation = "The membership's reference pins the count until after the grace period, so a "
                    "plain get_device is enough. The reader's put may be the last one: process "
                    "context may run the release.",
     .fact = "15",
     .bodies = both([](auto& k) { gets_device(k, ActorKind::process); })},
    {.name = "get_device_in_section_put_in_hardirq",
     .title = "the handler takes and puts its device reference itself",
     .question = "And if the whole of it happens in one hardirq?",
     .expect = "SAFE",
     .reason = "the remover waits for the handler, so the handler's put is never the last one",
     .explanation =
         "The handler is a reader until it ends, and both the membership's reference and "
         "the remover's own are dropped only after the grace period that waits for it. "
         "The put is allowed there, but fragile: put_device=\"strict\" flags it.",
     .fact = "15",
     .bodies = both([](auto& k) { gets_device(k, ActorKind::hardirq); })},
    {.name = "get_device_in_section_put_in_hardirq_strict",
     .title = "the same under put_device=\"strict\"",
     .question = "What does the strict mode say about a put in a hardirq?",
     .expect = "sleeping_in_atomic",
     .reason = "any put_device where nothing may sleep counts as a defect",
     .explanation = "put_device has no might_sleep() of its own, so a kernel complains only when "
                    "the put is the last one. The strict mode does not wait for that.",
     .fact = "15",
     .checks = {.put_device = PutDeviceMode::strict},
     .bodies = both([](auto& k) { gets_device(k, ActorKind::hardirq); })},
    {.name = "get_device_in_hardirq_put_in_softirq",
     .title = "the handler takes the reference, a later softirq puts it",
     .question = "And if the put comes after the handler?",
     .expect = "sleeping_in_atomic",
     .reason = "the softirq's put can be the last one: release sleeps in softirq",
     .explanation = "Once the handler has ended nothing holds the remover back. It drops its "
                    "references, and the put in the softirq is the last one: the device's release "
                    "sleeps where nothing may.",
     .fact = "35",
     .bodies = puts_in_softirq},
    {.name = "lookup_of_unpinned_device",
     .title = "nobody pins the reader's device",
     .question = "Does RCU protect the argument of the lookup, too?",
     .expect = "use_after_free",
     .reason = "the reader starts after the final put: RCU never gets a chance",
     .explanation = "dev_to_gdev_rcu(dev) reads dev->iommu_group. If the device was freed before "
                    "the handler started, no grace period can help: the driver has to pin it.",
     .fact = "25",
     .bodies = unpinned_lookup},
    {.name = "walk_restarts_from_head",
     .title = "the reader starts its walk again while members are added",
     .question = "May a section restart its walk?",
     .expect = "SAFE",
     .reason = "no memory is lost, but the section is as long as somebody keeps adding",
     .explanation = "Every restart is inside the same section and memory-safe. Cost: the section "
                    "has no bound while devices keep coming, which ends in an RCU stall.",
     .fact = "27",
     .bodies = restarts_walk},
    {.name = "mutex_lock_in_hardirq",
     .title = "group->mutex instead of rcu_read_lock in the handler",
     .question = "Why not just take the mutex in the handler?",
     .expect = "sleeping_in_atomic",
     .reason = "a mutex sleeps, a handler must not",
     .explanation = "mutex_lock may sleep. The handler runs with interrupts off, so this is a bug "
                    "even where the mutex is free.",
     .fact = "45",
     .bodies = takes_mutex_in_interrupt},
    {.name = "v3_compares_pointers_only",
     .title = "kfree_rcu without a device reference against a probed device",
     .question = "Is v3 safe for devices with a driver, too?",
     .expect = "SAFE",
     .reason = "the reader compares gdev->dev and never follows it",
     .explanation = "Probing adds dev->iommu and an attached domain; the reader touches neither.",
     .fact = "2",
     .variant = {.reclaim = V::Reclaim::kfree_rcu, .hold_device = V::HoldDevice::neither},
     .bodies = compares_device},
};

}  // namespace

std::span<const Entry> reader_entries() { return rows; }

}  // namespace rcuscope
