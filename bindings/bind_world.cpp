// SPDX-License-Identifier: LGPL-2.1-or-later
// The type Kernel, one for all worlds, its two kinds, and the guard of `with k.rcu_read_side()`.
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
struct ReadSideObject {
  PyObject_HEAD KernelObject*
      kernel;  ///< Owned; the circle with KernelObject::read_side ends in retire_kernel.
};

PyTypeObject* read_side_type = nullptr;

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

/// The whole cost of a section in Python: no argument parsing, no attribute look-up but `with`'s
/// own.
template <bool is_entry>
PyObject* cross(PyObject* self, PyObject* const*, Py_ssize_t) noexcept {
  KernelObject* const kernel = reinterpret_cast<ReadSideObject*>(self)->kernel;
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

void read_side_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<PyObject*>(reinterpret_cast<ReadSideObject*>(self)->kernel));
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* make_read_side(KernelObject* kernel) {
  PyObject* const guard = checked(read_side_type->tp_alloc(read_side_type, 0));
  reinterpret_cast<ReadSideObject*>(guard)->kernel =
      as_kernel(Py_NewRef(reinterpret_cast<PyObject*>(kernel)));
  return guard;
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

PyTypeObject* make_type(const char* name, PyType_Slot* slots, int bytes, PyTypeObject* base) {
  PyType_Spec spec{name, bytes, 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   slots};
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
  static PyMethodDef methods[] = {
      {"__enter__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross<true>)),
       METH_FASTCALL, "rcu_read_lock"},
      {"__exit__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross<false>)),
       METH_FASTCALL, "rcu_read_unlock"},
      {}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(read_side_dealloc)},
                                {Py_tp_methods, methods},
                                {0, nullptr}};
  read_side_type = make_type("rcuscope._core.ReadSide", slots, sizeof(ReadSideObject), nullptr);
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
