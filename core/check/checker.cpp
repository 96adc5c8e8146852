// SPDX-License-Identifier: LGPL-2.1-or-later
// The full set of checkers.
#include "check/checker.h"

namespace rcuscope {

std::vector<std::unique_ptr<Observer>> make_checkers(const CheckOptions& options) {
  std::vector<std::unique_ptr<Observer>> checkers;
  checkers.push_back(make_use_after_free_checker());
  checkers.push_back(make_sleep_in_atomic_checker(options));
  checkers.push_back(make_rcu_usage_checker());
  checkers.push_back(make_stall_checker());
  checkers.push_back(make_deadlock_checker());
  checkers.push_back(make_leak_checker());
  return checkers;
}

}  // namespace rcuscope
