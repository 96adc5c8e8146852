// SPDX-License-Identifier: LGPL-2.1-or-later
// English sentences about events: the only producer of such text.
#pragma once

#include <string>

#include "trace/store.h"

namespace rcuscope {

/// One sentence without time stamp or final full stop, from event.def's template.
std::string describe_event(const TraceStore& trace, EventIndex event);

/// One line an event: time, actor, sentence.
std::string describe_trace(const TraceStore& trace);

}  // namespace rcuscope
