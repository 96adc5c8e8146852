// SPDX-License-Identifier: LGPL-2.1-or-later
// Growth: the one way to add events to a TraceStore, for who follows a recording. Everybody else
// relies on stores that never change.
#pragma once

#include "trace/store.h"

namespace rcuscope {

/// Adds events that follow the last one, and takes over the names, which may only have grown.
/// Requires: columns of one length, times not decreasing and not before trace.end(), ids in range
/// or -1 (asserted). References to its columns stay, their contents move.
void grow(TraceStore& trace, const TraceColumns& more, TraceNames names,
          std::uint64_t events_lost_count);

/// Room for this many events, so that growing moves nothing.
void reserve(TraceStore& trace, std::size_t event_count);

}  // namespace rcuscope
