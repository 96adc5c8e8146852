// SPDX-License-Identifier: LGPL-2.1-or-later
// The checkers: one small observer of operations for each class of defects.
#pragma once

#include <memory>
#include <vector>

#include "model/execution.h"

namespace rcuscope {

/// What put_device() counts as where one must not sleep (KERNEL_FACTS 2.1).
enum class PutDeviceMode : std::uint8_t {
  precise,  ///< A defect only if it is the last put and the release sleeps.
  strict,   ///< Any put outside process context is a defect.
};

struct CheckOptions {
  PutDeviceMode put_device = PutDeviceMode::precise;
};

std::unique_ptr<Observer> make_use_after_free_checker();
std::unique_ptr<Observer> make_sleep_in_atomic_checker(const CheckOptions& options);
std::unique_ptr<Observer> make_stall_checker();  ///< Before that of deadlocks.
std::unique_ptr<Observer> make_deadlock_checker();
std::unique_ptr<Observer> make_leak_checker();
std::unique_ptr<Observer> make_rcu_usage_checker();

/// Data races, and what rests on more order than the kernel's memory model gives.
std::unique_ptr<MemoryObserver> make_memory_checker();

/// All the others, in the order in which they look at an operation.
std::vector<std::unique_ptr<Observer>> make_checkers(const CheckOptions& options = {});

}  // namespace rcuscope
