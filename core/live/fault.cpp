// SPDX-License-Identifier: LGPL-2.1-or-later
// The words are the kernel's, shortened (KERNEL_FACTS 2), and the same ones as in the model.
#include "live/fault.h"

#include <cstdio>
#include <utility>

#include "base/error.h"
#include "live/objects.h"
#include "live/repetition.h"
#include "trace/reporting.h"

namespace rcuscope::live {
namespace {

std::string hexadecimal(std::uintptr_t address) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(address));
  return text;
}

std::string describe_place(const Place& place) {
  if (place.line == 0) return "";
  return std::string(short_function_name(place.function)) + ":" + std::to_string(place.line);
}

/// The actor reached a location of a freed object.
Fault use_after_free(const Actor& actor, const void* location, const Place& place) {
  const Heap& heap = actor.repetition->heap();
  const Names& names = actor.repetition->session().names;
  const ObjectHeader* header = heap.find(location);
  const std::string object =
      header == nullptr ? "" : names.object_name(ObjectId{header->id.load()});
  const std::string part = heap.location_name(location);
  const std::string function(short_function_name(place.function));
  Fault fault;
  fault.kind = FindingKind::use_after_free;
  fault.object = location;
  fault.message = "BUG: KASAN: slab-use-after-free in " +
                  (function.empty() ? actor.name : function) + ": access to " + object +
                  (part.empty() ? "" : "->" + part);
  if (header == nullptr) return fault;
  const std::string freer = names.actor_name(header->freed_by);
  fault.explanation = "'" + actor.name + "' reaches " + object + ", which '" + freer +
                      "' freed in " + describe_place(header->freed_place);
  return fault;
}

/// The reason in words; empty if the actor may sleep.
std::string why_not_sleep(const Actor& actor) {
  if (actor.is_implicit_reader())
    return actor.kind == ActorKind::callback
               ? "a call_rcu callback runs in softirq context"
               : std::string(to_string(context_of(actor.kind))) + " context";
  if (!actor.held_spinlocks.empty())
    return "holding the spinlock " + std::string(actor.held_spinlocks.back().lock->name);
  if (actor.mask.irq_off) return "interrupts are off";
  if (actor.mask.bh_off != 0) return "bottom halves are off";
  if (actor.mask.preempt_off != 0) return "preemption is off";
  return "";
}

}  // namespace

std::string name_of_object(const Actor& actor, const void* address) {
  if (actor.repetition == nullptr || address == nullptr) return "";
  const ObjectHeader* header = actor.repetition->heap().find(address);
  if (header == nullptr) return "";
  return actor.repetition->session().names.object_name(ObjectId{header->id.load()});
}

void note_fault(Actor& actor, Fault fault, const Place& place) {
  if (actor.is_ending) return;
  if (actor.repetition == nullptr) {
    throw UsageError(fault.message + " (on a thread that no live run started)");
  }
  Finding finding;
  finding.kind = fault.kind;
  finding.message = std::move(fault.message);
  finding.kconfig = reporting_of(finding.kind, finding.message).kconfig;
  finding.explanation = std::move(fault.explanation);
  finding.actor = actor.name;
  finding.is_by_reader = actor.is_reader();
  finding.place = fault.where.empty() ? name_of_object(actor, fault.object) : fault.where;
  if (finding.place.empty()) finding.place = describe_place(place);
  const ObjectHeader* header = actor.repetition->heap().find(fault.object);
  record(actor, EventKind::finding,
         {.object = header == nullptr ? ObjectId{} : ObjectId{header->id.load()},
          .value = static_cast<std::int64_t>(fault.kind),
          .flags = event_flag::error});
  actor.repetition->count_finding();
  actor.repetition->session().add_finding(finding);
}

void report_fault(Actor& actor, Fault fault, const Place& place) {
  if (actor.is_ending) return;
  const bool is_fatal = describe(fault.kind).is_fatal;
  note_fault(actor, std::move(fault), place);
  if (!is_fatal) return;
  actor.repetition->abandon();
  end_actor(actor);
}

void end_actor(Actor& actor) {
  if (std::exchange(actor.is_ending, true)) return;
  throw EndOfActor{};
}

void note_bad_pointer(Actor& actor, BadPointer pointer) {
  const std::string at = hexadecimal(pointer.address);
  const std::string protection =
      "general protection fault, probably for non-canonical address " + at;
  if (pointer.address == LIST_POISON1 || pointer.address == LIST_POISON2) {
    const bool is_next = pointer.address == LIST_POISON1;
    note_fault(actor,
               {.kind = FindingKind::list_corruption,
                .message = protection + (is_next ? " (LIST_POISON1)" : " (LIST_POISON2)"),
                .explanation = "it stood on an entry that list_del had unlinked and poisoned",
                .where = at},
               {});
  } else if (is_poison_pointer(pointer.address)) {
    note_fault(actor, use_after_free(actor, origin_of_poison(pointer.address), {}), {});
  } else {
    note_fault(actor,
               {.kind = FindingKind::null_dereference,
                .message = "BUG: kernel NULL pointer dereference, address: " + at,
                .where = at},
               {});
  }
}

void check_may_sleep(Actor& actor, std::string_view what, const Place& place) {
  const std::string call(what);
  if (const std::string reason = why_not_sleep(actor); !reason.empty()) {
    report_fault(actor,
                 {.kind = FindingKind::sleeping_in_atomic,
                  .message = "BUG: sleeping function called from invalid context: " + call + " (" +
                             reason + ")",
                  .where = call + " in " + actor.name},
                 place);
  } else if (actor.depth() > 0 &&
             (call.starts_with("synchronize_") || call == "cond_synchronize_rcu")) {
    report_fault(actor,
                 {.kind = FindingKind::suspicious_rcu_usage,
                  .message = "WARNING: suspicious RCU usage: Illegal " + call +
                             "() in RCU read-side critical section!",
                  .where = call},
                 place);
  } else if (actor.depth() > 0) {
    report_fault(actor,
                 {.kind = FindingKind::sleeping_in_atomic,
                  .message = "Voluntary context switch within RCU read-side critical section! (" +
                             call + ")",
                  .where = call + " in " + actor.name},
                 place);
  }
}

void check_object_alive(Actor& actor, const void* address, const Place& place) {
  if (actor.repetition == nullptr) return;
  const ObjectHeader* header = actor.repetition->heap().find(address);
  if (header == nullptr || header->state.load() != ObjectHeader::State::freed) return;
  report_fault(actor, use_after_free(actor, address, place), place);
}

}  // namespace rcuscope::live
