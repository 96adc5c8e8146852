// SPDX-License-Identifier: LGPL-2.1-or-later
// Heap objects, reference counts and sets of names: the primitives that update them.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "live/operation.h"
#include "live/primitives.h"

namespace rcuscope::live {
namespace {

/// refcount_t saturates here after addition on 0 or underflow: the object leaks.
constexpr int refcount_saturated = 0x40000000;

std::string actors_in_sections(Actor& actor) {
  std::string names;
  const std::lock_guard guard(actor.repetition->mutex);
  actor.repetition->for_each_unfinished([&names, &actor](const Actor& other) {
    if (&other != &actor && other.is_reader())
      names += (names.empty() ? "'" : ", '") + other.name + "'";
  });
  return names.empty() ? "any reader" : "any reader, such as " + names + ",";
}

Fault free_without_grace_period(Actor& actor, const void* object, const ObjectHeader& header) {
  const std::string name = name_of_object(actor, object);
  const std::string how = header.unlinked_how;
  return {.kind = FindingKind::use_after_free,
          .object = object,
          .message = "BUG: KASAN: slab-use-after-free: " + name + " is freed by " + actor.name +
                     " without a grace period after " + how,
          .explanation = actors_in_sections(actor) + " that found " + name + " before the " + how +
                         " may still use it: no grace period that started afterwards has ended"};
}

void saturate(Actor& actor, Refcount& count, FindingKind kind, const char* text,
              const Place& place) {
  count.count.store(refcount_saturated, std::memory_order_relaxed);
  report_fault(actor, {.kind = kind, .object = &count, .message = text}, place);
}

NameSetState& state_of(const Actor& actor, NameSet& names, const char* primitive) {
  NameSetState* state = names.state.load(std::memory_order_acquire);
  if (state != nullptr) return *state;
  NameSetState* created = &repetition_of(actor, primitive).add_name_set();
  return names.state.compare_exchange_strong(state, created) ? *created : *state;
}

/// Who left a group or was released leaves none of these (API.md 5). What a scenario allocates may
/// be held by variables, which nobody sees here.
bool belongs_to_machinery(std::string_view type) {
  return type == "group_device" || type == "device_name" || type == "dev_iommu";
}

}  // namespace

// --- heap

Heap::Slot begin_kzalloc(const Heap::Type& type, std::string_view name, const Place&) {
  Actor& actor = current_actor();
  Repetition& repetition = repetition_of(actor, "kzalloc");
  begin_operation(actor);  // an ending actor still gets memory: it may not return a null object
  const ObjectId id = repetition.session().names.object(type.name, name);
  const Heap::Slot slot = repetition.heap().allocate(type, id);
  thread_slot.layout = repetition.heap().unknown_layout(type, slot.memory).release();
  record(actor, EventKind::kmalloc, {.object = id});
  return slot;
}

void end_kzalloc(const Heap::Type& type, bool was_built) {
  const std::unique_ptr<TypeLayout> layout(std::exchange(thread_slot.layout, nullptr));
  if (layout == nullptr || !was_built) return;
  thread_slot.actor->repetition->heap().set_layout(type, *layout);
}

void kfree(const void* object, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor) || object == nullptr) return;
  repetition_of(actor, "kfree");
  free_object(actor, object, place);
}

void free_object(Actor& actor, const void* object, const Place& place) {
  Repetition& repetition = *actor.repetition;
  const Heap::Freeing freeing =
      repetition.heap().free(object, {actor.id, place, repetition.runs_alone()});
  const std::string function(short_function_name(place.function));
  switch (freeing.verdict) {
    case Heap::FreeVerdict::allowed:
      break;
    case Heap::FreeVerdict::no_grace_period:
      // The run goes on: a reader that meets the freed object adds the evidence.
      note_fault(actor, free_without_grace_period(actor, object, *freeing.header), place);
      break;
    case Heap::FreeVerdict::double_free:
      report_fault(actor,
                   {.kind = FindingKind::double_free,
                    .object = object,
                    .message = "BUG: KASAN: double-free in " + function + ": " +
                               name_of_object(actor, object)},
                   place);
      break;
    case Heap::FreeVerdict::not_an_object:
      report_fault(actor,
                   {.kind = FindingKind::error,
                    .message = "BUG: KASAN: invalid-free in " + function,
                    .where = function},
                   place);
      break;
  }
  if (freeing.header == nullptr) return;
  record(actor, EventKind::kfree, {.object = ObjectId{freeing.header->id.load()}});
}

ObjectId object_id(const void* address) {
  const Actor& actor = current_actor();
  if (actor.repetition == nullptr || address == nullptr) return {};
  const ObjectHeader* header = actor.repetition->heap().find(address);
  return header == nullptr ? ObjectId{} : ObjectId{header->id.load(std::memory_order_relaxed)};
}

void set_lifetime(const void* object, Lifetime lifetime) {
  const Actor& actor = current_actor();
  ObjectHeader* header = repetition_of(actor, "set_lifetime").heap().find(object);
  if (header != nullptr) header->lifetime = lifetime;
}

StringId intern(std::string_view text) {
  return repetition_of(current_actor(), "intern").session().names.string(text);
}

std::string_view text(StringId id) {
  return repetition_of(current_actor(), "text").session().names.text(id);
}

void check_end_of_run() {
  Actor& actor = current_actor();
  if (!may_go_on(actor)) return;
  Repetition& repetition = repetition_of(actor, "check_end_of_run");
  const Names& names = repetition.session().names;
  std::vector<std::pair<std::string, const char*>> leaked;  // name, reason
  repetition.heap().for_each_allocated([&leaked, &names](const ObjectHeader& header) {
    if (header.lifetime != Lifetime::must_be_freed) return;
    leaked.emplace_back(names.object_name(ObjectId{header.id.load()}),
                        ": its last reference was not dropped");
  });
  for (const Heap::Unreachable& object : repetition.heap().unreachable()) {
    if (object.header->lifetime != Lifetime::ordinary || !belongs_to_machinery(object.type))
      continue;
    leaked.emplace_back(names.object_name(ObjectId{object.header->id.load()}), "");
  }
  for (const auto& [name, reason] : leaked) {
    note_fault(actor,
               {.kind = FindingKind::leak,
                .message = "unreferenced object: " + name + " is never freed" + reason,
                .where = name},
               {});
  }
}

// --- reference counts

int refcount_inc(Refcount& count, EventKind kind, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return 0;
  check_object_alive(actor, &count, place);
  int old = count.count.load(std::memory_order_relaxed);
  while (old != 0 && old < refcount_saturated &&
         !count.count.compare_exchange_weak(old, old + 1, std::memory_order_relaxed)) {
  }
  if (old == 0) {
    saturate(actor, count, FindingKind::refcount_addition_on_zero,
             "refcount_t: addition on 0; use-after-free.", place);
  }
  const int now = old != 0 && old < refcount_saturated ? old + 1 : refcount_saturated;
  record(actor, kind, {.object = object_id(&count), .value = now});
  return now;
}

int refcount_dec(Refcount& count, EventKind kind, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return refcount_saturated;
  check_object_alive(actor, &count, place);
  // Release: what was done with the reference comes before the last put; acquire: of others', too.
  int old = count.count.load(std::memory_order_relaxed);
  while (old > 0 && old < refcount_saturated &&
         !count.count.compare_exchange_weak(old, old - 1, std::memory_order_acq_rel)) {
  }
  if (old == 0) {
    saturate(actor, count, FindingKind::refcount_underflow,
             "refcount_t: underflow; use-after-free.", place);
  }
  const int now = old > 0 && old < refcount_saturated ? old - 1 : refcount_saturated;
  record(actor, kind, {.object = object_id(&count), .value = now});
  return now;
}

bool refcount_inc_not_zero(Refcount& count, EventKind kind, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &count, place);
  int old = count.count.load(std::memory_order_relaxed);
  while (old != 0 && old < refcount_saturated &&
         !count.count.compare_exchange_weak(old, old + 1, std::memory_order_relaxed)) {
  }
  const int now = old != 0 && old < refcount_saturated ? old + 1 : old;
  record(actor, kind,
         {.object = object_id(&count),
          .value = now,
          .flags = old != 0 ? std::uint16_t{0} : event_flag::failed});
  return old != 0;
}

int refcount_read(const Refcount& count, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return 0;
  check_object_alive(actor, &count, place);
  return count.count.load(std::memory_order_relaxed);
}

// --- sets of names

bool add_name(NameSet& names, StringId name, EventKind kind, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &names, place);
  check_may_sleep(actor, names.name, place);
  NameSetState& state = state_of(actor, names, "add_name");
  bool is_new = false;
  {
    const std::lock_guard guard(actor.repetition->mutex);
    is_new = state.names.insert(name).second;
  }
  record(actor, kind,
         {.object = object_id(&names),
          .value = name.value,
          .flags = is_new ? std::uint16_t{0} : event_flag::failed});
  return is_new;
}

bool remove_name(NameSet& names, StringId name, EventKind kind, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return false;
  check_object_alive(actor, &names, place);
  check_may_sleep(actor, names.name, place);
  NameSetState& state = state_of(actor, names, "remove_name");
  bool existed = false;
  {
    const std::lock_guard guard(actor.repetition->mutex);
    existed = state.names.erase(name) > 0;
  }
  record(actor, kind,
         {.object = object_id(&names),
          .value = name.value,
          .flags = existed ? std::uint16_t{0} : event_flag::failed});
  return existed;
}

}  // namespace rcuscope::live
