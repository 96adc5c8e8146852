// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineIndex: spans of each lane in tracks that can be searched, so that a frame looks only at
// what is visible; pure.
#pragma once

#include <cstdint>
#include <vector>

#include "trace/lanes.h"

namespace rcuscope::gui {

/// Spans that do not overlap, by start: so both columns are sorted.
struct Track {
  std::vector<Timestamp> starts;
  std::vector<Timestamp> ends;
  std::vector<Timestamp> busy;        ///< Length of this span and of all before it.
  std::vector<std::uint32_t> spans;   ///< Indices into Lanes::spans.
  std::vector<std::uint32_t> errors;  ///< Positions in this track that must never merge away.
};

struct LaneIndex {
  Track actor;               ///< SpanKind::actor.
  Track context;             ///< SpanKind::implicit.
  std::vector<Track> slots;  ///< Everything else: slot n lies inside or beside slot n - 1.
  std::size_t first_mark = 0;
  std::size_t last_mark = 0;  ///< One past the end in Lanes::marks.
};

struct TimelineIndex {
  std::vector<LaneIndex> lanes;
  std::vector<std::uint32_t> arrows;         ///< Sorted by the earlier end.
  std::vector<Timestamp> arrow_ends_max;     ///< Latest end of this arrow and all before it.
  std::vector<std::uint32_t> error_arrows;   ///< ArrowKind::freed_then_used.
  std::vector<std::uint32_t> badges;         ///< Sorted by time.
  std::vector<std::uint32_t> grace_periods;  ///< Spans of that kind, by start.
};

TimelineIndex index_timeline(const Lanes& lanes);

/// One or more spans of a track that are drawn as one bar.
struct FoldedRun {
  std::uint32_t span = 0;  ///< The first of them, or the error among them.
  std::uint32_t count = 1;
  Timestamp start = 0;
  Timestamp end = 0;
  float busy_share = 1;  ///< Of the time from start to end, what its spans take.
};

/// The runs that overlap from..to. Spans shorter than `resolution` merge with their neighbours;
/// errors get a run of their own on top. Cost: logarithmic in the track, linear in the result.
std::vector<FoldedRun> fold(const Track& track, double from, double to, double resolution);

}  // namespace rcuscope::gui
