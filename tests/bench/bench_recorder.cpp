// SPDX-License-Identifier: LGPL-2.1-or-later
// The recorder under load: threads that record at a given rate while the drain runs, and what was
// lost. Rates are by the wall clock, so a machine that others use shows less.
#include <benchmark/benchmark.h>

#if RCUSCOPE_LIVE

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>

#include "live/run.h"
#include "trace/recorder.h"

namespace rcuscope {
namespace {

/// Of the calling thread. Where it falls behind the clock on the wall, others had the processor.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

struct Produced {
  std::atomic<std::uint64_t> events{0};
  std::atomic<double> thread_seconds{0};
};

/// Sections in batches, at the rate or as fast as it goes. Time in which the thread had no
/// processor is not made up for: that would be a burst above the rate.
void record_at_rate(Live w, double events_per_second, Produced& produced) {
  using std::chrono::steady_clock;
  constexpr std::uint64_t sections_per_batch = 64;
  const auto batch_time = std::chrono::duration_cast<steady_clock::duration>(
      std::chrono::duration<double>(2 * sections_per_batch / events_per_second));
  const double seconds_before = thread_seconds();
  const auto end = steady_clock::now() + std::chrono::seconds(1);
  std::uint64_t recorded = 0;
  for (auto now = steady_clock::now(), next = now; now < end; next = std::max(next, now)) {
    for (std::uint64_t i = 0; i < sections_per_batch; ++i) {
      w.rcu_read_lock();
      w.rcu_read_unlock();
    }
    recorded += 2 * sections_per_batch;
    next += batch_time;
    do {
      now = steady_clock::now();
    } while (now < next);
  }
  produced.events += recorded;
  produced.thread_seconds += thread_seconds() - seconds_before;
}

/// Arguments: threads, and millions of events per second of all of them together.
void recorder_under_load(benchmark::State& state) {
  const auto threads = static_cast<int>(state.range(0));
  const double rate = 1e6 * static_cast<double>(state.range(1)) / threads;
  std::uint64_t recorded_count = 0, lost_count = 0, kept_count = 0;
  double seconds = 0, busy_seconds = 0;
  for (auto _ : state) {
    LiveOptions options;  // as every run has them
    options.timeout = 600'000'000'000;
    LiveRun run(options);
    const auto produced = std::make_shared<Produced>();
    const auto start = std::chrono::steady_clock::now();
    run.run_once([threads, rate, produced](Live w) {
      for (int i = 0; i < threads; ++i) {
        w.declare({"recorder " + std::to_string(i), ActorKind::process, {}, [w, rate, produced] {
                     record_at_rate(w, rate, *produced);
                   }});
      }
      w.run_actors();
    });
    seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const LiveResult result = run.result();
    recorded_count += produced->events;
    busy_seconds += produced->thread_seconds / threads;
    lost_count += result.statistics.events_lost_count;
    kept_count += result.trace.size();
  }
  const auto recorded = static_cast<double>(recorded_count);
  state.counters["events_per_second"] = recorded / seconds;
  // By what the threads needed themselves: the rest of the time others had their processors.
  state.counters["events_per_busy_second"] = recorded / busy_seconds;
  state.counters["events_recorded"] = recorded;
  state.counters["events_in_trace"] = static_cast<double>(kept_count);
  state.counters["events_lost"] = static_cast<double>(lost_count);
}
BENCHMARK(recorder_under_load)
    ->ArgNames({"threads", "Mevents"})
    ->Args({1, 10})
    ->Args({2, 10})
    ->Args({2, 1000})
    ->Iterations(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// The consumer's half: what a drain costs for each event.
void drain(benchmark::State& state) {
  constexpr std::uint32_t slots = 1U << 16;
  EventRing ring(slots);
  for (auto _ : state) {
    state.PauseTiming();
    EventPieces pieces;
    for (std::uint32_t i = 0; i < slots; ++i) ring.record(Event{});
    state.ResumeTiming();
    ring.drain([&pieces](std::span<const Event> events) { pieces.append(events); });
    benchmark::DoNotOptimize(pieces);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * slots);
}
BENCHMARK(drain);

}  // namespace
}  // namespace rcuscope

#endif  // RCUSCOPE_LIVE

BENCHMARK_MAIN();
