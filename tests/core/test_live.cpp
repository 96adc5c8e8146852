// SPDX-License-Identifier: LGPL-2.1-or-later
// The live world on real threads: readers, grace periods, callbacks, work and CPUs, in each flavor.
#include <gtest/gtest.h>
#include <malloc.h>

#if RCUSCOPE_LIVE

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "core/live_fixture.h"

namespace rcuscope {
namespace {

static_assert(World<Live>);

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

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// What malloc has given out: the studied program's own memory is not in it.
std::size_t allocated_bytes() { return mallinfo2().uordblks; }

TEST(Live, work_items_made_without_end_take_no_more_memory) {
  constexpr int rounds = 20'000, until_recycled = 10'000;
  std::size_t before = 0, after = 0;
  LiveRun run(untraced());
  run.run_once([&](Live w) {
    w.declare({"updater", ActorKind::process, {}, [&, w] {
                 for (int i = 0; i < until_recycled + rounds; ++i) {
                   if (i == until_recycled) before = allocated_bytes();
                   const auto work = w.kzalloc<Live::work_struct>("work", "", {}, "work");
                   w.init_work(*work, "worker", [] {});
                   w.kfree(work);
                   if (i % 100 == 0) w.synchronize_rcu();  // lets freed slots be used again
                 }
                 after = allocated_bytes();
               }});
    w.run_actors();
  });
  constexpr std::size_t bytes_per_round_max = 20;
  EXPECT_LT(after, before + rounds * bytes_per_round_max);
}
#endif

TEST(Live, work_initialised_a_second_time_forgets_what_was_disabled) {
  int run_count = 0;
  LiveRun run(untraced());
  run.run_once([&](Live w) {
    const auto work = w.kzalloc<Live::work_struct>("work", "", {}, "work");
    w.init_work(*work, "first", [] { ADD_FAILURE() << "the first function ran"; });
    w.declare({"updater", ActorKind::process, {}, [&, w, work] {
                 w.disable_work_sync(*work);
                 w.init_work(*work, "second", [&] { ++run_count; });
                 EXPECT_TRUE(w.queue_work(*work));
                 w.flush_work(*work);
               }});
    w.run_actors();
  });
  EXPECT_EQ(run_count, 1);
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
