// SPDX-License-Identifier: LGPL-2.1-or-later
// ModelActor: one flow of control of an execution, and who may interrupt whom on a CPU.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/lock.h"
#include "model/operation.h"
#include "world/actor_spec.h"

namespace rcuscope {

/// Actors of one execution: main, the declared ones, callbacks and work. More is a LimitError.
inline constexpr std::size_t max_actors = 128;
using ActorSet = std::bitset<max_actors>;

/// What an actor has switched off on its CPU; each makes it a reader (API.md 3).
struct ContextMask {
  std::uint8_t irq_off = 0;
  std::uint8_t bh_off = 0;
  std::uint8_t preempt_off = 0;

  bool any() const { return irq_off != 0 || bh_off != 0 || preempt_off != 0; }
};

struct ModelActor {
  enum class Progress : std::uint8_t { declared, started, finished };

  ActorId id;
  ActorSpec spec;
  Progress progress = Progress::declared;
  Operation pending;  ///< Published, not executed yet. Meaningless once finished.

  // readers
  std::int32_t reader_nesting = 0;
  ContextMask mask;
  Step section_opened_at = -1;  ///< -1: not a reader.

  std::vector<const ModelMutex*> held_mutexes;

  // why it may have to wait before its first operation
  std::int32_t grace_period = -1;  ///< Callbacks, kfree_rcu, queue_rcu_work: start after its end.
  std::int32_t work = -1;          ///< Workers: the work item to execute.
  std::int32_t spawned_at = -1;    ///< Index into Execution::log(); -1: before the actors ran.
  std::int32_t cancelled_at = -1;  ///< Workers that were dequeued before they ran: likewise.
  ActorSet waits_for;              ///< rcu_barrier, flush: actors that have to end.

  bool interrupts_others = false;   ///< Bound to a CPU on which it may interrupt another actor.
  bool can_be_interrupted = false;  ///< Some actor that may interrupt it is bound to its CPU.

  // abandoning: see Execution::stay_quiet
  bool is_abandoned = false;
  bool has_raised_abandoned = false;
  std::int32_t quiet_count = 0;

  bool is_started() const { return progress == Progress::started; }
  bool is_finished() const { return progress == Progress::finished; }
  bool is_implicit_reader() const { return is_started() && is_atomic(spec.kind); }
  bool is_reader() const { return reader_nesting > 0 || mask.any() || is_implicit_reader(); }
  bool may_not_sleep() const { return is_reader(); }
};

/// Hardirq over softirq (and callbacks) over everything else.
constexpr int interrupt_level(ActorKind kind) { return static_cast<int>(context_of(kind)); }

/// True if `other`, on the same CPU, keeps `actor` from running now.
bool keeps_off_cpu(const ModelActor& other, const ModelActor& actor);

}  // namespace rcuscope
