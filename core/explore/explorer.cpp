// SPDX-License-Identifier: LGPL-2.1-or-later
// Verdicts with their explanations, and replay.
#include "explore/explorer.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "base/error.h"
#include "explore/beyond_limit.h"
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
  // Stacks are compared beyond the limit, and to be recorded may leave other bytes on them.
  if (finding.step >= options.max_steps) {
    finding.explanation = finding.message +
                          ". It is only seen beyond max_steps, where the replay "
                          "did not come to the same state again.";
    return;
  }
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

Verdict search_schedules(const Program& program, ActorRunner& runner,
                         const ExploreOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  ExploreOptions with_sites = options;
  for (;;) {
    try {
      return search(program, runner, with_sites);
    } catch (const AwaitFound& found) {  // the search begins anew
      add_new_await_site(with_sites.awaits, found.site);
      const std::chrono::duration<double> gone = std::chrono::steady_clock::now() - start;
      if (options.max_seconds)
        with_sites.max_seconds = std::max(0.0, *options.max_seconds - gone.count());
    }
  }
}

Verdict explore(const Program& program, ActorRunner& runner, const ExploreOptions& options) {
  Verdict verdict = search_schedules(program, runner, options);
  finish_findings(verdict, program, runner, options);
  return verdict;
}

void finish_findings(Verdict& verdict, const Program& program, ActorRunner& runner,
                     const ExploreOptions& options) {
  if (verdict.limit == limit_execution_size) return;  // it would be reached again
  look_beyond_limit(verdict, program, runner, options);
  ExploreOptions with_sites = options;
  with_sites.awaits = verdict.awaits;
  const auto goes_on = [&] { return !options.progress || options.progress({verdict, 1.0}); };
  for (Finding& finding : verdict.findings) {
    Minimized shortest;
    // What shows only beyond the limit takes too long to be made shorter.
    const bool is_too_long = finding.step >= options.max_steps;
    if (options.minimizes && !is_too_long && verdict.limit != "interrupted") {
      shortest = minimize(finding, program, runner, with_sites, goes_on);
      verdict.minimizing_executions += shortest.executions;
      if (shortest.is_interrupted) verdict.limit = "interrupted";
    }
    finish(finding, shortest.schedule, program, runner, with_sites);
  }
}

namespace {

/// What the replay of a schedule is named after: the finding that ends the execution, or else where
/// the schedule was cut the one that it was cut for, or else the first. Requires: there is one.
std::size_t headline(const std::vector<Finding>& findings, bool is_cut_short) {
  for (std::size_t i = 0; i < findings.size(); ++i)
    if (describe(findings[i].kind).is_fatal) return i;
  if (!is_cut_short) return 0;
  std::size_t last = findings.size() - 1;
  while (last > 0 && findings[last - 1].step == findings.back().step) --last;
  return last;
}

/// The one that the schedule asks for, or else the headline; null if there is none.
const Finding* chosen_finding(const std::vector<Finding>& findings, std::string_view schedule) {
  const std::size_t number = finding_of(schedule);
  if (number > findings.size())
    throw UsageError("schedule '" + std::string(schedule) + "': it asks for finding " +
                     std::to_string(number) + ", but this execution makes " +
                     std::to_string(findings.size()) +
                     "; is it the schedule of another scenario or variant?");
  if (findings.empty()) return nullptr;
  return &findings[number > 0 ? number - 1
                              : headline(findings, is_cut_short(choices_of(schedule)))];
}

/// Gives each finding its explanation and the schedule that names it.
void complete(std::vector<Finding>& findings, const TraceStore& trace,
              const std::string& schedule) {
  for (std::size_t i = 0; i < findings.size(); ++i) {
    const bool is_headline = i == headline(findings, is_cut_short(choices_of(schedule)));
    findings[i].schedule = is_headline ? schedule : with_finding(schedule, i + 1);
    findings[i].explanation = explain(findings[i], trace);
  }
}

/// What the trace says of itself: the same schedule says the same.
void add_metadata(std::map<std::string, std::string>& metadata, const Finding* shown,
                  const std::string& schedule) {
  metadata["world"] = "model";
  metadata["schedule"] = shown == nullptr ? schedule : shown->schedule;
  if (shown == nullptr) return;
  metadata["verdict"] = "UNSAFE";
  metadata["finding"] = describe(shown->kind).name;
  metadata["message"] = shown->message;
  metadata["explanation"] = shown->explanation;
}

ReplayResult replay_once(const Program& program, ActorRunner& runner, std::string_view schedule,
                         const ExploreOptions& options,
                         const std::map<std::string, std::string>& metadata) {
  const std::string_view choices = choices_of(schedule);
  CheckedExecution checked(runner, options);
  Replay strategy(parse_schedule(choices), is_cut_short(choices));
  strategy.begin_execution();
  TraceBuilder builder(Clock::steps);
  const ExecutionEnd end = checked.execution.run(program, strategy, &builder);
  strategy.end_execution(checked.execution, end);
  ReplayResult result;
  result.findings = checked.execution.findings();
  result.final_state = checked.execution.final_state();
  TraceStore trace = builder.build();
  const std::string plain = with_await_sites(std::string(choices), options.awaits);
  complete(result.findings, trace, plain);
  std::map<std::string, std::string> all_metadata = metadata;
  add_metadata(all_metadata, chosen_finding(result.findings, schedule), plain);
  result.trace = std::move(trace).with_metadata(all_metadata);
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
      return replay_once(program, runner, schedule, with_sites, metadata);
    } catch (const AwaitFound& found) {  // a schedule made by hand
      add_new_await_site(with_sites.awaits, found.site);
    }
  }
}

}  // namespace rcuscope
