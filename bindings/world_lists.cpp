// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's lists: operations and walks. A walk holds nothing but its position.
#include <string>

#include "call.h"
#include "errors.h"
#include "walk.h"

namespace rcuscope::bindings {
namespace {

/// The head given as an argument. Throws if its entries are of another kind.
void* head_for(Call& call, std::size_t index, Tag entry) {
  const Value head = call.handle(index, Tag::list)->value;
  const bool holds_gdevs = head.detail() == holds_group_devices;
  if (holds_gdevs != (entry == Tag::group_device))
    raise(exceptions.usage_error, "%s(): the list holds %s, not %s", call.name(),
          type_name(holds_gdevs ? Tag::group_device : Tag::object), type_name(entry));
  return head.pointer();
}

template <ListAdd how>
PyObject* add(Call& call) {
  const Entry entry = call.entry(0, 2);
  call.world().list_add(how, entry, head_for(call, 1, entry.tag), call.place());
  return none();
}

template <ListDelete how>
PyObject* remove(Call& call) {
  call.world().list_delete(how, call.entry(0, 1), call.place());
  return none();
}

constexpr Spec list_head{"list_head",
                         "list_head(self, name: str) -> ListHead\n\nAn empty list."
                         "\n\nContext: any.\nSource: include/linux/list.h.",
                         [](Call& call) {
                           return to_python(
                               call.kernel(),
                               Value::handle(Tag::list, call.world().make_list(call.text(0))));
                         },
                         {"name"},
                         1};
constexpr Spec list_add_rcu{
    "list_add_rcu",
    "list_add_rcu(self, obj: HeapObject | GroupDevice, head: ListHead, "
    "node: str = 'list') -> None\n\n"
    "Publishes the entry at the front."
    "\n\nContext: any; a lock of yours keeps those apart who change the list.\nReports: "
    "list_corruption, use_after_free of a neighbour.\nSource: include/linux/rculist.h.",
    add<ListAdd::add_rcu>,
    {"obj", "head", "node"},
    2};
constexpr Spec list_add_tail_rcu{
    "list_add_tail_rcu",
    "list_add_tail_rcu(self, obj: HeapObject | GroupDevice, head: "
    "ListHead, node: str = 'list') -> None\n\n"
    "Publishes the entry at the end."
    "\n\nContext: any; a lock of yours keeps those apart who change the list.\nReports: "
    "list_corruption, use_after_free of a neighbour.\nSource: include/linux/rculist.h.",
    add<ListAdd::add_tail_rcu>,
    {"obj", "head", "node"},
    2};
constexpr Spec list_add{
    "list_add",
    "list_add(self, obj: HeapObject | GroupDevice, head: ListHead, node: str = 'list') -> None\n\n"
    "Adds at the front, without order for readers."
    "\n\nContext: any; a lock of yours keeps those apart who change the list, and readers, "
    "too.\nReports: data_race with a reader, list_corruption, use_after_free of a "
    "neighbour.\nSource: include/linux/list.h.",
    add<ListAdd::add>,
    {"obj", "head", "node"},
    2};
constexpr Spec list_add_tail{
    "list_add_tail",
    "list_add_tail(self, obj: HeapObject | GroupDevice, head: ListHead, "
    "node: str = 'list') -> None\n\n"
    "Adds at the end, without order for readers."
    "\n\nContext: any; a lock of yours keeps those apart who change the list, and readers, "
    "too.\nReports: data_race with a reader, list_corruption, use_after_free of a "
    "neighbour.\nSource: include/linux/list.h.",
    add<ListAdd::add_tail>,
    {"obj", "head", "node"},
    2};
constexpr Spec list_del_rcu{
    "list_del_rcu",
    "list_del_rcu(self, obj: HeapObject | GroupDevice, node: str = 'list') -> None\n\n"
    "Unlinks; the entry's next pointer stays for readers."
    "\n\nContext: any; a lock of yours keeps those apart who change the list.\nReports: "
    "list_corruption if it was taken out before, null_dereference if it never was on a list, "
    "use_after_free.\nSource: include/linux/rculist.h.",
    remove<ListDelete::del_rcu>,
    {"obj", "node"},
    1};
constexpr Spec list_del{
    "list_del",
    "list_del(self, obj: HeapObject | GroupDevice, node: str = 'list') -> None\n\n"
    "Unlinks and poisons both pointers."
    "\n\nContext: any; a lock of yours keeps those apart who change the list, and readers, "
    "too.\nReports: list_corruption if it was taken out before, and for readers that stand on it; "
    "null_dereference if it never was on a list, use_after_free.\nSource: include/linux/list.h.",
    remove<ListDelete::del>,
    {"obj", "node"},
    1};
constexpr Spec list_replace_rcu{
    "list_replace_rcu",
    "list_replace_rcu(self, old: HeapObject | GroupDevice, new: "
    "HeapObject | GroupDevice, node: str = 'list') -> None\n\n"
    "Puts one entry in the place of another."
    "\n\nContext: any; a lock of yours keeps those apart who change the list.\nReports: "
    "use_after_free.\nSource: include/linux/rculist.h.",
    [](Call& call) {
      call.world().list_replace_rcu(call.entry(0, 2), call.entry(1, 2), call.place());
      return none();
    },
    {"old", "new", "node"},
    2};
constexpr Spec list_empty{
    "list_empty",
    "list_empty(self, head: ListHead) -> bool\n\nWhether the list is empty."
    "\n\nContext: any.\nSource: include/linux/list.h.",
    [](Call& call) {
      return boolean(call.world().list_empty(call.address(0, Tag::list), call.place()));
    },
    {"head"},
    1};

Tag entry_tag(const Value& head) {
  return head.detail() == holds_group_devices ? Tag::group_device : Tag::object;
}

constexpr Spec list_for_each_entry_rcu{
    "list_for_each_entry_rcu",
    "list_for_each_entry_rcu(self, head: ListHead, cond: object = False, node: str = 'list') -> "
    "collections.abc.Iterator[typing.Any]\n\n"
    "A walk for readers: wants any reader, or the condition."
    "\n\nContext: a reader, explicit or implicit, or where `cond` holds.\nReports: "
    "suspicious_rcu_usage elsewhere; use_after_free, list_corruption at a poisoned pointer or the "
    "head of another list.\nSource: include/linux/rculist.h.",
    [](Call& call) {
      const Value head = call.handle(0, Tag::list)->value;
      check_reader(call, call.flag(1, false));
      return make_walk(call.kernel(), head.pointer(), entry_tag(head), Access::dereference);
    },
    {"head", "cond", "node"},
    1};
constexpr Spec list_for_each_entry{
    "list_for_each_entry",
    "list_for_each_entry(self, head: ListHead, node: str = 'list') -> "
    "collections.abc.Iterator[typing.Any]\n\nA walk with plain loads, unchecked."
    "\n\nContext: under a lock of yours.\nReports: data_race, use_after_free, list_corruption at a "
    "poisoned pointer or the head of another list.\nSource: include/linux/list.h.",
    [](Call& call) {
      const Value head = call.handle(0, Tag::list)->value;
      return make_walk(call.kernel(), head.pointer(), entry_tag(head), Access::plain);
    },
    {"head", "node"},
    1};

// ---- the iterator
struct WalkObject {
  PyObject_HEAD KernelObject* kernel;
  void* head;
  void* position;
  std::uint32_t dependency;  ///< Of the pointer to the position.
  Tag tag;
  Access access;
  bool is_at_end;
};

PyTypeObject* walk_type = nullptr;

WalkObject* as_walk(PyObject* object) { return reinterpret_cast<WalkObject*>(object); }

void walk_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  Py_XDECREF(reinterpret_cast<PyObject*>(as_walk(self)->kernel));
  type->tp_free(self);
  Py_DECREF(type);
}

PyObject* walk_next(PyObject* self) {
  WalkObject& walk = *as_walk(self);
  if (walk.is_at_end) return nullptr;
  try {
    ActorFrame& frame = frame_of(walk.kernel, "a walk over a list");
    if (stays_quiet(frame)) return nullptr;
    Primitives& world = *walk.kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    world.note_used(walk.position, walk.dependency);
    void* const entry = world.list_next(walk.position, walk.head, walk.access, place);
    walk.is_at_end = entry == nullptr;
    if (walk.is_at_end) return nullptr;
    walk.dependency = world.dependency_on(walk.position);
    return to_python(walk.kernel, Value::handle(walk.tag, entry), walk.dependency);
  } catch (...) {
    return end_primitive();
  }
}

}  // namespace

void check_reader(Call& call, bool condition) {
  if (condition || call.world().rcu_read_lock_any_held()) return;
  call.world().report(FindingKind::suspicious_rcu_usage,
                      "WARNING: suspicious RCU usage: RCU-list traversed in non-reader section!",
                      Call::place_now());
}

PyObject* make_walk(KernelObject* kernel, void* head, Tag tag, Access access) {
  auto* const walk = as_walk(checked(walk_type->tp_alloc(walk_type, 0)));
  walk->kernel = reinterpret_cast<KernelObject*>(Py_NewRef(reinterpret_cast<PyObject*>(kernel)));
  walk->head = walk->position = head;
  walk->dependency = kernel->primitives->dependency_on(head);
  walk->tag = tag;
  walk->access = access;
  return reinterpret_cast<PyObject*>(walk);
}

void add_walk_type() {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(walk_dealloc)},
                                {Py_tp_iter, reinterpret_cast<void*>(PyObject_SelfIter)},
                                {Py_tp_iternext, reinterpret_cast<void*>(walk_next)},
                                {0, nullptr}};
  static PyType_Spec spec{"rcuscope._core.Walk", sizeof(WalkObject), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  walk_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)));
}

std::span<const PyMethodDef> list_methods() {
  static const PyMethodDef rows[] = {
      method<list_head>(),
      method<list_add_rcu>(),
      method<list_add_tail_rcu>(),
      method<list_add>(),
      method<list_add_tail>(),
      method<list_del_rcu>(),
      method<list_del>(),
      method<list_replace_rcu>(),
      method<list_empty>(),
      method<list_for_each_entry_rcu>(),
      method<list_for_each_entry>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
