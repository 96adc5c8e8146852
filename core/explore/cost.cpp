// SPDX-License-Identifier: LGPL-2.1-or-later
// Counting from the log of operations, so that it costs the executions themselves nothing.
#include "explore/cost.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace rcuscope {
namespace {

bool is_release_of(const StepRecord& step, const void* lock) {
  return step.operation.kind == OperationKind::mutex_unlock && step.operation.address == lock;
}

/// The operations before `end` with which an actor took what it still holds there.
template <class Visit>
void for_each_held_lock(std::span<const StepRecord> log, std::size_t end, const Visit& visit) {
  const ActorId actor = log[end].actor;
  for (std::size_t i = 0; i < end; ++i) {
    if (log[i].actor != actor || !log[i].took_lock) continue;
    const void* lock = log[i].operation.address;
    if (std::none_of(log.begin() + static_cast<std::ptrdiff_t>(i),
                     log.begin() + static_cast<std::ptrdiff_t>(end), [&](const StepRecord& step) {
                       return step.actor == actor && is_release_of(step, lock);
                     }))
      visit(log[i].operation);
  }
}

}  // namespace

void Cost::add(const Execution& execution) {
  const std::span<const StepRecord> log = execution.log();
  std::vector<std::pair<ActorId, std::uint32_t>> counts;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i].operation.kind != OperationKind::grace_period_start) continue;
    const ActorId actor = log[i].actor;
    const auto known = std::find_if(counts.begin(), counts.end(),
                                    [&](const auto& entry) { return entry.first == actor; });
    if (known == counts.end())
      counts.emplace_back(actor, 1);
    else
      ++known->second;
    for_each_held_lock(log, i, [&](const Operation& lock) {
      locks_held[execution.actor(actor).spec.name].insert(execution.location_name(lock));
    });
  }
  for (const auto& [actor, count] : counts) {
    std::uint32_t& most = grace_periods[execution.actor(actor).spec.name];
    most = std::max(most, count);
  }
}

void Cost::add(const Cost& other) {
  for (const auto& [actor, count] : other.grace_periods)
    grace_periods[actor] = std::max(grace_periods[actor], count);
  for (const auto& [actor, locks] : other.locks_held)
    locks_held[actor].insert(locks.begin(), locks.end());
}

}  // namespace rcuscope
