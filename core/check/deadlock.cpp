// SPDX-License-Identifier: LGPL-2.1-or-later
// Deadlocks, told as the cycle of who waits for whom; "grace period waits for reader" is an edge.
#include <algorithm>

#include "check/checker.h"
#include "check/waiting.h"

namespace rcuscope {
namespace {

using Cycle = std::vector<ActorId>;

bool waits_in(const Execution& execution, const ModelActor& actor, OperationKind kind) {
  return actor.pending.kind == kind && !execution.blockers(actor).empty();
}

/// It could go on, were it not for an interrupt on its CPU.
bool waits_for_cpu(const Execution& execution, const ModelActor& actor) {
  return !execution.blockers(actor).empty() && execution.can_proceed(actor);
}

/// It has given its CPU up.
bool sleeps(const Execution& execution, const ModelActor& actor) {
  return actor.pending.kind != OperationKind::spin_lock &&
         actor.pending.kind != OperationKind::actor_start && !waits_for_cpu(execution, actor);
}

/// schedule() complains wherever preempt_count is not zero; interrupts off do not count there.
bool is_atomic_to_scheduler(const ModelActor& actor) {
  return actor.is_implicit_reader() || actor.mask.bh_off != 0 || actor.mask.preempt_off != 0 ||
         actor.mask.spinlocks != 0;
}

/// Nobody sleeps: lockdep saw it coming, and knows the contexts in which a lock was taken.
std::string words_about_spinning(const Execution& execution, const Cycle& cycle) {
  for (std::size_t i = 0; i < cycle.size(); ++i) {
    if (!waits_for_cpu(execution, execution.actor(cycle[i]))) continue;
    const ModelActor& interrupt = execution.actor(cycle[(i + 1) % cycle.size()]);
    const std::string context =
        context_of(interrupt.spec.kind) == Context::hardirq ? "HARDIRQ" : "SOFTIRQ";
    return cycle.size() == 2
               ? "WARNING: inconsistent lock state: inconsistent {" + context + "-ON-W} -> {IN-" +
                     context + "-W} usage: "
               : "WARNING: " + context + "-safe -> " + context + "-unsafe lock order detected: ";
  }
  if (cycle.size() > 1) return "WARNING: possible circular locking dependency detected: ";
  const ModelActor& spinner = execution.actor(cycle.front());
  if (execution.blockers(spinner).empty()) return std::string(lockup_words(spinner)) + ": ";
  return "WARNING: possible recursive locking detected: ";
}

/// A callback never runs, as its grace period never ends: only that of RCU has a detector.
std::string words_about_callbacks(const Execution& execution, const Cycle& cycle) {
  const auto waits_for_rcu = [&](ActorId id) {
    const GracePeriodId grace_period{execution.actor(id).grace_period};
    return grace_period.is_valid() && execution.grace_periods().at(grace_period).domain == nullptr;
  };
  return std::any_of(cycle.begin(), cycle.end(), waits_for_rcu)
             ? "INFO: rcu_preempt detected stalls on CPUs/tasks: "
             : "";
}

/// The report whose option is the finding's: with it, the message begins.
std::string first_words(const Execution& execution, const Cycle& cycle) {
  const ModelActor* sleeper = nullptr;
  bool spins = false;
  for (const ActorId id : cycle) {
    const ModelActor& actor = execution.actor(id);
    spins = spins || actor.pending.kind == OperationKind::spin_lock;
    if (!sleeps(execution, actor)) continue;
    if (sleeper == nullptr || is_atomic_to_scheduler(*sleeper)) sleeper = &actor;
  }
  if (sleeper == nullptr)
    return spins ? words_about_spinning(execution, cycle) : words_about_callbacks(execution, cycle);
  if (is_atomic_to_scheduler(*sleeper))
    return "BUG: scheduling while atomic: " + sleeper->spec.name + ": ";
  return "INFO: task " + sleeper->spec.name + " blocked for more than 120 seconds: ";
}

/// What else a kernel would print of a cycle in which somebody sleeps, with the option for that.
std::string further_words(const Execution& execution, const Cycle& cycle) {
  const auto any = [&](const auto& is_so) {
    return std::any_of(cycle.begin(), cycle.end(),
                       [&](ActorId id) { return is_so(execution.actor(id)); });
  };
  const auto waits = [&](OperationKind kind) {
    return any([&](const ModelActor& actor) { return waits_in(execution, actor, kind); });
  };
  if (!any([&](const ModelActor& actor) { return sleeps(execution, actor); })) return "";
  // The detector of stalls knows RCU alone; a wait for sleepable RCU is a hung task to the kernel.
  if (any([&](const ModelActor& actor) {
        return waits_in(execution, actor, OperationKind::grace_period_end) &&
               domain_of_wait(execution, actor) == nullptr;
      }))
    return "; INFO: rcu_preempt detected stalls on CPUs/tasks (CONFIG_RCU_CPU_STALL_TIMEOUT)";
  if (waits(OperationKind::grace_period_end) ||
      !(waits(OperationKind::mutex_lock) || waits(OperationKind::spin_lock)))
    return "";
  return cycle.size() == 1
             ? "; WARNING: possible recursive locking detected (CONFIG_PROVE_LOCKING)"
             : "; WARNING: possible circular locking dependency detected (CONFIG_PROVE_LOCKING)";
}

class Deadlock final : public Observer {
 public:
  bool watches(OperationKind) const override { return false; }
  void on_blocked(Execution& execution) override {
    if (execution.is_over()) return;                // somebody waits in a loop: a stall
    report(execution, find_cycle(execution, {0}));  // main waits for everybody
  }

  void on_cut_short(Execution& execution) override {
    for (std::size_t i = 1; i < execution.actor_count(); ++i) {
      const ActorId id{static_cast<std::int32_t>(i)};
      if (!is_stuck(execution, execution.actor(id))) continue;
      const std::vector<ActorId> cycle = find_cycle(execution, id);
      const auto waits_for_ever = [&](ActorId member) {
        return is_stuck(execution, execution.actor(member));
      };
      if (std::all_of(cycle.begin(), cycle.end(), waits_for_ever) && is_closed(execution, cycle))
        return report(execution, cycle);
    }
  }

 private:
  static void report(Execution& execution, const std::vector<ActorId>& cycle) {
    std::string message = first_words(execution, cycle);
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const ModelActor& actor = execution.actor(cycle[i]);
      if (i > 0) message += "; ";
      message += execution.blockers(actor).empty()
                     ? describe_dead_end(execution, actor)
                     : describe_wait(execution, actor, cycle[(i + 1) % cycle.size()]);
    }
    message += further_words(execution, cycle);
    std::string place;
    for (const ActorId id : cycle)
      place += (place.empty() ? "" : ", ") + execution.actor(id).spec.name;
    execution.report(FindingKind::deadlock, cycle.front(), message, place);
  }

  /// True if it waits for something that only those it waits for can bring about. Work that has not
  /// started may be cancelled by anybody.
  static bool is_stuck(const Execution& execution, const ModelActor& actor) {
    if (actor.is_finished() || execution.can_proceed(actor)) return false;
    const std::vector<ActorId> blockers = execution.blockers(actor);
    const auto has_started = [&](ActorId id) { return execution.actor(id).is_started(); };
    switch (actor.pending.kind) {
      case OperationKind::grace_period_end:
      case OperationKind::mutex_lock:
      case OperationKind::spin_lock:
      case OperationKind::barrier_end:
        return true;
      case OperationKind::actor_start:
        return actor.grace_period >= 0 && actor.work < 0;
      case OperationKind::wait_for_work_end:
        return std::all_of(blockers.begin(), blockers.end(), has_started);
      default:
        return false;
    }
  }

  /// True if a reader has ended inside the section that it waits for.
  static bool waits_for_ended_reader(const Execution& execution, const ModelActor& actor) {
    const bool waits_in_call = actor.pending.kind == OperationKind::grace_period_end;
    const std::int64_t id = waits_in_call ? actor.pending.argument : actor.grace_period;
    if (id < 0 || (!waits_in_call && actor.pending.kind != OperationKind::actor_start))
      return false;
    const ActorSet& readers =
        execution.grace_periods().at({static_cast<std::int32_t>(id)}).waits_for;
    for (std::size_t i = 0; i < execution.actor_count(); ++i)
      if (readers[i] && execution.actor({static_cast<std::int32_t>(i)}).is_finished()) return true;
    return false;
  }

  /// True if each waits for the next one, or the only one for somebody who has ended.
  static bool is_closed(const Execution& execution, const std::vector<ActorId>& cycle) {
    const std::vector<ActorId> blockers = execution.blockers(execution.actor(cycle.back()));
    if (blockers.empty()) {
      const ModelActor& waiting = execution.actor(cycle.front());
      return cycle.size() == 1 && (waiting.pending.kind == OperationKind::mutex_lock ||
                                   waiting.pending.kind == OperationKind::spin_lock ||
                                   waits_for_ended_reader(execution, waiting));
    }
    return std::find(blockers.begin(), blockers.end(), cycle.front()) != blockers.end();
  }

  /// The first blocker by name: ids of callbacks depend on the order in which they were queued, and
  /// one deadlock must not look like two.
  static ActorId first_blocker(const Execution& execution, const ModelActor& actor) {
    const std::vector<ActorId> blockers = execution.blockers(actor);
    const auto first =
        std::min_element(blockers.begin(), blockers.end(), [&](ActorId a, ActorId b) {
          return execution.actor(a).spec.name < execution.actor(b).spec.name;
        });
    return first == blockers.end() ? ActorId{} : *first;
  }

  /// Every unfinished actor waits for an unfinished one, so following blockers ends in a cycle. The
  /// cycle is told from its first actor by name.
  static std::vector<ActorId> find_cycle(const Execution& execution, ActorId at) {
    std::vector<ActorId> path;
    for (;;) {
      const auto seen = std::find(path.begin(), path.end(), at);
      if (seen != path.end()) {
        path.erase(path.begin(), seen);
        break;
      }
      const ActorId next = first_blocker(execution, execution.actor(at));
      if (!next.is_valid()) break;
      path.push_back(at);
      at = next;
    }
    // No cycle: what the last one waits for is all that matters.
    if (std::find(path.begin(), path.end(), at) == path.end()) path = {at};
    const auto by_name = [&](ActorId a, ActorId b) {
      return execution.actor(a).spec.name < execution.actor(b).spec.name;
    };
    std::rotate(path.begin(), std::min_element(path.begin(), path.end(), by_name), path.end());
    return path;
  }
};

}  // namespace

std::unique_ptr<Observer> make_deadlock_checker() { return std::make_unique<Deadlock>(); }

}  // namespace rcuscope
