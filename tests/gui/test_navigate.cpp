// SPDX-License-Identifier: LGPL-2.1-or-later
// Search, arrows, bookmarks and ranges without a window.
#include "navigate.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "gui/fixtures.h"
#include "keys.h"

namespace rcuscope::gui {
namespace {

EventIndex first_of(const Session& session, EventKind kind) {
  for (EventIndex i = 0; i < session.trace().size(); ++i) {
    if (session.trace().kind(i) == kind) return i;
  }
  ADD_FAILURE() << "no " << describe(kind).name;
  return 0;
}

EventKind selected_kind(const Session& session) {
  return session.trace().kind(session.selected_event().value());
}

// --- search ---

TEST(Search, a_word_is_looked_for_in_kind_actor_object_and_what_it_is_about) {
  const TraceStore trace = sample::safe_trace();
  const auto count = [&](const char* query) { return find_events(trace, query).size(); };
  EXPECT_EQ(count("list_del_rcu"), 1u);
  EXPECT_EQ(count("bus_iommu_probe mutex_lock"), 1u);
  EXPECT_EQ(count("BUS_IOMMU_PROBE Mutex_Lock"), 1u) << "capital letters do not matter";
  EXPECT_EQ(count("list_add_tail_rcu devices"), 4u) << "the list is what the event is about";
  EXPECT_EQ(count("list.next rcu_dereference"), count("rcu_dereference"));
  EXPECT_EQ(count("1042 synchronize_rcu_start"), 1u) << "by the number of the grace period";
  EXPECT_EQ(count("unlinks"), 1u) << "by a word of the sentence";
  EXPECT_EQ(count("nosuchword"), 0u);
  EXPECT_EQ(count("list_del_rcu nosuchword"), 0u) << "every word must match";
  EXPECT_EQ(count("{object}"), 0u) << "placeholders are no words";
  EXPECT_EQ(count(""), 0u);
  EXPECT_EQ(count("   "), 0u);
}

TEST(Search, matches_go_round_the_ends_in_both_directions) {
  Session session = test::safe_session();
  session.search.set_text(session.trace(), "synchronize_rcu_start");
  ASSERT_EQ(session.search.matches.size(), 1u);
  for (const int direction : {1, 1, -1, -1}) {
    EXPECT_TRUE(go_to_match(session, direction));
    EXPECT_EQ(session.playback.playhead(), 52'000);
  }
  session.search.set_text(session.trace(), "put_device");
  session.selection = {};
  apply_key(session, {Key::home, false, false, 0});
  std::vector<Timestamp> seen;
  for (std::size_t i = 0; i <= session.search.matches.size(); ++i) {
    go_to_match(session, 1);
    seen.push_back(session.playback.playhead());
  }
  EXPECT_EQ(seen.front(), seen.back());
}

TEST(Search, nothing_found_is_said) {
  Session session = test::safe_session();
  session.search.set_text(session.trace(), "nosuchword");
  EXPECT_FALSE(go_to_match(session, 1));
  EXPECT_NE(session.notice.find("nosuchword"), std::string::npos);
  apply_key(session, {Key::right, false, false, 0});
  EXPECT_EQ(session.notice, "") << "the next key takes the notice away";
}

TEST(Input, text_is_utf8_and_backspace_removes_whole_characters) {
  std::string text;
  for (const char32_t c : {U'a', U'\u00b5', U'\u2192', U'\U0001f600'}) append_utf8(text, c);
  EXPECT_EQ(text, "a\xc2\xb5\xe2\x86\x92\xf0\x9f\x98\x80");
  for (const std::size_t size : {6u, 3u, 1u, 0u, 0u}) {
    remove_last_character(text);
    EXPECT_EQ(text.size(), size);
  }
}

// --- arrows ---

TEST(Arrows, lead_from_call_rcu_to_the_release_and_back) {
  Session session = test::safe_session();
  go_to_event(session, first_of(session, EventKind::call_rcu));
  EXPECT_TRUE(follow_arrow(session, 1));
  EXPECT_EQ(selected_kind(session), EventKind::callback_start);
  EXPECT_EQ(session.playback.playhead(), 45'000);
  EXPECT_TRUE(follow_arrow(session, 1));
  EXPECT_EQ(selected_kind(session), EventKind::work_start);
  EXPECT_FALSE(follow_arrow(session, 1));
  EXPECT_EQ(session.notice, "no arrow starts here");
  EXPECT_TRUE(follow_arrow(session, -1));
  EXPECT_EQ(selected_kind(session), EventKind::queue_work);
}

TEST(Arrows, lead_from_the_return_of_synchronize_rcu_to_the_last_reader) {
  Session session = test::safe_session();
  go_to_event(session, first_of(session, EventKind::synchronize_rcu_start));
  ASSERT_EQ(session.selection.kind, Selection::Kind::span) << "the time that it waits";
  EXPECT_TRUE(follow_arrow(session, -1));
  EXPECT_EQ(session.playback.playhead(), 86'000) << "the grace period's end";
  EXPECT_TRUE(follow_arrow(session, -1));
  EXPECT_EQ(session.playback.playhead(), 81'700) << "the reader that left last";
  const Span& reader = session.lanes().spans[session.selection.index];
  EXPECT_EQ(reader.kind, SpanKind::reader);
  EXPECT_TRUE(follow_arrow(session, 1));
  EXPECT_EQ(session.lanes().spans[session.selection.index].kind, SpanKind::grace_period);
}

TEST(Arrows, lead_from_a_finding_to_the_kfree) {
  Session session = test::faulty_session();
  go_to_event(session, first_of(session, EventKind::finding));
  EXPECT_TRUE(follow_arrow(session, -1));
  EXPECT_EQ(selected_kind(session), EventKind::kfree);
  EXPECT_EQ(session.playback.playhead(), 58'500);
}

TEST(Arrows, without_a_selection_the_nearest_to_the_playhead_is_taken) {
  Session session = test::safe_session();
  session.playback.move_to(session.trace().start());
  EXPECT_FALSE(follow_arrow(session, -1));
  EXPECT_TRUE(follow_arrow(session, 1));
  EXPECT_EQ(session.playback.playhead(), 45'000) << "call_rcu is the first cause";
}

// --- bookmarks and ranges ---

TEST(Bookmarks, are_put_taken_away_and_visited) {
  Session session = test::safe_session();
  for (const Timestamp time : {50'000, 20'000, 80'000}) {
    session.playback.move_to(time);
    toggle_bookmark(session);
  }
  EXPECT_EQ(session.bookmarks, (std::vector<Timestamp>{20'000, 50'000, 80'000}));
  EXPECT_FALSE(go_to_bookmark(session, 1));
  EXPECT_TRUE(go_to_bookmark(session, -1));
  EXPECT_EQ(session.playback.playhead(), 50'000);
  toggle_bookmark(session);
  EXPECT_EQ(session.bookmarks.size(), 2u);
  EXPECT_TRUE(go_to_bookmark(session, -1));
  EXPECT_FALSE(go_to_bookmark(session, -1));
  EXPECT_NE(session.notice, "");
}

TEST(Range, statistics_count_what_ends_within) {
  Session session = test::safe_session();
  session.set_range(17'500, 90'000);
  const RangeStatistics& s = session.range_statistics();
  EXPECT_EQ(s.grace_periods.count, 2u);
  EXPECT_DOUBLE_EQ(s.grace_periods.least, 26'000);
  EXPECT_DOUBLE_EQ(s.grace_periods.most, 34'000);
  EXPECT_DOUBLE_EQ(s.grace_periods.median, 26'000) << "nearest rank: a value that was measured";
  EXPECT_EQ(s.callbacks.count, 1u);
  EXPECT_DOUBLE_EQ(s.callbacks.most, 29'300);
  EXPECT_EQ(s.sections.count, 8u);
  EXPECT_DOUBLE_EQ(s.sections.most, 35'000);
  EXPECT_NEAR(s.sections_per_unit, 8 / 72.5e-6, 1);
  EXPECT_EQ(s.finding_count, 0u);
}

TEST(Range, the_end_is_not_part_of_it_and_an_empty_one_contains_nothing) {
  Session session = test::safe_session();
  session.set_range(18'000, 44'000);
  EXPECT_EQ(session.range_statistics().grace_periods.count, 0u);
  session.set_range(18'000, 44'001);
  EXPECT_EQ(session.range_statistics().grace_periods.count, 1u);
  session.set_range(44'000, 44'000);
  EXPECT_EQ(session.range_statistics().event_count, 0u);
  EXPECT_EQ(session.range_statistics().sections_per_unit, 0);
}

TEST(Range, all_steps_contain_all_events) {
  Session session = test::faulty_session(Clock::steps);
  session.set_range(session.limits().start, session.limits().end);
  EXPECT_EQ(session.range_statistics().event_count, session.trace().size());
  EXPECT_EQ(session.range_statistics().finding_count, 1u);
}

TEST(Latencies, histogram_has_every_value_once_and_both_ends_at_its_ends) {
  std::vector<double> values = {1000, 10, 100, 11};
  const Latencies latencies = summarize(values);
  EXPECT_EQ(latencies.count, 4u);
  EXPECT_EQ(latencies.least, 10);
  EXPECT_EQ(latencies.median, 11);
  EXPECT_EQ(latencies.p99, 1000);
  const Histogram histogram = histogram_of(values);
  EXPECT_EQ(histogram.front(), 2u) << "10 and 11 are of one ratio";
  EXPECT_EQ(histogram[histogram_size / 2], 1u) << "100 is half way from 10 to 1000";
  EXPECT_EQ(histogram.back(), 1u);
  EXPECT_EQ(histogram_of({5, 5, 5}).front(), 3u);
  EXPECT_EQ(histogram_of({0, 0}).front(), 2u);
}

TEST(Loop, starts_again_before_its_end_is_passed) {
  Playback playback(0, 100, 10);
  playback.set_loop(Playback::Loop{20, 23});
  playback.move_to(20);
  playback.toggle();
  bool saw_last = false;
  for (int i = 0; i < 200; ++i) {
    playback.advance(1.0 / 60);
    EXPECT_GE(playback.position(), 20);
    EXPECT_LT(playback.position(), 23);
    saw_last |= playback.playhead() == 22;
  }
  EXPECT_TRUE(saw_last);
  EXPECT_TRUE(playback.is_playing());
}

TEST(Loop, without_a_range_there_is_none_and_it_is_said) {
  Session session = test::safe_session();
  toggle_loop(session);
  EXPECT_FALSE(session.playback.loop());
  EXPECT_NE(session.notice, "");
}

TEST(ShowTime, moves_the_view_only_if_it_has_to) {
  Session session(sample::repeated_trace(20));
  const TimeView before = session.view;
  show_time(session, "--at", "55ms");
  EXPECT_EQ(session.playback.playhead(), 55'000'000);
  EXPECT_NEAR(session.view.span(), before.span(), 1);
  EXPECT_LT(session.view.start, 55e6);
  EXPECT_GT(session.view.end, 55e6);
  const TimeView moved = session.view;
  show_time(session, "--at", "54.999ms");
  EXPECT_EQ(session.view.start, moved.start);
}

TEST(ShowTime, names_the_value_and_the_range) {
  const auto complaint = [](Session session, const std::string& at) -> std::string {
    try {
      show_time(session, "--at", at);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  const std::string live = complaint(Session(sample::repeated_trace(2)), "80ms");
  EXPECT_EQ(live,
            "--at '80ms': expected a time from 0.000 ms to 19.100 ms (a bare number counts ns)");
  EXPECT_EQ(complaint(Session(sample::repeated_trace(2)), "19.100 ms"), "");
  EXPECT_NE(complaint(test::safe_session(Clock::steps), "-1").find("expected a step from"),
            std::string::npos);
  EXPECT_NE(complaint(test::safe_session(Clock::steps), "soon").find("expected a step from"),
            std::string::npos);
}

}  // namespace
}  // namespace rcuscope::gui
