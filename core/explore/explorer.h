// SPDX-License-Identifier: LGPL-2.1-or-later
// explore(): strategy x program x checkers -> Verdict.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "check/checker.h"
#include "explore/cost.h"
#include "explore/strategy.h"
#include "trace/store.h"

namespace rcuscope {

/// A program of the model world: set-up that declares actors, run_actors(), teardown.
using Program = std::function<void(Execution&)>;

enum class StrategyKind : std::uint8_t { dpor, eager_dpor, sleep_sets, exhaustive, random, pct };

/// True for strategies that draw schedules at random: they go on until a limit ends them.
constexpr bool is_sampling(StrategyKind kind) {
  return kind == StrategyKind::random || kind == StrategyKind::pct;
}

struct Verdict;

/// What the explorer tells while it runs, at most every 50 ms.
struct Progress {
  const Verdict& so_far;  ///< As if the search ended now, without final states and explanations.
  double share_done = 0;  ///< 0 to 1; 0 if unknown.
};

struct ExploreOptions {
  StrategyKind strategy = StrategyKind::dpor;
  std::optional<std::uint64_t> max_executions;
  Step max_steps = 10'000;  ///< Operations of one execution.
  std::optional<double> max_seconds;
  bool stop_on_first = false;
  std::uint64_t seed = 0;  ///< Of sampling strategies.
  unsigned bug_depth = 3;  ///< Of pct: priorities change one time less; at least 1.
  /// Only schedules with so few preemptions, fewest first; not for sampling strategies.
  std::optional<unsigned> preemption_bound;
  AwaitSites awaits;  ///< Where actors wait in loops; explore() finds them itself.
  /// Of programs that can do so, executions begin with a state of an earlier one; false: to test
  /// that it changes nothing.
  bool goes_back = true;
  std::int32_t patience = 1'000;  ///< As in ExecutionOptions.
  bool minimizes = true;          ///< Each finding gets the shortest schedule that shows it.
  CheckOptions checks;
  /// Called at most every 50 ms. Return: false to stop; the verdict then holds what was found so
  /// far.
  std::function<bool(const Progress&)> progress;
};

enum class Outcome : std::uint8_t { safe, safe_bounded, unsafe, unknown };
std::string_view to_string(Outcome outcome);  ///< "SAFE", "SAFE_BOUNDED", "UNSAFE", "UNKNOWN"

struct Verdict {
  Outcome outcome = Outcome::unknown;
  bool is_exhaustive = false;
  std::string memory = "sc";
  std::uint64_t executions = 0;  ///< Complete ones, one per order of dependent operations.
  std::uint64_t blocked = 0;     ///< Given up because all that could follow was explored already.
  std::uint64_t steps = 0;       ///< Operations executed in all.
  /// Orders that the search wanted to try and that could not run: always 0, else it has a defect
  /// and is not exhaustive.
  std::uint64_t infeasible_plans = 0;
  std::uint64_t minimizing_executions = 0;  ///< Afterwards, for shorter counterexamples.
  double seconds = 0;
  std::string limit;    ///< Which limit ended the search: "max_executions", "execution_size" ...;
                        ///< empty = none.
  double estimate = 0;  ///< Estimated number of executions in all; 0 if unknown.
  std::optional<unsigned> preemption_bound;  ///< That the search was told to keep.
  /// One of each kind and place: a reader's if there is one, with the fewest context switches. By
  /// kind; those of readers come first.
  std::vector<Finding> findings;
  std::vector<std::uint64_t> executions_showing;  ///< By finding: of `executions`, those with it.
  std::set<std::string> final_states;
  Cost cost;
  AwaitSites awaits;  ///< Where actors wait in loops; the schedules of the findings rest on them.

  std::string memory_doubt;  ///< Why weak memory may show something else; empty = it cannot.

  /// "SAFE (exhaustive, sc: weak memory not checked): ...", and a second line if there is a doubt.
  std::string summary() const;
};

/// Upper bound of Verdict::final_states; reaching it is reported as limit "final_states".
inline constexpr std::size_t max_final_states = 100'000;

/// The first part of explore(): findings have the schedules in which they were found, and no
/// explanations yet. Throws: what the program's set-up throws.
Verdict search_schedules(const Program& program, ActorRunner& runner,
                         const ExploreOptions& options);

/// Throws: what the program's set-up throws, NondeterminismError.
Verdict explore(const Program& program, ActorRunner& runner, const ExploreOptions& options);

/// The last part of explore(), for verdicts that were put together from several searches: looks
/// beyond a limit on steps, then gives each finding its shortest schedule and its explanation, with
/// the verdict's await sites. Throws: NondeterminismError.
void finish_findings(Verdict& verdict, const Program& program, ActorRunner& runner,
                     const ExploreOptions& options);

struct ReplayResult {
  TraceStore trace;
  std::vector<Finding> findings;  ///< With explanations.
  std::string final_state;
};

/// Runs one schedule again and records it. Throws: UsageError if the schedule does not fit.
ReplayResult replay(const Program& program, ActorRunner& runner, std::string_view schedule,
                    const ExploreOptions& options,
                    const std::map<std::string, std::string>& metadata = {});

}  // namespace rcuscope
