// SPDX-License-Identifier: LGPL-2.1-or-later
// The machinery's error paths in every world: what a failing probe undoes, and in which order.
#include <gtest/gtest.h>

#include "base/error.h"
#include "core/iommu_fixture.h"

namespace rcuscope {
namespace {

template <class W>
class ErrorPaths : public ::testing::Test {};
TYPED_TEST_SUITE(ErrorPaths, Worlds);

struct Fault {
  const char* point;
  int nth;
};

/// A probe into an empty group fails and leaves nothing. Return: what the failing probe did.
template <World W>
StepList failing_probe(Fault fault) {
  const RunResult result = run_machine<W>([&](Machine<W>& m) {
    m.iommu.inject_fault(fault.point, -ENOMEM, fault.nth);
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), -ENOMEM); });
    EXPECT_FALSE(m.has_group(m.nic));
    EXPECT_FALSE(m.w.read(m.nic->iommu, Access::plain));
    EXPECT_EQ(m.references(m.nic), 1);
    EXPECT_EQ(m.references(m.group), 1);
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0) << "nothing is in the way";
  });
  EXPECT_TRUE(result.findings.empty()) << fault.point << ": " << result.text();
  StepList steps = steps_of(result.trace, "actor");
  // What stands before the first error differs by the point; the tests look at the way back.
  return steps;
}

const StepList undo_of_init = {"mutex_lock",
                               "sysfs_remove_link iommu",
                               "driver_call release_device",
                               "rcu_assign_pointer iommu_group",
                               "kfree dev_iommu",
                               "mutex_unlock",
                               "kref_put",
                               "mutex_unlock"};

StepList with_undo_of_init(StepList steps) {
  steps.insert(steps.end(), undo_of_init.begin(), undo_of_init.end());
  return steps;
}

TYPED_TEST(ErrorPaths, driver_that_refuses_leaves_no_dev_iommu) {
  EXPECT_EQ(failing_probe<TypeParam>({"probe_device", 1}),
            (StepList{"mutex_lock", "kmalloc dev_iommu", "kfree dev_iommu", "mutex_unlock"}));
}

TYPED_TEST(ErrorPaths, init_is_undone_in_reverse) {
  EXPECT_EQ(tail(failing_probe<TypeParam>({"device_group", 1}), "sysfs_create_link iommu"),
            (StepList{"sysfs_create_link iommu", "sysfs_remove_link iommu",
                      "driver_call release_device", "kfree dev_iommu", "mutex_unlock"}));
}

TYPED_TEST(ErrorPaths, failed_allocation_never_waits_for_readers) {
  EXPECT_EQ(tail(failing_probe<TypeParam>({"alloc_device", 1}), "rcu_assign_pointer iommu_group"),
            with_undo_of_init({"rcu_assign_pointer iommu_group"}));
}

TYPED_TEST(ErrorPaths, failed_first_link_drops_the_device) {
  EXPECT_EQ(tail(failing_probe<TypeParam>({"sysfs_link", 1}), "get_device"),
            with_undo_of_init({"get_device", "put_device", "kfree group_device"}));
}

TYPED_TEST(ErrorPaths, failed_second_link_removes_the_first) {
  EXPECT_EQ(tail(failing_probe<TypeParam>({"sysfs_link", 2}), "get_device"),
            with_undo_of_init({"get_device", "sysfs_create_link iommu_group", "kmalloc device_name",
                               "kfree device_name", "sysfs_remove_link iommu_group", "put_device",
                               "kfree group_device"}));
}

TYPED_TEST(ErrorPaths, failed_attach_waits_for_readers_that_found_the_gdev) {
  for (const Fault fault : {Fault{"attach", 1}, Fault{"default_domain", 1}})
    EXPECT_EQ(
        tail(failing_probe<TypeParam>(fault), "list_add_tail_rcu"),
        (StepList{"list_add_tail_rcu", "list_del_rcu", "sysfs_remove_link iommu",
                  "driver_call release_device", "rcu_assign_pointer iommu_group", "kfree dev_iommu",
                  "mutex_unlock", "sysfs_remove_link nic", "sysfs_remove_link iommu_group",
                  "remove_device_from_group", "kfree device_name", "synchronize_rcu_start",
                  "synchronize_rcu_end", "cancel_work_start", "put_device", "kfree group_device",
                  "kref_put", "mutex_unlock"}))
        << fault.point;
}

TYPED_TEST(ErrorPaths, failed_add_leaves_no_member) {
  for (const Fault fault : {Fault{"alloc_device", 1}, Fault{"sysfs_link", 1}, {"sysfs_link", 2}}) {
    const RunResult result = run_machine<TypeParam>([&](Machine<TypeParam>& m) {
      m.iommu.inject_fault(fault.point, -EIO, fault.nth);
      EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), -EIO);
      EXPECT_FALSE(m.has_group(m.nic));
      EXPECT_EQ(m.references(m.nic), 1);
      EXPECT_EQ(m.references(m.group), 1);
    });
    EXPECT_TRUE(result.findings.empty()) << fault.point << ": " << result.text();
  }
}

TYPED_TEST(ErrorPaths, wrong_faults_are_refused) {
  run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_THROW(m.iommu.inject_fault("alloc"), UsageError);
    EXPECT_THROW(m.iommu.inject_fault("attach", 12), UsageError);
    EXPECT_THROW(m.iommu.inject_fault("attach", -12, 0), UsageError);
  });
}

}  // namespace
}  // namespace rcuscope
