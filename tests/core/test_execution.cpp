// SPDX-License-Identifier: LGPL-2.1-or-later
// Contexts, grace periods, callbacks, work and locks of the model world, each by its smallest
// program.
#include "model/execution.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "explore/explorer.h"
#include "explore/schedule.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::mutex first{"first"};
  Model::mutex second{"second"};
  Model::work_struct work{"work"};
};

using ActorSetup = std::function<void(Model, ptr<Cell>)>;

class ExecutionTest : public ::testing::Test {
 protected:
  static Program program(ActorSetup setup,
                         std::function<std::string(Model, ptr<Cell>)> state = {}) {
    return [setup = std::move(setup), state = std::move(state)](Execution& execution) {
      const Model w(execution);
      const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
      w.set_lifetime(cell.raw(), Lifetime::root);
      setup(w, cell);
      w.run_actors();
      if (state) execution.set_final_state(state(w, cell));
    };
  }

  Verdict search(const Program& what, StrategyKind strategy = StrategyKind::dpor) {
    ExploreOptions options;
    options.strategy = strategy;
    return explore(what, *runner_, options);
  }

  static std::set<std::string> kinds(const Verdict& verdict) {
    std::set<std::string> result;
    for (const Finding& finding : verdict.findings) result.emplace(describe(finding.kind).name);
    return result;
  }

  static std::string values(Model w, ptr<Cell> cell) {
    return "x=" + std::to_string(w.read(cell->x, Access::once)) +
           " y=" + std::to_string(w.read(cell->y, Access::once));
  }

  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

void add_one_not_atomically(Model w, ptr<Cell> cell) {
  const int old = w.read(cell->x, Access::once);
  w.write(cell->x, old + 1, Access::once);
}

TEST_F(ExecutionTest, both_orders_of_a_lost_update_are_found) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        for (const char* name : {"a", "b"})
          w.declare({name, ActorKind::process, {}, [=] { add_one_not_atomically(w, cell); }});
      },
      values));
  EXPECT_EQ(verdict.final_states, (std::set<std::string>{"x=1 y=0", "x=2 y=0"}));
}

TEST_F(ExecutionTest, hardirq_on_the_same_cpu_is_never_interrupted_by_its_task) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        w.declare(
            {"task", ActorKind::process, CpuId{0}, [=] { w.write(cell->x, 5, Access::once); }});
        w.declare({"irq", ActorKind::hardirq, CpuId{0}, [=] { add_one_not_atomically(w, cell); }});
      },
      values));
  // The update of the interrupt is never split: x=1 would need the task between its two halves.
  EXPECT_EQ(verdict.final_states, (std::set<std::string>{"x=5 y=0", "x=6 y=0"}));
}

TEST_F(ExecutionTest, hardirq_on_another_cpu_interleaves) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        w.declare({"task", ActorKind::process, {}, [=] { w.write(cell->x, 5, Access::once); }});
        w.declare({"irq", ActorKind::hardirq, {}, [=] { add_one_not_atomically(w, cell); }});
      },
      values));
  EXPECT_EQ(verdict.final_states, (std::set<std::string>{"x=1 y=0", "x=5 y=0", "x=6 y=0"}));
}

TEST_F(ExecutionTest, hardirq_interrupts_softirq_and_softirq_never_a_hardirq) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        w.declare(
            {"softirq", ActorKind::softirq, CpuId{0}, [=] { add_one_not_atomically(w, cell); }});
        w.declare(
            {"hardirq", ActorKind::hardirq, CpuId{0}, [=] { add_one_not_atomically(w, cell); }});
      },
      values));
  EXPECT_EQ(verdict.final_states, (std::set<std::string>{"x=1 y=0", "x=2 y=0"}));
}

TEST_F(ExecutionTest, grace_period_waits_for_a_preexisting_reader) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 const int x = w.read(cell->x, Access::once);
                 const int y = w.read(cell->y, Access::once);
                 // x was seen old: the grace period that came after x=1 has not ended, so neither
                 // has y=1.
                 if (x == 0 && y == 1)
                   w.report(FindingKind::warn_on, nullptr, "grace period ended");
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::once);
                 w.synchronize_rcu();
                 w.write(cell->y, 1, Access::once);
               }});
  }));
  EXPECT_EQ(verdict.outcome, Outcome::safe);
}

/// Whether a reader comes before or after the start of the grace period matters only through what
/// it sees: two cases a reader, not three.
TEST_F(ExecutionTest, readers_of_one_removal_cost_two_to_the_power_of_their_number) {
  for (int readers = 1; readers <= 5; ++readers) {
    const Program removal = program([readers](Model w, ptr<Cell> cell) {
      for (int i = 0; i < readers; ++i)
        w.declare({"reader " + std::to_string(i), ActorKind::process, {}, [=] {
                     w.rcu_read_lock();
                     w.read(cell->x, Access::dereference);
                     w.rcu_read_unlock();
                   }});
      w.declare({"updater", ActorKind::process, {}, [=] {
                   w.write(cell->x, 1, Access::once);
                   w.synchronize_rcu();
                 }});
    });
    const Verdict lazy = search(removal);
    EXPECT_EQ(lazy.executions, std::uint64_t{1} << readers);
    EXPECT_EQ(lazy.blocked, 0u);
    EXPECT_GT(search(removal, StrategyKind::eager_dpor).executions, lazy.executions);
  }
}

TEST_F(ExecutionTest, blocking_in_a_section_gives_lazy_readers_up_and_loses_no_deadlock) {
  const Program blocking = program([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 w.mutex_lock(cell->first);
                 w.mutex_unlock(cell->first);
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.mutex_lock(cell->first);
                 w.synchronize_rcu();
                 w.mutex_unlock(cell->first);
               }});
  });
  const Verdict lazy = search(blocking);
  const Verdict eager = search(blocking, StrategyKind::eager_dpor);
  EXPECT_TRUE(kinds(lazy).contains("deadlock"));
  EXPECT_EQ(kinds(lazy), kinds(eager));
  EXPECT_EQ(lazy.executions, eager.executions);
}

TEST_F(ExecutionTest, without_the_grace_period_the_reader_sees_both) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 const int x = w.read(cell->x, Access::once);
                 if (x == 0 && w.read(cell->y, Access::once) == 1)
                   w.report(FindingKind::warn_on, nullptr, "seen");
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::once);
                 w.write(cell->y, 1, Access::once);
               }});
  }));
  EXPECT_EQ(kinds(verdict), std::set<std::string>{"warn_on"});
}

TEST_F(ExecutionTest, hardirq_is_a_reader_without_rcu_read_lock) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"irq", ActorKind::hardirq, {}, [=] {
                 const int x = w.read(cell->x, Access::once);
                 if (x == 0 && w.read(cell->y, Access::once) == 1)
                   w.report(FindingKind::warn_on, nullptr, "seen");
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::once);
                 w.synchronize_rcu();
                 w.write(cell->y, 1, Access::once);
               }});
  }));
  EXPECT_EQ(verdict.outcome, Outcome::safe);
}

TEST_F(ExecutionTest, synchronize_rcu_in_its_own_reader_is_a_deadlock_that_names_itself) {
  const Verdict verdict = search(program([](Model w, ptr<Cell>) {
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 w.synchronize_rcu();
                 w.rcu_read_unlock();
               }});
  }));
  EXPECT_EQ(kinds(verdict), (std::set<std::string>{"deadlock", "suspicious_rcu_usage"}));
  for (const Finding& finding : verdict.findings) {
    if (finding.kind != FindingKind::deadlock) continue;
    EXPECT_NE(finding.message.find("grace period waits for the reader 'updater'"),
              std::string::npos)
        << finding.message;
  }
}

TEST_F(ExecutionTest, deadlock_tells_the_cycle_through_grace_period_and_mutex) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 w.mutex_lock(cell->first);
                 w.mutex_unlock(cell->first);
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.mutex_lock(cell->first);
                 w.synchronize_rcu();
                 w.mutex_unlock(cell->first);
               }});
  }));
  EXPECT_TRUE(kinds(verdict).contains("deadlock"));
  for (const Finding& finding : verdict.findings) {
    if (finding.kind != FindingKind::deadlock) continue;
    EXPECT_NE(finding.message.find("held by 'updater'"), std::string::npos) << finding.message;
    EXPECT_NE(finding.message.find("waits for the reader 'reader'"), std::string::npos)
        << finding.message;
  }
}

TEST_F(ExecutionTest, lock_order_inversion_is_a_deadlock) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"a", ActorKind::process, {}, [=] {
                 w.mutex_lock(cell->first);
                 w.mutex_lock(cell->second);
                 w.mutex_unlock(cell->second);
                 w.mutex_unlock(cell->first);
               }});
    w.declare({"b", ActorKind::process, {}, [=] {
                 w.mutex_lock(cell->second);
                 w.mutex_lock(cell->first);
                 w.mutex_unlock(cell->first);
                 w.mutex_unlock(cell->second);
               }});
  }));
  EXPECT_EQ(kinds(verdict), std::set<std::string>{"deadlock"});
}

TEST_F(ExecutionTest, rcu_barrier_waits_for_callbacks_and_not_for_a_grace_period) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.call_rcu("callback", [=] { w.write(cell->x, 1, Access::once); });
                 w.rcu_barrier();
                 if (w.read(cell->x, Access::once) != 1)
                   w.report(FindingKind::warn_on, nullptr, "late");
               }});
  }));
  EXPECT_EQ(verdict.outcome, Outcome::safe);
}

TEST_F(ExecutionTest, mutex_in_a_callback_is_sleeping_in_atomic) {
  const Verdict verdict = search(program([](Model w, ptr<Cell> cell) {
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.call_rcu("callback", [=] {
                   w.mutex_lock(cell->first);
                   w.mutex_unlock(cell->first);
                 });
               }});
  }));
  EXPECT_EQ(kinds(verdict), std::set<std::string>{"sleeping_in_atomic"});
}

TEST_F(ExecutionTest, pending_work_is_queued_once_and_cancel_keeps_it_from_running) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        w.init_work(cell->work, "work", [=] { w.fetch_add(cell->x, 1, Access::full); });
        w.declare({"a", ActorKind::process, {}, [=] {
                     w.queue_work(cell->work);
                     w.queue_work(cell->work);
                     w.cancel_work_sync(cell->work);
                     if (w.read(cell->x, Access::once) > 2)
                       w.report(FindingKind::warn_on, nullptr, "too often");
                   }});
      },
      values));
  EXPECT_EQ(verdict.final_states, (std::set<std::string>{"x=0 y=0", "x=1 y=0", "x=2 y=0"}));
  EXPECT_TRUE(verdict.findings.empty());
}

TEST_F(ExecutionTest, unlock_without_lock_is_reported_and_the_run_goes_on) {
  const Verdict verdict = search(program(
      [](Model w, ptr<Cell> cell) {
        w.declare({"a", ActorKind::process, {}, [=] {
                     w.rcu_read_unlock();
                     w.mutex_unlock(cell->first);
                     w.write(cell->x, 1, Access::once);
                   }});
      },
      values));
  EXPECT_EQ(kinds(verdict), std::set<std::string>{"lock_imbalance"});
  EXPECT_EQ(verdict.findings.size(), 2u);
  EXPECT_EQ(verdict.final_states, std::set<std::string>{"x=1 y=0"});
}

TEST_F(ExecutionTest, mutex_that_its_holder_keeps_beyond_its_end_is_reported) {
  const auto keep = [](Model w, ptr<Cell> cell) {
    w.declare({"a", ActorKind::process, {}, [=] { w.mutex_lock(cell->first); }});
  };
  EXPECT_EQ(kinds(search(program(keep))), std::set<std::string>{"lock_imbalance"});
  const Verdict verdict = search(program([keep](Model w, ptr<Cell> cell) {
    keep(w, cell);
    w.declare({"b", ActorKind::process, {}, [=] {
                 w.mutex_lock(cell->first);
                 w.mutex_unlock(cell->first);
               }});
  }));
  ASSERT_TRUE(kinds(verdict).contains("deadlock"));
  for (const Finding& finding : verdict.findings) {
    if (finding.kind != FindingKind::deadlock) continue;
    EXPECT_NE(finding.message.find("'b' waits for the mutex"), std::string::npos)
        << finding.message;
    EXPECT_NE(finding.message.find("'a', which has ended"), std::string::npos) << finding.message;
  }
}

TEST_F(ExecutionTest, another_location_at_the_same_choice_is_nondeterminism) {
  int run = 0;
  const auto fickle = program([&run](Model w, ptr<Cell> cell) {
    ++run;
    w.declare({"a", ActorKind::process, {}, [=, &run] {
                 w.write(run == 1 ? cell->x : cell->y, 1, Access::once);
               }});
    w.declare({"b", ActorKind::process, {}, [=] { w.write(cell->x, 2, Access::once); }});
  });
  EXPECT_THROW(search(fickle), NondeterminismError);
}

TEST_F(ExecutionTest, more_actors_than_an_execution_may_have_make_the_verdict_unknown) {
  const Verdict verdict = search(program([](Model w, ptr<Cell>) {
    for (std::size_t i = 0; i <= max_actors; ++i)
      w.declare({"actor " + std::to_string(i), ActorKind::process, {}, [] {}});
  }));
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, "execution_size");
}

TEST_F(ExecutionTest, step_limit_makes_the_verdict_unknown) {
  const Program endless = program([](Model w, ptr<Cell> cell) {
    w.declare({"counter", ActorKind::process, {}, [=] {
                 for (int turns = 0; w.read(cell->x, Access::once) >= 0; ++turns)
                   w.write(cell->x, turns, Access::once);
               }});
  });
  ExploreOptions options;
  options.max_steps = 500;
  const Verdict verdict = explore(endless, *runner_, options);
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, "max_steps");
}

TEST_F(ExecutionTest, declaring_twice_or_late_is_a_usage_error) {
  const auto twice = program([](Model w, ptr<Cell>) {
    w.declare({"a", ActorKind::process, {}, [] {}});
    w.declare({"a", ActorKind::process, {}, [] {}});
  });
  EXPECT_THROW(search(twice), UsageError);
}

TEST_F(ExecutionTest, a_body_that_differs_between_executions_is_named) {
  int run = 0;
  const auto program_with_a_coin = program([&run](Model w, ptr<Cell> cell) {
    ++run;
    for (const char* name : {"a", "b"})
      w.declare({name, ActorKind::process, {}, [=, &run] {
                   if (run % 2 == 0)
                     w.read(cell->x, Access::once);
                   else
                     w.write(cell->x, 1, Access::once);
                 }});
  });
  try {
    search(program_with_a_coin);
    FAIL();
  } catch (const NondeterminismError& error) {
    EXPECT_NE(std::string(error.what()).find("expected"), std::string::npos) << error.what();
  }
}

TEST_F(ExecutionTest, destructors_run_when_an_execution_is_abandoned) {
  int alive = 0;
  struct Guard {
    explicit Guard(int& count) : count_(count) { ++count_; }
    ~Guard() { --count_; }
    int& count_;
  };
  const Verdict verdict = search(program([&alive](Model w, ptr<Cell> cell) {
    w.declare({"a", ActorKind::process, {}, [=, &alive] {
                 const Guard guard(alive);
                 w.mutex_lock(cell->first);
                 w.mutex_lock(cell->first);
               }});
  }));
  EXPECT_EQ(kinds(verdict), std::set<std::string>{"deadlock"});
  EXPECT_EQ(alive, 0);
}

TEST(Schedule, text_round_trips) {
  const std::vector<ActorId> choices = {{2}, {2}, {2}, {1}, {2}, {10}};
  EXPECT_EQ(to_text(choices), "s1:2x3,1,2,10");
  EXPECT_EQ(parse_schedule(to_text(choices)), choices);
  EXPECT_EQ(parse_schedule("s1:"), std::vector<ActorId>{});
}

TEST(Schedule, one_that_is_cut_short_ends_with_a_full_stop) {
  const std::vector<ActorId> operations = {{2}, {2}, {1}};
  EXPECT_EQ(to_text(operations, true), "s1:2x2,1.");
  EXPECT_EQ(parse_schedule("s1:2x2,1."), operations);
  EXPECT_TRUE(is_cut_short("s1:2x2,1."));
  EXPECT_FALSE(is_cut_short("s1:2x2,1"));
  EXPECT_EQ(parse_schedule("s1:."), std::vector<ActorId>{});
}

TEST(Schedule, may_name_one_of_the_findings_that_it_shows) {
  const std::string schedule = with_finding("s1:2x2,1.", 3);
  EXPECT_EQ(schedule, "s1:2x2,1.#3");
  EXPECT_EQ(finding_of(schedule), 3u);
  EXPECT_EQ(finding_of("s1:2x2,1."), 0u);
  EXPECT_EQ(choices_of(schedule), "s1:2x2,1.");
  EXPECT_EQ(choices_of("s1:2,1@2.3.41#2"), "s1:2,1");
  EXPECT_EQ(to_text(await_sites_of("s1:2,1@2.3.41#2")), to_text(await_sites_of("s1:2,1@2.3.41")));
  for (const char* text : {"s1:1.#", "s1:1.#0", "s1:1.#x", "s1:1.#1#2"})
    EXPECT_THROW(finding_of(text), UsageError) << text;
}

TEST(Schedule, nonsense_is_refused_with_the_offending_part) {
  for (const char* text : {"", "1,2", "s1:a", "s1:1x", "s1:1,,2", "s1:1,", "s1:-1", "s1:1,.",
                           "s1:.1", "s1:1..", ".", "s1:1x99999999999", "s1:4000"})
    EXPECT_THROW(parse_schedule(text), UsageError) << text;
}

}  // namespace
}  // namespace rcuscope
