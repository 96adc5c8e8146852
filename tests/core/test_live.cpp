// SPDX-License-Identifier: LGPL-2.1-or-later
// The live world on real threads: readers, grace periods, and faults that every run shows.
#include <gtest/gtest.h>

#if RCUSCOPE_LIVE

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "live/live.h"
#include "live/run.h"
#include "world/list.h"

namespace rcuscope {
namespace {

using std::chrono_literals::operator""ms;

static_assert(World<Live>);

struct Entry {
  explicit Entry(int initial) : node(this), value("value", initial) {}
  list_head<Live> node;
  Live::shared<int> value;
};
struct Group {
  list_head<Live> entries;
  Live::mutex lock{"lock"};
};

constexpr LiveOptions untraced(Nanoseconds timeout = 10'000'000'000) {
  LiveOptions options;
  options.trace = TraceLevel::off;
  options.timeout = timeout;
  return options;
}

bool contains(const std::vector<Finding>& findings, FindingKind kind) {
  return std::any_of(findings.begin(), findings.end(),
                     [kind](const Finding& finding) { return finding.kind == kind; });
}

std::string kinds_of(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) text += finding.message + "\n";
  return text;
}

ptr<Group> make_group(Live w, int count) {
  const auto group = w.kzalloc<Group>("group", "7", Place::current());
  for (int i = 0; i < count; ++i) {
    const auto entry = w.kzalloc<Entry>("entry", std::to_string(i), Place::current(), i);
    list_add_tail_rcu(w, ptr(&entry->node), ptr(&group->entries));
  }
  return group;
}

ptr<Entry> first_entry(Live w, ptr<Group> group) {
  const auto node = w.read(group->entries.next, Access::once);
  return static_cast<Entry*>(node->owner);
}

int sum_of_entries(Live w, ptr<Group> group) {
  int sum = 0;
  w.rcu_read_lock();
  const ptr<list_head<Live>> head(&group->entries);
  for (auto node = list_next(w, head, head, Access::dereference); node;
       node = list_next(w, node, head, Access::dereference)) {
    sum += w.read(static_cast<Entry*>(node->owner)->value, Access::plain);
  }
  w.rcu_read_unlock();
  return sum;
}

class LiveFlavor : public testing::TestWithParam<const char*> {
 protected:
  LiveOptions options(TraceLevel level = TraceLevel::off) const {
    LiveOptions result = untraced();
    result.flavor = GetParam();
    result.trace = level;
    return result;
  }
};

TEST_P(LiveFlavor, reader_delays_synchronize_rcu) {
  for (const TraceLevel level : {TraceLevel::off, TraceLevel::full}) {
    LiveRun run(options(level));
    std::atomic<bool> is_inside{false};
    std::atomic<bool> has_left{false};
    bool had_left = false;
    run.run_once([&](Live w) {
      w.declare({"reader", ActorKind::process, {}, [&, w] {
                   w.rcu_read_lock();
                   is_inside = true;
                   std::this_thread::sleep_for(20ms);
                   has_left = true;
                   w.rcu_read_unlock();
                 }});
      w.declare({"updater", ActorKind::process, {}, [&, w] {
                   while (!is_inside) std::this_thread::yield();
                   w.synchronize_rcu();
                   had_left = has_left;
                 }});
      w.run_actors();
    });
    EXPECT_TRUE(had_left);
    const LiveStatistics statistics = run.result().statistics;
    EXPECT_EQ(statistics.grace_period.count, 1u);
    EXPECT_GE(statistics.grace_period.max, 5'000'000);
    EXPECT_EQ(statistics.section_count, 1u);
  }
}

TEST_P(LiveFlavor, hardirq_actor_delays_synchronize_rcu_without_a_section) {
  LiveRun run(options());
  std::atomic<bool> is_inside{false};
  std::atomic<bool> has_left{false};
  bool had_left = false;
  run.run_once([&](Live w) {
    w.declare({"isr", ActorKind::hardirq, {}, [&] {
                 is_inside = true;
                 std::this_thread::sleep_for(20ms);
                 has_left = true;
               }});
    w.declare({"updater", ActorKind::process, {}, [&, w] {
                 while (!is_inside) std::this_thread::yield();
                 w.synchronize_rcu();
                 had_left = has_left;
               }});
    w.run_actors();
  });
  EXPECT_TRUE(had_left);
  EXPECT_TRUE(run.result().findings.empty());
}

TEST_P(LiveFlavor, callback_runs_after_the_sections_that_were_open) {
  LiveRun run(options());
  std::atomic<bool> is_inside{false};
  std::atomic<bool> has_left{false};
  bool had_left = false;
  Context context = Context::process;
  run.run_once([&](Live w) {
    w.declare({"reader", ActorKind::process, {}, [&, w] {
                 w.rcu_read_lock();
                 is_inside = true;
                 std::this_thread::sleep_for(20ms);
                 has_left = true;
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [&, w] {
                 while (!is_inside) std::this_thread::yield();
                 w.call_rcu("callback", [&, w] {
                   had_left = has_left;
                   context = w.context();
                 });
                 w.rcu_barrier();
               }});
    w.run_actors();
  });
  EXPECT_TRUE(had_left);
  EXPECT_EQ(context, Context::softirq);
  EXPECT_EQ(run.result().statistics.callback_count, 1u);
}

TEST_P(LiveFlavor, list_holds_together_under_readers_and_an_updater) {
  LiveRun run(options());
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong_sums{0};
  std::atomic<int> started_count{0};
  run.run_once([&](Live w) {
    const auto group = make_group(w, 8);
    for (const char* name : {"reader 0", "reader 1"}) {
      w.declare({name, ActorKind::process, {}, [&, w, group] {
                   ++started_count;
                   do wrong_sums += sum_of_entries(w, group) > 28 + 8;
                   while (!is_over);
                 }});
    }
    w.declare({"updater", ActorKind::process, {}, [&, w, group] {
                 while (started_count < 2) std::this_thread::yield();
                 for (int i = 0; i < 200; ++i) {
                   const auto entry = first_entry(w, group);
                   const int value = w.read(entry->value, Access::plain);
                   list_del_rcu(w, ptr(&entry->node));
                   w.synchronize_rcu();
                   w.kfree(entry);
                   const auto added = w.kzalloc<Entry>("entry", "again", Place::current(), value);
                   list_add_tail_rcu(w, ptr(&added->node), ptr(&group->entries));
                 }
                 is_over = true;
               }});
    w.run_actors();
  });
  EXPECT_EQ(wrong_sums, 0);
  const LiveResult result = run.result();
  EXPECT_TRUE(result.findings.empty()) << kinds_of(result.findings);
  EXPECT_GT(result.statistics.section_count, 0u);
}

INSTANTIATE_TEST_SUITE_P(Flavors, LiveFlavor, testing::Values("memb", "mb", "bp", "qsbr"),
                         [](const auto& each) { return std::string(each.param); });

/// One removal while a reader walks; `wait` stands for what the updater does before it frees.
void remove_first(Live w, const std::function<void(Live)>& wait) {
  const auto group = make_group(w, 2);
  w.declare({"reader", ActorKind::hardirq, {}, [w, group] { sum_of_entries(w, group); }});
  w.declare({"updater", ActorKind::process, {}, [w, group, wait] {
               const auto entry = first_entry(w, group);
               w.mutex_lock(group->lock);
               list_del_rcu(w, ptr(&entry->node));
               w.mutex_unlock(group->lock);
               wait(w);
               w.kfree(entry);
             }});
  w.run_actors();
}

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

TEST(Live, sections_nest_with_and_without_recording) {
  for (const TraceLevel level : {TraceLevel::off, TraceLevel::section, TraceLevel::full}) {
    LiveOptions options;
    options.trace = level;
    LiveRun run(options);
    run.run_once([](Live w) {
      w.declare({"isr", ActorKind::hardirq, {}, [w] {
                   EXPECT_FALSE(w.rcu_read_lock_held());
                   EXPECT_TRUE(w.rcu_read_lock_any_held());
                   w.rcu_read_lock();
                   w.rcu_read_lock();
                   w.rcu_read_unlock();
                   EXPECT_TRUE(w.rcu_read_lock_held());
                   w.rcu_read_unlock();
                   EXPECT_FALSE(w.rcu_read_lock_held());
                 }});
      w.run_actors();
      w.synchronize_rcu();  // would wait for ever for a section that stayed open
    });
    const LiveResult result = run.result();
    EXPECT_TRUE(result.findings.empty()) << kinds_of(result.findings);
    EXPECT_EQ(result.statistics.section_count, 1u);
  }
}

/// Runs one actor and returns what was found.
std::vector<Finding> findings_of(ActorKind kind, const std::function<void(Live)>& body) {
  LiveRun run(untraced(300'000'000));
  run.run_once([&](Live w) {
    w.declare({"actor", kind, {}, [w, body] { body(w); }});
    w.run_actors();
    w.check_end_of_run();
  });
  return run.result().findings;
}

FindingKind only_kind(const std::vector<Finding>& findings) {
  EXPECT_EQ(findings.size(), 1u) << kinds_of(findings);
  return findings.empty() ? FindingKind::error : findings[0].kind;
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

TEST(Live, synchronize_rcu_in_its_own_section_is_a_deadlock_at_once) {
  const auto findings = findings_of(ActorKind::process, [](Live w) {
    w.rcu_read_lock();
    w.synchronize_rcu();
  });
  EXPECT_TRUE(contains(findings, FindingKind::suspicious_rcu_usage)) << kinds_of(findings);
  EXPECT_TRUE(contains(findings, FindingKind::deadlock)) << kinds_of(findings);
}

TEST(Live, mutexes_in_opposite_order_end_in_a_finding_within_the_timeout) {
  LiveRun run(untraced(200'000'000));
  const auto start = std::chrono::steady_clock::now();
  const LiveOutcome outcome = run.run_once([](Live w) {
    const auto a = w.kzalloc<Live::mutex>("mutex", "a", {}, "a");
    const auto b = w.kzalloc<Live::mutex>("mutex", "b", {}, "b");
    const auto taken = w.kzalloc<Live::shared<int>>("count", "", {}, "taken", 0);
    const auto take = [=](ptr<Live::mutex> first, ptr<Live::mutex> second) {
      w.mutex_lock(*first);
      w.fetch_add(*taken, 1, Access::full);
      while (w.read(*taken, Access::once) < 2) std::this_thread::yield();
      w.mutex_lock(*second);
    };
    w.declare({"ab", ActorKind::process, {}, [=] { take(a, b); }});
    w.declare({"ba", ActorKind::process, {}, [=] { take(b, a); }});
    w.run_actors();
  });
  EXPECT_TRUE(outcome.was_abandoned);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2000ms);
  const auto findings = run.result().findings;
  EXPECT_EQ(only_kind(findings), FindingKind::deadlock);
  EXPECT_NE(findings[0].message.find("held by 'ba'"), std::string::npos) << findings[0].message;
  EXPECT_EQ(run.run_once([](Live w) { remove_first(w, [](Live x) { x.synchronize_rcu(); }); })
                .finding_count,
            0u);
}

TEST(Live, reader_that_waits_for_the_mutex_of_a_grace_period_is_a_deadlock) {
  LiveRun run(untraced(200'000'000));
  run.run_once([](Live w) {
    const auto group = make_group(w, 1);
    const auto state = w.kzalloc<Live::shared<int>>("state", "", {}, "state", 0);
    const auto pass = [=](int value) {
      w.fetch_add(*state, 1, Access::full);
      while (w.read(*state, Access::once) < value) std::this_thread::yield();
    };
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 pass(2);
                 w.mutex_lock(group->lock);
                 w.mutex_unlock(group->lock);
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.mutex_lock(group->lock);
                 pass(2);
                 w.synchronize_rcu();
                 w.mutex_unlock(group->lock);
               }});
    w.run_actors();
  });
  const auto findings = run.result().findings;
  ASSERT_TRUE(contains(findings, FindingKind::deadlock)) << kinds_of(findings);
  EXPECT_NE(kinds_of(findings).find("waits for the reader 'reader'"), std::string::npos);
}

TEST(Live, actor_that_never_ends_is_a_stall_and_can_be_cancelled) {
  const auto spin = [](Live w) {
    const auto flag = w.kzalloc<Live::shared<int>>("flag", "", {}, "flag", 0);
    w.declare({"spinner", ActorKind::process, {}, [=] {
                 while (w.read(*flag, Access::once) == 0) std::this_thread::yield();
               }});
    w.run_actors();
  };
  LiveRun run(untraced(100'000'000));
  EXPECT_TRUE(run.run_once(spin).was_abandoned);
  EXPECT_EQ(only_kind(run.result().findings), FindingKind::stall);
  LiveRun other(untraced());
  const auto start = std::chrono::steady_clock::now();
  const LiveOutcome outcome = other.run_once(spin, [] { return true; });
  EXPECT_TRUE(outcome.was_cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1000ms);
  EXPECT_TRUE(other.result().findings.empty());
}

TEST(Live, cancelling_returns_while_a_grace_period_is_being_waited_for) {
  std::atomic<bool> is_inside{false};
  std::atomic<bool> may_leave{false};
  const auto start = std::chrono::steady_clock::now();
  {
    LiveRun run(untraced());
    const LiveOutcome outcome = run.run_once(
        [&](Live w) {
          w.declare({"reader", ActorKind::process, {}, [&, w] {
                       w.rcu_read_lock();
                       is_inside = true;
                       while (!may_leave) std::this_thread::sleep_for(1ms);
                       w.rcu_read_unlock();
                     }});
          w.declare({"updater", ActorKind::process, {}, [&, w] {
                       while (!is_inside) std::this_thread::yield();
                       w.synchronize_rcu();
                     }});
          w.run_actors();
        },
        [&] { return is_inside.load(); });
    EXPECT_TRUE(outcome.was_cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1000ms);
    may_leave = true;
  }
}

TEST(Live, threads_that_nobody_registered_are_registered_on_first_use) {
  std::atomic<int> value{0};
  std::atomic<int> wrong_count{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&] {
      const Live w;
      w.rcu_read_lock();
      const int before = value;
      std::this_thread::yield();
      wrong_count += value - before > 1;  // an updater waits between two steps
      w.rcu_read_unlock();
    });
    if (i % 20 != 0) continue;
    ++value;
    Live{}.synchronize_rcu();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong_count, 0);
  EXPECT_THROW(Live{}.kzalloc<int>("int", "", {}, 0), UsageError);
}

TEST(Live, actors_on_one_cpu_run_one_at_a_time_and_interrupts_to_their_end) {
  LiveRun run(untraced());
  bool was_interrupted_ever = false;
  for (int i = 0; i < 50; ++i) {
    int inside = 0;
    bool is_isr_running = false;
    bool overlapped = false;
    bool was_interrupted = false;
    run.run_once([&](Live w) {
      const auto location = w.kzalloc<Live::shared<int>>("x", "", {}, "x", 0);
      w.declare({"process", ActorKind::process, {0}, [&, w, location] {
                   for (int step = 0; step < 20; ++step) {
                     overlapped |= is_isr_running || inside++ != 0;
                     --inside;
                     const int before = w.read(*location, Access::once);
                     was_interrupted |= w.read(*location, Access::once) - before == 20;
                   }
                 }});
      w.declare({"isr", ActorKind::hardirq, {0}, [&, w, location] {
                   is_isr_running = true;
                   for (int step = 0; step < 20; ++step) {
                     overlapped |= inside++ != 0;
                     --inside;
                     w.fetch_add(*location, 1, Access::full);
                   }
                   is_isr_running = false;
                 }});
      w.run_actors();
    });
    EXPECT_FALSE(overlapped);
    was_interrupted_ever |= was_interrupted;
  }
  EXPECT_TRUE(was_interrupted_ever);
  EXPECT_TRUE(run.result().findings.empty());
}

TEST(Live, work_runs_after_its_grace_period_in_process_context_and_can_be_cancelled) {
  LiveRun run(untraced());
  std::atomic<int> run_count{0};
  bool was_queued_again = true;
  run.run_once([&](Live w) {
    const auto work = w.kzalloc<Live::work_struct>("work", "", {}, "release_work");
    w.init_work(*work, "release", [&, w] {
      w.might_sleep("device_release");
      ++run_count;
    });
    w.declare({"updater", ActorKind::process, {}, [&, w, work] {
                 EXPECT_TRUE(w.queue_rcu_work(*work));
                 was_queued_again = w.queue_rcu_work(*work);
                 w.flush_rcu_work(*work);
                 EXPECT_EQ(run_count, 1);
                 EXPECT_TRUE(w.queue_rcu_work(*work));
                 EXPECT_TRUE(w.disable_work_sync(*work));
                 EXPECT_FALSE(w.queue_work(*work));
                 EXPECT_TRUE(w.enable_work(*work));
                 EXPECT_TRUE(w.queue_work(*work));
               }});
    w.run_actors();
  });
  EXPECT_EQ(run_count, 2);
  EXPECT_FALSE(was_queued_again);
  EXPECT_TRUE(run.result().findings.empty()) << kinds_of(run.result().findings);
}

TEST(Live, events_are_recorded_in_order_with_one_id_for_all_repetitions) {
  for (const TraceLevel level : {TraceLevel::full, TraceLevel::section, TraceLevel::logical}) {
    LiveOptions options;
    options.trace = level;
    LiveRun run(options);
    for (int i = 0; i < 20; ++i) {
      run.run_once([](Live w) { remove_first(w, [](Live x) { x.synchronize_rcu(); }); });
    }
    const TraceStore trace = run.result().trace;
    EXPECT_EQ(trace.clock(), level == TraceLevel::logical ? Clock::steps : Clock::nanoseconds);
    EXPECT_EQ(trace.events_lost_count(), 0u);
    EXPECT_EQ(trace.names().actors.size(), 4u);  // kthread, main, reader, updater
    std::vector<int> count(event_kind_count);
    for (const std::uint16_t kind : trace.columns().kind) ++count[kind];
    const auto count_of = [&count](EventKind kind) {
      return count[static_cast<std::size_t>(kind)];
    };
    EXPECT_EQ(count_of(EventKind::rcu_read_lock), 20);
    EXPECT_EQ(count_of(EventKind::rcu_read_unlock), 20);
    EXPECT_EQ(count_of(EventKind::synchronize_rcu_end), 20);
    EXPECT_EQ(count_of(EventKind::grace_period_end), 20);
    EXPECT_EQ(count_of(EventKind::list_del_rcu), 20);
    EXPECT_EQ(count_of(EventKind::kfree), 20);
    EXPECT_EQ(count_of(EventKind::rcu_dereference) > 0, level != TraceLevel::section);
  }
}

TEST(Live, lost_events_are_counted) {
  LiveOptions options;
  options.ring_slot_count = 16;
  LiveRun run(options);
  run.run_once([](Live w) {
    w.declare({"reader", ActorKind::process, {}, [w] {
                 for (int i = 0; i < 100'000; ++i) {
                   w.rcu_read_lock();
                   w.rcu_read_unlock();
                 }
               }});
    w.run_actors();
  });
  const LiveResult result = run.result();
  EXPECT_GT(result.statistics.events_lost_count, 0u);
  EXPECT_EQ(result.trace.events_lost_count(), result.statistics.events_lost_count);
  EXPECT_EQ(result.statistics.section_count, 100'000u);
}

TEST(Live, hooks_enclose_threads_and_waits_in_bodies) {
  std::atomic<int> thread_count{0};
  std::atomic<int> wait_balance{0};
  std::atomic<int> wait_count{0};
  LiveHooks hooks;
  hooks.on_thread_start = [&] { ++thread_count; };
  hooks.on_thread_end = [&] { --thread_count; };
  hooks.before_wait = [&] { ++wait_balance, ++wait_count; };
  hooks.after_wait = [&] { --wait_balance; };
  {
    LiveRun run(untraced(), hooks);
    run.run_once([](Live w) {
      w.declare({"updater", ActorKind::process, {}, [w] {
                   w.call_rcu("callback", [] {});
                   w.synchronize_rcu();
                   w.rcu_barrier();
                 }});
      w.run_actors();
    });
    EXPECT_EQ(thread_count, 3);  // main, updater, callbacks
  }
  EXPECT_EQ(thread_count, 0);
  EXPECT_EQ(wait_balance, 0);
  EXPECT_EQ(wait_count, 3);  // run_actors, synchronize_rcu, rcu_barrier
}

TEST(Live, wrong_use_reaches_the_caller) {
  EXPECT_THROW(LiveRun({.flavor = "classic"}), UsageError);
  EXPECT_THROW(LiveRun({.ring_slot_count = 1000}), UsageError);
  LiveRun run(untraced());
  EXPECT_THROW(run.run_once([](Live w) {
    w.declare({"twice", ActorKind::process, {}, [] {}});
    w.declare({"twice", ActorKind::process, {}, [] {}});
  }),
               UsageError);
  run.run_once([](Live) { throw std::runtime_error("of the scenario"); });
  EXPECT_EQ(only_kind(run.result().findings), FindingKind::error);
}

TEST(Live, locations_of_sixteen_bytes_work) {
  struct Pair {
    std::int64_t first, second;
  };
  Live::shared<Pair> location("pair", {1, 2});
  const Live w;
  w.write(location, {3, 4}, Access::release);
  EXPECT_EQ(w.read(location, Access::acquire).second, 4);
}

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE
