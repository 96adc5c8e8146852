// SPDX-License-Identifier: LGPL-2.1-or-later
// Loops that nobody will end: KERNEL_FACTS 2.3, "Stalls".
#include "check/checker.h"
#include "check/waiting.h"

namespace rcuscope {
namespace {

class Stall final : public Observer {
 public:
  bool watches(OperationKind) const override { return false; }
  void on_blocked(Execution& execution) override {
    for (std::size_t i = 0; i < execution.actor_count(); ++i) {
      const ModelActor& actor = execution.actor({static_cast<std::int32_t>(i)});
      if (actor.is_finished() || !actor.is_parked() || execution.can_proceed(actor)) continue;
      execution.report(FindingKind::stall, actor.id, message(execution, actor),
                       actor.spec.name + " waits in a loop");
      return;
    }
  }

  void on_going_round(Execution& execution, const ActorSet& actors) override {
    const ModelActor* first = nullptr;
    std::string names;
    for (std::size_t i = 1; i < execution.actor_count(); ++i) {
      const ModelActor& actor = execution.actor({static_cast<std::int32_t>(i)});
      if (!actors[i] || actor.is_finished()) continue;
      names += (names.empty() ? "'" : ", '") + actor.spec.name + "'";
      const bool is_waited_for = !waiting_for(execution, actor.id).empty();
      if (first == nullptr || (is_waited_for && waiting_for(execution, first->id).empty()))
        first = &actor;
    }
    if (first == nullptr) return;
    const bool is_one = names.find(',') == std::string::npos;
    execution.report(FindingKind::stall, first->id,
                     in_words_of_the_kernel(
                         execution, *first,
                         names + (is_one ? " goes" : " go") +
                             " round without end: the same state comes again, though everybody "
                             "who could run has run"),
                     first->spec.name + " goes round in a loop");
  }

 private:
  static std::string message(const Execution& execution, const ModelActor& actor) {
    return in_words_of_the_kernel(execution, actor,
                                  "'" + actor.spec.name + "' goes round in a loop that reads " +
                                      reads(execution, actor) +
                                      ", and nobody is left to change that");
  }

  static std::string in_words_of_the_kernel(const Execution& execution, const ModelActor& actor,
                                            const std::string& what) {
    const std::string waiting = waiting_for(execution, actor.id);
    if (waiting.empty()) return std::string(lockup_words(actor)) + ": " + what;
    return "INFO: rcu_preempt detected stalls on CPUs/tasks: " + what + "; " + waiting;
  }

  static std::string reads(const Execution& execution, const ModelActor& actor) {
    std::string text;
    for (const Claim claim : actor.watch.current().reads) {
      if (claim.mode() == Mode::use) continue;
      const auto* const address = reinterpret_cast<const void*>(claim.resource());
      const std::string name = execution.object_name(execution.find_object(address));
      if (name.empty() || text.find(name) != std::string::npos) continue;
      text += (text.empty() ? "" : ", ") + name;
    }
    return text.empty() ? "what it waits for" : text;
  }

  /// Whose grace period waits for the actor's section; empty: nobody's.
  static std::string waiting_for(const Execution& execution, ActorId reader) {
    for (const GracePeriod& grace_period : execution.grace_periods().all())
      if (grace_period.waits_for[static_cast<std::size_t>(reader.value)])
        return "the grace period that '" + execution.actor(grace_period.requested_by).spec.name +
               "' started waits for its read-side critical section";
    return "";
  }
};

}  // namespace

std::unique_ptr<Observer> make_stall_checker() { return std::make_unique<Stall>(); }

}  // namespace rcuscope
