// SPDX-License-Identifier: LGPL-2.1-or-later
// Handles: their types, the fields behind them, and values on their way to and from locations.
#include "handle.h"

#include <array>
#include <cstring>
#include <string>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

std::array<PyTypeObject*, tag_count> types{};
PyTypeObject* base_type = nullptr;

struct FieldRow {
  Tag owner;
  const char* name;
  MachineryField field;
  Tag result;  ///< location: its value is read; else the handle of the part itself.
  FieldType type = FieldType::value;
  const char* doc;
};

constexpr FieldRow machinery_fields[] = {
    {Tag::device, "iommu_group", MachineryField::device_iommu_group, Tag::location,
     FieldType::group, "The group, or None: a plain load."},
    {Tag::device, "iommu", MachineryField::device_iommu, Tag::location, FieldType::dev_iommu,
     "dev->iommu, or None: a plain load."},
    {Tag::device, "refcount", MachineryField::device_refcount, Tag::location, FieldType::refcount,
     "The number of references: a checked load."},
    {Tag::group, "mutex", MachineryField::group_mutex, Tag::mutex, FieldType::value,
     "group->mutex."},
    {Tag::group, "devices", MachineryField::group_devices, Tag::list, FieldType::value,
     "The list of group_devices."},
    {Tag::group, "recovery_cnt", MachineryField::group_recovery_cnt, Tag::location,
     FieldType::integer, "Number of blocked members: a plain load."},
    {Tag::group, "default_domain", MachineryField::group_default_domain, Tag::location,
     FieldType::domain, "0 none, 1 default: a plain load."},
    {Tag::group, "blocking_domain", MachineryField::group_blocking_domain, Tag::location,
     FieldType::domain, "0 none, 2 blocking: a plain load."},
    {Tag::group, "domain", MachineryField::group_domain, Tag::location, FieldType::domain,
     "0 none, 1 default, 2 blocking, 3 the driver's own: a plain load."},
    {Tag::group, "owner_cnt", MachineryField::group_owner_cnt, Tag::location, FieldType::integer,
     "Number of owners: a plain load."},
    {Tag::group, "entry", MachineryField::group_entry, Tag::location, FieldType::group,
     "The next group of one bus_iommu_probe call; the last one is its own next: a plain load."},
    {Tag::group_device, "dev", MachineryField::gdev_dev, Tag::location, FieldType::device,
     "The device: a plain load."},
    {Tag::group_device, "name", MachineryField::gdev_name, Tag::location, FieldType::device_name,
     "Its name, an object of its own: a plain load."},
    {Tag::group_device, "blocked", MachineryField::gdev_blocked, Tag::location, FieldType::boolean,
     "Whether it is fenced during a reset: a plain load."},
    {Tag::group_device, "work", MachineryField::gdev_work, Tag::work, FieldType::value,
     "The work item of iommu_report_device_broken; None in a scenario without 11/24."},
    {Tag::device_name, "text", MachineryField::name_text, Tag::location, FieldType::text,
     "The text: a plain load."},
    {Tag::dev_iommu, "iommu_dev", MachineryField::iommu_dev, Tag::location, FieldType::long_integer,
     "Number of the instance, 0 for none: a plain load."},
    {Tag::dev_iommu, "fwspec", MachineryField::iommu_fwspec, Tag::location, FieldType::long_integer,
     "The firmware's specification, as a number: a plain load."},
};

struct TypeRow {
  Tag tag;
  const char* name;
  const char* doc;
};

constexpr TypeRow type_rows[] = {
    {Tag::object, "HeapObject",
     "An object made by kzalloc or kmalloc: fields are plain loads and stores."},
    {Tag::location, "Location",
     "A place in memory that actors share: what READ_ONCE and its kin take."},
    {Tag::list, "ListHead", "The head of a doubly linked RCU list."},
    {Tag::mutex, "Mutex", "A sleeping lock; `with m:` takes and releases it."},
    {Tag::spinlock, "Spinlock",
     "A lock whose holder may not sleep; `with s:` takes and releases it."},
    {Tag::completion, "Completion", "Something that some wait for and others complete."},
    {Tag::srcu, "SrcuStruct", "A domain of sleepable RCU."},
    {Tag::work, "Work", "A work item: runs in a kworker, in process context."},
    {Tag::kref, "Kref", "A reference count."},
    {Tag::device, "Device", "struct device, with the driver core's own reference."},
    {Tag::group, "IommuGroup", "struct iommu_group: devices that are isolated together."},
    {Tag::group_device, "GroupDevice",
     "struct group_device: one membership of a device in a group."},
    {Tag::device_name, "DeviceName", "gdev->name: freed earlier than its gdev."},
    {Tag::dev_iommu, "DevIommu", "dev->iommu: exists from probe to deinit."},
    {Tag::group_list, "GroupList",
     "Groups of one bus_iommu_probe call that wait for their default domain."},
};

bool is_over(const HandleObject* handle) { return handle->kernel->activity == nullptr; }

// ---- every handle
void handle_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<PyObject*>(as_handle(self)->kernel));
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* handle_repr(PyObject* self) {
  const HandleObject* const handle = as_handle(self);
  const char* const name = strrchr(Py_TYPE(self)->tp_name, '.');
  const char* const type = name == nullptr ? Py_TYPE(self)->tp_name : name + 1;
  if (is_over(handle)) return PyUnicode_FromFormat("<%s of an execution that is over>", type);
  const std::string text =
      handle->kernel->primitives->machinery_name(handle->value.tag(), handle->value.pointer());
  return PyUnicode_FromFormat(text.empty() ? "<%s%s>" : "<%s %s>", type, text.c_str());
}

Py_hash_t handle_hash(PyObject* self) {
  const HandleObject* const handle = as_handle(self);
  const std::uint64_t number =
      is_over(handle) ? handle->value.bits
                      : handle->kernel->primitives->stable_hash(handle->value.pointer());
  return static_cast<Py_hash_t>(number & 0x7fff'ffff'ffff'ffff);
}

PyObject* handle_compare(PyObject* left, PyObject* right, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || !is_handle(left) || !is_handle(right))
    return Py_NewRef(Py_NotImplemented);
  const HandleObject* const a = as_handle(left);
  const HandleObject* const b = as_handle(right);
  const bool is_same =
      a->kernel == b->kernel && a->value.bits == b->value.bits && a->value.tag() == b->value.tag();
  return boolean(is_same == (operation == Py_EQ));
}

/// Access to a location from a getter: checks, reads, converts.
PyObject* read_field(HandleObject* handle, Location location, const char* name) noexcept {
  try {
    ActorFrame& frame = frame_of(handle->kernel, name);
    if (stays_quiet(frame)) return none();
    Primitives& world = *handle->kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    note_used(handle);
    return to_python_loaded(handle->kernel, world.read(location, Access::plain, place), name);
  } catch (...) {
    return end_primitive();
  }
}

// ---- HeapObject
PyObject* get_other_attribute(PyObject* self, PyObject* name) {
  PyObject* const attribute = PyObject_GenericGetAttr(self, name);
  if (attribute == nullptr && PyErr_ExceptionMatches(PyExc_AttributeError) != 0) {
    PyErr_Clear();
    PyErr_Format(PyExc_AttributeError, "%R has no field '%U'; fields are declared in kzalloc", self,
                 name);
  }
  return attribute;
}

PyObject* object_getattro(PyObject* self, PyObject* name) {
  HandleObject* const handle = as_handle(self);
  const int field = handle->layout->find_field(name);
  if (field < 0) return get_other_attribute(self, name);
  return read_field(handle, handle->kernel->primitives->field_of(handle->value.pointer(), field),
                    handle->layout->field_literals[static_cast<std::size_t>(field)]);
}

int object_setattro(PyObject* self, PyObject* name, PyObject* value) {
  HandleObject* const handle = as_handle(self);
  const int field = handle->layout->find_field(name);
  if (field < 0 || value == nullptr) {
    PyErr_Format(PyExc_AttributeError, "%R has no field '%U'; fields are declared in kzalloc", self,
                 name);
    return -1;
  }
  try {
    ActorFrame& frame = frame_of(handle->kernel, "a store to a field");
    if (stays_quiet(frame)) return 0;
    Primitives& world = *handle->kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    note_used(handle);
    world.write(world.field_of(handle->value.pointer(), field),
                to_value(handle->kernel, value, PyUnicode_AsUTF8(name)), Access::plain, place);
    return 0;
  } catch (...) {
    end_primitive();
    return -1;
  }
}

PyObject* object_subscript(PyObject* self, PyObject* name) {
  HandleObject* const handle = as_handle(self);
  const int field = handle->layout->find_field(name);
  if (field < 0) return PyErr_Format(PyExc_KeyError, "%R has no field %R", self, name);
  try {
    const Location location = handle->kernel->primitives->field_of(handle->value.pointer(), field);
    return to_python(handle->kernel, as_value(location), handle->dependency);
  } catch (...) {
    return end_primitive();
  }
}

// ---- objects of the machinery
PyObject* get_machinery_field(PyObject* self, void* closure) {
  const auto& row = *static_cast<const FieldRow*>(closure);
  HandleObject* const handle = as_handle(self);
  try {
    frame_of(handle->kernel, row.name);
    void* const part =
        handle->kernel->primitives->machinery_field(row.field, handle->value.pointer());
    if (row.result == Tag::location) return read_field(handle, {part, row.type}, row.name);
    const std::uint64_t detail = row.result == Tag::list ? holds_group_devices : 0;
    return to_python(handle->kernel, Value::handle(row.result, part, detail), handle->dependency);
  } catch (...) {
    return end_primitive();
  }
}

/// gdev.dev = dev: a plain store.
int set_machinery_field(PyObject* self, PyObject* value, void* closure) {
  const auto& row = *static_cast<const FieldRow*>(closure);
  HandleObject* const handle = as_handle(self);
  try {
    if (value == nullptr) raise(PyExc_AttributeError, "%s cannot be deleted", row.name);
    ActorFrame& frame = frame_of(handle->kernel, row.name);
    if (stays_quiet(frame)) return 0;
    Primitives& world = *handle->kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    world.write({world.machinery_field(row.field, handle->value.pointer()), row.type},
                to_value(handle->kernel, value, row.name), Access::plain, place);
    return 0;
  } catch (...) {
    end_primitive();
    return -1;
  }
}

/// Reading it is no operation: the list is private to one call of bus_iommu_probe.
PyObject* get_first_group(PyObject* self, void*) {
  HandleObject* const handle = as_handle(self);
  try {
    frame_of(handle->kernel, "first");
    return to_python(handle->kernel,
                     Value::handle(Tag::group, handle->kernel->primitives->group_list_first(
                                                   handle->value.pointer())));
  } catch (...) {
    return end_primitive();
  }
}

/// gdev["dev"]: the location itself.
PyObject* machinery_subscript(PyObject* self, PyObject* name) {
  HandleObject* const handle = as_handle(self);
  for (const FieldRow& row : machinery_fields) {
    if (!is_handle(self, row.owner) || row.result != Tag::location || !PyUnicode_Check(name) ||
        PyUnicode_CompareWithASCIIString(name, row.name) != 0)
      continue;
    try {
      frame_of(handle->kernel, row.name);
      void* const part =
          handle->kernel->primitives->machinery_field(row.field, handle->value.pointer());
      return to_python(handle->kernel, as_value({part, row.type}), handle->dependency);
    } catch (...) {
      return end_primitive();
    }
  }
  return PyErr_Format(PyExc_KeyError, "%R has no field %R", self, name);
}

/// Constant after its making, so reading it is no operation.
PyObject* get_constant_name(PyObject* self, void*) {
  const HandleObject* const handle = as_handle(self);
  try {
    frame_of(handle->kernel, "name");
    const std::string text =
        handle->kernel->primitives->machinery_name(handle->value.tag(), handle->value.pointer());
    return PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
  } catch (...) {
    return end_primitive();
  }
}

// ---- Mutex, Spinlock
constexpr Spec mutex_enter{"__enter__", "__enter__(self) -> None\n\nmutex_lock.", [](Call& call) {
                             call.world().mutex_lock(call.self()->value.pointer(), call.place());
                             return none();
                           }};
constexpr Spec mutex_exit{"__exit__",
                          "__exit__(self, *error: object) -> None\n\nmutex_unlock.",
                          [](Call& call) {
                            call.world().mutex_unlock(call.self()->value.pointer(), call.place());
                            return none();
                          },
                          {},
                          0,
                          true};
constexpr Spec spinlock_enter{"__enter__", "__enter__(self) -> None\n\nspin_lock.", [](Call& call) {
                                call.world().spin_lock(call.self()->value.pointer(),
                                                       SpinMode::plain, call.place());
                                return none();
                              }};
constexpr Spec spinlock_exit{"__exit__",
                             "__exit__(self, *error: object) -> None\n\nspin_unlock.",
                             [](Call& call) {
                               call.world().spin_unlock(call.self()->value.pointer(),
                                                        SpinMode::plain, call.place());
                               return none();
                             },
                             {},
                             0,
                             true};

// ---- making the types
/// Slots and tables are kept as long as the process: types refer to them.
struct TypeParts {
  std::vector<PyMethodDef> methods;
  std::vector<PyGetSetDef> getters;
  std::vector<PyType_Slot> slots;
};

void add_fields(TypeParts& parts, Tag tag) {
  for (const FieldRow& row : machinery_fields) {
    if (row.owner != tag) continue;
    const bool is_stored = row.result == Tag::location && row.type != FieldType::refcount &&
                           row.type != FieldType::text;
    parts.getters.push_back({row.name, get_machinery_field,
                             is_stored ? set_machinery_field : nullptr, row.doc,
                             const_cast<FieldRow*>(&row)});
  }
  if (tag == Tag::group_list)
    parts.getters.push_back(
        {"first", get_first_group, nullptr, "The first group, or None: no operation.", nullptr});
  if (tag == Tag::device || tag == Tag::group)
    parts.getters.push_back(
        {"name", get_constant_name, nullptr, "Constant: no operation.", nullptr});
}

void add_slots(TypeParts& parts, Tag tag) {
  if (tag == Tag::object) {
    parts.slots.push_back({Py_tp_getattro, reinterpret_cast<void*>(object_getattro)});
    parts.slots.push_back({Py_tp_setattro, reinterpret_cast<void*>(object_setattro)});
    parts.slots.push_back({Py_mp_subscript, reinterpret_cast<void*>(object_subscript)});
  } else if (!parts.getters.empty()) {
    parts.slots.push_back({Py_mp_subscript, reinterpret_cast<void*>(machinery_subscript)});
  }
  if (tag == Tag::mutex) {
    parts.methods.push_back(method<mutex_enter>());
    parts.methods.push_back(method<mutex_exit>());
  }
  if (tag == Tag::spinlock) {
    parts.methods.push_back(method<spinlock_enter>());
    parts.methods.push_back(method<spinlock_exit>());
  }
  if (tag == Tag::group)
    for (const PyMethodDef& row : group_methods()) parts.methods.push_back(row);
}

PyTypeObject* make_type(PyObject* module, const char* name, const char* doc, TypeParts* parts,
                        PyTypeObject* base) {
  parts->methods.push_back({});
  parts->getters.push_back({});
  parts->slots.push_back({Py_tp_doc, const_cast<char*>(doc)});
  parts->slots.push_back({Py_tp_methods, parts->methods.data()});
  parts->slots.push_back({Py_tp_getset, parts->getters.data()});
  parts->slots.push_back({});
  const char* const full_name = literal(std::string("rcuscope._core.") + name);
  PyType_Spec spec{full_name, sizeof(HandleObject), 0,
                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                   parts->slots.data()};
  PyObject* const bases = base == nullptr ? nullptr : reinterpret_cast<PyObject*>(base);
  PyObject* const type = checked(PyType_FromSpecWithBases(&spec, bases));
  if (PyModule_AddObjectRef(module, name, type) != 0) throw PythonErrorIsSet{};
  return reinterpret_cast<PyTypeObject*>(type);
}

}  // namespace

void add_handle_types(PyObject* module) {
  auto* const parts = new TypeParts;
  parts->slots = {{Py_tp_dealloc, reinterpret_cast<void*>(handle_dealloc)},
                  {Py_tp_repr, reinterpret_cast<void*>(handle_repr)},
                  {Py_tp_hash, reinterpret_cast<void*>(handle_hash)},
                  {Py_tp_richcompare, reinterpret_cast<void*>(handle_compare)}};
  base_type = make_type(module, "Handle", "Something in the studied program. Compare with ==.",
                        parts, nullptr);
  for (const TypeRow& row : type_rows) {
    auto* const own_parts = new TypeParts;
    add_fields(*own_parts, row.tag);
    add_slots(*own_parts, row.tag);
    types[static_cast<std::size_t>(row.tag)] =
        make_type(module, row.name, row.doc, own_parts, base_type);
  }
}

bool is_handle(PyObject* object) { return PyObject_TypeCheck(object, base_type) != 0; }

bool is_handle(PyObject* object, Tag tag) {
  return Py_TYPE(object) == types[static_cast<std::size_t>(tag)];
}

const char* type_name(Tag tag) {
  for (const TypeRow& row : type_rows)
    if (row.tag == tag) return row.name;
  return "a handle";
}

// ---- values
PyObject* to_python(KernelObject* kernel, Value value, std::uint32_t dependency) {
  switch (value.tag()) {
    case Tag::none:
    case Tag::uninitialized:
      return none();
    case Tag::boolean:
      return boolean(value.bits != 0);
    case Tag::integer:
      return checked(PyLong_FromLongLong(value.number()));
    case Tag::text: {
      const std::string text = kernel->primitives->text(value.number());
      return checked(
          PyUnicode_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
    }
    default:
      break;
  }
  PyTypeObject* const type = types[static_cast<std::size_t>(value.tag())];
  auto* const handle = reinterpret_cast<HandleObject*>(checked(type->tp_alloc(type, 0)));
  handle->kernel = reinterpret_cast<KernelObject*>(Py_NewRef(reinterpret_cast<PyObject*>(kernel)));
  handle->value = value;
  handle->layout =
      value.tag() == Tag::object ? kernel->primitives->layout_of(value.pointer()) : nullptr;
  handle->dependency = dependency;
  return reinterpret_cast<PyObject*>(handle);
}

PyObject* to_python_reached(KernelObject* kernel, Value value) {
  const bool is_pointer = is_handle(value.tag());
  return to_python(kernel, value,
                   is_pointer ? kernel->primitives->dependency_on(value.pointer()) : 0);
}

PyObject* to_python_loaded(KernelObject* kernel, Value value, const char* what) {
  if (value.tag() == Tag::uninitialized)
    kernel->primitives->report(FindingKind::uninitialized_read,
                               std::string("BUG: KMSAN: uninit-value in the load of ") + what,
                               Call::place_now());
  return to_python_reached(kernel, value);
}

Value to_value(KernelObject* kernel, PyObject* object, const char* what) {
  if (object == Py_None) return {};
  if (PyBool_Check(object)) return Value::boolean(object == Py_True);
  if (PyLong_Check(object)) {
    int overflow = 0;
    const std::int64_t number = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0)
      raise(PyExc_OverflowError,
            "%s=%R: a location holds integers of 64 bits, from -2**63 to 2**63 - 1", what, object);
    return Value::integer(number);
  }
  if (!is_handle(object))
    raise(PyExc_TypeError, "%s=%R: a location holds an int, a bool, a handle or None", what,
          object);
  if (as_handle(object)->kernel != kernel)
    raise(exceptions.usage_error, "%s=%R: the handle belongs to another execution", what, object);
  return as_handle(object)->value;
}

}  // namespace rcuscope::bindings
