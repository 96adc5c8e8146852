// SPDX-License-Identifier: LGPL-2.1-or-later
// Thread states. A thread that waits for another one must not hold the GIL: the other may need it.
#include "interpreter.h"

#include <atomic>

namespace rcuscope::bindings {
namespace {

struct ThreadState {
  PyGILState_STATE gil{};
  PyThreadState* detached = nullptr;  ///< Between body and body.
  PyThreadState* waiting = nullptr;   ///< Set while a wait has let the GIL go.
};

thread_local ThreadState thread_state;

std::atomic<bool> is_exiting{false};
thread_local bool is_exit_thread = false;

}  // namespace

void begin_exit() {
  is_exit_thread = true;
  is_exiting.store(true);
}

void stop_if_exiting() {
  if (!is_exiting.load(std::memory_order_relaxed) || is_exit_thread) return;
  // Who holds the GIL must give it back first: other atexit functions wait for it.
  if (Py_IsInitialized() != 0 && PyGILState_Check() != 0) return;
  for (;;) pause();
}

void attach_thread() {
  thread_state.gil = until_exit([] { return PyGILState_Ensure(); });
  thread_state.detached = PyEval_SaveThread();
}

void detach_thread() {
  until_exit([] { PyEval_RestoreThread(thread_state.detached); });
  PyGILState_Release(thread_state.gil);
}

void release_gil_if_held() {
  stop_if_exiting();  // what follows says yes once the interpreter is gone
  if (PyGILState_Check() != 0) thread_state.waiting = PyEval_SaveThread();
}

void retake_gil() {
  if (thread_state.waiting == nullptr) return;
  PyThreadState* const state = thread_state.waiting;
  thread_state.waiting = nullptr;
  until_exit([state] { PyEval_RestoreThread(state); });
}

}  // namespace rcuscope::bindings
