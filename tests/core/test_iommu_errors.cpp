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

TYPED_TEST(ErrorPaths, without_memory_for_dev_iommu_nothing_happens) {
  EXPECT_EQ(failing_probe<TypeParam>({"dev_iommu", 1}), (StepList{"mutex_lock", "mutex_unlock"}));
}

TYPED_TEST(ErrorPaths, driver_module_that_is_gone_leaves_no_dev_iommu) {
  EXPECT_EQ(failing_probe<TypeParam>({"module_get", 1}),
            (StepList{"mutex_lock", "kmalloc dev_iommu", "kfree dev_iommu", "mutex_unlock"}));
}

TYPED_TEST(ErrorPaths, failed_link_to_the_instance_releases_the_device) {
  EXPECT_EQ(tail(failing_probe<TypeParam>({"iommu_link", 1}), "driver_call probe_device"),
            (StepList{"driver_call probe_device", "driver_call release_device", "kfree dev_iommu",
                      "mutex_unlock"}));
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

TYPED_TEST(ErrorPaths, without_memory_for_the_name_the_first_link_goes) {
  EXPECT_EQ(
      tail(failing_probe<TypeParam>({"device_name", 1}), "get_device"),
      with_undo_of_init({"get_device", "sysfs_create_link iommu_group",
                         "sysfs_remove_link iommu_group", "put_device", "kfree group_device"}));
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
  for (const Fault fault : {Fault{"alloc_device", 1}, Fault{"sysfs_link", 1},
                            Fault{"sysfs_link", 2}, Fault{"device_name", 1}}) {
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

TYPED_TEST(ErrorPaths, taken_name_is_freed_and_tried_again_with_a_number) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.inject_fault("sysfs_link", -EEXIST, 2);
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0); });
    EXPECT_EQ(m.member_name(m.nic), "nic.0");
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
  EXPECT_EQ(tail(steps_of(result.trace, "actor"), "kmalloc device_name"),
            (StepList{"kmalloc device_name", "kfree device_name", "kmalloc device_name",
                      "sysfs_create_link nic.0", "add_device_to_group", "kref_get",
                      "rcu_assign_pointer iommu_group", "mutex_lock", "rcu_assign_pointer next",
                      "list_add_tail_rcu", "mutex_unlock"}));
}

/// A probe makes a new group, which fails at `point`. Return: what is done from there on.
template <World W>
StepList failing_group(const char* point) {
  const RunResult result = run_machine<W>([&](Machine<W>& m) {
    m.iommu.inject_fault(point, -ENFILE);
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_probe_device(m.nic), -ENFILE); });
    EXPECT_FALSE(m.has_group(m.nic));
    EXPECT_FALSE(m.w.read(m.nic->iommu, Access::plain));
    EXPECT_EQ(m.references(m.nic), 1);
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic), 0) << "nothing is in the way";
  });
  EXPECT_TRUE(result.findings.empty()) << point << ": " << result.text();
  return tail(steps_of(result.trace, "actor"), "kmalloc iommu_group");
}

TYPED_TEST(ErrorPaths, new_group_is_undone_by_what_it_has_got) {
  const auto with_undo_of_driver = [](StepList steps) {
    for (const char* step : {"sysfs_remove_link iommu", "driver_call release_device",
                             "kfree dev_iommu", "mutex_unlock"})
      steps.push_back(step);
    return steps;
  };
  // No number, no kobject: plain memory. With a kobject its release frees, after a grace period.
  EXPECT_EQ(failing_group<TypeParam>("group_id"),
            with_undo_of_driver({"kmalloc iommu_group", "kfree iommu_group"}));
  for (const char* point : {"group_kobject", "group_devices_kobj"})
    EXPECT_EQ(failing_group<TypeParam>(point),
              with_undo_of_driver({"kmalloc iommu_group", "kref_put", "kfree_rcu iommu_group"}))
        << point;
  EXPECT_EQ(failing_group<TypeParam>("group_file"),
            with_undo_of_driver(
                {"kmalloc iommu_group", "kref_put", "kref_put", "kfree_rcu iommu_group"}));
}

TYPED_TEST(ErrorPaths, second_member_that_fails_leaves_the_first_its_domain) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    const auto second = m.iommu.device_register("second");
    m.iommu.inject_fault("attach");
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_probe_device(second, m.group), -ENOMEM); });
    EXPECT_FALSE(m.has_group(second));
    EXPECT_EQ(m.w.read(m.group->domain, Access::plain), Domain::default_domain);
    EXPECT_EQ(m.references(m.group), 2);
    EXPECT_EQ(m.member_name(m.nic), "nic");
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(ErrorPaths, bus_walk_leaves_the_groups_behind_an_error_unprocessed) {
  int finalized = 0;
  const RunResult result = run_machine<TypeParam>([&](Machine<TypeParam>& m) {
    typename Machine<TypeParam>::Core::Options options;
    options.probe_finalize = [&](ptr<device<TypeParam>>) { ++finalized; };
    const ptr<device<TypeParam>> bus[] = {m.iommu.device_register("a", options),
                                          m.iommu.device_register("b", options)};
    m.iommu.inject_fault("default_domain");
    m.actor([&] { EXPECT_EQ(m.iommu.bus_iommu_probe(bus), -ENOMEM); });
    for (const auto dev : bus) {
      const auto group = m.w.read(dev->iommu_group, Access::plain);
      ASSERT_TRUE(group);
      EXPECT_EQ(m.w.read(group->default_domain, Access::plain), Domain::none);
    }
  });
  EXPECT_EQ(finalized, 0);
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(ErrorPaths, bus_walk_ends_at_a_device_that_cannot_be_probed) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    const ptr<device<TypeParam>> bus[] = {m.nic, m.iommu.device_register("second")};
    m.iommu.inject_fault("probe_device", -EIO);
    m.actor([&] { EXPECT_EQ(m.iommu.bus_iommu_probe(bus), -EIO); });
    EXPECT_FALSE(m.has_group(bus[1]));
    m.iommu.inject_fault("probe_device", -ENODEV);  // no IOMMU for this device: not an error
    EXPECT_EQ(m.iommu.bus_iommu_probe(bus), 0);
    EXPECT_TRUE(m.has_group(bus[1]));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(ErrorPaths, reset_that_cannot_block_leaves_no_fence) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.pci_dev_reset_iommu_prepare(m.nic), -ENODEV) << "no member";
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    m.iommu.inject_fault("attach", -EIO);
    m.actor([&] { EXPECT_EQ(m.iommu.pci_dev_reset_iommu_prepare(m.nic), -EIO); });
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 0);
    m.iommu.pci_dev_reset_iommu_done(m.nic);  // not blocked: nothing to undo
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 0);
    EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), 0);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(ErrorPaths, failed_attach_of_a_driver_keeps_the_old_domain) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), -ENODEV) << "no member";
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    m.iommu.inject_fault("attach", -EIO);
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), -EIO); });
    EXPECT_EQ(m.w.read(m.group->domain, Access::plain), Domain::default_domain);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
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
