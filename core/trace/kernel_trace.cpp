// SPDX-License-Identifier: LGPL-2.1-or-later
// Names of grace periods.
#include "trace/kernel_trace.h"

namespace rcuscope {

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
