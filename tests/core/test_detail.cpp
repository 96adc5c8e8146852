// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of levels of detail: what is left out stands beside what is drawn.
#include "trace/detail.h"

#include <gtest/gtest.h>

namespace rcuscope {
namespace {

using Positions = std::vector<std::int32_t>;
using Ends = std::vector<Timestamp>;

TEST(Detail, short_intervals_of_a_slot_become_one) {
  const std::vector<Interval> intervals = {{0, 1, 0}, {2, 3, 0}, {9, 10, 0}, {10, 11, 0}};
  const DetailLevel level = detail_at(intervals, 10);
  EXPECT_EQ(level.intervals, (Positions{0, 3}));
  EXPECT_EQ(level.ends, (Ends{10, 11}));
}

TEST(Detail, slots_do_not_stand_for_each_other) {
  const std::vector<Interval> intervals = {{0, 1, 0}, {1, 2, 1}, {2, 3, 0}};
  EXPECT_EQ(detail_at(intervals, 10).intervals, (Positions{0, 1}));
}

TEST(Detail, long_intervals_and_errors_are_drawn_at_every_level) {
  const std::vector<Interval> intervals = {{0, 1, 0}, {1, 50, 0}, {2, 3, 0, true}, {3, 4, 0}};
  const DetailLevel level = detail_at(intervals, 10);
  EXPECT_EQ(level.intervals, (Positions{0, 1, 2}));
  EXPECT_EQ(level.ends, (Ends{4, 50, 3}));
}

TEST(Detail, levels_go_from_coarse_to_fine_while_they_leave_something_out) {
  std::vector<Interval> intervals;
  for (Timestamp time = 0; time < 100'000; ++time) intervals.push_back({time, time, 0});
  const std::vector<DetailLevel> levels = detail_levels(intervals);
  ASSERT_EQ(levels.size(), 3u);
  EXPECT_EQ(levels[0].resolution, 97);
  EXPECT_EQ(levels[0].intervals.size(), 1031u);
  EXPECT_EQ(levels[2].resolution, 6);
  EXPECT_LT(levels[1].intervals.size(), levels[2].intervals.size());
}

TEST(Detail, few_intervals_have_no_levels) {
  EXPECT_TRUE(detail_levels({}).empty());
  const std::vector<Interval> intervals = {{0, 10, 0}, {5, 20, 1}};
  EXPECT_TRUE(detail_levels(intervals).empty());
}

}  // namespace
}  // namespace rcuscope
