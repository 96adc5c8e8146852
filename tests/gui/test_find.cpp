// SPDX-License-Identifier: LGPL-2.1-or-later
// Finding and measuring with mouse and keyboard: injected events against a viewer without display.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "gui/fixtures.h"
#include "navigate.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

using test::make_app;

TEST(Find, slash_and_text_search_and_enter_goes_to_the_next_match) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  app->run_script("key home; key /; type list_del_rcu");
  EXPECT_EQ(session.search.text, "list_del_rcu");
  ASSERT_EQ(session.search.matches.size(), 1u);
  app->run_script("key enter");
  EXPECT_EQ(session.selected_event(), session.search.matches[0]);
  EXPECT_EQ(session.playback.playhead(), session.trace().time(session.search.matches[0]));
  EXPECT_EQ(match_number(session), 1u);
}

TEST(Find, keys_are_text_while_the_search_has_the_focus) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  const ThemeName theme = session.theme;
  app->run_script("click search; type mt  ? [");
  EXPECT_EQ(session.search.text, "mt  ? [");
  EXPECT_EQ(session.theme, theme);
  EXPECT_FALSE(session.shows_help);
  EXPECT_TRUE(session.bookmarks.empty());
  app->run_script("key backspace; key backspace");
  EXPECT_EQ(session.search.text, "mt  ?");
  app->run_script("key escape; key t");
  EXPECT_EQ(session.search.text, "");
  EXPECT_NE(session.theme, theme) << "after Esc, keys are commands again";
}

TEST(Find, click_in_the_timeline_leaves_the_search_but_keeps_its_matches) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  app->run_script("key /; type reader; click timeline@0.999,0.999");
  EXPECT_FALSE(session.search.is_focused);
  EXPECT_FALSE(session.search.matches.empty());
  app->run_script("key n");
  const auto first = session.selected_event();
  app->run_script("key n");
  EXPECT_NE(session.selected_event(), first);
  app->run_script("key p");
  EXPECT_EQ(session.selected_event(), first);
}

TEST(Find, arrow_keys_still_step_while_searching) {
  const auto app = make_app(test::safe_session());
  const Timestamp before = app->session().playback.playhead();
  app->run_script("key /; type x; key right");
  EXPECT_GT(app->session().playback.playhead(), before);
}

TEST(Range, dragging_measures_and_the_card_says_what_is_in_it) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  app->run_script("double timeline@0.999,0.999; drag timeline@0.02,0.9 900");
  ASSERT_TRUE(session.range);
  EXPECT_NEAR(session.range->length(), session.view.span() * 900 / (1600 - 218 - 336), 500);
  EXPECT_NE(app->widgets().find("range"), nullptr);
  EXPECT_EQ(session.selection.kind, Selection::Kind::none);
}

TEST(Range, dragging_to_the_left_measures_the_same) {
  const auto app = make_app(test::safe_session());
  app->run_script("drag timeline@0.2,0.9 300");
  const TimeRange right = *app->session().range;
  app->run_script("click range.close");
  EXPECT_FALSE(app->session().range);
  const double pixels = 1600 - 218 - 336;
  app->run_script("drag timeline@" + std::to_string(0.2 + 300 / pixels) + ",0.9 -300");
  EXPECT_NEAR(app->session().range->from, right.from, 100);
  EXPECT_NEAR(app->session().range->to, right.to, 100);
}

TEST(Range, steps_are_measured_in_whole_ones) {
  const auto app = make_app(test::safe_session(Clock::steps));
  app->run_script("drag timeline@0.2,0.9 123");
  const TimeRange range = *app->session().range;
  EXPECT_EQ(range.from, static_cast<double>(static_cast<Timestamp>(range.from)));
  EXPECT_EQ(range.to, static_cast<double>(static_cast<Timestamp>(range.to)));
}

TEST(Range, zoom_shows_it_and_loop_plays_it_again) {
  const auto app = make_app(test::safe_session(Clock::steps));
  Session& session = app->session();
  app->run_script("drag timeline@0.3,0.9 200; click range.zoom");
  EXPECT_LE(session.view.start, session.range->from);
  EXPECT_GE(session.view.end, session.range->to);
  EXPECT_LT(session.view.span(), session.range->length() * 1.5 + 4);
  app->run_script("click range.loop; click speed:3; key space; wait 120");
  EXPECT_TRUE(session.playback.is_playing());
  EXPECT_GE(session.playback.position(), session.range->from);
  EXPECT_LT(session.playback.position(), session.range->to);
}

TEST(Range, escape_takes_it_back_and_the_loop_with_it) {
  const auto app = make_app(test::safe_session());
  app->run_script("drag timeline@0.3,0.9 200; key l");
  EXPECT_TRUE(app->session().playback.loop());
  app->run_script("key escape");
  EXPECT_FALSE(app->session().range);
  EXPECT_FALSE(app->session().playback.loop());
}

TEST(Range, narrow_windows_and_empty_ranges_are_no_trouble) {
  for (const WindowSize size : {WindowSize{200, 150}, WindowSize{500, 300}, WindowSize{850, 500}}) {
    const auto app = make_app(test::faulty_session(), 1, size);
    app->session().set_range(10, 10);
    app->run_script("key m; key /; type kfree; key l; key ]; wait 2; key escape; key ?; wait 1");
    EXPECT_EQ(app->screenshot().width, size.width_px);
  }
}

TEST(Range, out_of_sight_it_leaves_nothing_in_the_lanes) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  const auto lanes = [&] {
    app->frame();
    const Image image = app->screenshot();
    std::vector<std::uint32_t> pixels;
    for (int y = 60; y < 590; ++y) {
      for (int x = 219; x < 1600 - 337; ++x) pixels.push_back(image.rgb(x, y));
    }
    return pixels;
  };
  const double start = session.limits().start, end = session.limits().end;
  for (const bool is_later : {true, false}) {
    const double middle = (start + end) / 2, tenth = (end - start) / 10;
    session.view = is_later ? TimeView{start, middle} : TimeView{middle, end};
    session.clear_range();
    const auto before = lanes();
    is_later ? session.set_range(end - tenth, end) : session.set_range(start, start + tenth);
    EXPECT_TRUE(lanes() == before) << "is_later " << is_later;
  }
}

TEST(FindPicture, matches_bookmarks_and_range_are_seen) {
  const Theme theme = make_theme(ThemeName::light);
  const auto accent = [&](App& app) { return test::share_of(app.screenshot(), theme.accent); };
  const auto app = make_app(test::safe_session());
  const double before = accent(*app);
  app->run_script("key /; type reader; click timeline@0.999,0.999; wait 1");
  const double with_matches = accent(*app);
  EXPECT_GT(with_matches, before);
  app->run_script("drag timeline@0.3,0.9 200");
  EXPECT_GT(accent(*app), with_matches);
  const double mutex = test::share_of(app->screenshot(), theme.mutex);
  app->run_script("key m; key right");
  EXPECT_GT(test::share_of(app->screenshot(), theme.mutex), mutex);
}

}  // namespace
}  // namespace rcuscope::gui
