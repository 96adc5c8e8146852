// SPDX-License-Identifier: LGPL-2.1-or-later
// Executions that reach their limit: loops that change something, and nobody who ends them.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "comparable_stacks.h"
#include "explore/explorer.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::mutex lock{"lock"};
};

using Bodies = std::vector<std::pair<std::string, std::function<void(Model, ptr<Cell>)>>>;

class StepLimit : public ::testing::Test {
 protected:
  static Program program(const Bodies& bodies) {
    return [bodies](Execution& execution) {
      const Model w(execution);
      const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
      w.set_lifetime(cell.raw(), Lifetime::root);
      for (const auto& [name, body] : bodies)
        w.declare({name, ActorKind::process, {}, [w, cell, body = body] { body(w, cell); }});
      w.run_actors();
    };
  }

  Verdict explored(const Bodies& bodies, Step max_steps = 2'000) {
    ExploreOptions options;
    options.max_steps = max_steps;
    return explore(program(bodies), *runner_, options);
  }

  static std::set<std::string> kinds(const Verdict& verdict) {
    std::set<std::string> names;
    for (const Finding& finding : verdict.findings)
      names.insert(std::string(describe(finding.kind).name));
    return names;
  }

  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

/// Writes to and fro until x is 9.
void swings(Model w, ptr<Cell> cell) {
  while (w.read(cell->x, Access::once) != 9) {
    w.write(cell->y, 1, Access::once);
    w.write(cell->y, 0, Access::once);
  }
}

TEST_F(StepLimit, loops_that_undo_what_they_do_are_a_stall) {
  if (!testing::can_compare_stacks()) GTEST_SKIP() << "stacks of fibers cannot be compared here";
  const Verdict verdict = explored({{"first", swings}, {"second", swings}});
  EXPECT_EQ(verdict.outcome, Outcome::unsafe);
  EXPECT_EQ(verdict.limit, "max_steps");
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_NE(verdict.findings[0].message.find("soft lockup"), std::string::npos);
  EXPECT_NE(verdict.findings[0].message.find("'first', 'second' go round"), std::string::npos);
}

TEST_F(StepLimit, reader_that_goes_round_holds_up_the_grace_period) {
  if (!testing::can_compare_stacks()) GTEST_SKIP() << "stacks of fibers cannot be compared here";
  const Verdict verdict = explored({{"reader",
                                     [](Model w, ptr<Cell> cell) {
                                       w.rcu_read_lock();
                                       swings(w, cell);
                                       w.rcu_read_unlock();
                                     }},
                                    {"updater", [](Model w, ptr<Cell> cell) {
                                       w.synchronize_rcu();
                                       w.write(cell->x, 9, Access::once);
                                     }}});
  ASSERT_EQ(kinds(verdict), (std::set<std::string>{"stall"}));
  EXPECT_NE(verdict.findings[0].message.find("rcu_preempt detected stalls"), std::string::npos);
  EXPECT_NE(verdict.findings[0].message.find("'updater'"), std::string::npos);
}

TEST_F(StepLimit, loop_that_another_actor_ends_is_no_stall_but_unknown) {
  const Verdict verdict =
      explored({{"loop", swings},
                {"other", [](Model w, ptr<Cell> cell) { w.write(cell->x, 9, Access::once); }}});
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, "max_steps");
}

TEST_F(StepLimit, loop_that_needs_a_lock_gets_its_turns) {
  const auto waits_for_lock = [](Model w, ptr<Cell> cell) {
    w.mutex_lock(cell->lock);
    w.write(cell->x, 9, Access::once);
    w.mutex_unlock(cell->lock);
  };
  const auto locks_and_swings = [](Model w, ptr<Cell> cell) {
    while (w.read(cell->x, Access::once) != 9) {
      w.mutex_lock(cell->lock);
      w.mutex_unlock(cell->lock);
    }
  };
  const Verdict verdict = explored({{"loop", locks_and_swings}, {"other", waits_for_lock}});
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
}

TEST_F(StepLimit, loop_that_only_counts_does_not_come_again) {
  const Verdict verdict = explored({{"counter", [](Model w, ptr<Cell> cell) {
                                       for (int turns = 0;; ++turns)
                                         w.write(cell->x, turns, Access::once);
                                     }}});
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
}

TEST_F(StepLimit, long_loop_with_an_end_is_no_stall) {
  const auto counts = [](Model w, ptr<Cell> cell) {
    for (int left = 1'000; left > 0; --left) {
      w.write(cell->y, 1, Access::once);
      w.write(cell->y, 0, Access::once);
    }
  };
  EXPECT_EQ(explored({{"one", counts}}, 1'500).outcome, Outcome::unknown);
  EXPECT_EQ(explored({{"one", counts}}, 4'000).outcome, Outcome::safe);
}

TEST_F(StepLimit, stall_replays) {
  if (!testing::can_compare_stacks()) GTEST_SKIP() << "stacks of fibers cannot be compared here";
  const Bodies bodies = {{"first", swings}, {"second", swings}};
  const Verdict verdict = explored(bodies);
  ASSERT_EQ(verdict.findings.size(), 1u);
  ExploreOptions options;
  options.max_steps = 2'000;
  const ReplayResult again =
      replay(program(bodies), *runner_, verdict.findings[0].schedule, options);
  ASSERT_EQ(again.findings.size(), 1u);
  EXPECT_EQ(again.findings[0].kind, FindingKind::stall);
}

}  // namespace
}  // namespace rcuscope
