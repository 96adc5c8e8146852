// SPDX-License-Identifier: LGPL-2.1-or-later
// The application without a display: scripts click, drag and type, pictures are compared.
#include "app.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "fonts.h"
#include "gui/fixtures.h"
#include "keys.h"
#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

using test::make_app;

TEST(App, play_button_plays_and_pauses) {
  const auto app = make_app(test::safe_session());
  const Timestamp start = app->session().playback.playhead();
  app->run_script("click play; wait 30");
  EXPECT_TRUE(app->session().playback.is_playing());
  EXPECT_GT(app->session().playback.playhead(), start);
  app->run_script("click play");
  EXPECT_FALSE(app->session().playback.is_playing());
}

TEST(App, buttons_step_and_jump) {
  const auto app = make_app(test::safe_session(Clock::steps));
  Session& session = app->session();
  const Timestamp start = session.playback.playhead();
  app->run_script("click step");
  EXPECT_EQ(session.playback.playhead(), start + 1);
  app->run_script("click back; click back");
  EXPECT_EQ(session.playback.playhead(), start - 1);
  app->run_script("click end");
  EXPECT_EQ(session.playback.playhead(), session.trace().end());
  app->run_script("click start");
  EXPECT_EQ(session.playback.playhead(), session.trace().start());
}

TEST(App, speed_buttons_choose_the_speed) {
  const auto app = make_app(test::safe_session());
  app->run_script("click speed:3");
  EXPECT_EQ(app->session().playback.speed(), 3);
}

TEST(App, keys_work) {
  const auto app = make_app(test::safe_session());
  app->run_script("key space");
  EXPECT_TRUE(app->session().playback.is_playing());
  app->run_script("key space");
  EXPECT_FALSE(app->session().playback.is_playing());
  app->run_script("key t");
  EXPECT_EQ(app->session().theme, ThemeName::dark);
  app->run_script("key home");
  EXPECT_EQ(app->session().playback.playhead(), app->session().trace().start());
}

TEST(App, ctrl_wheel_zooms_at_the_pointer) {
  const auto app = make_app(test::safe_session());
  const TimeView before = app->session().view;
  app->run_script("wheel timeline@0.25,0.5 2 ctrl");
  const TimeView after = app->session().view;
  EXPECT_NEAR(after.span(), before.span() * 0.64, 1);
  EXPECT_NEAR(after.start + 0.25 * after.span(), before.start + 0.25 * before.span(), 200);
}

TEST(App, shift_wheel_pans) {
  const auto app = make_app(test::safe_session());
  app->run_script("wheel timeline 4 ctrl");
  const TimeView before = app->session().view;
  app->run_script("wheel timeline -1 shift");
  EXPECT_GT(app->session().view.start, before.start);
  EXPECT_NEAR(app->session().view.span(), before.span(), 1e-6);
}

TEST(App, plain_wheel_scrolls_lanes_that_do_not_fit) {
  const auto app = make_app(test::safe_session(), 1, {1600, 600});
  app->run_script("wheel timeline -2");
  EXPECT_GT(app->session().lane_scroll_px, 0);
}

TEST(App, shift_or_the_middle_button_drags_the_view) {
  for (const std::string how : {"shift", "middle"}) {
    const auto app = make_app(test::safe_session());
    app->run_script("wheel timeline 4 ctrl");
    const TimeView before = app->session().view;
    app->run_script("drag timeline -200 " + how);
    EXPECT_GT(app->session().view.start, before.start) << how;
    EXPECT_FALSE(app->session().range) << how;
    EXPECT_EQ(app->session().selection.kind, Selection::Kind::none) << "a drag is not a click";
  }
}

TEST(App, dragging_in_the_ruler_moves_the_playhead) {
  const auto app = make_app(test::safe_session());
  app->run_script("drag ruler@0.2,0.5 100");
  const Timestamp there = app->session().playback.playhead();
  EXPECT_GT(there, 25'000);
  EXPECT_LT(there, 50'000);
}

TEST(App, dragging_the_overview_moves_its_window) {
  const auto app = make_app(test::safe_session());
  app->run_script("wheel timeline 6 ctrl");
  const TimeView before = app->session().view;
  app->run_script("drag overview@0.5,0.5 100");
  EXPECT_GT(app->session().view.start, before.start);
  EXPECT_NEAR(app->session().view.span(), before.span(), 1e-6);
  app->run_script("drag overview.end -30");
  EXPECT_LT(app->session().view.span(), before.span());
}

TEST(App, click_selects_what_is_under_the_pointer) {
  const auto app = make_app(test::safe_session());
  Session& session = app->session();
  const std::size_t row_count = session.lanes().lanes.size();
  bool has_span = false;
  for (std::size_t row = 0; row < row_count && !has_span; ++row) {
    const float y = (static_cast<float>(row) + 0.5f) / static_cast<float>(row_count);
    app->run_script("click timeline@0.45," + std::to_string(y));
    has_span = session.selection.kind == Selection::Kind::span;
  }
  EXPECT_TRUE(has_span);
  EXPECT_NE(app->widgets().find("selection"), nullptr);
  app->run_script("click selection.close");
  EXPECT_EQ(session.selection.kind, Selection::Kind::none);
}

TEST(App, click_on_a_lane_shows_its_actor) {
  const auto app = make_app(test::safe_session());
  app->run_script("click lane:4");
  const ActorId actor = app->session().lanes().lanes[4].actor;
  EXPECT_NE(app->widgets().find("actor:" + std::to_string(actor.value)), nullptr);
}

TEST(App, double_click_on_nothing_shows_everything) {
  const auto app = make_app(test::safe_session());
  app->run_script("wheel timeline 4 ctrl; double timeline@0.999,0.999");
  EXPECT_DOUBLE_EQ(app->session().view.start, app->session().limits().start);
}

TEST(App, help_opens_and_a_click_closes_it) {
  const auto app = make_app(test::safe_session());
  app->run_script("click help");
  EXPECT_TRUE(app->session().shows_help);
  const auto selection = app->session().selection;
  app->run_script("click help.close");
  EXPECT_FALSE(app->session().shows_help);
  EXPECT_EQ(app->session().selection, selection) << "the click went through";
}

TEST(App, theme_button_changes_the_theme) {
  const auto app = make_app(test::safe_session());
  app->run_script("click theme");
  EXPECT_EQ(app->session().theme, ThemeName::dark);
}

TEST(App, wrong_scripts_are_named) {
  const auto app = make_app(test::safe_session());
  for (const char* script : {"jump", "click nowhere", "click", "key nosuchkey", "wait soon",
                             "drag timeline", "click timeline@1"}) {
    EXPECT_THROW(app->run_script(script), UsageError) << script;
  }
}

// --- pictures ---

TEST(Picture, same_trace_gives_the_same_bytes) {
  for (const Clock clock : {Clock::nanoseconds, Clock::steps}) {
    const Image first = make_app(test::faulty_session(clock))->screenshot();
    const Image second = make_app(test::faulty_session(clock))->screenshot();
    EXPECT_EQ(first.rgba, second.rgba);
  }
}

TEST(Picture, colours_of_the_theme_are_there) {
  for (const ThemeName name : {ThemeName::light, ThemeName::dark}) {
    Session session = test::safe_session();
    session.theme = name;
    const Image image = make_app(std::move(session))->screenshot();
    const Theme theme = make_theme(name);
    EXPECT_GT(test::share_of(image, theme.panel), 0.2);
    EXPECT_GT(test::share_of(image, theme.background), 0.05);
    EXPECT_GT(test::share_of(image, theme.reader), 0.002);
    EXPECT_GT(test::share_of(image, theme.accent), 0.0005);
    EXPECT_EQ(test::share_of(image, theme.error), 0) << "nothing went wrong in this trace";
  }
}

TEST(Picture, finding_is_red) {
  Session session = test::faulty_session();
  session.theme = ThemeName::dark;
  const Image image = make_app(std::move(session))->screenshot();
  EXPECT_GT(test::share_of(image, make_theme(ThemeName::dark).error), 0.002);
}

TEST(Picture, future_is_paler_than_the_past) {
  Session session = test::safe_session();
  apply_key(session, {Key::end, false, false, 0});
  const double at_end = test::share_of(make_app(std::move(session))->screenshot(),
                                       make_theme(ThemeName::light).reader);
  Session early = test::safe_session();
  apply_key(early, {Key::home, false, false, 0});
  const double at_start =
      test::share_of(make_app(std::move(early))->screenshot(), make_theme(ThemeName::light).reader);
  EXPECT_GT(at_end, 2 * at_start);
}

TEST(Picture, scale_two_has_four_times_the_pixels) {
  const Image image = make_app(test::safe_session(), 2)->screenshot();
  EXPECT_EQ(image.width, 3200);
  EXPECT_EQ(image.height, 1800);
}

TEST(Picture, small_windows_are_no_trouble) {
  for (const WindowSize size : {WindowSize{200, 150}, WindowSize{500, 300}, WindowSize{850, 500}}) {
    const auto app = make_app(test::faulty_session(), 1, size);
    EXPECT_EQ(app->screenshot().width, size.width_px);
  }
}

TEST(Picture, parts_of_the_top_bar_never_meet) {
  for (const int width_px : {620, 700, 850, 1000, 1280, 1600}) {
    const auto app = make_app(test::faulty_session(), 1, {width_px, 500});
    std::vector<Rect> parts;
    for (const char* name : {"scenario", "play", "step", "end", "speed", "speed:0", "speed:3",
                             "theme", "help", "search", "verdict"}) {
      if (const Rect* part = app->widgets().find(name)) parts.push_back(*part);
    }
    EXPECT_GE(parts.size(), 6u);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(parts[i].overlaps(parts[j])) << width_px;
    }
  }
}

TEST(Text, tells_what_the_panels_show) {
  const auto app = make_app(test::safe_session());
  app->run_script("drag timeline@0.1,0.5 500; key m; key /; type put; key enter; wait 1");
  const std::string text = app->text();
  for (const char* part :
       {"playhead: 90.4 µs of 114.0 µs, speed 1", "range of ", "read-side sections end",
        "selected: iommu_group_remove_device drops a reference to 0000:01:00.1: 1 left (90.4 µs)",
        "search for put: ", "bookmark: 72.8 µs", "list group 7 devices: head -> 01:00.0 -> ",
        "object 0000:01:00.1: unlinked, refs 1, next 03:00.0 (stale), prev LIST_POISON2",
        "object 0000:03:00.0: linked, device released, refs 0", "RCU: ", "CPU 2: quiescent",
        "actor CPU 0 iommu_group_remove_device: ", "> remove.h:770"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Picture, verdict_is_there_at_all_common_widths) {
  for (const int width_px : {900, 950, 1000, 1100, 1280, 1366, 1440, 1600}) {
    const auto app = make_app(test::faulty_session(), 1, {width_px, 700});
    EXPECT_TRUE(app->widgets().find("verdict")) << width_px;
  }
}

TEST(Picture, verdict_says_how_much_was_searched_at_all_common_widths) {
  for (const int width_px : {1000, 1100, 1280, 1366, 1440, 1600}) {
    const auto width_of_verdict = [width_px](const char* searched) {
      Session session = test::faulty_session();
      session.searched = searched;
      return make_app(std::move(session), 1, {width_px, 700})->widgets().find("verdict")->width();
    };
    EXPECT_GT(width_of_verdict("1 284 of 1 284 schedules"), width_of_verdict("")) << width_px;
  }
}

TEST(Picture, one_button_takes_the_next_speed_where_four_have_no_room) {
  Session session = test::faulty_session();
  session.searched = "1 284 of 1 284 schedules";
  const auto app = make_app(std::move(session), 1, {1000, 700});
  ASSERT_TRUE(app->widgets().find("speed"));
  EXPECT_FALSE(app->widgets().find("speed:0"));
  const int before = app->session().playback.speed();
  app->run_script("click speed");
  EXPECT_EQ(app->session().playback.speed(), before + 1);
  app->run_script("click speed; click speed; click speed");
  EXPECT_EQ(app->session().playback.speed(), before) << "round and round";
}

TEST(Picture, trace_without_events_says_so) {
  const Image image = make_app(Session{TraceStore()})->screenshot();
  EXPECT_GT(test::share_of(image, make_theme(ThemeName::light).background), 0.9);
}

TEST(Picture, missing_fonts_fall_back_to_the_built_in_one) {
  App app(
      test::faulty_session(), [] { return make_headless_window({1600, 900}, 1); },
      std::vector<std::filesystem::path>{"/no/such/directory"});
  app.frame();
  app.frame();
  EXPECT_GT(test::share_of(app.screenshot(), make_theme(ThemeName::light).panel), 0.2);
}

TEST(Fonts, symbols_that_the_built_in_font_lacks_become_ascii) {
  EXPECT_EQ(without_symbols("a → b … c – d"), "a -> b .. c - d");
  EXPECT_EQ(without_symbols("20.8 µs"), "20.8 µs");
}

/// A session at its finding, with an explanation of that many words.
Session explained_session(int word_count) {
  TraceStore trace = sample::use_after_free_trace(Clock::nanoseconds);
  TraceNames names = trace.names();
  std::string text;
  for (int i = 0; i < word_count; ++i) text += "because ";
  names.metadata["explanation"] = text;
  return Session(TraceStore(trace.clock(), trace.columns(), std::move(names), 0));
}

TEST(Inspector, nothing_covers_anything) {
  for (const WindowSize size : {WindowSize{1600, 900}, {1280, 720}, {1000, 600}}) {
    for (const int word_count : {5, 60, 300}) {
      const auto app = test::make_app(explained_session(word_count), 1, size);
      const Rect objects = *app->widgets().find("inspector");
      const Rect rcu = *app->widgets().find("rcu");
      const Rect finding = *app->widgets().find("finding");
      EXPECT_FALSE(objects.overlaps(finding)) << size.height_px << ", " << word_count;
      EXPECT_GE(objects.height(), 100) << size.height_px << ", " << word_count;
      EXPECT_GE(finding.height(), 55) << size.height_px << ", " << word_count;
      const bool scrolls_with_objects = rcu.y1 > finding.y0;
      if (scrolls_with_objects) {
        EXPECT_LE(size.height_px, 600);
      }
    }
  }
}

TEST(Inspector, long_explanation_scrolls) {
  const auto app = test::make_app(explained_session(300));
  app->run_script("wheel finding -3");
  EXPECT_GT(app->session().finding_scroll_px, 0);
  app->run_script("wheel finding 9");
  EXPECT_EQ(app->session().finding_scroll_px, 0);
}

}  // namespace
}  // namespace rcuscope::gui
