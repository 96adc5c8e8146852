// SPDX-License-Identifier: LGPL-2.1-or-later
// One unit: a strategy that owns a part of the tree, or a range of random executions.
#include "explore/unit_run.h"

namespace rcuscope {
namespace {

constexpr const char* limit_of_unit = "max_executions";

UnitResult run_samples(const WorkUnit& unit, const Program& program, CheckedExecution& checked,
                       const ExploreOptions& options, const std::function<bool()>& must_pause) {
  const std::unique_ptr<Strategy> strategy =
      options.strategy == StrategyKind::pct
          ? make_pct_search(options.seed, options.bug_depth, unit.samples)
          : make_random_search(options.seed, unit.samples);
  Search search(program, *strategy, checked, options);
  const std::uint64_t block = options.strategy == StrategyKind::pct ? pct_block : 1;
  std::uint64_t done = 0;
  search.run([&] { return ++done % block == 0 && must_pause(); });
  UnitResult result;
  result.tally = search.tally();
  result.unexplored_samples = {unit.samples.first + done, unit.samples.end};
  return result;
}

UnitResult run_tree(const WorkUnit& unit, const Program& program, CheckedExecution& checked,
                    const ExploreOptions& options, const std::function<bool()>& must_pause) {
  const std::unique_ptr<TreeSearch> strategy = make_tree_search(options, unit.mode);
  strategy->load(unit);
  Search search(program, *strategy, checked, options);
  search.run([&] { return strategy->has_restarted() || must_pause(); });
  UnitResult result;
  result.tally = search.tally();
  result.mode = strategy->mode();
  result.was_cut = strategy->was_cut();
  if (strategy->has_restarted()) return result;
  result.requests = strategy->stack().requests();
  result.merged = strategy->stack().merged_at_root(checked.execution);
  if (!strategy->is_exhausted())
    result.unexplored = strategy->stack().unexplored(checked.execution);
  return result;
}

}  // namespace

UnitResult run_unit(const WorkUnit& unit, const Program& program, CheckedExecution& checked,
                    const ExploreOptions& options, const std::function<bool()>& must_pause) {
  ExploreOptions of_unit = options;
  of_unit.max_executions = unit.max_executions;
  of_unit.max_seconds.reset();
  of_unit.progress = nullptr;
  of_unit.awaits = unit.awaits;
  checked.execution.set_await_sites(unit.awaits);
  UnitResult result;
  try {
    result = is_sampling(options.strategy)
                 ? run_samples(unit, program, checked, of_unit, must_pause)
                 : run_tree(unit, program, checked, of_unit, must_pause);
  } catch (const AwaitFound& found) {
    add_new_await_site(of_unit.awaits, found.site);
    result.mode = unit.mode;
    result.tally.awaits = of_unit.awaits;
  }
  if (result.tally.limit == limit_of_unit) result.tally.limit.clear();
  return result;
}

}  // namespace rcuscope
