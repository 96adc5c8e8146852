// SPDX-License-Identifier: LGPL-2.1-or-later
// ActorSpec: what a scenario declares about one actor.
#pragma once

#include <functional>
#include <string>

#include "base/context.h"
#include "base/ids.h"

namespace rcuscope {

struct ActorSpec {
  std::string name;  ///< Unique in its scenario.
  ActorKind kind = ActorKind::process;
  CpuId cpu;  ///< None = a CPU of its own.
  std::function<void()> body;
};

/// The queued function of call_rcu and of work items.
using Callback = std::function<void()>;

}  // namespace rcuscope
