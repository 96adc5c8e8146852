// SPDX-License-Identifier: LGPL-2.1-or-later
// HandleObject: the Python object for something in the studied program: an address and what it is.
#pragma once

#include <Python.h>

#include "kernel_object.h"

namespace rcuscope::bindings {

/// Comparing, hashing and printing are no operations.
struct HandleObject {
  PyObject_HEAD KernelObject* kernel;  ///< Owned: its run may be over, then the handle is refused.
  Value value;
  const Layout* layout;      ///< Of an object; else null.
  std::uint32_t dependency;  ///< How the actor came by it: Primitives::dependency_on.
};

/// Makes the handle types. Throws: PythonErrorIsSet.
void add_handle_types(PyObject* module);

bool is_handle(PyObject* object);
bool is_handle(PyObject* object, Tag tag);
inline HandleObject* as_handle(PyObject* object) { return reinterpret_cast<HandleObject*>(object); }
/// Its actor follows the pointer now. Memory order tells two handles of one object apart.
inline void note_used(const HandleObject* handle) {
  handle->kernel->primitives->note_used(handle->value.pointer(), handle->dependency);
}
/// "a Device", for messages.
const char* type_name(Tag tag);

/// New reference. Throws: PythonErrorIsSet.
PyObject* to_python(KernelObject* kernel, Value value, std::uint32_t dependency = 0);
/// The same for a pointer that the actor got from memory: by a walk, or by the machinery.
PyObject* to_python_reached(KernelObject* kernel, Value value);
/// The same for what was loaded: reading what kmalloc left behind is a defect of the studied
/// program.
PyObject* to_python_loaded(KernelObject* kernel, Value value, const char* what);
/// Throws: PythonErrorIsSet for what no location can hold; `what` names the argument.
Value to_value(KernelObject* kernel, PyObject* object, const char* what);

/// What list handles remember besides: whether their entries are group_devices.
inline constexpr std::uint64_t holds_group_devices = 1;

inline Location as_location(const Value& value) {
  return {value.pointer(), static_cast<FieldType>(value.detail())};
}
inline Value as_value(const Location& location) {
  return Value::handle(Tag::location, location.address, static_cast<std::uint64_t>(location.type));
}

}  // namespace rcuscope::bindings
