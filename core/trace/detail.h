// SPDX-License-Identifier: LGPL-2.1-or-later
// Levels of detail: what is seen of many intervals where a pixel takes some time; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace rcuscope {

/// A span of the picture, or a mark, whose start and end are the same.
struct Interval {
  Timestamp start = 0;
  Timestamp end = 0;
  std::int32_t slot = 0;      ///< From 0: where it is drawn, and how. One slot covers itself.
  bool is_important = false;  ///< Errors: drawn at every level.
};

struct DetailLevel {
  Timestamp resolution = 0;             ///< The shortest time that can be told apart.
  std::vector<std::int32_t> intervals;  ///< The ones to draw, by start.
  std::vector<Timestamp> ends;          ///< Of each, with those that it stands for.
};

/// Of the intervals that are shorter than `resolution`, the first stands for all of its slot that
/// begin less than `resolution` after it. Requires: sorted by start.
DetailLevel detail_at(std::span<const Interval> intervals, Timestamp resolution);

/// From coarse to fine, each four times as fine as the one before; none where hardly anything can
/// be left out. Requires: sorted by start. Cost: linear for each level.
std::vector<DetailLevel> detail_levels(std::span<const Interval> intervals);

}  // namespace rcuscope
