// SPDX-License-Identifier: LGPL-2.1-or-later
// LaneStream: the picture of a trace that grows. What compute_lanes() gives for the whole, this
// gives after every batch of events, at the cost of the batch.
#pragma once

#include <cstdint>
#include <memory>

#include "trace/lanes.h"

namespace rcuscope {

/// Actors that are known and have done nothing yet. With a lane from the start, the lanes below
/// them do not move when they begin.
enum class IdleActors : std::uint8_t { left_out, shown };

class LaneStream {
 public:
  /// The trace must outlive the stream.
  explicit LaneStream(const TraceStore& trace, IdleActors idle = IdleActors::left_out);
  ~LaneStream();
  LaneStream(LaneStream&&) noexcept;
  LaneStream& operator=(LaneStream&&) noexcept;

  /// Spans, marks, badges and arrows in the order of their first (arrows: last) events; what is
  /// open ends with the trace. Waits of no length stay in, since positions may not change.
  const Lanes& lanes() const;

  /// Room for this many events, so that growing moves nothing.
  void reserve(std::size_t event_count);

  /// Takes in the events that the trace has got since the last call. Return: false when one of them
  /// belongs to a lane that was not there: then all was made anew, and positions have changed.
  bool extend();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace rcuscope
