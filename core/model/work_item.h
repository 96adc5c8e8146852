// SPDX-License-Identifier: LGPL-2.1-or-later
// WorkItem: a work_struct of the studied program.
#pragma once

#include <string>

#include "base/ids.h"
#include "world/actor_spec.h"

namespace rcuscope {

struct WorkItem {
  std::string name;
  Callback function;
  const void* address = nullptr;
  ActorId worker;  ///< Of the latest queueing.
  bool is_pending = false;
  bool is_running = false;
  bool is_disabled = false;

  /// Name, function and address stay what they are.
  void restore(const WorkItem& kept) {
    worker = kept.worker;
    is_pending = kept.is_pending;
    is_running = kept.is_running;
    is_disabled = kept.is_disabled;
  }
};

}  // namespace rcuscope
