// SPDX-License-Identifier: LGPL-2.1-or-later
// Model's readers, grace periods, callbacks, work and locks.
#include "base/error.h"
#include "model/model.h"

namespace rcuscope {
namespace {

Operation make(OperationKind kind, const Place& place) {
  Operation operation;
  operation.kind = kind;
  operation.place = place;
  return operation;
}

}  // namespace

void Model::rcu_read_lock(Place place) const {
  Operation operation = make(OperationKind::rcu_read_lock, place);
  execution_->claim_section_start(operation);
  if (!execution_->step(operation)) return;
  execution_->change_reader_nesting(+1);
  execution_->emit(EventKind::rcu_read_lock, {}, execution_->me().reader_nesting, place);
}

void Model::rcu_read_unlock(Place place) const {
  if (!execution_->step(make(OperationKind::rcu_read_unlock, place))) return;
  if (execution_->me().reader_nesting == 0) return;  // reported by the observer of RCU usage
  execution_->emit(EventKind::rcu_read_unlock, {}, execution_->me().reader_nesting - 1, place);
  execution_->change_reader_nesting(-1);
}

void Model::synchronize_rcu(Place place) const { wait_for_grace_period(false, place); }

void Model::synchronize_rcu_expedited(Place place) const { wait_for_grace_period(true, place); }

void Model::wait_for_grace_period(bool is_expedited, const Place& place) const {
  might_sleep(is_expedited ? "synchronize_rcu_expedited" : "synchronize_rcu", place);
  Operation start = make(OperationKind::grace_period_start, place);
  start.claim(ResourceClass::rcu, 0, Mode::snapshot);
  if (!execution_->step(start)) return;
  const GracePeriodId grace_period = execution_->start_grace_period();
  execution_->emit(EventKind::synchronize_rcu_start, {}, is_expedited, place, grace_period);
  Operation end = make(OperationKind::grace_period_end, place);
  end.argument = grace_period.value;
  if (!execution_->step(end)) return;
  execution_->emit(EventKind::synchronize_rcu_end, {}, 0, place, grace_period);
}

void Model::call_rcu(std::string name, Callback callback, Place place) const {
  Operation operation = make(OperationKind::call_rcu, place);
  operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  operation.claim(ResourceClass::callbacks, 0, Mode::enqueue);
  if (!execution_->step(operation)) return;
  const GracePeriodId grace_period = execution_->start_grace_period();
  const ActorId actor = execution_->spawn(
      {std::move(name), ActorKind::callback, {}, std::move(callback)}, grace_period, -1);
  execution_->emit(EventKind::call_rcu, {}, actor.value, place, grace_period);
}

void Model::rcu_barrier(Place place) const {
  might_sleep("rcu_barrier", place);
  Operation start = make(OperationKind::barrier_start, place);
  start.claim(ResourceClass::callbacks, 0, Mode::barrier);
  if (!execution_->step(start)) return;
  execution_->me().waits_for = execution_->unfinished_callbacks();
  execution_->emit(EventKind::rcu_barrier_start, {},
                   static_cast<std::int64_t>(execution_->me().waits_for.count()), place);
  if (!execution_->step(make(OperationKind::barrier_end, place))) return;
  execution_->emit(EventKind::rcu_barrier_end, {}, 0, place);
}

// --- work

void Model::init_work(work_struct& work, std::string name, Callback function) const {
  work.index = execution_->add_work(std::move(name), std::move(function), &work);
}

bool Model::queue_work(work_struct& work, Place place) const { return queue(work, false, place); }

bool Model::queue_rcu_work(work_struct& work, Place place) const {
  return queue(work, true, place);
}

bool Model::queue(work_struct& work, bool after_grace_period, const Place& place) const {
  Operation operation =
      operation_on(after_grace_period ? OperationKind::queue_rcu_work : OperationKind::queue_work,
                   &work, work.name, place);
  operation.claim(ResourceClass::work, static_cast<std::uint64_t>(work.index), Mode::write);
  if (after_grace_period) operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  if (!execution_->step(operation)) return false;
  WorkItem& item = execution_->work(work.index);
  const bool is_queued = !item.is_pending && !item.is_disabled;
  GracePeriodId grace_period;
  if (is_queued) {
    if (after_grace_period) grace_period = execution_->start_grace_period();
    spawn_worker(work, grace_period);
  }
  if (execution_->is_tracing())
    execution_->emit(after_grace_period ? EventKind::queue_rcu_work : EventKind::queue_work,
                     execution_->trace_object(&work, item.name.c_str(), "work_struct"),
                     is_queued ? execution_->work(work.index).worker.value : -1, place,
                     grace_period, is_queued ? std::uint16_t{0} : event_flag::failed);
  return is_queued;
}

void Model::spawn_worker(work_struct& work, GracePeriodId grace_period) const {
  WorkItem& item = execution_->work(work.index);
  item.is_pending = true;
  item.worker = execution_->spawn({item.name, ActorKind::kworker, {}, item.function}, grace_period,
                                  work.index);
}

void Model::flush_work(work_struct& work, Place place) const {
  might_sleep("flush_work", place);
  Operation start = operation_on(OperationKind::wait_for_work_start, &work, work.name, place);
  start.claim(ResourceClass::work, static_cast<std::uint64_t>(work.index), Mode::write);
  if (!execution_->step(start)) return;
  const WorkItem& item = execution_->work(work.index);
  ActorSet& waits_for = execution_->me().waits_for;
  waits_for.reset();
  for (std::size_t i = 0; i < execution_->actor_count(); ++i) {
    const ModelActor& actor = execution_->actor({static_cast<std::int32_t>(i)});
    if (actor.work == work.index && !actor.is_finished()) waits_for.set(i);
  }
  const ObjectId object = execution_->trace_object(&work, item.name.c_str(), "work_struct");
  execution_->emit(EventKind::flush_work_start, object, 0, place);
  if (!execution_->step(make(OperationKind::wait_for_work_end, place))) return;
  execution_->emit(EventKind::flush_work_end, object, 0, place);
}

void Model::flush_rcu_work(work_struct& work, Place place) const { flush_work(work, place); }

bool Model::cancel_work_sync(work_struct& work, Place place) const {
  return cancel(work, false, place);
}

bool Model::disable_work_sync(work_struct& work, Place place) const {
  return cancel(work, true, place);
}

bool Model::cancel(work_struct& work, bool disable, const Place& place) const {
  might_sleep(disable ? "disable_work_sync" : "cancel_work_sync", place);
  Operation start = operation_on(OperationKind::wait_for_work_start, &work, work.name, place);
  start.claim(ResourceClass::work, static_cast<std::uint64_t>(work.index), Mode::write);
  if (!execution_->step(start)) return false;
  WorkItem& item = execution_->work(work.index);
  const bool was_pending = item.is_pending;
  if (was_pending) execution_->cancel_worker(item.worker);
  item.is_pending = false;
  item.is_disabled |= disable;
  ActorSet& waits_for = execution_->me().waits_for;
  waits_for.reset();
  for (std::size_t i = 0; i < execution_->actor_count(); ++i) {
    const ModelActor& actor = execution_->actor({static_cast<std::int32_t>(i)});
    if (actor.work == work.index && actor.is_started()) waits_for.set(i);
  }
  const ObjectId object = execution_->trace_object(&work, item.name.c_str(), "work_struct");
  execution_->emit(EventKind::cancel_work_start, object, was_pending, place);
  if (!execution_->step(make(OperationKind::wait_for_work_end, place))) return was_pending;
  execution_->emit(EventKind::cancel_work_end, object, 0, place);
  return was_pending;
}

bool Model::enable_work(work_struct& work, Place place) const {
  Operation operation = operation_on(OperationKind::enable_work, &work, work.name, place);
  operation.claim(ResourceClass::work, static_cast<std::uint64_t>(work.index), Mode::write);
  if (!execution_->step(operation)) return false;
  WorkItem& item = execution_->work(work.index);
  return std::exchange(item.is_disabled, false);
}

// --- locks

void Model::mutex_lock(mutex& lock, Place place) const {
  might_sleep("mutex_lock", place);
  Operation operation = operation_on(OperationKind::mutex_lock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, reinterpret_cast<std::uintptr_t>(&lock), Mode::acquire);
  const ObjectId object = execution_->trace_object(&lock, lock.name, "mutex");
  if (execution_->is_tracing() && lock.owner.is_valid() && !execution_->me().is_abandoned)
    execution_->emit(EventKind::mutex_contended, object, lock.owner.value, place);
  if (!execution_->step(operation)) return;
  execution_->take(lock);
  execution_->emit(EventKind::mutex_lock, object, 0, place);
}

bool Model::mutex_trylock(mutex& lock, Place place) const {
  Operation operation = operation_on(OperationKind::mutex_trylock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, reinterpret_cast<std::uintptr_t>(&lock), Mode::try_acquire);
  if (!execution_->step(operation)) return false;
  if (lock.owner.is_valid()) return false;
  execution_->take(lock);
  execution_->emit(EventKind::mutex_lock, execution_->trace_object(&lock, lock.name, "mutex"), 0,
                   place);
  return true;
}

void Model::mutex_unlock(mutex& lock, Place place) const {
  Operation operation = operation_on(OperationKind::mutex_unlock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, reinterpret_cast<std::uintptr_t>(&lock), Mode::release);
  if (!execution_->step(operation)) return;
  if (lock.owner != execution_->current()) return;  // reported by the observer of locks
  execution_->release(lock);
  execution_->emit(EventKind::mutex_unlock, execution_->trace_object(&lock, lock.name, "mutex"), 0,
                   place);
}

void Model::msleep(Place place) const {
  might_sleep("msleep", place);
  execution_->step(make(OperationKind::sleep, place));
}

}  // namespace rcuscope
