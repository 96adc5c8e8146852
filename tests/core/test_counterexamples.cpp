// SPDX-License-Identifier: LGPL-2.1-or-later
// The tool's counterexamples of the catalogue against hand-made ones: never longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "explore/schedule.h"
#include "explore/trials.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

/// A schedule that somebody thought up for the kind of finding that a scenario expects. To add one:
/// say who has to do what in which order, run `rcuscope replay NAME SCHEDULE` until it shows.
struct HandMade {
  const char* scenario;
  const char* schedule;
};

// clang-format off
const HandMade hand_made[] = {
    // One actor alone: it only has to get there.
    {"put_device_without_get", "s1:2x33."},
    {"lookup_without_section_in_hardirq", "s1:1."},
    {"get_device_in_section_put_in_hardirq_strict", "s1:1x9."},
    {"mutex_lock_in_hardirq", "s1:1."},
    {"error_path_forgets_put_device", "s1:1x43."},
    {"error_path_puts_without_get", "s1:1x25."},
    {"synchronize_rcu_in_own_section", "s1:1x4."},
    {"device_unregister_in_section", "s1:1x30."},
    {"device_unregister_in_hardirq", "s1:1x3."},
    {"device_unregister_in_softirq", "s1:1x3."},
    {"bus_walk_under_mutex", "s1:1x51."},
    {"bus_walk_in_section", "s1:1x51."},
    {"bus_walk_as_rcu_list_without_section", "s1:1x45."},
    {"removal_forgets_recovery_cnt", "s1:1x49."},
    {"recovery_cnt_lowered_twice", "s1:1x8."},
    {"checklist_06_synchronize_rcu_in_softirq", "s1:1x2."},
    {"checklist_09_list_walk_unprotected", "s1:1."},
    {"spinlock_for_the_list_and_a_driver_call", "s1:1x4."},
    {"bus_walk_in_srcu_section_removes_device", "s1:1x14."},
    {"checklist_13_sleep_in_rcu_section", "s1:1x3."},
    // Everybody runs once, to the end of the run.
    {"get_device_without_put", "s1:2x32,1x7."},
    {"rcu_work_requeued_loses_item", "s1:1x24,2x8."},
    // First the updater, then its callback or work item.
    {"call_rcu_put_device", "s1:2x30,3x3."},
    {"call_rcu_device_still_held_strict", "s1:2x42,3x3."},
    {"module_unloaded_after_unregister", "s1:1x34,2x4."},
    {"module_unloaded_after_rcu_barrier", "s1:1x36,2x4."},
    {"module_unloaded_delayed_release", "s1:1x39,2x2."},
    {"checklist_05_callback_blocks", "s1:1x3,2."},
    {"checklist_17_unload_without_barrier", "s1:1x4,2x2."},
    {"checklist_17_unload_after_synchronize_rcu", "s1:1x6,2x2."},
    // First the updater, then the reader who comes too late.
    {"lookup_of_unpinned_device", "s1:2x38,1x3."},
    {"trace_after_last_put_device", "s1:2x4,1x4."},
    {"reprobe_while_links_exist", "s1:1x31,2x34."},
    {"gdev_published_before_its_device", "s1:1x2,2x4."},
    {"checklist_03_update_in_place", "s1:2x3,1x5."},
    {"device_removed_during_reset", "s1:2x28,1x2."},
    {"list_add_tail", "s1:2x17,1x5."},
    {"group_pointer_read_plainly", "s1:2x30,1x3."},
    {"checklist_10_reader_uses_plain_walk", "s1:2x9,1x5."},
    {"published_by_plain_store", "s1:1x4,2x4."},
    // The probe looks at the device between the remover's check and its last write.
    {"reprobe_after_links_are_gone", "s1:2x2,1x45."},
    // Published, found by the reader's check, taken away again, loaded for the second time.
    {"pointer_loaded_again_after_check", "s1:1x4,2x3,1x2,2x2."},
    // The reader stands on the object, the updater takes it away, the reader goes on.
    {"kfree_before_grace_period", "s1:1x4,2x26,1."},
    {"no_synchronize_rcu", "s1:1x4,2x33,1."},
    {"list_del", "s1:1x4,2x27,1."},
    {"kfree_rcu_reader_follows_device", "s1:1x4,2x44,1."},
    {"queue_rcu_work_without_reference", "s1:1x4,2x44,1."},
    {"name_read_in_section", "s1:1x4,2x39,1."},
    {"dev_iommu_read_in_section", "s1:1x5,2x39,1."},
    {"lookup_without_section_in_thread", "s1:1x3,2x37,1."},
    {"lookup_without_section_preempt_rt", "s1:1x3,2x37,1."},
    {"gdev_kept_after_section_in_process", "s1:1x5,2x38,1."},
    {"gdev_kept_after_section_in_thread", "s1:1x5,2x38,1."},
    {"gdev_kept_after_section_preempt_rt", "s1:1x5,2x38,1."},
    {"bus_walk_without_lock", "s1:1x49,2x51,1."},
    {"bus_walk_on_snapshot", "s1:1x51,2x50,1."},
    {"bus_walk_of_unpinned_group", "s1:1x49,2x55,1."},
    {"reprobe_before_deinit_has_ended", "s1:2x5,1x48,2."},
    {"node_moved_without_grace_period", "s1:1x4,2x20,1."},
    {"checklist_01_updaters_without_lock", "s1:2x3,1x9,2."},
    {"checklist_02_reader_without_section", "s1:1x2,2x8,1."},
    {"checklist_02_pointer_leaves_section", "s1:1x4,2x8,1."},
    {"checklist_04_list_del", "s1:1x4,2x12,1."},
    {"checklist_07_srcu_reader_rcu_updater", "s1:1x3,2x8,1."},
    {"checklist_07_rcu_reader_srcu_updater", "s1:1x3,2x8,1."},
    // An interrupt spins on the lock of what it interrupted.
    {"checklist_11_lock_of_softirq_taken_with_bh_on", "s1:1x2,2."},
    // The updater publishes, or ends its wait, before the reader comes; then as above.
    {"failed_probe_group_freed_at_once", "s1:2x21,1x3,2x12,1."},
    {"probe_fails_list_del", "s1:2x40,1x5,2x28,1."},
    {"probe_fails_no_synchronize_rcu", "s1:2x40,1x5,2x32,1."},
    {"checklist_14_wait_before_unlink", "s1:2x8,1x4,2x4,1."},
    // The work item is queued by the reader, and runs or waits while the updater removes.
    {"work_never_cancelled", "s1:1x8,2x47,3."},
    {"work_cancelled_before_grace_period", "s1:1x5,2x41,1x3,2x8,3."},
    {"work_cancelled_under_mutex", "s1:1x8,3x3,2x31."},
    {"free_under_mutex_with_work", "s1:1x8,3x3,2x40."},
    {"work_in_dev_iommu_cancelled_under_mutex", "s1:1x6,3,2x6."},
    {"work_in_dev_iommu_never_cancelled", "s1:1x6,2x8,3."},
    // The handler takes its reference, the removal drops all others, the bottom half the last one.
    {"get_device_in_hardirq_put_in_softirq", "s1:1x9,3x37,2x3."},
    // A reader between two requests, of which the second gets no grace period of its own.
    {"rcu_work_requeued_without_grace_period", "s1:1x20,2x4,1x8,3x10,2."},
    // Both look at the group, one does all of the removal, its callback frees the group.
    {"two_removers_of_one_device", "s1:2x3,1x39,3x3,2."},
    {"two_removers_put_if_found", "s1:2x3,1x39,3x3,2."},
    // Both callbacks read before either writes.
    {"checklist_12_callbacks_share_counter", "s1:1x4,2x2,3x4,2x2."},
    // Both hand the item to kfree_rcu; both frees run.
    {"checklist_16_kfree_rcu_twice", "s1:2x2,1x4,2x3,3x3,4x2."},
};
// clang-format on

/// Names of parameterised tests are made of letters, digits and underscores.
std::string name_of(const ::testing::TestParamInfo<HandMade>& row) { return row.param.scenario; }

class Counterexample : public ::testing::TestWithParam<HandMade> {
 protected:
  Counterexample() { options_.checks = scenario_.checks; }

  /// Of a schedule, up to the finding.
  ScheduleLength length(Finding finding, const std::string& schedule) {
    finding.schedule = schedule;
    const std::function<bool()> goes_on;
    Trials trials(finding, program_, *runner_, options_, goes_on);
    EXPECT_TRUE(trials.run(trials.run_original()))
        << schedule << " does not show " << finding.place;
    return trials.length();
  }

  const Scenario& scenario_ = find_scenario(GetParam().scenario);
  const Program program_ = make_program(scenario_);
  ExploreOptions options_;
  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

TEST_P(Counterexample, of_the_tool_is_no_longer_than_the_hand_made_one) {
  const ReplayResult by_hand = replay(program_, *runner_, GetParam().schedule, options_);
  const Verdict verdict = explore(program_, *runner_, options_);
  bool is_compared = false;
  for (const Finding& shown : by_hand.findings) {
    if (describe(shown.kind).name != scenario_.expect) continue;
    const auto found = std::find_if(
        verdict.findings.begin(), verdict.findings.end(),
        [&](const Finding& f) { return f.kind == shown.kind && f.place == shown.place; });
    ASSERT_NE(found, verdict.findings.end()) << shown.place;
    EXPECT_LE(length(*found, found->schedule), length(shown, GetParam().schedule))
        << found->schedule << " of the tool, " << GetParam().schedule << " by hand";
    is_compared = true;
  }
  EXPECT_TRUE(is_compared) << GetParam().schedule << " does not show " << scenario_.expect
                           << "; the tool's: "
                           << (verdict.findings.empty() ? "" : verdict.findings[0].schedule);
}

INSTANTIATE_TEST_SUITE_P(Names, Counterexample, ::testing::ValuesIn(hand_made), name_of);

TEST(Counterexamples, are_bounded_in_what_they_cost) {
  for (const Scenario& scenario : catalogue()) {
    if (scenario.expect == "SAFE") continue;
    ExploreOptions options;
    options.checks = scenario.checks;
    const Verdict verdict = explore(make_program(scenario), *make_fiber_runner(), options);
    EXPECT_LE(verdict.minimizing_executions, 500 * verdict.findings.size()) << scenario.name;
  }
}

TEST(Counterexamples, by_hand_are_there_for_all_entries) {
  std::set<std::string> covered;
  for (const HandMade& row : hand_made)
    EXPECT_TRUE(covered.insert(row.scenario).second) << row.scenario << " is there twice";
  for (const Scenario& scenario : catalogue()) {
    if (scenario.expect == "SAFE" || scenario.expect == "UNKNOWN") continue;
    EXPECT_TRUE(covered.contains(scenario.name)) << scenario.name;
  }
}

}  // namespace
}  // namespace rcuscope
