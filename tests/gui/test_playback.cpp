// SPDX-License-Identifier: LGPL-2.1-or-later
// Playback: frame time to playhead.
#include "playback.h"

#include <gtest/gtest.h>

namespace rcuscope::gui {
namespace {

constexpr double frame = 1.0 / 60;

TEST(Playback, moves_by_the_speed_times_the_real_time) {
  Playback playback(0, 1000, 4);
  playback.toggle();
  for (int i = 0; i < 60; ++i) playback.advance(frame);
  EXPECT_NEAR(playback.position(), 4, 1e-6);
  playback.set_speed(2);
  for (int i = 0; i < 60; ++i) playback.advance(frame);
  EXPECT_NEAR(playback.position(), 4 + 16, 1e-6);
}

TEST(Playback, fractions_of_a_step_are_not_lost) {
  Playback playback(0, 10, 0.5);
  playback.toggle();
  for (int i = 0; i < 60; ++i) playback.advance(frame);
  EXPECT_EQ(playback.playhead(), 0);
  EXPECT_NEAR(playback.position(), 0.5, 1e-6);
  for (int i = 0; i < 61; ++i) playback.advance(frame);
  EXPECT_EQ(playback.playhead(), 1);
}

TEST(Playback, pauses_at_the_end) {
  Playback playback(0, 3, 100);
  playback.toggle();
  for (int i = 0; i < 60; ++i) playback.advance(frame);
  EXPECT_EQ(playback.playhead(), 3);
  EXPECT_FALSE(playback.is_playing());
}

TEST(Playback, starts_again_when_it_stands_at_the_end) {
  Playback playback(5, 30, 1);
  playback.move_to(30);
  playback.toggle();
  EXPECT_TRUE(playback.is_playing());
  EXPECT_EQ(playback.playhead(), 5);
}

TEST(Playback, does_not_jump_after_a_long_sleep) {
  Playback playback(0, 1000, 10);
  playback.toggle();
  playback.advance(3600);
  EXPECT_LE(playback.position(), 1.0);
}

TEST(Playback, playhead_stays_within_the_trace) {
  Playback playback(10, 20, 1);
  playback.move_to(-5);
  EXPECT_EQ(playback.playhead(), 10);
  playback.move_to(99);
  EXPECT_EQ(playback.playhead(), 20);
}

TEST(Playback, unknown_speed_is_the_nearest_one) {
  Playback playback(0, 1, 1);
  playback.set_speed(99);
  EXPECT_EQ(playback.speed(), 3);
  playback.set_speed(-1);
  EXPECT_EQ(playback.speed(), 0);
}

}  // namespace
}  // namespace rcuscope::gui
