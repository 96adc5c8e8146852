// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooser: who decides the order of an execution.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"

namespace rcuscope {

class Execution;

/// An execution begins as another one did, whose order is then followed without asking anybody.
struct KnownBeginning {
  std::uint64_t run = 0;  ///< Execution::run_number() of that one; 0 = none.
  std::size_t steps = 0;  ///< Of its log.
};

/// Decides the order. Called only where more than one order may matter.
class Chooser {
 public:
  virtual ~Chooser() = default;
  /// Requires: enabled is not empty and sorted. Return: one of them, or none to end the execution
  /// because all that can follow has been explored already.
  virtual ActorId choose(const Execution& execution, std::span<const ActorId> enabled) = 0;
  /// How the next execution begins, if one of this chooser's has told. Context: before it starts.
  virtual KnownBeginning known_beginning() const { return {}; }
  /// The same as choose(), where it is known before one looks who is enabled: a path that is run
  /// again. Return: none to be asked by choose().
  virtual ActorId known_choice(const Execution&) { return {}; }
  /// True to be asked also where somebody has a local operation, which else runs at once.
  virtual bool decides_local_operations() const { return false; }
  /// True if choosing none cuts the execution short, to show a defect: no other one stands for what
  /// could follow.
  virtual bool cuts_short() const { return false; }
};

}  // namespace rcuscope
