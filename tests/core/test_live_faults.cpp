// SPDX-License-Identifier: LGPL-2.1-or-later
// Faults of the studied program on real threads: found in every run, and never without reason.
#include <gtest/gtest.h>

#if RCUSCOPE_LIVE

#include <string>
#include <thread>
#include <vector>

#include "core/live_fixture.h"

namespace rcuscope {
namespace {

TEST(Live, free_without_grace_period_is_found_in_every_run) {
  LiveRun run(untraced());
  for (int i = 0; i < 100; ++i) {
    const LiveOutcome outcome = run.run_once([](Live w) { remove_first(w, [](Live) {}); });
    ASSERT_GE(outcome.finding_count, 1u) << "in run " << i;
  }
  const std::vector<Finding> findings = run.result().findings;
  ASSERT_TRUE(contains(findings, FindingKind::use_after_free));
  EXPECT_EQ(findings[0].actor, "updater");
  EXPECT_NE(findings[0].message.find("entry 0"), std::string::npos) << findings[0].message;
}

TEST(Live, grace_period_that_started_before_the_unlinking_does_not_count) {
  LiveRun run(untraced());
  const LiveOutcome outcome = run.run_once([](Live w) {
    const auto group = make_group(w, 1);
    w.declare({"updater", ActorKind::process, {}, [w, group] {
                 const auto entry = first_entry(w, group);
                 w.synchronize_rcu();
                 list_del_rcu(w, ptr(&entry->node));
                 w.kfree(entry);
               }});
    w.run_actors();
  });
  EXPECT_EQ(outcome.finding_count, 1u);
}

TEST(Live, correct_removal_is_never_flagged_in_a_thousand_runs) {
  LiveRun run(untraced());
  for (int i = 0; i < 1000; ++i) {
    run.run_once([](Live w) { remove_first(w, [](Live world) { world.synchronize_rcu(); }); });
  }
  const LiveResult result = run.result();
  EXPECT_TRUE(result.findings.empty()) << kinds_of(result.findings);
  EXPECT_EQ(result.statistics.repetition_count, 1000u);
  EXPECT_EQ(result.statistics.grace_period.count, 1000u);
}

TEST(Live, kfree_rcu_is_correct_and_runs_before_the_run_ends) {
  LiveRun run(untraced());
  run.run_once([](Live w) {
    const auto group = make_group(w, 1);
    const auto entry = first_entry(w, group);
    w.set_lifetime(entry.raw(), Lifetime::must_be_freed);
    w.declare({"updater", ActorKind::process, {}, [w, entry] {
                 list_del_rcu(w, ptr(&entry->node));
                 w.kfree_rcu(entry);
               }});
    w.run_actors();
    w.check_end_of_run();
  });
  const LiveResult result = run.result();
  EXPECT_TRUE(result.findings.empty()) << kinds_of(result.findings);
}

TEST(Live, pointer_that_was_published_and_replaced_needs_a_grace_period) {
  LiveRun run(untraced());
  using Slot = Live::shared<ptr<Entry>>;
  struct Owner {
    Slot current{"current"};
    Slot cache{"cache"};
  };
  const auto body = [](Live w, bool waits) {
    const auto owner = w.kzalloc<Owner>("owner", "", Place::current());
    const auto entry = w.kzalloc<Entry>("entry", "a", Place::current(), 1);
    w.write(owner->current, entry, Access::assign);
    w.write(owner->cache, entry, Access::plain);
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.write(owner->current, nullptr, Access::assign);
                 if (waits) w.synchronize_rcu();
                 w.write(owner->cache, nullptr, Access::plain);
                 w.kfree(entry);
               }});
    w.run_actors();
  };
  EXPECT_EQ(run.run_once([&](Live w) { body(w, true); }).finding_count, 0u);
  EXPECT_EQ(run.run_once([&](Live w) { body(w, false); }).finding_count, 1u);
}

TEST(Live, reader_of_a_freed_object_is_named_with_the_actor_that_freed_it) {
  LiveRun run(untraced());
  run.run_once([](Live w) {
    const auto entry = w.kzalloc<Entry>("entry", "a", Place::current(), 1);
    const auto is_freed = w.kzalloc<Live::shared<int>>("flag", "", Place::current(), "flag", 0);
    w.declare({"freer", ActorKind::process, {}, [=] {
                 w.kfree(entry);
                 w.write(*is_freed, 1, Access::release);
               }});
    w.declare({"reader", ActorKind::process, {}, [=] {
                 while (w.read(*is_freed, Access::acquire) == 0) std::this_thread::yield();
                 w.read(entry->value, Access::plain);
               }});
    w.run_actors();
  });
  const std::vector<Finding> findings = run.result().findings;
  ASSERT_EQ(findings.size(), 1u) << kinds_of(findings);
  EXPECT_EQ(findings[0].kind, FindingKind::use_after_free);
  EXPECT_EQ(findings[0].actor, "reader");
  EXPECT_NE(findings[0].message.find("entry a->value"), std::string::npos) << findings[0].message;
  EXPECT_NE(findings[0].explanation.find("'freer' freed"), std::string::npos);
}

TEST(Live, walk_over_a_freed_entry_names_the_entry) {
  LiveRun run(untraced());
  run.run_once([](Live w) {
    const auto group = make_group(w, 2);
    w.declare({"reader", ActorKind::process, {}, [=] {
                 const ptr<list_head<Live>> head(&group->entries);
                 w.rcu_read_lock();
                 const auto node = list_next(w, head, head, Access::dereference);
                 w.kfree(first_entry(w, group));
                 list_next(w, node, head, Access::dereference);
               }});
    w.run_actors();
  });
  const std::vector<Finding> findings = run.result().findings;
  ASSERT_EQ(findings.size(), 1u) << kinds_of(findings);
  EXPECT_EQ(findings[0].kind, FindingKind::use_after_free);
  EXPECT_NE(findings[0].message.find("entry 0->next"), std::string::npos) << findings[0].message;
}

TEST(Live, faults_are_findings_in_the_kernels_words) {
  const auto poisoned = findings_of(ActorKind::process, [](Live w) {
    const auto group = make_group(w, 1);
    const auto entry = first_entry(w, group);
    list_del(w, ptr(&entry->node));
    const auto next = w.read(entry->node.next, Access::dereference);
    w.read(next->next, Access::dereference);
  });
  EXPECT_EQ(only_kind(poisoned), FindingKind::list_corruption);
  EXPECT_NE(poisoned[0].message.find("0xdead000000000100"), std::string::npos);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process,
                                  [](Live w) { w.read(ptr<Entry>()->value, Access::once); })),
            FindingKind::null_dereference);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process,
                                  [](Live w) {
                                    const auto entry = w.kzalloc<Entry>("e", "", {}, 1);
                                    w.kfree(entry);
                                    w.kfree(entry);
                                  })),
            FindingKind::double_free);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process,
                                  [](Live w) {
                                    const auto entry = w.kzalloc<Entry>("e", "", {}, 1);
                                    w.set_lifetime(entry.raw(), Lifetime::must_be_freed);
                                  })),
            FindingKind::leak);
}

TEST(Live, wrong_contexts_and_unbalanced_locks_are_found_and_the_actor_goes_on) {
  bool went_on = false;
  const auto sleeping = findings_of(ActorKind::hardirq, [&went_on](Live w) {
    w.might_sleep("kmalloc(GFP_KERNEL)");
    went_on = true;
  });
  EXPECT_EQ(only_kind(sleeping), FindingKind::sleeping_in_atomic);
  EXPECT_TRUE(went_on);
  const auto in_reader = findings_of(ActorKind::process, [](Live w) {
    w.rcu_read_lock();
    w.might_sleep("msleep");
    w.rcu_read_unlock();
  });
  EXPECT_EQ(only_kind(in_reader), FindingKind::sleeping_in_atomic);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process, [](Live w) { w.rcu_read_unlock(); })),
            FindingKind::lock_imbalance);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process, [](Live w) { w.rcu_read_lock(); })),
            FindingKind::lock_imbalance);
  EXPECT_EQ(only_kind(findings_of(ActorKind::process,
                                  [](Live w) {
                                    const auto group = make_group(w, 0);
                                    w.mutex_unlock(group->lock);
                                  })),
            FindingKind::lock_imbalance);
}

TEST(Live, callback_that_sleeps_is_found) {
  const auto findings = findings_of(ActorKind::process, [](Live w) {
    w.call_rcu("free_group_device", [w] { w.might_sleep("device_release"); });
  });
  EXPECT_EQ(only_kind(findings), FindingKind::sleeping_in_atomic);
  EXPECT_EQ(findings[0].actor, "free_group_device");
}

TEST(Live, reference_counts_saturate) {
  const auto findings = findings_of(ActorKind::process, [](Live w) {
    const auto count = w.kzalloc<Live::refcount>("count", "", {}, "refcount", 1);
    EXPECT_EQ(w.refcount_inc(*count, EventKind::kref_get), 2);
    EXPECT_EQ(w.refcount_dec(*count, EventKind::kref_put), 1);
    EXPECT_EQ(w.refcount_dec(*count, EventKind::kref_put), 0);
    EXPECT_FALSE(w.refcount_inc_not_zero(*count, EventKind::kref_get));
    EXPECT_GT(w.refcount_inc(*count, EventKind::kref_get), 1);
    EXPECT_GT(w.refcount_dec(*count, EventKind::kref_put), 1);
  });
  EXPECT_EQ(only_kind(findings), FindingKind::refcount_addition_on_zero);
}

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE
