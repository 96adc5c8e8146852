// SPDX-License-Identifier: LGPL-2.1-or-later
// TimeView and TimeAxis: zooming, panning and the way between time and pixels.
#include "timeline/view.h"

#include <gtest/gtest.h>

namespace rcuscope::gui {
namespace {

constexpr ViewLimits limits{0, 100, 4};

TEST(TimeView, zoom_keeps_the_time_under_the_pointer) {
  const TimeAxis before{{20, 60}, 100, 500};
  const double time = before.to_time(200);
  const TimeAxis after{zoomed(before.view, time, 0.5, limits), 100, 500};
  EXPECT_DOUBLE_EQ(after.view.span(), 20);
  EXPECT_NEAR(after.to_x(time), 200, 1e-3);
}

TEST(TimeView, zoom_stops_at_the_smallest_span) {
  TimeView view{40, 60};
  for (int i = 0; i < 50; ++i) view = zoomed(view, 50, 0.8, limits);
  EXPECT_DOUBLE_EQ(view.span(), 4);
}

TEST(TimeView, zoom_out_stops_at_the_whole_trace) {
  TimeView view{40, 60};
  for (int i = 0; i < 50; ++i) view = zoomed(view, 41, 1.25, limits);
  EXPECT_DOUBLE_EQ(view.start, 0);
  EXPECT_DOUBLE_EQ(view.end, 100);
}

TEST(TimeView, panning_keeps_the_span_and_stays_within_the_limits) {
  const TimeView right = panned({20, 60}, 1000, limits);
  EXPECT_DOUBLE_EQ(right.start, 60);
  EXPECT_DOUBLE_EQ(right.end, 100);
  const TimeView left = panned({20, 60}, -1000, limits);
  EXPECT_DOUBLE_EQ(left.start, 0);
  EXPECT_DOUBLE_EQ(left.span(), 40);
}

TEST(TimeView, revealing_moves_no_further_than_needed) {
  const TimeView still = revealed({20, 60}, 40, limits);
  EXPECT_DOUBLE_EQ(still.start, 20);
  const TimeView moved = revealed({20, 60}, 70, limits);
  EXPECT_DOUBLE_EQ(moved.end, 72);
  EXPECT_DOUBLE_EQ(moved.span(), 40);
}

TEST(TimeView, trace_shorter_than_the_smallest_span_is_shown_whole) {
  const ViewLimits tiny{0, 2, 4};
  const TimeView view = zoomed({0, 2}, 1, 0.1, tiny);
  EXPECT_DOUBLE_EQ(view.start, 0);
  EXPECT_DOUBLE_EQ(view.end, 2);
}

TEST(TimeAxis, pixels_and_times_are_inverse_at_nanosecond_scale) {
  // Three days of CLOCK_MONOTONIC, 1 microsecond on the screen.
  const double start = 3.0 * 86400 * 1e9;
  const TimeAxis axis{{start, start + 1000}, 0, 1000};
  EXPECT_NEAR(axis.to_x(start + 250), 250, 0.01);
  EXPECT_NEAR(axis.to_time(250) - start, 250, 0.1);
}

TEST(TimeAxis, far_away_times_stay_drawable) {
  const TimeAxis axis{{0, 1}, 0, 1000};
  EXPECT_LE(axis.to_x(1e15), 1.1e5f + 1000);
  EXPECT_GE(axis.to_x(-1e15), -1.1e5f);
}

}  // namespace
}  // namespace rcuscope::gui
