// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryObserver: who keeps account of what weak memory would respect, while an execution runs
// sequentially consistently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "model/actor.h"
#include "model/operation.h"

namespace rcuscope {

class Execution;

/// Told only what happens while the actors run: set-up comes before, and teardown after everything.
class MemoryObserver {
 public:
  virtual ~MemoryObserver() = default;
  /// A new execution. It begins with that many steps of the one before, of which it is told nothing
  /// again. Return: false if it has to be told everything.
  virtual bool begin(Execution& execution, std::size_t known_steps) = 0;
  /// What follows belongs to the next step of the actors, which is of this one.
  virtual void on_step(const ModelActor& actor) = 0;
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
  /// How the actor came by its pointer to that object, for on_pointer_used(); 0: by no load. Who
  /// asks this or latest_access() asks it again in the next execution, about known steps, too.
  virtual std::uint32_t dependency_on(const Execution& execution, const ModelActor& actor,
                                      const void* pointer) = 0;
  /// From now on the actor follows a pointer that it came by like this, until it loads or uses
  /// another one to the same object. Where nobody calls this, the pointer loaded last is meant.
  virtual void on_pointer_used(const Execution& execution, const ModelActor& actor,
                               const void* pointer, std::uint32_t dependency) = 0;
  /// Number of the actor's latest access, for on_dependent().
  virtual std::uint32_t latest_access(const ModelActor& actor) = 0;
  /// The actor's next access depends on what these loads gave: all of it, or the store alone.
  virtual void on_dependent(const ModelActor& actor, std::span<const std::uint32_t> loads,
                            bool is_store_only) = 0;
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
