// SPDX-License-Identifier: LGPL-2.1-or-later
// Model's readers, grace periods, callbacks.
#include <algorithm>

#include "model/model.h"

namespace rcuscope {
namespace {

std::uint64_t resource_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

void Model::rcu_read_lock(Place place) const {
  Operation operation = make_operation(OperationKind::rcu_read_lock, place);
  execution_->claim_section_start(operation);
  if (!execution_->step(operation)) return;
  execution_->change_context([](ModelActor& actor) { ++actor.reader_nesting; });
  execution_->emit(EventKind::rcu_read_lock, {}, execution_->me().reader_nesting, place);
}

void Model::rcu_read_unlock(Place place) const {
  if (!execution_->step(make_operation(OperationKind::rcu_read_unlock, place))) return;
  if (execution_->me().reader_nesting == 0) return;  // reported by the observer of RCU usage
  execution_->emit(EventKind::rcu_read_unlock, {}, execution_->me().reader_nesting - 1, place);
  execution_->change_context([](ModelActor& actor) { --actor.reader_nesting; });
}

// --- grace periods

void Model::synchronize_rcu(Place place) const {
  wait_for_grace_period(nullptr, "synchronize_rcu", place);
}

void Model::synchronize_rcu_expedited(Place place) const {
  wait_for_grace_period(nullptr, "synchronize_rcu_expedited", place);
}

void Model::wait_for_grace_period(const srcu_struct* domain, std::string_view name,
                                  const Place& place) const {
  might_sleep(name, place);
  Operation start = domain == nullptr ? make_operation(OperationKind::grace_period_start, place)
                                      : operation_on(OperationKind::grace_period_start, domain,
                                                     domain->name, place);
  start.claim(ResourceClass::rcu, resource_of(domain), Mode::snapshot);
  if (!execution_->step(start)) return;
  const GracePeriodId grace_period = execution_->start_grace_period(domain);
  execution_->emit(EventKind::synchronize_rcu_start, {}, name == "synchronize_rcu_expedited", place,
                   grace_period);
  execution_->emit_grace_period_start(grace_period);
  Operation end = make_operation(OperationKind::grace_period_end, place);
  end.argument = grace_period.value;
  if (domain == nullptr) end.claim(ResourceClass::rcu, 0, Mode::grace_end);
  if (!execution_->step(end)) return;
  execution_->end_grace_period(grace_period);
  execution_->emit(EventKind::synchronize_rcu_end, {}, 0, place, grace_period);
}

std::int64_t Model::get_state_synchronize_rcu(Place place) const {
  Operation operation = make_operation(OperationKind::get_state, place);
  operation.claim(ResourceClass::rcu, 0, Mode::take_cookie);
  if (!execution_->step(operation)) return 0;
  return execution_->next_cookie();
}

std::int64_t Model::start_poll_synchronize_rcu(Place place) const {
  Operation operation = make_operation(OperationKind::start_poll, place);
  operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  operation.claim(ResourceClass::rcu, 0, Mode::take_cookie);
  if (!execution_->step(operation)) return 0;
  const std::int64_t cookie = execution_->next_cookie();
  const GracePeriodId grace_period = execution_->start_grace_period();
  execution_->emit_grace_period_start(grace_period);
  execution_->spawn({"grace period of start_poll", ActorKind::grace_period, {}, [] {}},
                    {.grace_period = grace_period});
  return cookie;
}

bool Model::poll_state_synchronize_rcu(std::int64_t cookie, Place place) const {
  Operation operation = make_operation(OperationKind::poll_state, place);
  operation.argument = cookie;
  operation.claim(ResourceClass::rcu, 0, Mode::poll);
  if (!execution_->step(operation)) return false;
  return execution_->is_grace_period_over_since(cookie);
}

void Model::cond_synchronize_rcu(std::int64_t cookie, Place place) const {
  might_sleep("cond_synchronize_rcu", place);
  if (!poll_state_synchronize_rcu(cookie, place))
    wait_for_grace_period(nullptr, "cond_synchronize_rcu", place);
}

// --- sleepable RCU

int Model::srcu_read_lock(srcu_struct& domain, Place place) const {
  Operation operation = operation_on(OperationKind::srcu_read_lock, &domain, domain.name, place);
  operation.claim(ResourceClass::rcu, resource_of(&domain), Mode::section_start);
  if (!execution_->step(operation)) return 0;
  const int index = execution_->open_srcu_section(domain);
  execution_->emit(EventKind::srcu_read_lock,
                   execution_->trace_object(&domain, domain.name, "srcu_struct"), index, place);
  return index;
}

void Model::srcu_read_unlock(srcu_struct& domain, int index, Place place) const {
  Operation operation = operation_on(OperationKind::srcu_read_unlock, &domain, domain.name, place);
  operation.argument = index;
  if (!execution_->step(operation)) return;
  execution_->emit(EventKind::srcu_read_unlock,
                   execution_->trace_object(&domain, domain.name, "srcu_struct"), index, place);
  execution_->close_srcu_section(domain, index);
}

bool Model::srcu_read_lock_held(const srcu_struct& domain) const {
  const std::vector<SrcuSection>& sections = execution_->me().srcu_sections;
  return std::any_of(sections.begin(), sections.end(),
                     [&](const SrcuSection& section) { return section.domain == &domain; });
}

void Model::synchronize_srcu(srcu_struct& domain, Place place) const {
  wait_for_grace_period(&domain, "synchronize_srcu", place);
}

// --- callbacks

void Model::call_rcu(std::string name, Callback callback, Place place) const {
  Operation operation = make_operation(OperationKind::call_rcu, place);
  operation.claim(ResourceClass::rcu, 0, Mode::snapshot);
  operation.claim(ResourceClass::callbacks, rcu_callbacks, Mode::enqueue);
  const Execution::Owning owning(*execution_);  // the name and the callback
  if (!execution_->step(operation)) return;
  const GracePeriodId grace_period = execution_->start_grace_period();
  const ActorId actor =
      execution_->spawn_callback({std::move(name), ActorKind::callback, {}, std::move(callback)},
                                 {.grace_period = grace_period, .callbacks = rcu_callbacks});
  execution_->emit(EventKind::call_rcu, {}, actor.value, place, grace_period);
  execution_->emit_grace_period_start(grace_period);
}

/// The kernel runs these from a work item, with bottom halves off.
void Model::call_srcu(srcu_struct& domain, std::string name, Callback callback, Place place) const {
  Operation operation = operation_on(OperationKind::call_rcu, &domain, domain.name, place);
  operation.claim(ResourceClass::rcu, resource_of(&domain), Mode::snapshot);
  operation.claim(ResourceClass::callbacks, resource_of(&domain), Mode::enqueue);
  const Execution::Owning owning(*execution_);  // the name and the callback
  if (!execution_->step(operation)) return;
  const GracePeriodId grace_period = execution_->start_grace_period(&domain);
  const ActorId actor = execution_->spawn(
      {std::move(name), ActorKind::kworker, {}, std::move(callback)},
      {.grace_period = grace_period, .callbacks = resource_of(&domain), .bh_off = true});
  execution_->emit(EventKind::call_rcu, {}, actor.value, place, grace_period);
  execution_->emit_grace_period_start(grace_period);
}

void Model::rcu_barrier(Place place) const {
  wait_for_callbacks(rcu_callbacks, "rcu_barrier", place);
}

void Model::kvfree_rcu_barrier(Place place) const {
  wait_for_callbacks(kfree_callbacks, "kvfree_rcu_barrier", place);
}

void Model::srcu_barrier(srcu_struct& domain, Place place) const {
  wait_for_callbacks(resource_of(&domain), "srcu_barrier", place);
}

void Model::flush_workqueue(Place place) const {
  wait_for_callbacks(work_callbacks, "flush_workqueue", place);
}

void Model::wait_for_callbacks(std::uint64_t resource, std::string_view name,
                               const Place& place) const {
  might_sleep(name, place);
  Operation start = make_operation(OperationKind::barrier_start, place);
  start.claim(ResourceClass::callbacks, resource, Mode::barrier);
  if (!execution_->step(start)) return;
  ActorSet& waits_for = execution_->me().waits_for;
  waits_for = resource == work_callbacks ? execution_->unfinished_work()
                                         : execution_->unfinished_callbacks(resource);
  execution_->emit(EventKind::rcu_barrier_start, {}, static_cast<std::int64_t>(waits_for.count()),
                   place);
  Operation end = make_operation(OperationKind::barrier_end, place);
  end.argument = static_cast<std::int64_t>(resource);
  if (!execution_->step(end)) return;
  execution_->emit(EventKind::rcu_barrier_end, {}, 0, place);
}

}  // namespace rcuscope
