// SPDX-License-Identifier: LGPL-2.1-or-later
// The heap of a Recording world: object lifetimes, accesses, counts and leaks.
#include <cstring>

#include "world/recording_log.h"

namespace rcuscope {
namespace {

EventKind kind_of(Access access, bool is_store) {
  if (access == Access::dereference) return EventKind::rcu_dereference;
  if (access == Access::assign) return EventKind::rcu_assign_pointer;
  return is_store ? EventKind::store : EventKind::load;
}

}  // namespace

RecordingLog::Allocation* RecordingLog::find(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  auto after = heap_.upper_bound(wanted);
  if (after == heap_.begin()) return nullptr;
  auto& [start, allocation] = *std::prev(after);
  return wanted - start < allocation.size ? &allocation : nullptr;
}

void* RecordingLog::allocate(std::size_t size, const char* type, std::string_view name,
                             const Place& place) {
  Allocation allocation;
  // One byte more than wanted, so that an object's end is not the next one's start.
  allocation.memory = std::make_unique<std::max_align_t[]>(size / sizeof(std::max_align_t) + 1);
  allocation.size = size;
  allocation.type = type;
  allocation.name = name;
  allocation.is_of_setup = me().kind == ActorKind::main;
  allocation.id = builder_.add_object({allocation.name, allocation.type});
  object_texts_.push_back(allocation.type + ' ' + allocation.name);
  void* const memory = allocation.memory.get();
  heap_.emplace(reinterpret_cast<std::uintptr_t>(memory), std::move(allocation));
  record(EventKind::kmalloc, memory, -1, place);
  return memory;
}

void RecordingLog::free_object(const void* object, const Place& place) {
  if (object == nullptr) return;
  Allocation* const allocation = find(object);
  if (allocation == nullptr || allocation->memory.get() != object)
    report(FindingKind::error, object, "kfree of a pointer that kzalloc did not return", place);
  if (!allocation->is_alive)
    report(FindingKind::double_free, object,
           "BUG: KASAN: double-free of " + allocation->type + " '" + allocation->name +
               "', freed before by " + allocation->freed_by,
           place);
  record(EventKind::kfree, object, -1, place);
  allocation->is_alive = false;
  allocation->freed_by = me().name;
}

void RecordingLog::check_alive(const void* address, const char* name, const Place& place) {
  const Allocation* const allocation = find(address);
  if (allocation == nullptr || allocation->is_alive) return;
  report(FindingKind::use_after_free, address,
         "BUG: KASAN: slab-use-after-free: " + std::string(name) + " of " + allocation->type +
             " '" + allocation->name + "', freed by " + allocation->freed_by,
         place);
}

void RecordingLog::access(const void* location, const char* name, Access access, bool is_store,
                          const Place& place) {
  check_alive(location, name, place);
  record(kind_of(access, is_store), location, intern(name).value, place, "." + std::string(name));
}

void RecordingLog::note_stored(const void* location, const void* value) {
  if (Allocation* stored = find(value)) stored->was_stored = true;
  if (find(location) == nullptr) outside_[location] = value;
}

int RecordingLog::change_refcount(RecordedRefcount& count, int change, EventKind kind,
                                  const Place& place) {
  check_alive(&count, count.name, place);
  if (count.value == RecordedRefcount::saturated) return count.value;
  const bool was_zero = count.value == 0;
  count.value = was_zero ? RecordedRefcount::saturated : count.value + change;
  record(kind, &count, count.value, place);
  if (was_zero && change > 0)
    report(FindingKind::refcount_addition_on_zero, &count,
           "refcount_t: addition on 0; use-after-free.", place);
  if (was_zero && change < 0)
    report(FindingKind::refcount_underflow, &count, "refcount_t: underflow; use-after-free.",
           place);
  return count.value;
}

/// Conservative, as kmemleak does it: any word that points into a live object keeps it.
void RecordingLog::mark_reachable(const void* pointer, std::map<const Allocation*, bool>& reached) {
  const Allocation* const allocation = find(pointer);
  if (allocation == nullptr || !allocation->is_alive || reached[allocation]) return;
  reached[allocation] = true;
  const auto* const bytes = reinterpret_cast<const std::byte*>(allocation->memory.get());
  for (std::size_t i = 0; i + sizeof(void*) <= allocation->size; i += sizeof(void*)) {
    const void* word = nullptr;
    std::memcpy(&word, bytes + i, sizeof(word));
    mark_reachable(word, reached);
  }
}

void RecordingLog::check_end_of_run() {
  if (has_fatal_finding_) return;
  std::map<const Allocation*, bool> reached;
  for (const auto& [location, value] : outside_) mark_reachable(value, reached);
  for (const auto& [address, allocation] : heap_)
    if (allocation.lifetime == Lifetime::root) mark_reachable(allocation.memory.get(), reached);
  for (const auto& [address, allocation] : heap_) {
    if (!allocation.is_alive || allocation.lifetime == Lifetime::root) continue;
    const bool must_go = allocation.lifetime == Lifetime::must_be_freed;
    const bool is_exempt = allocation.is_of_setup && !allocation.was_stored;
    if (!must_go && (is_exempt || reached[&allocation])) continue;
    report(FindingKind::leak, allocation.memory.get(),
           "unreferenced object: " + allocation.type + " '" + allocation.name + "' is leaked",
           Place::current());
  }
}

}  // namespace rcuscope
