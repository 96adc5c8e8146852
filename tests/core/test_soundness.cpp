// SPDX-License-Identifier: LGPL-2.1-or-later
// The reduced searches against brute force on generated programs: same final states, same findings.
#include <gtest/gtest.h>

#include "random_program.h"

namespace rcuscope {
namespace {

constexpr int program_count = 600;
/// Programs with more interleavings than this are not compared.
constexpr std::uint64_t max_interleavings = 2'000;

std::set<std::string> findings_of(const Verdict& verdict) {
  std::set<std::string> result;
  for (const Finding& finding : verdict.findings)
    result.insert(std::string(describe(finding.kind).name) + " @ " + finding.place);
  return result;
}

Verdict search(const Program& program, ActorRunner& runner, StrategyKind strategy) {
  ExploreOptions options;
  options.strategy = strategy;
  options.max_executions = max_interleavings;
  options.minimizes = false;
  return explore(program, runner, options);
}

TEST(Soundness, reduced_search_finds_the_same_states_and_findings_as_brute_force) {
  const auto runner = make_fiber_runner();
  Random random(20260518);
  int compared = 0, with_findings = 0;
  std::uint64_t reduced_executions = 0, brute_force_executions = 0;
  for (int i = 0; i < program_count; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    const Verdict brute_force = search(program, *runner, StrategyKind::exhaustive);
    if (!brute_force.limit.empty()) continue;
    const Verdict reduced = search(program, *runner, StrategyKind::dpor);
    ASSERT_TRUE(reduced.limit.empty()) << testing::describe(random_program);
    ASSERT_EQ(reduced.final_states, brute_force.final_states) << testing::describe(random_program);
    ASSERT_EQ(findings_of(reduced), findings_of(brute_force)) << testing::describe(random_program);
    ASSERT_LE(reduced.executions, brute_force.executions) << testing::describe(random_program);
    reduced_executions += reduced.executions;
    brute_force_executions += brute_force.executions;
    with_findings += !brute_force.findings.empty();
    ++compared;
  }
  // Else the generator has gone dull and the test proves nothing.
  EXPECT_GT(compared, program_count / 4);
  EXPECT_GT(with_findings, compared / 5);
  EXPECT_LT(reduced_executions * 3, brute_force_executions);
  RecordProperty("programs_compared", compared);
}

/// Sleep sets alone, which need no races and no edges, check the races and edges of DPOR on
/// programs that are too big for brute force.
TEST(Soundness, dpor_finds_the_same_states_and_findings_as_sleep_sets_alone) {
  const auto runner = make_fiber_runner();
  Random random(808);
  int compared = 0;
  std::uint64_t redundant_of_dpor = 0, redundant_of_sleep_sets = 0;
  for (int i = 0; i < 1'500; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    const Verdict sleep_sets = search(program, *runner, StrategyKind::sleep_sets);
    if (!sleep_sets.limit.empty()) continue;
    const Verdict dpor = search(program, *runner, StrategyKind::dpor);
    ASSERT_EQ(dpor.final_states, sleep_sets.final_states) << testing::describe(random_program);
    ASSERT_EQ(findings_of(dpor), findings_of(sleep_sets)) << testing::describe(random_program);
    redundant_of_dpor += dpor.blocked;
    redundant_of_sleep_sets += sleep_sets.blocked;
    ++compared;
  }
  EXPECT_GT(compared, 1'000);
  EXPECT_LT(redundant_of_dpor, redundant_of_sleep_sets);
}

TEST(Soundness, each_finding_replays_from_its_schedule) {
  const auto runner = make_fiber_runner();
  Random random(7);
  int replayed = 0;
  for (int i = 0; i < 200; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    const Verdict verdict = search(program, *runner, StrategyKind::dpor);
    for (const Finding& finding : verdict.findings) {
      const ReplayResult again = replay(program, *runner, finding.schedule, {});
      bool is_found = false;
      for (const Finding& found : again.findings)
        is_found |= found.kind == finding.kind && found.place == finding.place;
      ASSERT_TRUE(is_found) << testing::describe(random_program) << finding.message << '\n'
                            << finding.schedule;
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 50);
}

}  // namespace
}  // namespace rcuscope
