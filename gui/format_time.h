// SPDX-License-Identifier: LGPL-2.1-or-later
// TimeFormat: times and durations of one trace as people read them: microseconds or steps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trace/store.h"
#include "trace/words.h"

namespace rcuscope::gui {

/// What numbers on the ruler count.
struct TimeUnit {
  std::string_view name;  ///< "ns", "µs", "ms", "s" or "step".
  double size = 1;        ///< In the trace's own unit.
};

class TimeFormat {
 public:
  TimeFormat() = default;
  explicit TimeFormat(const TraceStore& trace);

  Clock clock() const { return clock_; }
  /// The moment that is shown as 0: the trace's start, to the microsecond; step 0.
  Timestamp origin() const { return origin_; }
  /// The unit in which `span` has one to four digits before the point.
  TimeUnit unit_for(double span) const;

  /// That of the whole trace.
  TimeUnit whole_unit() const { return unit_for(length_); }

  /// "72.8 µs", "step 42"; in the unit that suits the whole trace.
  std::string instant(double time) const;
  /// In the ruler's unit, as precise as a view of `view_span` can show.
  std::string instant_in_view(double time, double view_span) const;
  /// What parse() takes: "a step from 0 to 42", "a time from 0 us to 296.312 ms, such as 148 ms".
  std::string expected_instant() const;
  /// The bare number of instant().
  std::string number(double time) const;
  /// The bare number in the ruler's unit, as precise as a view of `view_span` can show.
  std::string number_in_view(double time, double view_span) const;
  /// The same for one row of a list, precise enough to tell times `distance` apart; 0 = any.
  std::string number_of_row(double time, double view_span, double distance) const;
  /// "20.8 µs", "12 steps", "1 step".
  std::string duration(double span) const;
  /// Number on the ruler; `distance` between two ticks decides the decimals.
  std::string tick(double time, const TimeUnit& unit, double distance) const;
  /// A nice distance between ticks, at least `at_least`: 1, 2 or 5 times a power of ten.
  double tick_distance(double at_least) const;

  /// Reads "42", "72.8us", "1.5 ms": the inverse of instant(); a bare number counts steps or ns.
  std::optional<Timestamp> parse(std::string_view text) const;

 private:
  Clock clock_ = Clock::steps;
  Timestamp origin_ = 0;
  Timestamp first_ = 0;
  double length_ = 0;
};

}  // namespace rcuscope::gui
