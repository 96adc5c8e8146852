// SPDX-License-Identifier: LGPL-2.1-or-later
// Deadlocks, told as the cycle of who waits for whom; "grace period waits for reader" is an edge.
#include <algorithm>

#include "check/checker.h"
#include "check/waiting.h"

namespace rcuscope {
namespace {

/// What lockdep, the stall detector and the detector of hung tasks would say.
std::string words_of_the_kernel(const Execution& execution, const std::vector<ActorId>& cycle) {
  const auto waits = [&](OperationKind kind) {
    return std::any_of(cycle.begin(), cycle.end(), [&](ActorId id) {
      return execution.actor(id).pending.kind == kind &&
             !execution.blockers(execution.actor(id)).empty();
    });
  };
  // The detector of stalls knows RCU alone; a wait for sleepable RCU is a hung task to the kernel.
  const auto waits_for_rcu = [&](ActorId id) {
    const ModelActor& actor = execution.actor(id);
    return actor.pending.kind == OperationKind::grace_period_end &&
           domain_of_wait(execution, actor) == nullptr && !execution.blockers(actor).empty();
  };
  std::string words;
  if (std::any_of(cycle.begin(), cycle.end(), waits_for_rcu))
    words = "INFO: rcu_preempt detected stalls on CPUs/tasks; ";
  else if (!waits(OperationKind::grace_period_end) &&
           (waits(OperationKind::mutex_lock) || waits(OperationKind::spin_lock)))
    words = cycle.size() == 1 ? "WARNING: possible recursive locking detected; "
                              : "WARNING: possible circular locking dependency detected; ";
  return words + "INFO: task " + execution.actor(cycle.front()).spec.name +
         " blocked for more than 120 seconds: ";
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
    std::string message = words_of_the_kernel(execution, cycle);
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const ModelActor& actor = execution.actor(cycle[i]);
      if (i > 0) message += "; ";
      message += execution.blockers(actor).empty()
                     ? describe_dead_end(execution, actor)
                     : describe_wait(execution, actor, cycle[(i + 1) % cycle.size()]);
    }
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
