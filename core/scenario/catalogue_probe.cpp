// SPDX-License-Identifier: LGPL-2.1-or-later
// How a device becomes a member, what a failure leaves to readers, and the walk of bus_iommu_probe.
// Follows: drivers/iommu/iommu.c, [PATCH v4 06/24], [PATCH v4 07/24] and [PATCH v4 08/24].
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// The only member of a group that nobody else holds is unplugged under a lookup.
constexpr Bodies removal_frees_group = both([](auto& k) {
  const auto group = k.iommu.scenario_group("7", false);
  const auto nic = k.iommu.device_register("0000:01:00.0");
  k.iommu.iommu_probe_device(nic, group);
  declare_lookup(k, nic);
  declare_unplug(k, nic);
});

/// The allocation of the gdev fails, after dev->iommu_group was published.
constexpr Bodies failed_probe_frees_group = both([](auto& k) {
  const auto group = k.iommu.scenario_group("7", false);
  const auto nic = k.iommu.device_register("0000:01:00.0");
  k.iommu.inject_fault("alloc_device");
  declare_lookup(k, nic);
  k.declare(ActorKind::process, "probe", [&k, nic, group] {
    warn_on(k, k.iommu.iommu_probe_device(nic, group) != -ENOMEM, "error != -ENOMEM");
  });
});

/// The attach fails after the gdev was published; a handler walks the group.
constexpr Bodies failed_attach = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.inject_fault("attach");
  declare_walk(k, machine.group, [](auto& kernel, auto gdev) { follow_device(kernel, gdev); });
  k.declare(ActorKind::process, "probe", [&k, machine] {
    warn_on(k, k.iommu.iommu_probe_device(machine.nic, machine.group) != -ENOMEM,
            "error != -ENOMEM");
  });
});

/// A bus walk finalizes a device that is unplugged as soon as it has been probed. `attaches`: its
/// probe_finalize attaches a domain, as those of two drivers do.
template <World W, class S>
void bus_probe_against_unplug(Kernel<W, S>& k, bool attaches, bool is_pinned = true) {
  DeviceOptions<W> options;
  options.group = k.iommu.scenario_group("7", is_pinned);
  options.probe_finalize = [&k, attaches](DeviceOf<W> dev) {
    if (attaches) k.iommu.iommu_attach_device(dev);
  };
  const auto gpu = k.iommu.device_register("0000:02:00.0", options);
  k.declare(ActorKind::process, "bus walk",
            [&k, gpu] { k.iommu.bus_iommu_probe(std::span(&gpu, 1)); });
  k.declare(ActorKind::process, "hot unplug", [&k, gpu] {
    k.world.mutex_lock(k.iommu.iommu_probe_device_lock);
    const bool is_probed = static_cast<bool>(k.world.read(gpu->iommu_group, Access::plain));
    k.world.mutex_unlock(k.iommu.iommu_probe_device_lock);
    if (is_probed) k.iommu.device_unregister(gpu);
  });
}

constexpr Bodies bus_walk = both([](auto& k) { bus_probe_against_unplug(k, false); });
constexpr Bodies bus_walk_attaches = both([](auto& k) { bus_probe_against_unplug(k, true); });
constexpr Bodies bus_walk_of_unpinned_group =
    both([](auto& k) { bus_probe_against_unplug(k, false, false); });

/// A live device leaves its group and is probed again at the same time. `is_late`: the probe gives
/// up while dev->iommu is still there, so that only the links can be in its way.
template <World W, class S>
void reprobe(Kernel<W, S>& k, bool is_late) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  pin(k, machine.nic);
  k.declare(ActorKind::process, "remover", [&k, nic = machine.nic, is_late] {
    if (is_late)
      k.iommu.iommu_group_remove_device(nic);
    else
      k.iommu.iommu_release_device(nic);
  });
  k.declare(ActorKind::process, "probe", [&k, machine, is_late] {
    if (is_late && k.world.read(machine.nic->iommu, Access::once)) return;
    const int error = k.iommu.iommu_probe_device(machine.nic, machine.group);
    warn_on(k, error == -EEXIST, "cannot create duplicate filename", machine.nic.raw());
  });
}

constexpr Bodies late_reprobe = both([](auto& k) { reprobe(k, true); });
constexpr Bodies early_reprobe = both([](auto& k) { reprobe(k, false); });

const Entry rows[] = {
    {.name = "group_freed_after_grace_period",
     .title = "the group is freed by kfree_rcu when its last member leaves",
     .question = "Is 06/24 needed?",
     .expect = "SAFE",
     .reason = "a lookup that came through dev->iommu_group is waited for twice",
     .explanation =
         "As posted: synchronize_rcu in the removal has waited for every reader that came "
         "through dev->iommu_group, and kfree_rcu waits again.",
     .fact = "16c",
     .bodies = removal_frees_group},
    {.name = "group_freed_at_once",
     .title = "the group is freed at once when its last member leaves",
     .question = "Would kfree(group) do?",
     .expect = "SAFE",
     .reason = "on removal the gdev's grace period has drained the readers already",
     .explanation = "dev->iommu_group is NULL before synchronize_rcu starts, so when the group is "
                    "put no reader can have come through it.",
     .fact = "16",
     .variant = {.free_group = V::FreeGroup::kfree},
     .bodies = removal_frees_group},
    {.name = "failed_probe_group_freed_at_once",
     .title = "the group is freed at once when a probe fails early",
     .question = "Is there a path that needs the group's kfree_rcu?",
     .expect = "use_after_free",
     .reason = "without a gdev there is no synchronize_rcu on that path",
     .explanation =
         "dev->iommu_group was published before the allocation of the gdev failed. No gdev "
         "means no synchronize_rcu, so a reader may still walk the group that is freed.",
     .fact = "16",
     .variant = {.free_group = V::FreeGroup::kfree},
     .bodies = failed_probe_frees_group},
    {.name = "failed_probe_group_kfree_rcu",
     .title = "the group is freed by kfree_rcu when a probe fails early",
     .question = "And with 06/24?",
     .expect = "SAFE",
     .reason = "this is the one path that 06/24 is needed for",
     .explanation = "kfree_rcu waits for the reader that loaded dev->iommu_group in between.",
     .fact = "16c",
     .bodies = failed_probe_frees_group},
    {.name = "probe_fails_after_publication",
     .title = "the attach fails after the gdev was published",
     .question = "Does the error path of a probe wait for readers, too?",
     .expect = "SAFE",
     .reason = "it unlinks and frees like a removal, grace period included",
     .explanation =
         "A reader may have found the gdev before its attach failed. The error path ends "
         "like a removal: list_del_rcu, synchronize_rcu, kfree.",
     .fact = "44",
     .bodies = failed_attach},
    {.name = "probe_fails_list_del",
     .title = "the failed probe unlinks with list_del",
     .question = "May the error path use list_del?",
     .expect = "list_corruption",
     .also = "data_race",
     .reason = "the gdev was visible already",
     .explanation = "The gdev was on the list for a moment. A handler that stands on it follows "
                    "LIST_POISON1.",
     .fact = "44",
     .variant = {.unlink = V::Unlink::list_del},
     .bodies = failed_attach},
    {.name = "probe_fails_no_synchronize_rcu",
     .title = "the failed probe frees at once",
     .question = "May the error path free at once?",
     .expect = "use_after_free",
     .reason = "the gdev was visible already",
     .explanation =
         "The gdev was on the list for a moment, and a handler that found it reads freed "
         "memory.",
     .fact = "44",
     .variant = {.reclaim = V::Reclaim::none},
     .bodies = failed_attach},
    {.name = "bus_walk_without_lock",
     .title = "bus_iommu_probe walks the group with no lock, as posted",
     .question = "Is the one walk without the mutex a reader?",
     .expect = "use_after_free",
     .also = "null_dereference, data_race",
     .reason = "the walk is no reader: no grace period waits for it",
     .explanation = "The walk to probe_finalize takes no lock and is in no section, so the grace "
                    "period of a removal does not wait for it. Older than the patch; list_del_rcu "
                    "turns an immediate fault on the poison into a later use of freed memory.",
     .fact = "21",
     .bodies = bus_walk},
    {.name = "bus_walk_under_mutex",
     .title = "group->mutex around probe_finalize",
     .question = "Why not simply hold the mutex there?",
     .expect = "deadlock",
     .reason = "probe_finalize of two drivers attaches, which takes the same mutex",
     .explanation = "arm_iommu_attach_device ends in iommu_attach_device, which locks group->mutex "
                    "again: the walk waits for itself.",
     .fact = "21b",
     .variant = {.finalize_loop = V::FinalizeLoop::mutex},
     .bodies = bus_walk_attaches},
    {.name = "bus_walk_in_section",
     .title = "rcu_read_lock around probe_finalize",
     .question = "Or make it an RCU reader?",
     .expect = "sleeping_in_atomic",
     .also = "null_dereference, use_after_free, data_race",
     .reason = "probe_finalize sleeps, a section must not",
     .explanation = "probe_finalize may sleep; in a read-side critical section that is a voluntary "
                    "context switch.",
     .fact = "21c",
     .variant = {.finalize_loop = V::FinalizeLoop::rcu_read_lock},
     .bodies = bus_walk_attaches},
    {.name = "bus_walk_under_mutex_fixed_drivers",
     .title = "group->mutex around a probe_finalize that does not lock",
     .question = "And if the drivers did not lock there?",
     .expect = "SAFE",
     .reason = "under the mutex no member can leave",
     .explanation = "No member leaves while the mutex is held, and nobody takes it twice.",
     .fact = "21d",
     .variant = {.finalize_loop = V::FinalizeLoop::mutex},
     .bodies = bus_walk},
    {.name = "bus_walk_as_rcu_list_without_section",
     .title = "bus_iommu_probe keeps for_each_group_device, as in v3",
     .question = "What would the new macro say about that walk?",
     .expect = "suspicious_rcu_usage",
     .also = "use_after_free, null_dereference, data_race",
     .reason = "neither the mutex nor a section: the list macro complains",
     .explanation = "The macro accepts the mutex or a reader, and there is neither. The complaint "
                    "needs CONFIG_PROVE_RCU_LIST; the use after free is the same without it.",
     .fact = "21e",
     .variant = {.finalize_loop = V::FinalizeLoop::for_each_group_device},
     .bodies = bus_walk},
    {.name = "bus_walk_on_snapshot",
     .title = "the devices are pinned under the mutex and finalized after it",
     .question = "Is a snapshot with references the answer?",
     .expect = "null_dereference",
     .also = "use_after_free, data_race",
     .reason = "the device stays, but its dev->iommu may be gone",
     .explanation =
         "The references keep the devices. dev->iommu has no count: a removal in between "
         "makes it NULL, or frees it under the reader.",
     .fact = "21f",
     .variant = {.finalize_loop = V::FinalizeLoop::snapshot},
     .bodies = bus_walk},
    {.name = "bus_walk_of_unpinned_group",
     .title = "the private list of bus_iommu_probe holds no reference to its groups",
     .question = "What keeps the groups that wait on the private list?",
     .expect = "use_after_free",
     .also = "null_dereference, data_race",
     .reason = "the last member leaves and the queued group is freed",
     .explanation =
         "bus_iommu_probe queues the groups of new devices on a list of its own and takes "
         "no reference. If the only member leaves before the group's turn comes, the "
         "list leads to freed memory.",
     .fact = "1.1",
     .bodies = bus_walk_of_unpinned_group},
    {.name = "reprobe_while_links_exist",
     .title = "a live device is released and probed again at the same time",
     .question = "Is 07/24 really no functional change?",
     .expect = "warn_on",
     .also = "data_race",
     .reason = "dev->iommu_group is NULL before the sysfs links are gone: -EEXIST",
     .explanation = "07/24 moves the removal of the links behind the unlock. A probe that comes in "
                    "between sees no group, starts over and hits the old link: -EEXIST.",
     .fact = "30",
     .bodies = late_reprobe},
    {.name = "reprobe_after_links_are_gone",
     .title = "the same with the links removed first, as before 07/24",
     .question = "And in the old order?",
     .expect = "data_race",
     .reason = "no -EEXIST any more, but dev->iommu_group is read without a lock",
     .explanation =
         "As long as dev->iommu_group is set the probe says that there is nothing to do, so it "
         "never meets an old link. But it looks by a plain load, under a lock that the removal "
         "does not take: what it reads is not ordered with what the removal has done.",
     .fact = "30",
     .variant = {.deinit = V::Deinit::after_grace_period},
     .bodies = late_reprobe},
    {.name = "reprobe_before_deinit_has_ended",
     .title = "the same, and the probe does not wait for dev->iommu to go away",
     .question = "Was the old order immune to a concurrent probe?",
     .expect = "use_after_free",
     .also = "null_dereference, warn_on, data_race",
     .reason = "dev->iommu is freed after dev->iommu_group became NULL, under the new probe",
     .explanation =
         "The old order kept the probe from the links, but not from dev->iommu: "
         "iommu_deinit_device stores NULL to dev->iommu_group before it frees dev->iommu, "
         "and takes no iommu_probe_device_lock. A probe in between goes on with what is "
         "about to be freed.",
     .fact = "30",
     .variant = {.deinit = V::Deinit::after_grace_period},
     .bodies = early_reprobe},
};

}  // namespace

std::span<const Entry> probe_entries() { return rows; }

}  // namespace rcuscope
