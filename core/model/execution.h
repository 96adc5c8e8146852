// SPDX-License-Identifier: LGPL-2.1-or-later
// Execution: one run of a program under a given order of operations, used again for the next one.
//
// An actor publishes its next visible operation and stops before it. The scheduler, which runs on
// the stack of whoever stopped, sees the next operation of every actor, so enabledness and
// dependence are known without running anything; it switches only when the actor changes.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/after_setup.h"
#include "model/chooser.h"
#include "model/execution_end.h"
#include "model/execution_options.h"
#include "model/grace_period.h"
#include "model/heap.h"
#include "model/rounds.h"
#include "model/runner.h"
#include "model/snapshot.h"
#include "model/step_record.h"
#include "model/work_item.h"
#include "trace/builder.h"

namespace rcuscope {

class Execution final : public ActorEntry {
 public:
  using Options = ExecutionOptions;
  enum class Phase : std::uint8_t { setup, actors, teardown };

  Execution(ActorRunner& runner, Options options);

  /// Runs `program` once: set-up, then whatever run_actors() and teardown do. With a builder,
  /// records every event. An execution runs one program all its life. Rethrows what the program's
  /// set-up throws.
  ExecutionEnd run(const std::function<void(Execution&)>& program, Chooser& chooser,
                   TraceBuilder* trace = nullptr);
  /// Of the executions that follow.
  void set_await_sites(const AwaitSites& sites);
  /// Ends the running execution at its next operation. Context: any thread.
  void request_interrupt() { interrupt_requested_.store(true, std::memory_order_relaxed); }

  // --- results of the latest run
  const std::vector<Finding>& findings() const { return findings_; }
  std::span<const ActorId> choices() const { return choices_; }
  /// The operations of the actors, callbacks and work, without set-up and teardown.
  std::span<const StepRecord> log() const { return {log_.data(), log_size_}; }
  /// Of the latest run; no other run in this process has it.
  std::uint64_t run_number() const { return run_number_; }
  Step steps() const { return steps_; }
  const std::string& final_state() const { return final_state_; }
  /// Why weak memory might show something else than this execution and its like; empty = it cannot.
  const std::string& memory_doubt() const { return memory_doubt_; }

  /// Of an execution that ended as redundant.
  std::span<const BlockedActor> blocked_at_end() const { return blocked_at_end_; }

  // --- for choosers and observers
  std::size_t actor_count() const { return actor_count_; }
  const ModelActor& actor(ActorId id) const { return actors_[static_cast<std::size_t>(id.value)]; }
  ActorId current() const { return current_; }
  bool is_over() const { return is_over_; }
  ObjectId find_object(const void* address) const { return heap_.find(address); }
  Phase phase() const { return phase_; }
  ModelHeap& heap() { return heap_; }
  const ModelHeap& heap() const { return heap_; }
  bool is_on_heap(const void* address) const { return heap_.contains(address); }
  const GracePeriods& grace_periods() const { return grace_periods_; }
  const WorkItem& work_item(std::int32_t index) const {
    return work_[static_cast<std::size_t>(index)];
  }
  const std::string& text(StringId id) const { return texts_[static_cast<std::size_t>(id.value)]; }
  std::string object_name(ObjectId object) const;
  std::string location_name(const Operation& operation) const;
  std::string part_name(const void* address, const char* literal) const;
  /// Whom an unfinished actor waits for, if it cannot go on.
  std::vector<ActorId> blockers(const ModelActor& actor) const;
  bool is_enabled(const ModelActor& actor) const;
  bool is_kept_off_by(const ModelActor& actor, const ModelActor& other) const;
  /// True if nothing but its CPU can keep it from its pending operation.
  bool can_proceed(const ModelActor& actor) const;
  void note_memory_doubt(std::string why) const;
  /// Records a defect of the actor that runs. Fatal kinds end the execution; this returns all the
  /// same.
  void report(FindingKind kind, ActorId actor, std::string message, std::string place,
              ObjectId object = {});

  // --- for Model: primitives of the actor that runs
  ActorId declare(ActorSpec spec);
  void run_actors();
  /// What main does after set-up, for programs that end with go_back_to_here(). Context: set-up.
  template <class T, class... Arguments>
  T& make_after_setup(Arguments&&... arguments) {
    return after_setup_.emplace<T>(std::forward<Arguments>(arguments)...);
  }
  /// Set-up is over, and further executions begin here or behind. Requires: what the program has
  /// made is on the model's heap, never changes, or is brought back by the AfterSetup; the program
  /// returns next.
  void go_back_to_here();
  /// On the stack of an actor around an operation during which it owns something, so that its
  /// destructor has to run: such a stack is neither kept nor forgotten.
  class Owning {
   public:
    explicit Owning(Execution& execution) : execution_(execution) { ++execution_.owner_count_; }
    ~Owning() { --execution_.owner_count_; }
    Owning(const Owning&) = delete;
    Owning& operator=(const Owning&) = delete;

   private:
    Execution& execution_;
  };
  /// Publishes, waits to be chosen, records. Return: false if the primitive must do nothing because
  /// the execution is over. Throws: ExecutionAbandoned.
  bool step(const Operation& operation);
  /// After an update or trylock that did change something.
  void note_change();
  /// Null where nobody keeps account: in set-up and teardown, and if no option asks for it.
  MemoryObserver* memory_order() const { return keeps_memory_order() ? options_.memory : nullptr; }
  /// For the account of memory order, after an operation on a location or the heap.
  void note_access(const Operation& operation);
  void note_pointer_loaded(const void* pointer) {
    if (keeps_memory_order()) options_.memory->on_pointer_loaded(*this, me(), pointer);
  }
  void note_updated(bool has_succeeded);
  void relax(const Place& place);
  ModelActor& me() { return actors_[static_cast<std::size_t>(current_.value)]; }
  void leave_if_over();
  void may_sleep(std::string_view what, const Place& place);
  StringId intern(std::string_view text);
  void set_final_state(std::string state) { final_state_ = std::move(state); }
  void check_end_of_run();

  /// Changes what makes the running actor a reader or keeps others off its CPU. Opens and closes
  /// its section.
  template <class Change>
  void change_context(Change change) {
    ModelActor& actor = me();
    const bool was_reader = actor.is_reader();
    const std::uint8_t excluded = actor.excluded_levels();
    change(actor);
    note_excluded(actor, excluded);
    if (!was_reader && actor.is_reader()) open_section(actor);
    if (was_reader && !actor.is_reader()) close_section(actor);
  }
  void claim_section_start(Operation& operation);
  int open_srcu_section(const ModelSrcu& domain);
  void close_srcu_section(const ModelSrcu& domain, int index);
  GracePeriodId start_grace_period(const ModelSrcu* domain = nullptr);  ///< Null: RCU.
  void emit_grace_period_start(GracePeriodId id);  ///< After the event of the call that asked.
  void end_grace_period(GracePeriodId id);
  std::int64_t next_cookie() const;  ///< Of the next grace period of RCU.
  /// True if a grace period of RCU that started at or after the cookie has ended.
  bool is_grace_period_over_since(std::int64_t cookie) const;
  ActorId spawn(ActorSpec spec, const ActorOrigin& origin);
  ActorId spawn_callback(ActorSpec spec, const ActorOrigin& origin);
  ActorSet unfinished_callbacks(std::uint64_t resource) const;
  ActorSet unfinished_work() const;
  std::int32_t add_work(std::string name, Callback function, const void* address);
  WorkItem& work(std::int32_t index) { return work_[static_cast<std::size_t>(index)]; }
  void cancel_worker(ActorId worker);
  void take(ModelMutex& lock);
  void release(ModelMutex& lock);
  void take(ModelSpinlock& lock, SpinMode mode);
  void release(ModelSpinlock& lock, SpinMode mode);
  void note_completion_available();
  void note_count(int before);  ///< The reference count that is about to change.

  // --- trace
  bool is_tracing() const { return trace_ != nullptr && !is_probing(); }
  void emit(EventKind kind, ObjectId object, std::int64_t value, const Place& place,
            GracePeriodId grace_period = {}, std::uint16_t flags = 0);
  /// Ids for the trace, made on first use. `literal` names a part of an object: a mutex, a list.
  ObjectId trace_object(ObjectId heap_object);
  ObjectId trace_object(const void* address, const char* literal, const char* type);
  std::int64_t trace_string(std::string_view text);
  std::int64_t trace_location(const Operation& operation);  ///< The string of its name.

  ActorId run_actor(ActorId id) noexcept override;

 private:
  void begin_anew();
  void reset();
  bool must_take_snapshot() const;
  void take_snapshot();
  void restore_snapshot();
  bool can_be_left() const;
  void leave(ModelActor& actor);
  void go_on();
  void run_main(const std::function<void(Execution&)>& program);
  bool publish(const Operation& operation);
  bool keeps_memory_order() const {
    return options_.memory != nullptr && phase_ == Phase::actors && current_.value != 0 &&
           log_size_ > memory_known_steps_ && !is_probing();
  }
  AwaitSite site_of(ActorId actor, OperationKind kind, const void* address,
                    std::uint32_t place) const;
  std::size_t site_at(const ModelActor& actor, const Operation& operation);
  void find_local_state(const Operation& operation, LocalState& state) const;
  bool comes_back(ModelActor& actor, const Operation& operation);
  bool has_to_wait(ModelActor& actor, Visit& visit);
  void find_await_sites(ModelActor& actor) const;
  bool wait_for_change(const Place& place);
  void note_progress(ModelActor& actor);
  AwaitSite find_loop(const ModelActor& actor) const;
  AwaitSite find_site(ActorId actor, const std::vector<IdleStep>& steps,
                      const IdleStep& best) const;
  bool is_probing() const { return probe_.actor.is_valid(); }
  ActorId next_probe(ActorId behind);
  ActorId go_on_probing();
  ActorId note_way_out();
  std::uint64_t loop_of(const ModelActor& actor) const;
  void find_callback_placement();
  void need_callback_placement();
  ActorId next_actor();
  ActorId nobody_enabled();
  void collect_enabled();
  ActorId first_enabled() const;
  ActorId next_known();
  ActorId next_local() const;
  ActorId commit(ActorId chosen);
  bool goes_on_past_limit();
  bool is_going_round() const {
    return rounds_.are_on() && phase_ == Phase::actors && !is_over_ && !is_probing();
  }
  ActorId next_in_turn();
  void note_round();
  void note_variables();
  std::uint64_t hash_of(const ModelActor& actor);
  ActorId choose_in_actor_phase();
  void end(ExecutionEnd how);
  void note_blocked();
  bool stay_quiet(ModelActor& actor);
  void record_step(ModelActor& actor);
  void log_step(ModelActor& actor);
  void note_operation(const ModelActor& actor);
  void run_body(ModelActor& actor);
  void report_exception(ModelActor& actor);
  void begin_actor(ModelActor& actor);
  void finish_actor(ModelActor& actor);
  void open_section(ModelActor& actor);
  void close_section(ModelActor& actor);
  void claim_work_struct(Operation& operation, const void* work) const;
  StepRecord* last_step();
  void find_cpu_peers();
  void claim_cpu(const ModelActor& actor, Operation& operation) const;
  void note_excluded(const ModelActor& actor, std::uint8_t before);
  void leave_grace_periods(const ModelActor& actor, const ModelSrcu* domain, int srcu_index);
  void abandon_unfinished();

  ActorRunner& runner_;
  Options options_;
  Chooser* chooser_ = nullptr;
  TraceBuilder* trace_ = nullptr;
  std::vector<ModelActor> actors_;  // has room for max_actors, so it never moves
  std::size_t actor_count_ = 0;
  ActorId current_;
  Phase phase_ = Phase::setup;
  bool is_over_ = false;
  ExecutionEnd how_ended_{};
  Step steps_ = 0;
  std::vector<ActorId> choices_;
  std::vector<StepRecord> log_;  // the first log_size_ are this run's, the next ones may be known
  std::size_t log_size_ = 0;
  std::size_t known_steps_ =
      0;  // of log_: what they will be, as long as the program repeats itself
  std::size_t memory_known_steps_ = 0;  // of them: those that options_.memory has kept
  std::uint64_t run_number_ = 0;
  bool is_chosen_ = false;  // the next step was the chooser's decision
  std::vector<ActorId> enabled_;
  /// Of each kind of operation: who watches it, as bits by index into options_.observers.
  std::array<std::uint32_t, operation_kind_count> watchers_{};
  AfterSetupSlot after_setup_;
  bool has_after_setup_ = false;  // the program has called go_back_to_here()
  bool goes_back_ = false;        // this execution takes snapshots
  Snapshots snapshots_;           // empty: the next execution begins with set-up
  Step setup_steps_ = 0;          // before the first of them
  std::int32_t owner_count_ = 0;  // actors with an Owning on their stacks
  ModelHeap heap_;
  GracePeriods grace_periods_;
  std::vector<WorkItem> work_;
  Rounds rounds_;                                    // at the limit of steps
  LocalState local_state_;                           // kept for its memory
  std::unordered_set<std::uint64_t> endless_loops_;  // parked actors that were probed: loop_of()
  /// A parked actor goes on alone when all is over, to see whether its loop has an end after all.
  /// Nothing of that is told to anybody.
  struct {
    ActorId actor;
    ActorState state_before;
    std::uint64_t loop = 0;
    std::int32_t steps = 0;
    std::int32_t latest_return = 0;  // in steps
  } probe_;
  std::int64_t version_ = 0;  // grows with each operation that changes something
  bool places_callbacks_ = false;
  std::vector<BlockedActor> blocked_at_end_;
  std::vector<Finding> findings_;
  std::string final_state_;
  mutable std::string memory_doubt_;
  std::exception_ptr setup_error_;
  std::vector<std::string> texts_;  // kept from run to run
  std::unordered_map<std::string, std::int32_t> text_ids_;
  std::vector<std::int32_t> trace_ids_of_objects_;
  std::unordered_map<const void*, std::int32_t> trace_ids_of_parts_;
  struct TracedLocation {
    const char* literal = nullptr;
    std::int64_t name = -1;
  };
  std::unordered_map<const void*, TracedLocation> trace_names_of_locations_;
  std::atomic<bool> interrupt_requested_{false};
};

}  // namespace rcuscope
