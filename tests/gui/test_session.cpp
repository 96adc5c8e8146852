// SPDX-License-Identifier: LGPL-2.1-or-later
// Session: stepping, keys, the telling moment, the verdict in words.
#include "session.h"

#include "keys.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

KeyPress press(Key key, bool is_shift = false) { return {key, is_shift, false, 0}; }

TEST(Session, opens_at_the_finding) {
  const Session session = test::faulty_session();
  EXPECT_EQ(session.playback.playhead(), 66'200);
  EXPECT_TRUE(session.finding_so_far());
}

TEST(Session, opens_while_a_grace_period_waits_for_a_reader) {
  const Session session = test::safe_session();
  ASSERT_EQ(session.world().grace_periods.size(), 1u);
  EXPECT_EQ(session.world().grace_periods[0].waits_for.size(), 1u);
}

TEST(Session, steps_forth_and_back_to_the_same_event) {
  Session session = test::safe_session(Clock::steps);
  const Timestamp start = session.playback.playhead();
  session.step(1);
  EXPECT_GT(session.playback.playhead(), start);
  session.step(-1);
  EXPECT_EQ(session.playback.playhead(), start);
}

TEST(Session, steps_stop_at_both_ends) {
  Session session = test::safe_session();
  for (int i = 0; i < 300; ++i) session.step(-1);
  EXPECT_EQ(session.playback.playhead(), session.trace().start());
  for (int i = 0; i < 300; ++i) session.step(1);
  EXPECT_EQ(session.playback.playhead(), session.trace().end());
}

TEST(Session, shift_steps_within_the_selected_lane) {
  Session session = test::safe_session();
  session.selection = {Selection::Kind::lane, 0};
  const ActorId actor = session.selected_actor();
  apply_key(session, press(Key::home));
  apply_key(session, press(Key::right, true));
  const auto& events = session.events_of(actor.value);
  EXPECT_EQ(session.playback.playhead(), session.trace().time(events[0]));
  apply_key(session, press(Key::right, true));
  EXPECT_EQ(session.playback.playhead(), session.trace().time(events[1]));
  apply_key(session, press(Key::left, true));
  EXPECT_EQ(session.playback.playhead(), session.trace().time(events[0]));
}

TEST(Session, state_follows_the_playhead) {
  Session session = test::safe_session();
  session.playback.move_to(60'000);
  EXPECT_EQ(session.world().grace_periods.size(), 1u);
  session.playback.move_to(100'000);
  EXPECT_TRUE(session.world().grace_periods.empty());
}

TEST(Session, held_key_does_not_toggle) {
  Session session = test::safe_session();
  apply_key(session, {Key::space, false, true, 0});
  EXPECT_FALSE(session.playback.is_playing());
  apply_key(session, press(Key::space));
  EXPECT_TRUE(session.playback.is_playing());
}

TEST(Session, keys_zoom_pan_and_fit) {
  Session session = test::safe_session();
  apply_key(session, press(Key::f));
  const TimeView whole = session.view;
  apply_key(session, press(Key::w));
  EXPECT_LT(session.view.span(), whole.span());
  const double start = session.view.start;
  apply_key(session, press(Key::d));
  EXPECT_GT(session.view.start, start);
  apply_key(session, press(Key::a));
  EXPECT_NEAR(session.view.start, start, 1e-6);
  apply_key(session, press(Key::f));
  EXPECT_DOUBLE_EQ(session.view.span(), whole.span());
}

TEST(Session, zooms_to_the_selected_span) {
  Session session = test::safe_session();
  session.selection = {Selection::Kind::span, 0};
  apply_key(session, press(Key::f));
  const Span& span = session.lanes().spans[0];
  EXPECT_LE(session.view.start, static_cast<double>(span.start));
  EXPECT_GE(session.view.end, static_cast<double>(span.end));
}

TEST(Session, escape_closes_help_before_it_drops_the_selection) {
  Session session = test::safe_session();
  session.selection = {Selection::Kind::span, 0};
  apply_key(session, press(Key::help));
  EXPECT_TRUE(session.shows_help);
  apply_key(session, press(Key::escape));
  EXPECT_FALSE(session.shows_help);
  EXPECT_EQ(session.selection.kind, Selection::Kind::span);
  apply_key(session, press(Key::escape));
  EXPECT_EQ(session.selection.kind, Selection::Kind::none);
}

TEST(Session, playing_keeps_the_playhead_in_sight) {
  Session session = test::safe_session(Clock::steps);
  apply_key(session, press(Key::home));
  session.view = clamped({0, 10}, session.limits());
  session.playback.toggle();
  for (int i = 0; i < 60 * 8; ++i) session.advance(1.0 / 60);
  EXPECT_LT(session.playback.position(), session.view.end);
  EXPECT_GT(session.view.start, 5);
}

TEST(Session, verdict_names_the_finding) {
  EXPECT_EQ(verdict_text(test::safe_session()).word, "SAFE");
  EXPECT_EQ(tone_of(verdict_text(test::safe_session()).sense), Tone::good);
  EXPECT_EQ(verdict_text(test::faulty_session()).word, "USE AFTER FREE");
  EXPECT_EQ(tone_of(verdict_text(test::faulty_session()).sense), Tone::error);
  Session session = test::faulty_session();
  session.searched = searched_text(1'284, 12'000);
  EXPECT_EQ(verdict_text(session).detail, "1 284 of 12 000 schedules");
  EXPECT_EQ(searched_text(1, 1), "1 of 1 schedule");
  EXPECT_EQ(searched_text(0, 1), "") << "found where nothing was counted";
}

TEST(Session, set_up_is_outside_the_first_view) {
  TraceBuilder builder(Clock::steps);
  const ActorId main = builder.add_actor({"main", ActorKind::main, {}});
  const ActorId reader = builder.add_actor({"reader", ActorKind::process, {}});
  for (int i = 0; i < 100; ++i) {
    Event event;
    event.time = i;
    event.kind = EventKind::note;
    event.actor = static_cast<std::uint16_t>(i < 80 ? main.value : reader.value);
    builder.add(event);
  }
  const Session session(builder.build());
  EXPECT_GT(session.view.start, 75);
}

TEST(Session, trace_without_events_opens) {
  Session session{TraceStore()};
  EXPECT_NO_THROW({
    session.step(1);
    session.step(-1);
    session.advance(1);
    session.world();
    apply_key(session, press(Key::f));
  });
}

TEST(Session, first_view_of_a_live_trace_is_one_whole_repetition) {
  const Session session(sample::repeated_trace(20));
  const auto moment = static_cast<double>(session.playback.playhead());
  EXPECT_GE(moment, session.view.start);
  EXPECT_LE(moment, session.view.end);
  // The last repetition whose grace period waits for a reader.
  const double start = 19 * sample::repetition_length;
  EXPECT_LE(session.view.start, (start + sample::story_start) * 1000);
  EXPECT_GE(session.view.end, (start + sample::story_end) * 1000);
  EXPECT_LT(session.view.span(), 100'000) << "without set-up and tear-down";
}

TEST(Session, repetitions_of_a_logical_clock_are_framed_too) {
  const Session one(sample::repeated_trace(1, Clock::steps));
  const Session many(sample::repeated_trace(20, Clock::steps));
  EXPECT_NEAR(many.view.span(), one.view.span(), 2);
  EXPECT_LT(many.view.span(), 30);
}

TEST(Session, what_a_scenario_frees_later_belongs_to_its_story) {
  sample::Story s(Clock::nanoseconds);
  s.at(0, s.setup, EventKind::actor_start);
  s.at(10, s.remover, EventKind::actor_start);
  s.at(11, s.remover, EventKind::kfree_rcu, {.object = s.gdevs[0], .grace_period = 1});
  s.at(12, s.remover, EventKind::actor_end);
  s.at(90, s.kthread, EventKind::kfree, {.object = s.gdevs[0]});
  s.at(500, s.setup, EventKind::actor_end);
  const Session session(s.out.build());
  EXPECT_GE(session.view.end, 90'000);
  EXPECT_LT(session.view.end, 200'000);
}

TEST(Session, opens_when_a_grace_period_starts_that_waits_for_nobody) {
  sample::Story s(Clock::nanoseconds);
  s.at(10, s.remover, EventKind::list_del_rcu, {.object = s.gdevs[0]});
  s.at(12, s.remover, EventKind::synchronize_rcu_start, {.grace_period = 3});
  s.grace_period_start(12.4, 3, {});
  s.grace_period_end(20, 3);
  s.at(21, s.remover, EventKind::synchronize_rcu_end, {.grace_period = 3});
  const Session session(s.out.build());
  EXPECT_EQ(session.playback.playhead(), 12'400);
  EXPECT_EQ(session.world().grace_periods.size(), 1u);
}

TEST(Session, opens_inside_the_first_view_though_only_tear_down_waited_for_a_reader) {
  sample::Story s(Clock::nanoseconds);
  s.at(0, s.setup, EventKind::actor_start);
  s.at(10, s.time_out, EventKind::actor_start);
  s.at(11, s.remover, EventKind::list_del_rcu, {.object = s.gdevs[0]});
  s.at(12, s.remover, EventKind::actor_end);
  s.at(300, s.setup, EventKind::kfree_rcu, {.object = s.gdevs[1], .grace_period = 4});
  s.grace_period_start(301, 4, {s.time_out});
  s.at(310, s.setup, EventKind::actor_end);
  const Session session(s.out.build());
  EXPECT_EQ(session.playback.playhead(), 11'000);
  EXPECT_LE(session.view.start, 11'000);
  EXPECT_GE(session.view.end, 11'000);
  EXPECT_LT(session.view.end, 100'000);
}

}  // namespace
}  // namespace rcuscope::gui
