// SPDX-License-Identifier: LGPL-2.1-or-later
// Unbalanced sections and locks: KERNEL_FACTS 2.3 and 2.7.
#include "check/checker.h"
#include "model/lock.h"
#include "world/context_text.h"

namespace rcuscope {
namespace {

class RcuUsage final : public Observer {
 public:
  bool watches(OperationKind kind) const override {
    switch (kind) {
      case OperationKind::rcu_read_unlock:
      case OperationKind::mutex_trylock:
      case OperationKind::mutex_unlock:
      case OperationKind::spin_unlock:
      case OperationKind::srcu_read_unlock:
      case OperationKind::grace_period_start:
      case OperationKind::unmask:
        return true;
      default:
        return false;
    }
  }
  void on_operation(Execution& execution, const ModelActor& actor,
                    const Operation& operation) override {
    switch (operation.kind) {
      case OperationKind::rcu_read_unlock:
        if (actor.reader_nesting == 0)
          report_unlock(execution, actor, "rcu_read_unlock", "rcu_read_lock");
        break;
      case OperationKind::mutex_trylock:
        if (is_atomic(actor.spec.kind)) report_context(execution, actor, trylock_in_interrupt());
        break;
      case OperationKind::mutex_unlock:
        check_owner(execution, actor, operation,
                    static_cast<const ModelMutex*>(operation.address)->owner);
        break;
      case OperationKind::spin_unlock:
        check_owner(execution, actor, operation,
                    static_cast<const ModelSpinlock*>(operation.address)->owner);
        if (static_cast<SpinMode>(operation.argument) == SpinMode::bh)
          check_bh_enable(execution, actor);
        break;
      case OperationKind::srcu_read_unlock:
        check_srcu(execution, actor, operation);
        break;
      case OperationKind::grace_period_start:
        check_own_domain(execution, actor, operation);
        break;
      case OperationKind::unmask:
        check_unmask(execution, actor, static_cast<Mask>(operation.argument));
        if (static_cast<Mask>(operation.argument) == Mask::bh ||
            static_cast<Mask>(operation.argument) == Mask::rcu_bh)
          check_bh_enable(execution, actor);
        break;
      default:
        break;
    }
  }

  void on_actor_end(Execution& execution, const ModelActor& actor) override {
    if (actor.reader_nesting > 0)
      report_end(execution, actor,
                 "inside a read-side critical section, " + std::to_string(actor.reader_nesting) +
                     " rcu_read_unlock missing",
                 "rcu_read_lock");
    for (const SrcuSection& section : actor.srcu_sections)
      report_end(execution, actor,
                 "inside a read-side critical section of " +
                     execution.part_name(section.domain, section.domain->name),
                 "srcu_read_lock");
    for (const ModelMutex* lock : actor.held_mutexes)
      report_held(execution, actor, *lock, "mutex_lock");
    for (const HeldSpinlock& held : actor.held_spinlocks)
      report_held(execution, actor, *held.lock, "spin_lock");
    if (!actor.held_spinlocks.empty()) return;
    if (actor.mask.irq_off)
      report_end(execution, actor, "with interrupts off", off_name(Mask::irq));
    if (actor.mask.bh_off > (actor.starts_with_bh_off ? 1 : 0))
      report_end(execution, actor, "with bottom halves off",
                 off_name(actor.rcu_bh_nesting > 0 ? Mask::rcu_bh : Mask::bh));
    if (actor.mask.preempt_off > 0)
      report_end(execution, actor, "with preemption off",
                 off_name(actor.rcu_sched_nesting > 0 ? Mask::rcu_sched : Mask::preempt));
  }

 private:
  static void report_context(Execution& execution, const ModelActor& actor,
                             std::string_view message) {
    execution.report(FindingKind::warn_on, actor.id, std::string(message),
                     std::string(message) + " in " + actor.spec.name);
  }

  /// local_bh_enable may run softirqs, with interrupts on.
  static void check_bh_enable(Execution& execution, const ModelActor& actor) {
    const std::string_view words = bh_enable_words(context_of(actor.spec.kind), actor.mask.irq_off);
    if (!words.empty()) report_context(execution, actor, words);
  }

  static void report_unlock(Execution& execution, const ModelActor& actor, std::string_view unlock,
                            std::string_view lock) {
    execution.report(FindingKind::lock_imbalance, actor.id,
                     "WARNING: bad unlock balance detected! " + std::string(unlock) + " without " +
                         std::string(lock),
                     std::string(unlock) + " in " + actor.spec.name);
  }

  static void report_end(Execution& execution, const ModelActor& actor, const std::string& how,
                         std::string_view lock) {
    execution.report(FindingKind::lock_imbalance, actor.id,
                     "WARNING: " + actor.spec.name + " ends " + how,
                     std::string(lock) + " in " + actor.spec.name);
  }

  static void report_held(Execution& execution, const ModelActor& actor, const ModelLock& lock,
                          const std::string& taken_by) {
    execution.report(FindingKind::lock_imbalance, actor.id,
                     "WARNING: " + actor.spec.name + " still has locks held! (" +
                         execution.part_name(&lock, lock.name) + ")",
                     taken_by + " in " + actor.spec.name);
  }

  static void check_owner(Execution& execution, const ModelActor& actor, const Operation& operation,
                          ActorId owner) {
    if (owner == actor.id) return;
    execution.report(FindingKind::lock_imbalance, actor.id,
                     "WARNING: bad unlock balance detected! " + actor.spec.name + " unlocks " +
                         execution.location_name(operation) + ", which it does not hold",
                     execution.location_name(operation));
  }

  static void check_srcu(Execution& execution, const ModelActor& actor,
                         const Operation& operation) {
    for (const SrcuSection& section : actor.srcu_sections)
      if (section.domain == operation.address && section.index == operation.argument) return;
    report_unlock(execution, actor, "srcu_read_unlock", "srcu_read_lock of that index");
  }

  /// It would wait for itself.
  static void check_own_domain(Execution& execution, const ModelActor& actor,
                               const Operation& operation) {
    for (const SrcuSection& section : actor.srcu_sections)
      if (section.domain == operation.address)
        execution.report(FindingKind::suspicious_rcu_usage, actor.id,
                         "WARNING: suspicious RCU usage: Illegal synchronize_srcu() in same-type "
                         "SRCU (or in RCU) read-side critical section!",
                         "synchronize_srcu");
  }

  static void check_unmask(Execution& execution, const ModelActor& actor, Mask what) {
    const bool is_off = what == Mask::irq      ? actor.mask.irq_off
                        : what == Mask::bh     ? actor.mask.bh_off > actor.rcu_bh_nesting
                        : what == Mask::rcu_bh ? actor.rcu_bh_nesting > 0
                        : what == Mask::rcu_sched
                            ? actor.rcu_sched_nesting > 0
                            : actor.mask.preempt_off > actor.rcu_sched_nesting;
    // Interrupts are either on or off: enabling them twice is legal.
    if (!is_off && what != Mask::irq)
      report_unlock(execution, actor, on_name(what), off_name(what));
  }
};

}  // namespace

std::unique_ptr<Observer> make_rcu_usage_checker() { return std::make_unique<RcuUsage>(); }

}  // namespace rcuscope
