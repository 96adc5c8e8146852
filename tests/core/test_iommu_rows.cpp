// SPDX-License-Identifier: LGPL-2.1-or-later
// What reviewers may ask about the machinery, one row each, answered by exploring every schedule.
#include <gtest/gtest.h>

#include <set>

#include "core/iommu_fixture.h"
#include "explore/explorer.h"

namespace rcuscope {
namespace {

using M = Machine<Model>;
using Kinds = std::set<std::string>;

/// `declare` sets a machine up and declares its actors. Return: the kinds of findings in all
/// schedules.
template <class Declare>
Kinds explored(const std::string& variant, const Declare& declare) {
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(
      [&](Execution& execution) {
        M m(Model(execution), parse_variant(variant));
        declare(m);
        m.w.run_actors();
        m.finish();
      },
      *runner, {});
  EXPECT_TRUE(verdict.is_exhaustive) << variant << ": " << verdict.summary();
  Kinds kinds;
  for (const Finding& finding : verdict.findings) kinds.emplace(describe(finding.kind).name);
  return kinds;
}

const Kinds safe = {};

/// What a reader does with each gdev that it meets, inside its section.
using Visit = std::function<void(M&, GdevPtr<M::Core>)>;

/// Walks the group in a hardirq. The scenario pins the group; nobody pins the device.
void declare_walk(M& m, const Visit& visit) {
  m.w.declare({"walk", ActorKind::hardirq, {}, [&m, visit] {
                 m.w.rcu_read_lock();
                 auto walk = m.iommu.list_for_each_entry_rcu(m.group);
                 while (const auto gdev = walk.next()) visit(m, gdev);
                 m.w.rcu_read_unlock();
               }});
}

/// Looks the device up in a hardirq, through dev->iommu_group: its driver pins it.
void declare_lookup(M& m) {
  m.pin(m.nic);
  m.w.declare({"lookup", ActorKind::hardirq, {}, [&m] {
                 m.w.rcu_read_lock();
                 if (const auto gdev = m.iommu.dev_to_gdev_rcu(m.nic))
                   m.w.read(gdev->dev, Access::plain);
                 m.w.rcu_read_unlock();
               }});
}

void declare_unplug(M& m) {
  m.w.declare({"unplug", ActorKind::process, {}, [&m] { m.iommu.device_unregister(m.nic); }});
}

/// One walk against hot unplug.
Kinds walk_against_unplug(const std::string& variant, const Visit& visit) {
  return explored(variant, [&](M& m) {
    m.iommu.iommu_probe_device(m.nic, m.group);
    declare_walk(m, visit);
    declare_unplug(m);
  });
}

void compares(M& m, GdevPtr<M::Core> gdev) { m.w.read(gdev->dev, Access::plain); }

void reads_device(M& m, GdevPtr<M::Core> gdev) { m.references(m.w.read(gdev->dev, Access::plain)); }

void reads_name(M& m, GdevPtr<M::Core> gdev) {
  const auto name = m.w.read(gdev->name, Access::plain);
  m.w.read(name->text, Access::plain);
}

void reads_iommu(M& m, GdevPtr<M::Core> gdev) {
  const auto dev = m.w.read(gdev->dev, Access::plain);
  const auto iommu = m.w.read(dev->iommu, Access::dereference);
  if (iommu) m.w.read(iommu->iommu_dev, Access::plain);
}

TEST(Rows, reader_that_follows_the_device_is_safe_as_posted) {
  EXPECT_EQ(walk_against_unplug("posted", reads_device), safe);
}

TEST(Rows, kfree_rcu_covers_the_gdev_but_not_the_device) {
  const std::string v3 = "reclaim=kfree_rcu hold_device=neither";
  EXPECT_EQ(walk_against_unplug(v3, compares), safe);
  EXPECT_EQ(walk_against_unplug(v3, reads_device), Kinds{"use_after_free"});
}

TEST(Rows, call_rcu_is_harmless_while_somebody_else_holds_the_device) {
  const auto declare = [](M& m) {
    m.iommu.iommu_probe_device(m.nic, m.group);
    declare_lookup(m);
    m.w.declare({"unplug", ActorKind::process, {}, [&m] { m.iommu.iommu_release_device(m.nic); }});
  };
  EXPECT_EQ(explored("reclaim=call_rcu", declare), safe);
}

TEST(Rows, put_before_the_grace_period_is_covered_by_the_removers_own_reference) {
  EXPECT_EQ(walk_against_unplug("put_device=before_grace_period", reads_device), safe);
}

TEST(Rows, pair_is_needed_as_soon_as_the_free_is_asynchronous) {
  EXPECT_EQ(walk_against_unplug("hold_device=neither", reads_device), safe);
  EXPECT_EQ(walk_against_unplug("reclaim=queue_rcu_work", reads_device), safe);
  EXPECT_EQ(walk_against_unplug("reclaim=queue_rcu_work hold_device=neither", reads_device),
            Kinds{"use_after_free"});
}

TEST(Rows, put_without_get_steals_the_driver_cores_reference) {
  EXPECT_EQ(walk_against_unplug("hold_device=put_only", compares), Kinds{"use_after_free"});
}

TEST(Rows, name_is_freed_before_the_grace_period) {
  EXPECT_EQ(walk_against_unplug("posted", reads_name), Kinds{"use_after_free"});
  EXPECT_EQ(walk_against_unplug("free_name=after_grace_period", reads_name), safe);
}

TEST(Rows, dev_iommu_is_freed_before_the_grace_period) {
  EXPECT_EQ(walk_against_unplug("posted", reads_iommu), Kinds{"use_after_free"});
  EXPECT_EQ(walk_against_unplug("free_dev_iommu=kfree_rcu", reads_iommu), safe);
  EXPECT_EQ(walk_against_unplug("deinit=after_grace_period", reads_iommu), safe);
}

TEST(Rows, reader_without_section_is_one_in_a_hardirq_only) {
  const auto run = [](ActorKind kind) {
    return explored("posted", [kind](M& m) {
      m.iommu.iommu_group_add_device(m.group, m.nic);
      m.pin(m.nic);
      m.w.declare({"reader", kind, {}, [&m] { m.iommu.dev_to_gdev_rcu(m.nic); }});
      declare_unplug(m);
    });
  };
  EXPECT_EQ(run(ActorKind::hardirq), Kinds{"suspicious_rcu_usage"});
  EXPECT_EQ(run(ActorKind::threaded_irq), (Kinds{"suspicious_rcu_usage", "use_after_free"}));
}

TEST(Rows, device_that_nobody_pins_is_gone_before_rcu_can_help) {
  EXPECT_EQ(explored("posted",
                     [](M& m) {
                       m.iommu.iommu_group_add_device(m.group, m.nic);
                       m.w.declare({"reader", ActorKind::hardirq, {}, [&m] {
                                      m.w.rcu_read_lock();
                                      m.iommu.dev_to_gdev_rcu(m.nic);
                                      m.w.rcu_read_unlock();
                                    }});
                       declare_unplug(m);
                     }),
            Kinds{"use_after_free"});
}

TEST(Rows, freeing_the_group_at_once_is_safe_on_removal) {
  const auto declare = [](M& m) {
    m.iommu.iommu_probe_device(m.nic, m.iommu.scenario_group("8", false));
    declare_lookup(m);
    declare_unplug(m);
  };
  EXPECT_EQ(explored("posted", declare), safe);
  EXPECT_EQ(explored("free_group=kfree", declare), safe);
}

TEST(Rows, freeing_the_group_at_once_is_not_safe_when_a_probe_fails_early) {
  const auto declare = [](M& m) {
    const auto own = m.iommu.scenario_group("8", false);
    m.iommu.inject_fault("alloc_device");
    declare_lookup(m);
    m.w.declare({"probe", ActorKind::process, {}, [&m, own] {
                   EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, own), -ENOMEM);
                 }});
  };
  EXPECT_EQ(explored("posted", declare), safe);
  EXPECT_EQ(explored("free_group=kfree", declare), Kinds{"use_after_free"});
}

TEST(Rows, probe_that_fails_after_publication_needs_the_grace_period) {
  const auto declare = [](M& m) {
    m.iommu.inject_fault("attach");
    declare_walk(m, reads_device);
    m.w.declare({"probe", ActorKind::process, {}, [&m] {
                   EXPECT_EQ(m.iommu.iommu_probe_device(m.nic, m.group), -ENOMEM);
                 }});
  };
  EXPECT_EQ(explored("posted", declare), safe);
  EXPECT_EQ(explored("reclaim=none", declare), Kinds{"use_after_free"});
}

TEST(Rows, waiting_under_the_mutex_is_slow_but_safe) {
  EXPECT_EQ(walk_against_unplug("defer_free=under_mutex", compares), safe);
}

// --- the work item of a report

Kinds report_against_unplug(const std::string& variant) {
  return explored(variant, [](M& m) {
    m.iommu.iommu_probe_device(m.nic, m.group);
    m.pin(m.nic);
    m.w.declare(
        {"isr", ActorKind::hardirq, {}, [&m] { m.iommu.iommu_report_device_broken(m.nic); }});
    declare_unplug(m);
  });
}

TEST(Rows, report_is_cancelled_after_the_grace_period_and_outside_the_mutex) {
  EXPECT_EQ(report_against_unplug("posted"), safe);
  EXPECT_EQ(report_against_unplug("reclaim=queue_rcu_work"), safe);
  EXPECT_TRUE(report_against_unplug("cancel_work=before_grace_period").contains("use_after_free"));
  EXPECT_TRUE(report_against_unplug("cancel_work=none").contains("use_after_free"));
  EXPECT_EQ(report_against_unplug("cancel_work=under_mutex").count("deadlock"), 1u);
  EXPECT_EQ(report_against_unplug("defer_free=under_mutex"), Kinds{"deadlock"});
}

// --- two removers, and the bus walk

TEST(Rows, two_removers_of_one_device_hurt_the_group) {
  const auto declare = [](M& m) {
    m.iommu.iommu_group_add_device(m.iommu.scenario_group("8", false), m.nic);
    for (const char* name : {"first", "second"})
      m.w.declare(
          {name, ActorKind::process, {}, [&m] { m.iommu.iommu_group_remove_device(m.nic); }});
  };
  EXPECT_TRUE(explored("posted", declare).contains("use_after_free"));
  EXPECT_TRUE(explored("group_put=if_found", declare).contains("use_after_free"));
}

/// A bus walk finalizes a device that is unplugged as soon as it has been probed.
Kinds bus_probe_against_unplug(const std::string& variant, bool attaches) {
  return explored(variant, [attaches](M& m) {
    M::Core::Options options;
    options.group = m.group;
    options.probe_finalize = [&m, attaches](DevicePtr<M::Core> dev) {
      if (attaches) m.iommu.iommu_attach_device(dev);
    };
    const auto gpu = m.iommu.device_register("gpu", options);
    m.w.declare({"bus walk", ActorKind::process, {}, [&m, gpu] {
                   m.iommu.bus_iommu_probe(std::span(&gpu, 1));
                 }});
    m.w.declare({"unplug", ActorKind::process, {}, [&m, gpu] {
                   m.w.mutex_lock(m.iommu.iommu_probe_device_lock);
                   const bool is_probed = m.has_group(gpu);
                   m.w.mutex_unlock(m.iommu.iommu_probe_device_lock);
                   if (is_probed) m.iommu.device_unregister(gpu);
                 }});
  });
}

TEST(Rows, unprotected_bus_walk_meets_freed_members) {
  EXPECT_TRUE(bus_probe_against_unplug("posted", false).contains("use_after_free"));
  EXPECT_TRUE(bus_probe_against_unplug("finalize_loop=mutex", true).contains("deadlock"));
  EXPECT_EQ(bus_probe_against_unplug("finalize_loop=mutex", false), safe);
}

}  // namespace
}  // namespace rcuscope
