// SPDX-License-Identifier: LGPL-2.1-or-later
// The strategies beside DPOR: sampling by random walks and PCT, and the preemption bound.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "explore/search.h"
#include "random_program.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
};

/// `steps` writes by one actor; another one looks whether all of them or none are there.
Program long_writer(int steps) {
  return [steps](Execution& execution) {
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.declare({"writer", ActorKind::process, {}, [=] {
                 for (int i = 1; i <= steps; ++i) w.write(cell->x, i, Access::once);
               }});
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.write(cell->y, w.read(cell->x, Access::once), Access::once);
               }});
    w.run_actors();
    execution.set_final_state("y=" + std::to_string(w.read(cell->y, Access::once)));
  };
}

/// The schedules of a search, and what they showed, by a loop of its own.
struct Seen {
  std::vector<std::vector<ActorId>> schedules;
  std::vector<std::string> states;
  std::set<std::string> findings;
};

Seen run_all(const Program& program, Strategy& strategy, std::size_t limit) {
  const auto runner = make_fiber_runner();
  CheckedExecution checked(*runner, {});
  Seen seen;
  while (seen.schedules.size() < limit && strategy.begin_execution()) {
    const ExecutionEnd end = checked.execution.run(program, strategy);
    strategy.end_execution(checked.execution, end);
    const std::span<const ActorId> choices = checked.execution.choices();
    seen.schedules.emplace_back(choices.begin(), choices.end());
    if (end == ExecutionEnd::complete) seen.states.push_back(checked.execution.final_state());
  }
  return seen;
}

std::size_t count(const Seen& seen, const std::string& state) {
  return static_cast<std::size_t>(std::count(seen.states.begin(), seen.states.end(), state));
}

// --- sampling

TEST(Pct, often_hits_an_order_that_a_random_walk_hardly_reaches) {
  const Program program = long_writer(40);
  EXPECT_EQ(count(run_all(program, *make_random_search(1), 2'000), "y=40"), 0U);
  const std::size_t hits = count(run_all(program, *make_pct_search(1, 1), 2'000), "y=40");
  EXPECT_GT(hits, 2'000U * 45 / 100);  // one order of two actors decides: 1 of 2
  EXPECT_LT(hits, 2'000U * 55 / 100);
}

TEST(Pct, hits_a_defect_of_depth_two_as_often_as_the_paper_promises) {
  const int steps = 20;
  const std::size_t executions = 20'000;
  const Seen seen = run_all(long_writer(steps), *make_pct_search(2, 2), executions);
  // The writer has the higher priority and loses it behind its middle write, one of k choices. The
  // reader has two choices and both actors one to start with at most.
  const double promised = static_cast<double>(executions) / (2.0 * (steps + 4));
  EXPECT_GT(static_cast<double>(count(seen, "y=10")), promised - 4 * std::sqrt(promised));
}

TEST(Pct, of_depth_one_never_preempts) {
  for (const std::string& state : run_all(long_writer(9), *make_pct_search(3, 1), 500).states)
    ASSERT_TRUE(state == "y=0" || state == "y=9") << state;
}

TEST(Sampling, seed_decides_every_schedule) {
  const Program program = long_writer(12);
  for (const auto make : {+[](std::uint64_t seed) { return make_random_search(seed); },
                          +[](std::uint64_t seed) { return make_pct_search(seed, 3); }}) {
    const auto one = run_all(program, *make(7), 600).schedules;
    EXPECT_EQ(one, run_all(program, *make(7), 600).schedules);
    EXPECT_NE(one, run_all(program, *make(8), 600).schedules);
  }
}

TEST(Sampling, execution_is_the_same_in_every_range_with_it) {
  const Program program = long_writer(12);
  for (const auto make : {+[](SampleRange range) { return make_random_search(5, range); },
                          +[](SampleRange range) { return make_pct_search(5, 3, range); }}) {
    auto whole = run_all(program, *make({0, 3 * pct_block}), 10'000).schedules;
    ASSERT_EQ(whole.size(), 3 * pct_block);
    const auto last = run_all(program, *make({2 * pct_block, 3 * pct_block}), 10'000).schedules;
    whole.erase(whole.begin(), whole.begin() + 2 * pct_block);
    EXPECT_EQ(whole, last);
  }
}

TEST(Sampling, ends_at_its_limit_and_is_unknown) {
  const auto runner = make_fiber_runner();
  for (const StrategyKind kind : {StrategyKind::random, StrategyKind::pct}) {
    ExploreOptions options;
    options.strategy = kind;
    options.max_executions = 1'000;
    const Verdict verdict = explore(long_writer(1), *runner, options);
    EXPECT_EQ(verdict.executions, 1'000U);
    EXPECT_EQ(verdict.outcome, Outcome::unknown);
    EXPECT_EQ(verdict.limit, "max_executions");
    EXPECT_FALSE(verdict.is_exhaustive);
    EXPECT_EQ(verdict.estimate, 1'000);
  }
}

// --- preemption bound

/// Brute force that counts preemptions by itself and keeps what needs few of them.
class CountPreemptions final : public Strategy {
 public:
  CountPreemptions() : all_(make_exhaustive_search()) {}

  bool begin_execution() override {
    previous_ = {};
    preemptions = 0;
    return all_->begin_execution();
  }
  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    const ActorId chosen = all_->choose(execution, enabled);
    const bool is_preemption = previous_.is_valid() && chosen != previous_ &&
                               execution.is_enabled(execution.actor(previous_));
    preemptions += is_preemption;
    previous_ = chosen;
    return chosen;
  }
  void end_execution(const Execution& execution, ExecutionEnd end) override {
    all_->end_execution(execution, end);
  }
  bool is_exhaustive() const override { return true; }
  bool decides_local_operations() const override { return true; }

  unsigned preemptions = 0;

 private:
  std::unique_ptr<Strategy> all_;
  ActorId previous_;
};

struct Bounded {
  std::uint64_t executions = 0;
  std::set<std::string> states;
  std::set<std::string> findings;

  friend bool operator==(const Bounded&, const Bounded&) = default;
};

std::string name_of(const Finding& finding) {
  return std::string(describe(finding.kind).name) + " @ " + finding.place;
}

/// What schedules with at most 0, 1, 2 ... preemptions show; empty if there are too many.
std::vector<Bounded> brute_force(const Program& program, ActorRunner& runner, unsigned bounds) {
  CheckedExecution checked(runner, {});
  CountPreemptions search;
  std::vector<Bounded> result(bounds);
  for (int executions = 0; search.begin_execution(); ++executions) {
    if (executions == 1'500) return {};
    const ExecutionEnd end = checked.execution.run(program, search);
    search.end_execution(checked.execution, end);
    for (unsigned bound = search.preemptions; bound < bounds; ++bound) {
      ++result[bound].executions;
      if (end == ExecutionEnd::complete && !checked.execution.final_state().empty())
        result[bound].states.insert(checked.execution.final_state());
      for (const Finding& finding : checked.execution.findings())
        result[bound].findings.insert(name_of(finding));
    }
  }
  return result;
}

Verdict explore_bounded(const Program& program, ActorRunner& runner, unsigned bound) {
  ExploreOptions options;
  options.preemption_bound = bound;
  return explore(program, runner, options);
}

TEST(PreemptionBound, shows_exactly_what_schedules_with_few_preemptions_show) {
  constexpr unsigned bounds = 4;
  const auto runner = make_fiber_runner();
  Random random(31);
  int compared = 0, bound_matters = 0, exhausted = 0;
  for (int i = 0; i < 260; ++i) {
    const testing::RandomProgram random_program =
        testing::generate(random, testing::actions_without_loops());
    const Program program = testing::make_program(random_program);
    const std::vector<Bounded> expected = brute_force(program, *runner, bounds);
    for (unsigned bound = 0; bound < expected.size(); ++bound) {
      const Verdict verdict = explore_bounded(program, *runner, bound);
      Bounded found{verdict.executions, verdict.final_states, {}};
      for (const Finding& finding : verdict.findings) found.findings.insert(name_of(finding));
      ASSERT_EQ(found, expected[bound]) << bound << '\n' << testing::describe(random_program);
      const bool is_all = expected[bound] == expected.back();
      bound_matters += !is_all;
      exhausted += verdict.is_exhaustive;
      ASSERT_TRUE(is_all || !verdict.is_exhaustive);
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
  EXPECT_GT(bound_matters, 100);
  EXPECT_GT(exhausted, 0);
}

TEST(PreemptionBound, says_what_was_covered) {
  const auto runner = make_fiber_runner();
  const Program program = long_writer(3);
  const Verdict bounded = explore_bounded(program, *runner, 1);
  EXPECT_EQ(bounded.outcome, Outcome::safe_bounded);
  EXPECT_FALSE(bounded.is_exhaustive);
  EXPECT_EQ(bounded.limit, "preemption_bound");
  EXPECT_EQ(bounded.summary().rfind(
                "SAFE_BOUNDED (at most 1 preemption, sc: weak memory not checked): ", 0),
            0U)
      << bounded.summary();
  const Verdict all = explore_bounded(program, *runner, 50);  // no schedule needs as many
  EXPECT_EQ(all.outcome, Outcome::safe);
  EXPECT_TRUE(all.is_exhaustive);
  EXPECT_EQ(all.limit, "");
}

TEST(PreemptionBound, limit_within_it_is_unknown) {
  ExploreOptions options;
  options.preemption_bound = 2;
  options.max_executions = 3;
  const Verdict verdict = explore(long_writer(5), *make_fiber_runner(), options);
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, "max_executions");
}

TEST(PreemptionBound, smallest_bound_comes_first) {
  const auto search = make_bounded_search(0, 3);
  const Seen seen = run_all(long_writer(4), *search, 10'000);
  EXPECT_TRUE(search->is_exhausted());
  const auto first_preempted = std::find(seen.states.begin(), seen.states.end(), "y=2");
  EXPECT_LT(std::find(seen.states.begin(), seen.states.end(), "y=4"), first_preempted);
  EXPECT_LT(std::find(seen.states.begin(), seen.states.end(), "y=0"), first_preempted);
}

}  // namespace
}  // namespace rcuscope
