// SPDX-License-Identifier: LGPL-2.1-or-later
// KernelObject: the Python object `k`, and ActorFrame: Python code of an actor that is under way.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <vector>

#include "base/ids.h"
#include "base/thread_local.h"
#include "errors.h"
#include "interpreter.h"
#include "primitives.h"

namespace rcuscope::bindings {

struct KernelObject;

/// What one actor's Python code is in. Lives on the stack of its thread.
struct ActorFrame {
  KernelObject* kernel = nullptr;
  bool is_setup =
      false;  ///< The scenario's body: its errors belong to the caller, not to the findings.
  ActorId actor;
  unsigned long thread = 0;  ///< For PyThreadState_SetAsyncExc.
  /// What ended the actor. From then on its primitives do nothing, so that `with` and `finally`
  /// unwind silently; it is thrown on at the actor's top.
  std::exception_ptr fault;
  bool is_interrupted = false;  ///< ExecutionAbandoned is on its way from outside.
  std::int32_t quiet_count = 0;
  ActorFrame* outer = nullptr;
};

/// The frame of this thread: a primitive called elsewhere is refused by it. Null: no actor.
extern constinit RCUSCOPE_FAST_THREAD_LOCAL ActorFrame* current_frame;

/// What a run knows about the Python code in it. Context: GIL held.
struct Activity {
  std::uint64_t progress_count = 0;  ///< Grows with the operations: not for seconds = runaway.
  std::vector<ActorFrame*> frames;   ///< Of all its threads.
  bool is_stalled = false;      ///< The interrupted actor ran for seconds without an operation.
  bool is_out_of_time = false;  ///< It was interrupted since the search's time is over.
  PyObject* interruption = nullptr;  ///< KeyboardInterrupt, for the caller of the run. Owner: this.
};

struct KernelObject {
  PyObject_HEAD Primitives* primitives;  ///< Owner: this.
  Activity* activity;                    ///< Owner: the run.
  std::int64_t steps_seen;  ///< Primitives::step_count() at the latest primitive; -1 = none yet.
  PyObject* kept;       ///< List of callables and arguments that the world's functions refer to.
  PyObject* read_side;  ///< The guard of rcu_read_side(), made once.
};

enum class KernelKind : std::uint8_t { model, live };

/// A new `k`. Throws: PythonErrorIsSet.
KernelObject* make_kernel(KernelKind kind, Primitives* primitives, Activity* activity);
/// The run of this kernel is over: drops what its functions refer to.
void retire_kernel(KernelObject* kernel);
/// Raises ExecutionAbandoned in the Python code of the actors that `is_meant` picks.
template <class Predicate>
void interrupt_frames(Activity& activity, Predicate is_meant) {
  for (ActorFrame* frame : activity.frames) {
    if (!is_meant(*frame)) continue;
    frame->is_interrupted = true;
    PyThreadState_SetAsyncExc(frame->thread, exceptions.execution_abandoned);
  }
}
/// Keeps an object alive as long as the run. Return: the same, borrowed.
PyObject* keep(KernelObject* kernel, PyObject* object);
bool is_kernel(PyObject* object);

/// Encloses Python code that runs as an actor: takes the GIL, makes the frame.
class FrameScope {
 public:
  FrameScope(KernelObject* kernel, bool is_setup);
  ~FrameScope();
  FrameScope(const FrameScope&) = delete;
  FrameScope& operator=(const FrameScope&) = delete;

  /// Calls the Python code. Throws on what ended the actor; an error of an actor is reported as a
  /// finding, one of set-up is thrown as py::error_already_set.
  void call(PyObject* function, std::initializer_list<PyObject*> arguments);
  void call(PyObject* function, PyObject* tuple_of_arguments);
  /// The same. Return: what the code returned, a new reference.
  PyObject* result_of(PyObject* function, PyObject* tuple_of_arguments);
  /// The error of Python that is set ends the actor as if its code had raised it.
  [[noreturn]] void report_error();

 private:
  [[noreturn]] void report_abandonment(const pybind11::error_already_set& error);

  GilHeld gil_;
  ActorFrame frame_;
};

/// Calls function(*arguments) as an actor, or a callback of one.
void call_actor(KernelObject* kernel, PyObject* function, PyObject* arguments);

}  // namespace rcuscope::bindings
