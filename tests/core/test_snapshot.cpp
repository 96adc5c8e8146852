// SPDX-License-Identifier: LGPL-2.1-or-later
// Executions that begin with a state of an earlier one: that changes nothing but the time.
#include "model/snapshot.h"

#include <gtest/gtest.h>

#include <memory>

#include "execution_hash.h"
#include "explore/search.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

/// A hash of each of the first executions of a search.
std::vector<std::uint64_t> hashes(const Program& program, ExploreOptions options, bool goes_back) {
  constexpr std::size_t max_count = 1'000;
  options.goes_back = goes_back;
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

class SnapshotsOf : public ::testing::TestWithParam<const Scenario*> {};

TEST_P(SnapshotsOf, changes_no_execution) {
  ExploreOptions options;
  options.checks = GetParam()->checks;
  const Program program = make_program(*GetParam());
  const std::vector<std::uint64_t> anew = hashes(program, options, false);
  EXPECT_GE(anew.size(), 1u);
  EXPECT_EQ(hashes(program, options, true), anew);
}

TEST_P(SnapshotsOf, changes_no_verdict) {
  ExploreOptions options;
  options.checks = GetParam()->checks;
  options.max_executions = 20'000;
  const Program program = make_program(*GetParam());
  const auto runner = make_fiber_runner();
  const Verdict restored = explore(program, *runner, options);
  options.goes_back = false;
  const Verdict anew = explore(program, *runner, options);
  EXPECT_EQ(restored.summary(), anew.summary());
  EXPECT_EQ(restored.executions, anew.executions);
  EXPECT_EQ(restored.blocked, anew.blocked);
  EXPECT_EQ(restored.steps, anew.steps);
  EXPECT_EQ(restored.final_states, anew.final_states);
  ASSERT_EQ(restored.findings.size(), anew.findings.size());
  for (std::size_t i = 0; i < restored.findings.size(); ++i) {
    EXPECT_EQ(restored.findings[i].schedule, anew.findings[i].schedule);
    EXPECT_EQ(restored.findings[i].message, anew.findings[i].message);
  }
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, SnapshotsOf, ::testing::ValuesIn(all_scenarios()),
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
  void save(std::size_t) override {}
  void restore(std::size_t) override { ++counts_.restores; }

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
    execution.go_back_to_here();
  };
}

TEST(Snapshot, is_made_once_and_restored_for_every_other_execution) {
  Counts counts;
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(counted(counts), *runner, {});
  EXPECT_EQ(verdict.executions, 2u);
  EXPECT_EQ(verdict.findings.size(), 0u);  // each execution begins with 7
  EXPECT_EQ(counts.setups, 1);
  EXPECT_EQ(counts.ends, 2);
  EXPECT_EQ(counts.restores, 1);
}

TEST(Snapshot, is_made_anew_for_a_recorded_execution) {
  Counts counts;
  const auto runner = make_fiber_runner();
  const Program program = counted(counts);
  const ReplayResult result = replay(program, *runner, "s1:", {});
  EXPECT_EQ(counts.setups, 1);
  EXPECT_EQ(counts.restores, 0);
  EXPECT_GT(result.trace.size(), 4u);
}

/// Each execution of `program` in two runs: the first one makes the set-up.
template <class Check>
void run_twice(const Program& program, const Check& check) {
  const auto runner = make_fiber_runner();
  CheckedExecution checked(*runner, {});
  Replay first({}), second({});
  for (Replay* strategy : {&first, &second}) {
    strategy->begin_execution();
    checked.execution.run(program, *strategy);
    check(checked.execution);
  }
}

TEST(Snapshot, has_a_callback_of_setup_halfway_through) {
  Counts counts;
  struct Gate {
    Model::mutex mutex{"mutex"};
    Model::completion done{"done"};
    Model::work_struct work{"work"};
  };
  const Program program = [&counts](Execution& execution) {
    ++counts.setups;
    const Model w(execution);
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
    execution.go_back_to_here();
  };
  std::vector<std::uint64_t> seen;
  run_twice(program,
            [&](const Execution& execution) { seen.push_back(testing::hash_of(execution)); });
  EXPECT_EQ(counts.setups, 1);
  EXPECT_EQ(counts.ends, 2);
  EXPECT_EQ(counts.restores, 1);
  EXPECT_EQ(seen[0], seen[1]);
}

/// Something that the actors own while they run an operation.
struct Owned {
  explicit Owned(int& count) : count_(count) { ++count_; }
  ~Owned() { --count_; }
  int& count_;
};

/// Two actors add to a cell several times; the first one owns something half of the time, or is in
/// a handler of an exception.
Program with_owner(Counts& counts, int& owned, bool catches) {
  return [&counts, &owned, catches](Execution& execution) {
    ++counts.setups;
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.declare({"owner", ActorKind::process, {}, [w, cell, &owned, catches] {
                 w.fetch_add(cell->value, 1, Access::full);
                 if (catches) {
                   try {
                     throw std::make_unique<Owned>(owned);
                   } catch (const std::unique_ptr<Owned>&) {
                     for (int i = 0; i < 3; ++i) w.fetch_add(cell->value, 1, Access::full);
                   }
                 } else {
                   const Model::Owning owning(w);
                   const auto one = std::make_unique<Owned>(owned);
                   for (int i = 0; i < 3; ++i) w.fetch_add(cell->value, 1, Access::full);
                 }
                 w.fetch_add(cell->value, 1, Access::full);
               }});
    w.declare({"other", ActorKind::process, {}, [w, cell] {
                 for (int i = 0; i < 4; ++i)
                   if (w.fetch_add(cell->value, 1, Access::full) == 6) {
                     w.kfree(cell);
                     w.read(cell->value, Access::once);  // ends the execution
                   }
               }});
    execution.make_after_setup<CountedEnd>(execution, counts);
    execution.go_back_to_here();
  };
}

TEST(Snapshot, is_not_taken_while_an_actor_owns_something_which_is_always_destroyed) {
  for (const bool catches : {false, true}) {
    Counts counts;
    int owned = 0;
    const auto runner = make_fiber_runner();
    ExploreOptions options;
    options.minimizes = false;
    const Verdict restored = explore(with_owner(counts, owned, catches), *runner, options);
    EXPECT_EQ(owned, 0) << catches;
    EXPECT_GT(restored.executions, 50u);
    EXPECT_GT(counts.restores, 50);
    options.goes_back = false;
    const Verdict anew = explore(with_owner(counts, owned, catches), *runner, options);
    EXPECT_EQ(restored.executions, anew.executions);
    EXPECT_EQ(restored.summary(), anew.summary());
    EXPECT_EQ(restored.findings.size(), 1u);
  }
}

/// Two executions that share a runner take their actors' stacks from each other.
TEST(Snapshot, of_one_execution_survives_another_one_on_the_same_stacks) {
  Counts counts;
  const auto runner = make_fiber_runner();
  const Program program = counted(counts);
  CheckedExecution one(*runner, {}), other(*runner, {});
  const auto search = make_dpor_search(), other_search = make_dpor_search();
  std::vector<std::uint64_t> seen, of_other;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(search->begin_execution());
    search->end_execution(one.execution, one.execution.run(program, *search));
    seen.push_back(testing::hash_of(one.execution));
    ASSERT_TRUE(other_search->begin_execution());
    other_search->end_execution(other.execution, other.execution.run(program, *other_search));
    of_other.push_back(testing::hash_of(other.execution));
  }
  EXPECT_EQ(seen, of_other);
  EXPECT_FALSE(search->begin_execution());
  EXPECT_EQ(counts.setups, 2);
}

}  // namespace
}  // namespace rcuscope
