// SPDX-License-Identifier: LGPL-2.1-or-later
// How an execution and its actors end.
#pragma once

#include <cstdint>
#include <string>

#include "model/actor.h"
#include "trace/finding.h"

namespace rcuscope {

/// Unwinds an actor of an execution that is over. Only run_actor() catches it for good.
struct ExecutionAbandoned {};

/// Thrown out of an actor's body by a language binding: the scenario's own error.
struct ActorError {
  FindingKind kind = FindingKind::error;
  std::string message;
};

enum class ExecutionEnd : std::uint8_t {
  complete,
  fatal_finding,
  redundant,
  step_limit,
  interrupted
};

/// An actor that could not go on when the execution ended, though not all of it was over.
struct BlockedActor {
  ActorId actor;
  ActorSet kept_off_by;  ///< Who kept it off its CPU.
};

}  // namespace rcuscope
