// SPDX-License-Identifier: LGPL-2.1-or-later
// MouseQueue: whatever comes between two frames, panels see each press, release, place and notch.
#include "mouse_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rcuscope::gui {
namespace {

using Kind = MouseEvent::Kind;

MouseEvent move(float x, bool is_shift = false) {
  return {Kind::move, {x, 0}, 0, false, 0, false, is_shift};
}
MouseEvent button(bool is_down, int number = 0) {
  return {Kind::button, {}, number, is_down, 0, false, false};
}
MouseEvent wheel(float notches, bool is_ctrl = false) {
  return {Kind::wheel, {}, 0, false, notches, is_ctrl, false};
}

/// Events of each frame until the queue is empty, "m3 d | u | w".
std::string dealt(MouseQueue& queue) {
  std::string text;
  while (!queue.is_empty()) {
    if (!text.empty()) text += " |";
    for (const MouseEvent& event : queue.take_frame()) {
      if (event.kind == Kind::move) text += " m" + std::to_string(static_cast<int>(event.at.x));
      if (event.kind == Kind::button) text += event.is_down ? " d" : " u";
      if (event.kind == Kind::wheel) text += " w";
    }
  }
  return text;
}

MouseQueue queue_of(const std::vector<MouseEvent>& events) {
  MouseQueue queue;
  for (const MouseEvent& event : events) queue.push(event);
  return queue;
}

TEST(MouseQueue, two_clicks_between_two_frames_are_two_clicks) {
  MouseQueue queue = queue_of({move(1), button(true), button(false), button(true), button(false)});
  EXPECT_EQ(dealt(queue), " m1 d | u | d | u");
}

TEST(MouseQueue, press_is_where_the_pointer_was_then) {
  MouseQueue queue = queue_of({move(1), button(true), button(false), move(2)});
  EXPECT_EQ(dealt(queue), " m1 d | u | m2");
}

TEST(MouseQueue, end_of_a_drag_is_seen_before_it_is_let_go) {
  MouseQueue queue = queue_of({button(true), move(5), move(9), button(false)});
  EXPECT_EQ(dealt(queue), " d | m9 | u");
}

TEST(MouseQueue, notches_of_one_place_share_a_frame) {
  MouseQueue queue = queue_of({move(1), wheel(1), wheel(1), move(2), wheel(1), button(true)});
  EXPECT_EQ(dealt(queue), " m1 w w | m2 w | d");
}

TEST(MouseQueue, modifiers_are_those_of_the_event) {
  MouseQueue queue = queue_of({wheel(1, true), wheel(1, false), move(1), move(2, true)});
  EXPECT_EQ(dealt(queue), " w | w | m1 | m2");
}

TEST(MouseQueue, moves_alone_take_no_room) {
  MouseQueue queue;
  for (int i = 0; i < 1000; ++i) queue.push(move(static_cast<float>(i)));
  EXPECT_EQ(queue.take_frame().size(), 1u);
  EXPECT_TRUE(queue.is_empty());
}

TEST(MouseQueue, second_button_is_a_change_of_its_own) {
  MouseQueue queue =
      queue_of({button(true), button(true, 2), move(3), button(false, 2), move(4), button(false)});
  EXPECT_EQ(dealt(queue), " d | d | m3 | u | m4 | u");
}

}  // namespace
}  // namespace rcuscope::gui
