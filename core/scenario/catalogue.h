// SPDX-License-Identifier: LGPL-2.1-or-later
// The named scenarios: the posted patch and what a reviewer may ask about it.
#pragma once

#include <string_view>
#include <vector>

#include "scenario/scenario.h"

namespace rcuscope {

/// In the order in which one would tell them.
const std::vector<Scenario>& catalogue();

/// Throws: UsageError with the value and the names that come close.
const Scenario& find_scenario(std::string_view name);

}  // namespace rcuscope
