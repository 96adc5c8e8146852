// SPDX-License-Identifier: LGPL-2.1-or-later
// Order of events, one after the other.
#include "explore/happens_before.h"

#include <algorithm>
#include <bit>

#include "explore/happens_before_parts.h"
#include "explore/rule.h"
#include "model/claim_pairs.h"

namespace rcuscope {
namespace {

/// A section opens with it, and nothing else happens that others could see.
bool only_opens_section(const Operation& operation) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    const Claim claim = operation.claims[c];
    if (claim.resource_class() == ResourceClass::lock) return false;
    if (claim.mode() == Mode::seize && operation.kind != OperationKind::actor_start) return false;
  }
  return true;
}

std::int64_t work_of(const Operation& operation) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c].resource_class() == ResourceClass::work)
      return static_cast<std::int64_t>(operation.claims[c].resource());
  return -1;
}

/// Of the start of a grace period; 0 is RCU.
std::uint64_t domain_of(const Operation& operation) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c].resource_class() == ResourceClass::rcu &&
        operation.claims[c].mode() == Mode::snapshot)
      return operation.claims[c].resource();
  return 0;
}

template <class Visit>
void for_each_claim(const Operation& operation, Visit visit) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) visit(operation.claims[c]);
  if (operation.more == nullptr) return;
  for (const Claim claim : *operation.more) visit(claim);
}

bool changes_what_was_read(const Operation& change, const Operation& read) {
  std::vector<Claim> reads;
  add_reads(read, reads);
  return is_dependent_on(reads, change);
}

}  // namespace

bool is_lazy_opening(const Operation& operation) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c] == Claim(ResourceClass::rcu, 0, Mode::section_start))
      return only_opens_section(operation);
  return false;
}

inline bool Commuting::are_dependent(Claim a, Claim b) const {
  return dependent(a, b) && is_ordered(a);
}

bool Commuting::are_dependent(const Operation& a, const Operation& b) const {
  for (std::uint8_t i = 0; i < a.claim_count; ++i)
    for (std::uint8_t j = 0; j < b.claim_count; ++j)
      if (are_dependent(a.claims[i], b.claims[j])) return true;
  return (a.more != nullptr || b.more != nullptr) &&
         any_pair_of_claims(
             a, b, [this](Claim first, Claim second) { return are_dependent(first, second); });
}

bool Commuting::are_dependent_in_order(const Operation& earlier, const Operation& later) const {
  for (std::uint8_t i = 0; i < earlier.claim_count; ++i)
    for (std::uint8_t j = 0; j < later.claim_count; ++j) {
      if (!are_dependent(earlier.claims[i], later.claims[j])) continue;
      // Sleepable readers may block, so they are not lazy.
      if (lazy_readers && earlier.kind == OperationKind::grace_period_start &&
          later.claims[j] == Claim(ResourceClass::rcu, 0, Mode::section_start) &&
          is_lazy_opening(later))
        continue;
      return true;
    }
  return (earlier.more != nullptr || later.more != nullptr) && are_dependent(earlier, later);
}

void HappensBefore::truncate(std::size_t size) {
  if (size >= size_) return;
  for (std::size_t i = size_; i-- > size;) {
    const StepRecord& step = events_[i].step;
    const auto actor = static_cast<std::size_t>(step.actor.value);
    last_of_[actor] = events_[i].previous + 1;
    of_actor_[actor].erase(i);
    for_each_claim(step.operation, [&](Claim claim) { claims_.erase(claim, i); });
  }
  size_ = size;
  merged_.truncate(size);
  grace_period_starts_.truncate(size);
  if (claims_.size() > max_known_claims) forget_unused_claims();
}

void HappensBefore::forget_unused_claims() {
  claims_.clear();
  for (std::size_t i = 0; i < size_; ++i) index_claims(i);
}

void HappensBefore::index_claims(std::size_t i) {
  for_each_claim(events_[i].step.operation, [&](Claim claim) { claims_.insert(claim, i); });
}

void HappensBefore::append(const StepRecord& step, bool is_merged, const Execution& execution,
                           std::vector<Race>& races) {
  const std::size_t i = size_++;
  const auto actor = static_cast<std::size_t>(step.actor.value);
  make_room();
  Event& event = events_[i];
  event.step = step;
  event.enablers.clear();
  event.changes.clear();
  event.previous = last_of_[actor] - 1;
  if (is_merged) merged_.insert(i);
  if (of_actor_.size() <= actor) of_actor_.resize(actor + 1);
  add_enablers(i, execution);
  find_conflicts(i);
  find_dependences(i);
  event.predecessors = scratch_.dependences;
  if (event.previous >= 0) event.predecessors.insert(static_cast<std::size_t>(event.previous));
  for (const std::size_t k : event.enablers) event.predecessors.insert(k);
  index_claims(i);
  of_actor_[actor].insert(i);
  last_of_[actor] = static_cast<std::int64_t>(i) + 1;
  if (step.operation.kind == OperationKind::grace_period_start) grace_period_starts_.insert(i);
  EventSet& before = before_[i];
  before.clear();
  before.insert(i);
  EventSet& direct = scratch_.direct;
  direct.clear();
  // The latest ones first: what is before them need not be looked at again.
  EventSet& rest = scratch_.rest;
  rest = event.predecessors;
  for (std::size_t j = rest.last(); j != EventSet::none; j = rest.last()) {
    before.merge(before_[j]);
    rest.subtract(before_[j]);
    direct.insert(j);
  }
  scratch_.dependences.for_each([&](std::size_t j) {
    if ((direct.contains(j) || may_be_indirect(j, i)) && is_reversible(j, i, execution))
      races.push_back({j, i, {}, {}});
  });
}

/// For one more than there are: what never ran is outlined behind the last one.
void HappensBefore::make_room() {
  if (events_.size() > size_) return;
  events_.resize(size_ + 1);
  before_.resize(size_ + 1);
  conflicts_.resize(size_ + 1);
}

void HappensBefore::find_conflicts(std::size_t i) {
  const StepRecord& step = events_[i].step;
  EventSet& conflicts = conflicts_[i];
  conflicts.clear();
  for_each_claim(step.operation, [&](Claim claim) {
    if (!commuting_.is_ordered(claim)) return;
    std::uint32_t modes = conflict_table[static_cast<std::size_t>(claim.mode())];
    for (; modes != 0; modes &= modes - 1) {
      const Claim other = claim.with_mode(static_cast<Mode>(std::countr_zero(modes)));
      if (!dependent(other, claim)) continue;  // a mutation
      if (const EventSet* events = claims_.find(other)) conflicts.merge(*events);
    }
  });
  conflicts.subtract(of_actor_[static_cast<std::size_t>(step.actor.value)]);
}

/// Those of the conflicts that order the two events.
void HappensBefore::find_dependences(std::size_t i) {
  EventSet& dependences = scratch_.dependences;
  dependences = conflicts_[i];
  if (!commuting_.lazy_readers || !dependences.intersects(grace_period_starts_)) return;
  grace_period_starts_.for_each([&](std::size_t j) {
    const bool is_dependent =
        commuting_.are_dependent_in_order(events_[j].step.operation, events_[i].step.operation);
    if (!is_dependent) dependences.erase(j);
  });
}

std::int64_t HappensBefore::first_of(ActorId actor, std::size_t before) const {
  for (std::size_t i = 0; i < before; ++i)
    if (events_[i].step.actor == actor) return static_cast<std::int64_t>(i);
  return -1;
}

std::int64_t HappensBefore::last_of(ActorId actor, std::size_t before) const {
  std::int64_t i = last_of_[static_cast<std::size_t>(actor.value)] - 1;
  while (i >= static_cast<std::int64_t>(before)) i = events_[static_cast<std::size_t>(i)].previous;
  return i;
}

// --- enabling edges: order events, and are never reversed

void HappensBefore::add_enablers(std::size_t i, const Execution& execution) {
  const StepRecord& step = events_[i].step;
  switch (step.operation.kind) {
    case OperationKind::actor_start:
      add_start_enablers(i, execution);
      break;
    case OperationKind::grace_period_end: {
      if (!holds(Rule::edge_from_sections_to_grace_period)) break;
      const auto start = static_cast<std::size_t>(last_of(step.actor, i));
      add_sections_opened_before(start, domain_of(events_[start].step.operation), i);
      break;
    }
    case OperationKind::mutex_lock:
    case OperationKind::spin_lock:
      if (holds(Rule::edge_from_release)) add_last_release(i);
      break;
    case OperationKind::wait_for_completion:
      if (holds(Rule::edge_from_complete)) add_completion(i);
      break;
    case OperationKind::relax:
      if (holds(Rule::edge_from_change)) add_change(i);
      break;
    case OperationKind::barrier_end:
      if (holds(Rule::edge_to_barrier)) add_awaited_callbacks(i, execution);
      break;
    case OperationKind::wait_for_work_end: {
      if (!holds(Rule::edge_to_end_of_wait_for_work)) break;
      const std::int64_t start = last_of(step.actor, i);
      const std::int64_t work = work_of(events_[static_cast<std::size_t>(start)].step.operation);
      add_ends(i, execution, [start, work](const ModelActor& actor) {
        return actor.work == work && actor.spawned_at < start;
      });
      add_cancellings(i, execution, work);
      break;
    }
    default:
      break;
  }
  const bool wants_lock = step.operation.kind == OperationKind::mutex_lock ||
                          step.operation.kind == OperationKind::spin_lock;
  events_[i].indispensable_count = wants_lock ? 0 : events_[i].enablers.size();
  if (execution.actor(step.actor).shares_cpu() && holds(Rule::edge_from_freed_cpu))
    add_cpu_freed(i, execution);
}

/// Whoever kept this actor off its CPU does so no longer.
void HappensBefore::add_cpu_freed(std::size_t i, const Execution& execution) {
  const ModelActor& self = execution.actor(events_[i].step.actor);
  for (std::size_t k = 0; k < i; ++k) {
    const StepRecord& step = events_[k].step;
    if (step.actor != self.id && has_level(step.freed_levels, self.level()) &&
        execution.actor(step.actor).spec.cpu == self.spec.cpu)
      events_[i].enablers.push_back(k);
  }
}

/// complete() of a completion that had no count left: without it the wait would not have ended.
/// Others before only added to the count, and might come later.
void HappensBefore::add_completion(std::size_t i) {
  for (std::size_t k = i; k-- > 0;) {
    const StepRecord& step = events_[k].step;
    if (step.operation.address != events_[i].step.operation.address || !step.made_available)
      continue;
    events_[i].enablers.push_back(k);
    return;
  }
}

/// The changes without which the actor would still be parked. One of several could have come later.
void HappensBefore::add_change(std::size_t i) {
  const ActorId actor = events_[i].step.actor;
  std::vector<std::size_t>& changes = events_[i].changes;
  std::int64_t r = events_[i].previous;
  const std::int64_t turn = events_[i].step.operation.argument;
  for (std::int64_t left = steps_of_turn(turn); left > 0 && r >= 0; --left) {
    const StepRecord& read = events_[static_cast<std::size_t>(r)].step;
    // After a change of its own it was not parked at all, unless it says that it waits.
    if (read.changes_state && !ends_by_others(turn)) return changes.clear();
    for (auto k = static_cast<std::size_t>(r) + 1; k < i; ++k) {
      const StepRecord& step = events_[k].step;
      if (step.actor != actor && step.changes_state && !contains(changes, k) &&
          read.operation.kind != OperationKind::relax &&
          changes_what_was_read(step.operation, read.operation))
        changes.push_back(k);
    }
    r = events_[static_cast<std::size_t>(r)].previous;
  }
  if (changes.size() == 1) events_[i].enablers.push_back(changes.front());
}

void HappensBefore::add_awaited_callbacks(std::size_t i, const Execution& execution) {
  const std::int64_t start = last_of(events_[i].step.actor, i);
  const auto resource = static_cast<std::uint64_t>(events_[i].step.operation.argument);
  if (resource != work_callbacks) {
    add_ends(i, execution, [=](const ModelActor& actor) {
      return actor.callbacks == resource && actor.spawned_at < start;
    });
    return;
  }
  for (std::size_t a = 1; a < execution.actor_count(); ++a) {
    const ModelActor& worker = execution.actor({static_cast<std::int32_t>(a)});
    if (worker.work < 0) continue;
    std::int64_t known_at = worker.spawned_at;
    if (worker.grace_period >= 0) known_at = first_of(worker.id, i);
    if (known_at < 0 || known_at > start) continue;
    add_ends(i, execution, [&](const ModelActor& actor) { return actor.id == worker.id; });
    add_cancellings(i, execution, worker.work);
  }
}

void HappensBefore::add_start_enablers(std::size_t i, const Execution& execution) {
  const ModelActor& self = execution.actor(events_[i].step.actor);
  if (self.spawned_at >= 0 && holds(Rule::edge_to_what_was_spawned))
    events_[i].enablers.push_back(static_cast<std::size_t>(self.spawned_at));
  if (self.grace_period >= 0 && self.spawned_at >= 0 &&
      holds(Rule::edge_from_sections_to_callback)) {
    const auto start = static_cast<std::size_t>(self.spawned_at);
    add_sections_opened_before(start, domain_of(events_[start].step.operation), i);
  }
  if (self.work >= 0 && holds(Rule::edge_from_run_to_next_run))
    add_ends(i, execution, [&self](const ModelActor& actor) {
      return actor.work == self.work && actor.id != self.id;
    });
}

/// Ends of all sections opened before `start`, ALSO of those that ended before it: leaving a
/// section commutes with the start of a grace period, so the edge must not tell the two orders
/// apart.
void HappensBefore::add_sections_opened_before(std::size_t start, std::uint64_t domain,
                                               std::size_t i) {
  for (std::size_t k = 0; k < i; ++k) {
    const StepRecord& closing = events_[k].step;
    if (!closing.closes_section || closing.domain != domain) continue;
    std::size_t opening = k;
    const auto is_opening = [&](const StepRecord& step) {
      return step.actor == closing.actor && step.opens_section && step.domain == domain &&
             step.srcu_index == closing.srcu_index;
    };
    while (opening > 0 && !is_opening(events_[opening].step)) --opening;
    if (k < start && !holds(Rule::edge_from_sections_over_before)) continue;
    if (opening < start) events_[i].enablers.push_back(k);
  }
}

void HappensBefore::add_last_release(std::size_t i) {
  const Operation& operation = events_[i].step.operation;
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    const Claim claim = operation.claims[c];
    if (claim.resource_class() != ResourceClass::lock) continue;
    const EventSet* releases = claims_.find(claim.with_mode(Mode::release));
    const std::size_t last = releases == nullptr ? EventSet::none : releases->last();
    if (last != EventSet::none) events_[i].enablers.push_back(last);
  }
}

template <class IsWanted>
void HappensBefore::add_ends(std::size_t i, const Execution& execution, IsWanted is_wanted) {
  for (std::size_t k = 0; k < i; ++k) {
    const StepRecord& step = events_[k].step;
    if (step.operation.kind == OperationKind::actor_end && is_wanted(execution.actor(step.actor)))
      events_[i].enablers.push_back(k);
  }
}

/// Who waited for work to end also goes on when somebody else dequeues it.
void HappensBefore::add_cancellings(std::size_t i, const Execution& execution, std::int64_t work) {
  for (std::size_t a = 1; a < execution.actor_count(); ++a) {
    const ModelActor& actor = execution.actor({static_cast<std::int32_t>(a)});
    if (actor.work != work || actor.cancelled_at < 0) continue;
    const auto cancelled_at = static_cast<std::size_t>(actor.cancelled_at);
    if (cancelled_at < i && events_[cancelled_at].step.actor != events_[i].step.actor &&
        holds(Rule::edge_from_cancelling))
      events_[i].enablers.push_back(cancelled_at);
  }
}

}  // namespace rcuscope
