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

constexpr std::uint64_t max_interleavings = 2'000;

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
};

/// Pairs that no program can show to be needed: a second free is fatal in either order, and after a
/// fatal finding everything on the way there is tried.
const DependentPair redundant_pairs[] = {{ResourceClass::object, Mode::free, Mode::free}};

/// Rules for which no small program is known yet that breaks without them. Many only spare
/// executions: without them the search plans more, and sleep sets cut that short.
const Rule not_shown[] = {
    Rule::race_only_if_not_taken,
    Rule::edge_from_sections_over_before,
    Rule::skip_of_cpu_ends,
    Rule::skip_of_lock_ends,
    Rule::skip_is_per_lock,
    Rule::phantom_of_blocked_actor,
    Rule::phantom_of_cpu,
    Rule::plan_keeps_what_second_needs,
    Rule::plan_leaves_lazy_sections,
    Rule::plan_starts_with_initials,
    Rule::merge_does_not_block,
};

/// What the search with a mutation does otherwise than brute force; empty if nothing.
std::string difference(const char* text, const Mutation& mutation) {
  const auto runner = make_fiber_runner();
  const testing::RandomProgram program = testing::parse_program(text);
  testing::active_mutation() = {};
  const Seen all = seen_by(StrategyKind::exhaustive, program, *runner, max_interleavings);
  EXPECT_TRUE(all.is_complete) << text;
  testing::active_mutation() = mutation;
  std::string result;
  try {
    const Seen seen = seen_by(StrategyKind::dpor, program, *runner, max_interleavings);
    result = seen.is_complete ? testing::difference(all, seen) : "no end";
  } catch (const std::exception& error) {
    result = error.what();
  }
  testing::active_mutation() = {};
  return result;
}

TEST(Mutations, none_and_the_search_agrees_with_brute_force) {
  for (const PairProgram& row : pair_programs)
    EXPECT_EQ(difference(row.program, {}), "") << row.program;
  for (const RuleProgram& row : rule_programs)
    EXPECT_EQ(difference(row.program, {}), "") << row.program;
}

TEST(Mutations, each_dependent_pair_is_needed) {
  for (const PairProgram& row : pair_programs)
    EXPECT_NE(
        difference(row.program, {{}, DependentPair{row.resource_class, row.first, row.second}}), "")
        << row.program;
}

/// A get that finds zero makes the count saturate, and then a reference can be taken again.
TEST(Mutations, none_and_the_search_agrees_where_a_dead_object_is_taken) {
  EXPECT_EQ(difference("process put0 get0 | process get_unless_zero0", {}), "");
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
  EXPECT_EQ(difference("softirq1 spin_trylock0 spin_section0 | process1 spin_section0 | "
                       "hardirq1 spin_section0",
                       {}),
            "");
}

TEST(Mutations, each_rule_is_needed) {
  for (const RuleProgram& row : rule_programs)
    EXPECT_NE(difference(row.program, {row.rule, {}}), "")
        << static_cast<int>(row.rule) << ": " << row.program;
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
    EXPECT_TRUE(std::any_of(std::begin(rule_programs), std::end(rule_programs), is_it) !=
                (std::find(std::begin(not_shown), std::end(not_shown), static_cast<Rule>(r)) !=
                 std::end(not_shown)))
        << r;
  }
}

}  // namespace
}  // namespace rcuscope
