// SPDX-License-Identifier: LGPL-2.1-or-later
// Strategy: the contract between the explorer and one way to search the schedules.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "explore/choice_stack.h"
#include "model/execution.h"

namespace rcuscope {

class Strategy : public Chooser {
 public:
  /// Called before each execution. Return: false when there is nothing left to explore.
  virtual bool begin_execution() = 0;
  /// Called after each execution, whatever ended it.
  virtual void end_execution(const Execution& execution, ExecutionEnd end) = 0;
  /// True if exhausting it covers every order of dependent operations.
  virtual bool is_exhaustive() const = 0;
  /// True after an execution with which the search began anew: earlier ones do not count.
  virtual bool has_restarted() const { return false; }
  /// True if the latest execution repeated an earlier one: it does not count.
  virtual bool was_repetition() const { return false; }
  /// Orders of dependent operations that it wanted to try and that could not run, since it began:
  /// more than 0 is a defect of the search, which may have missed something.
  virtual std::uint64_t infeasible_plans() const { return 0; }
  /// Share of the search that is done, 0 to 1; 0 if unknown.
  virtual double progress() const { return 0; }
};

/// A search along a tree of choices, of which a part can be given to somebody else.
class TreeSearch : public Strategy {
 public:
  /// Explores only what the unit owns. Call before the first execution.
  virtual void load(const WorkUnit& unit) { stack_.load(unit); }
  const ChoiceStack& stack() const { return stack_; }
  bool is_exhausted() const { return is_exhausted_; }
  /// What it decided about the whole search while it ran, as text: units of another mode do not
  /// belong together. make_tree_search() takes it.
  virtual std::string mode() const { return ""; }
  /// True if a preemption bound kept something from being explored.
  virtual bool was_cut() const { return false; }

  bool is_exhaustive() const override { return true; }
  double progress() const override { return is_exhausted_ ? 1 : stack_.progress(); }

 protected:
  ChoiceStack stack_;
  bool is_exhausted_ = false;
};

/// Source-DPOR: depth first over the orders that reversed races ask for, with sleep sets. Lazy
/// readers: whether a section opens before or after the start of a grace period is decided together
/// with what the reader does first, so R readers of one removal cost 2^R executions instead of 3^R.
std::unique_ptr<TreeSearch> make_dpor_search(const std::string& mode = "lazy");

/// Depth first over all orders of dependent operations, with sleep sets (Godefroid 1996): an order
/// that differs from an explored one only by exchanging independent neighbours is not explored
/// again.
std::unique_ptr<TreeSearch> make_sleep_set_search();

/// Depth first over every interleaving, without any reduction: the oracle of tests.
std::unique_ptr<TreeSearch> make_exhaustive_search();

/// Depth first over every interleaving with at most last_bound preemptions, fewest first; those
/// with fewer than first_bound are not counted. Exhaustive if no schedule needs more.
std::unique_ptr<TreeSearch> make_bounded_search(unsigned first_bound, unsigned last_bound);

/// Independent random walks; never exhausts.
std::unique_ptr<Strategy> make_random_search(std::uint64_t seed, SampleRange range = {});

/// PCT: the enabled actor with the highest random priority runs; bug_depth - 1 times in an
/// execution the running one falls behind all others. An execution of k choices with n actors hits
/// a defect that needs bug_depth ordering constraints with probability 1 / (n * k^(bug_depth - 1))
/// or more. Never exhausts. The range begins at a multiple of pct_block.
std::unique_ptr<Strategy> make_pct_search(std::uint64_t seed, unsigned bug_depth,
                                          SampleRange range = {});

/// The length of PCT's executions is estimated from the earlier ones of the same block.
inline constexpr std::uint64_t pct_block = 64;

/// One execution along given choices, then the first enabled actor, the running one preferred. Cut
/// short: the choices are of every operation, and the execution ends behind the last one.
/// Throws from begin_execution or after the run: UsageError if a choice is not enabled.
class Replay final : public Strategy {
 public:
  explicit Replay(std::vector<ActorId> choices, bool is_cut_short = false)
      : choices_(std::move(choices)), is_cut_short_(is_cut_short) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override;
  bool begin_execution() override { return !std::exchange(has_run_, true); }
  void end_execution(const Execution& execution, ExecutionEnd end) override;
  bool is_exhaustive() const override { return false; }
  bool decides_local_operations() const override { return is_cut_short_; }
  bool cuts_short() const override { return is_cut_short_; }

 private:
  std::vector<ActorId> choices_;
  const bool is_cut_short_;
  std::size_t position_ = 0;
  bool has_run_ = false;
  std::string misfit_;  ///< Empty, or why the schedule does not fit the program.
};

}  // namespace rcuscope
