// SPDX-License-Identifier: LGPL-2.1-or-later
// Verdicts with their explanations, and replay.
#include "explore/explorer.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "explore/explain.h"
#include "explore/minimize.h"
#include "explore/schedule.h"
#include "explore/search.h"

namespace rcuscope {

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
  else if (outcome == Outcome::safe_bounded)
    text += " (at most " + std::to_string(preemption_bound.value_or(0)) +
            (preemption_bound == 1 ? " preemption, " : " preemptions, ") + memory +
            (memory == "sc" ? ": weak memory not checked)" : ")");
  else
    text += " (exhaustive, " + memory + (memory == "sc" ? ": weak memory not checked)" : ")");
  text += ": " + std::to_string(executions) + (executions == 1 ? " execution, " : " executions, ");
  text += std::to_string(findings.size()) + (findings.size() == 1 ? " finding" : " findings");
  if (outcome == Outcome::unknown && !memory_doubt.empty())
    text += "\n  weak memory may show what sequential consistency does not: " + memory_doubt;
  return text;
}

namespace {

/// Runs a finding's schedule again for its explanation. Return: false if it does not show.
bool explain_by_replay(Finding& finding, const Program& program, ActorRunner& runner,
                       const ExploreOptions& options) {
  const ReplayResult again = replay(program, runner, finding.schedule, options);
  for (const Finding& other : again.findings) {
    if (other.kind != finding.kind || other.place != finding.place) continue;
    finding = other;  // a recorded execution also knows lines of Python
    return true;
  }
  return false;
}

/// The shortest schedule that shows it, if there is one, and the explanation of that. Throws:
/// NondeterminismError if it does not show again.
void finish(Finding& finding, const std::string& shortest, const Program& program,
            ActorRunner& runner, const ExploreOptions& options) {
  if (!shortest.empty()) {
    Finding shorter = finding;
    shorter.schedule = shortest;
    if (explain_by_replay(shorter, program, runner, options)) {
      finding = std::move(shorter);
      return;
    }
  }
  if (explain_by_replay(finding, program, runner, options)) return;
  throw NondeterminismError(std::string(describe(finding.kind).name) + " in actor '" +
                            finding.actor + "' does not show when its schedule " +
                            finding.schedule +
                            " runs again; the scenario's body must be deterministic");
}

Verdict search(const Program& program, ActorRunner& runner, const ExploreOptions& options) {
  const std::unique_ptr<Strategy> strategy = make_strategy(options);
  CheckedExecution checked(runner, options);
  Search search(program, *strategy, checked, options);
  search.run();
  return final_verdict(search.tally(), options, strategy->is_exhaustive(), search.share_done(),
                       search.seconds_since_start());
}

}  // namespace

Verdict explore(const Program& program, ActorRunner& runner, const ExploreOptions& options) {
  ExploreOptions with_sites = options;
  for (;;) {
    try {
      Verdict verdict = search(program, runner, with_sites);
      finish_findings(verdict, program, runner, with_sites);
      return verdict;
    } catch (const AwaitFound& found) {  // the search begins anew
      add_new_await_site(with_sites.awaits, found.site);
    }
  }
}

void finish_findings(Verdict& verdict, const Program& program, ActorRunner& runner,
                     const ExploreOptions& options) {
  if (verdict.limit == limit_execution_size) return;  // it would be reached again
  ExploreOptions with_sites = options;
  with_sites.awaits = verdict.awaits;
  const auto goes_on = [&] { return !options.progress || options.progress({verdict, 1.0}); };
  for (Finding& finding : verdict.findings) {
    Minimized shortest;
    if (options.minimizes && verdict.limit != "interrupted") {
      shortest = minimize(finding, program, runner, with_sites, goes_on);
      verdict.minimizing_executions += shortest.executions;
      if (shortest.is_interrupted) verdict.limit = "interrupted";
    }
    finish(finding, shortest.schedule, program, runner, with_sites);
  }
}

namespace {

/// What the replay is named after: the finding that the metadata asks for, by a reader if one met
/// it, or else what ends the execution, or else the first. Requires: there is one.
const Finding& headline(const std::vector<Finding>& findings,
                        const std::map<std::string, std::string>& metadata) {
  if (const auto wanted = metadata.find("finding"); wanted != metadata.end())
    for (const bool is_by_reader : {true, false})
      for (const Finding& finding : findings)
        if (describe(finding.kind).name == wanted->second && finding.is_by_reader == is_by_reader)
          return finding;
  const auto is_fatal = [](const Finding& finding) { return describe(finding.kind).is_fatal; };
  const auto fatal = std::find_if(findings.begin(), findings.end(), is_fatal);
  return fatal != findings.end() ? *fatal : findings.front();
}

ReplayResult replay_once(const Program& program, ActorRunner& runner, std::string_view choices,
                         const ExploreOptions& options,
                         const std::map<std::string, std::string>& metadata) {
  CheckedExecution checked(runner, options);
  Replay strategy(parse_schedule(choices), is_cut_short(choices));
  strategy.begin_execution();
  TraceBuilder builder(Clock::steps);
  const ExecutionEnd end = checked.execution.run(program, strategy, &builder);
  strategy.end_execution(checked.execution, end);
  ReplayResult result;
  result.findings = checked.execution.findings();
  result.final_state = checked.execution.final_state();
  const std::string schedule = with_await_sites(std::string(choices), options.awaits);
  for (const auto& [key, value] : metadata)
    if (key != "finding") builder.set_metadata(key, value);
  builder.set_metadata("world", "model");
  builder.set_metadata("schedule", schedule);
  if (!result.findings.empty()) {
    const Finding& finding = headline(result.findings, metadata);
    builder.set_metadata("finding", std::string(describe(finding.kind).name));
    builder.set_metadata("message", finding.message);
  }
  const TraceStore trace = builder.build();
  for (Finding& finding : result.findings) {
    finding.schedule = schedule;
    finding.explanation = explain(finding, trace);
  }
  TraceNames names = trace.names();
  if (!result.findings.empty()) {
    names.metadata.try_emplace("verdict", "UNSAFE");
    names.metadata.emplace("explanation", headline(result.findings, metadata).explanation);
  }
  result.trace =
      TraceStore(trace.clock(), trace.columns(), std::move(names), trace.events_lost_count());
  return result;
}

}  // namespace

ReplayResult replay(const Program& program, ActorRunner& runner, std::string_view schedule,
                    const ExploreOptions& options,
                    const std::map<std::string, std::string>& metadata) {
  ExploreOptions with_sites = options;
  for (const AwaitSite& site : await_sites_of(schedule)) add_await_site(with_sites.awaits, site);
  for (;;) {
    try {
      return replay_once(program, runner, choices_of(schedule), with_sites, metadata);
    } catch (const AwaitFound& found) {  // a schedule made by hand
      add_new_await_site(with_sites.awaits, found.site);
    }
  }
}

}  // namespace rcuscope
