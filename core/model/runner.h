// SPDX-License-Identifier: LGPL-2.1-or-later
// ActorRunner: how control goes from one actor to the next, and to the controller that explores.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/fiber.h"
#include "base/ids.h"
#include "base/place.h"
#include "model/local_state.h"

namespace rcuscope {

/// Code of an actor, from its first operation to its end. Returns who runs next; none = controller.
class ActorEntry {
 public:
  virtual ActorId run_actor(ActorId actor) noexcept = 0;

 protected:
  ~ActorEntry() = default;
};

/// Exactly one actor, or the controller (ActorId none), runs at any time.
class ActorRunner {
 public:
  virtual ~ActorRunner() = default;

  /// Arms the actor: the first switch to it calls entry.run_actor(actor). What it was inside of is
  /// forgotten.
  virtual void arm(ActorId actor, ActorEntry& entry) = 0;

  /// Leaves `from`, which runs, and continues `to`. Returns when somebody switches back.
  virtual void switch_to(ActorId from, ActorId to) = 0;

  /// Where the running actor calls a primitive, with which variables. `place`: of the primitive.
  /// Context: on the stack of the actor.
  virtual void find_local_state(const Place& place, LocalState& state) const = 0;

  /// True if actors can be put back to where they have been: see Fiber::save(), restore(), forget()
  /// for what that takes.
  virtual bool can_go_back() const { return false; }
  /// Of an actor inside switch_to().
  virtual bool has_exceptions(ActorId) { return false; }
  /// Likewise. Return: of all that it has on its stack, locals included; 0: cannot tell.
  virtual std::uint64_t hash_of_stack(ActorId) { return 0; }
  /// Likewise. Return: false if it has to go on first.
  virtual bool save(ActorId, Fiber::Image&) { return false; }
  virtual void restore(ActorId, const Fiber::Image&) {}
  /// Whatever it is inside of.
  virtual void forget(ActorId) {}
};

/// Actors in C++: fibers on the caller's thread.
std::unique_ptr<ActorRunner> make_fiber_runner();

/// What actors on threads need from the language they are written in.
struct ThreadHooks {
  std::function<void()> on_thread_start;  ///< On each new thread, before its first actor.
  std::function<void()> on_thread_end;
  std::function<void()> before_wait;  ///< Around every wait of an actor: releases the GIL.
  std::function<void()> after_wait;
  /// Called by the waiting controller every 50 ms. Returns false to be called again, true when the
  /// execution has to end: then `interrupt` is called for the running actor until it gives way.
  std::function<bool()> poll;
  std::function<void(ActorId)> interrupt;
  /// Of the running actor, on its thread: see ActorRunner::find_local_state().
  std::function<void(LocalState&)> find_local_state;
};

/// Actors as plain functions on threads of their own, which share one CPU (SWITCHING.md 2: a
/// hand-over costs about 4 us then, and 17 to 25 us across CPUs).
std::unique_ptr<ActorRunner> make_thread_runner(ThreadHooks hooks, int cpu);

}  // namespace rcuscope
