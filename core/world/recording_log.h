// SPDX-License-Identifier: LGPL-2.1-or-later
// RecordingLog: what happened in a Recording world, and the state of its one thread.
//
// Actors run one after another in the order of declaration; callbacks, kfree_rcu and work run when
// the current actor has ended, or when somebody waits for them. A grace period never has to wait,
// since no other reader can be open; only its caller's own section makes it wait for ever.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace/builder.h"
#include "trace/finding.h"
#include "world/access.h"
#include "world/actor_spec.h"
#include "world/mask.h"
#include "world/pointer.h"
#include "world/world.h"

namespace rcuscope {

struct RecordedMutex {
  explicit constexpr RecordedMutex(const char* literal_name) : name(literal_name) {}

  const char* name;
  ActorId owner;
};

struct RecordedSpinlock : RecordedMutex {
  using RecordedMutex::RecordedMutex;
};

struct RecordedCompletion {
  explicit constexpr RecordedCompletion(const char* literal_name) : name(literal_name) {}

  const char* name;
  int done = 0;
};

struct RecordedSrcu {
  explicit constexpr RecordedSrcu(const char* literal_name) : name(literal_name) {}

  const char* name;
};

struct RecordedRefcount {
  static constexpr int saturated = 0x40000000;
  explicit constexpr RecordedRefcount(const char* literal_name, int initial = 1)
      : value(initial), name(literal_name) {}

  int value;
  const char* name;
};

struct RecordedNameSet {
  static constexpr std::size_t capacity = 64;
  explicit constexpr RecordedNameSet(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::size_t count = 0;
  std::array<StringId, capacity> names{};
};

struct RecordedWork {
  explicit constexpr RecordedWork(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::int32_t index = -1;  // in the log; -1 before init_work
};

/// One line of the log.
struct RecordedLine {
  EventKind kind;
  std::string actor;
  std::string subject;  ///< "device 0000:01:00.0", with ".field" or ": name" where there is one.

  /// "store device 0000:01:00.0.iommu_group"
  std::string text() const;
};

/// Single-threaded. Keeps the memory of freed objects until it ends, so that addresses stay unique.
class RecordingLog {
 public:
  RecordingLog();
  ~RecordingLog();
  RecordingLog(const RecordingLog&) = delete;
  RecordingLog& operator=(const RecordingLog&) = delete;

  /// Runs `main` as the set-up flow. Return: false if a fatal finding ended the execution.
  bool run(const std::function<void()>& main);

  const std::vector<Finding>& findings() const { return findings_; }
  const std::vector<RecordedLine>& lines() const { return lines_; }
  /// Leaves the log without events.
  TraceStore build() { return builder_.build(); }

 private:
  friend class Recording;
  struct ActorEnded {};  // thrown by a fatal finding, caught at the top of the flow

  struct Allocation {
    std::unique_ptr<std::max_align_t[]> memory;
    std::size_t size = 0;
    std::string type, name;
    ObjectId id;
    bool is_alive = true;
    bool was_stored = false;   // a pointer to it was written somewhere
    bool is_of_setup = false;  // allocated by main: no leak unless it was stored
    std::string freed_by;
    Lifetime lifetime = Lifetime::ordinary;
  };
  struct Off {  // what the actor has switched off
    bool irq = false;
    int bh = 0, preempt = 0;
    int rcu_bh = 0, rcu_sched = 0;  // of those, by rcu_read_lock_bh and rcu_read_lock_sched
  };
  struct HeldSpinlock {
    RecordedSpinlock* lock;
    bool had_irq_off;
  };
  struct SrcuSection {
    const RecordedSrcu* domain;
    int index;
  };
  struct Actor {
    std::string name;
    ActorKind kind;
    int nesting = 0;                        // of rcu_read_lock
    std::vector<RecordedMutex*> held = {};  // in order of locking
    std::vector<HeldSpinlock> held_spinlocks = {};
    std::vector<SrcuSection> srcu_sections = {};
    Off off = {};
    int relax_count = 0;  // in a row, with nobody else left to run
  };
  struct Work {
    std::string name;
    Callback function;
    bool is_pending = false;
    int disable_count = 0;
  };
  /// A callback, a kfree_rcu or a queued work that waits for its turn.
  struct Deferred {
    ActorKind kind;  // callback, grace_period (kfree_rcu) or kworker
    ActorId actor;
    Callback function;
    std::int32_t work = -1;
    const void* work_address = nullptr;
    GracePeriodId grace_period = {};       // of RCU, that ends before it
    const RecordedSrcu* domain = nullptr;  // call_srcu
  };

  // recording.cpp: lines, findings, actors
  ActorId add_actor(std::string name, ActorKind kind);
  void record(EventKind kind, const void* object, std::int64_t value, const Place& place,
              std::string_view detail = {}, GracePeriodId grace_period = {});
  ObjectId object_id(const void* address);
  ObjectId named_object_id(const void* address, const char* type, std::string_view name);
  std::string subject_of(const void* address);
  StringId intern(std::string_view text);
  void report(FindingKind kind, const void* object, std::string text, const Place& place);
  void run_as(ActorId actor, EventKind start, EventKind end, const void* object,
              const std::function<void()>& body);
  void run_guarded(const std::function<void()>& body);
  void run_actors();
  void check_balance();

  // recording_heap.cpp: objects, accesses, leaks
  Allocation* find(const void* address);
  void* allocate(std::size_t size, const char* type, std::string_view name, const Place& place);
  void free_object(const void* object, const Place& place);
  void check_alive(const void* address, const char* name, const Place& place);
  void access(const void* location, const char* name, Access access, bool is_store, const Place&);
  void note_stored(const void* location, const void* value);
  void check_end_of_run();
  void mark_reachable(const void* pointer, std::map<const Allocation*, bool>& reached);
  int change_refcount(RecordedRefcount& count, int change, EventKind kind, const Place& place);

  // recording_rcu.cpp: contexts, locks, grace periods, deferred work
  Actor& me() { return actors_[static_cast<std::size_t>(current_.value)]; }
  bool is_reader() { return me().nesting > 0 || is_atomic(me().kind) || has_switched_off(me()); }
  void check_may_sleep(std::string_view what, const Place& place);
  void mutex_lock(RecordedMutex& lock, const Place& place);
  void mutex_unlock(RecordedMutex& lock, const Place& place);
  GracePeriodId new_grace_period() { return {grace_period_count_++}; }
  void synchronize(bool is_expedited, const Place& place);
  void wait_for_deferred(const char* name, bool (*is_meant)(const Deferred&), const Place& place);
  bool queue(RecordedWork& work, EventKind how, const Place& place);
  bool cancel(RecordedWork& work, bool disable, const Place& place);
  void flush(RecordedWork& work, const char* what, const Place& place);
  Work& work_of(RecordedWork& work, const Place& place);
  void run_deferred(Deferred deferred);
  void run_all_deferred();
  bool take_deferred(std::int32_t work, Deferred& taken);
  void end_grace_period(GracePeriodId id);

  // recording_sync.cpp: spinlocks, what is switched off, sleepable RCU, completions
  static bool has_switched_off(const Actor& actor);
  void spin_lock(RecordedSpinlock& lock, SpinMode mode, const Place& place);
  void spin_unlock(RecordedSpinlock& lock, SpinMode mode, const Place& place);
  void switch_off(Mask what, bool is_off, const Place& place);
  void check_switched_on();
  int srcu_read_lock(RecordedSrcu& domain, const Place& place);
  void srcu_read_unlock(RecordedSrcu& domain, int index, const Place& place);
  void synchronize_srcu(RecordedSrcu& domain, const Place& place);
  void call_srcu(RecordedSrcu& domain, std::string name, Callback callback, const Place& place);
  void srcu_barrier(RecordedSrcu& domain, const Place& place);
  void complete(RecordedCompletion& done, const Place& place);
  void wait_for_completion(RecordedCompletion& done, const Place& place);
  void relax(const Place& place);

  TraceBuilder builder_{Clock::steps};
  Step step_ = 0;
  std::vector<RecordedLine> lines_;
  std::vector<Finding> findings_;
  bool has_fatal_finding_ = false;
  std::vector<std::string> strings_;
  std::map<std::string, StringId, std::less<>> string_ids_;
  std::vector<std::string> object_texts_;
  std::map<const void*, ObjectId> named_objects_;  // mutexes, works, what stands outside the heap
  std::map<std::uintptr_t, Allocation> heap_;      // by address
  std::map<const void*, const void*> outside_;     // pointers stored outside the heap, by location
  std::deque<Actor> actors_;
  ActorId current_;
  std::vector<ActorSpec> declared_;
  std::deque<Work> works_;
  std::deque<Deferred> deferred_;
  std::int32_t grace_period_count_ = 0;
  std::int64_t ended_grace_period_ = -1;  // the largest number of RCU's that has ended
};

}  // namespace rcuscope
