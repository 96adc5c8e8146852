// SPDX-License-Identifier: LGPL-2.1-or-later
// How many executions the search needs where the number is known, and that it needs no memory for
// each of them.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/reduction_programs.h"

namespace rcuscope {
namespace {

Verdict search(const Program& program, StrategyKind strategy = StrategyKind::dpor) {
  ExploreOptions options;
  options.strategy = strategy;
  return explore(program, *make_fiber_runner(), options);
}

std::uint64_t power(std::uint64_t base, int exponent) {
  std::uint64_t result = 1;
  for (int i = 0; i < exponent; ++i) result *= base;
  return result;
}

TEST(Reduction, readers_of_one_removal_see_it_or_not) {
  for (int readers = 1; readers <= 8; ++readers) {
    const Verdict verdict = search(testing::removal(readers));
    EXPECT_EQ(verdict.executions, power(2, readers)) << readers;
    EXPECT_EQ(verdict.blocked, 0u) << readers;
    EXPECT_EQ(verdict.outcome, Outcome::safe);
  }
}

TEST(Reduction, readers_that_are_not_lazy_also_come_between_unlink_and_grace_period) {
  for (int readers = 1; readers <= 6; ++readers) {
    const Verdict verdict = search(testing::removal(readers), StrategyKind::eager_dpor);
    EXPECT_EQ(verdict.executions, power(3, readers)) << readers;
    EXPECT_EQ(verdict.blocked, 0u) << readers;
  }
}

TEST(Reduction, readers_in_hardirqs_cost_no_more_than_explicit_ones) {
  for (int readers = 1; readers <= 6; ++readers) {
    const Verdict verdict = search(testing::removal(readers, ActorKind::hardirq));
    EXPECT_EQ(verdict.executions, power(2, readers)) << readers;
    EXPECT_EQ(verdict.blocked, 0u) << readers;
    EXPECT_EQ(verdict.outcome, Outcome::safe);
  }
}

TEST(Reduction, increments_of_one_location_come_in_every_order_once) {
  const struct {
    int actors, times;
    std::uint64_t orders;
  } cases[] = {{2, 1, 2}, {2, 2, 6}, {3, 3, 1'680}, {4, 2, 2'520}};
  for (const auto& one : cases) {
    const Verdict verdict = search(testing::increments(one.actors, one.times));
    EXPECT_EQ(verdict.executions, one.orders) << one.actors << " x " << one.times;
    EXPECT_EQ(verdict.blocked, 0u);
    EXPECT_TRUE(verdict.is_exhaustive);
  }
}

/// Without the rule of reference_budget.h: 4, 36, 576, and 34 for two that do it twice.
TEST(Reduction, holders_of_an_object_that_stays_alive_need_no_order) {
  const struct {
    int actors, times;
  } cases[] = {{2, 1}, {3, 1}, {4, 1}, {2, 2}, {3, 3}};
  for (const auto& one : cases) {
    const Verdict verdict = search(testing::holders(one.actors, one.times));
    EXPECT_EQ(verdict.executions, 1u) << one.actors << " x " << one.times;
    EXPECT_EQ(verdict.blocked, 0u);
    EXPECT_EQ(verdict.outcome, Outcome::safe);
  }
}

TEST(Reduction, holders_of_an_object_that_may_die_come_in_every_order) {
  const Verdict verdict = search(testing::holders(2, 1, true));
  EXPECT_GT(verdict.executions, 10u);
  EXPECT_EQ(verdict.outcome, Outcome::unsafe);
  EXPECT_TRUE(verdict.is_exhaustive);
}

/// Resident memory of this process.
std::size_t resident_bytes() {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Reduction, a_third_of_a_million_executions_need_no_more_memory_than_ten_thousand) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  const Program program = testing::increments(4, 3);
  ExploreOptions options;
  options.max_executions = 10'000;
  const auto runner = make_fiber_runner();
  EXPECT_EQ(explore(program, *runner, options).executions, 10'000u);
  const std::size_t before = resident_bytes();
  options.max_executions.reset();
  const Verdict verdict = explore(program, *runner, options);
  EXPECT_EQ(verdict.executions, 369'600u);
  EXPECT_EQ(verdict.blocked, 0u);
  EXPECT_LT(resident_bytes(), before + (std::size_t{1} << 20));
}

}  // namespace
}  // namespace rcuscope
