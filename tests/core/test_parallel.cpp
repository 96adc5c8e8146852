// SPDX-License-Identifier: LGPL-2.1-or-later
// A divided search equals the serial one, execution by execution, however it is divided, in
// whatever order its units come back, and whatever gets lost on the way.
#include "explore/parallel.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "explore/division.h"
#include "explore/unit_text.h"
#include "random_program.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

/// What has to be equal.
struct Sum {
  std::uint64_t executions = 0;
  std::uint64_t blocked = 0;
  bool is_exhaustive = false;
  std::string limit;
  std::set<std::string> findings;
  std::set<std::string> states;
  std::map<std::string, std::uint32_t> grace_periods;
  std::map<std::string, std::set<std::string>> locks_held;

  friend bool operator==(const Sum&, const Sum&) = default;
  friend void PrintTo(const Sum& sum, std::ostream* out) {
    *out << sum.executions << " executions, " << sum.blocked << " blocked, " << sum.findings.size()
         << " findings, " << sum.states.size() << " states, limit '" << sum.limit << "'"
         << (sum.is_exhaustive ? ", exhaustive" : "");
  }
};

Sum sum_of(const Verdict& verdict) {
  Sum sum;
  sum.executions = verdict.executions;
  sum.blocked = verdict.blocked;
  sum.is_exhaustive = verdict.is_exhaustive;
  sum.limit = verdict.limit;
  sum.states = verdict.final_states;
  sum.grace_periods = verdict.cost.grace_periods;
  sum.locks_held = verdict.cost.locks_held;
  for (const Finding& finding : verdict.findings)
    sum.findings.insert(std::string(describe(finding.kind).name) + " @ " + finding.place);
  return sum;
}

/// Runs units one at a time, but hands them out and takes them back in a random order, loses some,
/// runs some twice, sends everything as text, and starts over from a saved state now and then.
class Chaos {
 public:
  Chaos(const Program& program, ActorRunner& runner, const ExploreOptions& options, Random& random)
      : program_(program),
        options_(options),
        checked_(runner, options),
        random_(random),
        division_(std::make_unique<Division>(options)) {}

  Verdict run() {
    while (!division_->is_done()) {
      if (returned_.empty() || random_.is_chosen(1, 2)) take_one();
      if (!returned_.empty() && random_.is_chosen(1, 2)) bring_one();
      if (random_.is_chosen(1, 50)) start_over();
    }
    return final_verdict(division_->tally(), options_, division_->is_exhaustive(), 0, 0);
  }

  int units = 0, lost = 0, resumed = 0;
  std::size_t under_way_max = 0;

 private:
  void take_one() {
    const auto assignment = division_->next(1 + random_.below(5));
    if (!assignment) return;
    ++units;
    std::uint64_t pause = random_.is_chosen(1, 4) ? 1'000'000 : 1 + random_.below(12);
    const UnitResult result = run_unit(unit_from_text(to_text(assignment->unit)), program_,
                                       checked_, options_, [&] { return --pause == 0; });
    if (random_.is_chosen(1, 10)) {
      ++lost;
      division_->give_back(assignment->id);
      if (random_.is_chosen(1, 2)) return;  // else it comes back although it was given up
    }
    returned_.emplace_back(assignment->id, to_text(result));
    under_way_max = std::max(under_way_max, returned_.size());
  }

  void bring_one() {
    const auto one =
        returned_.begin() + static_cast<std::ptrdiff_t>(random_.below(returned_.size()));
    division_->complete(one->first, result_from_text(one->second));
    if (random_.is_chosen(1, 10)) division_->complete(one->first, result_from_text(one->second));
    returned_.erase(one);
  }

  void start_over() {
    const std::string state = division_->to_text();
    division_ = std::make_unique<Division>(options_);
    division_->restore(state);
    returned_.clear();
    ++resumed;
  }

  const Program& program_;
  const ExploreOptions options_;
  CheckedExecution checked_;
  Random& random_;
  std::unique_ptr<Division> division_;
  std::vector<std::pair<std::uint64_t, std::string>> returned_;
};

struct Case {
  StrategyKind strategy;
  std::optional<unsigned> preemption_bound;
  int programs;
};

class DividedSearch : public ::testing::TestWithParam<Case> {};

TEST_P(DividedSearch, equals_the_serial_one) {
  const auto runner = make_fiber_runner();
  Random random(4711);
  int compared = 0, units = 0, lost = 0, resumed = 0;
  std::size_t under_way_max = 0;
  for (int i = 0; i < GetParam().programs; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    ExploreOptions options;
    options.strategy = GetParam().strategy;
    options.preemption_bound = GetParam().preemption_bound;
    options.max_executions = 1'500;
    const Verdict serial = explore(program, *runner, options);
    if (serial.limit == "max_executions") continue;
    options.max_executions.reset();
    Chaos chaos(program, *runner, options, random);
    ASSERT_EQ(sum_of(chaos.run()), sum_of(serial)) << i << '\n'
                                                   << testing::describe(random_program);
    ++compared;
    units += chaos.units;
    lost += chaos.lost;
    resumed += chaos.resumed;
    under_way_max = std::max(under_way_max, chaos.under_way_max);
  }
  EXPECT_GT(compared, GetParam().programs / 8);
  EXPECT_GT(units, 2 * compared);
  EXPECT_GT(lost, 20);
  EXPECT_GT(resumed, 10);
  EXPECT_GT(under_way_max, 3U);
}

INSTANTIATE_TEST_SUITE_P(Strategies, DividedSearch,
                         ::testing::Values(Case{StrategyKind::dpor, {}, 1'000},
                                           Case{StrategyKind::eager_dpor, {}, 400},
                                           Case{StrategyKind::sleep_sets, {}, 300},
                                           Case{StrategyKind::exhaustive, {}, 120},
                                           Case{StrategyKind::dpor, 1, 200}));

TEST(DividedSearch, of_random_executions_equals_the_serial_one) {
  const auto runner = make_fiber_runner();
  Random random(99);
  for (const StrategyKind strategy : {StrategyKind::random, StrategyKind::pct})
    for (int i = 0; i < 20; ++i) {
      const testing::RandomProgram random_program = testing::generate(random);
      const Program program = testing::make_program(random_program);
      ExploreOptions options;
      options.strategy = strategy;
      options.seed = random.next();
      options.max_executions = 500;
      Chaos chaos(program, *runner, options, random);
      ASSERT_EQ(sum_of(chaos.run()), sum_of(explore(program, *runner, options)));
    }
}

TEST(DividedSearch, never_makes_more_executions_than_it_may) {
  const auto runner = make_fiber_runner();
  Random random(5);
  int limited = 0;
  for (int i = 0; i < 100; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    ExploreOptions options;
    options.max_executions = 20;
    const Verdict serial = explore(program, *runner, options);
    Chaos chaos(program, *runner, options, random);
    const Verdict divided = chaos.run();
    ASSERT_EQ(divided.limit, serial.limit);
    ASSERT_EQ(divided.executions + divided.blocked, serial.executions + serial.blocked);
    limited += !serial.limit.empty();
  }
  EXPECT_GT(limited, 10);
}

UnitResult result_of(std::vector<Level> unexplored, std::vector<PlanRequest> requests) {
  UnitResult result;
  result.mode = "eager";
  result.unexplored = std::move(unexplored);
  result.requests = std::move(requests);
  return result;
}

/// Two units run at once below one choice. The later one comes back first and asks for actor 3 or 4
/// there; the earlier one asks for 4. In the serial search the second request is met by the first.
TEST(Division, lets_requests_take_effect_in_the_order_of_the_serial_search) {
  ExploreOptions options;
  options.strategy = StrategyKind::eager_dpor;
  Division division(options);
  const auto all = division.next(2);
  ASSERT_TRUE(all && all->unit.levels.empty());
  EXPECT_FALSE(division.next(2));
  division.complete(all->id, result_of({{{{1}, {2}}, 0, {""}}, {{{5}}, 0, {}}}, {}));
  const auto earlier = division.next(2);
  const auto later = division.next(2);
  ASSERT_TRUE(earlier && later);
  EXPECT_EQ(earlier->unit.levels.front().position, 0U);
  EXPECT_EQ(later->unit.levels.front().position, 1U);
  division.complete(later->id, result_of({}, {{0, {{3}, {4}}}}));
  EXPECT_FALSE(division.next(2)) << "a request took effect too early";
  division.complete(earlier->id, result_of({}, {{0, {{4}}}}));
  const auto asked_for = division.next(2);
  ASSERT_TRUE(asked_for);
  const std::vector<ActorId> order{{1}, {2}, {4}};
  EXPECT_EQ(asked_for->unit.levels.front().order, order);
  EXPECT_EQ(asked_for->unit.levels.front().position, 2U);
  division.complete(asked_for->id, result_of({}, {}));
  EXPECT_TRUE(division.is_exhaustive());
}

TEST(Division, refuses_what_is_no_state) {
  Division division{ExploreOptions{}};
  for (const char* text : {"", "hello", "4:lazy 1 2 3 0: 0 0 0 0 0 -1 9 0 0: 0 0 "})
    EXPECT_THROW(division.restore(text), UsageError) << text;
  for (const char* mode : {"sleepy", "lazy or so", "eager -1x"})
    EXPECT_THROW(make_tree_search({}, mode), UsageError) << mode;
  EXPECT_EQ(make_tree_search({}, "eager 128 64")->mode(), "eager 64 128");
}

TEST(Division, work_unit_of_another_program_is_refused) {
  const auto runner = make_fiber_runner();
  Random random(3);
  const testing::RandomProgram one = testing::generate(random);
  WorkUnit unit;
  unit.mode = "lazy";
  unit.levels.push_back({{{77}}, 0, {}});
  CheckedExecution checked(*runner, {});
  EXPECT_THROW(run_unit(unit, testing::make_program(one), checked, {}, [] { return false; }),
               NondeterminismError);
}

// --- threads

class FiberWorker final : public Worker {
 public:
  explicit FiberWorker(Program program)
      : program_(std::move(program)), runner_(make_fiber_runner()) {}
  const Program& program() const override { return program_; }
  ActorRunner& runner() override { return *runner_; }

 private:
  Program program_;
  std::unique_ptr<ActorRunner> runner_;
};

Verdict on_threads(const Program& program, std::size_t jobs, const ExploreOptions& options) {
  return explore_in_parallel([&] { return std::make_unique<FiberWorker>(program); }, jobs, options);
}

TEST(Threads, show_of_the_catalogue_what_one_thread_shows) {
  const auto runner = make_fiber_runner();
  for (const Scenario& scenario : catalogue())
    for (const std::size_t jobs : {1, 3}) {
      const Program program = make_program(scenario);
      const Verdict serial = explore(program, *runner, {});
      EXPECT_EQ(sum_of(on_threads(program, jobs, {})), sum_of(serial)) << scenario.name;
    }
}

/// 92,400 orders: three actors with three increments each, and one with two.
Program increments() {
  return [](Execution& execution) {
    const Model w(execution);
    const auto counter = w.kzalloc<testing::RandomShared>("shared", "", Place::current());
    w.set_lifetime(counter.raw(), Lifetime::root);
    for (int i = 0; i < 4; ++i)
      w.declare({"actor " + std::to_string(i), ActorKind::process, {}, [=] {
                   for (int k = 0; k < (i == 0 ? 2 : 3); ++k)
                     w.fetch_add(counter->x, 1, Access::full);
                 }});
    w.run_actors();
    execution.set_final_state(std::to_string(w.read(counter->x, Access::once)));
  };
}

TEST(Threads, divide_a_big_search_and_lose_nothing) {
  const Verdict verdict = on_threads(increments(), 4, {});
  EXPECT_EQ(verdict.executions, 92'400U);  // 11! / (2! 3! 3! 3!)
  EXPECT_EQ(verdict.outcome, Outcome::safe);
  EXPECT_EQ(verdict.estimate, 92'400);
  EXPECT_EQ(verdict.final_states, std::set<std::string>{"11"});
}

TEST(Threads, keep_to_limits) {
  ExploreOptions options;
  options.max_executions = 5'000;
  const Verdict verdict = on_threads(increments(), 3, options);
  EXPECT_EQ(verdict.executions, 5'000U);
  EXPECT_EQ(verdict.limit, "max_executions");
  ExploreOptions short_time;
  short_time.max_seconds = 0.05;
  EXPECT_EQ(on_threads(increments(), 3, short_time).limit, "max_seconds");
  ExploreOptions interrupted;
  interrupted.progress = [](const Progress& progress) { return progress.so_far.seconds < 0.05; };
  EXPECT_EQ(on_threads(increments(), 3, interrupted).limit, "interrupted");
}

TEST(Threads, pass_on_what_a_program_throws) {
  const Program failing = [](Execution&) { throw UsageError("set-up failed"); };
  EXPECT_THROW(on_threads(failing, 3, {}), UsageError);
}

TEST(Threads, go_on_from_what_was_saved) {
  const Program program = increments();
  std::string state;
  Checkpoint first{"", [&](const std::string& now) { state = now; }};
  ExploreOptions options;
  options.max_executions = 10'000;
  const auto make_worker = [&] { return std::make_unique<FiberWorker>(program); };
  EXPECT_EQ(explore_in_parallel(make_worker, 2, options, first).executions, 10'000U);
  EXPECT_EQ(explore_in_parallel(make_worker, 3, {}, {state, {}}).executions, 92'400U);
}

}  // namespace
}  // namespace rcuscope
