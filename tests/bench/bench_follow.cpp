// SPDX-License-Identifier: LGPL-2.1-or-later
// Following a recording of a million events a second: CPU time of a frame that takes in a sixtieth
// of them and draws, while the trace grows; and opening the same trace as a whole.
//
//   bench_follow [EVENTS]     default 10 000 000
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "app.h"
#include "bench/large_trace.h"
#include "io/format.h"
#include "io/native_preview.h"

namespace {

using namespace rcuscope;
using namespace rcuscope::gui;

constexpr std::size_t events_per_frame = 1'000'000 / 60;

double milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

TraceColumns part_of(const TraceColumns& c, std::size_t first, std::size_t last) {
  const auto part = [&](const auto& column) {
    using Column = std::decay_t<decltype(column)>;
    return Column(column.begin() + static_cast<std::ptrdiff_t>(first),
                  column.begin() + static_cast<std::ptrdiff_t>(last));
  };
  return {part(c.time),         part(c.kind),  part(c.actor), part(c.cpu), part(c.object),
          part(c.grace_period), part(c.value), part(c.flags), {}};
}

void follow(const TraceStore& whole) {
  const std::size_t start = 100'000;
  Session session(TraceStore(whole.clock(), part_of(whole.columns(), 0, start), whole.names(), 0));
  session.reserve(whole.size());
  session.follows_end = true;
  session.fit();
  App app(std::move(session), [] { return make_headless_window({1600, 900}, 1); });
  app.frame();
  std::vector<double> times;
  for (std::size_t at = start; at + events_per_frame <= whole.size(); at += events_per_frame) {
    const TraceColumns news = part_of(whole.columns(), at, at + events_per_frame);
    const double before = milliseconds(CLOCK_THREAD_CPUTIME_ID);
    app.session().extend(news, whole.names(), 0);
    app.frame();
    times.push_back(milliseconds(CLOCK_THREAD_CPUTIME_ID) - before);
  }
  std::sort(times.begin(), times.end());
  std::printf("follow: %zu frames of %zu new events: CPU ms p50 %.2f, p99 %.2f, most %.2f\n",
              times.size(), events_per_frame, times[times.size() / 2],
              times[times.size() * 99 / 100], times.back());
}

/// Wall time until the first picture, and until the whole trace is there.
void open(const TraceStore& whole) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "rcuscope-bench-open";
  save_native(whole, path);
  const double before = milliseconds(CLOCK_MONOTONIC);
  App app(Session(TraceStore()), [] { return make_headless_window({1600, 900}, 1); });
  app.open(path.string(), true);
  double first = 0;
  while (app.is_working()) {
    app.frame();
    if (first == 0 && app.session().trace().size() > 0) {
      app.screenshot();
      first = milliseconds(CLOCK_MONOTONIC) - before;
    }
  }
  std::printf("open: first picture after %.0f ms, all %zu events after %.0f ms\n", first,
              app.session().trace().size(), milliseconds(CLOCK_MONOTONIC) - before);
  std::filesystem::remove_all(path);
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t event_count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const TraceStore whole = bench::LargeTrace(event_count).build();
  follow(whole);
  open(whole);
  return 0;
}
