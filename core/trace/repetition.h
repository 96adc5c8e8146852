// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of a trace that is worth looking at: a live run repeats its scenario many times.
#pragma once

#include <cstddef>

#include "trace/store.h"

namespace rcuscope {

/// The events from `first` to before `last`.
struct EventRange {
  EventIndex first = 0;
  EventIndex last = 0;

  bool is_empty() const { return first == last; }
};

/// The repetition that `moment` belongs to: a live run starts `main` anew for each. The whole trace
/// where nothing is repeated.
EventRange repetition_at(const TraceStore& trace, Timestamp moment);

/// The events of a range as a trace of their own.
TraceStore part_of(const TraceStore& trace, const EventRange& range);

struct RepetitionNumber {
  std::size_t number = 0;  ///< From 1; 0 = before the first one.
  std::size_t count = 0;   ///< Of the trace.
};
RepetitionNumber repetition_number(const TraceStore& trace, Timestamp moment);

/// From the first to the last event of a range that the scenario is about. Empty if there is none.
EventRange story_of(const TraceStore& trace, const EventRange& range);

/// Where a trace is most worth looking at: its finding, else a grace period that waits, else the
/// moment of change.
Timestamp telling_moment(const TraceStore& trace);

/// Where nobody was waited for: when an updater starts to wait, else when it has unlinked
/// something; else the end.
Timestamp moment_of_change(const TraceStore& trace, EventRange range);

}  // namespace rcuscope
