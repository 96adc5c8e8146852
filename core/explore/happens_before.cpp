// SPDX-License-Identifier: LGPL-2.1-or-later
// Order of events, one after the other.
#include "explore/happens_before.h"

#include <algorithm>

namespace rcuscope {
namespace {

bool has_claim(const Operation& operation, ResourceClass resource_class, std::uint64_t resource,
               Mode mode) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c] == Claim(resource_class, resource, mode)) return true;
  return false;
}

bool contains(const std::vector<std::size_t>& list, std::size_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool has_level(std::uint8_t levels, int level) { return (levels >> level & 1) != 0; }

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

bool dependent_in_order(const Operation& earlier, const Operation& later, bool lazy_readers) {
  for (std::uint8_t i = 0; i < earlier.claim_count; ++i)
    for (std::uint8_t j = 0; j < later.claim_count; ++j) {
      if (!dependent(earlier.claims[i], later.claims[j])) continue;
      // Sleepable readers may block, so they are not lazy.
      if (lazy_readers && earlier.kind == OperationKind::grace_period_start &&
          later.claims[j] == Claim(ResourceClass::rcu, 0, Mode::section_start) &&
          is_lazy_opening(later))
        continue;
      return true;
    }
  return (earlier.more != nullptr || later.more != nullptr) && dependent(earlier, later);
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
  event.changes.clear();
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
    if (is_reversible(event.predecessors[p], i, execution))
      races.push_back({event.predecessors[p], i, {}, {}});
}

std::int64_t HappensBefore::first_of(ActorId actor, std::size_t before) const {
  for (std::size_t i = 0; i < before; ++i)
    if (events_[i].step.actor == actor) return static_cast<std::int64_t>(i);
  return -1;
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
    case OperationKind::grace_period_end: {
      const auto start = static_cast<std::size_t>(last_of(step.actor, i));
      add_sections_opened_before(start, domain_of(events_[start].step.operation), i);
      break;
    }
    case OperationKind::mutex_lock:
    case OperationKind::spin_lock:
      add_last_release(i);
      break;
    case OperationKind::wait_for_completion:
      add_completion(i);
      break;
    case OperationKind::relax:
      add_change(i, execution);
      break;
    case OperationKind::barrier_end:
      add_awaited_callbacks(i, execution);
      break;
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
  const bool wants_lock = step.operation.kind == OperationKind::mutex_lock ||
                          step.operation.kind == OperationKind::spin_lock;
  events_[i].indispensable_count = wants_lock ? 0 : events_[i].enablers.size();
  if (execution.actor(step.actor).shares_cpu()) add_cpu_freed(i, execution);
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
void HappensBefore::add_change(std::size_t i, const Execution& execution) {
  const ActorId actor = events_[i].step.actor;
  std::vector<std::size_t>& changes = events_[i].changes;
  for (std::size_t r = i; r-- > 0;) {
    const StepRecord& read = events_[r].step;
    if (read.actor != actor) continue;
    if (read.operation.kind == OperationKind::relax) break;
    // After a change of its own it was not parked at all, unless it says that it waits.
    if (read.changes_state && !execution.actor(actor).calls_relax) return changes.clear();
    for (std::size_t k = r + 1; k < i; ++k) {
      const StepRecord& step = events_[k].step;
      if (step.actor != actor && step.changes_state && !contains(changes, k) &&
          changes_what_was_read(step.operation, read.operation))
        changes.push_back(k);
    }
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
  if (self.spawned_at >= 0)
    events_[i].enablers.push_back(static_cast<std::size_t>(self.spawned_at));
  if (self.grace_period >= 0 && self.spawned_at >= 0) {
    const auto start = static_cast<std::size_t>(self.spawned_at);
    add_sections_opened_before(start, domain_of(events_[start].step.operation), i);
  }
  if (self.work >= 0)
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
    if (opening < start) events_[i].enablers.push_back(k);
  }
}

void HappensBefore::add_last_release(std::size_t i) {
  const Operation& operation = events_[i].step.operation;
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    const Claim claim = operation.claims[c];
    if (claim.resource_class() != ResourceClass::lock) continue;
    for (std::size_t k = i; k-- > 0;) {
      if (!has_claim(events_[k].step.operation, ResourceClass::lock, claim.resource(),
                     Mode::release))
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

/// True if event k lies between j and i only because it belongs to the critical section, the run of
/// the interrupt or the stretch without interrupts that j began and that i waits for: it moves with
/// j.
bool HappensBefore::keeps_section_of(std::size_t k, std::size_t j, std::size_t i,
                                     const Execution& execution) const {
  const StepRecord& opener = events_[j].step;
  if (events_[k].step.actor != opener.actor) return false;
  return keeps_cpu_of(k, j, i, execution) || keeps_lock_of(k, j, i);
}

bool HappensBefore::keeps_cpu_of(std::size_t k, std::size_t j, std::size_t i,
                                 const Execution& execution) const {
  const StepRecord& opener = events_[j].step;
  const ModelActor& later = execution.actor(events_[i].step.actor);
  if (!has_level(opener.seized_levels, later.level()) ||
      execution.actor(opener.actor).spec.cpu != later.spec.cpu)
    return false;
  for (std::size_t x = j; x < k; ++x)
    if (events_[x].step.actor == opener.actor &&
        has_level(events_[x].step.freed_levels, later.level()))
      return false;
  return true;
}

bool HappensBefore::keeps_lock_of(std::size_t k, std::size_t j, std::size_t i) const {
  const StepRecord& opener = events_[j].step;
  if (!opener.took_lock) return false;
  for (std::uint8_t c = 0; c < opener.operation.claim_count; ++c) {
    const Claim claim = opener.operation.claims[c];
    if (claim.resource_class() != ResourceClass::lock) continue;
    const Operation& later = events_[i].step.operation;
    if (!has_claim(later, ResourceClass::lock, claim.resource(), Mode::acquire) &&
        !has_claim(later, ResourceClass::lock, claim.resource(), Mode::try_acquire))
      return false;
    for (std::size_t x = j; x < k; ++x)
      if (events_[x].step.actor == opener.actor &&
          has_claim(events_[x].step.operation, ResourceClass::lock, claim.resource(),
                    Mode::release))
        return false;
    return true;
  }
  return false;
}

bool HappensBefore::is_reversible(std::size_t j, std::size_t i, const Execution& execution) const {
  const Event& event = events_[i];
  if (contains(event.enablers, j)) return false;
  const std::size_t opening = decided_at(j);
  if (!could_run_before(j, i, execution)) return false;
  const auto goes_with_j = [&](std::size_t change) { return is_before(opening, change); };
  if (!event.changes.empty() &&
      std::all_of(event.changes.begin(), event.changes.end(), goes_with_j))
    return false;
  const bool both_wait = takes_same_completion(j, i);
  return std::none_of(event.predecessors.begin(), event.predecessors.end(), [&](std::size_t k) {
    if (k == j || k == opening || !is_before(opening, k)) return false;
    const bool is_enabler = contains(event.enablers, k);
    // j had a count to take, so i needs no later one.
    if (both_wait && is_enabler && events_[k].step.made_available) return false;
    return (is_enabler && !is_release(k, i)) || !keeps_section_of(k, j, i, execution);
  });
}

/// False if what i waits for, a lock or its CPU, was taken before j and is given back only by j's
/// own actor or by something that happens after j.
bool HappensBefore::could_run_before(std::size_t j, std::size_t i,
                                     const Execution& execution) const {
  const std::size_t opening = decided_at(j);
  const auto is_given_back = [&](ActorId holder, auto gives_back) {
    if (holder == events_[j].step.actor) return false;
    for (std::size_t r = opening; r < i; ++r)
      if (events_[r].step.actor == holder && gives_back(events_[r].step))
        return !is_before(opening, r);
    return true;
  };
  const StepRecord& later = events_[i].step;
  if (later.operation.kind == OperationKind::mutex_lock ||
      later.operation.kind == OperationKind::spin_lock) {
    const auto releases = [&](const StepRecord& step) {
      return step.operation.address == later.operation.address && !step.took_lock &&
             (step.operation.kind == OperationKind::mutex_unlock ||
              step.operation.kind == OperationKind::spin_unlock);
    };
    for (std::size_t t = opening; t-- > 0;) {
      if (releases(events_[t].step)) break;
      if (!events_[t].step.took_lock ||
          events_[t].step.operation.address != later.operation.address)
        continue;
      if (!is_given_back(events_[t].step.actor, releases)) return false;
      break;
    }
  }
  const ModelActor& self = execution.actor(later.actor);
  if (!self.shares_cpu()) return true;
  ActorSet freed;
  for (std::size_t t = opening; t-- > 0;) {
    const StepRecord& step = events_[t].step;
    const auto bit = static_cast<std::size_t>(step.actor.value);
    if (step.actor == self.id || freed[bit] ||
        execution.actor(step.actor).spec.cpu != self.spec.cpu)
      continue;
    if (has_level(step.freed_levels, self.level())) freed.set(bit);
    if (!has_level(step.seized_levels, self.level())) continue;
    freed.set(bit);
    if (!is_given_back(step.actor, [&](const StepRecord& other) {
          return has_level(other.freed_levels, self.level());
        }))
      return false;
  }
  return true;
}

/// True if k enables i only by giving back a lock or a CPU.
bool HappensBefore::is_release(std::size_t k, std::size_t i) const {
  const Event& event = events_[i];
  const auto end = event.enablers.begin() + static_cast<std::ptrdiff_t>(event.indispensable_count);
  return std::find(event.enablers.begin(), end, k) == end;
}

bool HappensBefore::takes_same_completion(std::size_t j, std::size_t i) const {
  const Operation& first = events_[j].step.operation;
  const Operation& second = events_[i].step.operation;
  return first.kind == OperationKind::wait_for_completion && second.kind == first.kind &&
         first.address == second.address;
}

void HappensBefore::append_phantom_races(const Execution& execution,
                                         std::vector<Race>& races) const {
  for (std::size_t a = 1; a < execution.actor_count(); ++a) {
    const ModelActor& actor = execution.actor({static_cast<std::int32_t>(a)});
    if (actor.cancelled_at >= 0)
      races.push_back(
          {static_cast<std::size_t>(actor.cancelled_at), std::nullopt, actor.id, actor.pending});
  }
  for (const Execution::Blocked& blocked : execution.blocked_at_end())
    append_blocked_race(execution.actor(blocked.actor), blocked.kept_off_by, races);
}

/// An actor that is blocked at the end, and who might have come too late for what it waits for: a
/// lock, a completion, its CPU. If it waits for several, the earliest holder counts.
void HappensBefore::append_blocked_race(const ModelActor& actor, const ActorSet& kept_off_by,
                                        std::vector<Race>& races) const {
  const std::int64_t last = last_of(actor.id, size_);
  std::optional<std::size_t> earliest;
  const auto add_holder = [&](std::size_t j) {
    if (events_[j].step.actor == actor.id) return;
    if (last >= 0 && is_before(j, static_cast<std::size_t>(last))) return;
    if (!earliest || j < *earliest) earliest = j;
  };
  if (const auto j = last_taker_of(actor.pending)) add_holder(*j);
  for (std::size_t a = 1; a < kept_off_by.size(); ++a) {
    if (!kept_off_by[a]) continue;
    for (std::size_t j = size_; j-- > 0;) {
      const StepRecord& step = events_[j].step;
      if (static_cast<std::size_t>(step.actor.value) != a ||
          !has_level(step.seized_levels, actor.level()))
        continue;
      add_holder(j);
      break;
    }
  }
  if (earliest) races.push_back({*earliest, std::nullopt, actor.id, actor.pending});
}

/// Who took the lock, or the last count of the completion, that the operation waits for.
std::optional<std::size_t> HappensBefore::last_taker_of(const Operation& operation) const {
  const bool is_lock =
      operation.kind == OperationKind::mutex_lock || operation.kind == OperationKind::spin_lock;
  if (!is_lock && operation.kind != OperationKind::wait_for_completion) return {};
  for (std::size_t j = size_; j-- > 0;) {
    const StepRecord& step = events_[j].step;
    if (step.operation.address != operation.address) continue;
    if (is_lock ? step.took_lock : step.operation.kind == OperationKind::wait_for_completion)
      return j;
    if (has_claim(step.operation, ResourceClass::lock,
                  reinterpret_cast<std::uintptr_t>(operation.address), Mode::release))
      return {};
  }
  return {};
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
