// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of grace periods, and clocks that count ticks.
#include "trace/kernel_trace.h"

#include <utility>

namespace rcuscope {

TraceStore kernel::in_nanoseconds(const TraceStore& ticks, double ticks_per_second) {
  TraceColumns columns = ticks.columns();
  // A double would lose nanoseconds after some weeks of ticks.
  const long double scale = 1e9L / static_cast<long double>(ticks_per_second);
  for (Timestamp& time : columns.time)
    time = static_cast<Timestamp>(static_cast<long double>(time) * scale);
  TraceNames names = ticks.names();
  names.metadata.erase(tick_clock);
  std::string& missing = names.metadata["not_recorded"];
  if (const std::size_t at = missing.find(no_seconds); at != std::string::npos)
    missing.erase(at, no_seconds.size() + 1);
  return TraceStore(ticks.clock(), std::move(columns), std::move(names), ticks.events_lost_count());
}

std::string grace_period_name(const TraceStore& trace, std::int32_t id) {
  if (id < 0) return "";
  const auto& metadata = trace.names().metadata;
  const auto world = metadata.find("world");
  if (world == metadata.end() || world->second != kernel::world) return std::to_string(id);
  if (id >= kernel::first_expedited) {
    return "expedited " + std::to_string(id - kernel::first_expedited);
  }
  // The two low bits of gp_seq say that it runs.
  return std::to_string((std::int64_t{id} - kernel::grace_periods_below_zero) * 4 + 1);
}

}  // namespace rcuscope
