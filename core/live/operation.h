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

/// A loop that only reads stands still. Sections are turns of such a loop, or a reader's work: they
/// are progress for some time, unless the actor says that it waits.
enum class Counts : std::uint8_t { progress, turn, idle };
inline Counts counts_of_section(const Actor& actor) {
  return actor.calls_relax.load(std::memory_order_relaxed) ? Counts::idle : Counts::turn;
}

inline void count_operation(Actor& actor, Counts counts = Counts::progress) {
  if (counts == Counts::idle) return;
  std::atomic<std::uint64_t>& count =
      counts == Counts::turn ? actor.turn_count : actor.operation_count;
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
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
inline bool begin_operation(Actor& actor, Counts counts = Counts::progress) {
  if (!may_go_on(actor)) return false;
  count_operation(actor, counts);
  if (actor.token == nullptr) return true;
  actor.token->offer(actor);
  return may_go_on(actor);
}

/// Before a primitive that destructors call. Never throws.
inline bool begin_release(Actor& actor, Counts counts = Counts::progress) {
  if (actor.is_ending) return false;
  count_operation(actor, counts);
  if (actor.token != nullptr) actor.token->offer(actor);
  return true;
}

/// The repetition of the calling thread's actor. Throws UsageError where there is none.
Repetition& repetition_of(const Actor& actor, const char* primitive);
/// The id of a mutex, work item or other part of an object: "group 7->mutex".
ObjectId id_of_part(const Actor& actor, const void* part, const char* name, const char* type);

/// The start of a grace period, with the readers that it waits for: after the event of the call
/// that asked for it, before the wait.
void record_grace_period_start(Actor& actor, std::int64_t number);

// Sections of liburcu, whatever opens them.
void enter_section(Actor& actor);
void leave_section(Actor& actor);
/// Before the first and after the last thing that the actor switches off.
void enter_masked_section(Actor& actor);
void leave_masked_section(Actor& actor);
/// Closes what the actor left open.
void close_srcu_sections(Actor& actor);

/// synchronize_rcu and its kin, after begin_operation. `name` is what the caller calls.
void wait_for_grace_period(Actor& actor, std::string_view name, const Place& place);
/// A millisecond, whatever was asked for: time is no order. For scenarios in Python.
void msleep(const Place& place);
/// Queues what only ends a grace period, for start_poll_synchronize_rcu.
void end_grace_period_later(Actor& actor);

/// Frees an object for the actor, with the verdict of the heap.
void free_object(Actor& actor, const void* object, const Place& place);

}  // namespace rcuscope::live
