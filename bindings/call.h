// SPDX-License-Identifier: LGPL-2.1-or-later
// Call: one call of a primitive from Python: its arguments, and the way back for exceptions. Raw
// METH_FASTCALL functions, since a pybind11 dispatcher would cost five times the primitive itself.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "handle.h"

namespace rcuscope::bindings {

class Call;

/// A primitive: its name and arguments as Python sees them, and what it does.
struct Spec {
  static constexpr std::size_t arguments_max = 5;

  const char* name;
  const char* doc;  ///< "name(self, ...) -> ...\n--\n\n" and the text.
  PyObject* (*body)(Call&);
  std::array<const char*, arguments_max> arguments{};  ///< Names; null ends them.
  std::uint8_t required = 0;
  bool is_variadic = false;                     ///< Further positional arguments: Call::rest().
  bool takes_fields = false;                    ///< Further keywords: Call::keyword_names().
  std::uint8_t positional_max = arguments_max;  ///< The arguments after these are keyword-only.
  std::uint8_t positional_only = 0;             ///< So many arguments are not given by name.
};

class Call {
 public:
  /// `self` is a KernelObject or a HandleObject. Throws: PythonErrorIsSet for wrong arguments, and
  /// where no actor of this kernel runs on this thread.
  Call(const Spec& spec, PyObject* self, PyObject* const* arguments, Py_ssize_t count,
       PyObject* names);

  KernelObject* kernel() const { return kernel_; }
  Primitives& world() const { return *kernel_->primitives; }
  HandleObject* self() const { return as_handle(self_); }
  const char* name() const { return spec_.name; }

  /// Where Python stands; empty unless the execution is traced.
  Place place() const { return world().is_tracing() ? place_now() : Place{}; }
  static Place place_now();

  /// The argument, or null if it was not given. Borrowed.
  PyObject* argument(std::size_t index) const { return given_[index]; }
  bool flag(std::size_t index, bool otherwise) const;
  std::int64_t integer(std::size_t index, std::int64_t otherwise) const;
  const char* text(std::size_t index) const;  ///< A literal. Requires: it was given.
  PyObject* function(std::size_t index) const;
  Value value(std::size_t index) const {
    return to_value(kernel_, given_[index], argument_name(index));
  }
  Location location(std::size_t index) const {
    return as_location(handle(index, Tag::location)->value);
  }
  void* address(std::size_t index, Tag tag) const { return handle(index, tag)->value.pointer(); }
  /// A handle of that kind. None is a NULL dereference of the actor.
  HandleObject* handle(std::size_t index, Tag tag) const;
  /// Anything that kfree takes.
  HandleObject* heap_object(std::size_t index) const;
  Entry entry(std::size_t index, std::size_t node_index) const;
  /// An iterable of devices.
  std::vector<void*> devices(std::size_t index) const;

  std::span<PyObject* const> rest() const { return rest_; }
  PyObject* keyword_names() const { return keyword_names_; }
  PyObject* const* keyword_values() const { return keyword_values_; }

  [[noreturn]] void wrong_type(std::size_t index, const char* expected) const;
  /// The caller followed None where a handle is needed.
  [[noreturn]] void null_dereference(const char* argument) const;

 private:
  const char* argument_name(std::size_t index) const { return spec_.arguments[index]; }
  void find_kernel();
  void take_arguments(PyObject* const* arguments, Py_ssize_t count, PyObject* names);
  void take_keyword(PyObject* name, PyObject* value);

  const Spec& spec_;
  PyObject* self_;
  KernelObject* kernel_ = nullptr;
  std::array<PyObject*, Spec::arguments_max> given_{};
  std::span<PyObject* const> rest_;
  PyObject* keyword_names_ = nullptr;
  PyObject* const* keyword_values_ = nullptr;
};

/// Runs spec.body: errors become Python's, and what ends the actor becomes ExecutionAbandoned.
PyObject* run_primitive(const Spec& spec, PyObject* self, PyObject* const* arguments,
                        Py_ssize_t count, PyObject* names) noexcept;

template <const Spec& spec>
PyObject* primitive(PyObject* self, PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  return run_primitive(spec, self, arguments, count, names);
}

template <const Spec& spec>
PyMethodDef method() {
  return {spec.name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&primitive<spec>)),
          METH_FASTCALL | METH_KEYWORDS, spec.doc};
}

/// After a fault the actor's primitives do nothing. Return: true if this one must; at times the
/// error is raised again (then PythonErrorIsSet is thrown), so that code that swallows it comes to
/// an end.
bool stays_quiet(ActorFrame& frame);

/// For getters and iterators: the frame check of Call. Throws: PythonErrorIsSet.
ActorFrame& frame_of(KernelObject* kernel, const char* what);
/// For getters and iterators: inside a catch block. Return: null, with the error set.
PyObject* end_primitive() noexcept;

inline PyObject* none() { return Py_NewRef(Py_None); }
inline PyObject* boolean(bool truth) { return PyBool_FromLong(truth); }

/// __name__ of a function, for the names of callbacks and actors.
std::string function_name(PyObject* function);

/// A function of Python with its arguments, as a callback or work item of the world.
struct KeptCall {
  std::string name;
  Callback function;
};
/// The argument at `index` with the call's further arguments, kept as long as the run.
KeptCall keep_call(Call& call, std::size_t index);
/// The same for a callback: objects among the arguments are given away, from now on they can leak.
KeptCall keep_callback(Call& call, std::size_t index);

/// Methods of Kernel, by file.
std::span<const PyMethodDef> reader_methods();
std::span<const PyMethodDef> memory_methods();
std::span<const PyMethodDef> list_methods();
std::span<const PyMethodDef> work_methods();
std::span<const PyMethodDef> actor_methods();
std::span<const PyMethodDef> machinery_methods();
std::span<const PyMethodDef> group_methods();  ///< Of IommuGroup.
std::span<const PyMethodDef> lock_methods();
std::span<const PyMethodDef> srcu_methods();
std::span<const PyMethodDef> step_methods();

}  // namespace rcuscope::bindings
