// SPDX-License-Identifier: LGPL-2.1-or-later
// Running plans, within limits.
#include "explore/trials.h"

#include <algorithm>

#include "base/error.h"
#include "explore/schedule.h"

namespace rcuscope {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// What it says about an execution as a whole, not about its last operation.
bool is_about_waiting(FindingKind kind) {
  return kind == FindingKind::deadlock || kind == FindingKind::stall;
}

}  // namespace

/// Passes on to a replay, and learns who is who.
class Trials::Original final : public Chooser {
 public:
  Original(Trials& trials, Replay& replay) : trials_(trials), replay_(replay) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    trials_.name_new_actors(execution);
    return replay_.choose(execution, enabled);
  }
  bool decides_local_operations() const override { return replay_.decides_local_operations(); }
  bool cuts_short() const override { return replay_.cuts_short(); }

 private:
  Trials& trials_;
  Replay& replay_;
};

class Trials::Planned final : public Chooser {
 public:
  Planned(Trials& trials, const Plan& plan) : trials_(trials), plan_(plan) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    trials_.name_new_actors(execution);
    trials_.note(execution, enabled);
    if (!execution.findings().empty() && trials_.shown() != nullptr) return {};
    for (; segment_ < plan_.size(); ++segment_, done_ = 0) {
      const ActorId actor = trials_.find(plan_[segment_].actor);
      if (done_ == plan_[segment_].operation_count ||
          std::find(enabled.begin(), enabled.end(), actor) == enabled.end())
        continue;
      if (done_++ == 0) trials_.start_of_last_segment_ = execution.log().size();
      return actor;
    }
    return {};
  }
  bool decides_local_operations() const override { return true; }
  bool cuts_short() const override { return true; }

 private:
  Trials& trials_;
  const Plan& plan_;
  std::size_t segment_ = 0;
  std::size_t done_ = 0;
};

Trials::Trials(const Finding& finding, const Program& program, ActorRunner& runner,
               const ExploreOptions& options, const std::function<bool()>& goes_on)
    : finding_(finding), program_(program), goes_on_(goes_on), checked_(runner, options) {}

Plan Trials::run_original() {
  Replay replay(parse_schedule(choices_of(finding_.schedule)),
                is_cut_short(choices_of(finding_.schedule)));
  Original original(*this, replay);
  run_along(original);
  return executed();
}

bool Trials::run(const Plan& plan) {
  Planned planned(*this, plan);
  return run_along(planned);
}

bool Trials::run_along(Chooser& chooser) {
  keys_.clear();
  spawn_counts_.clear();
  enabled_before_.clear();
  start_of_last_segment_ = 0;
  shows_at_operation_ = false;
  ++executions_;
  Execution& execution = checked_.execution;
  try {
    is_interrupted_ |= execution.run(program_, chooser) == ExecutionEnd::interrupted;
  } catch (const LimitError&) {  // more actors or memory than one execution may have
    return false;
  } catch (const AwaitFound&) {  // it waits where no execution of the search did
    return false;
  }
  operations_ += static_cast<std::uint64_t>(execution.steps());
  const SteadyClock::time_point now = SteadyClock::now();
  if (!is_interrupted_ && now - last_look_ > std::chrono::milliseconds(50)) {
    last_look_ = now;
    is_interrupted_ = goes_on_ && !goes_on_();
  }
  name_new_actors(execution);
  const Finding* found = shown();
  const auto last = first_step_ + static_cast<Step>(execution.log().size()) - 1;
  shows_at_operation_ = found != nullptr && found->step <= last && !is_about_waiting(found->kind);
  return found != nullptr;
}

bool Trials::is_over() const {
  const std::chrono::duration<double> elapsed = last_look_ - start_;
  return is_interrupted_ || executions_ >= max_executions || operations_ >= max_operations ||
         elapsed.count() > max_seconds;
}

const Finding* Trials::shown() const {
  for (const Finding& found : checked_.execution.findings())
    if (found.kind == finding_.kind && found.place == finding_.place &&
        (found.is_by_reader || !finding_.is_by_reader))
      return &found;
  return nullptr;
}

void Trials::note(const Execution& execution, std::span<const ActorId> enabled) {
  if (enabled_before_.empty()) first_step_ = execution.steps();
  ActorSet set;
  for (const ActorId id : enabled) set.set(static_cast<std::size_t>(id.value));
  enabled_before_.push_back(set);
}

void Trials::name_new_actors(const Execution& execution) {
  for (std::size_t i = keys_.size(); i < execution.actor_count(); ++i) {
    const std::int32_t spawned_at = execution.actor({static_cast<std::int32_t>(i)}).spawned_at;
    spawn_counts_.push_back(0);
    if (spawned_at < 0) {
      keys_.push_back(static_cast<ActorKey>(i));
      continue;
    }
    const ActorId spawner = execution.log()[static_cast<std::size_t>(spawned_at)].actor;
    const std::pair origin(key(spawner), spawn_counts_[static_cast<std::size_t>(spawner.value)]++);
    const auto next = static_cast<ActorKey>(max_actors + keys_of_spawned_.size());
    keys_.push_back(keys_of_spawned_.try_emplace(origin, next).first->second);
  }
}

ActorId Trials::find(ActorKey key) const {
  const auto found = std::find(keys_.begin(), keys_.end(), key);
  if (found == keys_.end()) return {};
  return {static_cast<std::int32_t>(found - keys_.begin())};
}

Plan Trials::executed() const {
  Plan plan;
  for (const ActorId actor : actors()) {
    if (plan.empty() || plan.back().actor != key(actor)) plan.push_back({key(actor), 0});
    ++plan.back().operation_count;
  }
  return plan;
}

ScheduleLength Trials::length() const {
  const std::vector<ActorId> executed = actors();
  return {count_context_switches(executed), executed.size()};
}

std::vector<ActorId> Trials::actors() const {
  std::vector<ActorId> actors;
  for (const StepRecord& step : checked_.execution.log()) actors.push_back(step.actor);
  return actors;
}

}  // namespace rcuscope
