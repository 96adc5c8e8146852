// SPDX-License-Identifier: LGPL-2.1-or-later
// What each primitive does first: it counts as progress, may hand the CPU over, and ends the actor
// when the repetition is over.
#pragma once

#include <string>

#include "live/actor.h"
#include "live/cpu.h"
#include "live/fault.h"
#include "live/repetition.h"

namespace rcuscope::live {

inline void count_operation(Actor& actor) {
  actor.operation_count.store(actor.operation_count.load(std::memory_order_relaxed) + 1,
                              std::memory_order_relaxed);
}

/// Ends the actor if the repetition is over. Return: false if the primitive must do nothing.
inline bool may_go_on(Actor& actor) {
  if (actor.is_ending) return false;
  if (actor.repetition != nullptr && actor.repetition->is_abandoned()) [[unlikely]] {
    end_actor(actor);
  }
  return true;
}

/// Before a primitive. Return: false if it must do nothing. Throws EndOfActor.
inline bool begin_operation(Actor& actor) {
  if (!may_go_on(actor)) return false;
  count_operation(actor);
  if (actor.token == nullptr) return true;
  actor.token->offer(actor);
  return may_go_on(actor);
}

/// Before a primitive that destructors call. Never throws.
inline bool begin_release(Actor& actor) {
  if (actor.is_ending) return false;
  count_operation(actor);
  if (actor.token != nullptr) actor.token->offer(actor);
  return true;
}

/// The repetition of the calling thread's actor. Throws UsageError where there is none.
Repetition& repetition_of(const Actor& actor, const char* primitive);
/// The id of a mutex, work item or other part of an object: "group 7->mutex".
ObjectId id_of_part(const Actor& actor, const void* part, const char* name, const char* type);

/// A grace period starts: its events, with the readers that it waits for. Return: its number.
std::int64_t start_grace_period(Actor& actor);

/// Frees an object for the actor, with the verdict of the heap.
void free_object(Actor& actor, const void* object, const Place& place);

}  // namespace rcuscope::live
