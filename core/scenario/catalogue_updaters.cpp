// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of Documentation/RCU/checklist for readers and updaters, each as a pair: one scenario
// that breaks the rule, one that keeps it.
#include "scenario/entries.h"
#include "scenario/parts.h"

namespace rcuscope {
namespace {

/// Two updaters add one entry each to the head of one list.
template <World W, class S>
void add_twice(Kernel<W, S>& k, bool takes_lock) {
  const auto shelf = make_shelf(k);
  for (const char* name : {"a", "b"}) {
    const auto item = make_item(k, name);
    k.declare(ActorKind::process, std::string("updater ") + name, [&k, shelf, item, takes_lock] {
      if (takes_lock) k.world.mutex_lock(shelf->mutex);
      list_add_rcu(k.world, node_of(item), head_of(shelf));
      if (takes_lock) k.world.mutex_unlock(shelf->mutex);
    });
  }
  k.at_end([&k, shelf] {
    warn_on(k, walk_items(k, shelf, Access::plain) != 2, "one of the two entries is lost");
  });
}

/// A reader of a shared pointer against an updater that replaces and frees what it points to.
template <World W, class S, class Read>
void replace_and_free(Kernel<W, S>& k, ActorKind reader, Read read) {
  const auto shelf = make_shelf(k);
  k.world.write(shelf->current, make_item(k, "old", 1), Access::assign);
  k.declare(reader, "reader", [&k, shelf, read] { read(k, shelf); });
  k.declare(ActorKind::process, "updater", [&k, shelf] {
    const auto fresh = make_item(k, "new", 2);
    const auto old = k.world.read(shelf->current, Access::plain);
    k.world.write(shelf->current, fresh, Access::assign);
    k.world.synchronize_rcu();
    k.world.kfree(old);
  });
}

template <World W, class S>
void read_current(Kernel<W, S>& k, ptr<Shelf<W>> shelf) {
  const auto found = rcu_dereference_check<ptr<Item<W>>>(k.world, shelf->current, false);
  k.world.read(found->value, Access::plain);
}

template <World W, class S>
void read_pointer(Kernel<W, S>& k, bool opens_section) {
  replace_and_free(k, ActorKind::process, [opens_section](auto& kernel, auto shelf) {
    if (opens_section) kernel.world.rcu_read_lock();
    read_current(kernel, shelf);
    if (opens_section) kernel.world.rcu_read_unlock();
  });
}

/// The pointer leaves its section, with or without a lock that protects it there.
template <World W, class S>
void leak_pointer(Kernel<W, S>& k, bool leaks) {
  replace_and_free(k, ActorKind::process, [leaks](auto& kernel, auto shelf) {
    kernel.world.rcu_read_lock();
    const auto found = kernel.world.read(shelf->current, Access::dereference);
    if (leaks) kernel.world.rcu_read_unlock();
    kernel.world.read(found->value, Access::plain);
    if (!leaks) kernel.world.rcu_read_unlock();
  });
}

/// Two fields that belong together are changed in place, or in a copy that replaces the entry.
template <World W, class S>
void change_two_fields(Kernel<W, S>& k, bool copies) {
  const auto shelf = make_shelf(k);
  k.world.write(shelf->current, make_item(k, "old"), Access::assign);
  k.declare(ActorKind::hardirq, "reader", [&k, shelf] {
    k.world.rcu_read_lock();
    const auto found = k.world.read(shelf->current, Access::dereference);
    const auto value = k.world.read(found->value, Access::once);
    warn_on(k, value != k.world.read(found->copy, Access::once), "value != copy", found.raw());
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "updater", [&k, shelf, copies] {
    const auto old = k.world.read(shelf->current, Access::plain);
    const auto changed = copies ? make_item(k, "new") : old;
    k.world.write(changed->value, 1, Access::once);
    k.world.write(changed->copy, 1, Access::once);
    if (!copies) return;
    k.world.write(shelf->current, changed, Access::assign);
    k.world.kfree_rcu(old);
  });
}

/// A walk against the removal of one entry.
template <World W, class S>
void unlink_entry(Kernel<W, S>& k, bool poisons) {
  const auto shelf = make_shelf(k);
  const auto item = make_item(k, "a");
  list_add_tail_rcu(k.world, node_of(item), head_of(shelf));
  k.declare(ActorKind::hardirq, "reader", [&k, shelf] {
    k.world.rcu_read_lock();
    walk_items(k, shelf);
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "updater", [&k, shelf, item, poisons] {
    k.world.mutex_lock(shelf->mutex);
    if (poisons)
      list_del(k.world, node_of(item));
    else
      list_del_rcu(k.world, node_of(item));
    k.world.mutex_unlock(shelf->mutex);
    k.world.synchronize_rcu();
    k.world.kfree(item);
  });
}

/// Walks a list that another process changes, with or without the lock of the updaters.
template <World W, class S>
void walk_in_process(Kernel<W, S>& k, bool takes_lock) {
  const auto shelf = make_shelf(k);
  const auto item = make_item(k, "a");
  list_add_tail_rcu(k.world, node_of(item), head_of(shelf));
  k.declare(ActorKind::process, "walker", [&k, shelf, takes_lock] {
    if (takes_lock) k.world.mutex_lock(shelf->mutex);
    walk_items(k, shelf);
    if (takes_lock) k.world.mutex_unlock(shelf->mutex);
  });
  k.declare(ActorKind::process, "updater", [&k, shelf, item] {
    k.world.mutex_lock(shelf->mutex);
    list_del_rcu(k.world, node_of(item));
    k.world.mutex_unlock(shelf->mutex);
    k.world.synchronize_rcu();
    k.world.kfree(item);
  });
}

/// A reader walks a list to which an updater adds, with the macro for readers or the plain one.
template <World W, class S>
void walk_by_reader(Kernel<W, S>& k, Access access) {
  const auto shelf = make_shelf(k);
  list_add_tail_rcu(k.world, node_of(make_item(k, "a")), head_of(shelf));
  const auto added = make_item(k, "b", 1);
  k.declare(ActorKind::process, "reader", [&k, shelf, access] {
    k.world.rcu_read_lock();
    walk_items(k, shelf, access);
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "updater", [&k, shelf, added] {
    k.world.mutex_lock(shelf->mutex);
    list_add_tail_rcu(k.world, node_of(added), head_of(shelf));
    k.world.mutex_unlock(shelf->mutex);
  });
}

/// What is destroyed must no longer be reachable when the grace period starts.
template <World W, class S>
void wait_and_unlink(Kernel<W, S>& k, bool unlinks_first) {
  const auto shelf = make_shelf(k);
  const auto item = make_item(k, "a");
  list_add_tail_rcu(k.world, node_of(item), head_of(shelf));
  k.declare(ActorKind::hardirq, "reader", [&k, shelf] {
    k.world.rcu_read_lock();
    walk_items(k, shelf);
    k.world.rcu_read_unlock();
  });
  k.declare(ActorKind::process, "updater", [&k, item, unlinks_first] {
    if (!unlinks_first) k.world.synchronize_rcu();
    list_del_rcu(k.world, node_of(item));
    if (unlinks_first) k.world.synchronize_rcu();
    k.world.kfree(item);
  });
}

const Entry rows[] = {
    {.name = "checklist_01_updaters_without_lock",
     .title = "two updaters of one list and no lock between them",
     .question = "Does RCU protect updaters from each other?",
     .expect = "list_corruption",
     .also = "leak, warn_on, data_race",
     .reason = "both link their entry between the same two neighbours",
     .explanation = "Readers need no lock, updaters do: both read the same neighbours, and one "
                    "entry is lost or the list's check fires.",
     .fact = "checklist 1",
     .bodies = both([](auto& k) { add_twice(k, false); })},
    {.name = "checklist_01_updaters_with_lock",
     .title = "two updaters of one list under a mutex",
     .question = "What do updaters need?",
     .expect = "SAFE",
     .reason = "one updater at a time",
     .explanation = "Updaters exclude each other by a lock of their own, which no reader takes.",
     .fact = "checklist 1",
     .bodies = both([](auto& k) { add_twice(k, true); })},
    {.name = "checklist_02_reader_without_section",
     .title = "a reader without rcu_read_lock",
     .question = "What does rcu_read_lock do?",
     .expect = "use_after_free",
     .also = "suspicious_rcu_usage",
     .reason = "the grace period does not know of the reader",
     .explanation = "A grace period waits for sections. A reader without one may still hold the "
                    "old pointer when it is freed.",
     .fact = "checklist 2",
     .bodies = both([](auto& k) { read_pointer(k, false); })},
    {.name = "checklist_02_reader_with_section",
     .title = "a reader with rcu_read_lock",
     .question = "And with it?",
     .expect = "SAFE",
     .reason = "the grace period waits for the section",
     .explanation = "Whoever may hold the old pointer is in a section that was open when the grace "
                    "period started.",
     .fact = "checklist 2",
     .bodies = both([](auto& k) { read_pointer(k, true); })},
    {.name = "checklist_02_pointer_leaves_section",
     .title = "a pointer is used after its section has ended",
     .question = "How far may the pointer be carried?",
     .expect = "use_after_free",
     .reason = "rcu_read_unlock ends the protection",
     .explanation = "Behind rcu_read_unlock nothing keeps the entry unless a lock or a reference "
                    "was taken inside.",
     .fact = "checklist 2",
     .bodies = both([](auto& k) { leak_pointer(k, true); })},
    {.name = "checklist_02_pointer_stays_in_section",
     .title = "a pointer is used inside its section only",
     .question = "And inside?",
     .expect = "SAFE",
     .reason = "the section covers every use",
     .explanation = "Every use of the pointer lies between rcu_read_lock and rcu_read_unlock.",
     .fact = "checklist 2",
     .bodies = both([](auto& k) { leak_pointer(k, false); })},
    {.name = "checklist_03_update_in_place",
     .title = "two fields that belong together are changed in place",
     .question = "What do readers see in the middle of an update?",
     .expect = "warn_on",
     .reason = "a reader sees one field new and the other old",
     .explanation = "No lock makes an update of two fields atomic to readers that take none.",
     .fact = "checklist 3",
     .bodies = both([](auto& k) { change_two_fields(k, false); })},
    {.name = "checklist_03_copy_then_replace",
     .title = "the entry is copied, changed and replaced by one pointer store",
     .question = "How is an update made atomic?",
     .expect = "SAFE",
     .reason = "a reader has the old entry or the new one, never half of each",
     .explanation =
         "The copy is private until one store publishes it; the old entry is freed after "
         "a grace period.",
     .fact = "checklist 3",
     .bodies = both([](auto& k) { change_two_fields(k, true); })},
    {.name = "checklist_04_list_del",
     .title = "an entry is unlinked with list_del under a reader",
     .question = "Why is there a list_del_rcu?",
     .expect = "list_corruption",
     .also = "data_race",
     .reason = "list_del poisons the pointer that a reader needs to go on",
     .explanation = "A reader on the entry follows LIST_POISON1.",
     .fact = "checklist 4",
     .bodies = both([](auto& k) { unlink_entry(k, true); })},
    {.name = "checklist_04_list_del_rcu",
     .title = "an entry is unlinked with list_del_rcu under a reader",
     .question = "And with list_del_rcu?",
     .expect = "SAFE",
     .reason = "the entry's next pointer still leads back to the list",
     .explanation = "list_del_rcu leaves the next pointer, so a reader on the entry finds its way.",
     .fact = "checklist 4",
     .bodies = both([](auto& k) { unlink_entry(k, false); })},
    {.name = "checklist_09_list_walk_unprotected",
     .title = "list_for_each_entry_rcu with neither a section nor the lock",
     .question = "Where may a list macro stand?",
     .expect = "suspicious_rcu_usage",
     .also = "use_after_free",
     .reason = "neither a reader nor the updaters' lock",
     .explanation = "The macro wants a reader, or the lock of the updaters. With neither, lockdep "
                    "complains and the entry is freed under the walk.",
     .fact = "checklist 9",
     .bodies = both([](auto& k) { walk_in_process(k, false); })},
    {.name = "checklist_09_list_walk_under_lock",
     .title = "list_for_each_entry_rcu under the updaters' lock",
     .question = "May an updater use the readers' macro?",
     .expect = "SAFE",
     .reason = "under the updaters' lock the list does not change",
     .explanation = "Code that readers and updaters share may use the macro; the lock takes the "
                    "place of the section.",
     .fact = "checklist 9",
     .bodies = both([](auto& k) { walk_in_process(k, true); })},
    {.name = "checklist_10_reader_uses_plain_walk",
     .title = "list_for_each_entry in a reader that does not hold the updaters' lock",
     .question = "May a reader use the plain list macro, as it is in a section?",
     .expect = "data_race",
     .reason = "the plain macro's loads carry no dependency to what they find",
     .explanation = "The section keeps the entries allocated, but the plain macro loads the links "
                    "as if nobody changed them: the compiler may load twice, and the fields of an "
                    "entry that was just added may be read before they were written.",
     .fact = "checklist 10",
     .bodies = both([](auto& k) { walk_by_reader(k, Access::plain); })},
    {.name = "checklist_10_reader_uses_rcu_walk",
     .title = "list_for_each_entry_rcu in a reader that does not hold the updaters' lock",
     .question = "And with the macro for readers?",
     .expect = "SAFE",
     .reason = "each link is loaded by rcu_dereference",
     .explanation = "The macro loads each link once, and what it finds behind the link was written "
                    "before list_add_tail_rcu published it.",
     .fact = "checklist 10",
     .bodies = both([](auto& k) { walk_by_reader(k, Access::dereference); })},
    {.name = "checklist_14_wait_before_unlink",
     .title = "the grace period comes before the unlink",
     .question = "Does the order of unlink and wait matter?",
     .expect = "use_after_free",
     .reason = "new readers find the entry after the grace period",
     .explanation = "The grace period waited for the readers of before; those that found the entry "
                    "between it and the unlink are not waited for by anybody.",
     .fact = "checklist 14",
     .bodies = both([](auto& k) { wait_and_unlink(k, false); })},
    {.name = "checklist_14_unlink_before_wait",
     .title = "the entry is unlinked before the grace period",
     .question = "And in the right order?",
     .expect = "SAFE",
     .reason = "after the unlink no new reader finds the entry",
     .explanation = "First no path leads to the entry any more, then the readers that are on it "
                    "leave, then it is freed.",
     .fact = "checklist 14",
     .bodies = both([](auto& k) { wait_and_unlink(k, true); })},
};

}  // namespace

std::span<const Entry> update_rule_entries() { return rows; }

}  // namespace rcuscope
