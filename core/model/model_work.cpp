// SPDX-License-Identifier: LGPL-2.1-or-later
// Model's work items.
#include <utility>

#include "model/model.h"

namespace rcuscope {

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
  if (after_grace_period)
    operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  else
    operation.claim(ResourceClass::callbacks, work_callbacks, Mode::enqueue);
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
  if (grace_period.is_valid()) execution_->emit_grace_period_start(grace_period);
  return is_queued;
}

void Model::spawn_worker(work_struct& work, GracePeriodId grace_period) const {
  WorkItem& item = execution_->work(work.index);
  item.is_pending = true;
  item.worker = execution_->spawn({item.name, ActorKind::kworker, {}, item.function},
                                  {.grace_period = grace_period, .work = work.index});
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
  if (!execution_->step(make_operation(OperationKind::wait_for_work_end, place))) return;
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
  if (!execution_->step(make_operation(OperationKind::wait_for_work_end, place)))
    return was_pending;
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

}  // namespace rcuscope
