// SPDX-License-Identifier: LGPL-2.1-or-later
// What the actors of an execution wait for: sections, grace periods, locks, callbacks and work.
#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/error.h"
#include "model/execution.h"
#include "model/lock.h"
#include "trace/reporting.h"

namespace rcuscope {
namespace {

/// Of mutex_lock and spin_lock.
const ModelLock& lock_of(const Operation& operation) {
  if (operation.kind == OperationKind::mutex_lock)
    return *static_cast<const ModelMutex*>(operation.address);
  return *static_cast<const ModelSpinlock*>(operation.address);
}

ActorSet single(ActorId id) {
  ActorSet set;
  set.set(static_cast<std::size_t>(id.value));
  return set;
}

}  // namespace

bool Execution::can_proceed(const ModelActor& actor) const {
  const auto grace_period_is_over = [&](std::int64_t id) {
    return id < 0 || grace_periods_.at({static_cast<std::int32_t>(id)}).waits_for.none();
  };
  switch (actor.pending.kind) {
    case OperationKind::actor_start:
      if (phase_ == Phase::setup && actor.id.value != 0 && actor.grace_period < 0 && actor.work < 0)
        return false;  // declared actors start when set-up has ended
      return grace_period_is_over(actor.grace_period) &&
             (actor.work < 0 || !work_item(actor.work).is_running);
    case OperationKind::join:
      for (std::size_t i = 1; i < actor_count_; ++i)
        if (!actors_[i].is_finished()) return false;
      return true;
    case OperationKind::grace_period_end:
      return grace_period_is_over(actor.pending.argument);
    case OperationKind::mutex_lock:
    case OperationKind::spin_lock:
      return !lock_of(actor.pending).owner.is_valid();
    case OperationKind::relax:
      return !actor.is_parked() || actor.watch.may_go_on();
    case OperationKind::wait_for_completion:
      return static_cast<const ModelCompletion*>(actor.pending.address)->done > 0;
    case OperationKind::barrier_end:
    case OperationKind::wait_for_work_end:
      for (std::size_t i = 0; i < actor_count_; ++i)
        if (actor.waits_for[i] && !actors_[i].is_finished()) return false;
      return true;
    default:
      return true;
  }
}

std::vector<ActorId> Execution::blockers(const ModelActor& actor) const {
  ActorSet set;
  switch (actor.pending.kind) {
    case OperationKind::actor_start:
      if (actor.grace_period >= 0) set |= grace_periods_.at({actor.grace_period}).waits_for;
      break;
    case OperationKind::join:
      for (std::size_t i = 1; i < actor_count_; ++i)
        if (!actors_[i].is_finished()) set.set(i);
      break;
    case OperationKind::grace_period_end:
      set = grace_periods_.at({static_cast<std::int32_t>(actor.pending.argument)}).waits_for;
      break;
    case OperationKind::mutex_lock:
    case OperationKind::spin_lock:
      if (lock_of(actor.pending).owner.is_valid()) set = single(lock_of(actor.pending).owner);
      break;
    case OperationKind::barrier_end:
    case OperationKind::wait_for_work_end:
      set = actor.waits_for;
      break;
    default:
      break;
  }
  for (std::size_t i = 0; i < actor_count_; ++i)
    if (actors_[i].is_finished()) set.reset(i);
  if (set.none() && actor.shares_cpu())
    for (std::size_t i = 1; i < actor_count_; ++i)
      if (is_kept_off_by(actor, actors_[i])) set.set(i);
  std::vector<ActorId> result;
  for (std::size_t i = 0; i < actor_count_; ++i)
    if (set[i]) result.push_back(actors_[i].id);
  return result;
}

// --- life of an actor

void Execution::begin_actor(ModelActor& actor) {
  actor.progress = ModelActor::Progress::started;
  record_step(actor);
  if (actor.twin.is_valid()) cancel_worker(actor.twin);
  if (actor.starts_with_bh_off) actor.mask.bh_off = 1;
  note_excluded(actor, 0);
  if (actor.is_reader()) open_section(actor);
  const GracePeriodId grace_period{actor.grace_period};
  if (grace_period.is_valid()) end_grace_period(grace_period);
  if (actor.spec.kind == ActorKind::callback) {
    emit(EventKind::callback_start, {}, 0, {}, grace_period);
  } else if (actor.work >= 0) {
    WorkItem& item = work(actor.work);
    item.is_pending = false;
    item.is_running = true;
    emit(EventKind::work_start, trace_object(item.address, item.name.c_str(), "work_struct"), 0, {},
         grace_period);
  } else if (actor.spec.kind != ActorKind::main) {
    emit(EventKind::actor_start, {}, 0, {}, grace_period);
  }
  leave_if_over();
}

void Execution::finish_actor(ModelActor& actor) {
  for (Observer* observer : options_.observers) observer->on_actor_end(*this, actor);
  leave_if_over();
  Operation operation;
  operation.kind = OperationKind::actor_end;
  if (!step(operation)) return;
  if (actor.spec.kind == ActorKind::callback) {
    emit(EventKind::callback_end, {}, 0, {}, GracePeriodId{actor.grace_period});
  } else if (actor.work >= 0) {
    work(actor.work).is_running = false;
    emit(EventKind::work_end,
         trace_object(work(actor.work).address, work(actor.work).name.c_str(), "work_struct"), 0,
         {});
  } else if (actor.spec.kind != ActorKind::main) {
    emit(EventKind::actor_end, {}, 0, {});
  }
  // Whoever ends inside an explicit section never leaves it.
  if (actor.starts_with_bh_off && actor.mask.bh_off > 0) --actor.mask.bh_off;
  const bool was_reader =
      actor.section_opened_at >= 0 && actor.reader_nesting == 0 && !actor.mask.any();
  const std::uint8_t excluded = actor.excluded_levels();
  actor.progress = ModelActor::Progress::finished;
  note_excluded(actor, excluded);
  if (was_reader) close_section(actor);
}

// --- callbacks and work

ActorSet Execution::unfinished_callbacks(std::uint64_t resource) const {
  ActorSet set;
  for (std::size_t i = 0; i < actor_count_; ++i)
    if (actors_[i].callbacks == resource && !actors_[i].is_finished()) set.set(i);
  return set;
}

/// What flush_workqueue waits for. Work of queue_rcu_work is queued when its grace period is over;
/// that is known for certain only once it runs.
ActorSet Execution::unfinished_work() const {
  ActorSet set;
  for (std::size_t i = 0; i < actor_count_; ++i) {
    const ModelActor& actor = actors_[i];
    if (actor.work >= 0 && !actor.is_finished() && (actor.grace_period < 0 || actor.is_started()))
      set.set(i);
  }
  return set;
}

std::int32_t Execution::add_work(std::string name, Callback function, const void* address) {
  WorkItem item;
  item.name = std::move(name);
  item.function = std::move(function);
  item.address = address;
  work_.push_back(std::move(item));
  return static_cast<std::int32_t>(work_.size()) - 1;
}

void Execution::cancel_worker(ActorId worker) {
  ModelActor& actor = actors_[static_cast<std::size_t>(worker.value)];
  RCUSCOPE_ASSERT(!actor.is_started());
  actor.progress = ModelActor::Progress::finished;
  actor.cancelled_at = static_cast<std::int32_t>(log_size_) - 1;
}

// --- locks

void Execution::take(ModelMutex& lock) {
  lock.owner = current_;
  me().held_mutexes.push_back(&lock);
  if (StepRecord* step = last_step()) step->took_lock = true;
}

void Execution::release(ModelMutex& lock) {
  lock.owner = {};
  std::erase(me().held_mutexes, &lock);
}

void Execution::take(ModelSpinlock& lock, SpinMode mode) {
  lock.owner = current_;
  if (StepRecord* step = last_step()) step->took_lock = true;
  change_context([&](ModelActor& actor) {
    actor.held_spinlocks.push_back({&lock, actor.mask.irq_off});
    ++actor.mask.spinlocks;
    if (mode == SpinMode::bh) ++actor.mask.bh_off;
    if (mode == SpinMode::irq || mode == SpinMode::irqsave) actor.mask.irq_off = true;
  });
}

void Execution::release(ModelSpinlock& lock, SpinMode mode) {
  lock.owner = {};
  change_context([&](ModelActor& actor) {
    const auto held =
        std::find_if(actor.held_spinlocks.begin(), actor.held_spinlocks.end(),
                     [&](const HeldSpinlock& candidate) { return candidate.lock == &lock; });
    if (held == actor.held_spinlocks.end()) return;
    --actor.mask.spinlocks;
    if (mode == SpinMode::bh && actor.mask.bh_off > 0) --actor.mask.bh_off;
    if (mode == SpinMode::irq) actor.mask.irq_off = false;
    if (mode == SpinMode::irqsave) actor.mask.irq_off = held->had_irq_off;
    actor.held_spinlocks.erase(held);
  });
}

void Execution::note_count(int before) {
  if (StepRecord* step = last_step()) step->count_before = before;
}

void Execution::note_completion_available() {
  if (StepRecord* step = last_step()) step->made_available = true;
}

// --- reports

void Execution::report(FindingKind kind, ActorId actor, std::string message, std::string place,
                       ObjectId object) {
  if (is_probing()) return;
  for (const Finding& known : findings_)
    if (known.kind == kind && known.place == place) return;
  Finding finding;
  finding.kind = kind;
  finding.message = std::move(message);
  finding.kconfig = reporting_of(kind, finding.message).kconfig;
  finding.actor = actor.is_valid() ? this->actor(actor).spec.name : "";
  finding.place = std::move(place);
  finding.step = steps_ - 1;
  finding.is_by_reader = actor.is_valid() && this->actor(actor).is_reader();
  if (is_tracing()) {
    // A bad access stands where it is made. What else is wrong is seen before its operation is
    // published, or after the last one: no line of that would be right.
    const bool is_access =
        kind == FindingKind::use_after_free || kind == FindingKind::double_free ||
        kind == FindingKind::null_dereference || kind == FindingKind::list_corruption;
    const Place at = is_access && actor.is_valid() ? this->actor(actor).pending.place : Place{};
    const ActorId previous = std::exchange(current_, actor);
    emit(EventKind::finding, trace_object(object), static_cast<std::int64_t>(kind), at, {},
         event_flag::error);
    current_ = previous;
  }
  findings_.push_back(std::move(finding));
  if (describe(kind).is_fatal) end(ExecutionEnd::fatal_finding);
}

void Execution::may_sleep(std::string_view what, const Place& place) {
  if (me().is_abandoned) return;
  for (Observer* observer : options_.observers) observer->on_may_sleep(*this, me(), what, place);
  leave_if_over();
}

void Execution::check_end_of_run() {
  if (me().is_abandoned) return;
  for (Observer* observer : options_.observers) observer->on_end(*this);
  leave_if_over();
}

// --- names and trace

StringId Execution::intern(std::string_view text) {
  const auto [entry, is_new] =
      text_ids_.try_emplace(std::string(text), static_cast<std::int32_t>(texts_.size()));
  if (is_new) texts_.emplace_back(text);
  return {entry->second};
}

std::string Execution::object_name(ObjectId object) const {
  if (!object.is_valid()) return "";
  const HeapObject& record = heap_.at(object);
  const std::string label = label_of({text(record.name), record.type});
  // "item a": names of unknown types alone may be ambiguous.
  return label == text(record.name) && !label.empty() ? std::string(record.type) + " " + label
                                                      : label;
}

std::string Execution::location_name(const Operation& operation) const {
  return part_name(operation.address, operation.location);
}

std::string Execution::part_name(const void* address, const char* literal) const {
  const ObjectId object = heap_.find(address);
  const std::string part = literal;
  const std::string around = object_name(object);
  if (around.empty()) return part;  // nothing around it, or an object that only its part names
  return part.empty() ? around : around + "->" + part;
}

void Execution::emit(EventKind kind, ObjectId object, std::int64_t value, const Place& place,
                     GracePeriodId grace_period, std::uint16_t flags) {
  if (!is_tracing()) return;
  Event event;
  event.time = steps_ > 0 ? steps_ - 1 : 0;
  event.kind = kind;
  event.flags = flags;
  event.object = object;
  event.value = value;
  event.grace_period = grace_period;
  if (current_.is_valid()) {
    const ModelActor& actor = me();
    event.actor = static_cast<std::uint16_t>(current_.value);
    event.cpu = static_cast<std::int16_t>(is_named(actor.spec.cpu) ? actor.spec.cpu.value : -1);
    if (actor.is_reader()) event.flags |= event_flag::in_reader;
    if (context_of(actor.spec.kind) == Context::hardirq) event.flags |= event_flag::in_hardirq;
    if (context_of(actor.spec.kind) == Context::softirq) event.flags |= event_flag::in_softirq;
  }
  trace_->add(event, place.line == 0 ? PlaceId{} : trace_->intern(place));
}

ObjectId Execution::trace_object(ObjectId heap_object) {
  if (!trace_ || !heap_object.is_valid()) return {};
  const auto index = static_cast<std::size_t>(heap_object.value);
  if (trace_ids_of_objects_.size() <= index) trace_ids_of_objects_.resize(index + 1, -1);
  std::int32_t& id = trace_ids_of_objects_[index];
  const HeapObject& record = heap_.at(heap_object);
  const std::string& name = text(record.name);
  if (name.empty() && *record.type == '\0') return {};  // only its part has a name
  if (id < 0) id = trace_->add_object({name.empty() ? record.type : name, record.type}).value;
  return {id};
}

ObjectId Execution::trace_object(const void* address, const char* literal, const char* type) {
  if (!trace_) return {};
  const auto known = trace_ids_of_parts_.find(address);
  if (known != trace_ids_of_parts_.end()) return {known->second};
  const std::string around = object_name(heap_.find(address));
  const std::string name = around.empty() ? literal : around + "->" + literal;
  const ObjectId id = trace_->add_object({name, type});
  trace_ids_of_parts_.emplace(address, id.value);
  return id;
}

std::int64_t Execution::trace_string(std::string_view text) {
  return trace_ ? trace_->intern(text).value : -1;
}

/// Memory is never used twice in one execution, so an address keeps its name.
std::int64_t Execution::trace_location(const Operation& operation) {
  if (!trace_) return -1;
  TracedLocation& known = trace_names_of_locations_[operation.address];
  if (known.literal != operation.location)
    known = {operation.location, trace_string(location_name(operation))};
  return known.name;
}

}  // namespace rcuscope
