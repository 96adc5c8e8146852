// SPDX-License-Identifier: LGPL-2.1-or-later
// Comparison: which moments of two traces mean the same, and the window with both.
#include "compare.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

using test::make_app;

std::vector<Landmark> landmarks(std::initializer_list<LandmarkKind> kinds) {
  std::vector<Landmark> result;
  for (const LandmarkKind kind : kinds) result.push_back({kind, result.size()});
  return result;
}

TEST(Landmarks, are_matched_in_order_and_early) {
  using enum LandmarkKind;
  const auto pairs = match_landmarks(landmarks({unlink, wait_start, wait_end, put}),
                                     landmarks({unlink, grace_period_end, wait_start, wait_end, put,
                                                unlink, wait_start, wait_end, put}));
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {
      {0, 0}, {1, 2}, {2, 3}, {3, 4}};
  EXPECT_EQ(pairs, expected);
}

TEST(Landmarks, without_anything_in_common_have_no_pairs) {
  using enum LandmarkKind;
  EXPECT_TRUE(match_landmarks(landmarks({put}), landmarks({free})).empty());
  EXPECT_TRUE(match_landmarks({}, landmarks({free})).empty());
}

TEST(LinkedClocks, lead_from_steps_to_nanoseconds_and_back) {
  const Session model = test::safe_session(Clock::steps);
  const Session live = test::safe_session(Clock::nanoseconds);
  const LinkedClocks clocks(model, live);
  EXPECT_GT(clocks.pair_count(), 4u);
  const std::vector<Landmark> a = landmarks_of(model), b = landmarks_of(live);
  ASSERT_EQ(a.size(), b.size()) << "the same story in two clocks";
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto step = static_cast<double>(model.trace().time(a[i].event));
    const auto time = static_cast<double>(live.trace().time(b[i].event));
    EXPECT_NEAR(clocks.to_second(step), time, 1e-3);
    EXPECT_NEAR(clocks.to_first(time), step, 1e-3);
  }
}

TEST(LinkedClocks, never_run_backwards) {
  const LinkedClocks clocks(test::safe_session(Clock::steps), test::faulty_session());
  double last = -1e300;
  for (double step = -50; step < 200; step += 0.5) {
    EXPECT_GT(clocks.to_second(step), last);
    last = clocks.to_second(step);
  }
}

TEST(LinkedClocks, say_what_one_trace_lacks) {
  const LinkedClocks clocks(test::safe_session(), test::faulty_session());
  EXPECT_NE(clocks.only_in(1).find("finding"), std::string::npos) << clocks.only_in(1);
}

TEST(Comparison, other_playhead_follows_the_one_that_moves) {
  Session first = test::safe_session(Clock::steps);
  Comparison comparison(first, test::safe_session(Clock::nanoseconds));
  first.playback.move_to(first.trace().start() + 10);
  comparison.follow(first);
  const double expected =
      comparison.clocks().to_second(static_cast<double>(first.playback.playhead()));
  EXPECT_NEAR(static_cast<double>(comparison.second().playback.playhead()), expected, 1);
  comparison.second().playback.move_to(comparison.second().trace().end());
  comparison.follow(first);
  EXPECT_EQ(first.playback.playhead(), first.trace().end());
}

TEST(Comparison, separate_clocks_stay_where_they_are) {
  Session first = test::safe_session();
  Comparison comparison(first, test::safe_session());
  comparison.follow(first);
  comparison.is_linked = false;
  const Timestamp before = comparison.second().playback.playhead();
  first.playback.move_to(first.trace().start());
  comparison.follow(first);
  EXPECT_EQ(comparison.second().playback.playhead(), before);
}

TEST(Comparison, window_shows_both_and_keys_go_to_the_chosen_one) {
  const auto app = make_app(test::safe_session());
  app->compare(test::faulty_session());
  app->run_script("wait 2");
  for (const char* name : {"a.timeline", "b.timeline", "a.heading", "b.heading", "link"}) {
    EXPECT_NE(app->widgets().find(name), nullptr) << name;
  }
  app->run_script("type c");
  EXPECT_FALSE(app->comparison()->is_linked);
  const Timestamp first = app->session().playback.playhead();
  app->run_script("key tab; key end");
  EXPECT_EQ(app->session().playback.playhead(), first);
  const Session& second = app->comparison()->second();
  EXPECT_EQ(second.playback.playhead(), second.trace().end());
  app->run_script("click a.heading; click link");
  EXPECT_TRUE(app->comparison()->is_linked);
  EXPECT_FALSE(app->comparison()->shows_second);
}

TEST(Comparison, text_twin_names_both_and_what_differs) {
  const auto app = make_app(test::safe_session());
  app->compare(test::faulty_session());
  const std::string text = app->text();
  EXPECT_NE(text.find("A: "), std::string::npos) << text;
  EXPECT_NE(text.find("only in B: "), std::string::npos) << text;
  EXPECT_NE(text.find("clocks: linked at "), std::string::npos) << text;
}

}  // namespace
}  // namespace rcuscope::gui
