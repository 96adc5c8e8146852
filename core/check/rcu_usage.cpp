// SPDX-License-Identifier: LGPL-2.1-or-later
// Unbalanced sections and locks: KERNEL_FACTS 2.3 and 2.7.
#include "check/checker.h"
#include "model/lock.h"

namespace rcuscope {
namespace {

class RcuUsage final : public Observer {
 public:
  void on_operation(Execution& execution, const ModelActor& actor,
                    const Operation& operation) override {
    if (operation.kind == OperationKind::rcu_read_unlock && actor.reader_nesting == 0)
      execution.report(
          FindingKind::lock_imbalance, actor.id,
          "WARNING: bad unlock balance detected! rcu_read_unlock without rcu_read_lock",
          "rcu_read_unlock in " + actor.spec.name);
    if (operation.kind == OperationKind::mutex_unlock) check_owner(execution, actor, operation);
  }

  void on_actor_end(Execution& execution, const ModelActor& actor) override {
    if (actor.reader_nesting > 0)
      execution.report(FindingKind::lock_imbalance, actor.id,
                       "WARNING: " + actor.spec.name +
                           " ends inside a read-side critical section, " +
                           std::to_string(actor.reader_nesting) + " rcu_read_unlock missing",
                       "rcu_read_lock in " + actor.spec.name);
    for (const ModelMutex* lock : actor.held_mutexes)
      execution.report(FindingKind::lock_imbalance, actor.id,
                       "BUG: " + actor.spec.name + " ends, but still has locks held! (" +
                           execution.part_name(lock, lock->name) + ")",
                       "mutex_lock in " + actor.spec.name);
  }

 private:
  static void check_owner(Execution& execution, const ModelActor& actor,
                          const Operation& operation) {
    const auto& lock = *static_cast<const ModelMutex*>(operation.address);
    if (lock.owner == actor.id) return;
    execution.report(FindingKind::lock_imbalance, actor.id,
                     "WARNING: bad unlock balance detected! " + actor.spec.name + " unlocks " +
                         execution.location_name(operation) + ", which it does not hold",
                     execution.location_name(operation));
  }
};

}  // namespace

std::unique_ptr<Observer> make_rcu_usage_checker() { return std::make_unique<RcuUsage>(); }

}  // namespace rcuscope
