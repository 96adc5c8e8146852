// SPDX-License-Identifier: LGPL-2.1-or-later
// Calls of methods that replace steps, and what they may return.
#include "python_steps.h"

#include <pybind11/stl.h>

#include <utility>

#include "cells.h"
#include "errors.h"
#include "handle.h"
#include "iommu/objects.h"

namespace rcuscope::bindings {

namespace py = pybind11;

PythonProgramPtr python_program(const py::object& body, const py::dict& options) {
  auto* const program = new PythonProgram;
  PythonProgramPtr owner(program, [](const PythonProgram* last) {
    const GilHeld gil;
    delete last;
  });
  program->body = py::none();
  program->iommu = py::none();
  if (py::isinstance<py::str>(body))
    program->of_catalogue = &find_scenario(body.cast<std::string>());
  else
    program->body = body;
  if (options.contains("iommu") && !options["iommu"].is_none()) {
    program->iommu = options["iommu"];
    program->steps = options["steps"].cast<std::vector<std::string>>();
  }
  if (options.contains("cells")) name_cells(options["cells"]);
  return owner;
}

PythonStep::Owned PythonStep::own(PyObject* object) {
  return {object, [](PyObject* last) {
            const GilHeld gil;
            Py_DECREF(last);
          }};
}

PythonStep::PythonStep(KernelObject* kernel, PyObject* replacement, const std::string& name)
    : kernel_(own(Py_NewRef(reinterpret_cast<PyObject*>(kernel)))),
      method_(own(checked(PyObject_GetAttrString(replacement, name.c_str())))),
      name_(std::string(Py_TYPE(replacement)->tp_name) + "." + name) {}

bool PythonStep::is_expected(PyObject* result, Result expected) const {
  constexpr long errno_max = 4095;
  if (expected == Result::nothing) return result == Py_None;
  if (expected == Result::gdev_or_error && is_handle(result, Tag::group_device))
    return as_handle(result)->kernel == kernel();
  if (!PyLong_Check(result) || PyBool_Check(result)) return false;
  int overflow = 0;
  const long number = PyLong_AsLongAndOverflow(result, &overflow);
  const long most = expected == Result::error ? 0 : -1;
  return overflow == 0 && number >= -errno_max && number <= most;
}

Value PythonStep::call(const std::vector<PyObject*>& arguments, Result expected,
                       FrameScope& scope) const {
  static constexpr const char* expectations[] = {
      "None", "0 or a negative errno such as -12",
      "a GroupDevice of this execution, or a negative errno such as -12"};
  py::tuple tuple(arguments.size() + 1);
  tuple[0] = py::reinterpret_borrow<py::object>(kernel_.get());
  for (std::size_t i = 0; i < arguments.size(); ++i)
    tuple[i + 1] = py::reinterpret_steal<py::object>(arguments[i]);
  // The run may be over for a thread that it left behind.
  if (kernel()->activity == nullptr) kernel()->primitives->cancel();
  const auto result =
      py::reinterpret_steal<py::object>(scope.result_of(method_.get(), tuple.ptr()));
  if (!is_expected(result.ptr(), expected)) {
    PyErr_Format(PyExc_TypeError, "%s returned %R; expected %s", name_.c_str(), result.ptr(),
                 expectations[static_cast<std::size_t>(expected)]);
    scope.report_error();
  }
  if (expected == Result::nothing) return {};
  if (PyLong_Check(result.ptr())) return Value::integer(PyLong_AsLong(result.ptr()));
  note_used(as_handle(result.ptr()));
  return as_handle(result.ptr())->value;
}

Value PythonStep::call(std::initializer_list<Value> arguments, Result expected) const {
  FrameScope scope(kernel(), false);
  std::vector<PyObject*> handles;
  for (const Value argument : arguments) handles.push_back(to_python_reached(kernel(), argument));
  return call(handles, expected, scope);
}

void PythonStep::run(std::initializer_list<Value> arguments) const {
  call(arguments, Result::nothing);
}

int PythonStep::run_for_error(std::initializer_list<Value> arguments) const {
  return static_cast<int>(call(arguments, Result::error).number());
}

int PythonStep::run_for_error(const std::vector<Value>& devices) const {
  FrameScope scope(kernel(), false);
  py::list handles;
  for (const Value dev : devices)
    handles.append(py::reinterpret_steal<py::object>(to_python_reached(kernel(), dev)));
  return static_cast<int>(call({handles.release().ptr()}, Result::error, scope).number());
}

Value PythonStep::run_for_gdev(std::initializer_list<Value> arguments) const {
  return call(arguments, Result::gdev_or_error);
}

}  // namespace rcuscope::bindings
