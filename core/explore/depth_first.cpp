// SPDX-License-Identifier: LGPL-2.1-or-later
// Depth-first search that tries every enabled actor at every choice, with sleep sets or without.
// Follows: P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems (1996).
#include "explore/choice_stack.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

class DepthFirst final : public Strategy {
 public:
  explicit DepthFirst(bool use_sleep_sets) : use_sleep_sets_(use_sleep_sets) {}

  bool begin_execution() override {
    stack_.rewind();
    return !is_exhausted_;
  }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    if (stack_.is_replaying()) return stack_.follow(execution, enabled);
    ChoicePoint& point = stack_.push(execution, enabled, use_sleep_sets_);
    const std::size_t first = point.first_awake(execution.current());
    if (first < point.enabled.size()) return stack_.take(first);
    stack_.pop();  // all that can follow has been explored: nothing to come back to
    return {};
  }

  void end_execution(const Execution&, ExecutionEnd) override {
    stack_.throw_if_nondeterministic();
    for (; !stack_.empty(); stack_.pop()) {
      ChoicePoint& point = stack_.back();
      point.put_chosen_to_sleep();
      for (std::size_t i = 0; i < point.enabled.size(); ++i)
        if (!point.is_asleep(point.enabled[i].actor)) return stack_.take_other(i);
    }
    is_exhausted_ = true;
  }

  bool is_exhaustive() const override { return true; }
  /// The oracle takes nothing for granted, not even that local operations commute.
  bool decides_local_operations() const override { return !use_sleep_sets_; }
  double progress() const override { return is_exhausted_ ? 1 : stack_.progress(); }

 private:
  const bool use_sleep_sets_;
  ChoiceStack stack_;
  bool is_exhausted_ = false;
};

}  // namespace

std::unique_ptr<Strategy> make_sleep_set_search() { return std::make_unique<DepthFirst>(true); }

std::unique_ptr<Strategy> make_exhaustive_search() { return std::make_unique<DepthFirst>(false); }

}  // namespace rcuscope
