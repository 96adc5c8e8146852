// SPDX-License-Identifier: LGPL-2.1-or-later
// Sentences about actors that cannot go on.
#include "check/waiting.h"

#include "model/lock.h"

namespace rcuscope {

namespace {

constexpr const char* inside_its_section =
    ", which has ended inside its read-side critical section";

/// "'a' and 'b'": the readers of the grace period that have ended inside their sections.
std::string readers_that_ended(const Execution& execution, GracePeriodId id) {
  const ActorSet& readers = execution.grace_periods().at(id).waits_for;
  std::string names;
  for (std::size_t i = 0; i < execution.actor_count(); ++i) {
    const ModelActor& reader = execution.actor({static_cast<std::int32_t>(i)});
    if (readers.test(i) && reader.is_finished())
      names += (names.empty() ? "'" : " and '") + reader.spec.name + "'";
  }
  return names;
}

}  // namespace

const ModelSrcu* domain_of_wait(const Execution& execution, const ModelActor& actor) {
  const GracePeriodId id{static_cast<std::int32_t>(actor.pending.argument)};
  return execution.grace_periods().at(id).domain;
}

std::string describe_wait(const Execution& execution, const ModelActor& actor, ActorId blocker) {
  const std::string who = "'" + actor.spec.name + "' waits ";
  const std::string whom = "'" + execution.actor(blocker).spec.name + "'";
  switch (actor.pending.kind) {
    case OperationKind::grace_period_end: {
      const ModelSrcu* domain = domain_of_wait(execution, actor);
      return domain == nullptr
                 ? who + "in synchronize_rcu: its grace period waits for the reader " + whom
                 : who + "in synchronize_srcu: its grace period of " + domain->name +
                       " waits for the reader " + whom;
    }
    case OperationKind::mutex_lock:
      return who + "for the mutex " + execution.location_name(actor.pending) + ", held by " + whom;
    case OperationKind::spin_lock:
      return "'" + actor.spec.name + "' spins on " + execution.location_name(actor.pending) +
             ", held by " + whom;
    case OperationKind::barrier_end:
      return who + "in rcu_barrier for the callback " + whom;
    case OperationKind::wait_for_work_end:
      return who + "for the work " + whom + " to end";
    case OperationKind::actor_start:
      if (actor.grace_period >= 0)
        return who + "for a grace period, which waits for the reader " + whom;
      [[fallthrough]];
    default:
      return execution.can_proceed(actor) ? who + "for its CPU, which " + whom + " keeps busy"
                                          : who + "for " + whom;
  }
}

std::string_view lockup_words(const ModelActor& actor) {
  const bool has_interrupts =
      !actor.mask.irq_off && context_of(actor.spec.kind) != Context::hardirq;
  return has_interrupts ? "watchdog: BUG: soft lockup" : "watchdog: Watchdog detected hard LOCKUP";
}

std::string describe_dead_end(const Execution& execution, const ModelActor& actor) {
  const std::string who = "'" + actor.spec.name + "' waits ";
  const std::string what = execution.location_name(actor.pending);
  const auto held_by_ended = [&](const char* kind, ActorId owner) {
    return who + "for the " + kind + " " + what + ", held by '" + execution.actor(owner).spec.name +
           "', which has ended";
  };
  switch (actor.pending.kind) {
    case OperationKind::mutex_lock:
      return held_by_ended("mutex", static_cast<const ModelMutex*>(actor.pending.address)->owner);
    case OperationKind::spin_lock:
      return held_by_ended("spinlock",
                           static_cast<const ModelSpinlock*>(actor.pending.address)->owner);
    case OperationKind::actor_start: {
      const GracePeriodId id{actor.grace_period};
      const std::string readers = id.is_valid() ? readers_that_ended(execution, id) : "";
      if (readers.empty()) return who + "for ever";
      return who + "for a grace period, which waits for " + readers + inside_its_section;
    }
    case OperationKind::grace_period_end: {
      const GracePeriodId id{static_cast<std::int32_t>(actor.pending.argument)};
      const std::string readers = readers_that_ended(execution, id);
      if (readers.empty()) return who + "for ever";
      const ModelSrcu* domain = domain_of_wait(execution, actor);
      return who + "in " + (domain == nullptr ? "synchronize_rcu" : "synchronize_srcu") +
             ": its grace period waits for " + readers + inside_its_section;
    }
    case OperationKind::wait_for_completion:
      return who + "for the completion " + what + ", which nobody completes";
    default:
      return who + "for ever";
  }
}

}  // namespace rcuscope
