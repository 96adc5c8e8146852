// SPDX-License-Identifier: LGPL-2.1-or-later
// The workload on every flavor and protection: what is counted adds up, and the sanitizers have
// nothing to say.
#include <gtest/gtest.h>

#if RCUSCOPE_LIVE

#include "base/error.h"
#include "core/live_fixture.h"
#include "scenario/workload.h"

namespace rcuscope {
namespace {

WorkloadOptions short_workload() {
  WorkloadOptions options;
  options.live = untraced();
  options.readers = 2;
  options.updaters = 2;
  options.devices = 4;
  options.seconds = 0.1;
  return options;
}

class WorkloadOfFlavor : public testing::TestWithParam<const char*> {};

TEST_P(WorkloadOfFlavor, defers_each_put_device_to_a_grace_period) {
  WorkloadOptions options = short_workload();
  options.live.flavor = GetParam();
  const WorkloadResult result = run_workload(options);
  EXPECT_TRUE(result.live.findings.empty()) << kinds_of(result.live.findings);
  EXPECT_GT(result.live.statistics.section_count, 0U);
  EXPECT_GT(result.workload.update_count, 0U);
  EXPECT_GE(result.live.statistics.grace_period.count, result.workload.update_count);
  EXPECT_EQ(result.workload.put_device_delay.count, result.live.statistics.grace_period.count);
}

INSTANTIATE_TEST_SUITE_P(flavors, WorkloadOfFlavor, testing::Values("memb", "mb", "bp", "qsbr"));

class WorkloadUnderLock : public testing::TestWithParam<Protect> {};

TEST_P(WorkloadUnderLock, waits_for_nobody) {
  WorkloadOptions options = short_workload();
  options.protect = GetParam();
  options.live.trace = TraceLevel::full;
  const WorkloadResult result = run_workload(options);
  EXPECT_TRUE(result.live.findings.empty()) << kinds_of(result.live.findings);
  EXPECT_GT(result.live.statistics.section_count, 0U);
  EXPECT_GT(result.workload.update_count, 0U);
  EXPECT_EQ(result.live.statistics.grace_period.count, 0U);
}

INSTANTIATE_TEST_SUITE_P(locks, WorkloadUnderLock,
                         testing::Values(Protect::mutex, Protect::rwlock));

#if !defined(__SANITIZE_THREAD__)  // which finds it out, too
TEST(Workload, one_without_a_grace_period_is_found_out) {
  WorkloadOptions options = short_workload();
  options.variant.reclaim = Variant::Reclaim::none;
  EXPECT_TRUE(contains(run_workload(options).live.findings, FindingKind::use_after_free));
}
#endif

TEST(Workload, ends_early_when_the_poll_says_so) {
  WorkloadOptions options = short_workload();
  options.seconds = 600;
  EXPECT_EQ(run_workload(options, [] { return true; }).workload.update_count, 0U);
}

TEST(Workload, contradictory_options_are_refused) {
  WorkloadOptions options = short_workload();
  options.updaters = options.devices + 1;
  EXPECT_THROW(run_workload(options), UsageError);
  options = short_workload();
  options.readers = options.updaters = 0;
  EXPECT_THROW(run_workload(options), UsageError);
  options = short_workload();
  options.protect = Protect::mutex;
  options.variant.reclaim = Variant::Reclaim::none;
  EXPECT_THROW(run_workload(options), UsageError);
}

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE
