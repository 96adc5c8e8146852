// SPDX-License-Identifier: LGPL-2.1-or-later
// The path of a stateless search, its sleep sets, and the check that replays repeat themselves.
#include "explore/choice_stack.h"

#include <algorithm>

#include "base/error.h"
#include "explore/happens_before.h"
#include "explore/operation_text.h"
#include "explore/rule.h"

namespace rcuscope {
namespace {

bool contains(const std::vector<Candidate>& set, ActorId actor) {
  return std::any_of(set.begin(), set.end(), [&](const Candidate& c) { return c.actor == actor; });
}

/// True if what was executed depends on what the sleeper would do first.
bool wakes(const Candidate& sleeper, const Candidate& executed, bool lazy_readers) {
  const Commuting commuting{lazy_readers, nullptr};
  for (const Operation* first :
       {&sleeper.operation,
        sleeper.merged && holds(Rule::sleeper_is_merged) ? &*sleeper.merged : nullptr})
    for (const Operation* then :
         {&executed.operation, executed.merged ? &*executed.merged : nullptr})
      if (first != nullptr && then != nullptr && commuting.are_dependent_in_order(*first, *then))
        return true;
  return false;
}

}  // namespace

bool ChoicePoint::is_planned(std::size_t index) const {
  return std::find(order.begin(), order.end(), index) != order.end();
}

ActorSet ChoicePoint::settled() const {
  ActorSet actors;
  for (const Candidate& sleeper : sleep) actors.set(static_cast<std::size_t>(sleeper.actor.value));
  for (const std::size_t index : order)
    actors.set(static_cast<std::size_t>(enabled[index].actor.value));
  return actors;
}

bool ChoicePoint::is_asleep(ActorId actor) const { return contains(sleep, actor); }

std::size_t ChoicePoint::index_of(ActorId actor) const {
  std::size_t i = 0;
  while (i < enabled.size() && enabled[i].actor != actor) ++i;
  return i;
}

std::size_t ChoicePoint::first_awake(ActorId running) const {
  std::size_t first = enabled.size();
  for (std::size_t i = 0; i < enabled.size(); ++i) {
    if (is_asleep(enabled[i].actor)) continue;
    if (enabled[i].actor == running) return i;
    if (first == enabled.size()) first = i;
  }
  return first;
}

void ChoiceStack::load(const WorkUnit& unit) {
  clear();
  floor_ = unit.floor;
  loaded_ = unit.levels;
  root_is_above_floor_ = !unit.levels.empty() && unit.floor == unit.levels.size();
}

void ChoiceStack::clear() {
  size_ = depth_ = floor_ = 0;
  root_is_above_floor_ = false;
  loaded_.clear();
  requests_.clear();
  known_requests_.clear();
}

ChoicePoint& ChoiceStack::push(const Execution& execution, std::span<const ActorId> enabled) {
  if (points_.size() == size_) points_.emplace_back();
  ChoicePoint& point = points_[size_++];
  point.enabled.clear();
  point.sleep.clear();
  point.order.clear();
  point.position = 0;
  point.is_everything_planned = false;
  point.enabled.reserve(enabled.size());
  for (const ActorId id : enabled) point.enabled.emplace_back(id, execution.actor(id).pending);
  if (use_sleep_sets_ && size_ > 1) {
    const ChoicePoint& parent = points_[size_ - 2];
    const Candidate& executed = parent.chosen();
    point.sleep.reserve(parent.sleep.size());
    for (const Candidate& sleeper : parent.sleep)
      if (sleeper.actor != executed.actor && !wakes(sleeper, executed, lazy_readers_))
        point.sleep.push_back(sleeper);
  }
  point.awake_at_start = point.enabled.size();
  for (const Candidate& sleeper : point.sleep)
    point.awake_at_start -= point.index_of(sleeper.actor) < point.enabled.size();
  return point;
}

ActorId ChoiceStack::take() {
  ++depth_;
  return back().chosen().actor;
}

/// The next choice of the loaded unit, on its first execution.
ActorId ChoiceStack::load_next(const Execution& execution, std::span<const ActorId> enabled) {
  const Level& level = loaded_[depth_];
  ChoicePoint& point = push(execution, enabled);
  for (std::size_t i = 0; i < level.order.size(); ++i) {
    const std::size_t index = point.index_of(level.order[i]);
    if (index == point.enabled.size()) {
      difference_ = "choice " + std::to_string(depth_) + ": actor " +
                    std::to_string(level.order[i].value) +
                    " cannot run there, other than when the search was divided; the scenario's "
                    "body must be deterministic, and the same as before";
      return {};
    }
    point.plan(index);
    const std::string merged = i < level.merged.size() ? level.merged[i] : "";
    // Nobody here can tell what would wake it, so it does not sleep: that costs time only.
    if (merged == unknown_operation) continue;
    if (!merged.empty()) point.enabled[index].merged = operation_from_text(merged, execution);
    if (i < level.position) point.sleep.push_back(point.enabled[index]);
  }
  point.position = level.position;
  return take();
}

bool ChoiceStack::plan_one_of(std::size_t index_of_point, std::span<const ActorId> actors) {
  ChoicePoint& point = points_[index_of_point];
  std::size_t first = point.enabled.size();
  for (const ActorId actor : actors) {
    if (point.is_asleep(actor)) return true;  // explored, or will be below an earlier choice
    const std::size_t index = point.index_of(actor);
    if (index == point.enabled.size()) continue;
    if (point.is_planned(index)) return true;
    first = std::min(first, index);  // they are sorted
  }
  if (first == point.enabled.size()) return false;
  if (index_of_point >= floor_) {
    point.plan(first);
    return true;
  }
  std::vector<ActorId> enabled;
  for (const ActorId actor : actors)
    if (point.index_of(actor) < point.enabled.size()) enabled.push_back(actor);
  std::sort(enabled.begin(), enabled.end());
  request(index_of_point, std::move(enabled));
  return true;
}

void ChoiceStack::request(std::size_t point, std::vector<ActorId> actors) {
  PlanRequest request{point, std::move(actors)};
  if (known_requests_.insert(request).second) requests_.push_back(std::move(request));
}

void ChoiceStack::plan_everything() {
  for (std::size_t i = size_; i-- > 0 && !points_[i].is_everything_planned;) {
    points_[i].is_everything_planned = true;
    for (const Candidate& candidate : points_[i].enabled) plan_one_of(i, {&candidate.actor, 1});
  }
}

bool ChoiceStack::backtrack() {
  loaded_.clear();  // it has been executed
  for (; size_ > floor_; pop()) {
    ChoicePoint& point = back();
    point.sleep.push_back(point.chosen());
    if (++point.position < point.order.size()) return true;
  }
  return false;
}

std::vector<Level> ChoiceStack::unexplored(const Execution& execution) const {
  std::vector<Level> levels;
  for (std::size_t i = floor_; i < size_; ++i) {
    const ChoicePoint& point = points_[i];
    Level& level = levels.emplace_back();
    level.position = point.position;
    for (std::size_t k = 0; k < point.order.size(); ++k) {
      const Candidate& candidate = point.enabled[point.order[k]];
      level.order.push_back(candidate.actor);
      if (k <= point.position)
        level.merged.push_back(candidate.merged ? to_text(*candidate.merged, execution) : "");
    }
  }
  return levels;
}

std::string ChoiceStack::merged_at_root(const Execution& execution) const {
  if (!root_is_above_floor_ || size_ < floor_) return "";
  const Candidate& root = points_[floor_ - 1].chosen();
  return root.merged ? to_text(*root.merged, execution) : "";
}

ActorId ChoiceStack::follow(const Execution& execution, std::span<const ActorId> enabled) {
  if (depth_ == size_) return load_next(execution, enabled);
  const ChoicePoint& point = points_[depth_];
  if (enabled.size() != point.enabled.size())
    difference_ =
        "choice " + std::to_string(depth_) +
        ": other actors are enabled than in the execution before; the scenario's body must be "
        "deterministic";
  for (std::size_t i = 0; difference_.empty() && i < enabled.size(); ++i) {
    const Operation& now = execution.actor(enabled[i]).pending;
    const Operation& before = point.enabled[i].operation;
    if (enabled[i] != point.enabled[i].actor || !is_repeated(before, now))
      difference_ = "actor '" + execution.actor(enabled[i]).spec.name + "', choice " +
                    std::to_string(depth_) + ": " + describe_difference(before, now);
  }
  if (!difference_.empty()) return {};
  return points_[depth_++].chosen().actor;
}

ActorId ChoiceStack::follow_known(const Execution& execution) {
  if (depth_ >= size_) return {};
  const ChoicePoint& point = points_[depth_];
  const std::span<const StepRecord> log = execution.log();
  for (std::size_t i = log.size(); i-- > 0;) {
    const ModelActor& actor = execution.actor(log[i].actor);
    const std::size_t index = point.index_of(actor.id);
    const bool was_enabled = index < point.enabled.size();
    if (was_enabled != execution.is_enabled(actor)) return {};
    if (was_enabled && !is_repeated(point.enabled[index].operation, actor.pending)) return {};
    if (log[i].choice != StepRecord::no_choice) break;
  }
  const ActorId chosen = point.chosen().actor;
  if (!execution.is_enabled(execution.actor(chosen))) return {};
  ++depth_;
  return chosen;
}

void ChoiceStack::throw_if_nondeterministic() const {
  if (!difference_.empty()) throw NondeterminismError(difference_);
}

double ChoiceStack::progress() const {
  double done = 0, weight = 1;
  for (std::size_t i = 0; i < size_; ++i) {
    weight /= static_cast<double>(std::max<std::size_t>(1, points_[i].awake_at_start));
    done += weight * static_cast<double>(points_[i].position);
  }
  return done;
}

}  // namespace rcuscope
