// SPDX-License-Identifier: LGPL-2.1-or-later
// What else could protect the list or wait for readers: spinlocks, sleepable RCU, a flush of all
// work. Follows: the alternatives that a review of [PATCH v4 08/24] may propose.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

/// A list under a spinlock. `sleeps`: another user of the list calls into a driver under it.
template <World W>
struct SpinList {
  typename W::spinlock lock{"lock"};
  list_head<W> items;
};

template <World W, class S>
void walk_under_spinlock(Kernel<W, S>& k, bool sleeps) {
  W& w = k.world;
  const auto shelf = w.template kzalloc<SpinList<W>>("group", "7", Place::current());
  w.set_lifetime(shelf.raw(), Lifetime::root);
  const ptr<list_head<W>> head(&shelf->items);
  const auto item = make_item(k, "gdev");
  list_add_tail(w, node_of(item), head);
  const auto walk = [&k, shelf, head, sleeps] {
    k.world.spin_lock(shelf->lock, SpinMode::irqsave);
    for (auto node = head; (node = list_next(k.world, node, head, Access::plain));) {
      k.world.read(static_cast<Item<W>*>(node->owner)->value, Access::plain);
      if (sleeps) k.world.might_sleep("ops->attach_dev");
    }
    k.world.spin_unlock(shelf->lock, SpinMode::irqsave);
  };
  k.declare(sleeps ? ActorKind::process : ActorKind::hardirq, "walker", walk);
  k.declare(ActorKind::process, "hot unplug", [&k, shelf, item] {
    k.world.spin_lock(shelf->lock, SpinMode::irqsave);
    list_del(k.world, node_of(item));
    k.world.spin_unlock(shelf->lock, SpinMode::irqsave);
    k.world.kfree(item);
  });
}

/// A list whose readers are those of sleepable RCU: the walk calls probe_finalize, which sleeps.
template <World W>
struct SrcuList {
  typename W::srcu_struct srcu{"group_srcu"};
  typename W::mutex mutex{"mutex"};
  list_head<W> items;
};

template <World W, class S>
void remove_from_srcu_list(Kernel<W, S>& k, ptr<SrcuList<W>> list, ptr<Item<W>> item) {
  k.world.mutex_lock(list->mutex);
  list_del_rcu(k.world, node_of(item));
  k.world.mutex_unlock(list->mutex);
  k.world.synchronize_srcu(list->srcu);
  k.world.kfree(item);
}

/// `removes`: probe_finalize removes a device of the same group.
template <World W, class S>
void finalize_under_srcu(Kernel<W, S>& k, bool removes) {
  W& w = k.world;
  const auto list = w.template kzalloc<SrcuList<W>>("group", "7", Place::current());
  w.set_lifetime(list.raw(), Lifetime::root);
  const ptr<list_head<W>> head(&list->items);
  const auto item = make_item(k, "gdev");
  list_add_tail_rcu(w, node_of(item), head);
  k.declare(ActorKind::process, "bus walk", [&k, list, head, item, removes] {
    const int index = k.world.srcu_read_lock(list->srcu);
    for (auto node = head; (node = list_next(k.world, node, head, Access::dereference));) {
      k.world.read(static_cast<Item<W>*>(node->owner)->value, Access::plain);
      k.world.might_sleep("probe_finalize");
      if (!removes) continue;
      remove_from_srcu_list(k, list, item);
      break;
    }
    k.world.srcu_read_unlock(list->srcu, index);
  });
  if (removes) return;
  k.declare(ActorKind::process, "hot unplug",
            [&k, list, item] { remove_from_srcu_list(k, list, item); });
}

/// The work item of the review's alternative, queued by a true interrupt handler under the driver's
/// spinlock.
template <World W>
struct SpinMaster {
  struct BrokenWork {
    typename W::work_struct work{"work"};
  };

  typename W::spinlock driver_lock{"driver_lock"};
  typename W::mutex group_mutex{"group_mutex"};
  typename W::template shared<ptr<BrokenWork>> iommu{"iommu", nullptr};
};

template <World W, class S>
void work_behind_spinlock(Kernel<W, S>& k) {
  W& w = k.world;
  using BrokenWork = typename SpinMaster<W>::BrokenWork;
  const auto master = w.template kzalloc<SpinMaster<W>>("master", "", Place::current());
  w.set_lifetime(master.raw(), Lifetime::root);
  const auto iommu = w.template kzalloc<BrokenWork>("dev_iommu", "nic", Place::current());
  w.init_work(iommu->work, "broken worker", [&k, master] {
    k.world.mutex_lock(master->group_mutex);
    k.world.mutex_unlock(master->group_mutex);
  });
  w.write(master->iommu, iommu, Access::plain);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, master] {
    k.world.spin_lock(master->driver_lock, SpinMode::plain);
    if (const auto found = k.world.read(master->iommu, Access::plain))
      k.world.queue_work(found->work);
    k.world.spin_unlock(master->driver_lock, SpinMode::plain);
  });
  k.declare(ActorKind::process, "hot unplug", [&k, master, iommu] {
    k.world.mutex_lock(master->group_mutex);
    k.world.spin_lock(master->driver_lock, SpinMode::irqsave);
    k.world.write(master->iommu, nullptr, Access::plain);
    k.world.spin_unlock(master->driver_lock, SpinMode::irqsave);
    k.world.mutex_unlock(master->group_mutex);
    k.world.cancel_work_sync(iommu->work);
    k.world.kfree(iommu);
  });
}

/// What queue_rcu_work is made of: a callback that queues a work item, which calls the release. The
/// module that owns the release waits for both.
template <World W, class S>
void unload_after_flush(Kernel<W, S>& k) {
  const auto text = make_item(k, "module text");
  const auto shelf = make_shelf(k, "device");
  k.world.init_work(shelf->work, "release",
                    [&k, text] { k.world.read(text->value, Access::once); });
  k.declare(ActorKind::process, "rmmod", [&k, shelf, text] {
    k.world.call_rcu("rcu_work", [&k, shelf] { k.world.queue_work(shelf->work); });
    k.world.rcu_barrier();
    k.world.flush_workqueue();
    k.world.kfree(text);
  });
}

const Entry rows[] = {
    {.name = "spinlock_for_the_list",
     .title = "a spinlock instead of RCU, seen by the interrupt handler",
     .question = "Why not a spinlock for the list?",
     .expect = "SAFE",
     .reason = "the handler may take a spinlock",
     .explanation = "For the handler a spinlock taken with interrupts off is as good as RCU, if "
                    "every other user of the list could live with it.",
     .fact = "46",
     .bodies = both([](auto& k) { walk_under_spinlock(k, false); })},
    {.name = "spinlock_for_the_list_and_a_driver_call",
     .title = "a spinlock instead of RCU, and a walk that calls into the driver",
     .question = "And for those who hold the mutex now?",
     .expect = "sleeping_in_atomic",
     .reason = "the driver's operations sleep, which nobody may under a spinlock",
     .explanation = "Everybody who walks the list to attach or to map calls the driver on the way, "
                    "and the driver sleeps.",
     .fact = "46",
     .bodies = both([](auto& k) { walk_under_spinlock(k, true); })},
    {.name = "bus_walk_in_srcu_section",
     .title = "the bus walk as a reader of sleepable RCU",
     .question = "Would SRCU make the bus walk a reader?",
     .expect = "SAFE",
     .reason = "an SRCU section may sleep, and synchronize_srcu waits for it",
     .explanation = "probe_finalize may sleep in the section, and a removal waits for it with "
                    "synchronize_srcu.",
     .fact = "34",
     .bodies = both([](auto& k) { finalize_under_srcu(k, false); })},
    {.name = "bus_walk_in_srcu_section_removes_device",
     .title = "a probe_finalize that removes a device of the same SRCU domain",
     .question = "What must probe_finalize not do then?",
     .expect = "deadlock",
     .also = "suspicious_rcu_usage",
     .reason = "synchronize_srcu waits for its own caller's section",
     .explanation =
         "The removal inside the section waits for a grace period of the domain that the "
         "section keeps open.",
     .fact = "34",
     .bodies = both([](auto& k) { finalize_under_srcu(k, true); })},
    {.name = "work_in_dev_iommu_queued_in_hardirq",
     .title = "the work item in dev->iommu, queued by a hardirq under the driver's spinlock",
     .question = "Does the alternative work for a true interrupt handler?",
     .expect = "SAFE",
     .reason = "the spinlock orders the last queueing before the cancel",
     .explanation = "The remover clears the pointer under the lock; a handler that came before has "
                    "queued the work, which the cancel waits for.",
     .fact = "38",
     .bodies = both([](auto& k) { work_behind_spinlock(k); })},
    {.name = "module_unloaded_after_flush",
     .title = "a callback queues the work; rcu_barrier and flush_workqueue before the unload",
     .question = "What makes the unload safe with queue_rcu_work?",
     .expect = "SAFE",
     .reason = "first the callbacks, then the work that they queued",
     .explanation = "After rcu_barrier every rcu_work is queued, and flush_workqueue waits for it: "
                    "the release has run when the module goes.",
     .fact = "4b",
     .bodies = both([](auto& k) { unload_after_flush(k); })},
};

}  // namespace

std::span<const Entry> context_entries() { return rows; }

}  // namespace rcuscope
