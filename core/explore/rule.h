// SPDX-License-Identifier: LGPL-2.1-or-later
// Rule: what the search must heed beside the dependency table, one name each. A test switches off
// one at a time, in a second build of the search, and must see that it then misses something; here
// all of them hold, at no cost.
#pragma once

#include <cstdint>

namespace rcuscope {

enum class Rule : std::uint8_t {
  // Edges of happens-before, which are never reversed: from what made it possible.
  edge_to_what_was_spawned,
  edge_from_sections_to_callback,
  edge_from_sections_to_grace_period,
  edge_from_sections_over_before,  ///< ... also from those that ended before it started.
  edge_from_run_to_next_run,       ///< Of one work item.
  edge_from_release,
  edge_from_complete,
  edge_from_change,  ///< To the actor that was parked until then.
  edge_to_barrier,
  edge_to_end_of_wait_for_work,
  edge_from_cancelling,
  edge_from_freed_cpu,
  // Races.
  skip_of_cpu,  ///< What lies between only because it has the CPU moves along.
  skip_of_cpu_ends,
  skip_of_lock,  ///< Likewise in a critical section.
  skip_of_lock_ends,
  skip_is_per_lock,
  enabler_is_no_race,
  race_only_if_not_taken,
  race_leaves_a_change,
  race_of_waits_for_completion,
  race_is_direct,
  // Races with operations that never ran.
  phantom_of_cancelled_work,
  phantom_of_callback_kept_off,
  phantom_of_blocked_actor,
  phantom_at_earliest_holder,
  phantom_of_cpu,
  phantom_of_lock,
  phantom_needs_its_enablers,
  // What to try first for the other order of a race.
  plan_keeps_what_second_needs,
  plan_leaves_lazy_sections,
  plan_starts_with_initials,
  // Lazy readers.
  sleeper_is_merged,
  lazy_guard,
  merge_does_not_block,
  // Reference counts that stay above zero: see reference_budget.h.
  budget_is_bounded,
  budget_heeds_reads,
  budget_knows_who_made_whom,
  budget_spares_orders,
  count_
};

#ifdef RCUSCOPE_MUTATIONS
inline namespace mutated {
bool holds(Rule rule);
}  // namespace mutated
#else
constexpr bool holds(Rule) { return true; }
#endif

}  // namespace rcuscope
