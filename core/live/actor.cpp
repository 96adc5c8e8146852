// SPDX-License-Identifier: LGPL-2.1-or-later
// The life of an actor on its thread: the slot is taken, the body runs, what it left open is
// closed.
#include "live/actor.h"

#include <exception>
#include <memory>
#include <string>

#include "base/error.h"
#include "live/fault.h"
#include "live/objects.h"
#include "live/operation.h"
#include "live/repetition.h"
#include "live/urcu.h"
#include "world/mask.h"

namespace rcuscope::live {
namespace {

/// What orders other events: the logical clock ticks. Readers only look at it.
constexpr bool is_update(EventKind kind) {
  switch (kind) {
    case EventKind::rcu_read_lock:
    case EventKind::rcu_read_unlock:
    case EventKind::rcu_dereference:
    case EventKind::load:
    case EventKind::note:
      return false;
    default:
      return true;
  }
}

std::uint16_t context_flags(const Actor& actor) {
  std::uint16_t flags = 0;
  if (context_of(actor.kind) == Context::hardirq) flags |= event_flag::in_hardirq;
  if (context_of(actor.kind) == Context::softirq) flags |= event_flag::in_softirq;
  if (actor.is_reader()) flags |= event_flag::in_reader;
  return flags;
}

/// What the sections of the thread's actor record. Requires: it has a ring.
void prepare_recorded_sections(const Actor& actor) {
  Event event;
  event.flags = static_cast<std::uint16_t>(context_flags(actor) | event_flag::in_reader);
  event.actor = static_cast<std::uint16_t>(actor.id.value);
  event.cpu = static_cast<std::int16_t>(actor.cpu.value);
  event.kind = EventKind::rcu_read_lock;
  event.value = 1;
  thread_slot.lock_event = event;
  event.kind = EventKind::rcu_read_unlock;
  event.value = 0;
  thread_slot.unlock_event = event;
  thread_slot.records_locks = actor.level == TraceLevel::full;
  if (!thread_slot.records_locks) thread_slot.unlock_event.flags |= section_record_flag;
}

/// Leaves the explicit sections that the actor left open.
void leave_all_sections(const Actor& actor) {
  const std::uint32_t depth = thread_slot.depth();
  const std::uint32_t times = thread_slot.reader == nullptr && depth > 0 ? 1 : depth;
  for (std::uint32_t i = 0; i < times; ++i) {
    tsan_release();
    actor.flavor->unlock();
  }
  thread_slot.nesting.store(0);
}

/// The rest of it, for the thread's next actor.
void leave_mask(Actor& actor) {
  if (!actor.is_masked.load(std::memory_order_relaxed)) return;
  actor.is_masked.store(false, std::memory_order_relaxed);
  tsan_release();
  actor.flavor->unlock();
}

/// A thread that no run started: registered with the memb flavor for as long as it lives.
struct ForeignThread {
  Actor actor;

  ForeignThread() {
    actor.flavor->register_thread();
    actor.slot = &thread_slot;
    thread_slot.actor = &actor;
    thread_slot.reader = memb_reader();
    thread_slot.fast_reader.store(thread_slot.reader, std::memory_order_relaxed);
  }
  ~ForeignThread() {
    leave_all_sections(actor);
    leave_mask(actor);
    thread_slot.fast_reader.store(nullptr, std::memory_order_relaxed);
    thread_slot.reader = nullptr;
    thread_slot.actor = nullptr;
    actor.flavor->unregister_thread();
  }
};

void report_end(Actor& actor, const std::string& how, std::string_view taken_by) {
  note_fault(actor,
             {.kind = FindingKind::lock_imbalance,
              .message = "WARNING: " + actor.name + " ends " + how,
              .where = std::string(taken_by) + " in " + actor.name},
             {});
}

void report_held(Actor& actor, const Lock& lock) {
  note_fault(actor,
             {.kind = FindingKind::lock_imbalance,
              .message = "WARNING: " + actor.name + " still has locks held! (" + lock.name + ")",
              .where = std::string(lock.name) + " in " + actor.name},
             {});
}

void check_mask_at_end(Actor& actor) {
  const ContextMask& mask = actor.mask;
  if (mask.irq_off) report_end(actor, "with interrupts off", off_name(Mask::irq));
  if (mask.bh_off > (actor.starts_with_bh_off ? 1 : 0))
    report_end(actor, "with bottom halves off",
               off_name(mask.rcu_bh > 0 ? Mask::rcu_bh : Mask::bh));
  if (mask.preempt_off > 0)
    report_end(actor, "with preemption off",
               off_name(mask.rcu_sched > 0 ? Mask::rcu_sched : Mask::preempt));
}

void check_end(Actor& actor) {
  if (const std::uint32_t depth = actor.depth(); depth > 0) {
    report_end(actor,
               "inside a read-side critical section, " + std::to_string(depth) +
                   " rcu_read_unlock missing",
               "rcu_read_lock");
  }
  for (const SrcuSection& section : actor.srcu_sections)
    report_end(actor, "inside a read-side critical section of " + std::string(section.domain->name),
               "srcu_read_lock");
  for (const Mutex* mutex : actor.held) report_held(actor, *mutex);
  for (const HeldSpinlock& held : actor.held_spinlocks) report_held(actor, *held.lock);
  if (actor.held_spinlocks.empty()) check_mask_at_end(actor);
}

/// Runs the body; what it throws is handled here, in every case.
void run_guarded(Actor& actor, const std::function<void()>& body) {
  const auto fault = [&actor](Fault found) {
    note_fault(actor, std::move(found), {});
    actor.repetition->abandon();
    actor.is_ending = true;
  };
  try {
    actor.is_in_body = true;
    body();
  } catch (const EndOfActor&) {
  } catch (const BadPointer& pointer) {
    note_bad_pointer(actor, pointer);
    actor.repetition->abandon();
    actor.is_ending = true;
  } catch (const UsageError&) {
    actor.repetition->fail(std::current_exception());
  } catch (const LimitError&) {
    actor.repetition->fail(std::current_exception());
  } catch (const std::exception& error) {
    fault({.kind = FindingKind::error, .message = error.what(), .where = actor.name});
  } catch (...) {
    fault({.kind = FindingKind::error,
           .message = "an exception that is no std::exception left the actor",
           .where = actor.name});
  }
  actor.is_in_body = false;
}

}  // namespace

std::int64_t event_time(const Actor& actor, EventKind kind) {
  if (actor.level != TraceLevel::logical) return static_cast<std::int64_t>(read_tsc());
  return is_update(kind) ? actor.logical_clock->fetch_add(1, std::memory_order_relaxed) + 1
                         : actor.logical_clock->load(std::memory_order_relaxed);
}

void record(Actor& actor, EventKind kind, const EventFields& fields) {
  if (actor.ring == nullptr) return;
  Event event;
  event.time = event_time(actor, kind);
  event.kind = kind;
  event.flags = static_cast<std::uint16_t>(fields.flags | context_flags(actor));
  const ActorId who = fields.actor.is_valid() ? fields.actor : actor.id;
  event.actor = static_cast<std::uint16_t>(who.value);
  event.cpu = static_cast<std::int16_t>(actor.cpu.value);
  event.value = fields.value;
  event.object = fields.object;
  event.grace_period = GracePeriodId{fields.grace_period};
  actor.ring->record(event);
}

Actor& current_actor() {
  if (thread_slot.actor != nullptr) return *thread_slot.actor;
  if (thread_slot.belongs_to_run) {
    throw UsageError("a primitive is called on a thread of a live run, but outside of any actor");
  }
  // On the heap: what is thread-local shall be small (base/thread_local.h).
  static thread_local std::unique_ptr<ForeignThread> thread;
  if (thread == nullptr) thread = std::make_unique<ForeignThread>();
  return thread->actor;
}

ActorScope::ActorScope(Actor& actor)
    : actor_(actor), sections_before_(thread_slot.section_count.load()) {
  actor.ring = actor.level == TraceLevel::off ? nullptr : thread_slot.ring;
  const bool is_access_slow = actor.token != nullptr || actor.level == TraceLevel::full ||
                              actor.level == TraceLevel::logical;
  std::uint32_t outermost_nesting = 1;
  const auto enter = [&actor, &outermost_nesting] {
    ++outermost_nesting;
    actor.flavor->lock();
    tsan_enter_section();
  };
  if (actor.is_implicit_reader()) enter();
  if (actor.starts_with_bh_off) {
    actor.mask.bh_off = 1;
    actor.is_masked.store(true, std::memory_order_relaxed);
    enter();
  }
  const std::lock_guard guard(actor.repetition->mutex);
  const bool is_over = actor.repetition->is_abandoned();
  thread_slot.actor = &actor;
  thread_slot.nesting.store(0);
  thread_slot.outermost_nesting.store(outermost_nesting);
  thread_slot.reader = actor.is_fast() ? memb_reader() : nullptr;
  thread_slot.fast_reader.store(is_over ? nullptr : thread_slot.reader);
  const bool is_recorded = !is_over && actor.ring != nullptr && actor.has_recorded_sections();
  if (is_recorded) prepare_recorded_sections(actor);
  thread_slot.recorded_reader.store(is_recorded ? memb_reader() : nullptr);
  thread_slot.is_access_slow.store(is_over || is_access_slow);
  actor.slot.store(&thread_slot);
}

ActorScope::~ActorScope() {
  close_srcu_sections(actor_);
  leave_all_sections(actor_);
  leave_mask(actor_);
  if (actor_.is_implicit_reader()) {
    tsan_release();
    actor_.flavor->unlock();
  }
  actor_.repetition->session().section_count += thread_slot.section_count.load() - sections_before_;
  const std::lock_guard guard(actor_.repetition->mutex);
  actor_.slot.store(nullptr);
  thread_slot.actor = nullptr;
  thread_slot.nesting.store(0);
  thread_slot.fast_reader.store(nullptr);
  thread_slot.recorded_reader.store(nullptr);
  thread_slot.reader = nullptr;
  thread_slot.is_access_slow.store(false);
}

void run_actor(Actor& actor, const std::function<void()>& body, EventKind start, EventKind end,
               const EventFields& fields) {
  if (actor.token != nullptr) actor.token->acquire(actor);
  {
    const ActorScope scope(actor);
    record(actor, start, fields);
    if (!actor.repetition->is_abandoned()) run_guarded(actor, body);
    check_end(actor);
    record(actor, end, fields);
  }
  if (actor.token != nullptr) actor.token->release(actor);
}

}  // namespace rcuscope::live
