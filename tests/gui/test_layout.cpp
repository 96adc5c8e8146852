// SPDX-License-Identifier: LGPL-2.1-or-later
// compute_layout: rows, bars, labels that do not meet, bands and arrows.
#include "timeline/layout.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

using test::LayoutOf;

TEST(Layout, every_lane_has_a_row_and_rows_fill_the_area) {
  const Session session = test::safe_session();
  const TimelineLayout layout = LayoutOf(session, {0, 0, 1000, 600}).layout;
  ASSERT_EQ(layout.rows.size(), session.lanes().lanes.size());
  EXPECT_NEAR(layout.rows.back().rect.y1, layout.lanes.y1, 10);
  for (std::size_t i = 1; i < layout.rows.size(); ++i) {
    EXPECT_FLOAT_EQ(layout.rows[i].rect.y0, layout.rows[i - 1].rect.y1);
  }
}

TEST(Layout, rows_that_do_not_fit_scroll) {
  Session session = test::safe_session();
  const Rect area{0, 0, 1000, 200};
  const TimelineLayout top = LayoutOf(session, area).layout;
  EXPECT_GT(top.content_height, top.lanes.height());
  EXPECT_EQ(top.rows.front().lane, 0u);
  session.lane_scroll_px = 1e6f;
  const TimelineLayout bottom = LayoutOf(session, area).layout;
  EXPECT_EQ(bottom.rows.back().lane, session.lanes().lanes.size() - 1);
  EXPECT_NEAR(bottom.rows.back().rect.y1, bottom.lanes.y1, 1);
}

TEST(Layout, bars_stand_where_their_times_are) {
  const Session session = test::safe_session();
  const TimelineLayout layout = LayoutOf(session).layout;
  for (const Bar& bar : layout.bars) {
    const Span& span = session.lanes().spans[bar.span];
    if (bar.count != 1 || span.is_error) continue;
    EXPECT_NEAR(bar.rect.x0, layout.axis.to_x(static_cast<double>(span.start)), 8.1);
    EXPECT_GE(bar.rect.width(), 3);
  }
}

TEST(Layout, labels_of_marks_do_not_meet) {
  for (const Clock clock : {Clock::nanoseconds, Clock::steps}) {
    const Session session = test::faulty_session(clock);
    const TimelineLayout layout = LayoutOf(session).layout;
    for (std::size_t i = 0; i < layout.marks.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (!layout.marks[i].has_label || !layout.marks[j].has_label) continue;
        EXPECT_FALSE(layout.marks[i].label.overlaps(layout.marks[j].label));
      }
    }
  }
}

TEST(Layout, labels_stay_inside_the_lanes) {
  const Session session = test::safe_session(Clock::steps);
  const TimelineLayout layout = LayoutOf(session).layout;
  for (const MarkGlyph& glyph : layout.marks) {
    if (!glyph.has_label) continue;
    EXPECT_GE(glyph.label.x0, layout.lanes.x0);
    EXPECT_LE(glyph.label.x1, layout.lanes.x1);
  }
}

TEST(Layout, bar_labels_fit_their_bars) {
  const Session session = test::safe_session();
  for (const Bar& bar : LayoutOf(session).layout.bars) {
    if (bar.label.empty()) continue;
    EXPECT_LE(bar.label_rect.x1, bar.rect.x1);
    EXPECT_GE(bar.label_rect.x0, bar.rect.x0);
  }
}

TEST(Layout, finding_always_shows_its_name) {
  const Session session = test::faulty_session(Clock::steps);
  const TimelineLayout layout = LayoutOf(session).layout;
  const auto finding =
      std::find_if(layout.marks.begin(), layout.marks.end(),
                   [](const MarkGlyph& glyph) { return glyph.shape == MarkShape::finding; });
  ASSERT_NE(finding, layout.marks.end());
  EXPECT_TRUE(finding->has_label);
  EXPECT_LE(finding->label.x1, layout.lanes.x1);
}

TEST(Layout, faulty_reader_is_right_until_the_error) {
  const Session session = test::faulty_session();
  const TimelineLayout layout = LayoutOf(session).layout;
  const auto bar = std::find_if(layout.bars.begin(), layout.bars.end(), [&](const Bar& b) {
    return session.lanes().spans[b.span].is_error;
  });
  ASSERT_NE(bar, layout.bars.end());
  EXPECT_NEAR(bar->error_x, layout.axis.to_x(66'200), 1);
  EXPECT_LT(bar->rect.x0, bar->error_x);
  EXPECT_GT(bar->rect.x1, bar->error_x);
}

TEST(Layout, grace_periods_are_bands_with_titles) {
  const Session session = test::safe_session();
  const TimelineLayout layout = LayoutOf(session).layout;
  ASSERT_EQ(layout.bands.size(), 2u);
  EXPECT_EQ(layout.bands[0].title, "Grace period 1041");
  EXPECT_EQ(layout.bands[0].duration, "26 µs");
  EXPECT_LT(layout.bands[0].x1, layout.bands[1].x0);
}

TEST(Layout, reader_that_holds_up_a_grace_period_says_so) {
  const Session session = test::safe_session();
  const TimelineLayout layout = LayoutOf(session, {0, 0, 1000, 700}).layout;
  EXPECT_TRUE(std::any_of(layout.bars.begin(), layout.bars.end(), [](const Bar& bar) {
    return bar.caption == "began before GP 1042: must end first";
  }));
}

TEST(Layout, arrows_go_from_cause_to_effect) {
  const Session session = test::safe_session();
  const TimelineLayout layout = LayoutOf(session).layout;
  ASSERT_FALSE(layout.arrows.empty());
  for (const ArrowPath& path : layout.arrows) {
    EXPECT_LE(path.from.x, path.to.x + 1);
    if (path.has_plate) {
      EXPECT_GE(path.plate.x0, layout.lanes.x0);
    }
  }
}

TEST(Layout, events_of_one_step_are_in_its_middle) {
  EXPECT_DOUBLE_EQ(drawn_time(Clock::steps, 7), 7.5);
  EXPECT_DOUBLE_EQ(drawn_time(Clock::nanoseconds, 7), 7);
}

TEST(Layout, dots_give_way_when_they_would_be_a_line) {
  Session session = test::safe_session(Clock::steps);
  EXPECT_FALSE(LayoutOf(session, {0, 0, 1000, 500}).layout.dots.empty());
  EXPECT_TRUE(LayoutOf(session, {0, 0, 12, 500}).layout.dots.empty());
}

TEST(Layout, one_pixel_and_no_lanes_are_no_trouble) {
  Session empty{TraceStore()};
  EXPECT_TRUE(LayoutOf(empty).layout.rows.empty());
  const Session session = test::safe_session();
  EXPECT_NO_FATAL_FAILURE(LayoutOf(session, Rect{0, 0, 1, 1}));
}

}  // namespace
}  // namespace rcuscope::gui
