// SPDX-License-Identifier: LGPL-2.1-or-later
// Depth-first search of the schedules with few preemptions, fewest first.
// Follows: M. Musuvathi, S. Qadeer, Iterative Context Bounding for Systematic Testing of
// Multithreaded Programs (PLDI 2007). Deviates: what a smaller bound cut off is not remembered but
// found again, so that memory does not grow with the number of executions; and there is no
// reduction, because a sleep set may hide the only order that keeps within the bound.
#include <algorithm>

#include "explore/choice_stack.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

/// A preemption is a switch away from an actor that could have gone on. Every operation counts, the
/// local ones, too: executing those at once would move a switch to where it costs something else.
class Bounded final : public TreeSearch {
 public:
  Bounded(unsigned first_bound, unsigned last_bound)
      : bound_(first_bound), last_bound_(last_bound) {
    stack_.set_use_sleep_sets(false);
  }

  bool begin_execution() override {
    stack_.rewind();
    previous_ = {};
    preemptions_ = 0;
    return !is_exhausted_;
  }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    const bool can_go_on = std::find(enabled.begin(), enabled.end(), previous_) != enabled.end();
    const ActorId chosen = decide(execution, enabled, can_go_on);
    preemptions_ += can_go_on && chosen != previous_;
    previous_ = chosen;
    return chosen;
  }

  void end_execution(const Execution&, ExecutionEnd) override {
    stack_.throw_if_nondeterministic();
    was_repetition_ = preemptions_ < bound_;
    if (stack_.backtrack()) return;
    is_exhausted_ = bound_ == last_bound_ || !was_cut_;
    if (is_exhausted_) return;
    ++bound_;
    was_cut_ = false;
    stack_.clear();
  }

  /// Schedules with fewer preemptions were counted with their own bound.
  bool was_repetition() const override { return was_repetition_; }
  bool is_exhaustive() const override { return !was_cut_; }
  bool decides_local_operations() const override { return true; }
  std::string mode() const override { return std::to_string(bound_); }
  bool was_cut() const override { return was_cut_; }
  double progress() const override {
    if (is_exhausted_) return 1;
    return bound_ == last_bound_ ? stack_.progress() : 0;  // the next bound's size is unknown
  }

 private:
  ActorId decide(const Execution& execution, std::span<const ActorId> enabled, bool can_go_on) {
    if (stack_.is_replaying()) return stack_.follow(execution, enabled);
    ChoicePoint& point = stack_.push(execution, enabled);
    const std::size_t first = can_go_on ? point.index_of(previous_) : 0;
    point.plan(first);
    if (can_go_on && preemptions_ == bound_) {
      was_cut_ |= enabled.size() > 1;
    } else {
      for (std::size_t i = 0; i < point.enabled.size(); ++i)
        if (i != first) point.plan(i);
    }
    point.awake_at_start = point.order.size();
    return stack_.take();
  }

  unsigned bound_;  ///< Of the phase: all schedules with fewer preemptions have been explored.
  const unsigned last_bound_;
  unsigned preemptions_ = 0;  ///< Of the path so far.
  ActorId previous_;          ///< Who was chosen last.
  bool was_cut_ = false;      ///< Some schedule of this phase needs more preemptions.
  bool was_repetition_ = false;
};

}  // namespace

std::unique_ptr<TreeSearch> make_bounded_search(unsigned first_bound, unsigned last_bound) {
  return std::make_unique<Bounded>(first_bound, last_bound);
}

}  // namespace rcuscope
