// SPDX-License-Identifier: LGPL-2.1-or-later
// The loop of exploration, and replay.
#include "explore/explorer.h"

#include <chrono>
#include <map>

#include "base/error.h"
#include "explore/explain.h"
#include "explore/schedule.h"

namespace rcuscope {
namespace {

constexpr const char* limit_execution_size = "execution_size";

using SteadyClock = std::chrono::steady_clock;

std::unique_ptr<Strategy> make_strategy(const ExploreOptions& options) {
  switch (options.strategy) {
    case StrategyKind::exhaustive:
      return make_exhaustive_search();
    case StrategyKind::random:
      return make_random_search(options.seed);
    case StrategyKind::sleep_sets:
      return make_sleep_set_search();
    case StrategyKind::eager_dpor:
      return make_dpor_search(false);
    default:
      return make_dpor_search();
  }
}

/// Checkers and the execution that they look at.
struct CheckedExecution {
  CheckedExecution(ActorRunner& runner, const ExploreOptions& options)
      : checkers(make_checkers(options.checks)),
        execution(runner, {options.max_steps, pointers()}) {}

  std::vector<Observer*> pointers() const {
    std::vector<Observer*> result;
    for (const auto& checker : checkers) result.push_back(checker.get());
    return result;
  }

  std::vector<std::unique_ptr<Observer>> checkers;
  Execution execution;
};

class Search {
 public:
  Search(const Program& program, ActorRunner& runner, const ExploreOptions& options)
      : program_(program),
        options_(options),
        strategy_(make_strategy(options)),
        checked_(runner, options) {}

  Verdict run() {
    while (verdict_.limit.empty() && strategy_->begin_execution()) run_once();
    Verdict result = verdict_so_far();
    result.is_exhaustive = result.limit.empty() && strategy_->is_exhaustive();
    if (best_.empty() && result.is_exhaustive) result.outcome = Outcome::safe;
    result.final_states = std::move(final_states_);
    return result;
  }

 private:
  struct Found {
    Finding finding;
    std::size_t context_switches = 0;
    std::size_t choices = 0;
  };

  Verdict verdict_so_far() const {
    Verdict result = verdict_;
    result.seconds = seconds_since_start();
    if (!best_.empty()) result.outcome = Outcome::unsafe;
    const double share = strategy_->progress();
    result.estimate = share > 0 ? static_cast<double>(verdict_.executions) / share : 0;
    for (const auto& [key, found] : best_) result.findings.push_back(found.finding);
    return result;
  }

  void run_once() {
    Execution& execution = checked_.execution;
    ExecutionEnd end{};
    try {
      end = execution.run(program_, *strategy_);
    } catch (const LimitError&) {  // more actors or memory than one execution may have
      verdict_.limit = limit_execution_size;
      for (const Finding& finding : execution.findings()) keep(finding);
      return;
    }
    verdict_.steps += static_cast<std::uint64_t>(execution.steps());
    if (end == ExecutionEnd::redundant)
      ++verdict_.blocked;
    else if (end != ExecutionEnd::interrupted)
      ++verdict_.executions;
    for (const Finding& finding : execution.findings()) keep(finding);
    if (end == ExecutionEnd::step_limit) verdict_.limit = "max_steps";
    if (end == ExecutionEnd::interrupted) verdict_.limit = "interrupted";
    if (end == ExecutionEnd::complete) keep_final_state();
    if (end == ExecutionEnd::interrupted)
      return;  // nothing follows; a long run would take long to study
    strategy_->end_execution(execution, end);
    if (strategy_->has_restarted()) {
      verdict_.executions = verdict_.blocked = 0;
      final_states_.clear();
    }
    check_limits();
  }

  void keep_final_state() {
    const std::string& state = checked_.execution.final_state();
    if (state.empty() || final_states_.contains(state)) return;
    if (final_states_.size() == max_final_states)
      verdict_.limit = "final_states";
    else
      final_states_.insert(state);
  }

  /// Of the same kind and place, the one with the fewest context switches, then the shortest.
  void keep(const Finding& finding) {
    const std::span<const ActorId> choices = checked_.execution.choices();
    Found found{finding, count_context_switches(choices), choices.size()};
    const auto [entry, is_new] = best_.try_emplace({finding.kind, finding.place}, found);
    is_finding_new_ |= is_new;
    Found& best = entry->second;
    const auto cost = [](const Found& f) { return std::pair(f.context_switches, f.choices); };
    if (!is_new && cost(found) >= cost(best)) return;
    best = std::move(found);
    best.finding.schedule = to_text(choices);
  }

  void check_limits() {
    if (!verdict_.limit.empty()) return;
    if (options_.stop_on_first && !best_.empty()) verdict_.limit = "stop_on_first";
    if (options_.max_executions &&
        verdict_.executions + verdict_.blocked >= *options_.max_executions &&
        strategy_->progress() < 1)
      verdict_.limit = "max_executions";
    if (++executions_since_look_ < 16 && !is_slow_ && !is_finding_new_) return;
    executions_since_look_ = 0;
    const double seconds = seconds_since_start();
    is_slow_ = seconds - last_look_ > 0.01;
    last_look_ = seconds;
    if (options_.max_seconds && seconds >= *options_.max_seconds) verdict_.limit = "max_seconds";
    if (!options_.progress || (seconds - last_report_ < 0.05 && !is_finding_new_)) return;
    is_finding_new_ = false;
    last_report_ = seconds;
    if (!options_.progress({verdict_so_far(), strategy_->progress()}))
      verdict_.limit = "interrupted";
  }

  double seconds_since_start() const {
    return std::chrono::duration<double>(SteadyClock::now() - start_).count();
  }

  const Program& program_;
  const ExploreOptions& options_;
  std::unique_ptr<Strategy> strategy_;
  CheckedExecution checked_;
  Verdict verdict_;  // its counts and its limit
  std::set<std::string> final_states_;
  std::map<std::pair<FindingKind, std::string>, Found> best_;
  const SteadyClock::time_point start_ = SteadyClock::now();
  int executions_since_look_ = 0;
  bool is_slow_ = false;
  bool is_finding_new_ = false;  // of another kind or place: told at once
  double last_look_ = 0;
  double last_report_ = 0;
};

}  // namespace

std::string_view to_string(Outcome outcome) {
  constexpr std::string_view names[] = {"SAFE", "SAFE_BOUNDED", "UNSAFE", "UNKNOWN"};
  return names[static_cast<std::uint8_t>(outcome)];
}

std::string Verdict::summary() const {
  std::string text(to_string(outcome));
  if (outcome == Outcome::unsafe)
    text += " (" + memory + ")";
  else if (outcome == Outcome::unknown)
    text += " (limit: " + limit + ", " + memory + ")";
  else
    text += " (exhaustive, " + memory + (memory == "sc" ? ": weak memory not checked)" : ")");
  text += ": " + std::to_string(executions) + (executions == 1 ? " execution, " : " executions, ");
  return text + std::to_string(findings.size()) + (findings.size() == 1 ? " finding" : " findings");
}

namespace {

/// Runs a finding's schedule again for its explanation. Throws: NondeterminismError if it does not
/// show.
void explain_by_replay(Finding& finding, const Program& program, ActorRunner& runner,
                       const ExploreOptions& options) {
  const ReplayResult again = replay(program, runner, finding.schedule, options);
  for (const Finding& other : again.findings) {
    if (other.kind != finding.kind || other.place != finding.place) continue;
    finding.message = other.message;  // a recorded execution also knows lines of Python
    finding.explanation = other.explanation;
    return;
  }
  throw NondeterminismError(std::string(describe(finding.kind).name) + " in actor '" +
                            finding.actor + "' does not show when its schedule " +
                            finding.schedule +
                            " runs again; the scenario's body must be deterministic");
}

}  // namespace

Verdict explore(const Program& program, ActorRunner& runner, const ExploreOptions& options) {
  Verdict verdict = Search(program, runner, options).run();
  if (verdict.limit == limit_execution_size) return verdict;  // it would be reached again
  for (Finding& finding : verdict.findings) explain_by_replay(finding, program, runner, options);
  return verdict;
}

ReplayResult replay(const Program& program, ActorRunner& runner, std::string_view schedule,
                    const ExploreOptions& options,
                    const std::map<std::string, std::string>& metadata) {
  CheckedExecution checked(runner, options);
  Replay strategy(parse_schedule(schedule));
  strategy.begin_execution();
  TraceBuilder builder(Clock::steps);
  const ExecutionEnd end = checked.execution.run(program, strategy, &builder);
  strategy.end_execution(checked.execution, end);
  ReplayResult result;
  result.findings = checked.execution.findings();
  result.final_state = checked.execution.final_state();
  for (const auto& [key, value] : metadata) builder.set_metadata(key, value);
  builder.set_metadata("world", "model");
  builder.set_metadata("schedule", std::string(schedule));
  if (!result.findings.empty()) {
    builder.set_metadata("finding", std::string(describe(result.findings.front().kind).name));
    builder.set_metadata("message", result.findings.front().message);
  }
  const TraceStore trace = builder.build();
  for (Finding& finding : result.findings) {
    finding.schedule = schedule;
    finding.explanation = explain(finding, trace);
  }
  TraceNames names = trace.names();
  if (!result.findings.empty()) {
    names.metadata.try_emplace("verdict", "UNSAFE");
    names.metadata.emplace("explanation", result.findings.front().explanation);
  }
  result.trace =
      TraceStore(trace.clock(), trace.columns(), std::move(names), trace.events_lost_count());
  return result;
}

}  // namespace rcuscope
