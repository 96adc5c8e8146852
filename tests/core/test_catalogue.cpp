// SPDX-License-Identifier: LGPL-2.1-or-later
// The verdicts that the project stands for, in C++.
#include "scenario/catalogue.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

std::set<std::string> kinds(const Verdict& verdict) {
  std::set<std::string> result;
  for (const Finding& finding : verdict.findings) result.emplace(describe(finding.kind).name);
  return result;
}

class Catalogue : public ::testing::TestWithParam<const char*> {
 protected:
  Verdict explored(StrategyKind strategy = StrategyKind::dpor) {
    ExploreOptions options;
    options.strategy = strategy;
    return explore(make_program(find_scenario(GetParam())), *runner_, options);
  }

  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

TEST_P(Catalogue, verdict_is_the_expected_one_and_exhaustive) {
  const Verdict verdict = explored();
  const std::string& expect = find_scenario(GetParam()).expect;
  EXPECT_TRUE(verdict.is_exhaustive);
  EXPECT_EQ(verdict.limit, "");
  if (expect == "SAFE") {
    EXPECT_EQ(verdict.outcome, Outcome::safe);
    EXPECT_TRUE(verdict.findings.empty());
  } else {
    EXPECT_EQ(verdict.outcome, Outcome::unsafe);
    EXPECT_EQ(kinds(verdict), std::set<std::string>{expect});
  }
}

TEST_P(Catalogue, every_finding_replays_to_itself_with_an_explanation) {
  const Program program = make_program(find_scenario(GetParam()));
  for (const Finding& finding : explored().findings) {
    EXPECT_GT(finding.explanation.size(), 60u) << finding.explanation;
    const ReplayResult again = replay(program, *runner_, finding.schedule, {});
    ASSERT_FALSE(again.findings.empty());
    EXPECT_EQ(again.findings.front().message, finding.message);
    EXPECT_EQ(again.findings.front().step, finding.step);
  }
}

TEST_P(Catalogue, same_schedule_gives_the_same_trace) {
  const Program program = make_program(find_scenario(GetParam()));
  const TraceStore first = replay(program, *runner_, "s1:", {}).trace;
  const auto other_runner = make_fiber_runner();
  const TraceStore second = replay(program, *other_runner, "s1:", {}).trace;
  EXPECT_GT(first.size(), 50u);
  EXPECT_EQ(first.columns().time, second.columns().time);
  EXPECT_EQ(first.columns().kind, second.columns().kind);
  EXPECT_EQ(first.columns().actor, second.columns().actor);
  EXPECT_EQ(first.columns().object, second.columns().object);
  EXPECT_EQ(first.columns().value, second.columns().value);
  EXPECT_EQ(first.names().strings, second.names().strings);
}

INSTANTIATE_TEST_SUITE_P(Names, Catalogue,
                         ::testing::Values("posted", "no_synchronize_rcu", "call_rcu_put_device",
                                           "queue_rcu_work_put_device", "list_del",
                                           "kfree_before_grace_period", "get_device_without_put",
                                           "no_device_reference"),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(CatalogueFindings, list_del_faults_at_the_list_poison) {
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(make_program(find_scenario("list_del")), *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_NE(verdict.findings[0].message.find("0xdead000000000100"), std::string::npos);
}

TEST(CatalogueFindings, use_after_free_names_the_reader_and_who_freed) {
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(make_program(find_scenario("no_synchronize_rcu")), *runner, {});
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings[0].actor, "ATC time-out ISR");
  EXPECT_NE(verdict.findings[0].explanation.find("'hot unplug' freed it"), std::string::npos);
  EXPECT_NE(verdict.findings[0].explanation.find("pre-existing reader"), std::string::npos);
  EXPECT_EQ(verdict.findings[0].kconfig, "CONFIG_KASAN");
}

TEST(CatalogueFindings, a_deferred_put_is_the_last_one_only_in_some_schedules) {
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(make_program(find_scenario("call_rcu_put_device")), *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].actor, "group_device callback");
  EXPECT_NE(verdict.findings[0].message.find("device_release"), std::string::npos);
}

TEST(CatalogueFindings, another_variant_overrides_the_scenarios_own) {
  const auto runner = make_fiber_runner();
  const Program program = make_program(find_scenario("posted"), parse_variant("unlink=list_del"));
  EXPECT_EQ(kinds(explore(program, *runner, {})), std::set<std::string>{"list_corruption"});
}

TEST(CatalogueNames, are_unique_and_complete) {
  std::set<std::string> names;
  for (const Scenario& scenario : catalogue()) {
    EXPECT_TRUE(names.insert(scenario.name).second) << scenario.name;
    EXPECT_FALSE(scenario.title.empty() || scenario.question.empty() || scenario.expect.empty() ||
                 scenario.explanation.empty() || scenario.reason.empty() || scenario.fact.empty())
        << scenario.name;
  }
}

TEST(CatalogueNames, an_unknown_one_gets_a_suggestion) {
  try {
    find_scenario("no_syncronize_rcu");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("'no_synchronize_rcu'"), std::string::npos);
  }
}

}  // namespace
}  // namespace rcuscope
