// SPDX-License-Identifier: LGPL-2.1-or-later
// Who owns references to a device, who drops the last one, and what may run after that.
// Follows: drivers/base/core.c, kernel/workqueue.c, and the what-ifs about put_device.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// The device stays registered and pinned: its driver is unbound from the group only.
constexpr Bodies release_of_held_device = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_probe_device(machine.nic, machine.group);
  declare_lookup(k, machine.nic);
  k.declare(ActorKind::process, "release",
            [&k, nic = machine.nic] { k.iommu.iommu_release_device(nic); });
});

/// What a bus driver's module holds: the text of dev->release.
template <World W>
struct Module {
  typename W::template shared<std::int64_t> text{"text", 0};
};

/// The module is unloaded as soon as the device is unregistered, and has waited for callbacks.
template <World W, class S>
void unload_after_unregister(Kernel<W, S>& k, bool waits_for_callbacks) {
  const auto module = k.world.template kzalloc<Module<W>>("module", "bus", Place::current());
  DeviceOptions<W> options;
  options.release = [&k, module](DeviceOf<W>) { k.world.read(module->text, Access::plain); };
  const auto group = k.iommu.scenario_group("7");
  const auto nic = k.iommu.device_register("0000:01:00.0", options);
  k.iommu.iommu_group_add_device(group, nic);
  k.declare(ActorKind::process, "rmmod", [&k, nic, module, waits_for_callbacks] {
    k.iommu.device_unregister(nic);
    if (waits_for_callbacks) k.world.rcu_barrier();
    k.world.kfree(module);
  });
}

constexpr Bodies unload_at_once = both([](auto& k) { unload_after_unregister(k, false); });
constexpr Bodies unload_after_rcu_barrier = both([](auto& k) { unload_after_unregister(k, true); });

/// One rcu_work frees the items that were taken off. `keeps_all`: what waits is a chain, else the
/// newest item only.
template <World W, class S>
void requeue_rcu_work(Kernel<W, S>& k, bool keeps_all) {
  const auto shelf = make_shelf(k);
  const ptr<Item<W>> items[] = {make_item(k, "a"), make_item(k, "b")};
  for (const auto item : items) list_add_tail_rcu(k.world, node_of(item), head_of(shelf));
  k.world.init_work(shelf->work, "free items", [&k, shelf] {
    k.world.mutex_lock(shelf->mutex);
    auto item = k.world.read(shelf->current, Access::plain);
    k.world.write(shelf->current, nullptr, Access::plain);
    k.world.mutex_unlock(shelf->mutex);
    while (item) {
      const auto next = k.world.read(item->next, Access::plain);
      k.world.kfree(item);
      item = next;
    }
  });
  k.declare(ActorKind::process, "updater", [&k, shelf, a = items[0], b = items[1], keeps_all] {
    for (const auto item : {a, b}) {
      k.world.mutex_lock(shelf->mutex);
      list_del_rcu(k.world, node_of(item));
      if (keeps_all)
        k.world.write(item->next, k.world.read(shelf->current, Access::plain), Access::plain);
      k.world.write(shelf->current, item, Access::plain);
      k.world.queue_rcu_work(shelf->work);
      k.world.mutex_unlock(shelf->mutex);
    }
  });
  if (!keeps_all) return;
  k.declare(ActorKind::hardirq, "reader", [&k, shelf] {
    k.world.rcu_read_lock();
    walk_items(k, shelf);
    k.world.rcu_read_unlock();
  });
}

/// The membership's put and behind it an event that names the device.
template <World W, class S>
void trace_after_put(Kernel<W, S>& k, bool caller_owns_device) {
  const GroupAndDevice<W> machine(k);
  const auto nic = machine.nic;
  k.iommu.get_device(nic);
  const auto put_and_trace = [&k, nic] {
    k.iommu.put_device(nic);
    k.world.refcount_read(nic->refcount);
  };
  k.declare(ActorKind::kthread, "free_group_device", [&k, nic, put_and_trace, caller_owns_device] {
    put_and_trace();
    if (caller_owns_device) k.iommu.device_unregister(nic);
  });
  if (!caller_owns_device) declare_unplug(k, nic);
}

/// The second link cannot be made; the driver logs the device's name when the probe has failed.
constexpr Bodies failing_link = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.inject_fault("sysfs_link", -ENOMEM, 2);
  k.declare(ActorKind::process, "probe", [&k, machine] {
    const int error = k.iommu.iommu_probe_device(machine.nic, machine.group);
    warn_on(k, error != -ENOMEM, "error != -ENOMEM");
    k.world.refcount_read(machine.nic->refcount);  // dev_err(dev, ...)
    k.iommu.device_unregister(machine.nic);
  });
});

/// Hot unplug alone, for the knobs of the kernel's configuration.
constexpr Bodies unplug_alone = both([](auto& k) {
  const GroupAndDevice machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  declare_unplug(k, machine.nic);
});

const Entry rows[] = {
    {.name = "call_rcu_device_still_held",
     .title = "put_device in a call_rcu callback while somebody else holds the device",
     .question = "Is call_rcu always wrong here?",
     .expect = "SAFE",
     .reason = "the callback's put is not the last one as long as a driver holds the device",
     .explanation = "The device stays registered and its driver holds it, so the callback's put is "
                    "never the last one and nothing sleeps. Nothing in the code says so.",
     .fact = "3b",
     .variant = {.reclaim = V::Reclaim::call_rcu},
     .bodies = release_of_held_device},
    {.name = "call_rcu_device_still_held_strict",
     .title = "the same under put_device=\"strict\"",
     .question = "What does the strict mode say about it?",
     .expect = "sleeping_in_atomic",
     .reason = "any put_device in softirq counts as a defect",
     .explanation = "The strict mode flags every put_device where nothing may sleep, whether or "
                    "not it is the last one.",
     .fact = "3b",
     .variant = {.reclaim = V::Reclaim::call_rcu},
     .checks = {.put_device = PutDeviceMode::strict},
     .bodies = release_of_held_device},
    {.name = "module_unloaded_after_unregister",
     .title = "the bus driver is unloaded while the work item is still to come",
     .question = "What does an asynchronous free mean for module unload?",
     .expect = "use_after_free",
     .reason = "the work item calls a release whose code is gone",
     .explanation = "With queue_rcu_work the release runs after device_unregister has returned. If "
                    "the module that owns it is unloaded then, the work item calls freed text.",
     .fact = "4b",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work},
     .bodies = unload_at_once},
    {.name = "module_unloaded_after_rcu_barrier",
     .title = "rcu_barrier before the module is unloaded",
     .question = "Is rcu_barrier enough?",
     .expect = "use_after_free",
     .reason = "rcu_barrier waits for callbacks, not for the work that they queue",
     .explanation = "rcu_barrier waits for callbacks. The release runs in a work item, which is "
                    "still to come when rcu_barrier returns.",
     .fact = "4b",
     .variant = {.reclaim = V::Reclaim::queue_rcu_work},
     .bodies = unload_after_rcu_barrier},
    {.name = "module_unloaded_posted",
     .title = "the same unload with the posted synchronize_rcu",
     .question = "Does the posted patch have that problem?",
     .expect = "SAFE",
     .reason = "device_unregister returns after the release",
     .explanation = "The remover waits and drops the last reference itself: when device_unregister "
                    "returns, the release has run.",
     .fact = "4b",
     .bodies = unload_at_once},
    {.name = "rcu_work_requeued_loses_item",
     .title = "a second item is handed to an rcu_work that is still pending",
     .question = "What if queue_rcu_work returns false?",
     .expect = "leak",
     .reason = "the work frees the newest item only: the first one is never freed",
     .explanation = "While the work is pending queue_rcu_work returns false and does nothing. The "
                    "second item takes the place of the first, which nobody frees.",
     .fact = "4c",
     .bodies = both([](auto& k) { requeue_rcu_work(k, false); })},
    {.name = "rcu_work_requeued_without_grace_period",
     .title = "items are chained to an rcu_work that is still pending",
     .question = "And if the items that wait form a chain?",
     .expect = "use_after_free",
     .reason = "the second item is freed after the first one's grace period, not its own",
     .explanation =
         "The pending work's grace period started before the second item was unlinked. A "
         "reader that began in between still stands on it when the work frees it.",
     .fact = "4c",
     .bodies = both([](auto& k) { requeue_rcu_work(k, true); })},
    {.name = "trace_after_put_device",
     .title = "the trace event comes after put_device",
     .question = "May trace_remove_device_from_group come last?",
     .expect = "SAFE",
     .reason = "the caller owns a reference until it returns",
     .explanation = "The remover's caller owns the device, so reading its name after the "
                    "membership's put is harmless.",
     .fact = "37",
     .bodies = both([](auto& k) { trace_after_put(k, true); })},
    {.name = "trace_after_last_put_device",
     .title = "the trace event comes after a put_device that may be the last one",
     .question = "And when the free has become asynchronous?",
     .expect = "use_after_free",
     .reason = "nobody else holds the device any more",
     .explanation = "In a work item the membership's put can be the last one: the event then reads "
                    "the name of a released device.",
     .fact = "37",
     .bodies = both([](auto& k) { trace_after_put(k, false); })},
    {.name = "dev_err_after_put_device",
     .title = "the error path logs the device after its put_device",
     .question = "put_device(dev), then dev_err(dev): is that a bug?",
     .expect = "SAFE",
     .reason = "whoever probes the device owns a reference to it",
     .explanation =
         "It looks like a use after the put, but the caller of the probe owns the device "
         "for as long as the call lasts.",
     .fact = "41",
     .bodies = failing_link},
    {.name = "error_path_forgets_put_device",
     .title = "the error path of the allocation does not put the device",
     .question = "What if the error path forgets the put?",
     .expect = "leak",
     .reason = "every failed probe leaves one reference behind",
     .explanation = "get_device came before the link that failed. Without the put the device is "
                    "never released.",
     .fact = "42",
     .variant = {.hold_device = V::HoldDevice::get_only},
     .bodies = failing_link},
    {.name = "error_path_puts_without_get",
     .title = "the error path puts a reference that was never taken",
     .question = "And if get_device comes after the first jump to it?",
     .expect = "use_after_free",
     .reason = "the put steals the driver core's reference: the device dies under its prober",
     .explanation = "The put without a get drops the driver core's reference and releases the "
                    "device, which its prober goes on to use. The count never gets to underflow: "
                    "the next put already works on freed memory.",
     .fact = "43",
     .variant = {.hold_device = V::HoldDevice::put_only},
     .bodies = failing_link},
    {.name = "call_rcu_put_device_delayed_release",
     .title = "the call_rcu variant under CONFIG_DEBUG_KOBJECT_RELEASE",
     .question = "Does CONFIG_DEBUG_KOBJECT_RELEASE find the sleeping release?",
     .expect = "SAFE",
     .reason = "the release moves to a work item: the option hides this defect",
     .explanation = "The option runs every release in a delayed work item, where it may sleep. The "
                    "callback's last put is as wrong as before, but no longer shows.",
     .fact = "2.1",
     .variant = {.reclaim = V::Reclaim::call_rcu},
     .config = {.has_report_work = false, .debug_kobject_release = true},
     .bodies = unplug_alone},
    {.name = "module_unloaded_delayed_release",
     .title = "the posted unload under CONFIG_DEBUG_KOBJECT_RELEASE",
     .question = "And what does that option find instead?",
     .expect = "use_after_free",
     .reason = "the release comes later than device_unregister, whoever drops the last reference",
     .explanation = "No caller may rely on the release having run when its put returns: anybody "
                    "could hold a reference. The option makes that visible.",
     .fact = "2.1",
     .config = {.has_report_work = false, .debug_kobject_release = true},
     .bodies = unload_at_once},
};

}  // namespace

std::span<const Entry> reference_entries() { return rows; }

}  // namespace rcuscope
