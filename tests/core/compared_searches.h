// SPDX-License-Identifier: LGPL-2.1-or-later
// What one search sees of a random program: other searches must see the same.
#pragma once

#include <set>
#include <string>

#include "explore/search.h"
#include "random_program.h"

namespace rcuscope::testing {

/// All that a reduced search must not miss.
struct Seen {
  std::set<std::string> final_states;
  std::set<std::string> findings;  ///< Kind and place.
  /// Weak memory may show something else. Only whether: which accesses are named may differ.
  bool has_memory_doubt = false;
  std::uint64_t executions = 0;
  std::uint64_t blocked = 0;
  std::uint64_t infeasible_plans = 0;
  bool is_complete = false;  ///< No limit ended the search.

  bool is_same_as(const Seen& other) const {
    return final_states == other.final_states && findings == other.findings &&
           has_memory_doubt == other.has_memory_doubt;
  }
};

inline Seen seen_by(StrategyKind strategy, const RandomProgram& random_program, ActorRunner& runner,
                    std::uint64_t max_executions) {
  ExploreOptions options;
  options.strategy = strategy;
  options.max_executions = max_executions;
  options.minimizes = false;
  options.goes_back = strategy == StrategyKind::dpor;  // the oracle takes nothing for granted
  const Verdict verdict = explore(make_program(random_program), runner, options);
  Seen seen;
  seen.final_states = verdict.final_states;
  for (const Finding& finding : verdict.findings)
    seen.findings.insert(std::string(describe(finding.kind).name) + " @ " + finding.place);
  seen.has_memory_doubt = !verdict.memory_doubt.empty();
  seen.executions = verdict.executions;
  seen.blocked = verdict.blocked;
  seen.infeasible_plans = verdict.infeasible_plans;
  seen.is_complete = verdict.limit.empty() || verdict.limit == limit_memory ||
                     verdict.limit == limit_infeasible_plan;
  return seen;
}

/// Of two searches: what the second one did not see as the first one did; empty if nothing.
inline std::string difference(const Seen& expected, const Seen& seen) {
  std::string text;
  const auto compare = [&text](const char* what, const std::set<std::string>& all,
                               const std::set<std::string>& those) {
    for (const std::string& one : all)
      if (!those.contains(one)) text += std::string("missed ") + what + ": " + one + '\n';
    for (const std::string& one : those)
      if (!all.contains(one)) text += std::string("invented ") + what + ": " + one + '\n';
  };
  compare("final state", expected.final_states, seen.final_states);
  compare("finding", expected.findings, seen.findings);
  if (expected.has_memory_doubt != seen.has_memory_doubt)
    text += seen.has_memory_doubt ? "invented a doubt about memory\n"
                                  : "missed the doubt about memory\n";
  if (seen.infeasible_plans > 0) text += "planned what cannot run\n";
  return text;
}

}  // namespace rcuscope::testing
