// SPDX-License-Identifier: LGPL-2.1-or-later
// How threads of the core meet the interpreter: they hold the GIL only inside Python code.
#pragma once

#include <Python.h>

namespace rcuscope::bindings {

/// For on_thread_start and on_thread_end of a world's hooks: the thread's state in the interpreter,
/// made once, so that each actor's body need not.
void attach_thread();
void detach_thread();

/// For before_wait and after_wait: lets the GIL go if this thread holds it, and takes it back.
void release_gil_if_held();
void retake_gil();

}  // namespace rcuscope::bindings
