// SPDX-License-Identifier: LGPL-2.1-or-later
// Exceptions on their way between C++ and Python.
#pragma once

#include <Python.h>

namespace rcuscope::bindings {

/// Thrown where a Python error is set: the next boundary returns it to the interpreter.
struct PythonErrorIsSet {};

/// The classes of Python that bind_base makes. Owner: the module.
struct PythonExceptions {
  PyObject* usage_error = nullptr;
  PyObject* trace_format_error = nullptr;
  PyObject* limit_error = nullptr;
  PyObject* internal_error = nullptr;
  PyObject* nondeterminism_error = nullptr;
  PyObject* execution_abandoned = nullptr;
  PyObject* unsafe_error = nullptr;
  PyObject* memory_model_warning = nullptr;
};
extern PythonExceptions exceptions;

/// Sets the Python error for the C++ exception in flight. Return: false, with no error set, for
/// those that end an actor of a world; they are no business of Python. Context: inside a catch
/// block, GIL held.
bool set_python_error() noexcept;

/// Sets an error with a message as PyErr_Format makes it and throws PythonErrorIsSet.
[[noreturn]] void raise(PyObject* type, const char* format, ...);

/// Return: `result`, unless it is null: then PythonErrorIsSet is thrown.
template <class T>
T* checked(T* result) {
  if (result == nullptr) throw PythonErrorIsSet{};
  return result;
}

}  // namespace rcuscope::bindings
