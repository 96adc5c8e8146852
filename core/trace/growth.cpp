// SPDX-License-Identifier: LGPL-2.1-or-later
// How the columns of a store grow.
#include "trace/growth.h"

#include <utility>

#include "base/assert.h"

namespace rcuscope {
namespace {

/// Calls `visit` for each pair of the same columns of two sets.
template <class Visit>
void for_each_column(TraceColumns& first, const TraceColumns& second, Visit visit) {
  visit(first.time, second.time);
  visit(first.kind, second.kind);
  visit(first.actor, second.actor);
  visit(first.cpu, second.cpu);
  visit(first.object, second.object);
  visit(first.grace_period, second.grace_period);
  visit(first.value, second.value);
  visit(first.flags, second.flags);
}

}  // namespace

void grow(TraceStore& trace, const TraceColumns& more, TraceNames names,
          std::uint64_t events_lost_count) {
  RCUSCOPE_ASSERT(more.time.empty() || trace.size() == 0 || more.time.front() >= trace.end(),
                  trace.end());
  // Checks lengths, order and ids, as for any store.
  const TraceStore checked(trace.clock(), more, names, 0);
  TraceColumns& columns = trace.columns_;
  const std::size_t size = trace.size();
  for_each_column(columns, checked.columns(), [](auto& column, const auto& added) {
    column.insert(column.end(), added.begin(), added.end());
  });
  // Either all events have a place, or none.
  if (!more.place.empty() && columns.place.empty()) columns.place.resize(size, -1);
  columns.place.insert(columns.place.end(), more.place.begin(), more.place.end());
  if (!columns.place.empty()) columns.place.resize(trace.size(), -1);
  if (events_lost_count == trace.events_lost_count()) {
    trace.names_ = std::move(names);
    return;
  }
  // Rare, and worth looking at all events once more.
  trace = TraceStore(trace.clock(), std::move(columns), std::move(names), events_lost_count);
}

void reserve(TraceStore& trace, std::size_t event_count) {
  TraceColumns& columns = trace.columns_;
  for_each_column(columns, columns,
                  [event_count](auto& column, const auto&) { column.reserve(event_count); });
}

}  // namespace rcuscope
