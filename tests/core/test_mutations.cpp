// SPDX-License-Identifier: LGPL-2.1-or-later
// Each pair of the dependency table and each rule of the search is needed: a second build of the
// search leaves out one at a time, and must then miss something, or plan what cannot run, in the
// small program of that rule. The whole search agrees with brute force on all of these programs.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "compared_searches.h"
#include "mutation.h"
#include "program_text.h"

namespace rcuscope {

inline namespace mutated {

bool holds(Rule rule) { return testing::active_mutation().rule != rule; }

bool is_dropped(Claim a, Claim b) {
  const auto& pair = testing::active_mutation().pair;
  return pair && pair->is_of(a, b);
}

}  // namespace mutated

namespace {

using testing::DependentPair;
using testing::Mutation;
using testing::Seen;

constexpr std::uint64_t max_interleavings = 10'000;

/// In the words of program_text.h.
struct PairProgram {
  ResourceClass resource_class;
  Mode first, second;
  const char* program;
};

const PairProgram pair_programs[] = {
    {ResourceClass::memory, Mode::read, Mode::write, "process read0 | process write0"},
    {ResourceClass::memory, Mode::write, Mode::write, "process write0 | process fetch_add0"},
    {ResourceClass::object, Mode::use, Mode::free, "process free_object0 | process use_object0"},
    {ResourceClass::rcu, Mode::section_start, Mode::snapshot,
     "softirq free_object0 synchronize_rcu0 | process synchronize_rcu0 free_object0"},
    {ResourceClass::rcu, Mode::snapshot, Mode::take_cookie,
     "process take_cookie0 poll0 | process synchronize_rcu0"},
    {ResourceClass::rcu, Mode::grace_end, Mode::poll, "process start_poll0 | process poll0"},
    {ResourceClass::refcount, Mode::observe, Mode::get, "process read_count0 | process get0"},
    {ResourceClass::refcount, Mode::observe, Mode::put, "process read_count0 | process put0"},
    {ResourceClass::refcount, Mode::get, Mode::put, "process put0 | process get0"},
    {ResourceClass::refcount, Mode::put, Mode::put, "process put0 | process use_object0 put0"},
    {ResourceClass::callbacks, Mode::enqueue, Mode::barrier,
     "process call_rcu_write0 | hardirq rcu_barrier0"},
    {ResourceClass::work, Mode::write, Mode::write, "process queue_work0 cancel_work0"},
    {ResourceClass::lock, Mode::acquire, Mode::acquire,
     "process mutex_section0 read0 | process mutex_section0 write0"},
    {ResourceClass::lock, Mode::acquire, Mode::try_acquire,
     "process mutex_section0 | process trylock0"},
    {ResourceClass::lock, Mode::try_acquire, Mode::try_acquire,
     "process trylock0 | process trylock0"},
    {ResourceClass::lock, Mode::try_acquire, Mode::release,
     "process spin_trylock0 | process spin_trylock0"},
    {ResourceClass::cpu, Mode::run, Mode::seize, "hardirq0 write0 | process0 fetch_add0 read0"},
    {ResourceClass::cpu, Mode::seize, Mode::seize, "hardirq0 read0 | hardirq0 write0"},
};

struct RuleProgram {
  Rule rule;
  const char* program;
};

const RuleProgram rule_programs[] = {
    {Rule::edge_to_what_was_spawned, "process call_rcu_write0"},
    {Rule::edge_from_sections_to_callback, "hardirq call_rcu_write0 read0"},
    {Rule::edge_from_sections_to_grace_period,
     "hardirq read1 write1 | process write1 synchronize_rcu1 read1"},
    {Rule::edge_from_run_to_next_run, "process queue_rcu_work0 | hardirq queue_rcu_work0 write1"},
    {Rule::race_leaves_a_change, "process1 await_relax0 | hardirq1 write0 fetch_add0"},
    {Rule::edge_from_cancelling, "process0 queue_work0 flush_work1 | softirq0 cancel_work1"},
    {Rule::phantom_of_lock, "process0 spin_section1 | softirq0 spin_irq0 | process1 spin_section1"},
    {Rule::edge_from_freed_cpu, "softirq0 write0 | hardirq0 write0 | process0 read0"},
    {Rule::phantom_at_earliest_holder,
     "softirq0 spin_irq1 | process0 spin_section1 | process1 spin_irq0"},
    {Rule::edge_from_release, "process mutex_section0 write0 | process mutex_section0 read0"},
    {Rule::edge_from_complete, "process write0 complete0 | process wait_for_completion0 read0"},
    {Rule::edge_from_change, "process await_relax0 read1 | process write1 write0"},
    {Rule::edge_to_barrier, "process call_rcu_write0 rcu_barrier0 read0"},
    {Rule::edge_to_end_of_wait_for_work, "process queue_work0 flush_work0 read1"},
    {Rule::skip_of_cpu, "hardirq0 spin_irq0 | softirq0 spin_irq0"},
    {Rule::skip_of_lock, "process mutex_section0 read0 | process mutex_section0 write0"},
    {Rule::enabler_is_no_race, "process queue_work0"},
    {Rule::sleeper_is_merged, "process read0 | process reader_section0 write0"},
    {Rule::lazy_guard,
     "process reader_section0 mutex_section0 | process mutex_section0 synchronize_rcu0"},
    {Rule::race_of_waits_for_completion,
     "process complete0 wait_for_completion0 complete0 | process wait_for_completion0"},
    {Rule::race_is_direct, "process write0 complete0 | process wait_for_completion0 read0"},
    {Rule::phantom_of_callback_kept_off, "softirq0 call_rcu_spin0 | hardirq0 rcu_barrier0"},
    {Rule::phantom_needs_its_enablers,
     "process1 call_rcu_spin1 spin_bh0 spin_irq0 | softirq1 read0"},
    {Rule::phantom_of_cancelled_work, "process queue_work0 cancel_work0"},
    {Rule::race_only_if_not_taken,
     "process0 irq_off0 spin_section1 irq_off1 | process0 spin_section0"},
    {Rule::phantom_of_cpu,
     "process1 spin_bh0 | process spin_bh1 await_locked1 | softirq1 await_locked1 poll0"},
    {Rule::plan_keeps_what_second_needs, "process kfree_rcu0 | process kfree_rcu1"},
    {Rule::plan_starts_with_initials, "process call_srcu0 queue_work1 queue_work0"},
    {Rule::budget_is_bounded, "process get0 | process put0"},
    {Rule::budget_heeds_reads, "process get0 put0 | process read_count0"},
};

/// Likewise, with too many interleavings for brute force.
const RuleProgram long_rule_programs[] = {
    // Where the third one sleeps, the first one waits for it with the mutex held. The second one
    // never gets it there, and nothing else tells that it may come first.
    {Rule::phantom_of_blocked_actor,
     "process write1 mutex_section0 wait_for_completion0 | process mutex_section0 read0 | "
     "process write0 complete0"},
};

/// Rules that only spare executions: without them the search sees the same, and sleep sets cut
/// short what it plans in vain.
const RuleProgram sparing_programs[] = {
    {Rule::edge_from_sections_over_before, "process call_rcu_write1 | process call_rcu_write0"},
    {Rule::skip_of_cpu_ends, "process call_rcu_spin1 call_rcu_spin0 spin_irq0"},
    {Rule::skip_of_lock_ends,
     "process spin_trylock1 queue_rcu_work0 | process queue_rcu_work1 spin_trylock0"},
    {Rule::skip_is_per_lock,
     "process0 spin_section0 srcu_barrier0 | process call_srcu1 | hardirq0 read_count1"},
    {Rule::plan_leaves_lazy_sections,
     "process trylock0 synchronize_rcu0 use_object0 | process reader_section0 use_object0 | "
     "process trylock0"},
    {Rule::merge_does_not_block, "hardirq spin_bh1 spin_bh0 | softirq spin_bh1 take_cookie1"},
    {Rule::budget_spares_orders, "process get0 put0 | process get0 put0"},
    {Rule::budget_knows_who_made_whom, "process get0 call_rcu_put0 | process get0 put0"},
};

/// Pairs that no program can show to be needed: a second free is fatal in either order, and after a
/// fatal finding everything on the way there is tried.
const DependentPair redundant_pairs[] = {{ResourceClass::object, Mode::free, Mode::free}};

/// What the search sees with a mutation.
Seen seen_with(const Mutation& mutation, const char* text,
               StrategyKind strategy = StrategyKind::dpor) {
  const auto runner = make_fiber_runner();
  const testing::RandomProgram program = testing::parse_program(text);
  testing::active_mutation() = mutation;
  Seen seen;
  try {
    seen = seen_by(strategy, program, *runner, max_interleavings);
  } catch (const std::exception& error) {
    seen.findings.insert(error.what());
    seen.is_complete = true;
  }
  testing::active_mutation() = {};
  return seen;
}

std::string what_differs(const Seen& expected, const Seen& seen) {
  return seen.is_complete ? testing::difference(expected, seen) : "no end";
}

/// What the search does otherwise than brute force; empty if nothing.
std::string difference_from_brute_force(const char* text) {
  const Seen all = seen_with({}, text, StrategyKind::exhaustive);
  EXPECT_TRUE(all.is_complete) << text;
  return what_differs(all, seen_with({}, text));
}

/// What the search does otherwise with a mutation; without, it agrees with brute force.
std::string difference_with(const Mutation& mutation, const char* text) {
  return what_differs(seen_with({}, text), seen_with(mutation, text));
}

TEST(Mutations, none_and_the_search_agrees_with_brute_force) {
  for (const PairProgram& row : pair_programs)
    EXPECT_EQ(difference_from_brute_force(row.program), "") << row.program;
  for (const RuleProgram& row : rule_programs)
    EXPECT_EQ(difference_from_brute_force(row.program), "") << row.program;
}

std::string difference_from_sleep_sets(const char* text) {
  const Seen all = seen_with({}, text, StrategyKind::sleep_sets);
  EXPECT_TRUE(all.is_complete) << text;
  return what_differs(all, seen_with({}, text));
}

/// These have too many interleavings for brute force. Sleep sets alone need no races and no edges.
TEST(Mutations, none_and_the_search_agrees_with_sleep_sets) {
  for (const RuleProgram& row : long_rule_programs)
    EXPECT_EQ(difference_from_sleep_sets(row.program), "") << row.program;
  for (const RuleProgram& row : sparing_programs)
    EXPECT_EQ(difference_from_sleep_sets(row.program), "") << row.program;
}

TEST(Mutations, each_dependent_pair_is_needed) {
  for (const PairProgram& row : pair_programs)
    EXPECT_NE(difference_with({{}, DependentPair{row.resource_class, row.first, row.second}},
                              row.program),
              "")
        << row.program;
}

/// A get that finds zero makes the count saturate, and then a reference can be taken again.
TEST(Mutations, none_and_the_search_agrees_where_a_dead_object_is_taken) {
  EXPECT_EQ(difference_from_brute_force("process put0 get0 | process get_unless_zero0"), "");
}

/// The section may open after the grace period has started, and orders nothing then.
TEST(Mutations, none_and_a_grace_period_that_orders_by_chance_gives_no_safe) {
  testing::active_mutation() = {};
  const testing::RandomProgram program = testing::parse_program(
      "process synchronize_rcu1 write0 | process write1 reader_section0 | process read0 read1");
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(testing::make_program(program), *runner, {});
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, limit_memory);
}

/// The interrupts could not take the lock from whom they interrupted: lazy readers lost a deadlock.
TEST(Mutations, none_and_the_search_agrees_where_interrupts_spin) {
  EXPECT_EQ(difference_from_brute_force("softirq1 spin_trylock0 spin_section0 | "
                                        "process1 spin_section0 | hardirq1 spin_section0"),
            "");
}

TEST(Mutations, each_rule_is_needed) {
  std::vector<RuleProgram> rows(std::begin(rule_programs), std::end(rule_programs));
  rows.insert(rows.end(), std::begin(long_rule_programs), std::end(long_rule_programs));
  for (const RuleProgram& row : rows)
    EXPECT_NE(difference_with({row.rule, {}}, row.program), "")
        << static_cast<int>(row.rule) << ": " << row.program;
}

TEST(Mutations, some_rules_only_spare_executions) {
  for (const RuleProgram& row : sparing_programs) {
    const Seen with_rule = seen_with({}, row.program);
    const Seen without = seen_with({row.rule, {}}, row.program);
    EXPECT_EQ(what_differs(with_rule, without), "") << row.program;
    EXPECT_GT(without.executions + without.blocked, with_rule.executions + with_rule.blocked)
        << static_cast<int>(row.rule) << ": " << row.program;
  }
}

/// Every execution ended at a fatal finding before the loop could be entered once more.
TEST(Mutations, none_and_the_search_agrees_where_a_reader_waits_in_a_loop) {
  EXPECT_EQ(difference_from_brute_force("process bh_off1 free_object0 await_relax0 | "
                                        "process kfree_rcu0"),
            "");
}

/// Too many interleavings for brute force. A state was once seen to be missing here.
TEST(Mutations, none_and_the_search_agrees_with_sleep_sets_where_work_waits_for_a_reader) {
  const char* const program =
      "process queue_rcu_work0 reader_section0 | process write0 write0 | "
      "process call_rcu_write1 | process read0 queue_rcu_work0";
  const Seen all = seen_with({}, program, StrategyKind::sleep_sets);
  ASSERT_TRUE(all.is_complete);
  EXPECT_EQ(all.final_states.size(), 18);
  EXPECT_EQ(what_differs(all, seen_with({}, program)), "");
  EXPECT_EQ(what_differs(all, seen_with({}, program, StrategyKind::eager_dpor)), "");
}

/// A new pair or rule needs a row above.
TEST(Mutations, cover_every_pair_and_every_rule) {
  const int mode_count = static_cast<int>(Mode::seize) + 1;
  for (int a = 0; a < mode_count; ++a)
    for (int b = a; b < mode_count; ++b) {
      if (!conflict(static_cast<Mode>(a), static_cast<Mode>(b))) continue;
      const auto is_row = [&](const auto& row) {
        const int first = static_cast<int>(row.first), second = static_cast<int>(row.second);
        return std::min(first, second) == a && std::max(first, second) == b;
      };
      EXPECT_TRUE(std::any_of(std::begin(pair_programs), std::end(pair_programs), is_row) ||
                  std::any_of(std::begin(redundant_pairs), std::end(redundant_pairs), is_row))
          << a << '-' << b;
    }
  for (int r = 0; r < static_cast<int>(Rule::count_); ++r) {
    const auto is_it = [&](const RuleProgram& row) { return static_cast<int>(row.rule) == r; };
    const auto rows =
        std::count_if(std::begin(rule_programs), std::end(rule_programs), is_it) +
        std::count_if(std::begin(long_rule_programs), std::end(long_rule_programs), is_it) +
        std::count_if(std::begin(sparing_programs), std::end(sparing_programs), is_it);
    EXPECT_EQ(rows, 1) << r;
  }
}

}  // namespace
}  // namespace rcuscope
