// SPDX-License-Identifier: LGPL-2.1-or-later
// The work item of a report, where it is cancelled, and the count of devices under reset.
// Follows: [PATCH v4 11/24], the reset functions of drivers/iommu/iommu.c, and the review of them.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

constexpr IommuConfig with_report{.has_report_work = true};

/// A handler reports the device while it is unplugged.
constexpr Bodies report_against_unplug = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  pin(k, machine.nic);
  k.declare(ActorKind::hardirq, "ATC time-out ISR",
            [&k, nic = machine.nic] { k.iommu.iommu_report_device_broken(nic); });
  declare_unplug(k, machine.nic);
});

/// The alternative of the review: the work item stands in dev->iommu, and a lock of the driver
/// protects the pointer to it.
template <World W>
struct BrokenWork {
  typename W::work_struct work{"work"};
};
template <World W>
struct Master {
  typename W::mutex driver_lock{"driver_lock"};
  typename W::mutex group_mutex{"group_mutex"};
  typename W::template shared<ptr<BrokenWork<W>>> iommu{"iommu", nullptr};
};

template <World W, class S>
void work_in_dev_iommu(Kernel<W, S>& k, V::CancelWork cancel) {
  W& w = k.world;
  const auto master = w.template kzalloc<Master<W>>("master", "", Place::current());
  w.set_lifetime(master.raw(), Lifetime::root);
  const auto iommu = w.template kzalloc<BrokenWork<W>>("dev_iommu", "nic", Place::current());
  w.init_work(iommu->work, "broken worker", [&k, master] {
    k.world.mutex_lock(master->group_mutex);
    k.world.mutex_unlock(master->group_mutex);
  });
  w.write(master->iommu, iommu, Access::plain);
  k.declare(ActorKind::threaded_irq, "ATC time-out", [&k, master] {
    k.world.mutex_lock(master->driver_lock);
    if (const auto found = k.world.read(master->iommu, Access::plain))
      k.world.queue_work(found->work);
    k.world.mutex_unlock(master->driver_lock);
  });
  k.declare(ActorKind::process, "hot unplug", [&k, master, iommu, cancel] {
    k.world.mutex_lock(master->group_mutex);
    k.world.mutex_lock(master->driver_lock);
    k.world.write(master->iommu, nullptr, Access::plain);
    k.world.mutex_unlock(master->driver_lock);
    if (cancel == V::CancelWork::under_mutex) k.world.cancel_work_sync(iommu->work);
    k.world.mutex_unlock(master->group_mutex);
    if (cancel == V::CancelWork::after_grace_period) k.world.cancel_work_sync(iommu->work);
    k.world.kfree(iommu);
  });
}

/// A device is blocked for its reset and unplugged before the reset has ended.
constexpr Bodies reset_against_unplug = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  pin(k, machine.nic);
  k.declare(ActorKind::process, "reset", [&k, nic = machine.nic] {
    if (k.iommu.pci_dev_reset_iommu_prepare(nic) == 0) k.iommu.pci_dev_reset_iommu_done(nic);
  });
  declare_unplug(k, machine.nic);
});

/// How many times a removal of a blocked device lowers recovery_cnt. The neighbour wants to attach
/// afterwards.
template <World W, class S>
void remove_blocked(Kernel<W, S>& k, int decrements) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  k.iommu.pci_dev_reset_iommu_prepare(machine.nic);
  const auto neighbour = k.iommu.device_register("0000:01:00.1");
  k.iommu.iommu_probe_device(neighbour, machine.group);
  k.declare(ActorKind::process, "hot unplug", [&k, machine, neighbour, decrements] {
    k.world.mutex_lock(machine.group->mutex);
    const MemberOf<W> gdev = k.iommu.dev_to_gdev(machine.nic);
    for (int i = 0; i < decrements; ++i) k.iommu.drop_recovery_cnt(machine.group);
    k.iommu.unlink(machine.group, gdev);
    k.iommu.iommu_group_empty_assert_owner_cnt(machine.group);
    k.iommu.leave_group(machine.group, gdev, machine.nic);
    k.iommu.iommu_group_put(machine.group);
    k.iommu.device_unregister(machine.nic);
    const int error = k.iommu.iommu_attach_device(neighbour);
    warn_on(k, error == -EBUSY, "iommu_attach_device(neighbour) == -EBUSY", neighbour.raw());
  });
}

const Entry rows[] = {
    {.name = "report_against_unplug",
     .title = "a report from an interrupt handler against hot unplug, as posted",
     .question = "Is the report of 11/24 safe?",
     .expect = "SAFE",
     .reason = "the work is disabled when no reader can queue it any more",
     .explanation = "After the grace period no reader can find the gdev, so nobody can queue its "
                    "work again: disable_work_sync waits for the last run, and the free is safe.",
     .fact = "19b",
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "report_queue_rcu_work",
     .title = "the same with queue_rcu_work",
     .question = "And with an asynchronous free?",
     .expect = "SAFE",
     .reason = "the work item cancels, in process context, after the grace period",
     .explanation = "The item that frees runs in process context after the grace period, where it "
                    "may wait for the report's work.",
     .fact = "19b",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work},
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "work_cancelled_before_grace_period",
     .title = "cancel_work_sync before synchronize_rcu",
     .question = "May the work be cancelled first?",
     .expect = "use_after_free",
     .reason = "a reader that is still in its section queues it again",
     .explanation = "cancel_work_sync does not stop later queueing. A handler that found the gdev "
                    "before the unlink queues the work after the cancel, and the worker runs on "
                    "freed memory.",
     .fact = "19",
     .variant = {.cancel_work = V::CancelWork::before_grace_period},
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "work_never_cancelled",
     .title = "the work is not cancelled at all",
     .question = "Does the work have to be cancelled?",
     .expect = "use_after_free",
     .reason = "the worker outlives the gdev",
     .explanation = "The grace period waits for the handler, not for the work that it queued.",
     .fact = "19",
     .variant = {.cancel_work = V::CancelWork::none},
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "work_cancelled_under_mutex",
     .title = "cancel_work_sync under group->mutex",
     .question = "Why does v3 06/11 defer the free?",
     .expect = "deadlock",
     .also = "use_after_free",
     .reason = "the remover waits for the work, the work waits for the mutex",
     .explanation = "The worker takes group->mutex. Whoever waits for it under that mutex never "
                    "gets on. Cancelling there is also too early: a reader may queue it again.",
     .fact = "18",
     .variant = {.cancel_work = V::CancelWork::under_mutex},
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "free_under_mutex_with_work",
     .title = "the whole free, cancel included, under group->mutex",
     .question = "Can 11/24 live without 07/24?",
     .expect = "deadlock",
     .reason = "the cancel belongs to the free: the same cycle",
     .explanation = "Without 07/24 the free runs under group->mutex, and with it the wait for the "
                    "work that wants the mutex.",
     .fact = "18",
     .variant = {.defer_free = V::DeferFree::under_mutex},
     .config = with_report,
     .bodies = report_against_unplug},
    {.name = "work_in_dev_iommu",
     .title = "the work item in dev->iommu and a mutex instead of RCU",
     .question = "Is RCU the right tool at all?",
     .expect = "SAFE",
     .reason = "no lockless lookup is left; the work is cancelled outside the mutex",
     .explanation =
         "With the work item in dev->iommu the driver's own lock protects the lookup, and "
         "RCU is not needed. The work has to be cancelled before dev->iommu is freed, "
         "outside group->mutex.",
     .fact = "38",
     .bodies = both([](auto& k) { work_in_dev_iommu(k, V::CancelWork::after_grace_period); })},
    {.name = "work_in_dev_iommu_cancelled_under_mutex",
     .title = "that work item cancelled under group->mutex",
     .question = "What can go wrong with it?",
     .expect = "deadlock",
     .reason = "the same cycle as with the gdev's work",
     .explanation = "The worker takes group->mutex, which its canceller holds.",
     .fact = "38",
     .bodies = both([](auto& k) { work_in_dev_iommu(k, V::CancelWork::under_mutex); })},
    {.name = "work_in_dev_iommu_never_cancelled",
     .title = "that work item freed while it is queued",
     .question = "And if nobody cancels it?",
     .expect = "use_after_free",
     .reason = "dev->iommu is freed with its work still queued",
     .explanation =
         "The work item is part of dev->iommu; freed while queued or running, the worker "
         "uses freed memory.",
     .fact = "38",
     .bodies = both([](auto& k) { work_in_dev_iommu(k, V::CancelWork::none); })},
    {.name = "device_removed_during_reset",
     .title = "a device is unplugged during its reset",
     .question = "Does a removal during a reset leave the group fenced?",
     .expect = "data_race",
     .reason = "recovery_cnt stays right, but the reset reads dev->iommu_group without a lock",
     .explanation = "A removal that finds gdev->blocked lowers recovery_cnt, and the end of the "
                    "reset then finds no gdev: the count stays the number of blocked members. But "
                    "the reset finds its group by a plain load of dev->iommu_group, which the "
                    "removal clears meanwhile.",
     .fact = "36",
     .bodies = reset_against_unplug},
    {.name = "removal_forgets_recovery_cnt",
     .title = "a removal that does not lower recovery_cnt",
     .question = "And if the removal forgets the count?",
     .expect = "warn_on",
     .reason = "the group stays fenced: every attach fails with -EBUSY",
     .explanation = "No WARN of the kernel fires. The group's other devices get -EBUSY for ever, "
                    "which the scenario and the check at the end of a run report.",
     .fact = "36",
     .bodies = both([](auto& k) { remove_blocked(k, 0); })},
    {.name = "recovery_cnt_lowered_twice",
     .title = "both the removal and the end of the reset lower recovery_cnt",
     .question = "And if both of them do it?",
     .expect = "warn_on",
     .reason = "WARN_ON(recovery_cnt == 0)",
     .explanation = "The second decrement finds 0 and warns.",
     .fact = "36b",
     .bodies = both([](auto& k) { remove_blocked(k, 2); })},
    {.name = "removal_lowers_recovery_cnt",
     .title = "a removal that lowers recovery_cnt once",
     .question = "What is right?",
     .expect = "SAFE",
     .reason = "recovery_cnt is the number of blocked members",
     .explanation = "One decrement for one blocked member: the neighbour may attach again.",
     .fact = "36",
     .bodies = both([](auto& k) { remove_blocked(k, 1); })},
};

}  // namespace

std::span<const Entry> work_entries() { return rows; }

}  // namespace rcuscope
