// SPDX-License-Identifier: LGPL-2.1-or-later
// Doubly linked RCU list for any world: each pointer load and store is an operation of the world.
// Follows: include/linux/list.h, rculist.h and lib/list_debug.c in meaning and order; deviates in
// that a node knows the entry that contains it (container_of without arithmetic, no access).
#pragma once

#include <string>

#include "world/world.h"

namespace rcuscope {

/// A list head, or the node of an entry.
template <World W>
struct list_head {
  using link = ptr<list_head>;

  /// A head: empty list.
  list_head() : next("next", this), prev("prev", this) {}
  /// The node of an entry that is not on a list.
  explicit list_head(void* entry) : owner(entry) {}

  typename W::template shared<link> next{"next", link()};
  typename W::template shared<link> prev{"prev", link()};
  void* const owner = nullptr;  // the entry; null for a head; constant, so reading it is no access
};

namespace list_detail {

struct ListAdd {
  EventKind kind;
  Access publish;
};

/// The world puts the name of the entry in the place of "{object}": see report_text.h.
template <World W>
void report_corruption(W w, const list_head<W>* node, std::string text, Place place) {
  w.report(FindingKind::list_corruption, node, std::move(text), place);
}

/// Cold, and the place in pieces: both keep the step of a walk small.
template <World W>
[[gnu::noinline]] void report_foreign_head(W w, const list_head<W>* node, const char* file,
                                           const char* function, std::uint32_t line) {
  report_corruption(w, node, "the walk reached the head of another list", {file, function, line});
}

/// The checks of __list_add_valid_or_report.
template <World W>
void check_add(W w, ptr<list_head<W>> node, ptr<list_head<W>> prev, ptr<list_head<W>> next,
               Place place) {
  if (w.read(next->prev, Access::plain, place) != prev)
    report_corruption(w, next.raw(),
                      "list_add corruption. next->prev should be prev (next={object})", place);
  if (w.read(prev->next, Access::plain, place) != next)
    report_corruption(w, prev.raw(),
                      "list_add corruption. prev->next should be next (prev={object})", place);
  if (node == prev || node == next)
    report_corruption(w, node.raw(), "list_add double add: new={object}", place);
}

template <World W>
void add_between(W w, ptr<list_head<W>> node, ptr<list_head<W>> prev, ptr<list_head<W>> next,
                 ListAdd how, ptr<list_head<W>> head, Place place) {
  check_add(w, node, prev, next, place);
  w.write(node->next, next, Access::plain, place);
  w.write(node->prev, prev, Access::plain, place);
  w.write(prev->next, node, how.publish, place);
  w.trace(how.kind, node.raw(), w.object_id(head.raw()).value, place);
  w.write(next->prev, node, Access::plain, place);
}

/// Relinks the neighbours, with the checks of __list_del_entry_valid_or_report.
template <World W>
void unlink(W w, ptr<list_head<W>> node, EventKind kind, Place place) {
  const auto next = w.read(node->next, Access::plain, place);
  const auto prev = w.read(node->prev, Access::plain, place);
  if (next.address() == LIST_POISON1)
    report_corruption(w, node.raw(),
                      "list_del corruption, {object}->next is LIST_POISON1 (dead000000000100)",
                      place);
  if (prev.address() == LIST_POISON2)
    report_corruption(w, node.raw(),
                      "list_del corruption, {object}->prev is LIST_POISON2 (dead000000000122)",
                      place);
  if (w.read(prev->next, Access::plain, place) != node)
    report_corruption(w, node.raw(), "list_del corruption. prev->next should be {object}", place);
  if (w.read(next->prev, Access::plain, place) != node)
    report_corruption(w, node.raw(), "list_del corruption. next->prev should be {object}", place);
  w.write(next->prev, prev, Access::plain, place);
  w.write(prev->next, next, Access::once, place);
  w.trace(kind, node.raw(), -1, place);
}

}  // namespace list_detail

/// Order: the node's own pointers before its publication (release).
template <World W>
void list_add_tail_rcu(W w, ptr<list_head<W>> node, ptr<list_head<W>> head,
                       Place place = Place::current()) {
  const auto prev = w.read(head->prev, Access::plain, place);
  list_detail::add_between(w, node, prev, head, {EventKind::list_add_tail_rcu, Access::assign},
                           head, place);
}

template <World W>
void list_add_tail(W w, ptr<list_head<W>> node, ptr<list_head<W>> head,
                   Place place = Place::current()) {
  const auto prev = w.read(head->prev, Access::plain, place);
  list_detail::add_between(w, node, prev, head, {EventKind::list_add_tail, Access::once}, head,
                           place);
}

template <World W>
void list_add_rcu(W w, ptr<list_head<W>> node, ptr<list_head<W>> head,
                  Place place = Place::current()) {
  const auto next = w.read(head->next, Access::plain, place);
  list_detail::add_between(w, node, head, next, {EventKind::list_add_rcu, Access::assign}, head,
                           place);
}

template <World W>
void list_add(W w, ptr<list_head<W>> node, ptr<list_head<W>> head, Place place = Place::current()) {
  const auto next = w.read(head->next, Access::plain, place);
  list_detail::add_between(w, node, head, next, {EventKind::list_add, Access::once}, head, place);
}

/// Leaves node->next as it is, so that readers on it find their way back to the list.
template <World W>
void list_del_rcu(W w, ptr<list_head<W>> node, Place place = Place::current()) {
  list_detail::unlink(w, node, EventKind::list_del_rcu, place);
  w.write(node->prev, ptr<list_head<W>>::from_address(LIST_POISON2), Access::plain, place);
}

/// Poisons both pointers: a reader on the node faults at 0xdead000000000100.
template <World W>
void list_del(W w, ptr<list_head<W>> node, Place place = Place::current()) {
  list_detail::unlink(w, node, EventKind::list_del, place);
  w.write(node->next, ptr<list_head<W>>::from_address(LIST_POISON1), Access::plain, place);
  w.write(node->prev, ptr<list_head<W>>::from_address(LIST_POISON2), Access::plain, place);
}

/// The old entry keeps its next pointer for readers that stand on it; its prev becomes
/// LIST_POISON2.
template <World W>
void list_replace_rcu(W w, ptr<list_head<W>> old_node, ptr<list_head<W>> node,
                      Place place = Place::current()) {
  const auto next = w.read(old_node->next, Access::plain, place);
  const auto prev = w.read(old_node->prev, Access::plain, place);
  w.write(node->next, next, Access::plain, place);
  w.write(node->prev, prev, Access::plain, place);
  w.write(prev->next, node, Access::assign, place);
  w.trace(EventKind::list_replace_rcu, old_node.raw(), w.object_id(node.raw()).value, place);
  w.write(next->prev, node, Access::plain, place);
  w.write(old_node->prev, ptr<list_head<W>>::from_address(LIST_POISON2), Access::plain, place);
}

template <World W>
bool list_empty(W w, ptr<list_head<W>> head, Place place = Place::current()) {
  return w.read(head->next, Access::once, place) == head;
}

/// One step of a walk: the node after `node`, or null at the head. A foreign head is
/// list_corruption: the walk left its list and would never end. Always inline: GCC gives up on the
/// places, which only the cold paths use, and each step would cost three times as much.
template <World W>
[[gnu::always_inline]] inline ptr<list_head<W>> list_next(W w, ptr<list_head<W>> node,
                                                          ptr<list_head<W>> head, Access access,
                                                          Place place = Place::current()) {
  const ptr<list_head<W>> next = w.read(node->next, access, place);
  if (next == head) return nullptr;
  if (next.checked()->owner == nullptr) [[unlikely]] {
    list_detail::report_foreign_head(w, next.raw(), place.file, place.function, place.line);
    return nullptr;
  }
  return next;
}

/// The same for entries that begin with their node, which is container_of then: a walk that took
/// the entry from node->owner would wait for one more load before it could read a field. The owner
/// is compared, and nothing waits for it.
template <class Entry, World W>
[[gnu::always_inline]] inline ptr<Entry> list_next_entry(W w, ptr<list_head<W>> node,
                                                         ptr<list_head<W>> head, Access access,
                                                         Place place = Place::current()) {
  const ptr<list_head<W>> next = w.read(node->next, access, place);
  if (next == head) return nullptr;
  Entry* const entry = reinterpret_cast<Entry*>(next.checked());
  if (next->owner != entry) [[unlikely]] {
    list_detail::report_foreign_head(w, next.raw(), place.file, place.function, place.line);
    return nullptr;
  }
  return entry;
}

/// The condition of list_for_each_entry_rcu, checked once at the start of a walk
/// (KERNEL_FACTS 2.3).
template <World W>
void check_list_reader(W w, bool condition, Place place) {
  if (!condition && !w.rcu_read_lock_any_held())
    w.report(FindingKind::suspicious_rcu_usage, nullptr,
             "WARNING: suspicious RCU usage: RCU-list traversed in non-reader section!", place);
}

}  // namespace rcuscope
