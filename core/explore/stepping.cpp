// SPDX-License-Identifier: LGPL-2.1-or-later
// One execution along choices, stopped where the next one is to be made: run anew each time.
#include "explore/stepping.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "check/waiting.h"
#include "explore/explain.h"
#include "explore/schedule.h"
#include "explore/search.h"

namespace rcuscope {
namespace {

std::string describe_next(const Execution& execution, const ModelActor& actor) {
  const Operation& next = actor.pending;
  switch (next.kind) {
    case OperationKind::actor_start:
      return "starts";
    case OperationKind::actor_end:
      return "ends";
    case OperationKind::grace_period_start:
      return "starts a grace period";
    case OperationKind::grace_period_end:
      return "sees its grace period end";
    case OperationKind::barrier_start:
      return "starts to wait for callbacks";
    case OperationKind::barrier_end:
      return "sees the callbacks end";
    case OperationKind::wait_for_work_start:
      return "starts to wait for work";
    case OperationKind::wait_for_work_end:
      return "sees the work end";
    default:
      break;
  }
  std::string text(to_string(next.kind));
  std::replace(text.begin(), text.end(), '_', ' ');
  const bool is_name_of_kernel =
      next.kind >= OperationKind::rcu_read_lock && next.kind != OperationKind::sleep;
  if (is_name_of_kernel) text = to_string(next.kind);
  const std::string where = next.address == nullptr ? "" : execution.location_name(next);
  return where.empty() ? text : text + " of " + where;
}

/// Follows the choices, then looks around and ends the execution.
class Stepper final : public Chooser {
 public:
  /// `skips`: choices that cannot run have no effect (turns of loops that turned out to wait).
  Stepper(std::span<const ActorId> choices, bool skips, Standpoint& standpoint)
      : choices_(choices), skips_(skips), standpoint_(standpoint) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    while (position_ < choices_.size()) {
      const ActorId wanted = choices_[position_++];
      if (std::find(enabled.begin(), enabled.end(), wanted) != enabled.end()) {
        taken_.push_back(wanted);
        return wanted;
      }
      if (skips_) continue;
      misfit_ = "choice " + std::to_string(position_) + " is actor " +
                std::to_string(wanted.value) + ", which cannot run there";
      return {};
    }
    look_around(execution, enabled);
    return {};
  }
  const std::string& misfit() const { return misfit_; }
  /// The choices, without those that had no effect.
  const std::vector<ActorId>& taken() const { return taken_; }
  std::size_t left() const { return choices_.size() - position_; }

 private:
  void look_around(const Execution& execution, std::span<const ActorId> enabled) {
    for (const ActorId id : enabled) {
      const ModelActor& actor = execution.actor(id);
      standpoint_.choices.push_back(
          {id, actor.spec.name, describe_next(execution, actor), actor.pending.place});
    }
    for (std::size_t i = 1; i < execution.actor_count(); ++i) {
      const ModelActor& actor = execution.actor({static_cast<std::int32_t>(i)});
      const bool is_in_section = actor.is_reader() || !actor.srcu_sections.empty();
      if (!actor.is_finished() && is_in_section) standpoint_.readers.push_back(actor.spec.name);
      if (actor.is_finished() || execution.is_enabled(actor)) continue;
      const std::vector<ActorId> blockers = execution.blockers(actor);
      standpoint_.blocked.push_back(
          {actor.spec.name, blockers.empty() ? describe_dead_end(execution, actor)
                                             : describe_wait(execution, actor, blockers.front())});
    }
  }

  std::span<const ActorId> choices_;
  bool skips_;
  Standpoint& standpoint_;
  std::size_t position_ = 0;
  std::vector<ActorId> taken_;
  std::string misfit_;
};

Standpoint step_once(const Program& program, ActorRunner& runner, std::span<const ActorId> choices,
                     const ExploreOptions& options, bool skips,
                     const std::map<std::string, std::string>& metadata) {
  Standpoint standpoint;
  CheckedExecution checked(runner, options);
  Stepper stepper(choices, skips, standpoint);
  TraceBuilder builder(Clock::steps);
  const ExecutionEnd end = checked.execution.run(program, stepper, &builder);
  if (!stepper.misfit().empty()) throw UsageError(stepper.misfit());
  if (end == ExecutionEnd::interrupted) return standpoint;
  standpoint.is_over = end != ExecutionEnd::redundant;
  if (standpoint.is_over && stepper.left() > 0)
    throw UsageError("the execution is over before choice " +
                     std::to_string(choices.size() - stepper.left() + 1));
  standpoint.schedule = with_await_sites(to_text(stepper.taken()), options.awaits);
  for (const auto& [key, value] : metadata) builder.set_metadata(key, value);
  builder.set_metadata("world", "model");
  builder.set_metadata("schedule", standpoint.schedule);
  standpoint.trace = builder.build();
  standpoint.findings = checked.execution.findings();
  for (Finding& finding : standpoint.findings) {
    finding.schedule = standpoint.schedule;
    finding.explanation = explain(finding, standpoint.trace);
  }
  return standpoint;
}

}  // namespace

Standpoint step_along(const Program& program, ActorRunner& runner, std::string_view schedule,
                      std::optional<ActorId> next, const ExploreOptions& options,
                      const std::map<std::string, std::string>& metadata) {
  std::vector<ActorId> choices = parse_schedule(choices_of(schedule));
  if (next) choices.push_back(*next);
  ExploreOptions with_sites = options;
  // Who steps by hand wants to see after a few turns that a loop waits. One that would have ended
  // is parked, too: that hides nothing from a search.
  constexpr std::int32_t few_operations = 20;
  with_sites.patience = few_operations;
  for (const AwaitSite& site : await_sites_of(schedule)) add_await_site(with_sites.awaits, site);
  for (bool skips = false;; skips = true) {
    try {
      return step_once(program, runner, choices, with_sites, skips, metadata);
    } catch (const AwaitFound& found) {
      add_new_await_site(with_sites.awaits, found.site);
    }
  }
}

}  // namespace rcuscope
