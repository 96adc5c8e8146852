// SPDX-License-Identifier: LGPL-2.1-or-later
// Set-up that is kept from execution to execution changes nothing but the time.
#include "model/kept_setup.h"

#include <gtest/gtest.h>

#include "execution_hash.h"
#include "explore/search.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

/// A hash of each of the first executions of a search.
std::vector<std::uint64_t> hashes(const Program& program, ExploreOptions options,
                                  bool keeps_setup) {
  constexpr std::size_t max_count = 1'000;
  options.keeps_setup = keeps_setup;
  const auto runner = make_fiber_runner();
  for (;;) {
    try {
      const auto strategy = make_tree_search(options, "");
      CheckedExecution checked(*runner, options);
      std::vector<std::uint64_t> all;
      while (all.size() < max_count && strategy->begin_execution()) {
        const ExecutionEnd end = checked.execution.run(program, *strategy);
        strategy->end_execution(checked.execution, end);
        all.push_back(testing::hash_of(checked.execution));
      }
      return all;
    } catch (const AwaitFound& found) {
      add_await_site(options.awaits, found.site);
    }
  }
}

class KeptSetupOf : public ::testing::TestWithParam<const Scenario*> {};

TEST_P(KeptSetupOf, changes_no_execution) {
  ExploreOptions options;
  options.checks = GetParam()->checks;
  const Program program = make_program(*GetParam());
  const std::vector<std::uint64_t> anew = hashes(program, options, false);
  EXPECT_GE(anew.size(), 1u);
  EXPECT_EQ(hashes(program, options, true), anew);
}

TEST_P(KeptSetupOf, changes_no_verdict) {
  ExploreOptions options;
  options.checks = GetParam()->checks;
  options.max_executions = 20'000;
  const Program program = make_program(*GetParam());
  const auto runner = make_fiber_runner();
  const Verdict kept = explore(program, *runner, options);
  options.keeps_setup = false;
  const Verdict anew = explore(program, *runner, options);
  EXPECT_EQ(kept.summary(), anew.summary());
  EXPECT_EQ(kept.executions, anew.executions);
  EXPECT_EQ(kept.blocked, anew.blocked);
  EXPECT_EQ(kept.steps, anew.steps);
  EXPECT_EQ(kept.final_states, anew.final_states);
  ASSERT_EQ(kept.findings.size(), anew.findings.size());
  for (std::size_t i = 0; i < kept.findings.size(); ++i) {
    EXPECT_EQ(kept.findings[i].schedule, anew.findings[i].schedule);
    EXPECT_EQ(kept.findings[i].message, anew.findings[i].message);
  }
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, KeptSetupOf, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& parameter) { return parameter.param->name; });

/// A program that counts what is run of it.
struct Counts {
  int setups = 0;
  int ends = 0;
  int restores = 0;
};

class CountedEnd final : public AfterSetup {
 public:
  CountedEnd(Execution& execution, Counts& counts) : execution_(execution), counts_(counts) {}
  void run() override {
    execution_.run_actors();
    ++counts_.ends;
  }
  void keep() override {}
  void restore() override { ++counts_.restores; }

 private:
  Execution& execution_;
  Counts& counts_;
};

struct Cell {
  Model::shared<int> value{"value", 0};
};

Program counted(Counts& counts) {
  return [&counts](Execution& execution) {
    ++counts.setups;
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.write(cell->value, 7, Access::once);
    for (const char* name : {"a", "b"})
      w.declare({name, ActorKind::process, {}, [w, cell] {
                   const int value = w.fetch_add(cell->value, 1, Access::full);
                   if (value > 8) w.execution().report(FindingKind::warn_on, {}, "not 7", "cell");
                 }});
    execution.make_after_setup<CountedEnd>(execution, counts);
    execution.repeat_from_here();
  };
}

TEST(KeptSetup, is_made_once_and_restored_for_every_other_execution) {
  Counts counts;
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(counted(counts), *runner, {});
  EXPECT_EQ(verdict.executions, 2u);
  EXPECT_EQ(verdict.findings.size(), 0u);  // each execution begins with 7
  EXPECT_EQ(counts.setups, 1);
  EXPECT_EQ(counts.ends, 2);
  EXPECT_EQ(counts.restores, 1);
}

TEST(KeptSetup, is_made_anew_for_a_recorded_execution) {
  Counts counts;
  const auto runner = make_fiber_runner();
  const Program program = counted(counts);
  const ReplayResult result = replay(program, *runner, "s1:", {});
  EXPECT_EQ(counts.setups, 1);
  EXPECT_EQ(counts.restores, 0);
  EXPECT_GT(result.trace.size(), 4u);
}

/// A callback of set-up that waits half way cannot be put back there.
TEST(KeptSetup, with_a_callback_halfway_through_is_made_anew) {
  Counts counts;
  const Program program = [&counts](Execution& execution) {
    ++counts.setups;
    const Model w(execution);
    struct Gate {
      Model::mutex mutex{"mutex"};
      Model::completion done{"done"};
      Model::work_struct work{"work"};
    };
    const auto gate = w.kzalloc<Gate>("gate", "", Place::current());
    w.set_lifetime(gate.raw(), Lifetime::root);
    w.init_work(gate->work, "worker", [w, gate] {
      w.complete(gate->done);
      w.msleep();
      w.write(*w.kzalloc<Model::shared<int>>("late", "", Place::current(), "late", 0), 1,
              Access::once);
    });
    w.queue_work(gate->work);
    w.wait_for_completion(gate->done);
    execution.make_after_setup<CountedEnd>(execution, counts);
    execution.repeat_from_here();
  };
  const auto runner = make_fiber_runner();
  CheckedExecution checked(*runner, {});
  Replay first({}), second({});
  for (Replay* strategy : {&first, &second}) {
    strategy->begin_execution();
    checked.execution.run(program, *strategy);
  }
  EXPECT_EQ(counts.setups, 2);
  EXPECT_EQ(counts.ends, 2);
  EXPECT_EQ(counts.restores, 0);
}

}  // namespace
}  // namespace rcuscope
