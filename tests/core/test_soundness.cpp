// SPDX-License-Identifier: LGPL-2.1-or-later
// The reduced searches against brute force on generated programs: same final states, same findings,
// same doubts about memory. One test for each thing that an actor can do, so that none is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "compared_searches.h"
#include "program_text.h"

namespace rcuscope {
namespace {

using testing::Action;
using testing::RandomProgram;
using testing::Seen;

/// Programs with more interleavings than this are not compared.
constexpr std::uint64_t max_interleavings = 700;
/// Of each action, with each of the two oracles. All together take about 10 seconds, and ten times
/// as long under a sanitizer, which looks for something else.
#if defined(__SANITIZE_ADDRESS__)
constexpr int programs_by_default = 3;
#else
constexpr int programs_by_default = 8;
#endif

/// RCUSCOPE_SOUNDNESS_PROGRAMS=1000 makes a long run, of other programs.
int program_count() {
  const char* text = std::getenv("RCUSCOPE_SOUNDNESS_PROGRAMS");
  if (text == nullptr) return programs_by_default;
  char* end = nullptr;
  const long count = std::strtol(text, &end, 10);
  if (end == text || *end != '\0' || count < 1 || count > 1'000'000)
    throw std::invalid_argument(std::string("RCUSCOPE_SOUNDNESS_PROGRAMS=") + text +
                                ": expected a number of programs from 1 to 1000000");
  return static_cast<int>(count);
}

class Soundness : public ::testing::TestWithParam<Action> {
 protected:
  /// Programs in which somebody takes the action of this test, each as long as the oracle can bear.
  void compare(StrategyKind oracle, int wanted, std::uint64_t seed) {
    Random random(seed + static_cast<std::uint64_t>(wanted) * 1'000 +
                  static_cast<std::uint64_t>(GetParam()));
    for (int i = 0; i < wanted; ++i) {
      RandomProgram program = testing::generate_with(random, GetParam());
      Seen all = testing::seen_by(oracle, program, *runner_, max_interleavings);
      while (!all.is_complete) {
        ASSERT_TRUE(testing::shorten(program, random, GetParam())) << testing::text_of(program);
        all = testing::seen_by(oracle, program, *runner_, max_interleavings);
      }
      const Seen seen = testing::seen_by(StrategyKind::dpor, program, *runner_, max_interleavings);
      ASSERT_TRUE(seen.is_complete) << testing::text_of(program);
      ASSERT_EQ(testing::difference(all, seen), "") << testing::text_of(program);
      of_oracle_ += all.executions + all.blocked;
      of_dpor_ += seen.executions + seen.blocked;
      with_findings_ += !all.findings.empty();
    }
    EXPECT_LE(of_dpor_, of_oracle_);
    RecordProperty("programs_with_findings", with_findings_);
  }

  const std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
  int with_findings_ = 0;
  std::uint64_t of_oracle_ = 0, of_dpor_ = 0;
};

TEST_P(Soundness, dpor_sees_what_brute_force_sees) {
  compare(StrategyKind::exhaustive, program_count(), 20260518);
}

/// Sleep sets alone, which need no races and no edges, check the races and edges of DPOR on
/// programs that are too big for brute force.
TEST_P(Soundness, dpor_sees_what_sleep_sets_alone_see) {
  compare(StrategyKind::sleep_sets, 2 * program_count(), 808);
}

INSTANTIATE_TEST_SUITE_P(With, Soundness, ::testing::ValuesIn(testing::all_actions()),
                         [](const auto& test) { return testing::name_of(test.param); });

/// Most of these counts stay above zero, so that their gets and puts are not ordered.
TEST(SoundnessPrograms, dpor_sees_what_sleep_sets_alone_see_where_references_come_and_go) {
  const auto runner = make_fiber_runner();
  Random random(static_cast<std::uint64_t>(program_count()));
  std::uint64_t of_sleep_sets = 0, of_dpor = 0;
  for (int i = 0; i < 8 * program_count(); ++i) {
    const RandomProgram program = testing::generate_holders(random);
    const Seen all =
        testing::seen_by(StrategyKind::sleep_sets, program, *runner, max_interleavings);
    if (!all.is_complete) continue;
    const Seen seen = testing::seen_by(StrategyKind::dpor, program, *runner, max_interleavings);
    ASSERT_EQ(testing::difference(all, seen), "") << testing::text_of(program);
    of_sleep_sets += all.executions;
    of_dpor += seen.executions;
  }
  EXPECT_LT(of_dpor * 4, of_sleep_sets * 3);
}

/// Else the generator has gone dull, and the tests above prove nothing.
TEST(SoundnessPrograms, are_worth_reducing_and_have_findings) {
  const auto runner = make_fiber_runner();
  Random random(5);
  int compared = 0, with_findings = 0, without_findings = 0;
  std::uint64_t of_brute_force = 0, of_dpor = 0;
  for (int i = 0; i < 150; ++i) {
    const RandomProgram program = testing::generate(random);
    const Seen all =
        testing::seen_by(StrategyKind::exhaustive, program, *runner, max_interleavings);
    if (!all.is_complete) continue;
    const Seen seen = testing::seen_by(StrategyKind::dpor, program, *runner, max_interleavings);
    of_brute_force += all.executions;
    of_dpor += seen.executions + seen.blocked;
    with_findings += !all.findings.empty();
    without_findings += all.findings.empty();
    ++compared;
  }
  EXPECT_GT(compared, 20);
  EXPECT_GT(with_findings, compared / 5);
  EXPECT_GT(without_findings, compared / 5);
  EXPECT_LT(of_dpor * 3, of_brute_force);
}

TEST(SoundnessPrograms, have_findings_that_replay_from_their_schedules) {
  const auto runner = make_fiber_runner();
  Random random(7);
  int replayed = 0;
  for (int i = 0; i < 200; ++i) {
    const RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    ExploreOptions options;
    options.max_executions = max_interleavings;
    options.minimizes = false;
    const Verdict verdict = explore(program, *runner, options);
    for (const Finding& finding : verdict.findings) {
      const ReplayResult again = replay(program, *runner, finding.schedule, {});
      ASSERT_TRUE(std::any_of(again.findings.begin(), again.findings.end(),
                              [&](const auto& found) {
                                return found.kind == finding.kind && found.place == finding.place;
                              }))
          << testing::text_of(random_program) << '\n'
          << finding.message << '\n'
          << finding.schedule;
      ++replayed;
    }
  }
  EXPECT_GT(replayed, 50);
}

TEST(SoundnessPrograms, are_the_same_when_read_from_their_text) {
  Random random(3);
  for (int i = 0; i < 50; ++i) {
    const std::string text = testing::text_of(testing::generate(random));
    EXPECT_EQ(testing::text_of(testing::parse_program(text)), text);
  }
}

}  // namespace
}  // namespace rcuscope
