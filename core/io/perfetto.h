// SPDX-License-Identifier: LGPL-2.1-or-later
// The picture of a trace for ui.perfetto.dev.
#pragma once

#include <string>

#include "trace/store.h"

namespace rcuscope {

/// A Perfetto trace (protobuf): a track for each lane, slices for spans, instants for marks, flows
/// for arrows, counters for reference counts. A step of the model counts as a microsecond.
std::string to_perfetto(const TraceStore& trace);

}  // namespace rcuscope
