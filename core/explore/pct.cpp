// SPDX-License-Identifier: LGPL-2.1-or-later
// Probabilistic concurrency testing: random priorities with few points where they change.
// Follows: S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte, A Randomized Scheduler with
// Probabilistic Guarantees of Finding Bugs (ASPLOS 2010). Deviates: the number of steps is not
// given but estimated, as the most choices of any earlier execution of the block, whose first
// execution therefore changes no priority; actors that appear later (callbacks, work) draw their
// priority when they are first seen; a step is a choice, since everything between two choices
// commutes.
#include <algorithm>
#include <array>
#include <vector>

#include "explore/random_stream.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

class Pct final : public Strategy {
 public:
  Pct(std::uint64_t seed, unsigned bug_depth, SampleRange range)
      : seed_(seed), range_(range), change_points_(bug_depth - 1) {}

  bool begin_execution() override {
    if (range_.first == range_.end) return false;
    if (range_.first % pct_block == 0) longest_ = 0;
    random_ = random_of_execution(seed_, range_.first++);
    choice_count_ = 0;
    priorities_.fill(0);
    for (std::uint64_t& point : change_points_)
      point = longest_ > 0 ? random_.below(longest_) : never;
    return true;
  }

  ActorId choose(const Execution&, std::span<const ActorId> enabled) override {
    for (const ActorId actor : enabled)
      if (priority(actor) == 0) priority(actor) = lowest_initial + random_.below(initial_count);
    ActorId chosen = highest(enabled);
    for (std::size_t i = 0; i < change_points_.size(); ++i) {
      if (change_points_[i] != choice_count_) continue;
      priority(chosen) = i + 1;  // below all initial ones; which of two is lower is random
      chosen = highest(enabled);
    }
    ++choice_count_;
    return chosen;
  }

  void end_execution(const Execution&, ExecutionEnd) override {
    longest_ = std::max(longest_, choice_count_);
  }
  bool is_exhaustive() const override { return false; }

 private:
  static constexpr std::uint64_t never = static_cast<std::uint64_t>(-1);
  static constexpr std::uint64_t lowest_initial = std::uint64_t{1} << 32;
  static constexpr std::uint64_t initial_count = std::uint64_t{1} << 62;  // no two are equal

  std::uint64_t& priority(ActorId actor) {
    return priorities_[static_cast<std::size_t>(actor.value)];
  }

  ActorId highest(std::span<const ActorId> enabled) {
    return *std::max_element(enabled.begin(), enabled.end(),
                             [this](ActorId a, ActorId b) { return priority(a) < priority(b); });
  }

  const std::uint64_t seed_;
  SampleRange range_;
  Random random_{0};
  std::array<std::uint64_t, max_actors> priorities_{};  ///< 0: not drawn yet.
  std::vector<std::uint64_t> change_points_;            ///< As numbers of choices.
  std::uint64_t choice_count_ = 0;                      ///< Of this execution.
  std::uint64_t longest_ = 0;                           ///< Of the block so far, in choices.
};

}  // namespace

std::unique_ptr<Strategy> make_pct_search(std::uint64_t seed, unsigned bug_depth,
                                          SampleRange range) {
  return std::make_unique<Pct>(seed, bug_depth, range);
}

}  // namespace rcuscope
