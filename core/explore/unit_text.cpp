// SPDX-License-Identifier: LGPL-2.1-or-later
// Work units as text, for other processes and for files.
#include "explore/unit_text.h"

namespace rcuscope {
namespace {

void write(TextWriter& out, const std::vector<ActorId>& actors) {
  out.list(actors, [&](ActorId actor) { out.number(actor.value); });
}

std::vector<ActorId> read_actors(TextReader& in) {
  std::vector<ActorId> actors;
  in.list([&] {
    actors.push_back({in.number<std::int32_t>()});
    if (!actors.back().is_valid() || static_cast<std::size_t>(actors.back().value) >= max_actors)
      throw UsageError("work unit: there is no actor " + std::to_string(actors.back().value));
  });
  return actors;
}

void write(TextWriter& out, const Found& found) {
  const Finding& finding = found.finding;
  out.number(static_cast<unsigned>(finding.kind));
  out.string(finding.message);
  out.string(finding.kconfig);
  out.string(finding.explanation);
  out.string(finding.schedule);
  out.string(finding.actor);
  out.string(finding.place);
  out.number(finding.step);
  out.number(static_cast<unsigned>(finding.is_by_reader));
  out.number(found.context_switches);
  out.number(found.choices);
  out.number(found.executions);
}

Found read_found(TextReader& in) {
  Found found;
  Finding& finding = found.finding;
  const auto kind = in.number<unsigned>();
  if (kind >= std::size(finding_descriptions))
    throw UsageError("work unit: there is no finding " + std::to_string(kind));
  finding.kind = static_cast<FindingKind>(kind);
  finding.message = in.string();
  finding.kconfig = in.string();
  finding.explanation = in.string();
  finding.schedule = in.string();
  finding.actor = in.string();
  finding.place = in.string();
  finding.step = in.number<Step>();
  finding.is_by_reader = in.number<unsigned>() != 0;
  found.context_switches = in.number<std::size_t>();
  found.choices = in.number<std::size_t>();
  found.executions = in.number<std::uint64_t>();
  return found;
}

}  // namespace

void write(TextWriter& out, const Tally& tally) {
  out.number(tally.executions);
  out.number(tally.blocked);
  out.number(tally.steps);
  out.number(tally.infeasible_plans);
  out.string(tally.limit);
  out.string(to_text(tally.awaits));
  out.string(tally.memory_doubt);
  out.list(tally.found, [&](const auto& entry) { write(out, entry.second); });
  out.list(tally.final_states, [&](const std::string& state) { out.string(state); });
  out.list(tally.cost.grace_periods, [&](const auto& entry) {
    out.string(entry.first);
    out.number(entry.second);
  });
  out.list(tally.cost.locks_held, [&](const auto& entry) {
    out.string(entry.first);
    out.list(entry.second, [&](const std::string& lock) { out.string(lock); });
  });
}

Tally read_tally(TextReader& in) {
  Tally tally;
  tally.executions = in.number<std::uint64_t>();
  tally.blocked = in.number<std::uint64_t>();
  tally.steps = in.number<std::uint64_t>();
  tally.infeasible_plans = in.number<std::uint64_t>();
  tally.limit = in.string();
  tally.awaits = parse_await_sites(in.string());
  tally.memory_doubt = in.string();
  in.list([&] { tally.keep(read_found(in)); });
  in.list([&] { tally.final_states.insert(in.string()); });
  in.list([&] {
    const std::string actor = in.string();
    tally.cost.grace_periods[actor] = in.number<std::uint32_t>();
  });
  in.list([&] {
    std::set<std::string>& locks = tally.cost.locks_held[in.string()];
    in.list([&] { locks.insert(in.string()); });
  });
  return tally;
}

void write(TextWriter& out, const std::vector<Level>& levels) {
  out.list(levels, [&](const Level& level) {
    write(out, level.order);
    out.number(level.position);
    out.list(level.merged, [&](const std::string& merged) { out.string(merged); });
  });
}

std::vector<Level> read_levels(TextReader& in) {
  std::vector<Level> levels;
  in.list([&] {
    Level& level = levels.emplace_back();
    level.order = read_actors(in);
    level.position = in.number<std::size_t>();
    if (level.position >= level.order.size())
      throw UsageError("work unit: position " + std::to_string(level.position) + " of " +
                       std::to_string(level.order.size()) + " actors");
    in.list([&] { level.merged.push_back(in.string()); });
  });
  return levels;
}

void write(TextWriter& out, const std::vector<PlanRequest>& requests) {
  out.list(requests, [&](const PlanRequest& request) {
    out.number(request.depth);
    write(out, request.actors);
  });
}

std::vector<PlanRequest> read_requests(TextReader& in) {
  std::vector<PlanRequest> requests;
  in.list([&] {
    PlanRequest& request = requests.emplace_back();
    request.depth = in.number<std::size_t>();
    request.actors = read_actors(in);
    if (request.actors.empty()) throw UsageError("work unit: a request for nobody");
  });
  return requests;
}

void write(TextWriter& out, const SampleRange& range) {
  out.number(range.first);
  out.number(range.end);
}

SampleRange read_range(TextReader& in) {
  SampleRange range;
  range.first = in.number<std::uint64_t>();
  range.end = in.number<std::uint64_t>();
  return range;
}

std::string to_text(const WorkUnit& unit) {
  TextWriter out;
  out.string(unit.mode);
  out.string(to_text(unit.awaits));
  out.number(unit.floor);
  write(out, unit.levels);
  write(out, unit.samples);
  out.number(unit.max_executions.value_or(0));
  return out.take();
}

WorkUnit unit_from_text(std::string_view text) {
  TextReader in(text);
  WorkUnit unit;
  unit.mode = in.string();
  unit.awaits = parse_await_sites(in.string());
  unit.floor = in.number<std::size_t>();
  unit.levels = read_levels(in);
  unit.samples = read_range(in);
  if (const auto most = in.number<std::uint64_t>(); most > 0) unit.max_executions = most;
  in.end();
  if (unit.floor > unit.levels.size()) throw UsageError("work unit: its floor is above its levels");
  return unit;
}

std::string to_text(const UnitResult& result) {
  TextWriter out;
  write(out, result.tally);
  out.string(result.mode);
  write(out, result.unexplored);
  write(out, result.unexplored_samples);
  write(out, result.requests);
  out.string(result.merged);
  out.number(static_cast<int>(result.was_cut));
  return out.take();
}

UnitResult result_from_text(std::string_view text) {
  TextReader in(text);
  UnitResult result;
  result.tally = read_tally(in);
  result.mode = in.string();
  result.unexplored = read_levels(in);
  result.unexplored_samples = read_range(in);
  result.requests = read_requests(in);
  result.merged = in.string();
  result.was_cut = in.number<int>() != 0;
  in.end();
  return result;
}

}  // namespace rcuscope
