// SPDX-License-Identifier: LGPL-2.1-or-later
// Read-side critical sections off the fast path, and waiting for grace periods.
#include <string>

#include "live/operation.h"
#include "live/primitives.h"
#include "live/urcu.h"
#include "live/words.h"

namespace rcuscope::live {

void enter_section(Actor& actor) {
  if (unsigned long* reader = memb_reader(); reader != nullptr && actor.flavor == &memb_flavor) {
    memb_read_lock(reader);
  } else {
    actor.flavor->lock();
    tsan_enter_section();
  }
}

void leave_section(Actor& actor) {
  if (unsigned long* reader = memb_reader(); reader != nullptr && actor.flavor == &memb_flavor) {
    memb_read_unlock(reader);
  } else {
    tsan_release();
    actor.flavor->unlock();
  }
}

namespace {

/// If a grace period waits for the actor, which has just left its last section.
void record_quiescent_state(Actor& actor) {
  // Mostly nobody waits, and an exchange costs half a read of the clock.
  if (actor.awaited_by.load(std::memory_order_relaxed) < 0) return;
  const std::int32_t waiting = actor.awaited_by.exchange(-1, std::memory_order_relaxed);
  if (waiting < 0) return;
  record(actor, EventKind::quiescent_state,
         {.value = actor.id.value,
          .grace_period = waiting,
          .actor = actor.repetition->session().grace_period_actor()});
}

void record_section(Actor& actor) {
  if (actor.level == TraceLevel::section) {
    record(actor, EventKind::rcu_read_unlock,
           {.value = thread_slot.unlock_event.value, .flags = section_record_flag});
  } else {
    record(actor, EventKind::rcu_read_unlock, {.value = 0});
  }
  if (!actor.mask.any()) record_quiescent_state(actor);
}

/// Ends in a finding instead of a thread that liburcu never lets go.
void check_own_section(Actor& actor, const Place& place) {
  if (!actor.is_reader()) return;
  report_fault(actor,
               {.kind = FindingKind::deadlock,
                .message = blocked_words(actor) + "'" + actor.name +
                           "' waits in synchronize_rcu: its grace period waits for the reader '" +
                           actor.name + "'",
                .explanation = "the caller's own read-side critical section cannot end before "
                               "synchronize_rcu returns",
                .where = actor.name},
               place);
}

void wait_for_readers(Actor& actor) {
  const WaitScope scope(actor, Wait::grace_period, nullptr);
  tsan_release_to_sections();
  actor.flavor->wait_for_readers();
  tsan_acquire();
}

}  // namespace

void enter_masked_section(Actor& actor) {
  enter_section(actor);
  if (thread_slot.reader != nullptr) thread_slot.outermost_nesting.fetch_add(1);
  actor.is_masked.store(true, std::memory_order_relaxed);
}

void leave_masked_section(Actor& actor) {
  actor.is_masked.store(false, std::memory_order_relaxed);
  if (thread_slot.reader != nullptr) thread_slot.outermost_nesting.fetch_sub(1);
  if (actor.ring != nullptr && !actor.is_reader()) record_quiescent_state(actor);
  leave_section(actor);
}

namespace {

[[gnu::noinline]] void read_lock_in_full() {
  Actor& actor = current_actor();
  if (!begin_operation(actor, counts_of_section(actor))) return;
  const std::uint32_t depth = thread_slot.depth();
  const bool liburcu_counts = thread_slot.reader != nullptr;
  if (!liburcu_counts) thread_slot.add_nesting(1);
  if (depth == 0 || liburcu_counts) enter_section(actor);
  if (actor.ring == nullptr) return;
  if (actor.level != TraceLevel::section) {
    record(actor, EventKind::rcu_read_lock, {.value = depth + 1});
  } else if (depth == 0) {
    thread_slot.unlock_event.value = event_time(actor, EventKind::rcu_read_lock);
  }
}

[[gnu::noinline]] void read_unlock_in_full() {
  Actor& actor = current_actor();
  if (!begin_release(actor, counts_of_section(actor))) return;
  const std::uint32_t depth = thread_slot.depth();
  if (depth == 0) {
    note_fault(actor,
               {.kind = FindingKind::lock_imbalance,
                .message = "WARNING: bad unlock balance detected! rcu_read_unlock without "
                           "rcu_read_lock",
                .where = "rcu_read_unlock in " + actor.name},
               {});
    return;
  }
  if (actor.ring != nullptr && depth == 1) record_section(actor);
  if (actor.ring != nullptr && depth > 1 && actor.level != TraceLevel::section) {
    record(actor, EventKind::rcu_read_unlock, {.value = depth - 1});
  }
  const bool is_outermost = depth == 1;
  const bool liburcu_counts = thread_slot.reader != nullptr;
  if (!liburcu_counts) thread_slot.add_nesting(~std::uint32_t{0});
  if (is_outermost || liburcu_counts) leave_section(actor);
  if (is_outermost) thread_slot.count_section();
}

}  // namespace

void read_lock_slow() {
  ThreadSlot& slot = thread_slot;
  EventRing* const ring = slot.ring;
  unsigned long* const reader = slot.recorded_reader.load(std::memory_order_relaxed);
  if (reader == nullptr || slot.nesting.load(std::memory_order_relaxed) != 0 || !ring->has_room())
      [[unlikely]]
    return read_lock_in_full();
  slot.nesting.store(1, std::memory_order_relaxed);
  memb_read_lock(reader);
  const auto now = static_cast<Timestamp>(read_tsc());
  if (slot.records_locks)
    ring->record_in_room(slot.lock_event, now);
  else
    slot.unlock_event.value = now;
}

void read_unlock_slow() {
  ThreadSlot& slot = thread_slot;
  EventRing* const ring = slot.ring;
  unsigned long* const reader = slot.recorded_reader.load(std::memory_order_relaxed);
  if (reader == nullptr || slot.nesting.load(std::memory_order_relaxed) != 1 ||
      slot.actor->awaited_by.load(std::memory_order_relaxed) >= 0 || !ring->has_room()) [[unlikely]]
    return read_unlock_in_full();
  ring->record_in_room(slot.unlock_event, static_cast<Timestamp>(read_tsc()));
  slot.nesting.store(0, std::memory_order_relaxed);
  slot.count_section();
  memb_read_unlock(reader);
}

bool is_reader() {
  const Actor* actor = thread_slot.actor;
  return actor != nullptr &&
         (actor->is_implicit_reader() || actor->mask.any() || thread_slot.depth() > 0);
}

void record_grace_period_start(Actor& actor, std::int64_t number) {
  if (actor.ring == nullptr) return;
  const std::lock_guard guard(actor.repetition->mutex);
  std::vector<Actor*> readers;
  actor.repetition->for_each_unfinished([&readers, &actor](Actor& other) {
    if (&other != &actor && other.is_reader()) readers.push_back(&other);
  });
  const ActorId who = actor.repetition->session().grace_period_actor();
  record(actor, EventKind::grace_period_start,
         {.value = static_cast<std::int64_t>(readers.size()),
          .grace_period = trace_id(number),
          .actor = who});
  for (Actor* reader : readers) {
    record(actor, EventKind::grace_period_waits_for,
           {.value = reader->id.value, .grace_period = trace_id(number), .actor = who});
    reader->awaited_by.store(trace_id(number), std::memory_order_relaxed);
  }
}

void synchronize_rcu(bool is_expedited, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  wait_for_grace_period(actor, is_expedited ? "synchronize_rcu_expedited" : "synchronize_rcu",
                        place);
}

void wait_for_grace_period(Actor& actor, std::string_view name, const Place& place) {
  check_may_sleep(actor, name, place);
  check_own_section(actor, place);
  if (actor.repetition == nullptr) {
    wait_for_readers(actor);
    return;
  }
  Session& session = actor.repetition->session();
  const Nanoseconds start = monotonic_now();
  const std::int64_t number = session.grace_periods.start();
  record(actor, EventKind::synchronize_rcu_start,
         {.value = name == "synchronize_rcu_expedited", .grace_period = trace_id(number)});
  record_grace_period_start(actor, number);
  wait_for_readers(actor);
  session.grace_periods.end(number);
  session.grace_period_latency.add(monotonic_now() - start);
  record(actor, EventKind::grace_period_end,
         {.grace_period = trace_id(number), .actor = session.grace_period_actor()});
  record(actor, EventKind::synchronize_rcu_end, {.grace_period = trace_id(number)});
  may_go_on(actor);
}

}  // namespace rcuscope::live
