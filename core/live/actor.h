// SPDX-License-Identifier: LGPL-2.1-or-later
// Actor: what is known of one flow of control while it runs on a thread, and how it records events.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/context.h"
#include "live/flavor.h"
#include "live/options.h"
#include "live/slot.h"
#include "trace/event.h"
#include "trace/recorder.h"

namespace rcuscope::live {

class CpuToken;
class Repetition;
struct Mutex;
struct Spinlock;
struct SrcuState;

/// Thrown to end an actor of a repetition that is over; caught at the actor's top. From the throw
/// on, the actor's primitives do nothing, so that destructors may call them.
struct EndOfActor {};

/// What an actor waits for; the supervisor tells deadlock from stall by it.
enum class Wait : std::uint8_t {
  none,
  grace_period,
  srcu,
  mutex,
  spinlock,
  completion,
  callbacks,
  work,
  actors,
  cpu,
  relax
};

/// Set in the ring's records only: one record stands for a whole section, its value is the start.
inline constexpr std::uint16_t section_record_flag = 0x8000;

/// What an actor has switched off on its CPU; any of it makes it a reader (API.md 3).
struct ContextMask {
  bool irq_off = false;
  std::uint32_t bh_off = 0;
  std::uint32_t preempt_off = 0;
  std::uint32_t spinlocks = 0;  ///< Held ones.
  std::uint32_t rcu_bh = 0;     ///< Of bh_off, those by rcu_read_lock_bh.
  std::uint32_t rcu_sched = 0;  ///< Of preempt_off, those by rcu_read_lock_sched.

  bool any() const { return irq_off || bh_off != 0 || preempt_off != 0 || spinlocks != 0; }
};

struct HeldSpinlock {
  const Spinlock* lock = nullptr;
  bool had_irq_off = false;  ///< What spin_unlock_irqrestore restores.
};

/// An explicit section of SRCU.
struct SrcuSection {
  SrcuState* domain = nullptr;
  int index = 0;            ///< What srcu_read_lock returned.
  std::int64_t number = 0;  ///< Among all sections of the domain.
};

struct Actor {
  // Identity: constant while the actor runs.
  ActorId id;
  std::string name;
  ActorKind kind = ActorKind::process;
  CpuId cpu;
  Repetition* repetition = nullptr;  ///< Null on a thread that no LiveRun started.
  const Flavor* flavor = &memb_flavor;
  CpuToken* token = nullptr;  ///< Of an explicit CPU.
  std::uint32_t chain = 0;    ///< Callbacks and work items that queued each other up to this one.
  bool starts_with_bh_off = false;  ///< Callbacks of call_srcu.

  // Recording: constant while the actor runs.
  EventRing* ring = nullptr;  ///< Null: nothing is recorded.
  TraceLevel level = TraceLevel::off;
  std::atomic<std::int64_t>* logical_clock = nullptr;

  // Written and read by the actor's own thread.
  bool is_ending = false;          ///< EndOfActor was thrown.
  bool is_in_body = false;         ///< The hooks of waits are called.
  std::vector<const Mutex*> held;  ///< In the order of taking.
  std::vector<HeldSpinlock> held_spinlocks;
  std::vector<SrcuSection> srcu_sections;
  /// Others look at it under the repetition's lock, while the actor waits for its CPU.
  ContextMask mask;

  // Written by the actor's thread, read by others.
  std::atomic<ThreadSlot*> slot{nullptr};  ///< Only while it runs.
  std::atomic<std::uint64_t> operation_count{0};
  std::atomic<std::uint64_t> turn_count{0};  ///< Sections and the like; see Counts.
  std::atomic<bool> is_masked{false};        ///< mask.any()
  std::atomic<bool> calls_relax{false};      ///< Its sections are turns of a loop, no progress.
  std::atomic<Wait> wait{Wait::none};
  std::atomic<const void*> wait_object{nullptr};
  // Written by whoever waits for a grace period.
  std::atomic<std::int32_t> awaited_by{-1};  ///< GracePeriodId that this actor's section holds up.
  // Written under the repetition's lock.
  bool has_started_on_cpu = false;

  bool is_implicit_reader() const { return is_atomic(kind); }
  bool is_fast() const {
    return level == TraceLevel::off && token == nullptr && flavor == &memb_flavor;
  }
  bool has_recorded_sections() const {
    return (level == TraceLevel::full || level == TraceLevel::section) && token == nullptr &&
           flavor == &memb_flavor;
  }
  std::uint32_t depth() const {
    const ThreadSlot* own = slot.load(std::memory_order_relaxed);
    return own == nullptr ? 0 : own->depth();
  }
  bool is_reader() const {
    return is_implicit_reader() || is_masked.load(std::memory_order_relaxed) || depth() > 0;
  }
};

struct EventFields {
  ObjectId object = {};
  std::int64_t value = 0;
  std::int32_t grace_period = -1;
  std::uint16_t flags = 0;
  ActorId actor = {};  ///< None: the actor that records.
};

/// Return: the time stamp of an event now, in ticks or logical steps.
std::int64_t event_time(const Actor& actor, EventKind kind);

/// Records an event of the calling thread's actor, at every level but off.
void record(Actor& actor, EventKind kind, const EventFields& fields = {});

/// The calling thread's actor. A thread that no run started is registered with liburcu on its first
/// call, and unregistered when it exits.
Actor& current_actor();

/// Puts an actor on the calling thread, and takes it off with everything it left open.
class ActorScope {
 public:
  explicit ActorScope(Actor& actor);
  ~ActorScope();
  ActorScope(const ActorScope&) = delete;
  ActorScope& operator=(const ActorScope&) = delete;

 private:
  Actor& actor_;
  std::uint64_t sections_before_;
};

/// Runs `body` as the actor on this thread, from its start event to its end event. Nothing escapes:
/// faults become findings, wrong use of us ends the repetition and reaches the caller of
/// run_once().
void run_actor(Actor& actor, const std::function<void()>& body, EventKind start, EventKind end,
               const EventFields& fields = {});

}  // namespace rcuscope::live
