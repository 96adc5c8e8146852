// SPDX-License-Identifier: LGPL-2.1-or-later
// Comparison: a second trace beside the first, and which moments of both mean the same; pure.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "session.h"

namespace rcuscope::gui {

/// What tells the story of a removal in every world: a model counts steps, a kernel nanoseconds,
/// but both unlink, wait for a grace period, put and free.
enum class LandmarkKind : std::uint8_t {
  unlink,
  wait_start,
  grace_period_start,
  grace_period_end,
  wait_end,
  call_rcu,
  callback,
  put,
  release,
  free,
  finding
};
std::string_view to_string(LandmarkKind kind);

struct Landmark {
  LandmarkKind kind{};
  EventIndex event = 0;
};

/// Those of the trace's first removal and of what follows, in order.
std::vector<Landmark> landmarks_of(const Session& session);

/// Pairs of positions: a longest common sequence of kinds, each as early as possible.
std::vector<std::pair<std::size_t, std::size_t>> match_landmarks(
    const std::vector<Landmark>& first, const std::vector<Landmark>& second);

/// Two clocks, tied together where both traces do the same thing; straight between.
class LinkedClocks {
 public:
  LinkedClocks(const Session& first, const Session& second);

  double to_second(double time) const { return map(time, 0); }
  double to_first(double time) const { return map(time, 1); }
  std::size_t pair_count() const { return pair_count_; }
  /// What happens in one trace only, as a sentence; empty = nothing.
  const std::string& only_in(std::size_t trace) const { return only_in_[trace]; }

 private:
  using Tie = std::array<double, 2>;

  double map(double time, std::size_t from) const;

  std::vector<Tie> ties_;  ///< Both columns ascend strictly.
  std::size_t pair_count_ = 0;
  std::array<std::string, 2> only_in_;
};

/// The second trace, and how it follows the first.
class Comparison {
 public:
  Comparison(const Session& first, Session second);

  Session& second() { return second_; }
  const Session& second() const { return second_; }
  const LinkedClocks& clocks() const { return clocks_; }

  /// Moves the other trace with the one that was moved since the last call, if they are linked.
  void follow(Session& first);

  bool is_linked = true;
  bool shows_second = false;  ///< Keys and the inspector are about the second trace.

 private:
  struct Seen {
    Timestamp playhead = 0;
    TimeView view;

    friend bool operator==(const Seen& a, const Seen& b) {
      return a.playhead == b.playhead && a.view.start == b.view.start && a.view.end == b.view.end;
    }
  };
  static Seen seen_of(const Session& session) {
    return {session.playback.playhead(), session.view};
  }

  Session second_;
  LinkedClocks clocks_;
  std::array<Seen, 2> seen_;
};

/// Title, verdict and extent of a trace in one line.
std::string heading_of(const Session& session);
/// Both traces and what differs, as lines: the text twin.
std::string comparison_text(const Session& first, const Comparison& comparison);

}  // namespace rcuscope::gui
