// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooser: who decides the order of an execution.
#pragma once

#include <span>

#include "base/ids.h"

namespace rcuscope {

class Execution;

/// Decides the order. Called only where more than one order may matter.
class Chooser {
 public:
  virtual ~Chooser() = default;
  /// Requires: enabled is not empty and sorted. Return: one of them, or none to end the execution
  /// because all that can follow has been explored already.
  virtual ActorId choose(const Execution& execution, std::span<const ActorId> enabled) = 0;
  /// The same, where it is known before one looks who is enabled: a path that is run again. Return:
  /// none to be asked by choose().
  virtual ActorId known_choice(const Execution&) { return {}; }
  /// True to be asked also where somebody has a local operation, which else runs at once.
  virtual bool decides_local_operations() const { return false; }
  /// True if choosing none cuts the execution short, to show a defect: no other one stands for what
  /// could follow.
  virtual bool cuts_short() const { return false; }
};

}  // namespace rcuscope
