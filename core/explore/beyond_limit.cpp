// SPDX-License-Identifier: LGPL-2.1-or-later
// Random executions after a search that came to no end.
#include "explore/beyond_limit.h"

#include <algorithm>

#include "explore/search.h"

namespace rcuscope {
namespace {

constexpr std::uint64_t execution_count = 64;
constexpr double seconds = 1;

Verdict sampled(const Program& program, ActorRunner& runner, const ExploreOptions& options) {
  const std::unique_ptr<Strategy> strategy = make_random_search(options.seed, {0, execution_count});
  CheckedExecution checked(runner, options);
  Search search(program, *strategy, checked, options);
  search.run();
  return search.verdict_so_far();
}

}  // namespace

void look_beyond_limit(Verdict& verdict, const Program& program, ActorRunner& runner,
                       const ExploreOptions& options) {
  if (verdict.limit != "max_steps" || !verdict.findings.empty()) return;
  ExploreOptions sampling = options;
  sampling.strategy = StrategyKind::random;
  sampling.preemption_bound.reset();
  sampling.max_executions = execution_count;
  sampling.max_seconds = std::min(seconds, options.max_seconds.value_or(seconds));
  sampling.progress = nullptr;
  sampling.awaits = verdict.awaits;
  for (;;) {
    try {
      const Verdict seen = sampled(program, runner, sampling);
      verdict.executions += seen.executions;
      verdict.steps += seen.steps;
      verdict.findings = seen.findings;
      verdict.executions_showing = seen.executions_showing;
      if (!seen.findings.empty()) verdict.outcome = Outcome::unsafe;
      break;
    } catch (const AwaitFound& found) {
      add_new_await_site(sampling.awaits, found.site);
    }
  }
  verdict.awaits = sampling.awaits;
}

}  // namespace rcuscope
