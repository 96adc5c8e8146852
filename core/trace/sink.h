// SPDX-License-Identifier: LGPL-2.1-or-later
// EventSink: takes events while a recording goes on, so that they outlive a process that is killed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "trace/event.h"
#include "trace/store.h"

namespace rcuscope {

/// What came since the last batch. Batches may overlap in time: a thread's events can be late.
struct EventBatch {
  std::vector<Event> events;        ///< In order of time, in the trace's clock.
  std::optional<TraceNames> names;  ///< All so far, if there are new ones.
  std::uint64_t events_lost_count;  ///< So far.
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  /// Names come no later than the events that use them. Throws std::system_error. Context: one
  /// thread at a time.
  virtual void write(const EventBatch& batch) = 0;
};

}  // namespace rcuscope
