// SPDX-License-Identifier: LGPL-2.1-or-later
// The catalogue on real threads: what is safe shows nothing, what is not shows nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "scenario/catalogue.h"
#include "scenario/run.h"

#if RCUSCOPE_LIVE
namespace rcuscope {
namespace {

class CatalogueLive : public ::testing::TestWithParam<const Scenario*> {};

bool may_show(const Scenario& scenario, std::string_view kind) {
  return kind == scenario.expect ||
         std::count(scenario.also.begin(), scenario.also.end(), kind) > 0;
}

TEST_P(CatalogueLive, finds_nothing_but_what_the_model_finds) {
  const Scenario& scenario = *GetParam();
  LiveRunOptions options;
  options.repeat = 3;
  // Deadlocks are part of the catalogue. For the others a busy machine is no reason to fail.
  const bool may_hang = may_show(scenario, "deadlock") || may_show(scenario, "stall");
  options.live.timeout = may_hang ? 300'000'000 : 30'000'000'000;
  options.live.trace = TraceLevel::section;
  const LiveResult result = run_live(scenario.live, scenario.variant, scenario.config, options);
  EXPECT_GT(result.statistics.repetition_count, 0u);
  for (const Finding& finding : result.findings) {
    const std::string kind(describe(finding.kind).name);
    EXPECT_NE(scenario.expect, "SAFE") << kind << ": " << finding.message;
    // A free without a grace period is found by its cookie, with or without a reader.
    EXPECT_TRUE(may_show(scenario, kind) || kind == "use_after_free")
        << kind << ": " << finding.message;
  }
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, CatalogueLive, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& parameter) { return parameter.param->name; });

}  // namespace
}  // namespace rcuscope
#endif
