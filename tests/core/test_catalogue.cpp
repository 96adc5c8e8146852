// SPDX-License-Identifier: LGPL-2.1-or-later
// The verdicts that the project stands for, in C++.
#include "scenario/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

std::set<std::string> kinds(const Verdict& verdict) {
  std::set<std::string> result;
  for (const Finding& finding : verdict.findings) result.emplace(describe(finding.kind).name);
  return result;
}

std::set<std::string> expected_kinds(const Scenario& scenario) {
  std::set<std::string> kinds_of_all(scenario.also.begin(), scenario.also.end());
  if (scenario.expect != "SAFE" && scenario.expect != "UNKNOWN")
    kinds_of_all.insert(scenario.expect);
  return kinds_of_all;
}

Outcome expected_outcome(const Scenario& scenario) {
  if (scenario.expect == "SAFE") return Outcome::safe;
  return scenario.expect == "UNKNOWN" ? Outcome::unknown : Outcome::unsafe;
}

class Catalogue : public ::testing::TestWithParam<const Scenario*> {
 protected:
  const Scenario& scenario() const { return *GetParam(); }
  ExploreOptions options() const {
    ExploreOptions chosen;
    chosen.checks = scenario().checks;
    return chosen;
  }

  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

TEST_P(Catalogue, verdict_is_the_expected_one_and_exhaustive) {
  const Program program = make_program(scenario());
  const Verdict verdict = explore(program, *runner_, options());
  EXPECT_TRUE(verdict.is_exhaustive) << verdict.summary();
  EXPECT_EQ(verdict.infeasible_plans, 0u);
  EXPECT_EQ(verdict.limit, scenario().expect == "UNKNOWN" ? "memory" : "") << verdict.summary();
  EXPECT_EQ(kinds(verdict), expected_kinds(scenario())) << verdict.summary();
  EXPECT_EQ(verdict.outcome, expected_outcome(scenario())) << verdict.summary();
  for (const Finding& finding : verdict.findings) {
    EXPECT_FALSE(finding.explanation.empty()) << finding.message;
    const ReplayResult again = replay(program, *runner_, finding.schedule, options());
    ASSERT_FALSE(again.findings.empty());
    EXPECT_TRUE(std::any_of(again.findings.begin(), again.findings.end(), [&](const Finding& f) {
      return f.message == finding.message && f.step == finding.step;
    })) << finding.schedule;
  }
}

TEST_P(Catalogue, search_without_reduction_by_races_finds_the_same) {
  ExploreOptions unreduced = options();
  unreduced.strategy = StrategyKind::sleep_sets;
  const Verdict verdict = explore(make_program(scenario()), *runner_, unreduced);
  EXPECT_TRUE(verdict.is_exhaustive) << verdict.summary();
  EXPECT_EQ(kinds(verdict), expected_kinds(scenario()));
}

TEST_P(Catalogue, same_schedule_gives_the_same_trace) {
  const Program program = make_program(scenario());
  const TraceStore first = replay(program, *runner_, "s1:", options()).trace;
  const auto other_runner = make_fiber_runner();
  const TraceStore second = replay(program, *other_runner, "s1:", options()).trace;
  EXPECT_GT(first.size(), 5u);
  EXPECT_EQ(first.columns().time, second.columns().time);
  EXPECT_EQ(first.columns().kind, second.columns().kind);
  EXPECT_EQ(first.columns().actor, second.columns().actor);
  EXPECT_EQ(first.columns().object, second.columns().object);
  EXPECT_EQ(first.columns().value, second.columns().value);
  EXPECT_EQ(first.names().strings, second.names().strings);
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, Catalogue, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& parameter) { return parameter.param->name; });

TEST(CatalogueFindings, list_del_faults_at_the_list_poison) {
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(make_program(find_scenario("list_del")), *runner, {});
  ASSERT_FALSE(verdict.findings.empty());
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
  EXPECT_EQ(kinds(explore(program, *runner, {})),
            (std::set<std::string>{"data_race", "list_corruption"}));
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

TEST(CatalogueVariants, every_value_of_a_decision_is_asked_about) {
  for (const Decision& decision : variant_decisions()) {
    if (decision.name == "publish") continue;  // decides weak memory and data races only
    std::set<std::string_view> asked;
    for (const Scenario& scenario : catalogue())
      asked.insert(get_decision(scenario.variant, decision.name));
    for (const std::string_view value : decision.values)
      EXPECT_TRUE(asked.contains(value)) << decision.name << "=" << value;
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
