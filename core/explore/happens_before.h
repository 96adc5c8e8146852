// SPDX-License-Identifier: LGPL-2.1-or-later
// HappensBefore: the partial order of one execution, and the races that another order would
// reverse. Follows: P. Abdulla, S. Aronis, B. Jonsson, K. Sagonas, "Source sets: a foundation for
// optimal dynamic partial order reduction" (JACM 2017); edges of grace periods, callbacks, work and
// interrupts are ours.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "explore/claim_index.h"
#include "explore/event_set.h"
#include "explore/reference_budget.h"
#include "model/execution.h"

namespace rcuscope {

/// Two dependent events of different actors that may also come in the other order.
struct Race {
  std::size_t first = 0;
  /// Index of the second one, or none: it is `phantom`, which never ran.
  std::optional<std::size_t> second;
  ActorId phantom_actor;
  Operation phantom;
  bool is_of_cancelled_work = false;  ///< The phantom would have been its start.
};

/// True if nothing but the opening of a section of RCU is seen of it by others.
bool is_lazy_opening(const Operation& operation);

/// What commutes beside what the dependency table lets commute.
struct Commuting {
  bool lazy_readers = false;
  const OrderedCounts* ordered_counts = nullptr;  ///< Gets and puts of others do; null: of none.

  bool are_dependent(Claim a, Claim b) const;
  /// False of a claim that commutes with all others, whatever the table says.
  bool is_ordered(Claim claim) const {
    return ordered_counts == nullptr || claim.resource_class() != ResourceClass::refcount ||
           ordered_counts->contains(claim.resource());
  }
  bool are_dependent(const Operation& a, const Operation& b) const;
  /// Must an execution with `earlier` before `later` also be tried the other way round? Lazy
  /// readers: a section that opens after the start of a grace period constrains nothing, so
  /// whatever could follow the other order can follow this one, too.
  bool are_dependent_in_order(const Operation& earlier, const Operation& later) const;
};

/// Grows event by event; a prefix is kept for the next execution.
///
/// With lazy readers the opening of a section and the operation right behind it are one event, of
/// which the search decides once: `is_merged` says so for the second of the two.
class HappensBefore {
 public:
  void set_commuting(const Commuting& commuting) { commuting_ = commuting; }
  void truncate(std::size_t size);
  std::size_t size() const { return size_; }

  /// Appends the event, and its races with earlier ones to `races`.
  void append(const StepRecord& step, bool is_merged, const Execution& execution,
              std::vector<Race>& races);
  /// Appends the races of operations that never ran: of work that was cancelled with its
  /// cancelling, and of actors that are blocked at the end with those who hold what they wait for.
  void append_phantom_races(const Execution& execution, std::vector<Race>& races);
  /// The actors that may go first in what the race's other order would run from its first event on:
  /// all later events that do not happen after it, then the second one. Return: false if one of
  /// `settled` is among them, whose list is then of no interest.
  bool initials(const Race& race, const ActorSet& settled, std::vector<ActorId>& actors);

  const StepRecord& step(std::size_t i) const { return events_[i].step; }
  /// True if event i happens before event j, or is j.
  bool is_before(std::size_t i, std::size_t j) const { return before_[j].contains(i); }
  /// The event that the search decided on: the opening of the section if i is merged with it.
  std::size_t decided_at(std::size_t i) const { return merged_.contains(i) ? i - 1 : i; }

 private:
  struct Event {
    StepRecord step;
    std::int64_t previous = -1;           ///< Of its actor.
    EventSet predecessors;                ///< By program order, enabling or dependence.
    std::vector<std::size_t> changes;     ///< Of relax: what it waited for; one is enough.
    std::vector<std::size_t> enablers;    ///< Those without which it could not have run.
    std::size_t indispensable_count = 0;  ///< The first of them: not only a release.
  };
  /// Claims that are kept for the next executions. Where addresses differ from one execution to the
  /// next, there would be more and more of them.
  static constexpr std::size_t max_known_claims = 10'000;

  void make_room();
  void index_claims(std::size_t i);
  void forget_unused_claims();
  void find_conflicts(std::size_t i);
  void find_dependences(std::size_t i);
  void add_enablers(std::size_t i, const Execution& execution);
  void add_start_enablers(std::size_t i, const Execution& execution);
  void add_sections_opened_before(std::size_t start, std::uint64_t domain, std::size_t i);
  void add_cpu_freed(std::size_t i, const Execution& execution);
  void add_completion(std::size_t i);
  void add_change(std::size_t i);
  void add_awaited_callbacks(std::size_t i, const Execution& execution);
  void add_last_release(std::size_t i);
  template <class IsWanted>
  void add_ends(std::size_t i, const Execution& execution, IsWanted is_wanted);
  void add_cancellings(std::size_t i, const Execution& execution, std::int64_t work);
  std::int64_t first_of(ActorId actor, std::size_t before) const;
  std::int64_t last_of(ActorId actor, std::size_t before) const;
  bool may_be_indirect(std::size_t j, std::size_t i) const;
  bool is_reversible(std::size_t j, std::size_t i, const Execution& execution) const;
  bool could_run_before(std::size_t j, std::size_t i, const Execution& execution) const;
  bool is_release(std::size_t k, std::size_t i) const;
  bool takes_same_completion(std::size_t j, std::size_t i) const;
  bool keeps_section_of(std::size_t k, std::size_t j, std::size_t i,
                        const Execution& execution) const;
  bool keeps_cpu_of(std::size_t k, std::size_t j, std::size_t i, const Execution& execution) const;
  bool keeps_lock_of(std::size_t k, std::size_t j, std::size_t i) const;
  /// Index behind the event, and behind what is merged with it.
  std::size_t end_of_merged(std::size_t i) const {
    return i + 1 < size_ && merged_.contains(i + 1) ? i + 2 : i + 1;
  }
  bool is_held_back(std::size_t k, const EventSet& by) const;
  bool is_second_held_back(std::size_t second, const EventSet& by) const;
  bool stays_behind(std::size_t k, const Race& race, std::size_t first,
                    const EventSet& behind) const;
  void append_cancelled_race(const ModelActor& actor, const Execution& execution,
                             std::vector<Race>& races);
  void append_blocked_race(const Execution& execution, const BlockedActor& blocked,
                           std::vector<Race>& races);
  std::size_t outline_phantom(const ModelActor& actor, const Execution& execution);
  bool could_phantom_run_before(std::size_t j, std::size_t phantom, std::size_t until,
                                const Execution& execution) const;
  std::optional<std::size_t> last_taker_of(const Operation& operation) const;

  std::vector<Event> events_;        ///< The first size_ count; the rest is kept for its memory.
  std::vector<EventSet> before_;     ///< Of each event: what happens before or at it.
  std::vector<EventSet> conflicts_;  ///< Of each event: earlier ones that do not commute with it.
  EventSet merged_;                  ///< See above.
  ClaimIndex claims_;
  std::vector<EventSet> of_actor_;                  ///< By actor; may be shorter.
  EventSet grace_period_starts_;                    ///< Which may be lazy: see Commuting.
  std::array<std::int64_t, max_actors> last_of_{};  ///< Of each actor, plus one.
  /// Kept for its memory: of append() and of initials().
  struct Scratch {
    EventSet dependences, rest, direct, in_sequence, behind;
  } scratch_;
  std::size_t size_ = 0;
  Commuting commuting_;
};

}  // namespace rcuscope
