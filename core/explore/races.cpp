// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pairs of events may also come in the other order, and who may go first there.
#include <algorithm>

#include "explore/happens_before.h"
#include "explore/happens_before_parts.h"
#include "explore/rule.h"

namespace rcuscope {

/// True if event k lies between j and i only because it belongs to the critical section, the run of
/// the interrupt or the stretch without interrupts that j began and that i waits for: it moves with
/// j.
bool HappensBefore::keeps_section_of(std::size_t k, std::size_t j, std::size_t i,
                                     const Execution& execution) const {
  const StepRecord& opener = events_[j].step;
  if (events_[k].step.actor != opener.actor) return false;
  return (holds(Rule::skip_of_cpu) && keeps_cpu_of(k, j, i, execution)) ||
         (holds(Rule::skip_of_lock) && keeps_lock_of(k, j, i));
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
      return !holds(Rule::skip_of_cpu_ends);
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
        !has_claim(later, ResourceClass::lock, claim.resource(), Mode::try_acquire) &&
        holds(Rule::skip_is_per_lock))
      return false;
    for (std::size_t x = j; x < k; ++x)
      if (events_[x].step.actor == opener.actor &&
          has_claim(events_[x].step.operation, ResourceClass::lock, claim.resource(),
                    Mode::release))
        return !holds(Rule::skip_of_lock_ends);
    return true;
  }
  return false;
}

/// False if j and i are no race as soon as anything lies between them. Else is_reversible() has to
/// look at what it is.
bool HappensBefore::may_be_indirect(std::size_t j, std::size_t i) const {
  const StepRecord& first = events_[j].step;
  return first.took_lock || first.seized_levels != 0 || takes_same_completion(j, i) ||
         !holds(Rule::race_is_direct) || !holds(Rule::enabler_is_no_race);
}

bool HappensBefore::is_reversible(std::size_t j, std::size_t i, const Execution& execution) const {
  const Event& event = events_[i];
  if (contains(event.enablers, j)) return !holds(Rule::enabler_is_no_race);
  const std::size_t opening = decided_at(j);
  const auto goes_with_j = [&](std::size_t change) { return is_before(opening, change); };
  if (holds(Rule::race_leaves_a_change) && !event.changes.empty() &&
      std::all_of(event.changes.begin(), event.changes.end(), goes_with_j))
    return false;
  const bool both_wait = takes_same_completion(j, i);
  const auto comes_between = [&](std::size_t k) {
    if (k == j || k == opening || !is_before(opening, k)) return false;
    const bool is_enabler = contains(event.enablers, k);
    // j had a count to take, so i needs no later one.
    if (both_wait && is_enabler && events_[k].step.made_available &&
        holds(Rule::race_of_waits_for_completion))
      return false;
    if (!holds(Rule::race_is_direct)) return false;
    return (is_enabler && !is_release(k, i)) || !keeps_section_of(k, j, i, execution);
  };
  // The latest one is the likeliest to come between.
  return !event.predecessors.any_from_last(comes_between) &&
         (!holds(Rule::race_only_if_not_taken) || could_run_before(j, i, execution));
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

void HappensBefore::append_phantom_races(const Execution& execution, std::vector<Race>& races) {
  for (std::size_t a = 1; a < execution.actor_count(); ++a) {
    const ModelActor& actor = execution.actor({static_cast<std::int32_t>(a)});
    if (actor.cancelled_at >= 0 && holds(Rule::phantom_of_cancelled_work))
      append_cancelled_race(actor, execution, races);
  }
  if (!holds(Rule::phantom_of_blocked_actor)) return;
  for (const BlockedActor& blocked : execution.blocked_at_end())
    append_blocked_race(execution, blocked, races);
}

/// Work that was dequeued, or a callback that started on another CPU. The latter also had to wait
/// for its CPU: then whoever had taken that first must come later.
void HappensBefore::append_cancelled_race(const ModelActor& actor, const Execution& execution,
                                          std::vector<Race>& races) {
  const auto cancelled_at = static_cast<std::size_t>(actor.cancelled_at);
  const std::size_t phantom = outline_phantom(actor, execution);
  std::size_t earliest = cancelled_at;
  ActorSet seen;
  for (std::size_t j = actor.shares_cpu() ? cancelled_at : 0; j-- > 0;) {
    const StepRecord& step = events_[j].step;
    const auto bit = static_cast<std::size_t>(step.actor.value);
    const bool is_holder = has_level(step.seized_levels, actor.level());
    if (seen[bit] || execution.actor(step.actor).spec.cpu != actor.spec.cpu) continue;
    if (is_holder || has_level(step.freed_levels, actor.level())) seen.set(bit);
    if (is_holder && holds(Rule::phantom_of_callback_kept_off)) earliest = j;
  }
  if (could_phantom_run_before(earliest, phantom, cancelled_at, execution))
    races.push_back({earliest, std::nullopt, actor.id, actor.pending, true});
}

/// An actor that is blocked at the end, and who might have come too late for what it waits for: a
/// lock, a completion, its CPU. If it waits for several, the earliest holder counts.
void HappensBefore::append_blocked_race(const Execution& execution, const BlockedActor& blocked,
                                        std::vector<Race>& races) {
  const ModelActor& actor = execution.actor(blocked.actor);
  const auto taker = last_taker_of(actor.pending);
  const std::size_t phantom = outline_phantom(actor, execution);
  const bool waits_in_vain = actor.pending.kind == OperationKind::wait_for_completion && !taker &&
                             events_[phantom].indispensable_count == 0;
  if (waits_in_vain) return;
  std::optional<std::size_t> earliest;
  const auto add_holder = [&](std::size_t j) {
    const bool is_better =
        !earliest || (holds(Rule::phantom_at_earliest_holder) ? j < *earliest : j > *earliest);
    if (is_better) earliest = j;
  };
  if (taker && holds(Rule::phantom_of_lock)) add_holder(*taker);
  for (std::size_t a = 1; a < blocked.kept_off_by.size(); ++a) {
    if (!blocked.kept_off_by[a] || !holds(Rule::phantom_of_cpu)) continue;
    for (std::size_t j = size_; j-- > 0;) {
      const StepRecord& step = events_[j].step;
      if (static_cast<std::size_t>(step.actor.value) != a ||
          !has_level(step.seized_levels, actor.level()))
        continue;
      add_holder(j);
      break;
    }
  }
  const bool waits_for_itself = taker && events_[*taker].step.actor == actor.id;
  if (earliest && !waits_for_itself &&
      could_phantom_run_before(*earliest, phantom, size_, execution))
    races.push_back({*earliest, std::nullopt, actor.id, actor.pending});
}

/// Behind the last event, and not counted: what the operation that never ran would have needed.
/// Return: its index.
std::size_t HappensBefore::outline_phantom(const ModelActor& actor, const Execution& execution) {
  make_room();
  Event& event = events_[size_];
  event.step = StepRecord(actor.id, actor.pending);
  event.previous = last_of(actor.id, size_);
  event.enablers.clear();
  event.changes.clear();
  add_enablers(size_, execution);
  return size_;
}

/// False if something that the operation needs comes only after event j. `until`: where it was
/// known that it does not run.
bool HappensBefore::could_phantom_run_before(std::size_t j, std::size_t phantom, std::size_t until,
                                             const Execution& execution) const {
  if (!holds(Rule::phantom_needs_its_enablers)) return true;
  const Event& event = events_[phantom];
  const std::int64_t last = last_of(event.step.actor, size_);
  if (last >= 0 && is_before(j, static_cast<std::size_t>(last))) return false;
  const auto comes_after = [&](std::size_t k) { return k < until && is_before(j, k); };
  const auto end = event.enablers.begin() + static_cast<std::ptrdiff_t>(event.indispensable_count);
  if (std::any_of(event.enablers.begin(), end, comes_after)) return false;
  if (!event.changes.empty() &&
      std::all_of(event.changes.begin(), event.changes.end(), comes_after))
    return false;
  return could_run_before(j, phantom, execution);
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
                                 const EventSet& behind) const {
  if (is_before(first, k)) return true;
  if (race.second && is_before(k, *race.second)) return !holds(Rule::plan_keeps_what_second_needs);
  return holds(Rule::plan_leaves_lazy_sections) && is_held_back(decided_at(k), behind);
}

/// True if one of the events must stay before that of k, which is an opening or one of its own.
bool HappensBefore::is_held_back(std::size_t k, const EventSet& by) const {
  for (std::size_t b = k; b < end_of_merged(k); ++b)
    if (before_[b].intersects(by) || conflicts_[b].intersects(by)) return true;
  return false;
}

bool HappensBefore::initials(const Race& race, const ActorSet& settled,
                             std::vector<ActorId>& actors) {
  actors.clear();
  const std::size_t first = decided_at(race.first);
  const std::size_t second = race.second ? decided_at(*race.second) : size_;
  // Merged events move together or not at all.
  EventSet& in_sequence = scratch_.in_sequence;
  EventSet& behind = scratch_.behind;
  in_sequence.clear();
  behind.clear();
  const auto insert = [this](EventSet& events, std::size_t k) {
    for (std::size_t a = k; a < end_of_merged(k); ++a) events.insert(a);
  };
  insert(behind, first);
  ActorSet seen;
  const auto add = [&](ActorId actor, auto can_begin) {
    const auto bit = static_cast<std::size_t>(actor.value);
    if (seen[bit]) return true;
    seen.set(bit);
    if (holds(Rule::plan_starts_with_initials) && !can_begin()) return true;
    actors.push_back(actor);
    return !settled[bit];
  };
  for (std::size_t k = end_of_merged(first); k < size_; k = end_of_merged(k)) {
    if (k == second) continue;
    if (stays_behind(k, race, first, behind) ||
        (end_of_merged(k) == k + 2 && stays_behind(k + 1, race, first, behind))) {
      insert(behind, k);
      continue;
    }
    if (!add(events_[k].step.actor, [&] { return !is_held_back(k, in_sequence); })) return false;
    insert(in_sequence, k);
  }
  if (race.second)
    return add(events_[second].step.actor,
               [&] { return !is_second_held_back(second, in_sequence); });
  const auto is_dependent = [&](std::size_t k) {
    return commuting_.are_dependent(events_[k].step.operation, race.phantom);
  };
  return add(race.phantom_actor, [&] { return !in_sequence.any_of(is_dependent); });
}

/// The same of the race's second event, which follows all of them.
bool HappensBefore::is_second_held_back(std::size_t second, const EventSet& by) const {
  if (is_held_back(second, by)) return true;
  return by.any_of([&](std::size_t x) {
    for (std::size_t b = second; b < end_of_merged(second); ++b)
      if (conflicts_[x].contains(b)) return true;
    return false;
  });
}

}  // namespace rcuscope
