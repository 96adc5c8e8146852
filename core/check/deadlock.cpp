// SPDX-License-Identifier: LGPL-2.1-or-later
// Deadlocks, told as the cycle of who waits for whom; "grace period waits for reader" is an edge.
#include <algorithm>

#include "check/checker.h"

namespace rcuscope {
namespace {

/// "'unplug' waits in synchronize_rcu for the reader 'isr'".
std::string edge(const Execution& execution, const ModelActor& actor, ActorId blocker) {
  const std::string who = "'" + actor.spec.name + "' waits ";
  const std::string whom = "'" + execution.actor(blocker).spec.name + "'";
  switch (actor.pending.kind) {
    case OperationKind::grace_period_end:
      return who + "in synchronize_rcu: its grace period waits for the reader " + whom;
    case OperationKind::mutex_lock:
      return who + "for the mutex " + execution.location_name(actor.pending) + ", held by " + whom;
    case OperationKind::barrier_end:
      return who + "in rcu_barrier for the callback " + whom;
    case OperationKind::wait_for_work_end:
      return who + "for the work " + whom + " to end";
    case OperationKind::actor_start:
      return who + "for a grace period, which waits for the reader " + whom;
    default:
      return who + "for " + whom;
  }
}

class Deadlock final : public Observer {
 public:
  void on_blocked(Execution& execution) override {
    std::vector<ActorId> cycle = find_cycle(execution);
    std::string message = "INFO: task blocked: ";
    for (std::size_t i = 0; i < cycle.size(); ++i) {
      const ActorId next = cycle[(i + 1) % cycle.size()];
      if (i > 0) message += "; ";
      message += edge(execution, execution.actor(cycle[i]), next);
    }
    std::string place;
    std::sort(cycle.begin(), cycle.end());
    for (const ActorId id : cycle) place += (place.empty() ? "" : ", ") + execution.actor(id).spec.name;
    execution.report(FindingKind::deadlock, cycle.front(), message, place);
  }

 private:
  /// Every unfinished actor waits for an unfinished one, so following first blockers finds a cycle.
  static std::vector<ActorId> find_cycle(const Execution& execution) {
    ActorId at;
    for (std::size_t i = 1; i < execution.actor_count() && !at.is_valid(); ++i) {
      const ActorId id{static_cast<std::int32_t>(i)};
      if (!execution.actor(id).is_finished() && !execution.blockers(execution.actor(id)).empty()) at = id;
    }
    if (!at.is_valid()) at = ActorId{0};
    std::vector<ActorId> path;
    for (;;) {
      const auto seen = std::find(path.begin(), path.end(), at);
      if (seen != path.end()) return {seen, path.end()};
      path.push_back(at);
      const std::vector<ActorId> blockers = execution.blockers(execution.actor(at));
      if (blockers.empty()) return path;
      at = blockers.front();
    }
  }
};

}  // namespace

std::unique_ptr<Observer> make_deadlock_checker() { return std::make_unique<Deadlock>(); }

}  // namespace rcuscope
