// SPDX-License-Identifier: LGPL-2.1-or-later
// The viewer's frames: CPU time to build the draw list at every zoom, and to rasterise it.
//
//   bench_viewer [EVENTS [FRAMES [VISIBLE]]]   default 10 000 000 and 300; one row for each zoom,
//                                              or only the one at which so many events are seen
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "app.h"
#include "bench/large_trace.h"

namespace {

using namespace rcuscope;
using namespace rcuscope::gui;

double thread_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Percentiles {
  double p50, p99, most;
};

Percentiles percentiles(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values[values.size() * 99 / 100], values.back()};
}

/// Frames at random places of one zoom. Each shows another part, so nothing can be kept.
Percentiles measure(App& app, double span, int frame_count, Random& random) {
  std::vector<double> times;
  const ViewLimits& limits = app.session().limits();
  for (int i = 0; i < frame_count; ++i) {
    const double room = std::max(0.0, limits.end - limits.start - span);
    const double start = limits.start + room * static_cast<double>(random.below(1'000'000)) / 1e6;
    app.session().view = clamped({start, start + span}, limits);
    const double before = thread_milliseconds();
    app.frame();
    times.push_back(thread_milliseconds() - before);
  }
  return percentiles(std::move(times));
}

Percentiles measure_raster(App& app, int frame_count) {
  std::vector<double> times;
  for (int i = 0; i < frame_count; ++i) {
    const double before = thread_milliseconds();
    app.screenshot();
    times.push_back(thread_milliseconds() - before);
  }
  return percentiles(std::move(times));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t event_count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int frame_count = argc > 2 ? std::atoi(argv[2]) : 300;
  double before = thread_milliseconds();
  TraceStore trace = bench::LargeTrace(event_count).build();
  std::printf("%zu events made in %.0f ms\n", trace.size(), thread_milliseconds() - before);
  before = thread_milliseconds();
  Session session(std::move(trace));
  std::printf("session: %.0f ms, %zu lanes, %zu spans, %zu marks, %zu arrows\n",
              thread_milliseconds() - before, session.lanes().lanes.size(),
              session.lanes().spans.size(), session.lanes().marks.size(),
              session.lanes().arrows.size());
  App app(std::move(session), [] { return make_headless_window({1600, 900}, 1); });
  app.frame();
  app.frame();
  const double whole = app.session().limits().end - app.session().limits().start;
  Random random(11);
  std::printf("CPU ms            draw list               CPU raster\n");
  std::printf("visible events    p50    p99    most      p50\n");
  if (argc > 3) {
    const double visible = std::atof(argv[3]);
    const Percentiles p =
        measure(app, whole * visible / static_cast<double>(event_count), frame_count, random);
    std::printf("%14.0f %6.2f %6.2f %7.2f\n", visible, p.p50, p.p99, p.most);
    return 0;
  }
  double worst = 0;
  for (double share = 1; share * static_cast<double>(event_count) >= 50; share /= 3.1622777) {
    const Percentiles p = measure(app, whole * share, frame_count, random);
    const Percentiles raster = measure_raster(app, 5);
    std::printf("%14.0f %6.2f %6.2f %7.2f   %6.2f\n", share * static_cast<double>(event_count),
                p.p50, p.p99, p.most, raster.p50);
    worst = std::max(worst, p.p99);
  }
  std::printf("worst p99 of all zooms: %.2f ms\n", worst);
  return 0;
}
