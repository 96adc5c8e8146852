// SPDX-License-Identifier: LGPL-2.1-or-later
// Walks the frames of a thread. Python's own hashes differ from process to process, so these do not
// use them.
#include "local_state.h"

#include <Python.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/hash.h"
#include "handle.h"

namespace rcuscope::bindings {
namespace {

namespace py = pybind11;

class Hash : public rcuscope::Hash {
 public:
  using rcuscope::Hash::add;
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    add(std::uint64_t{text.size()});
  }
};

constexpr int max_depth = 4;

/// Looks at a value, and what is in it.
class Values {
 public:
  std::uint64_t hash_of(PyObject* object, int depth);
  std::uint64_t hash_of_dict(PyObject* dict, int depth);

 private:
  std::uint64_t hash_of_sequence(PyObject* sequence, int depth);

  int left_ = 4'096;  ///< Values to be looked at: variables may hold large data.
};

std::string_view text_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* const characters = PyUnicode_AsUTF8AndSize(text, &size);
  if (characters == nullptr) {
    PyErr_Clear();
    return {};
  }
  return {characters, static_cast<std::size_t>(size)};
}

/// In no order, as sets and dictionaries are equal.
std::uint64_t Values::hash_of_dict(PyObject* dict, int depth) {
  std::uint64_t sum = 0;
  PyObject *key = nullptr, *value = nullptr;
  Py_ssize_t position = 0;
  while (left_ > 0 && PyDict_Next(dict, &position, &key, &value)) {
    Hash entry;
    entry.add(hash_of(key, depth));
    entry.add(hash_of(value, depth));
    sum += entry.value();
  }
  return sum + static_cast<std::uint64_t>(PyDict_Size(dict));
}

std::uint64_t Values::hash_of_sequence(PyObject* sequence, int depth) {
  Hash hash;
  const Py_ssize_t size = PySequence_Fast_GET_SIZE(sequence);
  hash.add(static_cast<std::uint64_t>(size));
  for (Py_ssize_t i = 0; i < size && left_ > 0; ++i)
    hash.add(hash_of(PySequence_Fast_GET_ITEM(sequence, i), depth));
  return hash.value();
}

std::uint64_t hash_of_number(PyObject* number) {
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(number, &overflow);
  Hash hash;
  hash.add(static_cast<std::uint64_t>(value));
  hash.add(static_cast<std::uint64_t>(overflow));
  return hash.value();
}

std::uint64_t Values::hash_of(PyObject* object, int depth) {
  Hash hash;
  --left_;
  hash.add(std::string_view(Py_TYPE(object)->tp_name));
  if (PyLong_Check(object)) {
    hash.add(hash_of_number(object));
  } else if (PyFloat_Check(object)) {
    const double value = PyFloat_AS_DOUBLE(object);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    hash.add(bits);
  } else if (is_handle(object)) {
    hash.add(reinterpret_cast<std::uintptr_t>(as_handle(object)->value.pointer()));
  } else if (PyUnicode_Check(object)) {
    hash.add(text_of(object));
  } else if (PyBytes_Check(object)) {
    hash.add(std::string_view(PyBytes_AS_STRING(object),
                              static_cast<std::size_t>(PyBytes_GET_SIZE(object))));
  } else if (depth < max_depth && (PyList_Check(object) || PyTuple_Check(object))) {
    hash.add(hash_of_sequence(object, depth + 1));
  } else if (depth < max_depth && PyDict_Check(object)) {
    hash.add(hash_of_dict(object, depth + 1));
  } else if (depth < max_depth && PyAnySet_Check(object)) {
    std::uint64_t sum = 0;
    for (const py::handle item : py::reinterpret_borrow<py::iterable>(object))
      sum += hash_of(item.ptr(), depth + 1);
    hash.add(sum);
  } else if (depth < max_depth && !PyType_Check(object) && !PyModule_Check(object) &&
             !PyFunction_Check(object)) {
    PyObject** const attributes = _PyObject_GetDictPtr(object);
    if (attributes != nullptr && *attributes != nullptr)
      hash.add(hash_of_dict(*attributes, depth + 1));
  }
  return hash.value();
}

void add_place(Hash& hash, PyFrameObject* frame) {
  const auto code =
      py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  hash.add(text_of(reinterpret_cast<PyCodeObject*>(code.ptr())->co_name));
  hash.add(static_cast<std::uint64_t>(PyFrame_GetLineNumber(frame)));
  // Two calls of one line differ by the instruction.
  if (const py::object last =
          py::getattr(reinterpret_cast<PyObject*>(frame), "f_lasti", py::none());
      PyLong_Check(last.ptr()))
    hash.add(hash_of_number(last.ptr()));
}

/// Those of one frame. `depth`: how many it has called that are not over.
void add_variables(LocalState& state, PyObject* locals, std::uint64_t depth, Values& values) {
  PyObject *key = nullptr, *value = nullptr;
  Py_ssize_t position = 0;
  while (PyDict_Next(locals, &position, &key, &value)) {
    Hash name;
    name.add(text_of(key));
    name.add(depth);
    state.variables.push_back(
        {name.upper_half() | 1U, static_cast<std::uint32_t>(values.hash_of(value, 0) >> 32)});
  }
}

}  // namespace

void find_local_state(LocalState& state) {
  Hash places;
  Values values;
  state.shows_variables = true;
  state.variables.clear();
  auto frame = py::reinterpret_borrow<py::object>(reinterpret_cast<PyObject*>(PyEval_GetFrame()));
  for (std::uint64_t depth = 0; frame; ++depth) {
    auto* const of_python = reinterpret_cast<PyFrameObject*>(frame.ptr());
    add_place(places, of_python);
    const py::object locals = py::getattr(frame, "f_locals", py::none());
    if (PyDict_Check(locals.ptr()))
      add_variables(state, locals.ptr(), depth, values);
    else if (!locals.is_none())  // a view, from Python 3.13 on
      add_variables(state, py::dict(locals).ptr(), depth, values);
    frame =
        py::reinterpret_steal<py::object>(reinterpret_cast<PyObject*>(PyFrame_GetBack(of_python)));
  }
  state.place = places.upper_half() | 1U;
  std::sort(state.variables.begin(), state.variables.end());
}

}  // namespace rcuscope::bindings
