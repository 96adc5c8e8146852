// SPDX-License-Identifier: LGPL-2.1-or-later
// Arguments of primitives, and the two ways out of one: an error of Python, or the end of the
// actor.
#include "call.h"

#include <algorithm>
#include <string>

#include "cells.h"
#include "errors.h"

namespace rcuscope::bindings {

bool stays_quiet(ActorFrame& frame) {
  if (!frame.fault && !frame.is_interrupted) return false;
  constexpr std::int32_t quiet_calls = 1'000;
  if (++frame.quiet_count % quiet_calls == 0)
    raise(exceptions.execution_abandoned, "the execution is over");
  return true;
}

ActorFrame& frame_of(KernelObject* kernel, const char* what) {
  ActorFrame* const frame = current_frame;
  if (frame == nullptr || frame->kernel != kernel)
    raise(exceptions.usage_error,
          "%s: this thread runs no actor of that execution; use k and its handles only in the "
          "scenario "
          "and its actors, while they run",
          what);
  if (kernel->activity == nullptr)  // a thread that a live run left behind
    raise(exceptions.execution_abandoned, "the execution is over");
  const std::int64_t steps = kernel->primitives->step_count();
  if (std::exchange(kernel->steps_seen, steps) != steps) ++kernel->activity->progress_count;
  return *frame;
}

PyObject* end_primitive() noexcept {
  if (set_python_error()) {
    const bool ends_actor = PyErr_ExceptionMatches(exceptions.limit_error) != 0 ||
                            PyErr_ExceptionMatches(exceptions.internal_error) != 0;
    if (ends_actor && current_frame != nullptr && !current_frame->is_setup)
      current_frame->fault = std::current_exception();
    return nullptr;
  }
  if (current_frame != nullptr && !current_frame->fault)
    current_frame->fault = std::current_exception();
  PyErr_SetString(exceptions.execution_abandoned, "the execution is over");
  return nullptr;
}

PyObject* run_primitive(const Spec& spec, PyObject* self, PyObject* const* arguments,
                        Py_ssize_t count, PyObject* names) noexcept {
  try {
    Call call(spec, self, arguments, count, names);
    if (stays_quiet(*current_frame)) return none();
    if (!is_kernel(self)) note_used(as_handle(self));
    return spec.body(call);
  } catch (...) {
    return end_primitive();
  }
}

Call::Call(const Spec& spec, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
           PyObject* names)
    : spec_(spec), self_(self) {
  find_kernel();
  take_arguments(arguments, count, names);
}

void Call::find_kernel() {
  kernel_ = is_kernel(self_) ? reinterpret_cast<KernelObject*>(self_) : as_handle(self_)->kernel;
  frame_of(kernel_, spec_.name);
}

void Call::take_arguments(PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  std::size_t known = 0;
  while (known < Spec::arguments_max && spec_.arguments[known] != nullptr) ++known;
  const auto given = static_cast<std::size_t>(count);
  const std::size_t by_position = std::min<std::size_t>(known, spec_.positional_max);
  for (std::size_t i = 0; i < given && i < by_position; ++i) given_[i] = arguments[i];
  if (given > by_position) {
    if (!spec_.is_variadic)
      raise(PyExc_TypeError, "%s() takes at most %zu arguments%s, got %zu", spec_.name, by_position,
            by_position < known ? " by position" : "", given);
    rest_ = {arguments + by_position, given - by_position};
  }
  if (names != nullptr && spec_.takes_fields) {
    keyword_names_ = names;
    keyword_values_ = arguments + count;
  } else if (names != nullptr) {
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i)
      take_keyword(PyTuple_GET_ITEM(names, i), arguments[count + i]);
  }
  for (std::size_t i = 0; i < spec_.required; ++i)
    if (given_[i] == nullptr)
      raise(PyExc_TypeError, "%s() misses the argument '%s'", spec_.name, spec_.arguments[i]);
}

void Call::take_keyword(PyObject* name, PyObject* value) {
  for (std::size_t i = 0; i < Spec::arguments_max && spec_.arguments[i] != nullptr; ++i) {
    if (PyUnicode_CompareWithASCIIString(name, spec_.arguments[i]) != 0) continue;
    if (i < spec_.positional_only)
      raise(PyExc_TypeError, "%s() takes '%U' by position, not by name", spec_.name, name);
    if (given_[i] != nullptr) raise(PyExc_TypeError, "%s() got '%U' twice", spec_.name, name);
    given_[i] = value;
    return;
  }
  raise(PyExc_TypeError, "%s() has no argument '%U'", spec_.name, name);
}

Place Call::place_now() {
  PyFrameObject* const frame = PyEval_GetFrame();  // borrowed
  if (frame == nullptr) return {};
  PyCodeObject* const code = PyFrame_GetCode(frame);
  const char* const file = PyUnicode_AsUTF8(code->co_filename);
  const char* const function = PyUnicode_AsUTF8(code->co_name);
  const Place place{shown_file(file == nullptr ? "" : file),
                    literal(function == nullptr ? "" : function),
                    static_cast<std::uint32_t>(PyFrame_GetLineNumber(frame))};
  Py_DECREF(code);
  return place;
}

void Call::wrong_type(std::size_t index, const char* expected) const {
  raise(PyExc_TypeError, "%s(%s=%R): expected %s", spec_.name, argument_name(index), given_[index],
        expected);
}

void Call::null_dereference(const char* argument) const {
  if (current_frame->is_setup)
    raise(PyExc_TypeError, "%s(%s=None): a handle is needed", spec_.name, argument);
  world().report(
      FindingKind::null_dereference,
      std::string("BUG: kernel NULL pointer dereference, address: 0x0000000000000000: ") +
          spec_.name + "(" + argument + "=None)",
      place_now());
  world().cancel();  // not reached: the finding is fatal
}

bool Call::flag(std::size_t index, bool otherwise) const {
  if (given_[index] == nullptr) return otherwise;
  const int truth = PyObject_IsTrue(given_[index]);
  if (truth < 0) throw PythonErrorIsSet{};
  return truth != 0;
}

std::int64_t Call::integer(std::size_t index, std::int64_t otherwise) const {
  if (given_[index] == nullptr) return otherwise;
  if (!PyLong_Check(given_[index])) wrong_type(index, "an int");
  int overflow = 0;
  const std::int64_t number = PyLong_AsLongLongAndOverflow(given_[index], &overflow);
  if (overflow != 0)
    raise(PyExc_OverflowError, "%s(%s=%R): expected an int of 64 bits, from -2**63 to 2**63 - 1",
          spec_.name, argument_name(index), given_[index]);
  return number;
}

const char* Call::text(std::size_t index) const {
  if (!PyUnicode_Check(given_[index])) wrong_type(index, "a str");
  return literal(checked(PyUnicode_AsUTF8(given_[index])));
}

PyObject* Call::function(std::size_t index) const {
  if (PyCallable_Check(given_[index]) == 0) wrong_type(index, "a function");
  return given_[index];
}

HandleObject* Call::handle(std::size_t index, Tag tag) const {
  PyObject* const object = given_[index];
  if (object == Py_None) null_dereference(argument_name(index));
  if (!is_handle(object, tag)) wrong_type(index, type_name(tag));
  if (as_handle(object)->kernel != kernel_)
    raise(exceptions.usage_error, "%s(%s=%R): the handle belongs to another execution", spec_.name,
          argument_name(index), object);
  note_used(as_handle(object));
  return as_handle(object);
}

HandleObject* Call::heap_object(std::size_t index) const {
  PyObject* const object = given_[index];
  for (const Tag tag :
       {Tag::group_device, Tag::device_name, Tag::dev_iommu, Tag::device, Tag::group})
    if (is_handle(object, tag)) return handle(index, tag);
  return handle(index, Tag::object);
}

Entry Call::entry(std::size_t index, std::size_t node_index) const {
  if (is_handle(given_[index], Tag::group_device))
    return {address(index, Tag::group_device), Tag::group_device, 0};
  HandleObject* const object = handle(index, Tag::object);
  const char* const node = argument(node_index) == nullptr ? "list" : text(node_index);
  const int position = object->layout->find_node(node);
  if (position < 0)
    raise(exceptions.usage_error,
          "%s(node='%s'): %R has no list node of that name; declare it with nodes=", spec_.name,
          node, given_[index]);
  return {object->value.pointer(), Tag::object, position};
}

std::vector<void*> Call::devices(std::size_t index) const {
  constexpr const char* expected = "a list of devices of this execution";
  if (Py_TYPE(given_[index])->tp_iter == nullptr) wrong_type(index, expected);
  PyObject* const sequence = checked(PySequence_Tuple(given_[index]));
  std::vector<void*> found;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(sequence); ++i) {
    PyObject* const item = PyTuple_GET_ITEM(sequence, i);
    if (!is_handle(item, Tag::device) || as_handle(item)->kernel != kernel_) continue;
    note_used(as_handle(item));
    found.push_back(as_handle(item)->value.pointer());
  }
  const bool are_devices = static_cast<Py_ssize_t>(found.size()) == PyTuple_GET_SIZE(sequence);
  Py_DECREF(sequence);
  if (!are_devices) wrong_type(index, expected);
  return found;
}

}  // namespace rcuscope::bindings
