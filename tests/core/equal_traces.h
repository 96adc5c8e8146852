// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether two traces are the same in everything that a TraceStore holds.
#pragma once

#include "trace/store.h"

namespace rcuscope {

inline bool are_equal(const TraceStore& a, const TraceStore& b) {
  const TraceColumns& left = a.columns();
  const TraceColumns& right = b.columns();
  return a.clock() == b.clock() && a.events_lost_count() == b.events_lost_count() &&
         left.time == right.time && left.kind == right.kind && left.actor == right.actor &&
         left.cpu == right.cpu && left.object == right.object &&
         left.grace_period == right.grace_period && left.value == right.value &&
         left.flags == right.flags && left.place == right.place &&
         a.names().actors == b.names().actors && a.names().objects == b.names().objects &&
         a.names().strings == b.names().strings && a.names().places == b.names().places &&
         a.names().metadata == b.names().metadata;
}

}  // namespace rcuscope
