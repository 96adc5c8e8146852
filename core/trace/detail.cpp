// SPDX-License-Identifier: LGPL-2.1-or-later
// One pass for each level: who stands for others is known by slot.
#include "trace/detail.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace rcuscope {
namespace {

constexpr Timestamp coarsest_steps = 1024;  // about the pixels of a picture
constexpr Timestamp refinement = 4;

constexpr std::int32_t none = -1;

}  // namespace

DetailLevel detail_at(std::span<const Interval> intervals, Timestamp resolution) {
  DetailLevel level;
  level.resolution = resolution;
  std::vector<std::int32_t> last_short;  // by slot: position in the level
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    const Interval& interval = intervals[i];
    RCUSCOPE_ASSERT(interval.slot >= 0 && (i == 0 || intervals[i - 1].start <= interval.start));
    const auto slot = static_cast<std::size_t>(interval.slot);
    if (slot >= last_short.size()) last_short.resize(slot + 1, none);
    const bool is_short = interval.end - interval.start < resolution && !interval.is_important;
    if (is_short && last_short[slot] != none) {
      const auto last = static_cast<std::size_t>(last_short[slot]);
      const Interval& first = intervals[static_cast<std::size_t>(level.intervals[last])];
      if (interval.start - first.start < resolution) {
        level.ends[last] = std::max(level.ends[last], interval.end);
        continue;
      }
    }
    if (is_short) last_short[slot] = static_cast<std::int32_t>(level.intervals.size());
    level.intervals.push_back(static_cast<std::int32_t>(i));
    level.ends.push_back(interval.end);
  }
  return level;
}

std::vector<DetailLevel> detail_levels(std::span<const Interval> intervals) {
  std::vector<DetailLevel> levels;
  if (intervals.empty()) return levels;
  Timestamp end = intervals.back().start;
  for (const Interval& interval : intervals) end = std::max(end, interval.end);
  const Timestamp length = end - intervals.front().start;
  for (Timestamp resolution = length / coarsest_steps; resolution > 1; resolution /= refinement) {
    DetailLevel level = detail_at(intervals, resolution);
    if (level.intervals.size() > intervals.size() / 4 * 3) break;
    levels.push_back(std::move(level));
  }
  return levels;
}

}  // namespace rcuscope
