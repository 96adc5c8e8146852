// SPDX-License-Identifier: LGPL-2.1-or-later
// The parts of compute_lanes, kept between batches. A lane that appears late moves others, so then
// the picture starts anew; actors appear early, so that is rare.
#include "trace/lane_stream.h"

#include <algorithm>

#include "trace/kernel_trace.h"
#include "trace/lanes_parts.h"

namespace rcuscope {

struct LaneStream::Parts {
  Parts(const TraceStore& of, IdleActors idle_actors) : trace(of), idle(idle_actors) {}

  const TraceStore& trace;
  IdleActors idle;
  Lanes lanes;
  lanes::LaneMap map;
  std::unique_ptr<lanes::Part> spans, marks, arrows;
  EventIndex taken = 0;
  std::size_t reserved = 0;

  /// True if the event belongs to a lane, and that lane is not there.
  bool needs_lane(EventIndex i) const {
    if (lanes::has_flag(trace, i, event_flag::background)) return false;
    if (map.grace_periods < 0 && lanes::is_grace_period_event(trace.kind(i))) return true;
    const std::int32_t actor = trace.columns().actor[i];
    return actor >= 0 && map.lane_of(actor) < 0;
  }

  void start() {
    lanes = Lanes{};
    lanes.start = trace.start();
    map = lanes::add_lanes(trace, idle == IdleActors::shown, lanes);
    spans = lanes::make_spans(trace, map, lanes);
    marks = lanes::make_marks_and_badges(trace, map, lanes);
    arrows = lanes::make_arrows(trace, map, lanes);
    taken = 0;
    reserve();
  }

  void reserve() {
    // Of a dense trace about every second event begins a span, every fourth is a mark.
    lanes.spans.reserve(reserved / 2);
    lanes.marks.reserve(reserved / 4);
    lanes.arrows.reserve(reserved / 8);
    lanes.badges.reserve(reserved / 16);
  }

  void take() {
    lanes.end = lanes::time_after(trace, trace.size() - 1);
    for (lanes::Part* part : {spans.get(), marks.get(), arrows.get()}) {
      part->take(taken, trace.size());
      part->settle();
    }
    taken = trace.size();
  }
};

LaneStream::LaneStream(const TraceStore& trace, IdleActors idle)
    : parts_(std::make_unique<Parts>(trace, idle)) {
  extend();
}

LaneStream::~LaneStream() = default;
LaneStream::LaneStream(LaneStream&&) noexcept = default;
LaneStream& LaneStream::operator=(LaneStream&&) noexcept = default;

const Lanes& LaneStream::lanes() const { return parts_->lanes; }

void LaneStream::reserve(std::size_t event_count) {
  parts_->reserved = event_count;
  parts_->reserve();
}

bool LaneStream::extend() {
  Parts& p = *parts_;
  if (p.trace.size() == p.taken) return true;
  bool is_anew = p.taken == 0;
  for (EventIndex i = p.taken; i < p.trace.size() && !is_anew; ++i) is_anew = p.needs_lane(i);
  if (is_anew) p.start();
  p.take();
  return !is_anew;
}

}  // namespace rcuscope
