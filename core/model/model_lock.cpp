// SPDX-License-Identifier: LGPL-2.1-or-later
// Model's locks, masks of the CPU, completions.
#include <algorithm>
#include <limits>

#include "base/error.h"
#include "model/model.h"

namespace rcuscope {
namespace {

std::uint64_t resource_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

}  // namespace

void Model::mutex_lock(mutex& lock, Place place) const {
  might_sleep("mutex_lock", place);
  Operation operation = operation_on(OperationKind::mutex_lock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, resource_of(&lock), Mode::acquire);
  const ObjectId object = execution_->trace_object(&lock, lock.name, "mutex");
  if (execution_->is_tracing() && lock.owner.is_valid() && !execution_->me().is_abandoned)
    execution_->emit(EventKind::mutex_contended, object, lock.owner.value, place);
  if (!execution_->step(operation)) return;
  execution_->take(lock);
  execution_->emit(EventKind::mutex_lock, object, 0, place);
}

bool Model::mutex_trylock(mutex& lock, Place place) const {
  Operation operation = operation_on(OperationKind::mutex_trylock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, resource_of(&lock), Mode::try_acquire);
  if (!execution_->step(operation)) return false;
  if (lock.owner.is_valid()) return false;
  execution_->note_change();
  execution_->take(lock);
  execution_->emit(EventKind::mutex_lock, execution_->trace_object(&lock, lock.name, "mutex"), 0,
                   place);
  return true;
}

void Model::mutex_unlock(mutex& lock, Place place) const {
  Operation operation = operation_on(OperationKind::mutex_unlock, &lock, lock.name, place);
  // Of a lock that others hold, or nobody, it gives nothing back: nobody goes on because of it.
  if (is_held(lock)) operation.claim(ResourceClass::lock, resource_of(&lock), Mode::release);
  if (!execution_->step(operation)) return;
  if (lock.owner != execution_->current()) return;  // reported by the observer of locks
  execution_->release(lock);
  execution_->emit(EventKind::mutex_unlock, execution_->trace_object(&lock, lock.name, "mutex"), 0,
                   place);
}

// --- spinlocks

void Model::spin_lock(spinlock& lock, SpinMode mode, Place place) const {
  Operation operation = operation_on(OperationKind::spin_lock, &lock, lock.name, place);
  operation.argument = static_cast<std::int64_t>(mode);
  operation.claim(ResourceClass::lock, resource_of(&lock), Mode::acquire);
  execution_->claim_section_start(operation);
  const ObjectId object = execution_->trace_object(&lock, lock.name, "spinlock");
  if (execution_->is_tracing() && lock.owner.is_valid() && !execution_->me().is_abandoned)
    execution_->emit(EventKind::spin_contended, object, lock.owner.value, place);
  if (!execution_->step(operation)) return;
  execution_->take(lock, mode);
  execution_->emit(EventKind::spin_lock, object, 0, place);
}

bool Model::spin_trylock(spinlock& lock, Place place) const {
  Operation operation = operation_on(OperationKind::spin_trylock, &lock, lock.name, place);
  operation.claim(ResourceClass::lock, resource_of(&lock), Mode::try_acquire);
  execution_->claim_section_start(operation);
  if (!execution_->step(operation)) return false;
  if (lock.owner.is_valid()) return false;
  execution_->note_change();
  execution_->take(lock, SpinMode::plain);
  execution_->emit(EventKind::spin_lock, execution_->trace_object(&lock, lock.name, "spinlock"), 0,
                   place);
  return true;
}

void Model::spin_unlock(spinlock& lock, SpinMode mode, Place place) const {
  Operation operation = operation_on(OperationKind::spin_unlock, &lock, lock.name, place);
  operation.argument = static_cast<std::int64_t>(mode);
  // Of a lock that others hold, or nobody, it gives nothing back: nobody goes on because of it.
  if (is_held(lock)) operation.claim(ResourceClass::lock, resource_of(&lock), Mode::release);
  if (!execution_->step(operation)) return;
  if (lock.owner != execution_->current()) return;  // reported by the observer of locks
  execution_->emit(EventKind::spin_unlock, execution_->trace_object(&lock, lock.name, "spinlock"),
                   0, place);
  execution_->release(lock, mode);
}

// --- what may interrupt the caller

void Model::mask(Mask what, Place place) const {
  const ContextMask& before = execution_->me().mask;
  if (std::max(before.bh_off, before.preempt_off) == std::numeric_limits<std::uint8_t>::max())
    throw LimitError(std::string(off_name(what)) + " nests more than 255 times in '" +
                     execution_->me().spec.name + "'; a loop without its partner?");
  Operation operation = make_operation(OperationKind::mask, place);
  operation.argument = static_cast<std::int64_t>(what);
  execution_->claim_section_start(operation);
  if (!execution_->step(operation)) return;
  execution_->change_context([what](ModelActor& actor) {
    actor.rcu_bh_nesting += what == Mask::rcu_bh;
    actor.rcu_sched_nesting += what == Mask::rcu_sched;
    if (what == Mask::irq) actor.mask.irq_off = true;
    if (what == Mask::bh || what == Mask::rcu_bh) ++actor.mask.bh_off;
    if (what == Mask::preempt || what == Mask::rcu_sched) ++actor.mask.preempt_off;
  });
  emit_mask(place);
}

void Model::unmask(Mask what, Place place) const {
  Operation operation = make_operation(OperationKind::unmask, place);
  operation.argument = static_cast<std::int64_t>(what);
  if (!execution_->step(operation)) return;
  execution_->change_context([what](ModelActor& actor) {
    const auto drop = [](std::uint8_t& count) {
      if (count > 0) --count;  // else reported by the observer of RCU usage
    };
    if (what == Mask::rcu_bh) drop(actor.rcu_bh_nesting);
    if (what == Mask::rcu_sched) drop(actor.rcu_sched_nesting);
    if (what == Mask::irq) actor.mask.irq_off = false;
    if (what == Mask::bh || what == Mask::rcu_bh) drop(actor.mask.bh_off);
    if (what == Mask::preempt || what == Mask::rcu_sched) drop(actor.mask.preempt_off);
  });
  emit_mask(place);
}

void Model::emit_mask(const Place& place) const {
  const ContextMask& mask = execution_->me().mask;
  execution_->emit(EventKind::context_mask, {},
                   (mask.irq_off ? 1 : 0) | (mask.bh_off != 0 ? 2 : 0) |
                       (mask.preempt_off != 0 || mask.spinlocks != 0 ? 4 : 0),
                   place);
}

// --- completions

void Model::complete(completion& done, Place place) const {
  Operation operation = operation_on(OperationKind::complete, &done, done.name, place);
  operation.claim(ResourceClass::memory, resource_of(&done), Mode::write);
  if (!execution_->step(operation)) return;
  if (done.done++ == 0) execution_->note_completion_available();
  execution_->emit(EventKind::complete, execution_->trace_object(&done, done.name, "completion"),
                   done.done, place);
}

void Model::wait_for_completion(completion& done, Place place) const {
  might_sleep("wait_for_completion", place);
  Operation operation = operation_on(OperationKind::wait_for_completion, &done, done.name, place);
  operation.claim(ResourceClass::memory, resource_of(&done), Mode::write);
  if (!execution_->step(operation)) return;
  --done.done;
  execution_->emit(EventKind::wait_for_completion,
                   execution_->trace_object(&done, done.name, "completion"), done.done, place);
}

void Model::msleep(Place place) const {
  might_sleep("msleep", place);
  execution_->step(make_operation(OperationKind::sleep, place));
}

}  // namespace rcuscope
