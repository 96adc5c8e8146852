// SPDX-License-Identifier: LGPL-2.1-or-later
// Sleeping where the context forbids it: KERNEL_FACTS 2.1 and 2.2.
#include "base/place_text.h"
#include "check/checker.h"

namespace rcuscope {
namespace {

/// The reason in words; empty if the actor may sleep.
std::string why_not_sleep(const ModelActor& actor) {
  if (actor.is_implicit_reader())
    return actor.spec.kind == ActorKind::callback
               ? "a call_rcu callback runs in softirq context"
               : std::string(to_string(context_of(actor.spec.kind))) + " context";
  if (!actor.held_spinlocks.empty())
    return "holding the spinlock " + std::string(actor.held_spinlocks.back().lock->name);
  if (actor.mask.irq_off) return "interrupts are off";
  if (actor.mask.bh_off != 0) return "bottom halves are off";
  if (actor.mask.preempt_off != 0) return "preemption is off";
  return "";
}

/// " at iommu.h:123", as the kernel says it; the same on every machine.
std::string at(const Place& place) {
  if (place.line == 0) return "";
  return " at " + place_text(place.file, place.line);
}

class SleepInAtomic final : public Observer {
 public:
  explicit SleepInAtomic(const CheckOptions& options) : options_(options) {}

  void on_may_sleep(Execution& execution, const ModelActor& actor, std::string_view what,
                    const Place& place) override {
    const std::string reason = why_not_sleep(actor);
    const std::string call(what);
    if (!reason.empty()) {
      report(execution, actor,
             "BUG: sleeping function called from invalid context" + at(place) + ": " + call + " (" +
                 reason + ")",
             call);
    } else if (actor.reader_nesting > 0) {
      report_in_reader(execution, actor, call);
    }
  }

  bool watches(OperationKind kind) const override {
    return options_.put_device == PutDeviceMode::strict && kind == OperationKind::refcount_put;
  }
  void on_operation(Execution& execution, const ModelActor& actor, const Operation&) override {
    if (why_not_sleep(actor).empty()) return;
    report(execution, actor,
           "put_device may sleep: its release path can run here (" + why_not_sleep(actor) + ")",
           "put_device");
  }

 private:
  static void report_in_reader(Execution& execution, const ModelActor& actor,
                               const std::string& call) {
    if (call.starts_with("synchronize_") || call == "cond_synchronize_rcu") {
      execution.report(FindingKind::suspicious_rcu_usage, actor.id,
                       "WARNING: suspicious RCU usage: Illegal " + call +
                           "() in RCU read-side critical section!",
                       call);
      return;  // what follows is the deadlock itself
    }
    report(execution, actor,
           "Voluntary context switch within RCU read-side critical section! (" + call + ")", call);
  }

  static void report(Execution& execution, const ModelActor& actor, std::string message,
                     const std::string& call) {
    execution.report(FindingKind::sleeping_in_atomic, actor.id, std::move(message),
                     call + " in " + actor.spec.name);
  }

  CheckOptions options_;
};

}  // namespace

std::unique_ptr<Observer> make_sleep_in_atomic_checker(const CheckOptions& options) {
  return std::make_unique<SleepInAtomic>(options);
}

}  // namespace rcuscope
