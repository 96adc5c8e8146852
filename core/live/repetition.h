// SPDX-License-Identifier: LGPL-2.1-or-later
// Repetition: one run of a scenario: its actors, heap, callbacks and work, and how it is cut short.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "live/actor.h"
#include "live/cpu.h"
#include "live/heap.h"
#include "live/session.h"
#include "world/actor_spec.h"

namespace rcuscope::live {

struct NameSetState {
  std::set<StringId> names;
};

struct WorkState {
  std::string name;
  Callback function;
  ObjectId id;
  ActorId worker;
  bool is_pending = false;  ///< Queued, or waiting for its grace period.
  bool is_running = false;
  int disable_depth = 0;
  std::uint32_t chain = 0;              ///< Of the next run; see Actor.
  std::uint64_t queued_generation = 0;  ///< Tells a cancelled queueing from a later one.
};

/// What runs later, by who waits for it: rcu_barrier, kvfree_rcu_barrier, flush_workqueue, nobody
/// but the end of the run.
enum class DeferredKind : std::uint8_t { callback, kfree, work, other };

/// A domain of sleepable RCU. Guarded by the repetition's lock, but for the constants.
struct SrcuState {
  struct GracePeriod {
    std::int64_t number = 0;        ///< Of the session's grace periods.
    std::int64_t last_section = 0;  ///< It waits for the open ones up to this one.
  };
  struct Waiting {
    std::int64_t last_section = 0;
    std::function<void()> run;
  };

  const char* name;  ///< Constant.
  ObjectId id;       ///< Constant.
  std::int64_t last_section = 0;
  std::map<std::int64_t, const Actor*>
      open;                                ///< Sections by number; each closes on its own thread.
  std::vector<GracePeriod> grace_periods;  ///< That have not ended.
  std::deque<Waiting> waiting;             ///< Callbacks before their grace period's end.
  std::int64_t last_callback = 0;
  std::set<std::int64_t> unfinished_callbacks;

  bool is_open_since(std::int64_t section) const {
    return !open.empty() && open.begin()->first <= section;
  }
};

/// Owner: the session's caller, and each thread, callback and work item that belongs to it.
class Repetition : public std::enable_shared_from_this<Repetition> {
 public:
  explicit Repetition(std::shared_ptr<Session> session);
  ~Repetition();

  Session& session() const { return *session_; }
  Heap& heap() const { return *heap_; }

  /// Runs the body as the actor `main` on a thread of the pool.
  void start(std::function<void()> body);
  /// Context: `main`. Starts the declared actors together; returns when all of them, all callbacks
  /// and all work have ended.
  void run_actors(Actor& main);
  void declare(ActorSpec actor);

  /// A record for a callback or work item that is about to run.
  Actor& add_actor(ActorSpec spec);
  /// The actor is off its thread, and its record is gone.
  void finish(Actor& actor);

  /// Cuts the repetition short: each actor ends at its next primitive.
  void abandon();
  bool is_abandoned() const { return is_abandoned_.load(std::memory_order_relaxed); }
  /// Wrong use of us: abandons, and run_once() throws it.
  void fail(std::exception_ptr error);
  std::exception_ptr error() const;

  /// True while `main` is the only flow of control: nobody can be reading.
  bool runs_alone() const;

  /// What was deferred, in the order of queueing. Return: its number among those of its kind.
  std::int64_t add_deferred(DeferredKind kind);
  void finish_deferred(DeferredKind kind, std::int64_t number);
  std::size_t unfinished_count(DeferredKind kind) const;
  /// Waits until those of the kind that were queued so far have ended.
  void wait_for_deferred(Actor& actor, DeferredKind kind);

  /// Of a new object: what an object before it left at that address is used again, so that a
  /// program may make work items without end.
  WorkState& add_work(const void* address, WorkState fresh);
  NameSetState& add_name_set();
  void begin_work() { ++unfinished_work_count_; }  ///< Context: mutex is held.
  void end_work();                                 ///< Context: mutex is held.
  /// Of the unfinished work, what is on the queue: its grace period, if any, is over.
  std::int64_t add_queued_work() { return add_deferred(DeferredKind::work); }
  void end_queued_work(std::int64_t number);  ///< Context: mutex is held.
  SrcuState& add_srcu(const char* name, ObjectId id);

  /// Waits on `changed` until the predicate holds or the repetition is abandoned. It is evaluated
  /// under the lock.
  void wait_until(Actor& actor, Wait wait, const void* object, const std::function<bool()>& holds);

  void count_finding() { ++finding_count_; }
  std::uint64_t finding_count() const { return finding_count_; }

  /// What moves when the actors do anything. Callbacks that queue each other without end do not
  /// count. Context: mutex is held.
  struct Progress {
    std::uint64_t operations = 0;
    std::uint64_t turns = 0;  ///< Of loops that may only read: they may go on for ever.
  };
  Progress progress() const;
  /// Name of the callback or work item that ran last of such a chain; empty: there is none.
  const std::string& endless_chain() const { return endless_chain_; }  ///< Context: mutex is held.
  bool is_over() const { return is_main_over_; }                       ///< Context: mutex is held.
  bool is_at_rest() const;  ///< No thread is left in it. Context: mutex is held.
  template <class Visit>
  void for_each_unfinished(Visit visit) const {  // context: mutex is held
    for (const auto& actor : actors_) {
      if (actor->slot.load() != nullptr) visit(*actor);
    }
  }

  mutable std::mutex mutex;
  std::condition_variable changed;

 private:
  enum class Phase : std::uint8_t { setup, running, ended };

  void run_main(Actor& main, const std::function<void()>& body);
  void run_declared(Actor& actor, const std::function<void()>& body, std::size_t index);
  void wait_for_release(Actor& actor, std::size_t index);
  void wait_for_quiet(Actor& main);

  const std::shared_ptr<Session> session_;
  const std::uint64_t number_;
  std::unique_ptr<Heap> heap_;
  std::vector<std::unique_ptr<Actor>> actors_;  // that are not finished
  std::vector<ActorSpec> declared_;
  std::map<CpuId, std::unique_ptr<CpuToken>> tokens_;
  std::deque<WorkState> work_;
  std::unordered_map<const void*, WorkState*> work_at_;
  std::deque<NameSetState> name_sets_;
  struct Unfinished {
    std::set<std::int64_t> numbers;
    std::int64_t last = 0;
  };

  Unfinished& unfinished(DeferredKind kind) { return unfinished_[static_cast<std::size_t>(kind)]; }
  bool is_nothing_deferred() const;

  std::array<Unfinished, 4> unfinished_;  // by DeferredKind
  std::deque<SrcuState> srcu_;
  std::size_t unfinished_actor_count_ = 0;  // of the declared ones
  Nanoseconds actors_start_ = 0;
  Nanoseconds actors_end_ = 0;  // of the last one to end; callbacks may still be waited for
  std::size_t unfinished_work_count_ = 0;
  std::size_t arrived_count_ = 0;  // at the starting line
  std::atomic<bool> is_released_{false};
  std::atomic<Phase> phase_{Phase::setup};
  std::atomic<bool> is_abandoned_{false};
  std::atomic<std::uint64_t> finding_count_{0};
  std::uint64_t finished_progress_ = 0;  // of the actors that are gone
  std::string endless_chain_;
  bool is_main_over_ = false;
  std::exception_ptr error_;
};

/// Encloses a wait of the calling thread's actor: hands its CPU over, unless it spins, and calls
/// the hooks.
class WaitScope {
 public:
  enum class Cpu : bool { released, kept };  ///< Kept: the actor spins.

  WaitScope(Actor& actor, Wait wait, const void* object, Cpu cpu = Cpu::released);
  ~WaitScope();
  WaitScope(const WaitScope&) = delete;
  WaitScope& operator=(const WaitScope&) = delete;

 private:
  Actor& actor_;
  Cpu cpu_;
};

}  // namespace rcuscope::live
