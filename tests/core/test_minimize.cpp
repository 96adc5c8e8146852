// SPDX-License-Identifier: LGPL-2.1-or-later
// Counterexamples of generated programs: they replay, and nobody knows shorter ones.
#include "explore/minimize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "explore/schedule.h"
#include "explore/trials.h"
#include "random_program.h"

namespace rcuscope {
namespace {

/// Programs with more interleavings are not compared with brute force.
constexpr std::uint64_t max_interleavings = 4'000;

using Key = std::pair<FindingKind, std::string>;

bool shows(const std::vector<Finding>& findings, const Finding& wanted) {
  return std::any_of(findings.begin(), findings.end(), [&](const Finding& found) {
    return found.kind == wanted.kind && found.place == wanted.place;
  });
}

/// Of a finding's schedule, up to the finding: all operations count, also local ones.
ScheduleLength length_of(const Finding& finding, const Program& program, ActorRunner& runner) {
  ExploreOptions options;
  options.awaits = await_sites_of(finding.schedule);
  const std::function<bool()> goes_on;
  Trials trials(finding, program, runner, options, goes_on);
  EXPECT_TRUE(trials.run(trials.run_original())) << finding.schedule;
  return trials.length();
}

/// Passes on to a strategy, and learns at which step the actors begin.
class WithFirstStep final : public Chooser {
 public:
  explicit WithFirstStep(Strategy& strategy) : strategy_(strategy) {}

  ActorId choose(const Execution& execution, std::span<const ActorId> enabled) override {
    if (execution.log().empty()) first_step = execution.steps();
    return strategy_.choose(execution, enabled);
  }
  bool decides_local_operations() const override { return strategy_.decides_local_operations(); }

  Step first_step = 0;

 private:
  Strategy& strategy_;
};

/// Every interleaving of a program, and how soon each finding can show.
class BruteForce {
 public:
  BruteForce(const Program& program, ActorRunner& runner, std::uint64_t max_executions)
      : checked_(runner, {}), strategy_(make_exhaustive_search()) {
    for (; strategy_->begin_execution(); ++executions_) {
      if (executions_ == max_executions) return;
      WithFirstStep chooser(*strategy_);
      ExecutionEnd end{};
      try {
        end = checked_.execution.run(program, chooser);
      } catch (const AwaitFound&) {
        return;  // endless loops have endlessly many interleavings
      }
      first_step_ = chooser.first_step;
      for (const Finding& finding : checked_.execution.findings()) keep(finding);
      strategy_->end_execution(checked_.execution, end);
    }
    is_complete_ = true;
  }

  bool is_complete() const { return is_complete_; }
  const std::map<Key, std::size_t>& fewest_switches() const { return fewest_; }

 private:
  /// The operations that a finding needs: up to it, or until everybody in a deadlock is stuck.
  /// Those who can still run may yet cancel work that waits, complete a completion or leave a CPU,
  /// so then they have to.
  std::size_t prefix_of(const Finding& finding) const {
    const std::span<const StepRecord> log = checked_.execution.log();
    const auto tells_of = [&finding](const char* word) {
      return finding.message.find(word) != std::string::npos;
    };
    if (finding.kind == FindingKind::deadlock && (finding.place.find("work") != std::string::npos ||
                                                  tells_of("completion") || tells_of("its CPU")))
      return log.size();
    if (finding.kind != FindingKind::deadlock) return prefix_up_to(finding.step);
    std::size_t last = 0;
    const auto is_stuck = [&](ActorId id) {
      return finding.place.find(checked_.execution.actor(id).spec.name) != std::string::npos;
    };
    for (std::size_t i = 0; i < log.size(); ++i)
      if (is_stuck(log[i].actor)) last = i + 1;
    // A callback that never starts is stuck from when it was queued.
    for (std::size_t a = 1; a < checked_.execution.actor_count(); ++a) {
      const ModelActor& actor = checked_.execution.actor({static_cast<std::int32_t>(a)});
      if (is_stuck(actor.id)) last = std::max(last, static_cast<std::size_t>(actor.spawned_at + 1));
    }
    return last;
  }

  /// The first operations of main come before those of the log, its last ones after them.
  std::size_t prefix_up_to(Step step) const {
    const auto size = static_cast<Step>(checked_.execution.log().size());
    return static_cast<std::size_t>(std::min(size, step + 1 - first_step_));
  }

  void keep(const Finding& finding) {
    std::vector<ActorId> actors;
    for (std::size_t i = 0; i < prefix_of(finding); ++i)
      actors.push_back(checked_.execution.log()[i].actor);
    const std::size_t switches = count_context_switches(actors);
    const auto [entry, is_new] = fewest_.try_emplace({finding.kind, finding.place}, switches);
    if (!is_new) entry->second = std::min(entry->second, switches);
  }

  CheckedExecution checked_;
  std::unique_ptr<Strategy> strategy_;
  std::uint64_t executions_ = 0;
  Step first_step_ = 0;
  bool is_complete_ = false;
  std::map<Key, std::size_t> fewest_;
};

TEST(Minimize, counterexample_of_a_random_program_replays_and_is_no_longer_than_the_one_found) {
  const auto runner = make_fiber_runner();
  Random random(31);
  int minimized = 0, shorter = 0;
  for (int i = 0; i < 500; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    ExploreOptions options;
    options.max_executions = 300;
    const Verdict shortest = explore(program, *runner, options);
    options.minimizes = false;
    const Verdict found = explore(program, *runner, options);
    ASSERT_EQ(shortest.findings.size(), found.findings.size());
    for (std::size_t f = 0; f < found.findings.size(); ++f) {
      const Finding& finding = shortest.findings[f];
      const ReplayResult again = replay(program, *runner, finding.schedule, options);
      ASSERT_TRUE(shows(again.findings, finding))
          << testing::describe(random_program) << finding.message << '\n'
          << finding.schedule;
      const ScheduleLength before = length_of(found.findings[f], program, *runner);
      const ScheduleLength after = length_of(finding, program, *runner);
      ASSERT_LE(after, before) << testing::describe(random_program) << finding.schedule << '\n'
                               << found.findings[f].schedule;
      shorter += after < before;
      ++minimized;
    }
    ASSERT_LE(shortest.minimizing_executions,
              (Trials::max_executions + 10) * shortest.findings.size());
  }
  EXPECT_GT(minimized, 200);
  EXPECT_GT(shorter, minimized / 2);
}

class MinimizeRandom : public ::testing::TestWithParam<int> {};

TEST_P(MinimizeRandom, no_schedule_of_a_small_program_has_fewer_context_switches) {
  const auto runner = make_fiber_runner();
  Random random(static_cast<std::uint64_t>(GetParam()));
  int compared = 0;
  for (int i = 0; i < 50; ++i) {
    const testing::RandomProgram random_program = testing::generate(random);
    const Program program = testing::make_program(random_program);
    const BruteForce all(program, *runner, max_interleavings);
    if (!all.is_complete()) continue;
    const Verdict verdict = explore(program, *runner, {});
    for (const Finding& finding : verdict.findings) {
      const auto known = all.fewest_switches().find({finding.kind, finding.place});
      ASSERT_NE(known, all.fewest_switches().end()) << finding.place;
      // Fewer: one that is cut short may show what complete executions name after somebody else.
      EXPECT_LE(length_of(finding, program, *runner).context_switches, known->second)
          << testing::describe(random_program) << finding.message << '\n'
          << finding.schedule;
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
  RecordProperty("findings_compared", compared);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MinimizeRandom, ::testing::Range(5, 11));

// --- what is left out, and what is not

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::mutex first{"first"}, second{"second"};
};

using Declare = std::function<void(Model, ptr<Cell>)>;

Program program_on_cell(const Declare& declare) {
  return [declare](Execution& execution) {
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    declare(w, cell);
    w.run_actors();
    w.check_end_of_run();
  };
}

void declare_bystander(Model w, ptr<Cell> cell) {
  w.declare({"bystander", ActorKind::process, {}, [w, cell] {
               for (int i = 0; i < 3; ++i) w.fetch_add(cell->y, 1, Access::full);
             }});
}

void declare_locker(Model w, ptr<Cell> cell, const char* name, bool is_reversed) {
  w.declare({name, ActorKind::process, {}, [w, cell, is_reversed] {
               Model::mutex& outer = is_reversed ? cell->second : cell->first;
               Model::mutex& inner = is_reversed ? cell->first : cell->second;
               w.fetch_add(cell->y, 1, Access::full);
               w.mutex_lock(outer);
               w.mutex_lock(inner);
               w.mutex_unlock(inner);
               w.mutex_unlock(outer);
             }});
}

/// The names of those who run in a schedule, each time that the actor changes.
std::vector<std::string> who_runs(const Program& program, ActorRunner& runner,
                                  const Finding& finding) {
  const TraceStore trace = replay(program, runner, finding.schedule, {}).trace;
  std::vector<std::string> names;
  for (const ActorId actor : parse_schedule(finding.schedule)) {
    const std::string name(trace.actor_name(actor.value));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

using Names = std::vector<std::string>;

TEST(Minimize, deadlock_is_told_without_bystanders) {
  const auto runner = make_fiber_runner();
  const Program program = program_on_cell([](Model w, ptr<Cell> cell) {
    declare_bystander(w, cell);
    declare_locker(w, cell, "one", false);
    declare_locker(w, cell, "two", true);
  });
  const Verdict verdict = explore(program, *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].kind, FindingKind::deadlock);
  EXPECT_EQ(verdict.findings[0].place, "one, two");
  EXPECT_TRUE(is_cut_short(verdict.findings[0].schedule));
  Names names = who_runs(program, *runner, verdict.findings[0]);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (Names{"one", "two"}));
}

TEST(Minimize, cut_short_run_is_no_deadlock_while_somebody_could_go_on) {
  const auto runner = make_fiber_runner();
  const Program program = program_on_cell([](Model w, ptr<Cell> cell) {
    declare_locker(w, cell, "one", false);
    declare_locker(w, cell, "two", false);
  });
  // "one" holds both mutexes, "two" waits for the first.
  EXPECT_TRUE(replay(program, *runner, "s1:1x4,2x2.", {}).findings.empty());
  EXPECT_TRUE(explore(program, *runner, {}).findings.empty());
}

TEST(Minimize, warning_is_told_without_bystanders_and_ends_at_it) {
  const auto runner = make_fiber_runner();
  const Program program = program_on_cell([](Model w, ptr<Cell> cell) {
    declare_bystander(w, cell);
    w.declare({"writer", ActorKind::process, {}, [w, cell] {
                 for (int i = 1; i < 5; ++i) w.write(cell->x, i, Access::once);
               }});
    w.declare({"reader", ActorKind::process, {}, [w, cell] {
                 const int before = w.read(cell->x, Access::once);
                 if (w.read(cell->x, Access::once) != before)
                   w.report(FindingKind::warn_on, nullptr, "WARN_ON(x changed)");
                 w.read(cell->y, Access::once);
               }});
  });
  const Verdict verdict = explore(program, *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  const Finding& finding = verdict.findings[0];
  EXPECT_EQ(who_runs(program, *runner, finding), (Names{"reader", "writer", "reader"}));
  EXPECT_EQ(finding.schedule, "s1:3x2,2x2,3.");
  EXPECT_EQ(replay(program, *runner, finding.schedule, {}).trace.end(), finding.step);
}

TEST(Minimize, what_shows_at_the_end_of_a_run_needs_everybody) {
  const auto runner = make_fiber_runner();
  const Program program = program_on_cell([](Model w, ptr<Cell> cell) {
    declare_bystander(w, cell);
    w.declare({"forgetful", ActorKind::process, {}, [w] {
                 w.kzalloc<Cell>("cell", "lost", Place::current());
               }});
  });
  const Verdict verdict = explore(program, *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].kind, FindingKind::leak);
  EXPECT_EQ(count_context_switches(parse_schedule(verdict.findings[0].schedule)), 1u);
  EXPECT_EQ(who_runs(program, *runner, verdict.findings[0]).size(), 2u);
}

/// Its last actor needs many switches, and there are many ways to make them.
Program ping_pong() {
  return program_on_cell([](Model w, ptr<Cell> cell) {
    for (const int parity : {0, 1})
      w.declare({parity == 0 ? "even" : "odd", ActorKind::process, {}, [w, cell, parity] {
                   for (int i = 0; i < 40; ++i) {
                     const int seen = w.read(cell->x, Access::once);
                     if (seen % 2 == parity) w.write(cell->x, seen + 1, Access::once);
                     if (seen == 10) w.report(FindingKind::warn_on, nullptr, "WARN_ON(x == 10)");
                   }
                 }});
  });
}

/// Each execution takes so long that everybody is asked behind it whether to go on.
Program slowly(const Program& program) {
  return [program](Execution& execution) {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(60)) {
    }
    program(execution);
  };
}

TEST(Minimize, interrupted_one_keeps_the_schedule_that_is_known) {
  const auto runner = make_fiber_runner();
  const Program program = ping_pong();
  ExploreOptions options;
  options.strategy = StrategyKind::random;
  options.max_executions = 3;
  options.minimizes = false;
  const Verdict found = explore(program, *runner, options);
  ASSERT_EQ(found.findings.size(), 1u);
  const Minimized minimized =
      minimize(found.findings[0], slowly(program), *runner, options, [] { return false; });
  EXPECT_TRUE(minimized.is_interrupted);
  EXPECT_EQ(minimized.schedule, "");
  EXPECT_LE(minimized.executions, 2u);

  options.minimizes = true;
  options.progress = [](const Progress& progress) { return progress.so_far.limit.empty(); };
  const Verdict interrupted = explore(slowly(program), *runner, options);
  ASSERT_EQ(interrupted.findings.size(), 1u);
  EXPECT_EQ(interrupted.findings[0].schedule, found.findings[0].schedule);
  EXPECT_FALSE(interrupted.findings[0].explanation.empty());
  EXPECT_EQ(interrupted.limit, "interrupted");
  EXPECT_EQ(interrupted.outcome, Outcome::unsafe);
}

TEST(Minimize, long_one_is_bounded_and_still_shorter) {
  const auto runner = make_fiber_runner();
  const Program program = ping_pong();
  ExploreOptions options;
  options.strategy = StrategyKind::random;
  options.max_executions = 50;
  const Verdict verdict = explore(program, *runner, options);
  ASSERT_EQ(verdict.findings.size(), 1u);
  for (const Finding& finding : verdict.findings)
    EXPECT_LE(length_of(finding, program, *runner).context_switches, 10u) << finding.schedule;
  EXPECT_LE(verdict.minimizing_executions, Trials::max_executions + 10);
}

}  // namespace
}  // namespace rcuscope
