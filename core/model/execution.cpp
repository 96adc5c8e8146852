// SPDX-License-Identifier: LGPL-2.1-or-later
// The scheduler of one execution, and the life of its actors.
#include "model/execution.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

#include "base/assert.h"
#include "base/error.h"

namespace rcuscope {
Execution::Execution(ActorRunner& runner, Options options)
    : runner_(runner), options_(std::move(options)), heap_(max_actors) {
  actors_.reserve(max_actors);
  RCUSCOPE_ASSERT(options_.observers.size() <= 32, options_.observers.size());
  for (std::size_t i = 0; i < options_.observers.size(); ++i)
    for (std::size_t kind = 0; kind < operation_kind_count; ++kind)
      if (options_.observers[i]->watches(static_cast<OperationKind>(kind)))
        watchers_[kind] |= std::uint32_t{1} << i;
}

ActorId Execution::declare(ActorSpec spec) {
  if (phase_ != Phase::setup)
    throw UsageError("actor '" + spec.name +
                     "' is declared after setup; declare every actor before the first one runs");
  for (std::size_t i = 1; i < actor_count_; ++i)
    if (actors_[i].spec.name == spec.name)
      throw UsageError("actor '" + spec.name +
                       "' is declared twice; give each actor a name of its own");
  return spawn(std::move(spec), {});
}

ActorId Execution::spawn(ActorSpec spec, const ActorOrigin& origin) {
  if (actor_count_ == max_actors)
    throw LimitError(
        "more than " + std::to_string(max_actors) +
        " actors, callbacks and work items in one execution; make the scenario smaller");
  if (actors_.size() == actor_count_) actors_.emplace_back();
  ModelActor& actor = actors_[actor_count_];
  actor.id = {static_cast<std::int32_t>(actor_count_++)};
  actor.spec = std::move(spec);
  actor.grace_period = origin.grace_period.value;
  actor.work = origin.work;
  actor.callbacks = origin.callbacks;
  actor.starts_with_bh_off = origin.bh_off;
  actor.spawned_at = static_cast<std::int32_t>(log_size_) - 1;
  Operation& start = actor.pending;
  start.kind = OperationKind::actor_start;
  // An interrupt or callback is a reader from its first moment on.
  if (is_atomic(actor.spec.kind) || origin.bh_off)
    start.claim(ResourceClass::rcu, 0, Mode::section_start);
  if (origin.work >= 0) {
    start.claim(ResourceClass::work, static_cast<std::uint64_t>(origin.work), Mode::write);
    claim_work_struct(start, work_item(origin.work).address);
  }
  if (origin.grace_period.is_valid()) {
    if (grace_periods_.at(origin.grace_period).domain == nullptr)
      start.claim(ResourceClass::rcu, 0, Mode::grace_end);
    // flush_workqueue knows it only from here on: it is queued when its grace period is over.
    if (origin.work >= 0) start.claim(ResourceClass::callbacks, work_callbacks, Mode::enqueue);
  }
  if (!options_.awaits.empty()) find_await_sites(actor);
  if (places_callbacks_ && phase_ == Phase::actors) actor.give_own_cpu();
  if (trace_)
    trace_->add_actor(
        {actor.spec.name, actor.spec.kind, is_named(actor.spec.cpu) ? actor.spec.cpu : CpuId{}});
  if (keeps_memory_order()) options_.memory->on_spawn(me(), actor.id);
  runner_.arm(actor.id, *this);
  return actor.id;
}

/// The worker reads what it has to do from the work_struct: freed while queued, it is a use after
/// free.
void Execution::claim_work_struct(Operation& operation, const void* work) const {
  operation.address = work;
  operation.location = "work_struct";
  const ObjectId object = heap_.find(work);
  if (object.is_valid())
    operation.claim(ResourceClass::object, reinterpret_cast<std::uintptr_t>(heap_.at(object).start),
                    Mode::use);
}

void Execution::find_cpu_peers() {
  if (places_callbacks_)
    for (std::size_t i = 1; i < actor_count_; ++i) actors_[i].give_own_cpu();
  for (std::size_t i = 1; i < actor_count_; ++i) {
    ModelActor& actor = actors_[i];
    if (!actor.spec.cpu.is_valid()) continue;
    for (std::size_t j = 1; j < actor_count_; ++j)
      if (i != j && actors_[j].spec.cpu == actor.spec.cpu)
        actor.has_peers[static_cast<std::size_t>(actors_[j].level())] = true;
    claim_cpu(actor, actor.pending);
  }
}

/// Who can keep the operation from running, and whom it keeps from running from here on.
void Execution::claim_cpu(const ModelActor& actor, Operation& operation) const {
  if (!actor.shares_cpu()) return;
  const bool is_entry = !actor.is_started() && actor.level() > 0;
  const bool may_mask = operation.kind == OperationKind::mask ||
                        operation.kind == OperationKind::spin_lock ||
                        operation.kind == OperationKind::spin_trylock;
  for (int level = actor.level(); level < interrupt_level_count; ++level) {
    if (actor.excludes(level)) continue;
    const bool seizes = level == actor.level() && (is_entry || may_mask);
    if (actor.has_peers[static_cast<std::size_t>(level)] || (is_entry && seizes))
      operation.claim(ResourceClass::cpu, cpu_resource(actor.spec.cpu, level),
                      seizes ? Mode::seize : Mode::run);
  }
}

void Execution::run_actors() {
  if (phase_ == Phase::setup) {
    phase_ = Phase::actors;
    find_cpu_peers();
  }
  Operation join;
  join.kind = OperationKind::join;
  step(join);
  if (phase_ == Phase::actors && options_.memory != nullptr && !is_over_)
    options_.memory->on_end(*this);
  phase_ = Phase::teardown;
}

bool Execution::step(const Operation& operation) {
  if (operation.kind == OperationKind::spin_lock && me().spec.kind == ActorKind::callback &&
      !places_callbacks_ && !me().is_abandoned)
    need_callback_placement();
  if (me().has_await_sites && !me().is_abandoned && comes_back(me(), operation) &&
      !wait_for_change(operation.place))
    return false;
  return publish(operation);
}

bool Execution::publish(const Operation& operation) {
  ModelActor& self = me();
  if (self.is_abandoned) return stay_quiet(self);
  self.pending = operation;
  claim_cpu(self, self.pending);
  if (is_going_round()) note_variables();
  if (must_take_snapshot() || is_going_round()) {
    runner_.switch_to(self.id, {});
  } else if (const ActorId next = next_actor(); next != self.id) {
    current_ = next;
    runner_.switch_to(self.id, next);
  }
  current_ = self.id;
  if (self.is_abandoned) return stay_quiet(self);
  record_step(self);
  if (is_over_) leave(self);
  return true;
}

void Execution::record_step(ModelActor& actor) {
  if (is_probing()) return;
  ++steps_;
  if (phase_ == Phase::actors && actor.id.value != 0) log_step(actor);
  note_progress(actor);
  note_operation(actor);
  std::uint32_t watchers = watchers_[static_cast<std::size_t>(actor.pending.kind)];
  for (; watchers != 0; watchers &= watchers - 1)
    options_.observers[static_cast<std::size_t>(std::countr_zero(watchers))]->on_operation(
        *this, actor, actor.pending);
}

void Execution::log_step(ModelActor& actor) {
  if (log_size_ >= memory_known_steps_ && options_.memory != nullptr)
    options_.memory->on_step(actor);
  if (log_size_ < known_steps_) {  // it is there
    if (log_[log_size_++].choice != StepRecord::no_choice) choices_.push_back(actor.id);
    return;
  }
  if (log_.size() == log_size_) log_.emplace_back();
  StepRecord& record = *std::construct_at(&log_[log_size_++], actor.id, actor.pending);
  if (std::exchange(is_chosen_, false))
    record.choice = static_cast<std::int32_t>(choices_.size()) - 1;
}

void Execution::note_operation(const ModelActor& actor) {
  switch (actor.pending.kind) {
    case OperationKind::read:
    case OperationKind::write:
    case OperationKind::read_modify_write:
      return;  // told by note_access
    default:
      if (keeps_memory_order()) options_.memory->on_operation(*this, actor, actor.pending);
  }
}

void Execution::note_access(const Operation& operation) {
  if (!keeps_memory_order()) return;
  options_.memory->on_access(*this, me(), operation);
}

void Execution::note_updated(bool has_succeeded) {
  if (!keeps_memory_order()) return;
  options_.memory->on_updated(*this, me(), has_succeeded);
}

/// The first one in the alphabet, so that the answer does not depend on the order of the search.
void Execution::note_memory_doubt(std::string why) const {
  if (memory_doubt_.empty() || why < memory_doubt_) memory_doubt_ = std::move(why);
}

void Execution::leave_if_over() {
  if (!is_over_) return;
  ModelActor& self = me();
  self.is_abandoned = true;
  stay_quiet(self);
}

/// The same where the actor's locals own nothing: it mostly stays where it is, since unwinding is
/// dear.
void Execution::leave(ModelActor& actor) {
  if (can_be_left()) runner_.switch_to(actor.id, {});  // and comes back only to be unwound
  actor.is_abandoned = true;
  stay_quiet(actor);
}

/// The first primitive after the end raises; later ones do nothing, so that destructors, `with` and
/// `finally` can finish; code that swallows the exception and goes on is hit again every 1,000
/// calls.
bool Execution::stay_quiet(ModelActor& actor) {
  if (std::uncaught_exceptions() > 0) return false;
  constexpr std::int32_t quiet_calls = 1'000;
  if (actor.has_raised_abandoned && ++actor.quiet_count % quiet_calls != 0) return false;
  actor.has_raised_abandoned = true;
  throw ExecutionAbandoned{};
}

void Execution::end(ExecutionEnd how) {
  if (is_over_) return;
  is_over_ = true;
  how_ended_ = how;
}

/// Not those that wait for what comes by itself, as the end of a grace period: it has not come, so
/// nobody else kept them from running.
void Execution::note_blocked() {
  for (std::size_t i = 1; i < actor_count_; ++i) {
    const ModelActor& actor = actors_[i];
    if (actor.is_finished() || is_enabled(actor)) continue;
    const OperationKind kind = actor.pending.kind;
    const bool can_be_taken_away = kind == OperationKind::mutex_lock ||
                                   kind == OperationKind::spin_lock ||
                                   kind == OperationKind::wait_for_completion;
    if (!can_be_taken_away && !can_proceed(actor)) continue;
    BlockedActor& blocked = blocked_at_end_.emplace_back();
    blocked.actor = actor.id;
    for (std::size_t j = 1; actor.shares_cpu() && j < actor_count_; ++j)
      if (is_kept_off_by(actor, actors_[j])) blocked.kept_off_by.set(j);
  }
}

/// Context: the actors' phase, in which main only waits for everybody to end.
void Execution::collect_enabled() {
  enabled_.clear();
  bool all_finished = true;
  for (std::size_t i = 1; i < actor_count_; ++i) {
    if (actors_[i].is_finished()) continue;
    all_finished = false;
    if (is_enabled(actors_[i])) enabled_.push_back(actors_[i].id);
  }
  if (all_finished && !actors_[0].is_finished()) enabled_.push_back({0});
}

ActorId Execution::next_actor() {
  if (interrupt_requested_.load(std::memory_order_relaxed)) {
    interrupt_requested_.store(false, std::memory_order_relaxed);
    end(ExecutionEnd::interrupted);
  }
  if (!is_over_ && is_probing()) return go_on_probing();
  if (is_over_ || !goes_on_past_limit()) return {};
  if (is_going_round()) return next_in_turn();
  if (phase_ == Phase::actors)
    return log_size_ < known_steps_ ? next_known() : choose_in_actor_phase();
  // Set-up and teardown run alone: main first, then callbacks in order.
  const ActorId first = first_enabled();
  return first.is_valid() ? first : nobody_enabled();
}

ActorId Execution::first_enabled() const {
  for (std::size_t i = 0; i < actor_count_; ++i)
    if (is_enabled(actors_[i])) return actors_[i].id;
  return {};
}

/// Whose step comes next in a beginning that is known. Return: none if the program does not repeat
/// itself.
ActorId Execution::next_known() {
  const StepRecord& known = log_[log_size_];
  const bool exists = static_cast<std::size_t>(known.actor.value) < actor_count_;
  if (exists) {
    const ModelActor& next = actor(known.actor);
    if (is_repeated(known.operation, next.pending) && is_enabled(next)) return known.actor;
  }
  std::string text = "actor '" + (exists ? actor(known.actor).spec.name : "") + "', step " +
                     std::to_string(log_size_) + ": ";
  if (!exists || actor(known.actor).is_finished() ||
      is_repeated(known.operation, actor(known.actor).pending))
    text +=
        "other than in the execution before, it cannot run; the scenario's body must be "
        "deterministic";
  else
    text += describe_difference(known.operation, actor(known.actor).pending);
  setup_error_ = std::make_exception_ptr(NondeterminismError(text));
  end(ExecutionEnd::interrupted);
  return {};
}

/// Who has a local operation, which runs at once: the running actor or else the first one; or none.
ActorId Execution::next_local() const {
  const auto can_run = [&](const ModelActor& actor) {
    return actor.pending.is_local() && is_enabled(actor);
  };
  if (current_.value > 0 && can_run(actor(current_))) return current_;
  for (std::size_t i = 1; i < actor_count_; ++i)
    if (can_run(actors_[i])) return actors_[i].id;
  return {};
}

ActorId Execution::choose_in_actor_phase() {
  if (!chooser_->decides_local_operations()) {
    const ActorId local = next_local();
    if (local.is_valid()) return local;
    const ActorId known = chooser_->known_choice(*this);
    if (known.is_valid()) return commit(known);
  }
  collect_enabled();
  if (enabled_.empty()) return nobody_enabled();
  if (enabled_.front().value == 0) return enabled_.front();  // main's join: everybody has ended
  const ActorId chosen = chooser_->choose(*this, enabled_);
  if (chosen.is_valid()) return commit(chosen);
  note_blocked();
  if (chooser_->cuts_short())
    for (Observer* observer : options_.observers) observer->on_cut_short(*this);
  end(ExecutionEnd::redundant);
  return {};
}

/// Local operations are no part of a schedule: a replay runs them at once, to the same effect.
ActorId Execution::commit(ActorId chosen) {
  if (!actor(chosen).pending.is_local()) {
    choices_.push_back(chosen);
    is_chosen_ = true;
  }
  return chosen;
}

ActorId Execution::nobody_enabled() {
  bool all_finished = true;
  for (std::size_t i = 0; i < actor_count_; ++i) all_finished &= actors_[i].is_finished();
  for (Observer* observer : options_.observers)
    if (!all_finished) observer->on_blocked(*this);
  end(ExecutionEnd::complete);
  return all_finished ? ActorId{} : next_probe({0});
}

bool Execution::is_enabled(const ModelActor& actor) const {
  if (actor.is_finished()) return false;
  if (actor.shares_cpu())
    for (std::size_t i = 1; i < actor_count_; ++i)
      if (is_kept_off_by(actor, actors_[i])) return false;
  return can_proceed(actor);
}

/// Only who may not sleep keeps others off. If it sleeps all the same, which is a finding, it keeps
/// its CPU: nobody could switch to another actor there.
bool Execution::is_kept_off_by(const ModelActor& actor, const ModelActor& other) const {
  return other.id != actor.id && other.spec.cpu == actor.spec.cpu && keeps_off_cpu(other, actor);
}

ActorId Execution::run_actor(ActorId id) noexcept {
  ModelActor& actor = actors_[static_cast<std::size_t>(id.value)];
  if (!actor.is_abandoned) run_body(actor);
  if (!is_over_) {
    if (must_take_snapshot() || is_going_round()) return {};
    const ActorId next = next_actor();
    current_ = next;
    return next;
  }
  actor.progress = ModelActor::Progress::finished;
  return {};
}

void Execution::run_body(ModelActor& actor) {
  try {
    begin_actor(actor);
    actor.spec.body();
    finish_actor(actor);
  } catch (const ExecutionAbandoned&) {
  } catch (const BadPointer& bad) {  // often: to throw it once more, below, would be dear
    if (is_probing()) return static_cast<void>(note_way_out());
    for (Observer* observer : options_.observers)
      observer->on_bad_pointer(*this, actor, bad.address);
    end(ExecutionEnd::fatal_finding);
  } catch (...) {
    if (is_probing()) return static_cast<void>(note_way_out());
    report_exception(actor);
  }
}

void Execution::report_exception(ModelActor& actor) {
  try {
    throw;
  } catch (const ActorError& error) {
    report(error.kind, actor.id, error.message, error.message.substr(0, 80));
  } catch (const std::exception& error) {
    // What set-up throws, and a limit that was reached, are the caller's affair.
    const bool is_setup = phase_ == Phase::setup && actor.id.value == 0;
    if (is_setup || dynamic_cast<const LimitError*>(&error) != nullptr)
      setup_error_ = std::current_exception();
    else
      report(FindingKind::error, actor.id, error.what(), error.what());
  } catch (...) {
    setup_error_ = std::current_exception();
  }
  end(setup_error_ ? ExecutionEnd::interrupted : ExecutionEnd::fatal_finding);
}

void Execution::abandon_unfinished() {
  for (std::size_t i = 0; i < actor_count_; ++i) {
    ModelActor& actor = actors_[i];
    if (!actor.is_started()) continue;
    actor.is_abandoned = true;
    current_ = actor.id;
    runner_.switch_to({}, actor.id);
    actor.progress = ModelActor::Progress::finished;
  }
}

}  // namespace rcuscope
