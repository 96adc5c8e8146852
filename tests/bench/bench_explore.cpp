// SPDX-License-Identifier: LGPL-2.1-or-later
// Exploration: executions per second of catalogue scenarios, executions for R readers and for N x M
// increments, and the memory that a long search needs. docs/benchmarks.md has the figures.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "core/reduction_programs.h"
#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

/// Sums over all iterations. The unit in which peers are measured is an execution, complete or not.
struct Work {
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;

  void add(const Verdict& verdict) {
    executions += verdict.executions + verdict.blocked;
    steps += verdict.steps;
  }
  void report(benchmark::State& state) const {
    state.SetItemsProcessed(static_cast<std::int64_t>(executions));
    state.counters["steps"] =
        static_cast<double>(steps) / static_cast<double>(std::max<std::uint64_t>(executions, 1));
    state.counters["ns_per_step"] =
        benchmark::Counter(static_cast<double>(steps) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  }
};

/// Shorter counterexamples are another matter: they are looked for once, after the search.
ExploreOptions search_only(const Scenario& scenario) {
  ExploreOptions options;
  options.checks = scenario.checks;
  options.minimizes = false;
  return options;
}

void catalogue_scenario(benchmark::State& state, const std::string& name) {
  const auto runner = make_fiber_runner();
  const Scenario& scenario = find_scenario(name);
  const Program program = make_program(scenario);
  Work work;
  Verdict verdict;
  for (auto _ : state) work.add(verdict = explore(program, *runner, search_only(scenario)));
  work.report(state);
  state.counters["complete"] = static_cast<double>(verdict.executions);
  state.counters["blocked"] = static_cast<double>(verdict.blocked);
}

/// One search of each scenario, with its explanations and shorter counterexamples or without.
void whole_catalogue(benchmark::State& state, bool minimizes) {
  const auto runner = make_fiber_runner();
  Work work;
  for (auto _ : state)
    for (const Scenario& scenario : catalogue()) {
      ExploreOptions options = search_only(scenario);
      options.minimizes = minimizes;
      work.add(explore(make_program(scenario), *runner, options));
    }
  work.report(state);
}

void updater_against_readers(benchmark::State& state) {
  const Program program = testing::removal(static_cast<int>(state.range(0)));
  const auto runner = make_fiber_runner();
  Work work;
  Verdict verdict;
  for (auto _ : state) work.add(verdict = explore(program, *runner, {}));
  work.report(state);
  state.counters["complete"] = static_cast<double>(verdict.executions);
  state.counters["blocked"] = static_cast<double>(verdict.blocked);
}

void increments(benchmark::State& state) {
  const Program program =
      testing::increments(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  const auto runner = make_fiber_runner();
  Work work;
  Verdict verdict;
  for (auto _ : state) work.add(verdict = explore(program, *runner, {}));
  work.report(state);
  state.counters["complete"] = static_cast<double>(verdict.executions);
  state.counters["blocked"] = static_cast<double>(verdict.blocked);
}

/// A million random executions of one scenario: the most memory that the process has ever had.
void memory(benchmark::State& state) {
  const auto runner = make_fiber_runner();
  const Program program = make_program(find_scenario("posted"));
  ExploreOptions options;
  options.strategy = StrategyKind::random;
  options.max_executions = static_cast<std::uint64_t>(state.range(0));
  Work work;
  for (auto _ : state) work.add(explore(program, *runner, options));
  work.report(state);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["resident_KiB"] = static_cast<double>(usage.ru_maxrss);
}

void register_all() {
  using benchmark::kMillisecond;
  using benchmark::RegisterBenchmark;
  for (const Scenario& scenario : catalogue())
    RegisterBenchmark(("catalogue/" + scenario.name).c_str(), catalogue_scenario, scenario.name);
  RegisterBenchmark("whole_catalogue/search", whole_catalogue, false)->Unit(kMillisecond);
  RegisterBenchmark("whole_catalogue/minimized", whole_catalogue, true)->Unit(kMillisecond);
  for (const int readers : {1, 2, 3, 4, 6, 8})
    RegisterBenchmark("readers", updater_against_readers)->Arg(readers)->Unit(kMillisecond);
  auto* orders = RegisterBenchmark("increments", increments)->Unit(kMillisecond);
  orders->Args({2, 2})->Args({3, 3})->Args({4, 2})->Args({4, 3});
  for (const int executions : {10'000, 1'000'000})
    RegisterBenchmark("memory", memory)->Arg(executions)->Iterations(1)->Unit(kMillisecond);
}

}  // namespace
}  // namespace rcuscope

int main(int argc, char** argv) {
  rcuscope::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
