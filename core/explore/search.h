// SPDX-License-Identifier: LGPL-2.1-or-later
// Search: one strategy that drives one execution after the other, with the counts of what it saw.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "explore/explorer.h"

namespace rcuscope {

/// Verdict::limit of an execution that had more actors or memory than one may have.
inline constexpr const char* limit_execution_size = "execution_size";

/// Verdict::limit where the outcome rests on more order than the kernel's memory model gives.
inline constexpr const char* limit_memory = "memory";

/// Checkers and the execution that they look at.
class CheckedExecution {
 public:
  CheckedExecution(ActorRunner& runner, const ExploreOptions& options)
      : checkers_(make_checkers(options.checks)),
        memory_(make_memory_checker()),
        execution(runner, {options.max_steps, pointers(), options.awaits, options.goes_back,
                           memory_.get(), options.patience}) {}

 private:
  std::vector<Observer*> pointers() const;

  std::vector<std::unique_ptr<Observer>> checkers_;
  std::unique_ptr<MemoryObserver> memory_;

 public:
  Execution execution;
};

/// A finding, with what makes its schedule better than another one.
struct Found {
  Finding finding;
  std::size_t context_switches = 0;
  std::size_t choices = 0;
  std::uint64_t executions = 0;  ///< Complete ones that show it, of Tally::executions.

  /// True if people would rather read this counterexample: of two at one place, what a reader met
  /// tells more than what an updater did to itself; then the shorter one.
  bool is_better_than(const Found& other) const {
    return std::tuple(!finding.is_by_reader, context_switches, choices) <
           std::tuple(!other.finding.is_by_reader, other.context_switches, other.choices);
  }
};

/// Verdict::limit of a search that found itself wrong: please report.
inline constexpr const char* limit_infeasible_plan = "infeasible_plan";

/// Counts and findings of a search, or of a part of one.
struct Tally {
  std::uint64_t executions = 0;  ///< As in Verdict; likewise the next four.
  std::uint64_t blocked = 0;
  std::uint64_t steps = 0;
  std::uint64_t infeasible_plans = 0;
  std::string limit;
  std::map<std::pair<FindingKind, std::string>, Found> found;  ///< By kind and place.
  std::set<std::string> final_states;
  Cost cost;
  AwaitSites awaits;         ///< Known when this was counted; found schedules rest on them.
  std::string memory_doubt;  ///< Of complete executions, the first in the alphabet; may be empty.

  /// What is known of that kind and place; null if nothing is.
  const Found* find(const Finding& finding) const;
  /// Keeps the better one of each kind and place, and the sum of their executions. Return: true if
  /// there was none.
  bool keep(Found found);
  /// One more execution, with what it showed.
  void count_execution(const std::vector<Finding>& findings);
  void keep_doubt(const std::string& why);
  /// Return: false if there are more than max_final_states.
  bool keep(const std::string& final_state);
  void add(const Tally& other);
  /// The search began anew: what was counted before does not hold, what was found does.
  void begin_anew();
};

class Search {
 public:
  Search(const Program& program, Strategy& strategy, CheckedExecution& checked,
         const ExploreOptions& options)
      : program_(program), options_(options), strategy_(strategy), execution_(checked.execution) {
    tally_.awaits = options.awaits;
  }

  /// Runs until the strategy has nothing left, a limit was reached, or must_pause, which is asked
  /// after each execution, is true.
  void run(const std::function<bool()>& must_pause = {});

  const Tally& tally() const { return tally_; }
  double share_done() const;  ///< 0 to 1; 0 if unknown.
  double seconds_since_start() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  Verdict verdict_so_far() const;

 private:
  void run_once();
  void count(ExecutionEnd end);
  void keep_findings();
  void check_limits();
  bool is_out_of_time() const;

  const Program& program_;
  const ExploreOptions& options_;
  Strategy& strategy_;
  Execution& execution_;
  Tally tally_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  int executions_since_look_ = 0;
  bool is_slow_ = false;
  bool is_finding_new_ = false;  // of another kind or place: told at once
  double last_look_ = 0;
  double last_report_ = 0;
};

/// The strategy that the options name.
std::unique_ptr<Strategy> make_strategy(const ExploreOptions& options);

/// The tree search that the options name, in the mode of a unit of it; "" is the mode to begin
/// with. Throws: UsageError if there is no such mode.
std::unique_ptr<TreeSearch> make_tree_search(const ExploreOptions& options,
                                             const std::string& mode);

/// What a tally amounts to while the search goes on. `share_done`: 0 to 1; 0 if unknown.
Verdict verdict_of(const Tally& tally, const ExploreOptions& options, double share_done,
                   double seconds);

/// The same when the search has ended. `is_exhaustive`: as Strategy says.
Verdict final_verdict(const Tally& tally, const ExploreOptions& options, bool is_exhaustive,
                      double share_done, double seconds);

}  // namespace rcuscope
