// SPDX-License-Identifier: LGPL-2.1-or-later
// The posted machinery in every world: order of steps, counts, names, the bus walk, own steps.
#include "iommu/iommu.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "core/iommu_fixture.h"
#include "iommu/replaced_steps.h"

namespace rcuscope {
namespace {

template <class W>
class Posted : public ::testing::Test {};
TYPED_TEST_SUITE(Posted, Worlds);

TYPED_TEST(Posted, removal_is_in_the_documented_order) {
  EXPECT_EQ(
      removal_steps<TypeParam>(),
      (StepList{"device_unregister", "mutex_lock", "list_del_rcu", "rcu_assign_pointer iommu_group",
                "mutex_unlock", "sysfs_remove_link nic", "sysfs_remove_link iommu_group",
                "remove_device_from_group", "kfree device_name", "synchronize_rcu_start",
                "synchronize_rcu_end", "cancel_work_start", "put_device", "kfree group_device",
                "kref_put", "put_device", "device_release", "kfree device"}));
}

TYPED_TEST(Posted, release_of_a_probed_device_is_in_the_documented_order) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    m.actor([&] { m.iommu.iommu_release_device(m.nic); });
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
  EXPECT_EQ(steps_of(result.trace, "actor"),
            (StepList{"mutex_lock", "list_del_rcu", "sysfs_remove_link iommu",
                      "driver_call release_device", "rcu_assign_pointer iommu_group",
                      "kfree dev_iommu", "mutex_unlock", "sysfs_remove_link nic",
                      "sysfs_remove_link iommu_group", "remove_device_from_group",
                      "kfree device_name", "synchronize_rcu_start", "synchronize_rcu_end",
                      "cancel_work_start", "put_device", "kfree group_device", "kref_put"}));
}

TYPED_TEST(Posted, adding_publishes_the_group_before_the_list_node) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.actor([&] { EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0); });
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
  EXPECT_EQ(steps_of(result.trace, "actor"),
            (StepList{"kmalloc group_device", "get_device", "sysfs_create_link iommu_group",
                      "kmalloc device_name", "sysfs_create_link nic", "add_device_to_group",
                      "kref_get", "rcu_assign_pointer iommu_group", "mutex_lock",
                      "rcu_assign_pointer next", "list_add_tail_rcu", "mutex_unlock"}));
}

TYPED_TEST(Posted, probe_takes_its_locks_in_order_and_finalizes_without) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    typename Machine<TypeParam>::Core::Options options;
    options.probe_finalize = [&m](ptr<device<TypeParam>> dev) {
      EXPECT_FALSE(m.w.is_held(m.group->mutex));
      EXPECT_EQ(m.iommu.iommu_attach_device(dev), 0);
    };
    const auto gpu = m.iommu.device_register("gpu", options);
    m.actor([&m, gpu] { EXPECT_EQ(m.iommu.iommu_probe_device(gpu, m.group), 0); });
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
  EXPECT_EQ(steps_of(result.trace, "actor"), (StepList{"mutex_lock",
                                                       "kmalloc dev_iommu",
                                                       "driver_call probe_device",
                                                       "sysfs_create_link iommu",
                                                       "driver_call device_group",
                                                       "kref_get",
                                                       "rcu_assign_pointer iommu_group",
                                                       "kmalloc group_device",
                                                       "get_device",
                                                       "sysfs_create_link iommu_group",
                                                       "kmalloc device_name",
                                                       "sysfs_create_link gpu",
                                                       "add_device_to_group",
                                                       "mutex_lock",
                                                       "rcu_assign_pointer next",
                                                       "list_add_tail_rcu",
                                                       "driver_call attach_dev",
                                                       "mutex_unlock",
                                                       "mutex_unlock",
                                                       "driver_call probe_finalize",
                                                       "mutex_lock",
                                                       "driver_call attach_dev",
                                                       "mutex_unlock"}));
}

TYPED_TEST(Posted, counts_follow_the_membership) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.references(m.nic), 1);
    EXPECT_EQ(m.references(m.group), 1);
    m.iommu.iommu_group_add_device(m.group, m.nic);
    EXPECT_EQ(m.references(m.nic), 2);
    EXPECT_EQ(m.references(m.group), 2);
    EXPECT_EQ(m.iommu.iommu_group_get(m.nic), m.group);
    EXPECT_EQ(m.references(m.group), 3);
    m.iommu.iommu_group_put(m.group);
    m.iommu.iommu_group_remove_device(m.nic);
    EXPECT_EQ(m.references(m.nic), 1);
    EXPECT_EQ(m.references(m.group), 1);
    EXPECT_FALSE(m.has_group(m.nic));
    m.iommu.iommu_group_remove_device(m.nic);  // no member: nothing happens
    m.iommu.iommu_group_put(nullptr);
    EXPECT_FALSE(m.iommu.iommu_group_get(m.nic));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, release_runs_once_before_the_memory_is_freed) {
  int releases = 0;
  const RunResult result = run_machine<TypeParam>([&](Machine<TypeParam>& m) {
    typename Machine<TypeParam>::Core::Options options;
    options.release = [&](ptr<device<TypeParam>> dev) {
      ++releases;
      EXPECT_EQ(m.references(dev), 0);
    };
    const auto gpu = m.iommu.device_register("gpu", options);
    m.iommu.iommu_group_add_device(m.group, gpu);
    m.actor([&m, gpu] { m.iommu.device_unregister(gpu); });
    EXPECT_EQ(releases, 1);
  });
  EXPECT_EQ(releases, 1);
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, equal_names_get_a_number) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    const auto twin = m.iommu.device_register("nic");
    const auto third = m.iommu.device_register("nic");
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0);
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, twin), 0);
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, third), 0);
    EXPECT_EQ(m.member_name(m.nic), "nic");
    EXPECT_EQ(m.member_name(twin), "nic.0");
    EXPECT_EQ(m.member_name(third), "nic.1");
    m.iommu.iommu_group_remove_device(m.nic);
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0);
    EXPECT_EQ(m.member_name(m.nic), "nic");
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, second_membership_finds_the_old_link) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), 0);
    EXPECT_EQ(m.iommu.iommu_group_add_device(m.group, m.nic), -EEXIST);
    EXPECT_EQ(m.references(m.nic), 2);
    EXPECT_EQ(m.references(m.group), 2);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, group_without_pin_goes_with_its_last_member) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    const auto own = m.iommu.scenario_group("8", false);
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, own), 0);
    EXPECT_EQ(m.references(own), 1);
    m.actor([&] { m.iommu.device_unregister(m.nic); });
    EXPECT_TRUE(own->record->is_released);
    m.iommu.scenario_group("never used", false);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, reader_finds_members_only) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    const auto stranger = m.iommu.device_register("stranger");
    m.actor(
        [&m, stranger] {
          m.w.rcu_read_lock();
          const auto gdev = m.iommu.dev_to_gdev_rcu(m.nic);
          EXPECT_TRUE(gdev);
          EXPECT_EQ(m.w.read(gdev->dev, Access::plain), m.nic);
          EXPECT_FALSE(m.iommu.find_device_rcu(m.group, stranger));
          EXPECT_FALSE(m.iommu.dev_to_gdev_rcu(stranger));
          m.w.rcu_read_unlock();
        },
        ActorKind::hardirq);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, dev_to_gdev_wants_the_mutex) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    m.actor([&] {
      m.w.mutex_lock(m.group->mutex);
      EXPECT_TRUE(m.iommu.dev_to_gdev(m.nic));
      m.w.mutex_unlock(m.group->mutex);
    });
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
  const RunResult unlocked = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    m.actor([&] { m.iommu.dev_to_gdev(m.nic); });
  });
  EXPECT_TRUE(unlocked.has(FindingKind::warn_on)) << unlocked.text();
  EXPECT_TRUE(unlocked.has(FindingKind::suspicious_rcu_usage)) << unlocked.text();
}

TYPED_TEST(Posted, blocked_device_fences_its_group_until_done) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    EXPECT_EQ(m.iommu.pci_dev_reset_iommu_prepare(m.nic), 0);
    EXPECT_EQ(m.iommu.pci_dev_reset_iommu_prepare(m.nic), -EBUSY);
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 1);
    EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), -EBUSY);
    m.iommu.pci_dev_reset_iommu_done(m.nic);
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 0);
    EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), 0);
    EXPECT_EQ(m.iommu.iommu_attach_device(m.nic), -EBUSY) << "a driver's domain is attached";
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, removing_a_blocked_device_drops_recovery_cnt) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    EXPECT_EQ(m.iommu.pci_dev_reset_iommu_prepare(m.nic), 0);
    m.actor([&] { m.iommu.device_unregister(m.nic); });
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 0);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, report_fences_the_device_from_a_hardirq) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), 0);
    m.actor([&] { m.iommu.iommu_report_device_broken(m.nic); }, ActorKind::hardirq);
    EXPECT_EQ(m.w.read(m.group->recovery_cnt, Access::plain), 1);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(Posted, extra_group_reference_is_a_leak_at_the_end) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    m.iommu.scenario_group_get(m.group);  // the scenario's own: put at teardown
    m.iommu.iommu_group_get(m.nic);
  });
  EXPECT_TRUE(result.has(FindingKind::leak)) << result.text();
}

TYPED_TEST(Posted, two_removers_put_the_group_twice) {
  const auto body = [](Machine<TypeParam>& m) {
    m.iommu.iommu_group_add_device(m.group, m.nic);
    m.iommu.iommu_group_remove_device(m.nic);
    // The second remover read dev->iommu_group before the first one cleared it.
    m.w.write(m.nic->iommu_group, m.group, Access::plain);
    m.iommu.iommu_group_remove_device(m.nic);
    EXPECT_EQ(m.references(m.group),
              m.iommu.variant().group_put == Variant::GroupPut::always ? 0 : 1);
  };
  EXPECT_FALSE(run_machine<TypeParam>(body).findings.empty());
  const RunResult found = run_machine<TypeParam>(
      [&](Machine<TypeParam>& m) {
        body(m);
        m.w.write(m.nic->iommu_group, nullptr, Access::plain);
      },
      "group_put=if_found");
  EXPECT_TRUE(found.findings.empty()) << found.text();
}

// --- bus_iommu_probe

template <class W>
class BusProbe : public ::testing::Test {};
TYPED_TEST_SUITE(BusProbe, Worlds);

/// A device whose probe_finalize attaches, as arm_iommu_attach_device does, is found on a bus.
template <World W>
RunResult bus_probe(const char* variant, bool attaches) {
  int finalized = 0;
  const RunResult result = run_machine<W>(
      [&](Machine<W>& m) {
        typename Machine<W>::Core::Options options;
        options.group = m.group;
        options.probe_finalize = [&](ptr<device<W>> dev) {
          ++finalized;
          EXPECT_EQ(attaches ? m.iommu.iommu_attach_device(dev) : 0, 0);
        };
        const auto gpu = m.iommu.device_register("gpu", options);
        m.actor([&m, gpu] {
          const ptr<device<W>> bus[] = {gpu, m.nic};
          EXPECT_EQ(m.iommu.bus_iommu_probe(bus), 0);
        });
      },
      variant);
  EXPECT_TRUE(finalized == 1 || !result.findings.empty());
  return result;
}

TYPED_TEST(BusProbe, posted_loop_holds_nothing) {
  const RunResult result = bus_probe<TypeParam>("posted", true);
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(BusProbe, each_protection_has_its_price) {
  EXPECT_TRUE(bus_probe<TypeParam>("finalize_loop=for_each_group_device", true)
                  .has(FindingKind::suspicious_rcu_usage));
  EXPECT_TRUE(bus_probe<TypeParam>("finalize_loop=mutex", true).has(FindingKind::deadlock));
  EXPECT_TRUE(bus_probe<TypeParam>("finalize_loop=mutex", false).findings.empty());
  EXPECT_TRUE(bus_probe<TypeParam>("finalize_loop=rcu_read_lock", false)
                  .has(FindingKind::sleeping_in_atomic));
  EXPECT_TRUE(bus_probe<TypeParam>("finalize_loop=snapshot", true).findings.empty());
}

TYPED_TEST(BusProbe, groups_are_queued_once_and_in_order) {
  const RunResult result = run_machine<TypeParam>([](Machine<TypeParam>& m) {
    std::vector<ptr<device<TypeParam>>> bus;
    for (const char* name : {"a", "b", "c"}) {
      typename Machine<TypeParam>::Core::Options options;
      if (*name != 'b') options.group = m.group;  // b gets a group of its own
      bus.push_back(m.iommu.device_register(name, options));
    }
    m.actor([&m, bus] {
      EXPECT_EQ(m.iommu.bus_iommu_probe(bus), 0);
      EXPECT_EQ(m.iommu.bus_iommu_probe(bus), 0) << "all of them are probed";
    });
    EXPECT_EQ(m.references(m.group), 3);
    EXPECT_FALSE(m.w.read(m.group->entry, Access::plain));
    EXPECT_NE(m.w.read(bus[1]->iommu_group, Access::plain), m.group);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

// --- replaceable steps

struct ForgetfulSteps : PostedSteps {
  template <class I>
  void free_group_device(I&, GroupPtr<I>, GdevPtr<I>) {}
};

template <class W>
class OwnSteps : public ::testing::Test {};
TYPED_TEST_SUITE(OwnSteps, Worlds);

TYPED_TEST(OwnSteps, replace_a_step_and_keep_the_rest) {
  const RunResult result =
      run_machine<TypeParam, ForgetfulSteps>([](Machine<TypeParam, ForgetfulSteps>& m) {
        m.iommu.iommu_group_add_device(m.group, m.nic);
        m.actor([&] { m.iommu.device_unregister(m.nic); });
      });
  EXPECT_TRUE(result.has(FindingKind::leak)) << result.text();
  EXPECT_EQ(steps_of(result.trace, "actor"),
            (StepList{"device_unregister", "mutex_lock", "list_del_rcu",
                      "rcu_assign_pointer iommu_group", "mutex_unlock", "kref_put", "put_device"}));
}

// Steps as posted are no object: calls through them are calls of the functions themselves.
static_assert(std::is_empty_v<PostedSteps>);

/// One that is replaced at run time does what the function does, and the others are as posted.
TYPED_TEST(OwnSteps, are_replaced_at_run_time) {
  using Steps = ReplacedSteps<TypeParam>;
  const auto unplug = [](bool replaces) {
    return run_machine<TypeParam, Steps>([replaces](Machine<TypeParam, Steps>& m) {
      StepFunctions<TypeParam> functions;
      if (replaces) functions.free_group_device = [](auto, auto) {};
      m.iommu.steps().replace(std::move(functions));
      m.iommu.iommu_group_add_device(m.group, m.nic);
      m.actor([&] { m.iommu.device_unregister(m.nic); });
    });
  };
  EXPECT_TRUE(unplug(true).has(FindingKind::leak));
  const RunResult posted = unplug(false);
  EXPECT_TRUE(posted.findings.empty()) << posted.text();
  EXPECT_EQ(steps_of(posted.trace, "actor"), removal_steps<TypeParam>());
}

}  // namespace
}  // namespace rcuscope
