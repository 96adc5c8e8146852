// SPDX-License-Identifier: LGPL-2.1-or-later
// Cost of switching fibers and of restarting them; what the model pays at each change of actor.
#include <benchmark/benchmark.h>

#include <cstdint>

#include "base/fiber.h"

namespace rcuscope {
namespace {

struct Pair {
  Fiber main = Fiber::adopt_thread();
  Fiber fiber;
  bool is_stopping = false;
};

struct Abandon {};

Fiber* ping_pong(void* argument) noexcept {
  auto& pair = *static_cast<Pair*>(argument);
  while (!pair.is_stopping) switch_fiber(pair.fiber, pair.main);
  return &pair.main;
}

Fiber* return_at_once(void* argument) noexcept { return &static_cast<Pair*>(argument)->main; }

Fiber* unwind(void* argument) noexcept {
  auto& pair = *static_cast<Pair*>(argument);
  try {
    switch_fiber(pair.fiber, pair.main);
    throw Abandon{};
  } catch (const Abandon&) {
  }
  return &pair.main;
}

/// One item is one switch.
void switch_there_and_back(benchmark::State& state) {
  Pair pair;
  pair.fiber.start(&ping_pong, &pair);
  for (auto _ : state) switch_fiber(pair.main, pair.fiber);
  pair.is_stopping = true;
  switch_fiber(pair.main, pair.fiber);
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(switch_there_and_back);

/// One item is one start, one switch to the fiber and one back.
void start_and_return(benchmark::State& state) {
  Pair pair;
  for (auto _ : state) {
    pair.fiber.start(&return_at_once, &pair);
    switch_fiber(pair.main, pair.fiber);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(start_and_return);

/// One item is one body that is left half-way by an exception: what a pruned execution costs.
void abandon(benchmark::State& state) {
  Pair pair;
  for (auto _ : state) {
    pair.fiber.start(&unwind, &pair);
    switch_fiber(pair.main, pair.fiber);
    switch_fiber(pair.main, pair.fiber);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(abandon);

void make_and_destroy(benchmark::State& state) {
  for (auto _ : state) {
    Fiber fiber;
    benchmark::DoNotOptimize(fiber);
  }
}
BENCHMARK(make_and_destroy);

}  // namespace
}  // namespace rcuscope

BENCHMARK_MAIN();
