// SPDX-License-Identifier: LGPL-2.1-or-later
// English sentences about events: the only producer of such text.
#pragma once

#include <functional>
#include <string>

#include "trace/store.h"

namespace rcuscope {

/// One sentence without time stamp or final full stop, from event.def's template.
std::string describe_event(const TraceStore& trace, EventIndex event);

/// One line an event: time, actor, sentence.
/// @param poll Called every few milliseconds of a long text; what it throws ends the call.
std::string describe_trace(const TraceStore& trace, const std::function<void()>& poll = {});

}  // namespace rcuscope
