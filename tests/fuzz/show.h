// SPDX-License-Identifier: LGPL-2.1-or-later
// What every user of a trace does with one that a reader accepted: nothing in it may be out of
// range, whatever the file said.
#pragma once

#include <algorithm>
#include <string>

#include "base/error.h"
#include "io/ctf.h"
#include "trace/describe.h"
#include "trace/lanes.h"
#include "trace/state.h"
#include "trace/store.h"

namespace rcuscope::fuzz {

inline void require(bool condition) {
  if (!condition) __builtin_trap();
}

/// A trace that the native format can hold comes back from it as it is.
inline void check_round_trip(const TraceStore& trace) {
  ctf::Files files;
  try {
    files = ctf::encode(trace);
  } catch (const UsageError&) {
    return;  // a CPU or time that a record cannot hold
  }
  const TraceStore again = ctf::decode(files, "round-trip.ctf");
  require(again.size() == trace.size());
  require(again.events_lost_count() == trace.events_lost_count());
  require(again.columns().time == trace.columns().time);
  require(again.columns().kind == trace.columns().kind);
  require(again.columns().value == trace.columns().value);
}

inline void show(const TraceStore& trace) {
  constexpr std::size_t described_max = 500;
  for (EventIndex i = 0; i < std::min<std::size_t>(trace.size(), described_max); ++i)
    describe_event(trace, i);
  const Lanes lanes = compute_lanes(trace);
  for (const Span& span : lanes.spans) require(span.lane < static_cast<int>(lanes.lanes.size()));
  for (const Mark& mark : lanes.marks) require(mark.event < trace.size());
  for (const Arrow& arrow : lanes.arrows) require(arrow.to_event < trace.size());
  state_at(trace, lanes.end);
  check_round_trip(trace);
}

}  // namespace rcuscope::fuzz
