// SPDX-License-Identifier: LGPL-2.1-or-later
// ExecutionOptions: what all executions of one search have in common.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "model/await.h"
#include "model/memory_observer.h"
#include "model/observer.h"

namespace rcuscope {

struct ExecutionOptions {
  Step max_steps = 10'000;
  std::vector<Observer*> observers;
  AwaitSites awaits;
  bool goes_back = true;  ///< Of programs that call go_back_to_here().
  MemoryObserver* memory = nullptr;
  /// Operations in a row without any change, after which a loop is taken to have no end of its own.
  std::int32_t patience = 1'000;
};

}  // namespace rcuscope
