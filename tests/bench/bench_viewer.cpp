// SPDX-License-Identifier: LGPL-2.1-or-later
// The viewer's frames: CPU time to build the draw list at every zoom, and to draw it with the CPU
// rasteriser and with OpenGL (EGL surfaceless, glFinish; llvmpipe where there is no graphics card).
//
//   bench_viewer [EVENTS [FRAMES [VISIBLE]]]   default 10 000 000 and 300; one row for each zoom,
//                                              or only the one at which so many events are seen
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app.h"
#include "backend.h"
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

double process_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct FrameTimes {
  Percentiles cpu, wall;
};

/// Of drawing the pixels of one frame again and again; llvmpipe does it in several threads.
FrameTimes measure_drawing(App& app, int frame_count) {
  std::vector<double> cpu, wall;
  app.frame();
  app.frame();
  app.render();
  for (int i = 0; i < frame_count; ++i) {
    const double before = process_milliseconds();
    const auto start = std::chrono::steady_clock::now();
    app.render();
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - start;
    cpu.push_back(process_milliseconds() - before);
    wall.push_back(passed.count());
  }
  return {percentiles(std::move(cpu)), percentiles(std::move(wall))};
}

/// The same views with each backend that works here. Return: the session, for the next one.
Session draw_views(Session session, Backend backend, float scale, int frame_count) {
  const double whole = session.limits().end - session.limits().start;
  const WindowSize framebuffer{static_cast<int>(1600 * scale), static_cast<int>(900 * scale)};
  App app(std::move(session), [&] { return make_picture_window(backend, framebuffer, scale); });
  for (const double share : {1.0, 1e-2, 1e-4}) {
    app.session().view = clamped({0, whole * share}, app.session().limits());
    const FrameTimes times = measure_drawing(app, frame_count);
    std::printf("%-4s %4d x %4d %9.4f %% %8.1f %8.1f %9.1f %8.1f\n",
                backend == Backend::egl ? "egl" : "cpu", framebuffer.width_px,
                framebuffer.height_px, share * 100, times.cpu.p50, times.cpu.p99, times.wall.p50,
                times.wall.p99);
  }
  return std::move(app.session());
}

void compare_backends(Session session, int frame_count) {
  std::string renderer;
  const std::string problem = find_egl_problem(renderer);
  std::printf("\nframe times without the draw list, ms; egl: %s\n",
              (problem.empty() ? renderer : problem).c_str());
  std::printf("     framebuffer   of trace   CPU p50      p99  wall p50      p99\n");
  for (const Backend backend : {Backend::cpu, Backend::egl}) {
    if (backend == Backend::egl && !problem.empty()) continue;
    for (const float scale : {1.0f, 2.0f}) {
      session = draw_views(std::move(session), backend, scale, frame_count);
    }
  }
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
  std::printf("CPU ms            draw list\n");
  std::printf("visible events    p50    p99    most\n");
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
    std::printf("%14.0f %6.2f %6.2f %7.2f\n", share * static_cast<double>(event_count), p.p50,
                p.p99, p.most);
    worst = std::max(worst, p.p99);
  }
  std::printf("worst p99 of all zooms: %.2f ms\n", worst);
  compare_backends(std::move(app.session()), std::min(frame_count, 100));
  return 0;
}
