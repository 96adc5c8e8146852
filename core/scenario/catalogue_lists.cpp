// SPDX-License-Identifier: LGPL-2.1-or-later
// What a lockless reader sees while something is published, and where a node may be linked next.
// Follows: include/linux/rculist.h, and the what-ifs about publication.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

/// A pointer to an entry is published before or after the entry is complete. All accesses are
/// marked, so that only the order is wrong.
template <World W>
void publish(Kernel<W>& k, bool is_complete) {
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

/// An entry moves from one list to another while a reader walks the first.
template <World W>
void move_entry(Kernel<W>& k, bool waits) {
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
    {.name = "node_moved_without_grace_period",
     .title = "a node is linked into another list right after its removal",
     .question = "May the same gdev go into another group's list at once?",
     .expect = "list_corruption",
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
