// SPDX-License-Identifier: LGPL-2.1-or-later
// find_with_fewer_switches(): searches the schedules with few context switches for a known finding.
#pragma once

#include "explore/trials.h"

namespace rcuscope {

/// Tries schedules in the order of their context switches, from none to max_switches. An actor is
/// left only where it cannot go on, or before an operation that depends on one of somebody else;
/// with these alone every finding is reached. `is_at_operation`: the finding shows at an operation
/// of its actor, not at the end of the run. Return: true if the latest trial shows the finding;
/// else there is none with so few switches, unless the trials are over.
bool find_with_fewer_switches(Trials& trials, std::size_t max_switches, bool is_at_operation);

}  // namespace rcuscope
