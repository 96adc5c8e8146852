// SPDX-License-Identifier: LGPL-2.1-or-later
// Order of events, one after the other.
#include "explore/happens_before.h"

#include <algorithm>

namespace rcuscope {
namespace {

bool has_claim(const Operation& operation, ResourceClass resource_class, std::uint64_t resource,
               Mode mode) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c] == Claim{resource, resource_class, mode}) return true;
  return false;
}

bool contains(const std::vector<std::size_t>& list, std::size_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_interrupt_entry(const StepRecord& step) {
  if (step.operation.kind != OperationKind::actor_start) return false;
  for (std::uint8_t c = 0; c < step.operation.claim_count; ++c)
    if (step.operation.claims[c].mode == Mode::seize) return true;
  return false;
}

std::int64_t work_of(const Operation& operation) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c].resource_class == ResourceClass::work)
      return static_cast<std::int64_t>(operation.claims[c].resource);
  return -1;
}

}  // namespace

bool dependent_in_order(const Operation& earlier, const Operation& later, bool lazy_readers) {
  for (std::uint8_t i = 0; i < earlier.claim_count; ++i)
    for (std::uint8_t j = 0; j < later.claim_count; ++j) {
      if (!dependent(earlier.claims[i], later.claims[j])) continue;
      if (lazy_readers && earlier.kind == OperationKind::grace_period_start) continue;
      return true;
    }
  return false;
}

void HappensBefore::truncate(std::size_t size) { size_ = std::min(size, size_); }

void HappensBefore::append(const StepRecord& step, bool is_merged, const Execution& execution,
                           std::vector<Race>& races) {
  const std::size_t i = size_++;
  if (events_.size() < size_) events_.emplace_back();
  Event& event = events_[i];
  event.step = step;
  event.is_merged = is_merged;
  event.before.clear();
  event.predecessors.clear();
  event.enablers.clear();
  const std::int64_t previous = last_of(step.actor, i);
  if (previous >= 0) event.predecessors.push_back(static_cast<std::size_t>(previous));
  add_enablers(i, execution);
  for (const std::size_t j : event.enablers) event.predecessors.push_back(j);
  const std::size_t first_dependent = event.predecessors.size();
  for (std::size_t j = 0; j < i; ++j)
    if (events_[j].step.actor != step.actor &&
        dependent_in_order(events_[j].step.operation, step.operation, lazy_readers_))
      event.predecessors.push_back(j);
  event.before.insert(i);
  for (const std::size_t j : event.predecessors) event.before.merge(events_[j].before);
  for (std::size_t p = first_dependent; p < event.predecessors.size(); ++p)
    if (is_reversible(event.predecessors[p], i))
      races.push_back({event.predecessors[p], i, {}, {}});
}

std::int64_t HappensBefore::last_of(ActorId actor, std::size_t before) const {
  for (std::size_t i = before; i-- > 0;)
    if (events_[i].step.actor == actor) return static_cast<std::int64_t>(i);
  return -1;
}

// --- enabling edges: order events, and are never reversed

void HappensBefore::add_enablers(std::size_t i, const Execution& execution) {
  const StepRecord& step = events_[i].step;
  switch (step.operation.kind) {
    case OperationKind::actor_start:
      add_start_enablers(i, execution);
      break;
    case OperationKind::grace_period_end:
      add_sections_opened_before(last_of(step.actor, i), i);
      break;
    case OperationKind::mutex_lock:
      add_last_release(i);
      break;
    case OperationKind::barrier_end: {
      const std::int64_t start = last_of(step.actor, i);
      add_ends(i, execution, [start](const ModelActor& actor) {
        return actor.spec.kind == ActorKind::callback && actor.spawned_at < start;
      });
      break;
    }
    case OperationKind::wait_for_work_end: {
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
  // Whoever interrupted this actor has ended.
  const ModelActor& self = execution.actor(step.actor);
  if (self.can_be_interrupted)
    add_ends(i, execution, [&self](const ModelActor& actor) {
      return actor.interrupts_others && actor.spec.cpu == self.spec.cpu && actor.id != self.id;
    });
}

void HappensBefore::add_start_enablers(std::size_t i, const Execution& execution) {
  const ModelActor& self = execution.actor(events_[i].step.actor);
  if (self.spawned_at >= 0)
    events_[i].enablers.push_back(static_cast<std::size_t>(self.spawned_at));
  if (self.grace_period >= 0) add_sections_opened_before(self.spawned_at, i);
  if (self.work >= 0)
    add_ends(i, execution, [&self](const ModelActor& actor) {
      return actor.work == self.work && actor.id != self.id;
    });
}

/// Ends of all sections opened before `start`, ALSO of those that ended before it: leaving a
/// section commutes with the start of a grace period, so the edge must not tell the two orders
/// apart.
void HappensBefore::add_sections_opened_before(std::int64_t start, std::size_t i) {
  for (std::size_t k = 0; k < i; ++k) {
    if (!events_[k].step.closes_section) continue;
    std::size_t opening = k;
    while (opening > 0 && !(events_[opening].step.actor == events_[k].step.actor &&
                            events_[opening].step.opens_section))
      --opening;
    if (static_cast<std::int64_t>(opening) < start) events_[i].enablers.push_back(k);
  }
}

void HappensBefore::add_last_release(std::size_t i) {
  const Operation& operation = events_[i].step.operation;
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    const Claim& claim = operation.claims[c];
    if (claim.resource_class != ResourceClass::lock) continue;
    for (std::size_t k = i; k-- > 0;) {
      if (!has_claim(events_[k].step.operation, ResourceClass::lock, claim.resource, Mode::release))
        continue;
      events_[i].enablers.push_back(k);
      break;
    }
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
    if (cancelled_at < i && events_[cancelled_at].step.actor != events_[i].step.actor)
      events_[i].enablers.push_back(cancelled_at);
  }
}

// --- races

/// True if event k lies between j and i only because it belongs to the critical section, or to the
/// run of the interrupt, that j began and that i waits for: it moves with j.
bool HappensBefore::keeps_section_of(std::size_t k, std::size_t j, std::size_t i) const {
  const StepRecord& opener = events_[j].step;
  if (events_[k].step.actor != opener.actor) return false;
  if (is_interrupt_entry(opener)) return true;
  if (!opener.took_lock) return false;
  for (std::uint8_t c = 0; c < opener.operation.claim_count; ++c) {
    const Claim& claim = opener.operation.claims[c];
    if (claim.resource_class != ResourceClass::lock) continue;
    if (!has_claim(events_[i].step.operation, ResourceClass::lock, claim.resource, Mode::acquire) &&
        !has_claim(events_[i].step.operation, ResourceClass::lock, claim.resource,
                   Mode::try_acquire))
      return false;
    for (std::size_t x = j; x < k; ++x)
      if (events_[x].step.actor == opener.actor &&
          has_claim(events_[x].step.operation, ResourceClass::lock, claim.resource, Mode::release))
        return false;
    return true;
  }
  return false;
}

bool HappensBefore::is_reversible(std::size_t j, std::size_t i) const {
  const Event& event = events_[i];
  if (contains(event.enablers, j)) return false;
  const std::size_t opening = decided_at(j);
  return std::none_of(event.predecessors.begin(), event.predecessors.end(), [&](std::size_t k) {
    return k != j && k != opening && is_before(opening, k) && !keeps_section_of(k, j, i);
  });
}

void HappensBefore::append_phantom_races(const Execution& execution, bool is_complete,
                                         std::vector<Race>& races) const {
  for (std::size_t a = 1; a < execution.actor_count(); ++a) {
    const ModelActor& actor = execution.actor({static_cast<std::int32_t>(a)});
    if (actor.cancelled_at >= 0) {
      races.push_back(
          {static_cast<std::size_t>(actor.cancelled_at), std::nullopt, actor.id, actor.pending});
    } else if (is_complete && !actor.is_finished() &&
               actor.pending.kind == OperationKind::mutex_lock) {
      append_blocked_race(actor, races);
    }
  }
}

void HappensBefore::append_blocked_race(const ModelActor& actor, std::vector<Race>& races) const {
  for (std::size_t j = size_; j-- > 0;) {
    const StepRecord& step = events_[j].step;
    if (!step.took_lock || step.operation.address != actor.pending.address) continue;
    const std::int64_t last = last_of(actor.id, size_);
    if (step.actor != actor.id && (last < 0 || !is_before(j, static_cast<std::size_t>(last))))
      races.push_back({j, std::nullopt, actor.id, actor.pending});
    return;
  }
}

/// True if event k cannot be moved before the race's first event, or before something that stays
/// behind it. Lazy readers carry no edge from the start of a grace period to a later section, but
/// moving the section before it would make another execution: such events stay, unless the second
/// one needs them.
bool HappensBefore::stays_behind(std::size_t k, const Race& race, std::size_t first,
                                 const std::vector<std::size_t>& behind) const {
  if (is_before(first, k)) return true;
  if (race.second && is_before(k, *race.second)) return false;
  const std::size_t opening = decided_at(k);
  return holds_back(first, opening) ||
         std::any_of(behind.begin(), behind.end(),
                     [&](std::size_t x) { return holds_back(x, opening); });
}

/// True if the event of x must stay before that of k. Both are openings or events of their own.
bool HappensBefore::holds_back(std::size_t x, std::size_t k) const {
  for (std::size_t a = x; a < end_of_merged(x); ++a)
    for (std::size_t b = k; b < end_of_merged(k); ++b)
      if (is_before(a, b) || dependent(events_[a].step.operation, events_[b].step.operation))
        return true;
  return false;
}

void HappensBefore::initials(const Race& race, std::vector<ActorId>& actors) const {
  actors.clear();
  const std::size_t first = decided_at(race.first);
  const std::size_t second = race.second ? decided_at(*race.second) : size_;
  // Merged events move together or not at all; each is named by its opening.
  std::vector<std::size_t> sequence, behind;
  for (std::size_t k = end_of_merged(first); k < size_; k = end_of_merged(k)) {
    const bool stays =
        k != second && (stays_behind(k, race, first, behind) ||
                        (end_of_merged(k) == k + 2 && stays_behind(k + 1, race, first, behind)));
    if (k != second) (stays ? behind : sequence).push_back(k);
  }
  if (race.second) sequence.push_back(second);
  std::vector<ActorId> seen;
  for (std::size_t n = 0; n < sequence.size(); ++n) {
    const ActorId actor = events_[sequence[n]].step.actor;
    if (std::find(seen.begin(), seen.end(), actor) != seen.end()) continue;
    seen.push_back(actor);
    const auto end = sequence.begin() + static_cast<std::ptrdiff_t>(n);
    if (std::none_of(sequence.begin(), end,
                     [&](std::size_t x) { return holds_back(x, sequence[n]); }))
      actors.push_back(actor);
  }
  if (race.second || std::find(seen.begin(), seen.end(), race.phantom_actor) != seen.end()) return;
  if (std::none_of(sequence.begin(), sequence.end(), [&](std::size_t x) {
        return dependent(events_[x].step.operation, race.phantom) ||
               (end_of_merged(x) == x + 2 &&
                dependent(events_[x + 1].step.operation, race.phantom));
      }))
    actors.push_back(race.phantom_actor);
}

}  // namespace rcuscope
