// SPDX-License-Identifier: LGPL-2.1-or-later
// compute_layout: rows, bars, labels that do not meet, bands and arrows.
#include "timeline/layout.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "gui/fixtures.h"
#include "timeline/timeline.h"

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
    if (bar.is_error) continue;
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

TEST(Layout, findings_that_would_cover_each_other_are_one_mark_that_names_their_kinds) {
  const auto texts_at = [](double distance) {
    sample::Story s(Clock::nanoseconds);
    s.interrupt(46, 80, s.time_out);
    for (const FindingKind kind : {FindingKind::data_race, FindingKind::list_corruption}) {
      const double time = 66 + (kind == FindingKind::list_corruption ? distance : 0);
      s.at(time, s.time_out, EventKind::finding,
           {.object = s.gdevs[0],
            .value = static_cast<std::int64_t>(kind),
            .flags = event_flag::error});
    }
    Session session(s.out.build());
    session.fit();
    std::vector<std::string> texts;
    const TimelineLayout layout = LayoutOf(session, {0, 0, 700, 200}).layout;
    for (const MarkGlyph& glyph : layout.marks) {
      if (glyph.shape != MarkShape::finding) continue;
      EXPECT_TRUE(glyph.has_label) << glyph.text;
      texts.push_back(glyph.text);
    }
    return texts;
  };
  EXPECT_EQ(texts_at(0), std::vector<std::string>{"data race, list corruption"});
  EXPECT_EQ(texts_at(0.3), std::vector<std::string>{"data race, list corruption"});
  EXPECT_EQ(texts_at(8), (std::vector<std::string>{"data race", "list corruption"}));
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

TEST(Layout, reader_at_the_playhead_says_what_it_has_in_hand) {
  const Session session = test::safe_session();
  const auto& lanes = session.lanes().lanes;
  BarNotes notes;
  notes.now = 60'000;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    notes.readers[static_cast<std::int32_t>(i)] = "in hand of " + lanes[i].name;
  }
  std::vector<std::string> said;
  for (const Bar& bar : LayoutOf(session, {0, 0, 1600, 700}, notes).layout.bars) {
    if (bar.label.find("in hand of") != std::string::npos) said.push_back(bar.label);
  }
  EXPECT_EQ(said, std::vector<std::string>{"reader   in hand of ATC time-out ISR"})
      << "not the ones before and after";
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

/// Every text that marks, bars and arrows have put somewhere.
std::vector<Rect> all_labels(const TimelineLayout& layout) {
  std::vector<Rect> labels;
  for (const MarkGlyph& glyph : layout.marks) {
    if (glyph.has_label) labels.push_back(glyph.label);
  }
  for (const Bar& bar : layout.bars) {
    if (!bar.label.empty()) labels.push_back(bar.label_rect.inset(0, 4));
  }
  for (const ArrowPath& arrow : layout.arrows) {
    if (arrow.has_plate) labels.push_back(arrow.plate);
  }
  if (!layout.hidden_arrows_note.empty()) labels.push_back(layout.hidden_arrows_at);
  return labels;
}

TEST(Layout, labels_never_meet_at_any_size_and_length) {
  for (const std::int32_t repetition_count : {1, 30, 400}) {
    for (const Rect area : {Rect{0, 0, 1382, 500}, Rect{0, 0, 680, 300}, Rect{0, 0, 350, 230}}) {
      const Session session = test::repeated_session(repetition_count);
      const TimelineLayout layout = LayoutOf(session, area).layout;
      const std::vector<Rect> labels = all_labels(layout);
      for (std::size_t i = 0; i < labels.size(); ++i) {
        EXPECT_GE(labels[i].y0, layout.lanes.y0) << repetition_count << " at " << area.x1;
        EXPECT_LE(labels[i].y1, layout.lanes.y1) << repetition_count << " at " << area.x1;
        for (std::size_t j = 0; j < i; ++j) {
          EXPECT_FALSE(labels[i].overlaps(labels[j])) << repetition_count << " at " << area.x1;
        }
      }
    }
  }
}

TEST(Layout, arrows_are_all_drawn_or_all_counted) {
  const Session few = test::repeated_session(2);
  EXPECT_EQ(LayoutOf(few).layout.arrows.size(), few.lanes().arrows.size());
  EXPECT_TRUE(LayoutOf(few).layout.hidden_arrows_note.empty());
  const Session many = test::repeated_session(400);
  const TimelineLayout layout = LayoutOf(many).layout;
  EXPECT_TRUE(layout.arrows.empty()) << "not an arbitrary part of them";
  EXPECT_EQ(layout.hidden_arrow_count, many.lanes().arrows.size());
  EXPECT_EQ(layout.hidden_arrows_note, "1 200 arrows: zoom in to see them");
}

TEST(Layout, arrow_of_an_error_is_always_drawn) {
  sample::Story s(Clock::nanoseconds);
  for (std::int32_t i = 0; i < 100; ++i) sample::add_repetition(s, 10'000.0 * i, i);
  s.at(1'000'000, s.remover, EventKind::kfree, {.object = s.gdevs[0]});
  s.at(1'000'500, s.time_out, EventKind::finding,
       {.object = s.gdevs[0],
        .value = static_cast<std::int64_t>(FindingKind::use_after_free),
        .flags = event_flag::error});
  Session session(s.out.build());
  session.fit();
  const TimelineLayout layout = LayoutOf(session).layout;
  EXPECT_GT(layout.hidden_arrow_count, 0u);
  ASSERT_EQ(layout.arrows.size(), 1u);
  EXPECT_EQ(session.lanes().arrows[layout.arrows[0].arrow].kind, ArrowKind::freed_then_used);
}

TEST(Layout, what_is_said_often_is_said_once_with_its_number) {
  const Session session = test::repeated_session(30);
  const TimelineLayout layout = LayoutOf(session, {0, 0, 1382, 500}).layout;
  std::size_t said = 0;
  for (const MarkGlyph& glyph : layout.marks) {
    if (session.lanes().marks[glyph.mark].kind != EventKind::list_del_rcu || glyph.text.empty())
      continue;
    EXPECT_EQ(glyph.text, "30 × list_del_rcu");
    ++said;
  }
  EXPECT_EQ(said, 1u);
}

TEST(Layout, glyphs_that_would_cover_each_other_are_one_with_their_number) {
  const Session session = test::repeated_session(400);
  const TimelineLayout layout = LayoutOf(session).layout;
  std::map<std::int32_t, std::pair<std::size_t, float>> of_lane;  // marks so far, last x
  for (const MarkGlyph& glyph : layout.marks) {
    auto& [count, last_x] =
        of_lane.try_emplace(session.lanes().marks[glyph.mark].lane, 0, -100).first->second;
    EXPECT_GE(glyph.at.x - last_x, 9.9f);
    last_x = glyph.at.x;
    count += glyph.count;
  }
  std::size_t total = 0;
  for (const auto& [lane, seen] : of_lane) total += seen.first;
  EXPECT_EQ(total, session.lanes().marks.size()) << "none is lost";
}

TEST(Layout, folded_bars_tell_how_busy_they_are) {
  const Session session = test::repeated_session(400);
  bool has_folded = false;
  for (const FoldedBar& bar : LayoutOf(session).layout.folded) {
    if (bar.count == 1 || bar.look.kind != SpanKind::reader) continue;
    has_folded = true;
    EXPECT_LT(bar.busy_share, 0.05f) << "39 of 10 000 µs";
  }
  EXPECT_TRUE(has_folded);
}

TEST(Layout, window_of_the_overview_can_always_be_seen_and_taken) {
  const TimeAxis axis{{0, 1e6}, 100, 900};
  const auto width = [](const Stretch& s) { return s.x1 - s.x0; };
  const Stretch wide = window_stretch(axis, {1e5, 5e5}, 16);
  EXPECT_FLOAT_EQ(wide.x0, 180);
  EXPECT_FLOAT_EQ(wide.x1, 500);
  for (const double start : {0.0, 5e5, 1e6 - 100}) {
    const Stretch narrow = window_stretch(axis, {start, start + 100}, 16);
    EXPECT_FLOAT_EQ(width(narrow), 16);
    EXPECT_GE(narrow.x0, axis.x0);
    EXPECT_LE(narrow.x1, axis.x1);
  }
}

TEST(Layout, bands_that_stand_close_together_have_no_edges) {
  const Session many = test::repeated_session(400);
  for (const Band& band : LayoutOf(many).layout.bands) EXPECT_FALSE(band.has_edges);
  const Session safe = test::safe_session();
  for (const Band& band : LayoutOf(safe).layout.bands) EXPECT_TRUE(band.has_edges);
}

TEST(Layout, ruler_has_no_half_numbers) {
  for (const float width : {350.0f, 700.0f, 1003.0f}) {
    const TimelineLayout layout = LayoutOf(test::repeated_session(9), {0, 0, width, 300}).layout;
    for (const Tick& tick : layout.ticks) {
      if (tick.label.empty()) continue;
      EXPECT_LE(tick.x + 4 + test::measure_text(TextStyle::tiny, tick.label), layout.lanes.x1);
    }
  }
}

TEST(Overview, shows_puts_and_no_gets) {
  const Session session(sample::repeated_trace(3));
  const TimeAxis axis{{session.limits().start, session.limits().end}, 0, 900};
  EXPECT_EQ(overview_marks(session, axis, 0).size(), 3u);
  EXPECT_EQ(overview_marks(session, axis, 10'000).size(), 1u);
  const Session faulty = test::faulty_session();
  const auto marks = overview_marks(faulty, axis, 0);
  ASSERT_FALSE(marks.empty());
  EXPECT_TRUE(marks.back().is_error) << "above the puts";
}

}  // namespace
}  // namespace rcuscope::gui
