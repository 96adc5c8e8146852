// SPDX-License-Identifier: LGPL-2.1-or-later
// Cost: what the studied program pays for waiting, over all complete executions of a search.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "model/execution.h"

namespace rcuscope {

struct Cost {
  /// Actor -> the most grace periods that it waits for in one execution; those that wait for none
  /// are not here. What is queued to run after one (call_rcu, kfree_rcu) is no wait.
  std::map<std::string, std::uint32_t> grace_periods;
  /// Actor -> the locks that it holds in some execution while it waits for one.
  std::map<std::string, std::set<std::string>> locks_held;

  /// Adds a complete execution. Set-up, at_end and teardown do not count.
  void add(const Execution& execution);
  void add(const Cost& other);
};

}  // namespace rcuscope
