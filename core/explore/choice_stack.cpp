// SPDX-License-Identifier: LGPL-2.1-or-later
// The path of a stateless search, its sleep sets, and the check that replays repeat themselves.
#include "explore/choice_stack.h"

#include <algorithm>

#include "base/error.h"
#include "explore/happens_before.h"

namespace rcuscope {
namespace {

bool contains(const std::vector<Candidate>& set, ActorId actor) {
  return std::any_of(set.begin(), set.end(), [&](const Candidate& c) { return c.actor == actor; });
}

/// True if what was executed depends on what the sleeper would do first.
bool wakes(const Candidate& sleeper, const Candidate& executed, bool lazy_readers) {
  for (const Operation* first : {&sleeper.operation, sleeper.merged ? &*sleeper.merged : nullptr})
    for (const Operation* then :
         {&executed.operation, executed.merged ? &*executed.merged : nullptr})
      if (first != nullptr && then != nullptr && dependent_in_order(*first, *then, lazy_readers))
        return true;
  return false;
}

/// Addresses are compared on the model's heap only, where they do not depend on the process.
bool is_same_operation(const Execution& execution, const Operation& before, const Operation& now) {
  if (before.kind != now.kind || before.access != now.access ||
      before.claim_count != now.claim_count)
    return false;
  return execution.is_on_heap(now.address) ? before.address == now.address
                                           : !execution.is_on_heap(before.address);
}

}  // namespace

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

ChoicePoint& ChoiceStack::push(const Execution& execution, std::span<const ActorId> enabled,
                               bool use_sleep_sets) {
  if (points_.size() == size_) points_.emplace_back();
  ChoicePoint& point = points_[size_++];
  point.enabled.clear();
  point.sleep.clear();
  for (const ActorId id : enabled) point.enabled.push_back({id, execution.actor(id).pending, {}});
  if (use_sleep_sets && size_ > 1) {
    const ChoicePoint& parent = points_[size_ - 2];
    const Candidate& executed = parent.enabled[parent.chosen];
    for (const Candidate& sleeper : parent.sleep)
      if (sleeper.actor != executed.actor && !wakes(sleeper, executed, lazy_readers_))
        point.sleep.push_back(sleeper);
  }
  point.awake_at_start = 0;
  for (const Candidate& candidate : point.enabled)
    point.awake_at_start += !point.is_asleep(candidate.actor);
  return point;
}

ActorId ChoiceStack::take(std::size_t index) {
  ChoicePoint& point = back();
  point.chosen = index;
  point.tried_count = 1;
  ++depth_;
  return point.enabled[index].actor;
}

void ChoiceStack::take_other(std::size_t index) {
  back().chosen = index;
  ++back().tried_count;
}

void ChoiceStack::plan_everything() {
  for (std::size_t i = 0; i < size_; ++i)
    points_[i].is_planned.assign(points_[i].enabled.size(), true);
}

ActorId ChoiceStack::follow(const Execution& execution, std::span<const ActorId> enabled) {
  const ChoicePoint& point = points_[depth_];
  if (enabled.size() != point.enabled.size())
    difference_ =
        "choice " + std::to_string(depth_) +
        ": other actors are enabled than in the execution before; the scenario's body must be "
        "deterministic";
  for (std::size_t i = 0; difference_.empty() && i < enabled.size(); ++i) {
    const Operation& now = execution.actor(enabled[i]).pending;
    const Operation& before = point.enabled[i].operation;
    if (enabled[i] != point.enabled[i].actor || !is_same_operation(execution, before, now))
      describe_difference(execution, enabled[i], before, now);
  }
  if (!difference_.empty()) return {};
  return point.enabled[points_[depth_++].chosen].actor;
}

void ChoiceStack::describe_difference(const Execution& execution, ActorId actor,
                                      const Operation& before, const Operation& now) {
  difference_ = "actor '" + execution.actor(actor).spec.name + "', choice " +
                std::to_string(depth_) + ": expected " + std::string(to_string(before.kind)) + " " +
                before.location + " as in the execution before, but it publishes " +
                std::string(to_string(now.kind)) + " " + now.location +
                "; the scenario's body must be deterministic";
}

void ChoiceStack::throw_if_nondeterministic() const {
  if (!difference_.empty()) throw NondeterminismError(difference_);
}

double ChoiceStack::progress() const {
  double done = 0, weight = 1;
  for (std::size_t i = 0; i < size_; ++i) {
    weight /= static_cast<double>(std::max<std::size_t>(1, points_[i].awake_at_start));
    done += weight * static_cast<double>(points_[i].tried_count - 1);
  }
  return done;
}

}  // namespace rcuscope
