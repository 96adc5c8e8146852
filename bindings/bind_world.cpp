// SPDX-License-Identifier: LGPL-2.1-or-later
// The type Kernel, one for all worlds, its two kinds, and the guard of `with k.rcu_read_side()`.
#include <Python.h>
#include <structmember.h>

#include <cstddef>
#include <string>
#include <vector>

#include "bindings.h"
#include "call.h"
#include "errors.h"
#include "walk.h"
#include "world_types.h"

#if RCUSCOPE_LIVE
#include "live/live.h"
#endif

namespace rcuscope::bindings {

namespace py = pybind11;

namespace {

PyTypeObject* kernel_type = nullptr;
PyTypeObject* kernel_kinds[2] = {};  // by KernelKind

KernelObject* as_kernel(PyObject* object) { return reinterpret_cast<KernelObject*>(object); }

// ---- the guard
/// A bound __enter__ or __exit__.
struct CrossingObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  KernelObject* kernel;  ///< Owned; the circle with KernelObject::read_side ends in retire_kernel.
};

/// `with` takes __enter__ and __exit__ from the guard, and CPython makes an object for each bound
/// method: two allocations, which cost more than the section. So the guard has both from the start.
struct ReadSideObject {
  PyObject_HEAD PyObject* enter;  ///< Owned.
  PyObject* leave;                ///< Owned.
};

/// What the type ReadSide has under __enter__ and __exit__.
struct CrossingDescriptor {
  PyObject_HEAD PyObject* method;  ///< Owned; what the type itself gives: function(guard, ...).
  bool is_entry;
};

PyTypeObject* read_side_type = nullptr;
PyTypeObject* crossing_type = nullptr;

#if RCUSCOPE_LIVE
/// An untraced section of a live actor is liburcu's pair and nothing else: neither the world's
/// virtual functions nor the place in the source are asked for. Return: false for every other.
template <bool is_entry>
bool cross_at_once(const KernelObject* kernel) {
  if (Py_TYPE(kernel) != kernel_kinds[static_cast<int>(KernelKind::live)]) return false;
  const ActorFrame* const frame = current_frame;
  if (frame == nullptr || frame->kernel != kernel || kernel->activity == nullptr) return false;
  if (frame->fault || frame->is_interrupted) return false;
  if (live::thread_slot.fast_reader.load(std::memory_order_relaxed) == nullptr) return false;
  if constexpr (is_entry)
    Live().rcu_read_lock({});
  else
    Live().rcu_read_unlock({});
  return true;
}
#else
template <bool>
bool cross_at_once(const KernelObject*) {
  return false;
}
#endif

template <bool is_entry>
PyObject* cross(KernelObject* kernel) noexcept {
  try {
    if (cross_at_once<is_entry>(kernel)) return none();
    ActorFrame& frame = frame_of(kernel, "rcu_read_side");
    if (stays_quiet(frame)) return none();
    Primitives& world = *kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    if constexpr (is_entry)
      world.rcu_read_lock(place);
    else
      world.rcu_read_unlock(place);
    return none();
  } catch (...) {
    return end_primitive();
  }
}

template <bool is_entry>
PyObject* cross_bound(PyObject* self, PyObject* const*, std::size_t, PyObject*) noexcept {
  return cross<is_entry>(reinterpret_cast<CrossingObject*>(self)->kernel);
}

/// The same by the type's own function, as contextlib.ExitStack calls it.
template <bool is_entry>
PyObject* cross_unbound(PyObject* self, PyObject* const*, Py_ssize_t) noexcept {
  const PyObject* const bound = reinterpret_cast<ReadSideObject*>(self)->enter;
  return cross<is_entry>(reinterpret_cast<const CrossingObject*>(bound)->kernel);
}

void crossing_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<PyObject*>(reinterpret_cast<CrossingObject*>(self)->kernel));
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* make_crossing(KernelObject* kernel, vectorcallfunc function) {
  PyObject* const made = checked(crossing_type->tp_alloc(crossing_type, 0));
  auto* const crossing = reinterpret_cast<CrossingObject*>(made);
  crossing->vectorcall = function;
  crossing->kernel = as_kernel(Py_NewRef(reinterpret_cast<PyObject*>(kernel)));
  return made;
}

void read_side_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<ReadSideObject*>(self)->enter);
  Py_XDECREF(reinterpret_cast<ReadSideObject*>(self)->leave);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* make_read_side(KernelObject* kernel) {
  PyObject* const made = checked(read_side_type->tp_alloc(read_side_type, 0));
  const auto owner = py::reinterpret_steal<py::object>(made);
  auto* const guard = reinterpret_cast<ReadSideObject*>(made);
  guard->enter = make_crossing(kernel, cross_bound<true>);
  guard->leave = make_crossing(kernel, cross_bound<false>);
  return Py_NewRef(made);
}

PyObject* crossing_of(PyObject* self, PyObject* guard, PyObject*) {
  const auto* const descriptor = reinterpret_cast<CrossingDescriptor*>(self);
  if (guard == nullptr) return Py_NewRef(descriptor->method);
  if (Py_TYPE(guard) != read_side_type) {
    PyErr_Format(PyExc_TypeError, "expected a guard of rcu_read_side(), not %R", guard);
    return nullptr;
  }
  const auto* const read_side = reinterpret_cast<ReadSideObject*>(guard);
  return Py_NewRef(descriptor->is_entry ? read_side->enter : read_side->leave);
}

void descriptor_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<CrossingDescriptor*>(self)->method);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* rcu_read_side(PyObject* self, PyObject*) noexcept {
  KernelObject* const kernel = as_kernel(self);
  if (kernel->read_side != nullptr) return Py_NewRef(kernel->read_side);  // `with` checks the rest
  try {
    frame_of(kernel, "rcu_read_side");
    kernel->read_side = make_read_side(kernel);
    return Py_NewRef(kernel->read_side);
  } catch (...) {
    return end_primitive();
  }
}

// ---- the kernel
void kernel_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  KernelObject* const kernel = as_kernel(self);
  delete kernel->primitives;
  Py_XDECREF(kernel->kept);
  Py_XDECREF(kernel->read_side);
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* kernel_repr(PyObject* self) {
  const char* const world = Py_TYPE(self) == kernel_kinds[0] ? "model" : "live";
  const char* const state = as_kernel(self)->activity == nullptr ? ", its execution is over" : "";
  return PyUnicode_FromFormat("<Kernel: %s world%s>", world, state);
}

PyObject* kernel_world(PyObject* self, void*) {
  return PyUnicode_FromString(Py_TYPE(self) == kernel_kinds[0] ? "model" : "live");
}

std::vector<PyMethodDef> kernel_methods() {
  std::vector<PyMethodDef> rows;
  for (const auto part :
       {reader_methods(), memory_methods(), list_methods(), work_methods(), actor_methods(),
        machinery_methods(), lock_methods(), srcu_methods(), step_methods()})
    rows.insert(rows.end(), part.begin(), part.end());
  rows.push_back({"rcu_read_side", rcu_read_side, METH_NOARGS,
                  "rcu_read_side(self) -> contextlib.AbstractContextManager[None]\n\n"
                  "`with k.rcu_read_side():` is a read-side critical section. Reusable."});
  rows.push_back({});
  return rows;
}

PyTypeObject* make_type(const char* name, PyType_Slot* slots, int bytes, PyTypeObject* base,
                        unsigned long further_flags = 0) {
  const unsigned long flags =
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION | further_flags;
  PyType_Spec spec{name, bytes, 0, static_cast<unsigned>(flags), slots};
  return reinterpret_cast<PyTypeObject*>(
      checked(PyType_FromSpecWithBases(&spec, reinterpret_cast<PyObject*>(base))));
}

void add_kernel_types(PyObject* module) {
  static std::vector<PyMethodDef> methods = kernel_methods();
  static PyGetSetDef getters[] = {
      {"world", kernel_world, nullptr, "\"model\" or \"live\".", nullptr}, {}};
  static PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(kernel_dealloc)},
      {Py_tp_repr, reinterpret_cast<void*>(kernel_repr)},
      {Py_tp_methods, methods.data()},
      {Py_tp_getset, getters},
      {Py_tp_doc,
       const_cast<char*>("What a scenario sees: the primitives of its world, the machinery, "
                         "and the declaration of actors.")},
      {0, nullptr}};
  static PyType_Slot no_slots[] = {{0, nullptr}};
  kernel_type = make_type("rcuscope._core.Kernel", slots, sizeof(KernelObject), nullptr);
  kernel_kinds[0] =
      make_type("rcuscope._core.ModelKernel", no_slots, sizeof(KernelObject), kernel_type);
  kernel_kinds[1] =
      make_type("rcuscope._core.LiveKernel", no_slots, sizeof(KernelObject), kernel_type);
  const char* const names[] = {"Kernel", "ModelKernel", "LiveKernel"};
  PyTypeObject* const types[] = {kernel_type, kernel_kinds[0], kernel_kinds[1]};
  for (int i = 0; i < 3; ++i)
    if (PyModule_AddObjectRef(module, names[i], reinterpret_cast<PyObject*>(types[i])) != 0)
      throw PythonErrorIsSet{};
}

}  // namespace

void add_read_side_type() {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(read_side_dealloc)},
                                {0, nullptr}};
  read_side_type = make_type("rcuscope._core.ReadSide", slots, sizeof(ReadSideObject), nullptr);

  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(CrossingObject, vectorcall), READONLY, nullptr},
      {}};
  static PyType_Slot crossing_slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(crossing_dealloc)},
                                         {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                                         {Py_tp_members, members},
                                         {0, nullptr}};
  crossing_type = make_type("rcuscope._core.ReadSideCrossing", crossing_slots,
                            sizeof(CrossingObject), nullptr, Py_TPFLAGS_HAVE_VECTORCALL);

  static PyType_Slot descriptor_slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(descriptor_dealloc)},
      {Py_tp_descr_get, reinterpret_cast<void*>(crossing_of)},
      {0, nullptr}};
  PyTypeObject* const descriptor_type = make_type(
      "rcuscope._core.ReadSideDescriptor", descriptor_slots, sizeof(CrossingDescriptor), nullptr);
  static PyMethodDef methods[] = {
      {"__enter__",
       reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross_unbound<true>)),
       METH_FASTCALL, "rcu_read_lock"},
      {"__exit__",
       reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross_unbound<false>)),
       METH_FASTCALL, "rcu_read_unlock"}};
  for (PyMethodDef& method : methods) {
    PyObject* const made = checked(descriptor_type->tp_alloc(descriptor_type, 0));
    const auto owner = py::reinterpret_steal<py::object>(made);
    auto* const descriptor = reinterpret_cast<CrossingDescriptor*>(made);
    descriptor->is_entry = &method == methods;
    descriptor->method = checked(PyDescr_NewMethod(read_side_type, &method));
    if (PyObject_SetAttrString(reinterpret_cast<PyObject*>(read_side_type), method.ml_name, made))
      throw PythonErrorIsSet{};
  }
}

KernelObject* make_kernel(KernelKind kind, Primitives* primitives, Activity* activity) {
  PyTypeObject* const type = kernel_kinds[static_cast<int>(kind)];
  KernelObject* const kernel = as_kernel(checked(type->tp_alloc(type, 0)));
  kernel->primitives = primitives;
  kernel->activity = activity;
  kernel->steps_seen = -1;
  return kernel;
}

bool is_kernel(PyObject* object) { return PyObject_TypeCheck(object, kernel_type) != 0; }

void bind_world(py::module_& module) {
  try {
    add_handle_types(module.ptr());
    add_walk_type();
    add_declaration_type();
    add_read_side_type();
    add_srcu_read_side_type();
    add_kernel_types(module.ptr());
  } catch (const PythonErrorIsSet&) {
    throw py::error_already_set();
  }
}

}  // namespace rcuscope::bindings
