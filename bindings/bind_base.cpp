// SPDX-License-Identifier: LGPL-2.1-or-later
// Exceptions of the core as exceptions of Python. The only place that translates them.
#include <cstdarg>
#include <exception>
#include <new>
#include <system_error>

#include "base/assert.h"
#include "base/error.h"
#include "bindings.h"
#include "errors.h"

namespace rcuscope::bindings {

namespace py = pybind11;

PythonExceptions exceptions;

namespace {

struct ExceptionClass {
  PyObject*& slot;
  const char* name;
  PyObject* base;
  const char* doc;
};

void make_class(py::module_& module, const ExceptionClass& made) {
  const std::string full_name = std::string("rcuscope.") + made.name;
  made.slot = PyErr_NewExceptionWithDoc(full_name.c_str(), made.doc, made.base, nullptr);
  if (made.slot == nullptr) throw py::error_already_set();
  module.add_object(made.name, py::handle(made.slot));
}

void set_trace_format_error(const TraceFormatError& error) {
  const py::object raised = py::handle(exceptions.trace_format_error)(error.what());
  raised.attr("path") = error.path();
  raised.attr("byte_offset") = error.byte_offset();
  raised.attr("expected") = error.expected();
  PyErr_SetObject(exceptions.trace_format_error, raised.ptr());
}

/// OSError with an errno becomes FileNotFoundError, PermissionError ... by itself.
void set_os_error(const std::system_error& error) {
  const bool has_errno = error.code().category() == std::generic_category() ||
                         error.code().category() == std::system_category();
  if (!has_errno) {
    PyErr_SetString(PyExc_OSError, error.what());
    return;
  }
  const py::object raised = py::handle(PyExc_OSError)(error.code().value(), error.what());
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.ptr())), raised.ptr());
}

bool translate() {
  try {
    throw;
  } catch (const PythonErrorIsSet&) {
    return true;
  } catch (py::error_already_set& error) {
    error.restore();
  } catch (const UsageError& error) {
    PyErr_SetString(exceptions.usage_error, error.what());
  } catch (const TraceFormatError& error) {
    set_trace_format_error(error);
  } catch (const LimitError& error) {
    PyErr_SetString(exceptions.limit_error, error.what());
  } catch (const NondeterminismError& error) {
    PyErr_SetString(exceptions.nondeterminism_error, error.what());
  } catch (const InternalError& error) {
    const std::string text =
        std::string(error.what()) + " (a defect of rcuscope: please report it)";
    PyErr_SetString(exceptions.internal_error, text.c_str());
  } catch (const std::system_error& error) {
    set_os_error(error);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::exception& error) {
    PyErr_SetString(exceptions.internal_error, error.what());
  } catch (...) {
    return false;
  }
  return true;
}

}  // namespace

bool set_python_error() noexcept {
  try {
    return translate();
  } catch (py::error_already_set& error) {  // while the exception object was made
    error.restore();
    return true;
  }
}

void raise(PyObject* type, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  PyErr_FormatV(type, format, arguments);
  va_end(arguments);
  throw PythonErrorIsSet{};
}

void bind_base(py::module_& module) {
  const ExceptionClass classes[] = {
      {exceptions.usage_error, "UsageError", PyExc_ValueError,
       "An argument is wrong: the message names it, its value and what was expected."},
      {exceptions.trace_format_error, "TraceFormatError", PyExc_ValueError,
       "A trace file is malformed or cut: .path, .byte_offset and .expected say where."},
      {exceptions.limit_error, "LimitError", PyExc_RuntimeError,
       "A named limit was reached, and the caller asked for that to be an error."},
      {exceptions.internal_error, "InternalError", PyExc_RuntimeError,
       "A defect of rcuscope itself. Please report it."},
      {exceptions.nondeterminism_error, "NondeterminismError", PyExc_RuntimeError,
       "The scenario's body did something else than in the execution before."},
      {exceptions.execution_abandoned, "ExecutionAbandoned", PyExc_BaseException,
       "Ends an actor of an execution that is over. Let it pass."},
      {exceptions.unsafe_error, "UnsafeError", PyExc_AssertionError,
       "Raised by assert_safe() and assert_no_findings(): the studied program has a defect."},
      {exceptions.memory_model_warning, "MemoryModelWarning", PyExc_UserWarning,
       "A verdict holds under sequential consistency only: weak memory was not checked."},
  };
  for (const ExceptionClass& made : classes) make_class(module, made);
  py::register_exception_translator([](std::exception_ptr error) {
    try {
      std::rethrow_exception(error);
    } catch (...) {
      if (!set_python_error()) throw;
    }
  });
}

}  // namespace rcuscope::bindings
