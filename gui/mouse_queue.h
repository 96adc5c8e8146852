// SPDX-License-Identifier: LGPL-2.1-or-later
// MouseQueue: mouse events in their order, dealt out so that no frame hides one from the panels;
// pure. Dear ImGui asks for states, and between two frames a button may go down and up twice.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "geometry.h"

namespace rcuscope::gui {

struct MouseEvent {
  enum class Kind : std::uint8_t { move, button, wheel };
  Kind kind = Kind::move;
  Point at;        ///< Of a move.
  int button = 0;  ///< 0 = left, 1 = right, 2 = middle.
  bool is_down = false;
  float notches = 0;  ///< Of the wheel: away from the hand.
  bool is_ctrl = false;
  bool is_shift = false;
};

class MouseQueue {
 public:
  void push(const MouseEvent& event);
  bool is_empty() const { return events_.empty(); }
  /// The events of the next frame: at most one change of a button, which ends the frame, and
  /// nothing of a drag together with its end.
  std::vector<MouseEvent> take_frame();

 private:
  bool can_follow(const MouseEvent& last, const MouseEvent& next) const;

  std::deque<MouseEvent> events_;
  int held_count_ = 0;  ///< Buttons that are down after the last frame.
};

}  // namespace rcuscope::gui
