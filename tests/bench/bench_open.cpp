// SPDX-License-Identifier: LGPL-2.1-or-later
// A native trace of ten million events: saved, opened, and made ready for its first picture.
//
// `bench_open --trace=PATH ...` leaves the trace there, for other readers of the same file.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "io/format.h"
#include "io/native.h"
#include "trace/builder.h"
#include "trace/lanes.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t event_count = 10'000'000;

/// Four readers with sections of their own lengths, and a grace period for each thousand of them.
TraceStore make_trace() {
  TraceBuilder builder(Clock::nanoseconds);
  constexpr int readers = 4, round = 1000;
  for (int i = 0; i < readers; ++i) {
    builder.add_actor({"reader " + std::to_string(i), ActorKind::process, {}});
  }
  const ActorId gp_actor = builder.add_actor({"rcu_gp_kthread", ActorKind::grace_period, {}});
  builder.set_metadata("scenario", "ten million events");
  for (std::int64_t i = 0; i < event_count; ++i) {
    Event event;
    event.time = 100 * i;
    const std::int64_t in_round = i % round;
    if (in_round == 0 || in_round == round - 1) {
      event.kind = in_round == 0 ? EventKind::grace_period_start : EventKind::grace_period_end;
      event.actor = static_cast<std::uint16_t>(gp_actor.value);
      event.grace_period.value = static_cast<std::int32_t>(i / round);
    } else {
      const std::int64_t turn = in_round - 1;
      const bool is_lock = turn / readers % 2 == 0;
      event.kind = is_lock ? EventKind::rcu_read_lock : EventKind::rcu_read_unlock;
      event.actor = static_cast<std::uint16_t>(turn % readers);
      event.value = is_lock ? 1 : 0;
    }
    builder.add(event);
  }
  return builder.build();
}

/// The trace on disk, made once; removed at the end if nobody gave it a place.
class TraceOnDisk {
 public:
  explicit TraceOnDisk(const std::optional<fs::path>& wanted)
      : path_(wanted ? *wanted
                     : fs::temp_directory_path() / ("rcuscope-" + std::to_string(getpid()))),
        is_ours_(!wanted) {
    save_native(make_trace(), path_);
  }
  ~TraceOnDisk() {
    if (is_ours_) fs::remove_all(path_);
  }
  TraceOnDisk(const TraceOnDisk&) = delete;
  TraceOnDisk& operator=(const TraceOnDisk&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  bool is_ours_;
};

void open_native(benchmark::State& state, const fs::path& path) {
  for (auto _ : state) benchmark::DoNotOptimize(read_native(path));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * event_count);
}

void make_lanes(benchmark::State& state, const fs::path& path) {
  const TraceStore trace = read_native(path);
  for (auto _ : state) benchmark::DoNotOptimize(compute_lanes(trace));
}

}  // namespace
}  // namespace rcuscope

int main(int argc, char** argv) {
  using namespace rcuscope;
  std::optional<fs::path> wanted;
  constexpr std::string_view option = "--trace=";
  if (argc > 1 && std::string_view(argv[1]).starts_with(option)) {
    wanted = std::string_view(argv[1]).substr(option.size());
    argv[1] = argv[0];
    ++argv;
    --argc;
  }
  benchmark::Initialize(&argc, argv);
  const TraceOnDisk trace(wanted);
  const auto add = [&trace](const char* name, auto run) {
    benchmark::RegisterBenchmark(name, [&trace, run](benchmark::State& state) {
      run(state, trace.path());
    })->Unit(benchmark::kMillisecond);
  };
  add("open_native", &open_native);
  add("make_lanes", &make_lanes);
  benchmark::RunSpecifiedBenchmarks();
}
