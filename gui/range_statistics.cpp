// SPDX-License-Identifier: LGPL-2.1-or-later
// Spans are found through the index, so that a short range of a long trace costs little.
#include "range_statistics.h"

#include <algorithm>
#include <cmath>

#include "timeline/layout.h"

namespace rcuscope::gui {
namespace {

class Measurement {
 public:
  Measurement(const TraceStore& trace, const Lanes& lanes, const TimelineIndex& index,
              const TimeRange& range)
      : trace_(trace), lanes_(lanes), index_(index), range_(range) {}

  RangeStatistics run() {
    count_events();
    measure_sections();
    measure_grace_periods();
    measure_callbacks();
    return result_;
  }

 private:
  bool contains(Timestamp time) const {
    const double drawn = drawn_time(trace_.clock(), static_cast<double>(time));
    return drawn >= range_.from && drawn < range_.to;
  }

  void count_events() {
    const auto& times = trace_.columns().time;
    const auto at = [&](double limit) {
      return std::partition_point(times.begin(), times.end(), [&](Timestamp time) {
        return drawn_time(trace_.clock(), static_cast<double>(time)) < limit;
      });
    };
    const auto first = static_cast<EventIndex>(at(range_.from) - times.begin());
    const auto last = static_cast<EventIndex>(at(range_.to) - times.begin());
    result_.event_count = last - first;
    for (EventIndex i = first; i < last; ++i) {
      if (trace_.kind(i) == EventKind::finding) ++result_.finding_count;
    }
  }

  /// The end of a span is its last event; in a trace of steps the bar goes on to that step's end.
  bool ends_within(const Span& span) const {
    return !span.is_open && contains(trace_.time(span.last_event));
  }

  void measure_sections() {
    std::vector<double> lengths;
    for (const LaneIndex& lane : index_.lanes) {
      for (const Track& track : lane.slots) {
        const auto first = std::partition_point(
            track.ends.begin(), track.ends.end(),
            [&](Timestamp end) { return static_cast<double>(end) < range_.from; });
        for (auto i = static_cast<std::size_t>(first - track.ends.begin());
             i < track.starts.size() && static_cast<double>(track.starts[i]) < range_.to; ++i) {
          const Span& span = lanes_.spans[track.spans[i]];
          if (span.kind != SpanKind::reader || !ends_within(span)) continue;
          lengths.push_back(static_cast<double>(span.end - span.start));
        }
      }
    }
    result_.sections = summarize(lengths);
    const double unit = trace_.clock() == Clock::steps ? 100 : 1e9;
    if (range_.length() > 0) {
      result_.sections_per_unit = static_cast<double>(lengths.size()) * unit / range_.length();
    }
  }

  void measure_grace_periods() {
    std::vector<double> lengths;
    for (const std::uint32_t i : index_.grace_periods) {
      const Span& span = lanes_.spans[i];
      if (static_cast<double>(span.start) >= range_.to) break;
      if (ends_within(span)) lengths.push_back(static_cast<double>(span.end - span.start));
    }
    result_.grace_periods = summarize(lengths);
    result_.grace_period_histogram = histogram_of(lengths);
  }

  void measure_callbacks() {
    std::vector<double> lengths;
    for (const Arrow& arrow : lanes_.arrows) {
      if (arrow.kind != ArrowKind::callback || !contains(trace_.time(arrow.to_event))) continue;
      lengths.push_back(static_cast<double>(arrow.to - arrow.from));
    }
    result_.callbacks = summarize(lengths);
  }

  const TraceStore& trace_;
  const Lanes& lanes_;
  const TimelineIndex& index_;
  TimeRange range_;
  RangeStatistics result_;
};

}  // namespace

Latencies summarize(std::vector<double>& values) {
  Latencies out;
  out.count = values.size();
  if (values.empty()) return out;
  std::sort(values.begin(), values.end());
  // Nearest rank: always a value that was measured.
  const auto rank = [&](double share) {
    const auto position =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(position, 1) - 1];
  };
  out.least = values.front();
  out.median = rank(0.5);
  out.p99 = rank(0.99);
  out.most = values.back();
  return out;
}

Histogram histogram_of(const std::vector<double>& sorted) {
  Histogram histogram{};
  if (sorted.empty()) return histogram;
  // Latencies spread over decades: equal ratios, not equal differences. Below 1 there is no ratio.
  const double low = std::log(std::max(sorted.front(), 1.0));
  const double width = std::log(std::max(sorted.back(), 1.0)) - low;
  for (const double value : sorted) {
    const double share = width > 0 ? (std::log(std::max(value, 1.0)) - low) / width : 0;
    const auto bucket = static_cast<std::size_t>(share * static_cast<double>(histogram_size));
    ++histogram[std::min(bucket, histogram_size - 1)];
  }
  return histogram;
}

RangeStatistics measure_range(const TraceStore& trace, const Lanes& lanes,
                              const TimelineIndex& index, const TimeRange& range) {
  return Measurement(trace, lanes, index, range).run();
}

}  // namespace rcuscope::gui
