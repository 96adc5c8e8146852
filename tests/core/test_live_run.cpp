// SPDX-License-Identifier: LGPL-2.1-or-later
// LiveRun: deadlocks, stalls and cancellation, what is recorded and counted, hooks, wrong use.
#include <gtest/gtest.h>

#if RCUSCOPE_LIVE

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.h"
#include "core/live_fixture.h"
#include "trace/sink.h"

namespace rcuscope {
namespace {

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

/// Declares an actor that queues a callback, which queues itself, and so on.
void queue_without_end(Live w) {
  static std::function<void(Live)> queue_again;
  queue_again = [](Live x) { x.call_rcu("again", [x] { queue_again(x); }); };
  w.declare({"starter", ActorKind::process, {}, [w] { queue_again(w); }});
  w.run_actors();
}

TEST(Live, callback_that_queues_itself_without_end_is_a_stall) {
  LiveRun run(untraced(100'000'000));
  const LiveOutcome outcome = run.run_once(queue_without_end);
  EXPECT_TRUE(outcome.stood_still);
  const auto findings = run.result().findings;
  EXPECT_EQ(only_kind(findings), FindingKind::stall);
  EXPECT_NE(kinds_of(findings).find("'again' is queued again and again without end"),
            std::string::npos)
      << kinds_of(findings);
}

TEST(Live, chain_of_callbacks_longer_than_the_timeout_is_progress) {
  LiveRun run(untraced(100'000'000));
  std::atomic<int> left{30};  // about 10 ms each
  run.run_once([&left](Live w) {
    std::function<void()> next = [&] {
      w.call_rcu("next", [&] {
        if (--left > 0) next();
      });
    };
    w.declare({"starter", ActorKind::process, {}, [&next] { next(); }});
    w.run_actors();
  });
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(run.result().findings.empty());
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

/// Sections that take the short way through the recorder, and what the long way makes of them.
TEST(Live, recorded_sections_have_their_reader_depth_and_time) {
  for (const TraceLevel level : {TraceLevel::full, TraceLevel::section}) {
    for (const ActorKind kind : {ActorKind::process, ActorKind::softirq}) {
      LiveOptions options;
      options.trace = level;
      LiveRun run(options);
      run.run_once([kind](Live w) {
        w.declare({"reader", kind, {}, [w] {
                     w.rcu_read_lock();
                     w.rcu_read_unlock();
                     w.rcu_read_lock();
                     w.rcu_read_lock();
                     w.rcu_read_unlock();
                     w.rcu_read_unlock();
                   }});
        w.run_actors();
      });
      const LiveResult result = run.result();
      EXPECT_EQ(result.statistics.section_count, 2u);
      std::vector<std::pair<EventKind, std::int64_t>> found;
      const TraceColumns& columns = result.trace.columns();
      for (std::size_t i = 0; i < result.trace.size(); ++i) {
        const auto event = static_cast<EventKind>(columns.kind[i]);
        if (event != EventKind::rcu_read_lock && event != EventKind::rcu_read_unlock) continue;
        found.emplace_back(event, columns.value[i]);
        EXPECT_EQ(columns.flags[i], event_flag::in_reader |
                                        (kind == ActorKind::softirq ? event_flag::in_softirq : 0));
        EXPECT_EQ(result.trace.names().actors[columns.actor[i]].name, "reader");
      }
      using enum EventKind;
      std::vector<std::pair<EventKind, std::int64_t>> expected = {
          {rcu_read_lock, 1}, {rcu_read_unlock, 0}, {rcu_read_lock, 1},
          {rcu_read_lock, 2}, {rcu_read_unlock, 1}, {rcu_read_unlock, 0}};
      if (level == TraceLevel::section) expected.erase(expected.begin() + 3, expected.end() - 1);
      EXPECT_EQ(found, expected);
    }
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

/// Holds up the recording once, as a busy machine does, until enough has piled up.
class SlowSink final : public EventSink {
 public:
  void write(const EventBatch& batch) override {
    event_count += batch.events.size();
    largest = std::max(largest, batch.events.size());
    if (is_waiting.exchange(true)) return;
    is_waiting.notify_all();
    has_piled_up.wait(false);
  }
  std::atomic<bool> is_waiting{false}, has_piled_up{false};
  std::size_t event_count = 0, largest = 0;
};

TEST(Live, what_has_piled_up_is_written_in_small_parts) {
  constexpr std::size_t sections = 100'000;
  const auto sink = std::make_shared<SlowSink>();
  LiveOptions options;
  options.trace = TraceLevel::full;
  LiveRun run(options);
  run.record_to(sink);
  run.run_once([&sink](Live w) {
    w.rcu_read_lock();
    w.rcu_read_unlock();
    sink->is_waiting.wait(false);
    for (std::size_t i = 0; i < sections; ++i) {
      w.rcu_read_lock();
      w.rcu_read_unlock();
    }
    sink->has_piled_up = true;
    sink->has_piled_up.notify_all();
  });
  const LiveResult result = run.result();
  EXPECT_EQ(result.statistics.events_lost_count, 0u);
  EXPECT_EQ(sink->event_count, result.trace.size());
  EXPECT_GT(sink->event_count, 2 * sections);
  EXPECT_LT(sink->largest, sections / 2);
}

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE
