// SPDX-License-Identifier: LGPL-2.1-or-later
// Frame time to playhead, without losing fractions: a slow clock must still arrive.
#include "playback.h"

#include <algorithm>
#include <cmath>

namespace rcuscope::gui {

Playback::Playback(Timestamp start, Timestamp end, double units_per_second)
    : start_(start),
      end_(std::max(start, end)),
      units_per_second_(units_per_second),
      playhead_(start) {}

void Playback::move_to(Timestamp time) {
  playhead_ = std::clamp(time, start_, end_);
  fraction_ = 0;
}

void Playback::toggle() {
  if (!is_playing_ && playhead_ >= end_) move_to(start_);
  is_playing_ = !is_playing_;
}

void Playback::set_speed(int index) {
  speed_ = std::clamp(index, 0, static_cast<int>(playback_speeds.size()) - 1);
}

void Playback::set_loop(std::optional<Loop> loop) {
  loop_ = loop;
  if (!loop_) return;
  loop_->from = std::clamp(loop_->from, start_, end_);
  // One beyond the end: the last step is to be seen, too. A loop of no length could not be played.
  loop_->to = std::clamp(loop_->to, loop_->from + 1, end_ + 1);
}

void Playback::advance(double seconds) {
  if (!is_playing_) return;
  // The window may have slept: a jump of more than a tenth of a second would look like a fault.
  const double elapsed = std::clamp(seconds, 0.0, 0.1);
  const double moved =
      fraction_ + elapsed * units_per_second_ * playback_speeds[static_cast<std::size_t>(speed_)];
  const double whole = std::floor(moved);
  // As position() adds them up: it must never be seen at the end, not even by rounding.
  const double position = static_cast<double>(playhead_) + moved;
  if (loop_ && playhead_ < loop_->to && position >= static_cast<double>(loop_->to)) {
    return move_to(loop_->from);
  }
  if (static_cast<double>(end_ - playhead_) <= whole) {
    move_to(end_);
    pause();
    return;
  }
  playhead_ += static_cast<Timestamp>(whole);
  fraction_ = moved - whole;
}

}  // namespace rcuscope::gui
