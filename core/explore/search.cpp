// SPDX-License-Identifier: LGPL-2.1-or-later
// The loop of exploration, its counts and its limits.
#include "explore/search.h"

#include <algorithm>
#include <charconv>

#include "base/assert.h"
#include "base/error.h"
#include "explore/schedule.h"

namespace rcuscope {

std::vector<Observer*> CheckedExecution::pointers() const {
  std::vector<Observer*> result;
  for (const auto& checker : checkers_) result.push_back(checker.get());
  return result;
}

std::unique_ptr<Strategy> make_strategy(const ExploreOptions& options) {
  if (options.preemption_bound) return make_bounded_search(0, *options.preemption_bound);
  switch (options.strategy) {
    case StrategyKind::random:
      return make_random_search(options.seed);
    case StrategyKind::pct:
      return make_pct_search(options.seed, options.bug_depth);
    default:
      return make_tree_search(options, "");
  }
}

std::unique_ptr<TreeSearch> make_tree_search(const ExploreOptions& options,
                                             const std::string& mode) {
  if (options.preemption_bound) {
    unsigned bound = 0;  // each unit belongs to the phase of one bound
    const char* end = mode.data() + mode.size();
    if (!mode.empty() && std::from_chars(mode.data(), end, bound).ptr != end)
      throw UsageError("work unit: '" + mode + "' is no preemption bound");
    return make_bounded_search(bound, bound);
  }
  if (options.strategy == StrategyKind::exhaustive) return make_exhaustive_search();
  if (options.strategy == StrategyKind::sleep_sets) return make_sleep_set_search();
  if (!mode.empty()) return make_dpor_search(mode);
  return make_dpor_search(options.strategy == StrategyKind::eager_dpor ? "eager" : "lazy");
}

// --- counting

const Found* Tally::find(const Finding& finding) const {
  for (const auto& [key, one] : found)  // few; a key to look for would copy the place
    if (key.first == finding.kind && key.second == finding.place) return &one;
  return nullptr;
}

bool Tally::keep(Found candidate) {
  const std::pair key(candidate.finding.kind, candidate.finding.place);
  const auto entry = found.find(key);
  if (entry == found.end()) {
    found.emplace(key, std::move(candidate));
    return true;
  }
  const std::uint64_t count = entry->second.executions + candidate.executions;
  if (candidate.is_better_than(entry->second)) entry->second = std::move(candidate);
  entry->second.executions = count;
  return false;
}

void Tally::count_execution(const std::vector<Finding>& findings) {
  ++executions;
  for (const Finding& finding : findings)
    for (auto& [key, one] : found)
      if (key.first == finding.kind && key.second == finding.place) ++one.executions;
}

bool Tally::keep(const std::string& final_state) {
  if (final_state.empty() || final_states.contains(final_state)) return true;
  if (final_states.size() == max_final_states) return false;
  final_states.insert(final_state);
  return true;
}

void Tally::keep_doubt(const std::string& why) {
  if (!why.empty() && (memory_doubt.empty() || why < memory_doubt)) memory_doubt = why;
}

void Tally::add(const Tally& other) {
  executions += other.executions;
  blocked += other.blocked;
  steps += other.steps;
  infeasible_plans += other.infeasible_plans;
  if (limit.empty()) limit = other.limit;
  for (const auto& [key, one] : other.found) keep(one);
  for (const std::string& state : other.final_states)
    if (!keep(state) && limit.empty()) limit = "final_states";
  cost.add(other.cost);
  keep_doubt(other.memory_doubt);
}

void Tally::begin_anew() {
  executions = blocked = 0;
  for (auto& [key, one] : found) one.executions = 0;
  final_states.clear();
}

// --- the loop

void Search::run(const std::function<bool()>& must_pause) {
  while (tally_.limit.empty() && strategy_.begin_execution()) {
    run_once();
    if (must_pause && must_pause()) break;
  }
}

void Search::run_once() {
  ExecutionEnd end{};
  try {
    end = execution_.run(program_, strategy_);
  } catch (const LimitError&) {  // more actors or memory than one execution may have
    tally_.limit = limit_execution_size;
    keep_findings();
    return;
  }
  tally_.steps += static_cast<std::uint64_t>(execution_.steps());
  keep_findings();
  // Samples do not rest on one another.
  if (end == ExecutionEnd::step_limit && !is_sampling(options_.strategy))
    tally_.limit = "max_steps";
  if (end == ExecutionEnd::complete && !tally_.keep(execution_.final_state()))
    tally_.limit = "final_states";
  if (end == ExecutionEnd::complete) {
    tally_.cost.add(execution_);
    tally_.keep_doubt(execution_.memory_doubt());
  }
  if (end == ExecutionEnd::interrupted) {
    tally_.limit = is_out_of_time() ? "max_seconds" : "interrupted";
    return;  // nothing follows; a long run would take long to study
  }
  strategy_.end_execution(execution_, end);
  tally_.infeasible_plans = strategy_.infeasible_plans();
  count(end);
  check_limits();
}

void Search::count(ExecutionEnd end) {
  if (strategy_.has_restarted()) return tally_.begin_anew();
  if (strategy_.was_repetition()) return;
  if (end == ExecutionEnd::redundant)
    ++tally_.blocked;
  else
    tally_.count_execution(execution_.findings());
}

void Search::keep_findings() {
  if (execution_.findings().empty()) return;
  const std::span<const ActorId> choices = execution_.choices();
  Found found{{}, count_context_switches(choices), choices.size()};
  for (const Finding& finding : execution_.findings()) {
    const Found* known = tally_.find(finding);
    found.finding.is_by_reader = finding.is_by_reader;
    if (known != nullptr && !found.is_better_than(*known)) continue;
    found.finding = finding;
    found.finding.schedule = to_text(choices);
    is_finding_new_ |= tally_.keep(found);
  }
}

void Search::check_limits() {
  if (!tally_.limit.empty()) return;
  if (options_.stop_on_first && !tally_.found.empty()) tally_.limit = "stop_on_first";
  if (options_.max_executions && tally_.executions + tally_.blocked >= *options_.max_executions &&
      strategy_.progress() < 1)
    tally_.limit = "max_executions";
  if (++executions_since_look_ < 16 && !is_slow_ && !is_finding_new_) return;
  executions_since_look_ = 0;
  const double seconds = seconds_since_start();
  is_slow_ = seconds - last_look_ > 0.01;
  last_look_ = seconds;
  if (is_out_of_time()) tally_.limit = "max_seconds";
  if (!options_.progress || (seconds - last_report_ < 0.05 && !is_finding_new_)) return;
  is_finding_new_ = false;
  last_report_ = seconds;
  if (!options_.progress({verdict_so_far(), share_done()})) tally_.limit = "interrupted";
}

bool Search::is_out_of_time() const {
  return options_.max_seconds && seconds_since_start() >= *options_.max_seconds;
}

/// A random search has nothing to exhaust: it is done when its limit is reached.
double Search::share_done() const {
  if (!is_sampling(options_.strategy)) return strategy_.progress();
  double share = 0;
  if (options_.max_executions)
    share = static_cast<double>(tally_.executions) / static_cast<double>(*options_.max_executions);
  if (options_.max_seconds) share = std::max(share, seconds_since_start() / *options_.max_seconds);
  return std::min(share, 1.0);
}

// --- verdicts

Verdict Search::verdict_so_far() const {
  return verdict_of(tally_, options_, share_done(), seconds_since_start());
}

Verdict verdict_of(const Tally& tally, const ExploreOptions& options, double share_done,
                   double seconds) {
  Verdict verdict;
  verdict.executions = tally.executions;
  verdict.blocked = tally.blocked;
  verdict.steps = tally.steps;
  verdict.infeasible_plans = tally.infeasible_plans;
  verdict.limit = tally.limit;
  verdict.seconds = seconds;
  verdict.cost = tally.cost;
  verdict.awaits = tally.awaits;
  verdict.memory_doubt = tally.memory_doubt;
  verdict.preemption_bound = options.preemption_bound;
  verdict.estimate = share_done > 0 ? static_cast<double>(tally.executions) / share_done : 0;
  std::vector<const Found*> all;
  for (const auto& [key, found] : tally.found) all.push_back(&found);
  std::stable_sort(all.begin(), all.end(), [](const Found* a, const Found* b) {
    return std::pair(a->finding.kind, !a->finding.is_by_reader) <
           std::pair(b->finding.kind, !b->finding.is_by_reader);
  });
  for (const Found* found : all) {
    verdict.findings.push_back(found->finding);
    verdict.executions_showing.push_back(found->executions);
  }
  if (!verdict.findings.empty()) verdict.outcome = Outcome::unsafe;
  return verdict;
}

Verdict final_verdict(const Tally& tally, const ExploreOptions& options, bool is_exhaustive,
                      double share_done, double seconds) {
  Verdict verdict = verdict_of(tally, options, share_done, seconds);
  // Whatever it saw is true, but it may have missed something.
  if (verdict.limit.empty() && tally.infeasible_plans > 0) verdict.limit = limit_infeasible_plan;
  verdict.final_states = tally.final_states;
  verdict.is_exhaustive = verdict.limit.empty() && is_exhaustive;
  if (verdict.is_exhaustive && verdict.executions == 0 && verdict.findings.empty())
    throw InternalError("a search has ended without an execution, but nothing cut it off");
  const bool is_bounded = verdict.limit.empty() && !is_exhaustive && options.preemption_bound;
  if (is_bounded) verdict.limit = "preemption_bound";
  if (!verdict.findings.empty()) return verdict;
  if ((verdict.is_exhaustive || is_bounded) && !tally.memory_doubt.empty()) {
    verdict.limit = limit_memory;  // outcome: unknown
    return verdict;
  }
  if (verdict.is_exhaustive) verdict.outcome = Outcome::safe;
  if (is_bounded) verdict.outcome = Outcome::safe_bounded;
  return verdict;
}

}  // namespace rcuscope
