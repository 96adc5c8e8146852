// SPDX-License-Identifier: LGPL-2.1-or-later
// Playback: how the playhead moves with frame time and by single steps; pure.
#pragma once

#include <array>
#include <optional>

#include "base/time.h"

namespace rcuscope::gui {

inline constexpr std::array<double, 4> playback_speeds = {0.25, 1, 4, 16};

class Playback {
 public:
  Playback() = default;
  /// From `start` to `end`; at speed 1 a second of real time is `units_per_second` of the trace.
  Playback(Timestamp start, Timestamp end, double units_per_second);

  Timestamp start() const { return start_; }
  Timestamp end() const { return end_; }
  /// The playhead: everything with time <= this has happened.
  Timestamp playhead() const { return playhead_; }
  /// The playhead with the fraction that playing has added, for a smooth line.
  double position() const { return static_cast<double>(playhead_) + fraction_; }
  bool is_playing() const { return is_playing_; }
  int speed() const { return speed_; }  ///< Index into playback_speeds.

  /// The trace has grown.
  void extend_to(Timestamp end) { end_ = end > end_ ? end : end_; }
  /// Clamped to the trace.
  void move_to(Timestamp time);
  /// Starts again from the beginning when it stands at the end.
  void toggle();
  void pause() { is_playing_ = false; }
  void set_speed(int index);
  /// Moves on by a frame; pauses at the end, or starts again at the beginning of the loop.
  void advance(double seconds);

  struct Loop {
    Timestamp from = 0;
    Timestamp to = 0;  ///< Exclusive.
  };
  const std::optional<Loop>& loop() const { return loop_; }
  /// Clamped to the trace, at least one unit long. A playhead beyond it plays on to the end.
  void set_loop(std::optional<Loop> loop);

 private:
  Timestamp start_ = 0;
  Timestamp end_ = 0;
  double units_per_second_ = 1;
  Timestamp playhead_ = 0;
  double fraction_ = 0;  ///< In [0, 1).
  bool is_playing_ = false;
  int speed_ = 1;
  std::optional<Loop> loop_;
};

}  // namespace rcuscope::gui
