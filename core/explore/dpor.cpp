// SPDX-License-Identifier: LGPL-2.1-or-later
// Source-DPOR: one execution for each order of dependent operations, found by reversing races.
// Follows: Abdulla et al. (JACM 2017), algorithm Source-DPOR. Deviates where an execution ended
// early by a fatal finding or a limit: races with what it never ran are unknown, so every choice on
// its way is tried.
#include <algorithm>

#include "base/assert.h"
#include "base/error.h"
#include "explore/choice_stack.h"
#include "explore/happens_before.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

class Dpor final : public Strategy {
 public:
  bool begin_execution() override {
    stack_.rewind();
    return !is_exhausted_;
  }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    if (stack_.is_replaying()) return stack_.follow(execution, enabled);
    ChoicePoint& point = stack_.push(execution, enabled, true);
    const std::size_t first = point.first_awake(execution.current());
    if (first == point.enabled.size()) {
      stack_.pop();  // all that can follow has been explored: nothing to come back to
      return {};
    }
    point.is_planned.assign(point.enabled.size(), false);
    point.is_planned[first] = true;
    return stack_.take(first);
  }

  void end_execution(const Execution& execution, ExecutionEnd end) override {
    stack_.throw_if_nondeterministic();
    races_.clear();
    const std::span<const StepRecord> log = execution.log();
    order_.truncate(kept_steps_);
    for (std::size_t i = order_.size(); i < log.size(); ++i)
      order_.append(log[i], execution, races_);
    if (is_order_known(execution, end)) {
      order_.append_phantom_races(execution, end == ExecutionEnd::complete, races_);
      for (const Race& race : races_) plan(race);
    } else {
      stack_.plan_everything();
    }
    backtrack();
  }

  bool is_exhaustive() const override { return true; }
  double progress() const override { return is_exhausted_ ? 1 : stack_.progress(); }

 private:
  /// False if the execution was cut short, or if an atomic context slept: what such an actor keeps
  /// from running on its CPU depends on whom it waits for, which no claim says.
  static bool is_order_known(const Execution& execution, ExecutionEnd end) {
    if (end != ExecutionEnd::complete && end != ExecutionEnd::redundant) return false;
    return std::none_of(
        execution.findings().begin(), execution.findings().end(),
        [](const Finding& finding) { return finding.kind == FindingKind::sleeping_in_atomic; });
  }

  /// Sees to it that the other order of a race is explored from the choice of its first event on.
  void plan(const Race& race) {
    const std::int32_t choice = order_.step(race.first).choice;
    RCUSCOPE_ASSERT(choice >= 0);
    ChoicePoint& point = stack_.at(static_cast<std::size_t>(choice));
    order_.initials(race, initials_);
    std::size_t first = point.enabled.size();
    for (const ActorId actor : initials_) {
      if (point.is_asleep(actor)) return;  // explored, or will be below an earlier choice
      const std::size_t index = point.index_of(actor);
      if (index == point.enabled.size()) continue;
      if (point.is_planned[index]) return;
      first = std::min(first, index);
    }
    if (first < point.enabled.size()) {
      point.is_planned[first] = true;
      return;
    }
    // A work item whose grace period was not over when it was cancelled has no other order here;
    // any other plan that cannot run means that the dependency table is wrong.
    RCUSCOPE_ASSERT(!race.second.has_value(), race.first);
  }

  void backtrack() {
    while (!stack_.empty()) {
      ChoicePoint& point = stack_.back();
      point.put_chosen_to_sleep();
      for (std::size_t i = 0; i < point.enabled.size(); ++i) {
        if (!point.is_planned[i] || point.is_asleep(point.enabled[i].actor)) continue;
        kept_steps_ = first_step_of(stack_.size() - 1);
        stack_.take_other(i);
        return;
      }
      stack_.pop();
    }
    is_exhausted_ = true;
  }

  /// Index of the event that a choice led to: everything before it stays as it is.
  std::size_t first_step_of(std::size_t choice) const {
    for (std::size_t i = order_.size(); i-- > 0;)
      if (order_.step(i).choice == static_cast<std::int32_t>(choice)) return i;
    return 0;
  }

  ChoiceStack stack_;
  HappensBefore order_;
  std::size_t kept_steps_ = 0;
  std::vector<Race> races_;
  std::vector<ActorId> initials_;
  bool is_exhausted_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_dpor_search() { return std::make_unique<Dpor>(); }

}  // namespace rcuscope
