// SPDX-License-Identifier: LGPL-2.1-or-later
// RangeStatistics: what happens within a range of time that the user has measured; pure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "timeline/index.h"
#include "trace/lanes.h"
#include "trace/store.h"

namespace rcuscope::gui {

/// From..to in the trace's unit; from <= to.
struct TimeRange {
  double from = 0;
  double to = 0;

  double length() const { return to - from; }
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// How long something took, each time that it ended within the range.
struct Latencies {
  std::size_t count = 0;
  double least = 0;
  double median = 0;
  double p99 = 0;  ///< The 99th of a hundred; of fewer, the longest.
  double most = 0;
};

inline constexpr std::size_t histogram_size = 16;
using Histogram = std::array<std::uint32_t, histogram_size>;

struct RangeStatistics {
  std::size_t event_count = 0;
  std::size_t finding_count = 0;
  Latencies sections;            ///< Explicit read-side critical sections.
  double sections_per_unit = 0;  ///< A second, or a hundred steps.
  Latencies grace_periods;
  Histogram grace_period_histogram{};  ///< From least to most, each bucket as wide a ratio.
  Latencies callbacks;                 ///< call_rcu to the callback's start.
};

/// An event takes place in the range if the moment at which it is drawn lies in it.
/// Cost: linear in what happens within the range, and in the arrows of the trace.
RangeStatistics measure_range(const TraceStore& trace, const Lanes& lanes,
                              const TimelineIndex& index, const TimeRange& range);

/// Sorts `values`.
Latencies summarize(std::vector<double>& values);
/// Requires: `sorted` ascending and not negative.
Histogram histogram_of(const std::vector<double>& sorted);

}  // namespace rcuscope::gui
