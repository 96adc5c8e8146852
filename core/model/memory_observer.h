// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryObserver: who keeps account of what weak memory would respect, while an execution runs
// sequentially consistently.
#pragma once

#include "base/ids.h"
#include "model/actor.h"
#include "model/operation.h"

namespace rcuscope {

class Execution;

/// Told only what happens while the actors run: set-up comes before, and teardown after everything.
class MemoryObserver {
 public:
  virtual ~MemoryObserver() = default;
  /// A new execution.
  virtual void begin() = 0;
  /// An operation that is no access to a location, before it takes effect. Not of main.
  virtual void on_operation(Execution& execution, const ModelActor& actor,
                            const Operation& operation) = 0;
  /// An access to a location, after its event. Of an update it is not known yet whether it
  /// succeeds.
  virtual void on_access(Execution& execution, const ModelActor& actor,
                         const Operation& operation) = 0;
  /// The latest access of the actor gave it this pointer.
  virtual void on_pointer_loaded(const Execution& execution, const ModelActor& actor,
                                 const void* pointer) = 0;
  /// The actor's latest access was an update.
  virtual void on_updated(Execution& execution, const ModelActor& actor, bool has_succeeded) = 0;
  virtual void on_allocated(const ModelActor& actor, const void* object) = 0;
  /// `parent` runs an operation that makes the actor come to be: call_rcu, queue_work ...
  virtual void on_spawn(const ModelActor& parent, ActorId actor) = 0;
  virtual void on_grace_period_start(GracePeriodId id, const ModelSrcu* domain) = 0;
  /// The actor stops being a reader of the domain (null: RCU).
  virtual void on_section_end(const Execution& execution, const ModelActor& actor,
                              const ModelSrcu* domain) = 0;
  /// All actors, callbacks and work have ended.
  virtual void on_end(Execution& execution) = 0;
};

}  // namespace rcuscope
