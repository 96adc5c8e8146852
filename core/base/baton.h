// SPDX-License-Identifier: LGPL-2.1-or-later
// Baton: hand-over of control between OS threads, and the pinning that makes it cheap.
//
// Python actors run on OS threads, of which exactly one runs at a time: each has a Baton, passes
// that of the next and waits on its own. The threads are pinned to one CPU, because waking a thread
// on another CPU costs about five times as much; nobody spins, as the CPU belongs to the one awake.
#pragma once

#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace rcuscope {

/// A slot for one hand-over. One thread waits; any thread passes. Built on a futex (Linux).
class Baton {
 public:
  Baton() = default;
  Baton(const Baton&) = delete;
  Baton& operator=(const Baton&) = delete;

  /// Lets the one waiter go on, now or when it comes to wait. Passing a baton that was not yet
  /// taken would lose a hand-over, and is an InternalError.
  /// Order: all that the caller did before is seen after the wait() that it ends.
  void pass();

  /// Sleeps until the baton was passed, and takes it.
  void wait();

  /// Return: true if the baton was taken; false if `timeout` is over, or earlier if a signal
  /// handler ran in this thread, so that the caller can look for Ctrl-C.
  bool wait(std::chrono::milliseconds timeout);

 private:
  enum : std::uint32_t { empty, passed, awaited };

  bool try_take();

  std::atomic<std::uint32_t> slot_{empty};  ///< The futex; `awaited`: pass() must wake a sleeper.
};

/// Binds the calling thread to one CPU. Throws std::system_error, e.g. if the process may not use
/// that CPU.
void pin_thread_to_cpu(int cpu);

/// The same where it is allowed; else the thread stays slower, but right.
void try_to_pin_thread(int cpu);

/// Return: the CPU on which the caller runs at this moment.
int current_cpu();

/// Pins the thread that makes it, and gives it back its CPUs at the end of the scope.
/// Context: destroyed by the thread that made it.
class ScopedCpuPin {
 public:
  explicit ScopedCpuPin(int cpu);
  ~ScopedCpuPin();
  ScopedCpuPin(const ScopedCpuPin&) = delete;
  ScopedCpuPin& operator=(const ScopedCpuPin&) = delete;

 private:
  cpu_set_t previous_;
};

}  // namespace rcuscope
