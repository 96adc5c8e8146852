// SPDX-License-Identifier: LGPL-2.1-or-later
// Track: spans that do not overlap, with a pyramid over them, so that a picture costs what it shows
// and not what the trace holds; pure.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/lanes.h"

namespace rcuscope::gui {

/// What decides how a span is drawn, in one byte of the track.
struct SpanLook {
  SpanKind kind{};
  bool is_pre_existing = false;

  friend bool operator==(const SpanLook&, const SpanLook&) = default;
};

/// `track_fan_out` neighbours of the level below as one.
struct TrackNode {
  Timestamp start = 0;
  Timestamp end = 0;
  Timestamp busy = 0;            ///< What its spans take of the time between.
  std::uint32_t first_span = 0;  ///< Into Lanes::spans.
  SpanLook look;                 ///< Of what takes most of its time.
};

inline constexpr std::size_t track_fan_out = 8;

/// Spans by start that do not overlap: so both columns are sorted. Only the last may be open.
struct Track {
  std::vector<Timestamp> starts;
  std::vector<Timestamp> ends;
  std::vector<SpanLook> looks;
  std::vector<std::uint32_t> spans;   ///< Indices into Lanes::spans.
  std::vector<std::uint32_t> errors;  ///< Positions in this track that must never merge away.
  /// levels[0] over the spans, each further one over the one below; whole nodes of closed spans
  /// only. Invariant: levels[k][i] covers positions i * 8^(k+1) and following.
  std::vector<std::vector<TrackNode>> levels;
  bool is_open = false;  ///< The last span goes on for ever, as far as is known.

  /// Requires: no span of the track reaches beyond the new one's start.
  void append(const Span& span, std::uint32_t index);
  /// Takes over what has become of the last span since it was appended.
  void update_last(const Span& span);

 private:
  void close_nodes();
};

/// One or more spans of a track that are drawn as one bar.
struct FoldedRun {
  std::uint32_t span = 0;  ///< The first of them, or the error among them.
  std::uint32_t count = 1;
  Timestamp start = 0;
  Timestamp end = 0;
  float busy_share = 1;  ///< Of the time from start to end, what its spans take.
  SpanLook look;         ///< Of one: its own; of several: of what takes most time.
  bool is_error = false;
};

/// Appends the runs that overlap from..to. Spans shorter than `resolution` merge with their
/// neighbours; errors get a run of their own on top. Cost: logarithmic in the track, linear in
/// (to - from) / resolution.
void fold(const Track& track, double from, double to, double resolution,
          std::vector<FoldedRun>& runs);
std::vector<FoldedRun> fold(const Track& track, double from, double to, double resolution);

}  // namespace rcuscope::gui
