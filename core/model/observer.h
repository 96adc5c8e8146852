// SPDX-License-Identifier: LGPL-2.1-or-later
// Observer: who looks for defects in an execution.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/place.h"
#include "model/actor.h"
#include "model/operation.h"

namespace rcuscope {

class Execution;

/// Looks at every operation before it takes effect, and reports defects. Remembers nothing: an
/// execution goes back to where an earlier one has been.
class Observer {
 public:
  virtual ~Observer() = default;
  /// False for kinds of operations that on_operation() need not be called for. Asked once.
  virtual bool watches(OperationKind) const { return true; }
  virtual void on_operation(Execution&, const ModelActor&, const Operation&) {}
  /// The actor is about to do something that may sleep.
  virtual void on_may_sleep(Execution&, const ModelActor&, std::string_view /*what*/,
                            const Place&) {}
  virtual void on_bad_pointer(Execution&, const ModelActor&, std::uintptr_t /*address*/) {}
  virtual void on_actor_end(Execution&, const ModelActor&) {}
  /// Nobody can go on and somebody has not ended.
  virtual void on_blocked(Execution&) {}
  /// These go round and round: the state of everything comes again, whoever runs.
  virtual void on_going_round(Execution&, const ActorSet&) {}
  /// The execution is cut short: only what nobody could undo any more is a defect.
  virtual void on_cut_short(Execution&) {}
  /// All actors, callbacks and work have ended; teardown has not begun.
  virtual void on_end(Execution&) {}
};

}  // namespace rcuscope
