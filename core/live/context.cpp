// SPDX-License-Identifier: LGPL-2.1-or-later
// Accesses off the fast path, publication, context, the log, and the declaration of actors.
#include <string>

#include "base/error.h"
#include "live/fault.h"
#include "live/operation.h"
#include "live/primitives.h"
#include "world/report_text.h"

namespace rcuscope::live {
namespace {

EventKind kind_of(Access access, AccessKind kind) {
  if (access == Access::dereference) return EventKind::rcu_dereference;
  if (access == Access::assign) return EventKind::rcu_assign_pointer;
  return kind == AccessKind::load ? EventKind::load : EventKind::store;
}

bool records_accesses(const Actor& actor) {
  return actor.ring != nullptr && actor.level != TraceLevel::section;
}

/// List operations tell the heap which entry readers can no longer find.
void note_list_operation(Actor& actor, EventKind kind, const void* entry) {
  Heap& heap = actor.repetition->heap();
  // Whoever unlinks with list_del_rcu has readers, however the entry was added.
  if (kind == EventKind::list_del_rcu) heap.publish(entry, nullptr);
  heap.unlink(entry, {nullptr, describe(kind).name.data(), actor.id});
}

}  // namespace

Repetition& repetition_of(const Actor& actor, const char* primitive) {
  if (actor.repetition != nullptr) return *actor.repetition;
  throw UsageError(std::string(primitive) +
                   ": this thread runs no actor; call it inside of LiveRun::run_once()");
}

ObjectId id_of_part(const Actor& actor, const void* part, const char* name, const char* type) {
  if (actor.repetition == nullptr) return {};
  const std::string around = name_of_object(actor, part);
  return actor.repetition->session().names.object(
      type, around.empty() ? std::string(name) : around + "->" + name);
}

// --- memory

void before_access(const void* location, Access access, AccessKind kind) {
  Actor& actor = current_actor();
  const Counts counts = kind == AccessKind::load ? Counts::idle : Counts::progress;
  if (!begin_operation(actor, counts) || !records_accesses(actor)) return;
  const char* name = actor.repetition->heap().location_name(location);
  record(actor, kind_of(access, kind),
         {.object = object_id(location),
          .value = *name == '\0' ? -1 : actor.repetition->session().names.string(name).value,
          .flags = static_cast<std::uint16_t>(access)});
}

void check_alive(const void* address, const char* file, const char* function, std::uint32_t line) {
  Actor* actor = thread_slot.actor;
  if (actor == nullptr || actor->is_ending) return;
  check_object_alive(*actor, address, {file, function, line});
}

void pointer_changed(const void* location, const void* old_object, const void* new_object,
                     Access access) {
  const Actor* actor = thread_slot.actor;
  if (actor == nullptr || actor->repetition == nullptr) return;
  Heap& heap = actor->repetition->heap();
  if (access == Access::assign) heap.publish(new_object, location);
  heap.unlink(old_object, {location, "it was replaced in its pointer", actor->id});
}

void publish_entry(const void* node) {
  const Actor* actor = thread_slot.actor;
  if (actor == nullptr || actor->repetition == nullptr) return;
  actor->repetition->heap().publish(node, nullptr);
}

// --- context and log

void might_sleep(std::string_view what, const Place& place) {
  Actor& actor = current_actor();
  if (!may_go_on(actor)) return;
  check_may_sleep(actor, what, place);
  if (actor.ring == nullptr) return;
  record(actor, EventKind::might_sleep,
         {.value = actor.repetition->session().names.string(what).value});
}

Context context() {
  const Actor* actor = thread_slot.actor;
  return actor == nullptr ? Context::process : context_of(actor->kind);
}

void trace(EventKind kind, const void* object, std::int64_t value, const Place&) {
  Actor& actor = current_actor();
  if (actor.is_ending || actor.repetition == nullptr) return;
  if (kind == EventKind::list_del_rcu || kind == EventKind::list_del ||
      kind == EventKind::list_replace_rcu) {
    note_list_operation(actor, kind, object);
  }
  if (actor.ring != nullptr) record(actor, kind, {.object = object_id(object), .value = value});
}

void report(FindingKind kind, const void* object, std::string text, const Place& place) {
  Actor& actor = current_actor();
  if (!may_go_on(actor)) return;
  text = with_object_name(std::move(text), name_of_object(actor, object));
  report_fault(actor, {.kind = kind, .object = object, .message = std::move(text)}, place);
}

// --- actors

void declare(ActorSpec actor) {
  repetition_of(current_actor(), "declare").declare(std::move(actor));
}

void run_actors() {
  Actor& main = current_actor();
  if (!may_go_on(main)) return;
  if (main.kind != ActorKind::main)
    throw UsageError("run_actors() is called by an actor; expected main");
  repetition_of(main, "run_actors").run_actors(main);
  may_go_on(main);
}

}  // namespace rcuscope::live
