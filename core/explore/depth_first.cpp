// SPDX-License-Identifier: LGPL-2.1-or-later
// Depth-first search that tries every enabled actor at every choice, with sleep sets or without.
// Follows: P. Godefroid, Partial-Order Methods for the Verification of Concurrent Systems (1996).
#include "explore/choice_stack.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

class DepthFirst final : public TreeSearch {
 public:
  explicit DepthFirst(bool use_sleep_sets) : use_sleep_sets_(use_sleep_sets) {
    stack_.set_use_sleep_sets(use_sleep_sets);
  }

  bool begin_execution() override {
    stack_.rewind();
    return !is_exhausted_;
  }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    if (stack_.is_replaying()) return stack_.follow(execution, enabled);
    ChoicePoint& point = stack_.push(execution, enabled);
    const std::size_t first = point.first_awake(execution.current());
    if (first == point.enabled.size()) {
      stack_.pop();  // all that can follow has been explored: nothing to come back to
      return {};
    }
    point.plan(first);
    for (std::size_t i = 0; i < point.enabled.size(); ++i)
      if (i != first && !point.is_asleep(point.enabled[i].actor)) point.plan(i);
    return stack_.take();
  }

  ActorId known_choice(const Execution& execution) override {
    return stack_.follow_known(execution);
  }

  void end_execution(const Execution&, ExecutionEnd) override {
    stack_.throw_if_nondeterministic();
    is_exhausted_ = !stack_.backtrack();
  }

  /// The oracle takes nothing for granted, not even that local operations commute.
  bool decides_local_operations() const override { return !use_sleep_sets_; }

 private:
  const bool use_sleep_sets_;
};

}  // namespace

std::unique_ptr<TreeSearch> make_sleep_set_search() { return std::make_unique<DepthFirst>(true); }

std::unique_ptr<TreeSearch> make_exhaustive_search() { return std::make_unique<DepthFirst>(false); }

}  // namespace rcuscope
