// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's memory: locations and their accesses, the heap, reference counts.
#include <algorithm>
#include <string>
#include <vector>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

PyObject* loaded(Call& call, Value value) {
  return to_python_loaded(call.kernel(), value, call.name());
}

template <Access access>
PyObject* read(Call& call) {
  return loaded(call, call.world().read(call.location(0), access, call.place()));
}

template <Access access>
PyObject* write(Call& call) {
  call.world().write(call.location(0), call.value(1), access, call.place());
  return none();
}

template <Access access>
PyObject* exchange(Call& call) {
  return loaded(call, call.world().exchange(call.location(0), call.value(1), access, call.place()));
}

template <Access access>
PyObject* compare_exchange(Call& call) {
  return loaded(call, call.world().compare_exchange(call.location(0), call.value(1), call.value(2),
                                                    access, call.place()));
}

template <Access access>
PyObject* add_return(Call& call) {
  return to_python(call.kernel(), call.world().add_return(call.location(1), call.integer(0, 0),
                                                          access, call.place()));
}

#define RCUSCOPE_TEXT(signature, text) signature "\n\n" text

constexpr Spec load{
    "load",
    RCUSCOPE_TEXT("load(self, loc: Location) -> typing.Any",
                  "A plain load."
                  "\n\nContext: any.\nReports: data_race with a load or store of another actor "
                  "that nothing orders, if one of the two stores and one is plain; use_after_free "
                  "if its object is freed; uninitialized_read."),
    read<Access::plain>,
    {"loc"},
    1};
constexpr Spec store{"store",
                     RCUSCOPE_TEXT("store(self, loc: Location, value: object) -> None",
                                   "A plain store."
                                   "\n\nContext: any.\nReports: data_race with a load or store of "
                                   "another actor that nothing orders, if one of the two stores "
                                   "and one is plain; use_after_free if its object is freed."),
                     write<Access::plain>,
                     {"loc", "value"},
                     2};
constexpr Spec read_once{
    "READ_ONCE",
    RCUSCOPE_TEXT(
        "READ_ONCE(self, loc: Location) -> typing.Any",
        "A marked load."
        "\n\nContext: any.\nReports: data_race with a load or store of another actor that nothing "
        "orders, if one of the two stores and one is plain; use_after_free if its object is freed; "
        "uninitialized_read.\nSource: include/asm-generic/rwonce.h."),
    read<Access::once>,
    {"loc"},
    1};
constexpr Spec write_once{
    "WRITE_ONCE",
    RCUSCOPE_TEXT("WRITE_ONCE(self, loc: Location, value: object) -> None",
                  "A marked store."
                  "\n\nContext: any.\nReports: data_race with a load or store of another actor "
                  "that nothing orders, if one of the two stores and one is plain; use_after_free "
                  "if its object is freed.\nSource: include/asm-generic/rwonce.h."),
    write<Access::once>,
    {"loc", "value"},
    2};
constexpr Spec load_acquire{
    "smp_load_acquire",
    RCUSCOPE_TEXT("smp_load_acquire(self, loc: Location) -> typing.Any",
                  "What follows is not done before it."
                  "\n\nContext: any; pairs with smp_store_release.\nReports: use_after_free if its "
                  "object is freed.\nSource: include/asm-generic/barrier.h."),
    read<Access::acquire>,
    {"loc"},
    1};
constexpr Spec store_release{
    "smp_store_release",
    RCUSCOPE_TEXT("smp_store_release(self, loc: Location, value: object) -> None",
                  "What precedes is done before it."
                  "\n\nContext: any; pairs with smp_load_acquire.\nReports: use_after_free if its "
                  "object is freed.\nSource: include/asm-generic/barrier.h."),
    write<Access::release>,
    {"loc", "value"},
    2};

#define RCUSCOPE_XCHG(form, suffix, access)                                                        \
  constexpr Spec form{                                                                             \
      "xchg" suffix,                                                                               \
      RCUSCOPE_TEXT("xchg" suffix "(self, loc: Location, value: object) -> typing.Any",            \
                    "Stores; returns the old value."                                               \
                    "\n\nContext: any.\nReports: use_after_free if its object is freed.\nSource: " \
                    "include/linux/atomic/atomic-instrumented.h."),                                \
      exchange<Access::access>,                                                                    \
      {"loc", "value"},                                                                            \
      2}
RCUSCOPE_XCHG(xchg, "", full);
RCUSCOPE_XCHG(xchg_relaxed, "_relaxed", relaxed);
RCUSCOPE_XCHG(xchg_acquire, "_acquire", acquire);
RCUSCOPE_XCHG(xchg_release, "_release", release);
#undef RCUSCOPE_XCHG

#define RCUSCOPE_CMPXCHG(form, suffix, access)                                                     \
  constexpr Spec form{                                                                             \
      "cmpxchg" suffix,                                                                            \
      RCUSCOPE_TEXT("cmpxchg" suffix                                                               \
                    "(self, loc: Location, expected: object, value: object) -> typing.Any",        \
                    "Stores if the location holds `expected`; returns what it held."               \
                    "\n\nContext: any.\nReports: use_after_free if its object is freed.\nSource: " \
                    "include/linux/atomic/atomic-instrumented.h."),                                \
      compare_exchange<Access::access>,                                                            \
      {"loc", "expected", "value"},                                                                \
      3}
RCUSCOPE_CMPXCHG(cmpxchg, "", full);
RCUSCOPE_CMPXCHG(cmpxchg_relaxed, "_relaxed", relaxed);
RCUSCOPE_CMPXCHG(cmpxchg_acquire, "_acquire", acquire);
RCUSCOPE_CMPXCHG(cmpxchg_release, "_release", release);
#undef RCUSCOPE_CMPXCHG

#define RCUSCOPE_ADD(form, suffix, access)                                                         \
  constexpr Spec form{                                                                             \
      "atomic_add_return" suffix,                                                                  \
      RCUSCOPE_TEXT("atomic_add_return" suffix "(self, number: int, loc: Location) -> int",        \
                    "Adds; returns the new value."                                                 \
                    "\n\nContext: any.\nReports: use_after_free if its object is freed.\nSource: " \
                    "include/linux/atomic/atomic-instrumented.h."),                                \
      add_return<Access::access>,                                                                  \
      {"number", "loc"},                                                                           \
      2}
RCUSCOPE_ADD(add, "", full);
RCUSCOPE_ADD(add_relaxed, "_relaxed", relaxed);
RCUSCOPE_ADD(add_acquire, "_acquire", acquire);
RCUSCOPE_ADD(add_release, "_release", release);
#undef RCUSCOPE_ADD

template <Barrier barrier>
PyObject* fence(Call& call) {
  call.world().memory_barrier(barrier, call.place());
  return none();
}
constexpr Spec smp_mb{"smp_mb",
                      RCUSCOPE_TEXT("smp_mb(self) -> None",
                                    "A full barrier."
                                    "\n\nContext: any.\nSource: include/asm-generic/barrier.h."),
                      fence<Barrier::full>};
constexpr Spec smp_rmb{
    "smp_rmb",
    RCUSCOPE_TEXT("smp_rmb(self) -> None",
                  "Orders loads."
                  "\n\nContext: any; pairs with smp_wmb.\nSource: include/asm-generic/barrier.h."),
    fence<Barrier::read>};
constexpr Spec smp_wmb{
    "smp_wmb",
    RCUSCOPE_TEXT("smp_wmb(self) -> None",
                  "Orders stores."
                  "\n\nContext: any; pairs with smp_rmb.\nSource: include/asm-generic/barrier.h."),
    fence<Barrier::write>};

// ---- pointers protected by RCU
PyObject* dereference(Call& call) {
  if (!call.flag(1, false) && !call.world().rcu_read_lock_held())
    call.world().report(FindingKind::suspicious_rcu_usage,
                        "WARNING: suspicious RCU usage: suspicious rcu_dereference_check() usage!",
                        Call::place_now());
  return read<Access::dereference>(call);
}

PyObject* dereference_protected(Call& call) {
  if (!call.flag(1, false))
    call.world().report(
        FindingKind::suspicious_rcu_usage,
        "WARNING: suspicious RCU usage: suspicious rcu_dereference_protected() usage!",
        Call::place_now());
  return read<Access::plain>(call);
}

constexpr Spec rcu_dereference{
    "rcu_dereference",
    RCUSCOPE_TEXT(
        "rcu_dereference(self, loc: Location) -> typing.Any",
        "Subscribes. Wants rcu_read_lock.\n\nContext: a section by rcu_read_lock.\nReports: "
        "suspicious_rcu_usage elsewhere, in an interrupt, too.\nSource: include/linux/rcupdate.h."),
    dereference,
    {"loc"},
    1};
constexpr Spec rcu_dereference_check{
    "rcu_dereference_check",
    RCUSCOPE_TEXT("rcu_dereference_check(self, loc: Location, cond: object) -> typing.Any",
                  "Subscribes. Wants rcu_read_lock or the condition.\n\nContext: a section by "
                  "rcu_read_lock, or where `cond` holds.\nReports: suspicious_rcu_usage "
                  "elsewhere.\nSource: include/linux/rcupdate.h."),
    dereference,
    {"loc", "cond"},
    2};
constexpr Spec rcu_dereference_protected{
    "rcu_dereference_protected",
    RCUSCOPE_TEXT(
        "rcu_dereference_protected(self, loc: Location, cond: object) -> typing.Any",
        "For updaters, who hold what the condition says.\n\nContext: where `cond` holds.\nReports: "
        "suspicious_rcu_usage elsewhere.\nSource: include/linux/rcupdate.h."),
    dereference_protected,
    {"loc", "cond"},
    2};
constexpr Spec rcu_access_pointer{
    "rcu_access_pointer",
    RCUSCOPE_TEXT(
        "rcu_access_pointer(self, loc: Location) -> typing.Any",
        "Reads the pointer, not to follow it.\n\nContext: any.\nSource: include/linux/rcupdate.h."),
    read<Access::once>,
    {"loc"},
    1};
constexpr Spec rcu_assign_pointer{
    "rcu_assign_pointer",
    RCUSCOPE_TEXT("rcu_assign_pointer(self, loc: Location, value: object) -> None",
                  "Publishes.\n\nContext: any.\nSource: include/linux/rcupdate.h."),
    write<Access::assign>,
    {"loc", "value"},
    2};

// ---- locations and objects
PyObject* make_shared(Call& call) {
  const Value initial = call.argument(1) == nullptr ? Value::integer(0) : call.value(1);
  return to_python(call.kernel(), as_value(call.world().make_shared(call.text(0), initial)));
}
constexpr Spec shared{"shared",
                      RCUSCOPE_TEXT("shared(self, name: str, value: object = 0) -> Location",
                                    "A location that actors share."
                                    "\n\nContext: any.\nRaises: TypeError for a value that is no "
                                    "int of 64 bits, bool, handle or None."),
                      make_shared,
                      {"name", "value"},
                      1};

std::vector<std::string> node_names(PyObject* nodes) {
  std::vector<std::string> names;
  PyObject* const sequence = checked(PySequence_Fast(nodes, "nodes: expected a tuple of names"));
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence); ++i) {
    PyObject* const name = PySequence_Fast_GET_ITEM(sequence, i);
    const char* const text = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : nullptr;
    if (text == nullptr) {
      Py_DECREF(sequence);
      raise(PyExc_TypeError, "nodes=%R: expected a tuple of names", nodes);
    }
    names.emplace_back(text);
  }
  Py_DECREF(sequence);
  return names;
}

PyObject* allocate(Call& call, const std::vector<PyObject*>& fields,
                   const std::vector<Value>& values, const std::vector<std::string>& nodes) {
  const Layout* const layout = find_layout(fields, nodes);
  void* const object = call.world().allocate(*layout, call.text(0), values, call.place());
  return to_python(call.kernel(), Value::handle(Tag::object, object));
}

PyObject* kzalloc_body(Call& call) {
  std::vector<PyObject*> fields;
  std::vector<Value> values;
  std::vector<std::string> nodes{"list"};
  PyObject* const names = call.keyword_names();
  for (Py_ssize_t i = 0; names != nullptr && i < PyTuple_GET_SIZE(names); ++i) {
    PyObject* const name = PyTuple_GET_ITEM(names, i);
    if (PyUnicode_CompareWithASCIIString(name, "nodes") == 0) {
      nodes = node_names(call.keyword_values()[i]);
      continue;
    }
    fields.push_back(name);
    values.push_back(to_value(call.kernel(), call.keyword_values()[i], PyUnicode_AsUTF8(name)));
  }
  return allocate(call, fields, values, nodes);
}
constexpr Spec kzalloc{
    "kzalloc",
    RCUSCOPE_TEXT(
        "kzalloc(self, name: str, /, *, nodes: collections.abc.Sequence[str] = "
        "('list',), **fields: object) -> HeapObject",
        "A new object; its fields are shared, nodes are its list nodes."
        "\n\nContext: any.\nReports: leak if nothing leads to it at the end; what is done with its "
        "fields reports as load and store do.\nSource: include/linux/slab.h."),
    kzalloc_body,
    {"name"},
    1,
    false,
    true};

PyObject* kmalloc_body(Call& call) {
  const std::vector<PyObject*> fields(call.rest().begin(), call.rest().end());
  for (auto field = fields.begin(); field != fields.end(); ++field) {
    if (!PyUnicode_Check(*field))
      raise(PyExc_TypeError, "kmalloc(): %R is no name of a field", *field);
    const auto is_same = [&](PyObject* other) { return PyUnicode_Compare(*field, other) == 0; };
    if (std::any_of(fields.begin(), field, is_same))
      raise(exceptions.usage_error, "kmalloc(): the field %R is named twice", *field);
  }
  return allocate(call, fields, std::vector<Value>(fields.size(), Value::uninitialized()),
                  {"list"});
}
constexpr Spec kmalloc{
    "kmalloc",
    RCUSCOPE_TEXT("kmalloc(self, name: str, /, *fields: str) -> HeapObject",
                  "The same, uninitialised: fields are only named."
                  "\n\nContext: any.\nReports: uninitialized_read of a field before its first "
                  "store; else as kzalloc.\nSource: include/linux/slab.h."),
    kmalloc_body,
    {"name"},
    1,
    true};

constexpr Spec kfree{
    "kfree",
    RCUSCOPE_TEXT(
        "kfree(self, obj: Handle | None) -> None",
        "Frees; kfree(None) is legal.\n\nContext: any.\nReports: double_free.\nSource: mm/slub.c."),
    [](Call& call) {
      if (call.argument(0) != Py_None)
        call.world().kfree(call.heap_object(0)->value.pointer(), call.place());
      return none();
    },
    {"obj"},
    1};
template <bool may_sleep>
PyObject* free_after_grace_period(Call& call) {
  if (call.argument(0) != Py_None)
    call.world().kfree_rcu(call.heap_object(0)->value.pointer(), may_sleep, call.place());
  return none();
}
constexpr Spec kfree_rcu{
    "kfree_rcu",
    RCUSCOPE_TEXT("kfree_rcu(self, obj: Handle | None) -> None",
                  "Frees after a grace period.\n\nContext: any.\nReports: double_free when it "
                  "frees.\nSource: include/linux/rcupdate.h."),
    free_after_grace_period<false>,
    {"obj"},
    1};
constexpr Spec kfree_rcu_mightsleep{
    "kfree_rcu_mightsleep",
    RCUSCOPE_TEXT("kfree_rcu_mightsleep(self, obj: Handle | None) -> None",
                  "The same for objects without an rcu_head.\n\nContext: process; "
                  "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep, "
                  "double_free when it frees.\nSource: include/linux/rcupdate.h."),
    free_after_grace_period<true>,
    {"obj"},
    1};

// ---- reference counts
constexpr Spec kref{"kref",
                    RCUSCOPE_TEXT("kref(self, name: str) -> Kref",
                                  "A reference count, born with 1."
                                  "\n\nContext: any.\nSource: include/linux/kref.h."),
                    [](Call& call) {
                      return to_python(
                          call.kernel(),
                          Value::handle(Tag::kref, call.world().make_kref(call.text(0))));
                    },
                    {"name"},
                    1};
constexpr Spec kref_get{"kref_get",
                        RCUSCOPE_TEXT("kref_get(self, kref: Kref) -> None",
                                      "Takes a reference."
                                      "\n\nContext: any.\nReports: refcount_addition_on_zero, "
                                      "use_after_free.\nSource: include/linux/kref.h."),
                        [](Call& call) {
                          call.world().kref_get(call.address(0, Tag::kref), call.place());
                          return none();
                        },
                        {"kref"},
                        1};
PyObject* put_kref(Call& call) {
  PyObject* const release = call.function(1);
  if (call.world().kref_put(call.address(0, Tag::kref), call.place()) != 0) return boolean(false);
  PyObject* const result = checked(PyObject_CallOneArg(release, call.argument(0)));
  Py_DECREF(result);
  return boolean(true);
}
constexpr Spec kref_put{
    "kref_put",
    RCUSCOPE_TEXT(
        "kref_put(self, kref: Kref, release: collections.abc.Callable[..., object]) -> bool",
        "Drops a reference; the last one calls release(kref) and returns True."
        "\n\nContext: any that the release may run in.\nReports: refcount_underflow, "
        "use_after_free.\nSource: include/linux/kref.h."),
    put_kref,
    {"kref", "release"},
    2};
constexpr Spec kref_get_unless_zero{
    "kref_get_unless_zero",
    RCUSCOPE_TEXT("kref_get_unless_zero(self, kref: Kref) -> bool",
                  "Takes a reference unless there is none left."
                  "\n\nContext: any.\nReports: use_after_free.\nSource: include/linux/kref.h."),
    [](Call& call) {
      return boolean(call.world().kref_get_unless_zero(call.address(0, Tag::kref), call.place()));
    },
    {"kref"},
    1};
PyObject* get_unless_zero(Call& call) {
  if (is_handle(call.argument(0), Tag::kref))
    return boolean(call.world().kref_get_unless_zero(call.address(0, Tag::kref), call.place()));
  return boolean(call.world().device_get_unless_zero(call.address(0, Tag::device), call.place()));
}
constexpr Spec refcount_inc_not_zero{
    "refcount_inc_not_zero",
    RCUSCOPE_TEXT("refcount_inc_not_zero(self, obj: Device | Kref) -> bool",
                  "The same for the count of a device or a kref."
                  "\n\nContext: any.\nReports: use_after_free.\nSource: include/linux/refcount.h."),
    get_unless_zero,
    {"obj"},
    1};

#undef RCUSCOPE_TEXT

}  // namespace

std::span<const PyMethodDef> memory_methods() {
  static const PyMethodDef rows[] = {
      method<load>(),
      method<store>(),
      method<read_once>(),
      method<write_once>(),
      method<load_acquire>(),
      method<store_release>(),
      method<xchg>(),
      method<xchg_relaxed>(),
      method<xchg_acquire>(),
      method<xchg_release>(),
      method<cmpxchg>(),
      method<cmpxchg_relaxed>(),
      method<cmpxchg_acquire>(),
      method<cmpxchg_release>(),
      method<add>(),
      method<add_relaxed>(),
      method<add_acquire>(),
      method<add_release>(),
      method<smp_mb>(),
      method<smp_rmb>(),
      method<smp_wmb>(),
      method<rcu_dereference>(),
      method<rcu_dereference_check>(),
      method<rcu_dereference_protected>(),
      method<rcu_access_pointer>(),
      method<rcu_assign_pointer>(),
      method<shared>(),
      method<kzalloc>(),
      method<kmalloc>(),
      method<kfree>(),
      method<kfree_rcu>(),
      method<kfree_rcu_mightsleep>(),
      method<kref>(),
      method<kref_get>(),
      method<kref_put>(),
      method<kref_get_unless_zero>(),
      method<refcount_inc_not_zero>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
