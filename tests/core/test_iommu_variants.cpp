// SPDX-License-Identifier: LGPL-2.1-or-later
// What each variant of the machinery changes, in every world.
#include <gtest/gtest.h>

#include <set>

#include "core/iommu_fixture.h"

namespace rcuscope {
namespace {

template <class W>
class Variants : public ::testing::Test {};
TYPED_TEST_SUITE(Variants, Worlds);

TYPED_TEST(Variants, each_changes_exactly_its_step_of_a_removal) {
  const StepList posted = removal_steps<TypeParam>();
  const struct {
    const char* variant;
    StepList changes;
  } rows[] = {
      {"unlink=list_del", {"-list_del_rcu", "+list_del (after mutex_lock)"}},
      {"reclaim=none", {"-synchronize_rcu_start", "-synchronize_rcu_end"}},
      {"reclaim=synchronize_rcu_expedited", {}},
      {"hold_device=get_only", {"-put_device", "-device_release", "-kfree device"}},
      {"put_device=before_grace_period", {"+put_device (after kfree device_name)", "-put_device"}},
      {"free_name=after_grace_period",
       {"-kfree device_name", "+kfree device_name (after cancel_work_start)"}},
      {"cancel_work=none", {"-cancel_work_start"}},
      {"cancel_work=before_grace_period",
       {"+cancel_work_start (after kfree device_name)", "-cancel_work_start"}},
      {"cancel_work=under_mutex",
       {"+cancel_work_start (after rcu_assign_pointer iommu_group)", "-cancel_work_start"}},
      {"defer_free=under_mutex", {"-mutex_unlock", "+mutex_unlock (after kfree group_device)"}},
  };
  for (const auto& row : rows)
    EXPECT_EQ(difference(posted, removal_steps<TypeParam>(row.variant)), row.changes)
        << row.variant;
}

TYPED_TEST(Variants, deferred_reclaim_leaves_the_free_to_somebody_else) {
  const StepList posted = removal_steps<TypeParam>();
  // The driver core's own put is no longer the last one.
  EXPECT_EQ(
      difference(posted, removal_steps<TypeParam>("reclaim=queue_rcu_work")),
      (StepList{"-synchronize_rcu_start", "-synchronize_rcu_end", "-cancel_work_start",
                "-put_device", "-kfree group_device", "+queue_rcu_work (after kfree device_name)",
                "-device_release", "-kfree device"}));
  EXPECT_EQ(difference(posted, removal_steps<TypeParam>("reclaim=kfree_rcu")),
            (StepList{"-synchronize_rcu_start", "-synchronize_rcu_end", "-kfree group_device",
                      "+kfree_rcu group_device (after put_device)"}));
}

TYPED_TEST(Variants, deinit_after_the_grace_period_takes_the_mutex_again) {
  const RunResult result = run_machine<TypeParam>(
      [](Machine<TypeParam>& m) {
        m.iommu.iommu_probe_device(m.nic, m.group);
        m.actor([&] { m.iommu.iommu_release_device(m.nic); });
      },
      "deinit=after_grace_period");
  EXPECT_TRUE(result.findings.empty()) << result.text();
  EXPECT_EQ(tail(steps_of(result.trace, "actor"), "kfree group_device"),
            (StepList{"kfree group_device", "mutex_lock", "sysfs_remove_link iommu",
                      "driver_call release_device", "rcu_assign_pointer iommu_group",
                      "kfree dev_iommu", "mutex_unlock", "kref_put"}));
}

TYPED_TEST(Variants, frees_go_where_the_variant_sends_them) {
  const auto freed_by = [](const char* variant) {
    const RunResult result = run_machine<TypeParam>(
        [](Machine<TypeParam>& m) {
          const auto own = m.iommu.scenario_group("8", false);
          m.iommu.iommu_probe_device(m.nic, own);
          m.actor([&] { m.iommu.device_unregister(m.nic); });
        },
        variant);
    EXPECT_TRUE(result.findings.empty()) << variant << ": " << result.text();
    StepList frees;
    for (const std::string& step : steps_of(result.trace, "actor"))
      if (step.starts_with("kfree")) frees.push_back(step);
    return frees;
  };
  EXPECT_EQ(freed_by("posted"),
            (StepList{"kfree dev_iommu", "kfree device_name", "kfree group_device",
                      "kfree_rcu iommu_group", "kfree device"}));
  EXPECT_EQ(freed_by("free_group=kfree free_dev_iommu=kfree_rcu"),
            (StepList{"kfree_rcu dev_iommu", "kfree device_name", "kfree group_device",
                      "kfree iommu_group", "kfree device"}));
}

TYPED_TEST(Variants, publish_chooses_the_order_of_the_insertion) {
  const RunResult result = run_machine<TypeParam>(
      [](Machine<TypeParam>& m) {
        m.actor([&] { m.iommu.iommu_group_add_device(m.group, m.nic); });
      },
      "publish=list_add_tail");
  EXPECT_EQ(tail(steps_of(result.trace, "actor"), "mutex_lock"),
            (StepList{"mutex_lock", "list_add_tail", "mutex_unlock"}));
}

TYPED_TEST(Variants, verdicts_that_one_remover_alone_shows) {
  const auto kinds = [](const char* variant) {
    const RunResult result = run_machine<TypeParam>(
        [](Machine<TypeParam>& m) {
          m.iommu.iommu_group_add_device(m.group, m.nic);
          m.actor([&] { m.iommu.device_unregister(m.nic); });
        },
        variant);
    std::set<std::string> names;
    for (const Finding& finding : result.findings) names.emplace(describe(finding.kind).name);
    return names;
  };
  const std::set<std::string> safe;
  EXPECT_EQ(kinds("posted"), safe);
  EXPECT_EQ(kinds("reclaim=none").contains("use_after_free"),
            TestWorld<TypeParam>::finds_early_free_without_reader);
  EXPECT_EQ(kinds("reclaim=call_rcu"), std::set<std::string>{"sleeping_in_atomic"});
  EXPECT_EQ(kinds("reclaim=queue_rcu_work"), safe);
  EXPECT_EQ(kinds("reclaim=kfree_rcu hold_device=neither"), safe);
  EXPECT_EQ(kinds("hold_device=neither"), safe);
  EXPECT_EQ(kinds("hold_device=get_only"), std::set<std::string>{"leak"});
  EXPECT_EQ(kinds("hold_device=put_only"), std::set<std::string>{"use_after_free"});
  EXPECT_EQ(kinds("put_device=before_grace_period"), safe);
  EXPECT_EQ(kinds("free_gdev=before_grace_period"), std::set<std::string>{"use_after_free"});
  EXPECT_EQ(kinds("cancel_work=none"), safe);
}

}  // namespace
}  // namespace rcuscope
