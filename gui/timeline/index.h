// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineIndex: spans, marks, arrows and badges in columns that can be searched, so that a frame
// looks only at what is visible. It grows with its lanes; pure.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "timeline/track.h"
#include "trace/lanes.h"

namespace rcuscope::gui {

/// The marks of one lane by time.
struct MarkTrack {
  std::vector<Timestamp> times;
  std::vector<std::uint32_t> marks;       ///< Indices into Lanes::marks.
  std::vector<std::uint32_t> labels;      ///< Number of the label, see `positions`.
  std::vector<std::uint32_t> same_since;  ///< From that position on all bear this one's label.
  std::vector<std::uint32_t> errors;      ///< Positions in this track.
  std::vector<std::uint32_t> puts;        ///< Positions of dropped references that are no errors.
  std::vector<std::vector<std::uint32_t>> positions;  ///< By number of the label, ascending.

  void append(const Mark& mark, std::uint32_t index);
  /// The first position at or after that time.
  std::size_t find(double time) const;
  /// How many from `first` to before `last` bear this label.
  std::size_t count_of(std::uint32_t label, std::size_t first, std::size_t last) const;

 private:
  std::unordered_map<std::string, std::uint32_t> label_numbers_;
};

struct LaneIndex {
  Track actor;                  ///< SpanKind::actor.
  std::vector<Track> contexts;  ///< SpanKind::implicit.
  std::vector<Track> slots;     ///< Everything else: slot n lies inside or beside slot n - 1.
  MarkTrack marks;
};

/// Arrows by their later end.
struct ArrowIndex {
  std::vector<std::uint32_t> arrows;    ///< Indices into Lanes::arrows.
  std::vector<Timestamp> firsts;        ///< The earlier end of each.
  std::vector<Timestamp> lasts;         ///< The later end: ascending.
  std::vector<Timestamp> least_firsts;  ///< Of each block of `block_size`.
  std::vector<std::uint32_t> errors;    ///< ArrowKind::freed_then_used.
  static constexpr std::size_t block_size = 64;

  /// At most `count_max` that may touch from..to, as indices into Lanes::arrows.
  std::vector<std::uint32_t> find(double from, double to, std::size_t count_max) const;
};

struct TimelineIndex {
  std::vector<LaneIndex> lanes;
  ArrowIndex arrows;
  std::vector<std::uint32_t> badges;         ///< Sorted by time.
  std::vector<std::uint32_t> grace_periods;  ///< Spans of that kind, by start.

  /// Takes in what `lanes` has got since the last call, and what has become of open spans.
  /// Requires: the same lanes each time, with more spans, marks, badges and arrows at the ends.
  void extend(const Lanes& lanes);

 private:
  void update_open(const Lanes& lanes);
  void add_span(const Lanes& lanes, std::uint32_t i);
  void add_arrow(const Lanes& lanes, std::uint32_t i);

  std::size_t span_count_ = 0;  ///< How much of the lanes is taken in.
  std::size_t mark_count_ = 0;
  std::size_t arrow_count_ = 0;
  std::size_t badge_count_ = 0;
};

TimelineIndex index_timeline(const Lanes& lanes);

}  // namespace rcuscope::gui
