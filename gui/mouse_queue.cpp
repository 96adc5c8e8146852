// SPDX-License-Identifier: LGPL-2.1-or-later
// Which events may share a frame.
#include "mouse_queue.h"

#include <algorithm>

namespace rcuscope::gui {

void MouseQueue::push(const MouseEvent& event) {
  // Only where a way ends matters; so a queue grows with what hands do, not with what mice report.
  const bool goes_on = !events_.empty() && event.kind == MouseEvent::Kind::move &&
                       events_.back().kind == MouseEvent::Kind::move &&
                       event.is_ctrl == events_.back().is_ctrl &&
                       event.is_shift == events_.back().is_shift;
  if (goes_on) events_.pop_back();
  events_.push_back(event);
}

bool MouseQueue::can_follow(const MouseEvent& last, const MouseEvent& next) const {
  using Kind = MouseEvent::Kind;
  // Panels ask for the modifiers once a frame.
  if (last.is_ctrl != next.is_ctrl || last.is_shift != next.is_shift) return false;
  switch (last.kind) {
    case Kind::button:
      return false;
    case Kind::wheel:  // the pointer was here when the wheel turned
      return next.kind == Kind::wheel;
    case Kind::move:  // whoever is dragged must see the last place before it is let go
      return next.kind != Kind::button || held_count_ == 0;
  }
  return false;
}

std::vector<MouseEvent> MouseQueue::take_frame() {
  std::vector<MouseEvent> frame;
  while (!events_.empty() && (frame.empty() || can_follow(frame.back(), events_.front()))) {
    frame.push_back(events_.front());
    events_.pop_front();
  }
  if (!frame.empty() && frame.back().kind == MouseEvent::Kind::button) {
    held_count_ = std::max(0, held_count_ + (frame.back().is_down ? 1 : -1));
  }
  return frame;
}

}  // namespace rcuscope::gui
