// SPDX-License-Identifier: LGPL-2.1-or-later
// StepRecord: an operation that was executed.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "model/operation.h"

namespace rcuscope {

/// One operation that was executed, and what it changed for others.
struct StepRecord {
  static constexpr std::int32_t no_choice = -1;

  StepRecord() = default;
  StepRecord(ActorId who, const Operation& what) : actor(who), operation(what) {}

  ActorId actor;
  Operation operation;
  std::int32_t choice = no_choice;  ///< Index into Execution::choices(); none for local operations.
  /// Domain of the section that it opens or closes: 0 is RCU, else the address of an srcu_struct.
  std::uint64_t domain = 0;
  std::int32_t count_before = 0;  ///< Of a get or put: what the reference count was.
  std::int32_t srcu_index = 0;    ///< Tells the actor's sections of one srcu_struct apart.
  bool opens_section = false;
  bool closes_section = false;
  bool changes_state = false;   ///< False for reads, and for updates that failed.
  bool took_lock = false;       ///< It got the lock: a trylock may not.
  bool made_available = false;  ///< complete() of a completion that had no count left.
  // Interrupt levels, as bits: which it keeps off its CPU from here on, and which no longer.
  std::uint8_t seized_levels = 0;
  std::uint8_t freed_levels = 0;
};

}  // namespace rcuscope
