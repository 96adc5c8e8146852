// SPDX-License-Identifier: LGPL-2.1-or-later
// ModelActor: one flow of control of an execution, and who may interrupt whom on a CPU.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/await.h"
#include "model/lock.h"
#include "model/operation.h"
#include "world/actor_spec.h"

namespace rcuscope {

/// Hardirq over softirq (and callbacks) over everything else.
inline constexpr int interrupt_level_count = 3;
constexpr int interrupt_level(ActorKind kind) { return static_cast<int>(context_of(kind)); }

inline constexpr std::uint64_t no_callback = ~std::uint64_t{0};

/// Actors of one execution: main, the declared ones, callbacks and work. More is a LimitError.
inline constexpr std::size_t max_actors = 128;
using ActorSet = std::bitset<max_actors>;

/// What an actor has switched off on its CPU; each makes it a reader (API.md 3).
struct ContextMask {
  bool irq_off = false;
  std::uint8_t bh_off = 0;
  std::uint8_t preempt_off = 0;
  std::uint8_t spinlocks = 0;  ///< Held ones.

  bool any() const { return irq_off || bh_off != 0 || preempt_off != 0 || spinlocks != 0; }
};

struct HeldSpinlock {
  const ModelSpinlock* lock = nullptr;
  bool had_irq_off = false;  ///< What spin_unlock_irqrestore restores.
};

/// An explicit section of sleepable RCU.
struct SrcuSection {
  const ModelSrcu* domain = nullptr;
  int index = 0;  ///< What srcu_read_lock returned.
};

/// What changes while an actor runs.
struct ActorState {
  enum class Progress : std::uint8_t { declared, started, finished };

  Progress progress = Progress::declared;
  Operation pending;  ///< Published, not executed yet. Meaningless once finished.

  // readers
  std::int32_t reader_nesting = 0;
  ContextMask mask;
  Step section_opened_at = -1;  ///< -1: not a reader.

  std::uint8_t rcu_bh_nesting = 0;     ///< Of mask.bh_off, those by rcu_read_lock_bh.
  std::uint8_t rcu_sched_nesting = 0;  ///< Of mask.preempt_off, those by rcu_read_lock_sched.
  std::vector<SrcuSection> srcu_sections;

  std::vector<const ModelMutex*> held_mutexes;
  std::vector<HeldSpinlock> held_spinlocks;

  // why it may have to wait before its first operation
  std::int32_t grace_period = -1;  ///< Callbacks, kfree_rcu, queue_rcu_work: start after its end.
  std::int32_t work = -1;          ///< Workers: the work item to execute.
  /// Callbacks: the resource of Mode::enqueue, for barriers; no_callback: it is none.
  std::uint64_t callbacks = no_callback;
  bool starts_with_bh_off = false;  ///< Callbacks of call_srcu.
  std::int32_t spawned_at = -1;     ///< Index into Execution::log(); -1: before the actors ran.
  std::int32_t cancelled_at = -1;   ///< Workers that were dequeued before they ran: likewise.
  ActorId twin;                     ///< Callbacks: the same one on another CPU; one starts.
  ActorSet waits_for;               ///< rcu_barrier, flush: actors that have to end.

  /// By interrupt level: another actor of that level is bound to its CPU.
  std::array<bool, interrupt_level_count> has_peers{};

  // waiting in a loop: see await.h
  bool has_await_sites = false;
  Watch watch;
  IdleStretch idle;
  /// Of all of them, at its latest step beyond the limit; see Execution::note_variables().
  std::uint64_t variables_digest = 0;

  // abandoning: see Execution::stay_quiet
  bool is_abandoned = false;
  bool has_raised_abandoned = false;
  std::int32_t quiet_count = 0;

  bool is_started() const { return progress == Progress::started; }
  bool is_finished() const { return progress == Progress::finished; }
  /// It waits for a change at one of its sites.
  bool is_parked() const { return pending.kind == OperationKind::relax && pending.argument != 0; }
};

struct ModelActor : ActorState {
  ActorId id;
  ActorSpec spec;

  bool is_implicit_reader() const { return is_started() && is_atomic(spec.kind); }
  bool is_reader() const { return reader_nesting > 0 || mask.any() || is_implicit_reader(); }
  bool may_not_sleep() const { return is_reader(); }
  int level() const { return interrupt_level(spec.kind); }
  bool shares_cpu() const { return has_peers[0] || has_peers[1] || has_peers[2]; }
  /// True if, once started, it keeps others of that level off its CPU until it allows them again.
  bool excludes(int other_level) const;
  /// A bit for each such level.
  std::uint8_t excluded_levels() const;
  /// For callbacks that share a CPU with their caller.
  void give_own_cpu();
};

/// Why an actor comes to be while others run.
struct ActorOrigin {
  GracePeriodId grace_period = {};  ///< It starts after that one's end.
  std::int32_t work = -1;
  std::uint64_t callbacks = no_callback;
  bool bh_off = false;
};

/// False for the CPU that an actor has for itself.
bool is_named(CpuId cpu);

/// True if `other`, on the same CPU, keeps `actor` from running now.
bool keeps_off_cpu(const ModelActor& other, const ModelActor& actor);

}  // namespace rcuscope
