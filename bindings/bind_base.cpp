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

/// Messages quote files and arguments, which may hold anything.
/// @param errors Of Python's codecs: what to do with bytes that are no UTF-8.
py::str text_of(const std::string& bytes, const char* errors = "backslashreplace") {
  PyObject* const text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), errors);
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::str>(text);
}

void set_error(PyObject* type, const std::string& message) {
  PyErr_SetObject(type, text_of(message).ptr());
}

void set_trace_format_error(const TraceFormatError& error) {
  const py::object raised = py::handle(exceptions.trace_format_error)(text_of(error.what()));
  raised.attr("path") = text_of(error.path(), "surrogateescape");
  raised.attr("byte_offset") = error.byte_offset();
  raised.attr("expected") = error.expected();
  PyErr_SetObject(exceptions.trace_format_error, raised.ptr());
}

/// OSError with an errno becomes FileNotFoundError, PermissionError ... by itself.
void set_os_error(const std::system_error& error) {
  const bool has_errno = error.code().category() == std::generic_category() ||
                         error.code().category() == std::system_category();
  if (!has_errno) {
    set_error(PyExc_OSError, error.what());
    return;
  }
  const py::object raised = py::handle(PyExc_OSError)(error.code().value(), text_of(error.what()));
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
    set_error(exceptions.usage_error, error.what());
  } catch (const TraceFormatError& error) {
    set_trace_format_error(error);
  } catch (const LimitError& error) {
    set_error(exceptions.limit_error, error.what());
  } catch (const NondeterminismError& error) {
    set_error(exceptions.nondeterminism_error, error.what());
  } catch (const InternalError& error) {
    const std::string text =
        std::string(error.what()) + " (a defect of rcuscope: please report it)";
    set_error(exceptions.internal_error, text);
  } catch (const std::system_error& error) {
    set_os_error(error);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const py::builtin_exception& error) {
    error.set_error();
  } catch (const std::exception& error) {
    set_error(exceptions.internal_error, error.what());
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
