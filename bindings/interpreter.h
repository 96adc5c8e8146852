// SPDX-License-Identifier: LGPL-2.1-or-later
// How threads of the core meet the interpreter: they hold the GIL only inside Python code.
//
// A thread that asks for the GIL while the interpreter ends is ended by CPython with pthread_exit
// (up to 3.13), which would unwind through C++ that cannot be unwound; one that asks afterwards
// meets thread states that are freed. until_exit() stops both: the thread sleeps until the process
// is gone.
#pragma once

#include <Python.h>
#include <cxxabi.h>
#include <unistd.h>

namespace rcuscope::bindings {

/// For an atexit function, called before anything of the interpreter is gone: from now on the GIL
/// is for the calling thread alone.
void begin_exit();

/// Sleeps for ever once begin_exit() was called, on any thread but its caller's that does not hold
/// the GIL.
void stop_if_exiting();

/// Runs code that may wait for the GIL.
template <class Function>
auto until_exit(Function function) {
  stop_if_exiting();
  try {
    return function();
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
}

/// For on_thread_start and on_thread_end of a world's hooks: the thread's state in the interpreter,
/// made once, so that each actor's body need not.
void attach_thread();
void detach_thread();

/// For before_wait and after_wait: lets the GIL go if this thread holds it, and takes it back.
void release_gil_if_held();
void retake_gil();

/// Holds the GIL, on any thread; they nest.
class GilHeld {
 public:
  GilHeld() : state_(until_exit([] { return PyGILState_Ensure(); })) {}
  ~GilHeld() { PyGILState_Release(state_); }
  GilHeld(const GilHeld&) = delete;
  GilHeld& operator=(const GilHeld&) = delete;

 private:
  PyGILState_STATE state_;
};

/// Lets the GIL go. Requires: the caller holds it.
class GilReleased {
 public:
  GilReleased() : state_(PyEval_SaveThread()) {}
  ~GilReleased() {
    until_exit([this] { PyEval_RestoreThread(state_); });
  }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

}  // namespace rcuscope::bindings
