// SPDX-License-Identifier: LGPL-2.1-or-later
// The Recording world: what it logs, what it finds at once, and when deferred work runs.
#include "world/recording.h"

#include <gtest/gtest.h>

#include "core/worlds.h"

namespace rcuscope {
namespace {

struct Box {
  Recording::shared<int> value{"value", 0};
  Recording::shared<ptr<Box>> next{"next", nullptr};
  Recording::refcount count{"count", 1};
  Recording::mutex lock{"lock"};
  Recording::work_struct work{"work"};
};

ptr<Box> make(Recording w, const char* name = "a") {
  return w.kzalloc<Box>("box", name, Place::current());
}

RunResult run(const std::function<void(Recording)>& body) {
  return TestWorld<Recording>::run(body);
}

/// Runs `body` as an actor of its own.
RunResult run_actor(ActorKind kind, const std::function<void(Recording, ptr<Box>)>& body) {
  return run([&](Recording w) {
    const ptr<Box> box = make(w);
    w.set_lifetime(box.raw(), Lifetime::root);
    w.declare({"actor", kind, {}, [&, w, box] { body(w, box); }});
    w.run_actors();
    w.check_end_of_run();
  });
}

TEST(Recording, log_names_actor_object_and_location) {
  RecordingLog log;
  const Recording w(log);
  log.run([&] {
    const ptr<Box> box = make(w);
    w.write(box->value, 7, Access::plain);
    EXPECT_EQ(w.read(box->value, Access::once), 7);
    w.kfree(box);
  });
  std::vector<std::string> texts;
  for (const RecordedLine& line : log.lines()) texts.push_back(line.actor + ": " + line.text());
  EXPECT_EQ(texts, (std::vector<std::string>{"main: kmalloc box a", "main: store box a.value",
                                             "main: load box a.value", "main: kfree box a"}));
  EXPECT_EQ(log.build().size(), 4u);
}

TEST(Recording, read_modify_write_returns_the_old_value) {
  run([](Recording w) {
    const ptr<Box> box = make(w);
    EXPECT_EQ(w.fetch_add(box->value, 2, Access::full), 0);
    EXPECT_EQ(w.exchange(box->value, 5, Access::full), 2);
    EXPECT_EQ(w.compare_exchange(box->value, 4, 6, Access::full), 5);
    EXPECT_EQ(w.compare_exchange(box->value, 5, 6, Access::full), 5);
    EXPECT_EQ(w.read(box->value, Access::plain), 6);
  });
}

TEST(Recording, access_after_kfree_is_use_after_free) {
  const RunResult result = run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
    const ptr<Box> box = make(w, "b");
    w.kfree(box);
    w.read(box->value, Access::plain);
    ADD_FAILURE() << "a fatal finding ends the actor";
  });
  ASSERT_EQ(result.findings.size(), 1u) << result.text();
  EXPECT_EQ(result.findings[0].kind, FindingKind::use_after_free);
  EXPECT_EQ(result.findings[0].actor, "actor");
  EXPECT_NE(result.findings[0].message.find("slab-use-after-free: value of box 'b'"),
            std::string::npos);
}

TEST(Recording, second_kfree_is_double_free) {
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
                w.kfree(box);
                w.kfree(box);
              }).has(FindingKind::double_free));
}

TEST(Recording, following_null_is_a_finding) {
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
                w.read(w.read(box->next, Access::plain)->value, Access::plain);
              }).has(FindingKind::null_dereference));
}

TEST(Recording, kfree_rcu_frees_after_the_actor) {
  const RunResult result = run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
    const ptr<Box> box = make(w, "b");
    w.kfree_rcu(box);
    w.read(box->value, Access::plain);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TEST(Recording, unlock_without_lock_is_an_imbalance) {
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
                w.rcu_read_unlock();
              }).has(FindingKind::lock_imbalance));
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
                w.mutex_unlock(box->lock);
              }).has(FindingKind::lock_imbalance));
}

TEST(Recording, ending_inside_a_section_is_an_imbalance) {
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
                w.rcu_read_lock();
              }).has(FindingKind::lock_imbalance));
}

TEST(Recording, sections_nest) {
  const RunResult result = run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
    w.rcu_read_lock();
    w.rcu_read_lock();
    w.rcu_read_unlock();
    EXPECT_TRUE(w.rcu_read_lock_held());
    w.rcu_read_unlock();
    EXPECT_FALSE(w.rcu_read_lock_any_held());
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TEST(Recording, hardirq_is_an_implicit_reader_that_must_not_sleep) {
  const RunResult result = run_actor(ActorKind::hardirq, [](Recording w, ptr<Box> box) {
    EXPECT_FALSE(w.rcu_read_lock_held());
    EXPECT_TRUE(w.rcu_read_lock_any_held());
    EXPECT_EQ(w.context(), Context::hardirq);
    w.mutex_lock(box->lock);
    w.mutex_unlock(box->lock);
  });
  ASSERT_EQ(result.findings.size(), 1u) << result.text();
  EXPECT_EQ(result.findings[0].kind, FindingKind::sleeping_in_atomic);
}

TEST(Recording, synchronize_rcu_in_a_reader_waits_for_itself) {
  const RunResult result = run_actor(ActorKind::process, [](Recording w, ptr<Box>) {
    w.rcu_read_lock();
    w.synchronize_rcu();
  });
  EXPECT_TRUE(result.has(FindingKind::suspicious_rcu_usage)) << result.text();
  EXPECT_TRUE(result.has(FindingKind::deadlock)) << result.text();
}

TEST(Recording, locking_twice_is_a_deadlock) {
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
                w.mutex_lock(box->lock);
                EXPECT_TRUE(w.is_held(box->lock));
                EXPECT_FALSE(w.mutex_trylock(box->lock));
                w.mutex_lock(box->lock);
              }).has(FindingKind::deadlock));
}

TEST(Recording, counts_report_addition_on_zero_and_underflow) {
  const RunResult added = run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
    EXPECT_EQ(w.refcount_dec(box->count, EventKind::kref_put), 0);
    EXPECT_FALSE(w.refcount_inc_not_zero(box->count, EventKind::kref_get));
    w.refcount_inc(box->count, EventKind::kref_get);
    EXPECT_NE(w.refcount_dec(box->count, EventKind::kref_put), 0) << "saturated";
  });
  EXPECT_EQ(added.findings.size(), 1u) << added.text();
  EXPECT_TRUE(added.has(FindingKind::refcount_addition_on_zero)) << added.text();
  EXPECT_TRUE(run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
                w.refcount_dec(box->count, EventKind::kref_put);
                w.refcount_dec(box->count, EventKind::kref_put);
              }).has(FindingKind::refcount_underflow));
}

TEST(Recording, callbacks_run_in_softirq_when_the_actor_has_ended) {
  std::vector<std::string> order;
  run_actor(ActorKind::process, [&](Recording w, ptr<Box>) {
    w.call_rcu("callback", [&order, w] {
      order.push_back("callback");
      EXPECT_EQ(w.context(), Context::softirq);
    });
    order.push_back("actor");
  });
  EXPECT_EQ(order, (std::vector<std::string>{"actor", "callback"}));
}

TEST(Recording, rcu_barrier_waits_for_callbacks) {
  bool has_run = false;
  run_actor(ActorKind::process, [&](Recording w, ptr<Box>) {
    w.call_rcu("callback", [&] { has_run = true; });
    w.rcu_barrier();
    EXPECT_TRUE(has_run);
  });
}

TEST(Recording, work_is_queued_once_cancelled_and_disabled) {
  int runs = 0;
  run_actor(ActorKind::process, [&](Recording w, ptr<Box> box) {
    w.init_work(box->work, "work", [&runs, w] {
      ++runs;
      EXPECT_EQ(w.context(), Context::process);
    });
    EXPECT_TRUE(w.queue_work(box->work));
    EXPECT_FALSE(w.queue_rcu_work(box->work)) << "pending";
    EXPECT_TRUE(w.cancel_work_sync(box->work));
    EXPECT_TRUE(w.queue_rcu_work(box->work));
    w.flush_rcu_work(box->work);
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(w.disable_work_sync(box->work));
    EXPECT_FALSE(w.queue_work(box->work));
    EXPECT_TRUE(w.enable_work(box->work));
    EXPECT_TRUE(w.queue_work(box->work));
  });
  EXPECT_EQ(runs, 2);
}

TEST(Recording, what_nothing_reaches_is_leaked) {
  const RunResult result = run_actor(ActorKind::process, [](Recording w, ptr<Box> box) {
    make(w, "lost");
    w.write(box->next, make(w, "kept"), Access::plain);
  });
  ASSERT_EQ(result.findings.size(), 1u) << result.text();
  EXPECT_EQ(result.findings[0].kind, FindingKind::leak);
  EXPECT_EQ(result.findings[0].place, "box lost");
}

TEST(Recording, setup_object_that_was_never_stored_is_no_leak) {
  const RunResult result = run([](Recording w) {
    make(w, "only in a C++ variable");
    w.check_end_of_run();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TEST(Recording, names_are_a_set) {
  run([](Recording w) {
    Recording::name_set names("directory");
    const StringId name = w.intern("link");
    EXPECT_EQ(w.text(name), "link");
    EXPECT_TRUE(w.add_name(names, name, EventKind::sysfs_create_link));
    EXPECT_FALSE(w.add_name(names, name, EventKind::sysfs_create_link));
    EXPECT_TRUE(w.remove_name(names, name, EventKind::sysfs_remove_link));
    EXPECT_FALSE(w.remove_name(names, name, EventKind::sysfs_remove_link));
  });
}

}  // namespace
}  // namespace rcuscope
