// SPDX-License-Identifier: LGPL-2.1-or-later
// Life of a KernelObject, and what becomes of exceptions that leave the Python code of an actor.
#include "kernel_object.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <utility>

#include "cells.h"
#include "errors.h"

namespace rcuscope::bindings {

namespace py = pybind11;

constinit RCUSCOPE_FAST_THREAD_LOCAL ActorFrame* current_frame = nullptr;

PyObject* keep(KernelObject* kernel, PyObject* object) {
  if (kernel->kept == nullptr) kernel->kept = checked(PyList_New(0));
  if (PyList_Append(kernel->kept, object) != 0) throw PythonErrorIsSet{};
  return object;
}

void retire_kernel(KernelObject* kernel) {
  kernel->primitives->close();
  if (kernel->activity != nullptr) {
    interrupt_frames(*kernel->activity,
                     [kernel](const ActorFrame& frame) { return frame.kernel == kernel; });
    std::erase_if(kernel->activity->frames,
                  [kernel](const ActorFrame* frame) { return frame->kernel == kernel; });
  }
  kernel->activity = nullptr;
  Py_CLEAR(kernel->kept);
  Py_CLEAR(kernel->read_side);
}

FrameScope::FrameScope(KernelObject* kernel, bool is_setup) {
  Py_INCREF(kernel);  // a thread that a live run left behind outlives the run
  frame_.kernel = kernel;
  frame_.is_setup = is_setup;
  frame_.actor = kernel->primitives->current_actor();
  frame_.thread = PyThread_get_thread_ident();
  frame_.outer = std::exchange(current_frame, &frame_);
  if (kernel->activity != nullptr) kernel->activity->frames.push_back(&frame_);
}

FrameScope::~FrameScope() {
  current_frame = frame_.outer;
  if (frame_.kernel->activity != nullptr) std::erase(frame_.kernel->activity->frames, &frame_);
  frame_.fault = nullptr;
  Py_DECREF(frame_.kernel);
}

namespace {

std::string text_of(const py::object& object) { return py::str(object).cast<std::string>(); }

/// `  File "/a/b/removal.py", line 3` without the directories: a finding's text is a part of
/// its trace.
std::string without_directories(const std::string& traceback) {
  constexpr std::string_view mark = "File \"";
  std::string text;
  std::istringstream lines(traceback);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t word = line.find_first_not_of(" |+-");  // bars lead into exception groups
    if (word != std::string::npos && line.compare(word, mark.size(), mark) == 0) {
      const std::size_t name = word + mark.size();
      const std::size_t slash = line.rfind('/', line.find('"', name));
      if (slash != std::string::npos && slash >= name) line.erase(name, slash + 1 - name);
    }
    text += line + '\n';
  }
  return text;
}

/// "ValueError: too many", then the traceback.
std::string describe_error(const py::error_already_set& error) {
  const py::object suggest = py::module_::import("rcuscope.complaint").attr("suggestion");
  const std::string first = text_of(error.type().attr("__name__")) + ": " + text_of(error.value()) +
                            text_of(suggest(error.value()));
  // A call that did not get as far as the function has no traceback.
  const py::object trace = error.trace() ? py::object(error.trace()) : py::object(py::none());
  const py::object lines =
      py::module_::import("traceback").attr("format_exception")(error.type(), error.value(), trace);
  return first + "\n" +
         without_directories(with_cells_named(text_of(py::str("").attr("join")(lines))));
}

/// Where the exception was raised.
Place place_of(const py::error_already_set& error) {
  py::object entry = error.trace();
  if (!entry || entry.is_none()) return {};
  while (!entry.attr("tb_next").is_none()) entry = entry.attr("tb_next");
  const py::object code = entry.attr("tb_frame").attr("f_code");
  return {shown_file(text_of(code.attr("co_filename")).c_str()),
          literal(text_of(code.attr("co_name"))), entry.attr("tb_lineno").cast<std::uint32_t>()};
}

/// The first line of the actor's function: unlike the line at which a loop is interrupted, it is
/// the same each time.
Place place_of_function(const py::error_already_set& error) {
  if (!error.trace()) return {};
  const py::object code = error.trace().attr("tb_frame").attr("f_code");
  return {shown_file(text_of(code.attr("co_filename")).c_str()),
          literal(text_of(code.attr("co_name"))),
          code.attr("co_firstlineno").cast<std::uint32_t>()};
}

/// Following None is what following NULL is in C: `None.field`, `None["field"]`. The interpreter
/// notes the name that was looked up; an AttributeError that somebody made has none.
bool is_null_dereference(const py::error_already_set& error) {
  if (error.matches(PyExc_AttributeError))
    return py::getattr(error.value(), "obj").is_none() &&
           !py::getattr(error.value(), "name").is_none();
  return error.matches(PyExc_TypeError) && text_of(error.value()).starts_with("'NoneType' object");
}

}  // namespace

/// It was raised from outside: somebody pressed Ctrl-C, or this actor never came to an operation.
void FrameScope::report_abandonment(const pybind11::error_already_set& error) {
  const Activity* const activity = frame_.kernel->activity;
  frame_.is_interrupted = false;
  if (activity != nullptr && activity->is_stalled && !activity->is_out_of_time)
    frame_.kernel->primitives->report(
        FindingKind::stall,
        "INFO: rcu_preempt detected stalls on CPUs/tasks: it runs for seconds without an operation",
        place_of_function(error));
  frame_.kernel->primitives->cancel();
}

void FrameScope::report_error() {
  Primitives& primitives = *frame_.kernel->primitives;
  py::error_already_set error;  // fetches it
  if (error.matches(exceptions.execution_abandoned)) report_abandonment(error);
  if (frame_.is_setup) throw error;
  if (error.matches(PyExc_KeyboardInterrupt)) {
    if (frame_.kernel->activity != nullptr)
      Py_XSETREF(frame_.kernel->activity->interruption, error.value().inc_ref().ptr());
    primitives.cancel();
  }
  const std::string text = describe_error(error);
  if (is_null_dereference(error))
    primitives.report(FindingKind::null_dereference,
                      "BUG: kernel NULL pointer dereference, address: 0x0000000000000000: " + text,
                      place_of(error));
  else
    primitives.report(FindingKind::error, text, place_of(error));
  primitives.cancel();  // not reached: both kinds are fatal
}

void FrameScope::call(PyObject* function, std::initializer_list<PyObject*> arguments) {
  PyObject* const tuple = checked(PyTuple_New(static_cast<Py_ssize_t>(arguments.size())));
  const py::object owner = py::reinterpret_steal<py::object>(tuple);
  Py_ssize_t position = 0;
  for (PyObject* argument : arguments) PyTuple_SET_ITEM(tuple, position++, Py_NewRef(argument));
  call(function, tuple);
}

void FrameScope::call(PyObject* function, PyObject* tuple_of_arguments) {
  Py_DECREF(result_of(function, tuple_of_arguments));
}

PyObject* FrameScope::result_of(PyObject* function, PyObject* tuple_of_arguments) {
  // The run lets go of them when it is over; this thread may still be at it, if it was left behind.
  const py::object kept_function = py::reinterpret_borrow<py::object>(function);
  const py::object kept_arguments = py::reinterpret_borrow<py::object>(tuple_of_arguments);
  PyObject* const result =
      until_exit([&] { return PyObject_Call(function, tuple_of_arguments, nullptr); });
  if (frame_.fault) {
    Py_XDECREF(result);
    PyErr_Clear();
    std::rethrow_exception(std::exchange(frame_.fault, nullptr));
  }
  if (result == nullptr) report_error();
  return result;
}

void call_actor(KernelObject* kernel, PyObject* function, PyObject* arguments) {
  FrameScope(kernel, false).call(function, arguments);
}

}  // namespace rcuscope::bindings
