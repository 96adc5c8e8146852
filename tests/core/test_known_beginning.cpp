// SPDX-License-Identifier: LGPL-2.1-or-later
// An execution that begins as the one before did: that it is not studied again changes nothing.
#include <gtest/gtest.h>

#include <memory>

#include "base/error.h"
#include "compared_searches.h"
#include "execution_hash.h"
#include "explore/search.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope::testing {
namespace {

/// Decides as another strategy does, but does not tell what it knows of the beginning.
class Forgetful final : public Strategy {
 public:
  explicit Forgetful(Strategy& strategy) : strategy_(strategy) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    return strategy_.choose(execution, enabled);
  }
  ActorId known_choice(const Execution& execution) override {
    return strategy_.known_choice(execution);
  }
  bool begin_execution() override { return strategy_.begin_execution(); }
  void end_execution(const Execution& execution, ExecutionEnd end) override {
    strategy_.end_execution(execution, end);
  }
  bool is_exhaustive() const override { return strategy_.is_exhaustive(); }

 private:
  Strategy& strategy_;
};

constexpr std::size_t max_count = 2'000;

/// A hash of each of the first executions of a search, and how many of them began with known steps.
struct Executions {
  std::vector<std::uint64_t> hashes;
  std::size_t known_count = 0;
};

Executions executions_of(const Program& program, ExploreOptions options, bool is_forgetful) {
  const auto runner = make_fiber_runner();
  for (;;) {
    try {
      const auto strategy = make_tree_search(options, "");
      Forgetful forgetful(*strategy);
      Strategy& decides = is_forgetful ? static_cast<Strategy&>(forgetful) : *strategy;
      CheckedExecution checked(*runner, options);
      Executions all;
      while (all.hashes.size() < max_count && decides.begin_execution()) {
        all.known_count += decides.known_beginning().steps > 0;
        const ExecutionEnd end = checked.execution.run(program, decides);
        decides.end_execution(checked.execution, end);
        all.hashes.push_back(hash_of(checked.execution));
      }
      return all;
    } catch (const AwaitFound& found) {
      add_await_site(options.awaits, found.site);
    }
  }
}

class KnownBeginningOf : public ::testing::TestWithParam<const Scenario*> {};

TEST_P(KnownBeginningOf, changes_no_execution) {
  ExploreOptions options;
  options.checks = GetParam()->checks;
  const Program program = rcuscope::make_program(*GetParam());
  const Executions anew = executions_of(program, options, true);
  EXPECT_GE(anew.hashes.size(), 1u);
  EXPECT_EQ(anew.known_count, 0u);
  EXPECT_EQ(executions_of(program, options, false).hashes, anew.hashes);
}

std::vector<const Scenario*> all_scenarios() {
  std::vector<const Scenario*> all;
  for (const Scenario& scenario : catalogue()) all.push_back(&scenario);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Names, KnownBeginningOf, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& parameter) { return parameter.param->name; });

TEST(KnownBeginning, changes_no_execution_of_random_programs) {
  constexpr std::uint64_t program_count = 400;
  std::size_t known_count = 0, count = 0;
  for (std::uint64_t seed = 0; seed < program_count; ++seed) {
    Random random(seed);
    const RandomProgram random_program = generate(random);
    const Program program = make_program(random_program);
    const Executions anew = executions_of(program, {}, true);
    const Executions known = executions_of(program, {}, false);
    ASSERT_EQ(known.hashes, anew.hashes) << "seed " << seed;
    known_count += known.known_count;
    count += known.hashes.size();
  }
  EXPECT_GT(known_count, count / 2);
}

/// Two updaters of a value under a lock that each execution has elsewhere.
Program with_lock_that_moves(std::vector<std::unique_ptr<Model::mutex>>& locks) {
  return [&locks](Execution& execution) {
    const Model w(execution);
    struct Cell {
      Model::shared<int> value{"value", 0};
    };
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    Model::mutex& lock = *locks.emplace_back(std::make_unique<Model::mutex>("lock"));
    for (const char* name : {"a", "b"})
      w.declare({name, ActorKind::process, {}, [w, cell, &lock] {
                   w.mutex_lock(lock);
                   w.write(cell->value, w.read(cell->value, Access::plain) + 1, Access::plain);
                   w.mutex_unlock(lock);
                 }});
    w.run_actors();
  };
}

/// Two addresses would look like two locks, which exclude nobody.
TEST(KnownBeginning, of_what_has_moved_is_an_error_that_says_so) {
  std::vector<std::unique_ptr<Model::mutex>> locks;
  const auto runner = make_fiber_runner();
  try {
    explore(with_lock_that_moves(locks), *runner, {});
    FAIL() << "no error";
  } catch (const NondeterminismError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("actor '"), std::string::npos) << text;
    EXPECT_NE(text.find("mutex_lock lock is at another address than in the execution before"),
              std::string::npos)
        << text;
  }
}

/// The difference lies in the beginning, where nobody chooses.
TEST(KnownBeginning, that_does_not_repeat_itself_is_an_error_that_names_the_operation) {
  int executions = 0;
  const Program program = [&executions](Execution& execution) {
    const Model w(execution);
    struct Cells {
      Model::shared<int> one{"one", 0};
      Model::shared<int> other{"other", 0};
    };
    const auto cells = w.kzalloc<Cells>("cells", "", Place::current());
    w.set_lifetime(cells.raw(), Lifetime::root);
    const bool is_first = executions++ == 0;
    w.declare({"changeable", ActorKind::process, {}, [w, cells, is_first] {
                 w.write(is_first ? cells->one : cells->other, 1, Access::once);
                 w.write(cells->one, 2, Access::once);
               }});
    w.declare({"other", ActorKind::process, {}, [w, cells] { w.read(cells->one, Access::once); }});
    w.run_actors();
  };
  const auto runner = make_fiber_runner();
  try {
    explore(program, *runner, {});
    FAIL() << "no error";
  } catch (const NondeterminismError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("actor 'changeable'"), std::string::npos) << text;
    EXPECT_NE(text.find("expected write one"), std::string::npos) << text;
    EXPECT_NE(text.find("publishes write other"), std::string::npos) << text;
  }
}

/// Both are fences, and touch nothing.
TEST(KnownBeginning, with_another_barrier_is_an_error_that_names_both) {
  int executions = 0;
  const Program program = [&executions](Execution& execution) {
    const Model w(execution);
    struct Cell {
      Model::shared<int> value{"value", 0};
    };
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    const bool is_first = executions++ == 0;
    w.declare({"changeable", ActorKind::process, {}, [w, cell, is_first] {
                 w.memory_barrier(is_first ? Barrier::full : Barrier::read);
                 w.write(cell->value, 1, Access::once);
               }});
    w.declare({"other", ActorKind::process, {}, [w, cell] { w.read(cell->value, Access::once); }});
    w.run_actors();
  };
  const auto runner = make_fiber_runner();
  try {
    explore(program, *runner, {});
    FAIL() << "no error";
  } catch (const NondeterminismError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("expected smp_mb"), std::string::npos) << text;
    EXPECT_NE(text.find("publishes smp_rmb"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace rcuscope::testing
