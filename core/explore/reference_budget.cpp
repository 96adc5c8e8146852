// SPDX-License-Identifier: LGPL-2.1-or-later
// The lowest value that a reference count could have.
#include "explore/reference_budget.h"

#include <algorithm>
#include <array>
#include <utility>

#include "explore/rule.h"
#include "model/types.h"

namespace rcuscope {
namespace {

bool is_change(OperationKind kind) {
  return kind == OperationKind::refcount_get || kind == OperationKind::refcount_put;
}

/// What the operation does to a reference count; null if nothing.
const Claim* claim_of_count(const Operation& operation) {
  if (!is_change(operation.kind) && operation.kind != OperationKind::refcount_read) return nullptr;
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c].resource_class() == ResourceClass::refcount)
      return &operation.claims[c];
  return nullptr;
}

/// What an execution did, and which of its steps are on a count.
struct CountedLog {
  std::span<const StepRecord> steps;
  std::span<const UseOfCount> uses;

  /// Calls visit with each step on the count, until it returns false.
  template <class Visit>
  void visit_while(std::uint64_t count, Visit visit) const {
    for (const UseOfCount& use : uses)
      if (use.count == count && !visit(steps[use.step])) return;
  }
};

/// True if actors do to it what does not commute anyhow.
bool is_contended(const CountedLog& log, std::uint64_t count) {
  ActorId first;
  bool are_several = false, is_only_got = true;
  log.visit_while(count, [&](const StepRecord& step) {
    if (!first.is_valid()) first = step.actor;
    are_several |= step.actor != first;
    is_only_got &= claim_of_count(step.operation)->mode() == Mode::get;
    return !are_several || is_only_got;
  });
  return are_several && !is_only_got;
}

/// A get takes for granted that it succeeds, which holds as long as the bound does.
std::int64_t change_by(const StepRecord& step) {
  return step.operation.kind == OperationKind::refcount_get ? 1 : -1;
}

/// True if the count does nothing but go up and down: nobody reads it or sets it anew, and it is
/// not saturated, where gets and puts change nothing.
bool is_plain(const CountedLog& log, std::uint64_t count, std::int64_t start) {
  std::int64_t expected = start;
  bool is_plain = true;
  log.visit_while(count, [&](const StepRecord& step) {
    if (!is_change(step.operation.kind)) return is_plain = !holds(Rule::budget_heeds_reads);
    is_plain = step.count_before == expected && expected < ModelRefcount::saturated;
    expected += change_by(step);
    return is_plain;
  });
  return is_plain;
}

std::int64_t start_of(const CountedLog& log, std::uint64_t count) {
  std::int64_t start = 0;
  log.visit_while(count, [&](const StepRecord& step) {
    if (!is_change(step.operation.kind)) return true;
    start = step.count_before;
    return false;
  });
  return start;
}

/// The least that the operations on the count can have added in any order. Backwards: what an actor
/// made is then known where it was made, and comes with a later id.
std::int64_t lowest_sum(const Execution& execution, const CountedLog& log, std::uint64_t count) {
  std::array<std::int64_t, max_actors> lowest{};  // of each actor, from here on
  std::size_t made = execution.actor_count();
  std::size_t later = log.uses.size();  // of the uses: those behind the step
  for (std::size_t i = log.steps.size(); i-- > 0;) {
    const StepRecord& step = log.steps[i];
    std::int64_t change = 0;
    if (later > 0 && log.uses[later - 1].step == i && log.uses[--later].count == count &&
        is_change(step.operation.kind))
      change = change_by(step);
    const auto is_made_here = [&](std::size_t actor) {
      return execution.actor({static_cast<std::int32_t>(actor)}).spawned_at ==
             static_cast<std::int32_t>(i);
    };
    while (holds(Rule::budget_knows_who_made_whom) && made > 1 && is_made_here(made - 1))
      change += std::exchange(lowest[--made], 0);
    std::int64_t& own = lowest[static_cast<std::size_t>(step.actor.value)];
    own = std::min<std::int64_t>(0, change + own);
  }
  std::int64_t sum = 0;
  for (const std::int64_t of_actor : lowest) sum += of_actor;
  return sum;
}

bool must_be_ordered(const Execution& execution, const CountedLog& log, std::uint64_t count) {
  if (!is_contended(log, count)) return false;
  if (!holds(Rule::budget_spares_orders)) return true;
  const std::int64_t start = start_of(log, count);
  if (!is_plain(log, count, start)) return true;
  return holds(Rule::budget_is_bounded) && start + lowest_sum(execution, log, count) < 1;
}

}  // namespace

bool OrderedCounts::contains(std::uint64_t count) const {
  if (heap_ == nullptr || !heap_->contains(reinterpret_cast<const void*>(count))) return true;
  return std::binary_search(offsets_.begin(), offsets_.end(), count - heap_->base());
}

void OrderedCounts::insert_offset(std::uint64_t offset) {
  const auto place = std::lower_bound(offsets_.begin(), offsets_.end(), offset);
  if (place == offsets_.end() || *place != offset) offsets_.insert(place, offset);
}

bool OrderedCounts::add_from(const Execution& execution, std::size_t known_steps) {
  heap_ = &execution.heap();
  looked_at_.clear();
  while (!uses_.empty() && uses_.back().step >= known_steps) uses_.pop_back();
  const std::span<const StepRecord> steps = execution.log();
  for (std::size_t i = known_steps; i < steps.size(); ++i)
    if (const Claim* const claim = claim_of_count(steps[i].operation))
      uses_.push_back({i, claim->resource()});
  const CountedLog log{steps, uses_};
  const std::size_t before = offsets_.size();
  for (const UseOfCount& use : uses_) {
    if (contains(use.count)) continue;
    if (std::find(looked_at_.begin(), looked_at_.end(), use.count) != looked_at_.end()) continue;
    looked_at_.push_back(use.count);
    if (must_be_ordered(execution, log, use.count)) insert_offset(use.count - heap_->base());
  }
  return offsets_.size() > before;
}

}  // namespace rcuscope
