// SPDX-License-Identifier: LGPL-2.1-or-later
// Long sequences of events in order of time: merged, and turned into columns.
#pragma once

#include <span>
#include <vector>

#include "trace/event.h"
#include "trace/store.h"

namespace rcuscope {

inline bool is_earlier(const Event& a, const Event& b) { return a.time < b.time; }

/// One sequence of several that are each in order of time; of equal times the first one's is first.
std::vector<Event> merged(std::vector<std::vector<Event>> sequences);

/// Of events in order of time; without places.
TraceColumns columns_of(std::span<const Event> events);

}  // namespace rcuscope
