// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of compute_lanes: which lanes there are, then spans, then points and arrows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "trace/lanes.h"

namespace rcuscope::lanes {

/// Which lane an event belongs to.
struct LaneMap {
  std::vector<std::int32_t> of_actor;  ///< By actor id; -1 = the actor has no lane.
  std::int32_t grace_periods = -1;     ///< -1 = the trace shows no grace period.

  std::int32_t lane_of(std::int32_t actor) const;
  std::int32_t lane_of_event(const TraceStore& trace, EventIndex i) const;
};

/// The moment at which event `i` is over: a step takes [s, s + 1), an instant takes no time.
inline Timestamp time_after(const TraceStore& trace, EventIndex i) {
  return trace.time(i) + (trace.clock() == Clock::steps ? 1 : 0);
}

inline bool has_flag(const TraceStore& trace, EventIndex i, std::uint16_t flag) {
  return (trace.columns().flags[i] & flag) != 0;
}

/// The id in the value column, or -1 if it is none of a trace's ids.
std::int32_t value_id(const TraceStore& trace, EventIndex i);

/// "01:00.1" for "0000:01:00.1": a PCI domain of zero says nothing in a narrow picture.
std::string short_name(std::string_view object_name);

/// True for events about a grace period itself, which belong into the lane of grace periods.
bool is_grace_period_event(EventKind kind);

/// One part of the picture, made from the events in their order. The trace may grow between calls.
class Part {
 public:
  Part() = default;
  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  /// Takes in the events from `first` to before `last`, which follow those taken before.
  virtual void take(EventIndex first, EventIndex last) = 0;
  /// Gives what is still open its end for now: Lanes::end.
  virtual void settle() {}
  /// No event follows.
  virtual void finish() {}
};

LaneMap add_lanes(const TraceStore& trace, bool with_idle_actors, Lanes& out);
/// The arguments must outlive the part.
std::unique_ptr<Part> make_spans(const TraceStore& trace, const LaneMap& map, Lanes& out);
std::unique_ptr<Part> make_marks_and_badges(const TraceStore& trace, const LaneMap& map,
                                            Lanes& out);
std::unique_ptr<Part> make_arrows(const TraceStore& trace, const LaneMap& map, Lanes& out);

}  // namespace rcuscope::lanes
