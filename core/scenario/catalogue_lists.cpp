// SPDX-License-Identifier: LGPL-2.1-or-later
// What a lockless reader sees while something is published, and where a node may be linked next.
// Follows: include/linux/rculist.h, and the what-ifs about publication.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

using V = Variant;

/// A pointer to an entry is published before or after the entry is complete. All accesses are
/// marked, so that only the order is wrong.
template <World W, class S>
void publish(Kernel<W, S>& k, bool is_complete) {
  const auto shelf = make_shelf(k);
  const auto target = make_item(k, "dev");
  const auto entry = make_item(k, "gdev");
  k.declare(ActorKind::process, "add", [&k, shelf, entry, target, is_complete] {
    if (is_complete) k.world.write(entry->next, target, Access::once);
    k.world.write(shelf->current, entry, Access::assign);
    if (!is_complete) k.world.write(entry->next, target, Access::once);
  });
  k.declare(ActorKind::hardirq, "reader", [&k, shelf] {
    k.world.rcu_read_lock();
    if (const auto found = k.world.read(shelf->current, Access::dereference))
      k.world.read(k.world.read(found->next, Access::once)->value, Access::once);
    k.world.rcu_read_unlock();
  });
}

/// A device joins the group while a reader walks it.
template <World W, class S>
void add_against_walk(Kernel<W, S>& k) {
  const GroupAndDevice<W> machine(k);
  declare_walk(k, machine.group, [](auto& kernel, auto gdev) { device_of(kernel, gdev); });
  k.declare(ActorKind::process, "hot add",
            [&k, machine] { k.iommu.iommu_group_add_device(machine.group, machine.nic); });
}

/// A lookup that comes through dev->iommu_group, against hot unplug.
template <World W, class S>
void look_up(Kernel<W, S>& k, Access access) {
  const GroupAndDevice<W> machine(k);
  k.iommu.iommu_group_add_device(machine.group, machine.nic);
  pin(k, machine.nic);
  k.declare(ActorKind::hardirq, "ATC time-out ISR", [&k, nic = machine.nic, access] {
    k.world.rcu_read_lock();
    if (const auto group = k.world.read(nic->iommu_group, access))
      k.iommu.find_device_rcu(group, nic);
    k.world.rcu_read_unlock();
  });
  declare_unplug(k, machine.nic);
}

/// How an entry is published, and how its value is accessed.
struct Publication {
  Access publish;
  Access field = Access::plain;
  bool reloads = false;  ///< The reader loads the pointer again after its NULL check.
};

/// An updater publishes an entry, and takes it away again if the reader looks twice.
template <World W, class S>
void publish_by(Kernel<W, S>& k, Publication how) {
  const auto shelf = make_shelf(k);
  k.declare(ActorKind::process, "add", [&k, shelf, how] {
    const auto entry = make_item(k, "gdev");
    k.world.write(entry->value, 42, how.field);
    k.world.write(shelf->current, entry, how.publish);
    if (!how.reloads) return;
    k.world.write(shelf->current, nullptr, how.publish);
    k.world.kfree_rcu(entry);
  });
  k.declare(ActorKind::hardirq, "reader", [&k, shelf, how] {
    k.world.rcu_read_lock();
    auto entry = k.world.read(shelf->current, Access::dereference);
    const bool was_there = static_cast<bool>(entry);
    if (was_there && how.reloads) entry = k.world.read(shelf->current, Access::dereference);
    if (was_there) k.world.read(entry->value, how.field);
    k.world.rcu_read_unlock();
  });
}

/// An entry moves from one list to another while a reader walks the first.
template <World W, class S>
void move_entry(Kernel<W, S>& k, bool waits) {
  const auto from = make_shelf(k, "from");
  const auto to = make_shelf(k, "to");
  const ptr<Item<W>> items[] = {make_item(k, "a"), make_item(k, "b")};
  for (const auto item : items) list_add_tail_rcu(k.world, node_of(item), head_of(from));
  k.declare(ActorKind::hardirq, "reader", [&k, from] {
    k.world.rcu_read_lock();
    walk_items(k, from);
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "mover", [&k, from, to, item = items[0], waits] {
    k.world.mutex_lock(from->mutex);
    list_del_rcu(k.world, node_of(item));
    k.world.mutex_unlock(from->mutex);
    if (waits) k.world.synchronize_rcu();
    k.world.mutex_lock(to->mutex);
    list_add_tail_rcu(k.world, node_of(item), head_of(to));
    k.world.mutex_unlock(to->mutex);
  });
}

const Entry rows[] = {
    {.name = "gdev_published_before_its_device",
     .title = "the entry is published before its pointer to the device is set",
     .question = "Is the order of the stores a matter of weak memory only?",
     .expect = "null_dereference",
     .reason = "the reader finds an entry whose pointer is still NULL",
     .explanation = "Between the two stores the entry is visible and incomplete. No barrier helps "
                    "against the wrong order in the program itself.",
     .fact = "23b",
     .bodies = both([](auto& k) { publish(k, false); })},
    {.name = "gdev_published_complete",
     .title = "the entry is complete when it is published",
     .question = "And in the right order?",
     .expect = "SAFE",
     .reason = "whoever finds the entry finds its pointer, too",
     .explanation = "rcu_assign_pointer orders the initialisation before the publication.",
     .fact = "23b",
     .bodies = both([](auto& k) { publish(k, true); })},
    {.name = "list_add_tail",
     .title = "list_add_tail instead of list_add_tail_rcu",
     .question = "Does the publication of a gdev need list_add_tail_rcu?",
     .expect = "data_race",
     .reason = "nothing orders the gdev's fields before its publication",
     .explanation = "list_add_tail links the entry with a store that orders nothing. A reader may "
                    "find the gdev before it sees what was stored in it: uninitialised memory on "
                    "weakly ordered machines, and on all of them if the compiler moves the stores.",
     .fact = "23",
     .variant = {.publish = V::Publish::list_add_tail},
     .bodies = both([](auto& k) { add_against_walk(k); })},
    {.name = "list_add_tail_rcu",
     .title = "the posted list_add_tail_rcu against a lockless walk",
     .question = "And as posted?",
     .expect = "SAFE",
     .reason = "the publication is a release, and the walk depends on what it loaded",
     .explanation = "list_add_tail_rcu publishes with release; the address dependency of the walk "
                    "orders the reads of the gdev behind it.",
     .fact = "23",
     .bodies = both([](auto& k) { add_against_walk(k); })},
    {.name = "group_pointer_read_plainly",
     .title = "the lookup reads dev->iommu_group by a plain load",
     .question = "Does the lookup need rcu_dereference for dev->iommu_group?",
     .expect = "data_race",
     .reason = "the removal clears it at the same time",
     .explanation = "The compiler may load a plain pointer twice, and then the NULL check was of "
                    "another value; and it may use a guess of the value, which breaks the "
                    "dependency.",
     .fact = "24",
     .bodies = both([](auto& k) { look_up(k, Access::plain); })},
    {.name = "group_pointer_dereferenced",
     .title = "the lookup reads dev->iommu_group by rcu_dereference",
     .question = "And with rcu_dereference?",
     .expect = "SAFE",
     .reason = "the pointer is loaded once, and what follows depends on it",
     .explanation = "rcu_dereference pairs with the rcu_assign_pointer of 06/24.",
     .fact = "24",
     .bodies = both([](auto& k) { look_up(k, Access::dereference); })},
    {.name = "published_by_plain_store",
     .title = "a pointer is published by a plain store",
     .question = "Is an assignment enough to publish?",
     .expect = "data_race",
     .reason = "a plain store may be torn, repeated and moved by the compiler",
     .explanation = "The reader's load is marked, the store is not, and nothing orders the two or "
                    "the entry's fields before it.",
     .fact = "24",
     .bodies = both([](auto& k) { publish_by(k, {Access::plain}); })},
    {.name = "published_by_WRITE_ONCE",
     .title = "a pointer is published by WRITE_ONCE, and all accesses are marked",
     .question = "Is WRITE_ONCE enough to publish?",
     .expect = "UNKNOWN",
     .reason = "in order only under sequential consistency: WRITE_ONCE orders nothing",
     .explanation = "No access is plain, so there is no data race. But a reader on a weakly "
                    "ordered machine may see the pointer before the field: that the search finds "
                    "no defect rests on sequential consistency.",
     .fact = "23",
     .bodies = both([](auto& k) { publish_by(k, {Access::once, Access::once}); })},
    {.name = "published_by_rcu_assign_pointer",
     .title = "a pointer is published by rcu_assign_pointer",
     .question = "And with rcu_assign_pointer?",
     .expect = "SAFE",
     .reason = "a release that the dependent load sees",
     .explanation = "rcu_assign_pointer orders the initialisation before the publication, even "
                    "with plain accesses to the fields.",
     .fact = "23",
     .bodies = both([](auto& k) { publish_by(k, {Access::assign}); })},
    {.name = "pointer_loaded_again_after_check",
     .title = "the reader loads the pointer again after its NULL check",
     .question = "May a reader look at the pointer twice?",
     .expect = "null_dereference",
     .reason = "the second load may find what the first did not",
     .explanation = "Between the check and the second load the updater takes the entry away.",
     .fact = "24",
     .bodies = both([](auto& k) { publish_by(k, {Access::assign, Access::plain, true}); })},
    {.name = "node_moved_without_grace_period",
     .title = "a node is linked into another list right after its removal",
     .question = "May the same gdev go into another group's list at once?",
     .expect = "list_corruption",
     .also = "data_race",
     .reason = "a reader that stands on it goes on in the other list",
     .explanation =
         "The reader follows the node's new next pointer into the other list and never "
         "meets its own head: it walks for ever, or takes the foreign head for an entry.",
     .fact = "26",
     .bodies = both([](auto& k) { move_entry(k, false); })},
    {.name = "node_moved_after_grace_period",
     .title = "a node is linked into another list after a grace period",
     .question = "And after a grace period?",
     .expect = "SAFE",
     .reason = "no reader can stand on it any more",
     .explanation = "After the grace period every reader that could stand on the node has left.",
     .fact = "26",
     .bodies = both([](auto& k) { move_entry(k, true); })},
};

}  // namespace

std::span<const Entry> list_entries() { return rows; }

}  // namespace rcuscope
