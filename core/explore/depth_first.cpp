// SPDX-License-Identifier: LGPL-2.1-or-later
// Stateless depth-first search: the stack of choices is kept, executions are run again from the start.
// Follows: P. Godefroid, Partial-Order Methods (1996), sleep sets; local operations never get here.
#include <algorithm>

#include "base/error.h"
#include "explore/strategy.h"

namespace rcuscope {
namespace {

/// An actor with the operation that it had published when it was put here.
struct Candidate {
  ActorId actor;
  Operation operation;
};

/// One choice point on the current path.
struct Frame {
  std::vector<Candidate> enabled;
  /// Invariant: everything that starts with one of these here has been explored elsewhere.
  std::vector<Candidate> sleep;
  std::size_t chosen = 0;     ///< Index into enabled.
  std::size_t tried = 0;      ///< How many of enabled have been chosen so far.
  std::size_t untried_at_start = 0;
};

bool contains(const std::vector<Candidate>& set, ActorId actor) {
  return std::any_of(set.begin(), set.end(), [&](const Candidate& c) { return c.actor == actor; });
}

class DepthFirst final : public Strategy {
 public:
  explicit DepthFirst(bool use_sleep_sets) : use_sleep_sets_(use_sleep_sets) {}

  bool begin_execution() override {
    if (!error_.empty()) throw NondeterminismError(error_);
    depth_ = 0;
    return !is_exhausted_;
  }

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    if (depth_ < size_) return follow(execution, enabled);
    Frame& frame = push(execution, enabled);
    const std::size_t index = first_choice(frame, execution.current());
    if (index == frame.enabled.size()) {
      --size_;  // all that can follow has been explored: nothing to come back to
      return {};
    }
    frame.chosen = index;
    frame.tried = 1;
    ++depth_;
    return frame.enabled[index].actor;
  }

  void end_execution() override {
    if (!error_.empty()) throw NondeterminismError(error_);
    while (size_ > 0) {
      Frame& frame = frames_[size_ - 1];
      frame.sleep.push_back(frame.enabled[frame.chosen]);
      for (std::size_t i = 0; i < frame.enabled.size(); ++i) {
        if (contains(frame.sleep, frame.enabled[i].actor)) continue;
        frame.chosen = i;
        ++frame.tried;
        return;
      }
      --size_;
    }
    is_exhausted_ = true;
  }

  bool is_exhaustive() const override { return true; }
  /// The oracle takes nothing for granted, not even that local operations commute.
  bool decides_local_operations() const override { return !use_sleep_sets_; }

  double progress() const override {
    if (is_exhausted_) return 1;
    double done = 0, weight = 1;
    for (std::size_t i = 0; i < size_; ++i) {
      weight /= static_cast<double>(std::max<std::size_t>(1, frames_[i].untried_at_start));
      done += weight * static_cast<double>(frames_[i].tried - 1);
    }
    return done;
  }

 private:
  Frame& push(const Execution& execution, std::span<const ActorId> enabled) {
    if (frames_.size() == size_) frames_.emplace_back();
    Frame& frame = frames_[size_++];
    frame.enabled.clear();
    frame.sleep.clear();
    for (const ActorId id : enabled) frame.enabled.push_back({id, execution.actor(id).pending});
    if (use_sleep_sets_ && size_ > 1) inherit_sleep(frames_[size_ - 2], frame);
    frame.untried_at_start = 0;
    for (const Candidate& candidate : frame.enabled)
      frame.untried_at_start += !contains(frame.sleep, candidate.actor);
    return frame;
  }

  /// Who slept goes on sleeping until something that depends on its operation happens.
  static void inherit_sleep(const Frame& parent, Frame& frame) {
    const Candidate& executed = parent.enabled[parent.chosen];
    for (const Candidate& sleeper : parent.sleep)
      if (sleeper.actor != executed.actor && !dependent(sleeper.operation, executed.operation))
        frame.sleep.push_back(sleeper);
  }

  /// The running actor if it may go on (fewest context switches first), else the first awake one.
  static std::size_t first_choice(const Frame& frame, ActorId running) {
    std::size_t first = frame.enabled.size();
    for (std::size_t i = 0; i < frame.enabled.size(); ++i) {
      if (contains(frame.sleep, frame.enabled[i].actor)) continue;
      if (frame.enabled[i].actor == running) return i;
      if (first == frame.enabled.size()) first = i;
    }
    return first;
  }

  ActorId follow(const Execution& execution, std::span<const ActorId> enabled) {
    const Frame& frame = frames_[depth_];
    bool is_same = enabled.size() == frame.enabled.size();
    for (std::size_t i = 0; is_same && i < enabled.size(); ++i) {
      const Operation& now = execution.actor(enabled[i]).pending;
      const Operation& before = frame.enabled[i].operation;
      is_same = enabled[i] == frame.enabled[i].actor && now.kind == before.kind;
      if (!is_same) describe_difference(execution, enabled[i], before, now);
    }
    if (!is_same && error_.empty())
      error_ = "choice " + std::to_string(depth_) + ": other actors are enabled than in the execution before; the scenario's body must be deterministic";
    if (!error_.empty()) return {};
    return frame.enabled[frames_[depth_++].chosen].actor;
  }

  void describe_difference(const Execution& execution, ActorId actor, const Operation& before, const Operation& now) {
    error_ = "actor '" + execution.actor(actor).spec.name + "', choice " + std::to_string(depth_) +
             ": expected " + std::string(to_string(before.kind)) + " " + before.location + " as in the execution before, but it publishes " +
             std::string(to_string(now.kind)) + " " + now.location + "; the scenario's body must be deterministic";
  }

  const bool use_sleep_sets_;
  std::vector<Frame> frames_;  // the first size_ are the current path; the rest is kept for reuse
  std::size_t size_ = 0;
  std::size_t depth_ = 0;
  bool is_exhausted_ = false;
  std::string error_;
};

}  // namespace

std::unique_ptr<Strategy> make_sleep_set_search() { return std::make_unique<DepthFirst>(true); }

std::unique_ptr<Strategy> make_exhaustive_search() { return std::make_unique<DepthFirst>(false); }

}  // namespace rcuscope
