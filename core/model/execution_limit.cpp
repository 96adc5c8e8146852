// SPDX-License-Identifier: LGPL-2.1-or-later
// What happens to an execution that reaches its limit on steps (DESIGN.md D4b, rule 5).
#include <functional>

#include "base/hash.h"
#include "model/execution.h"

namespace rcuscope {
namespace {

/// Digest of variables that the language does not show. 0: the actor has not run since.
constexpr std::uint64_t digest_of_unseen = 1;

}  // namespace

/// The actors get as many steps again, fairly, without the chooser. Return: false if that is over,
/// too, or main itself has no end.
bool Execution::goes_on_past_limit() {
  const Step limit = options_.max_steps;
  if (steps_ < limit || (rounds_.are_on() && steps_ < 2 * limit)) return true;
  if (rounds_.are_on() || phase_ != Phase::actors) {
    end(ExecutionEnd::step_limit);
    if (rounds_.going_round().none()) return false;
    for (Observer* observer : options_.observers)
      observer->on_going_round(*this, rounds_.going_round());
    return false;
  }
  rounds_.begin();
  return true;
}

ActorId Execution::next_in_turn() {
  collect_enabled();
  if (enabled_.empty()) return nobody_enabled();
  if (enabled_.front().value == 0) return enabled_.front();  // main's join: everybody has ended
  return rounds_.next(enabled_);
}

/// Context: the controller, so that every actor waits at its next operation.
void Execution::note_round() {
  if (!is_going_round()) return;
  Hash hash;
  for (std::size_t i = 0; i < heap_.size(); ++i) {
    const HeapObject& object = heap_.at(ObjectId{static_cast<std::int32_t>(i)});
    hash.add(std::uint64_t{object.is_freed});
    hash.add(std::span<const std::byte>(object.start, object.bytes));
  }
  for (const GracePeriod& grace_period : grace_periods_.all())
    if (!grace_period.is_over) hash.add(std::hash<ActorSet>()(grace_period.waits_for));
  for (const WorkItem& item : work_)
    hash.add(std::uint64_t{item.is_pending} << 1 | std::uint64_t{item.is_running});
  for (std::size_t i = 0; i < actor_count_; ++i) {
    const std::uint64_t state = hash_of(actors_[i]);
    if (state == 0) return;
    hash.add(state);
  }
  rounds_.note_state(hash.value());
}

/// Return: 0 if not all of it can be seen.
std::uint64_t Execution::hash_of(const ModelActor& actor) {
  Hash hash;
  hash.add(static_cast<std::uint64_t>(actor.progress));
  if (actor.is_finished()) return hash.value();
  const Operation& next = actor.pending;
  hash.add(static_cast<std::uint64_t>(next.kind));
  hash.add(next.address);
  if (next.kind != OperationKind::grace_period_end)  // its number grows
    hash.add(static_cast<std::uint64_t>(next.argument));
  hash.add(static_cast<std::uint64_t>(actor.reader_nesting));
  const ContextMask& mask = actor.mask;
  hash.add(std::uint64_t{mask.irq_off} | std::uint64_t{mask.bh_off} << 8 |
           std::uint64_t{mask.preempt_off} << 16 | std::uint64_t{mask.spinlocks} << 24);
  for (const SrcuSection& section : actor.srcu_sections) hash.add(section.domain);
  for (const ModelMutex* lock : actor.held_mutexes) hash.add(lock);
  for (const HeldSpinlock& held : actor.held_spinlocks) hash.add(held.lock);
  hash.add(std::hash<ActorSet>()(actor.waits_for));
  if (!actor.is_started()) return hash.value();
  const std::uint64_t stack = runner_.hash_of_stack(actor.id);
  if (stack == 0 && actor.variables_digest == digest_of_unseen) return 0;
  hash.add(stack);
  hash.add(actor.variables_digest);
  return hash.value();
}

/// Before the running actor gives way; what its stack holds is seen from outside.
void Execution::note_variables() {
  find_local_state(me().pending, local_state_);
  me().variables_digest = local_state_.shows_variables || local_state_.place == 0
                              ? std::uint64_t{1} << 32 | digest_without(local_state_, {})
                              : digest_of_unseen;
}

}  // namespace rcuscope
