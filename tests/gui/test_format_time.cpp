// SPDX-License-Identifier: LGPL-2.1-or-later
// TimeFormat: times as people read and write them.
#include "format_time.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

TEST(TimeFormat, nanoseconds_are_shown_in_the_unit_of_the_trace) {
  const TimeFormat format(sample::safe_trace());
  EXPECT_EQ(format.instant(72'800), "72.8 µs");
  EXPECT_EQ(format.duration(20'800), "20.8 µs");
  EXPECT_EQ(format.duration(26'000), "26 µs");
}

TEST(TimeFormat, steps_are_whole) {
  const TimeFormat format(sample::safe_trace(Clock::steps));
  EXPECT_EQ(format.instant(42.7), "step 42");
  EXPECT_EQ(format.duration(1), "1 step");
  EXPECT_EQ(format.duration(12), "12 steps");
}

TEST(TimeFormat, parsing_is_the_inverse_of_showing) {
  const TimeFormat live(sample::safe_trace());
  EXPECT_EQ(live.parse("72.8us"), 72'800);
  EXPECT_EQ(live.parse("72.8 µs"), 72'800);
  EXPECT_EQ(live.parse("0.1ms"), 100'000);
  EXPECT_EQ(live.parse("500"), 500);
  const TimeFormat model(sample::safe_trace(Clock::steps));
  EXPECT_EQ(model.parse("42"), 42);
}

TEST(TimeFormat, nonsense_is_not_a_time) {
  const TimeFormat live(sample::safe_trace());
  for (const char* text : {"", "soon", "1 parsec", "inf", "nan", "1e300s"}) {
    EXPECT_FALSE(live.parse(text)) << text;
  }
  EXPECT_FALSE(TimeFormat(sample::safe_trace(Clock::steps)).parse("3us"));
}

TEST(TimeFormat, ticks_are_at_round_distances) {
  const TimeFormat format(sample::safe_trace());
  EXPECT_DOUBLE_EQ(format.tick_distance(6'000), 10'000);
  EXPECT_DOUBLE_EQ(format.tick_distance(4'000), 5'000);
  EXPECT_DOUBLE_EQ(format.tick_distance(0.01), 1);
}

TEST(TimeFormat, numbers_are_grouped_by_thousands) {
  EXPECT_EQ(with_thousands("1284"), "1 284");
  EXPECT_EQ(with_thousands("999"), "999");
  EXPECT_EQ(with_thousands("1234567"), "1 234 567");
}

TEST(TimeFormat, zoomed_in_times_have_more_decimals) {
  const TimeFormat format(sample::safe_trace());
  EXPECT_EQ(format.number_in_view(72'812, 120'000), "72.8");
  EXPECT_EQ(format.number_in_view(72'812, 5'000), "72.812");
}

TEST(TimeFormat, rows_differ_where_their_times_do) {
  const TimeFormat format(sample::repeated_trace(2));
  EXPECT_EQ(format.number_of_row(10'100'000, 20e6, 0), "10.1");
  EXPECT_EQ(format.number_of_row(10'100'400, 20e6, 400), "10.1004");
  EXPECT_EQ(format.number_of_row(10'100'401, 20e6, 1), "10.100401");
  EXPECT_EQ(format.number_of_row(10'100'400, 200e3, 400), "10100.4");
  EXPECT_EQ(format.number_of_row(150, 500, 1), "150") << "no part of a nanosecond";
}

TEST(TimeFormat, instant_follows_the_view) {
  const TimeFormat format(sample::repeated_trace(2));
  EXPECT_EQ(format.instant_in_view(10'100'400, 20e6), "10.10 ms");
  EXPECT_EQ(format.instant_in_view(10'100'400, 200e3), "10100.4 µs");
}

}  // namespace
}  // namespace rcuscope::gui
