// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's sleepable RCU, with the guard of `with k.srcu_read_side(s)`, and polled grace periods.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "call.h"
#include "errors.h"
#include "world_types.h"

namespace rcuscope::bindings {
namespace {

#define RCUSCOPE_TEXT(signature, text) signature "\n\n" text

void* domain_of(Call& call, std::size_t index) { return call.address(index, Tag::srcu); }

constexpr Spec srcu_struct{
    "srcu_struct",
    RCUSCOPE_TEXT("srcu_struct(self, name: str) -> SrcuStruct",
                  "A domain of sleepable RCU: its grace periods wait for its own sections only."
                  "\n\nContext: any.\nSource: include/linux/srcu.h."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::handle(Tag::srcu, call.world().make_srcu(call.text(0))));
    },
    {"name"},
    1};
constexpr Spec srcu_read_lock{
    "srcu_read_lock",
    RCUSCOPE_TEXT(
        "srcu_read_lock(self, domain: SrcuStruct) -> int",
        "Opens a section that may sleep; returns the index for srcu_read_unlock.\n\nContext: "
        "any.\nReports: lock_imbalance without srcu_read_unlock.\nSource: include/linux/srcu.h."),
    [](Call& call) {
      const int index = call.world().srcu_read_lock(domain_of(call, 0), call.place());
      return to_python(call.kernel(), Value::integer(index));
    },
    {"domain"},
    1};

PyObject* unlock(Call& call) {
  void* const domain = domain_of(call, 0);
  const std::int64_t index = call.integer(1, 0);
  if (index < 0 || index > std::numeric_limits<int>::max())
    call.wrong_type(1, "what srcu_read_lock returned");
  call.world().srcu_read_unlock(domain, static_cast<int>(index), call.place());
  return none();
}
constexpr Spec srcu_read_unlock{
    "srcu_read_unlock",
    RCUSCOPE_TEXT(
        "srcu_read_unlock(self, domain: SrcuStruct, index: int) -> None",
        "Closes the section that srcu_read_lock opened with that index.\n\nContext: the actor that "
        "opened it.\nReports: lock_imbalance for another index.\nSource: include/linux/srcu.h."),
    unlock,
    {"domain", "index"},
    2};
constexpr Spec srcu_read_lock_held{
    "srcu_read_lock_held",
    RCUSCOPE_TEXT(
        "srcu_read_lock_held(self, domain: SrcuStruct) -> bool",
        "True in a section of that domain. No operation.\n\nSource: include/linux/srcu.h."),
    [](Call& call) { return boolean(call.world().srcu_read_lock_held(domain_of(call, 0))); },
    {"domain"},
    1};

PyObject* dereference(Call& call) {
  const Location location = call.location(0);
  if (!call.world().srcu_read_lock_held(domain_of(call, 1)))
    call.world().report(FindingKind::suspicious_rcu_usage,
                        "WARNING: suspicious RCU usage: suspicious rcu_dereference_check() usage! "
                        "(srcu_dereference outside of a section of its domain)",
                        Call::place_now());
  return to_python_loaded(
      call.kernel(), call.world().read(location, Access::dereference, call.place()), call.name());
}
constexpr Spec srcu_dereference{
    "srcu_dereference",
    RCUSCOPE_TEXT("srcu_dereference(self, loc: Location, domain: SrcuStruct) -> typing.Any",
                  "Subscribes. Wants a section of that domain: else "
                  "`suspicious_rcu_usage`.\n\nContext: a section of that domain.\nReports: "
                  "suspicious_rcu_usage outside of one.\nSource: include/linux/srcu.h."),
    dereference,
    {"loc", "domain"},
    2};
constexpr Spec synchronize_srcu{
    "synchronize_srcu",
    RCUSCOPE_TEXT("synchronize_srcu(self, domain: SrcuStruct) -> None",
                  "Waits for the sections of that domain that are open now.\n\nContext: process; "
                  "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep; "
                  "suspicious_rcu_usage and deadlock in a section of that domain.\nSource: "
                  "kernel/rcu/srcutree.c."),
    [](Call& call) {
      call.world().synchronize_srcu(domain_of(call, 0), call.place());
      return none();
    },
    {"domain"},
    1};

PyObject* queue_callback(Call& call) {
  void* const domain = domain_of(call, 0);
  const KeptCall callback = keep_callback(call, 1);
  call.world().call_srcu(domain, callback.name, callback.function, call.place());
  return none();
}
constexpr Spec call_srcu{
    "call_srcu",
    RCUSCOPE_TEXT("call_srcu(self, domain: SrcuStruct, callback: collections.abc.Callable[..., "
                  "object], *args: object) -> None",
                  "Runs `callback(*args)` in a kworker with bottom halves off after a grace period "
                  "of that domain.\n\nContext: any.\nSource: kernel/rcu/srcutree.c."),
    queue_callback,
    {"domain", "callback"},
    2,
    true};
constexpr Spec srcu_barrier{
    "srcu_barrier",
    RCUSCOPE_TEXT("srcu_barrier(self, domain: SrcuStruct) -> None",
                  "Waits for all callbacks of that domain queued before it.\n\nContext: process; "
                  "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep.\nSource: "
                  "kernel/rcu/srcutree.c."),
    [](Call& call) {
      call.world().srcu_barrier(domain_of(call, 0), call.place());
      return none();
    },
    {"domain"},
    1};

// ---- polled grace periods
constexpr Spec get_state_synchronize_rcu{
    "get_state_synchronize_rcu",
    RCUSCOPE_TEXT("get_state_synchronize_rcu(self) -> int",
                  "A cookie for poll_state_synchronize_rcu. Starts no grace period.\n\nContext: "
                  "any.\nSource: kernel/rcu/tree.c."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::integer(call.world().get_state_synchronize_rcu(call.place())));
    }};
constexpr Spec start_poll_synchronize_rcu{
    "start_poll_synchronize_rcu",
    RCUSCOPE_TEXT(
        "start_poll_synchronize_rcu(self) -> int",
        "The same, and starts a grace period.\n\nContext: any.\nSource: kernel/rcu/tree.c."),
    [](Call& call) {
      return to_python(call.kernel(),
                       Value::integer(call.world().start_poll_synchronize_rcu(call.place())));
    }};
constexpr Spec poll_state_synchronize_rcu{
    "poll_state_synchronize_rcu",
    RCUSCOPE_TEXT("poll_state_synchronize_rcu(self, cookie: int) -> bool",
                  "True once a grace period that started after the cookie was taken has "
                  "ended.\n\nContext: any.\nSource: kernel/rcu/tree.c."),
    [](Call& call) {
      return boolean(call.world().poll_state_synchronize_rcu(call.integer(0, 0), call.place()));
    },
    {"cookie"},
    1};
constexpr Spec cond_synchronize_rcu{
    "cond_synchronize_rcu",
    RCUSCOPE_TEXT(
        "cond_synchronize_rcu(self, cookie: int) -> None",
        "Returns if poll_state_synchronize_rcu is true, else waits as synchronize_rcu "
        "does.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller must not "
        "sleep, deadlock in the caller's own section.\nSource: kernel/rcu/tree.c."),
    [](Call& call) {
      call.world().cond_synchronize_rcu(call.integer(0, 0), call.place());
      return none();
    },
    {"cookie"},
    1};

// ---- the guard
/// An actor that may be inside of the guard, several times.
struct OpenSection {
  unsigned long thread;  ///< Each actor has one of its own.
  int index;
};

struct SrcuReadSideObject {
  PyObject_HEAD PyObject* domain;      ///< A handle. Owned.
  std::vector<OpenSection>* sections;  ///< Owned.
};

PyTypeObject* srcu_read_side_type = nullptr;

void enter(SrcuReadSideObject& guard, Primitives& world, const Place& place) {
  void* const domain = as_handle(guard.domain)->value.pointer();
  const int index = world.srcu_read_lock(domain, place);
  guard.sections->push_back({PyThread_get_thread_ident(), index});
}

void leave(SrcuReadSideObject& guard, Primitives& world, const Place& place) {
  std::vector<OpenSection>& sections = *guard.sections;
  const unsigned long thread = PyThread_get_thread_ident();
  const auto last = std::find_if(sections.rbegin(), sections.rend(),
                                 [thread](const OpenSection& one) { return one.thread == thread; });
  int index = 0;  // never entered: the world reports it
  if (last != sections.rend()) {
    index = last->index;
    sections.erase(std::next(last).base());
  }
  world.srcu_read_unlock(as_handle(guard.domain)->value.pointer(), index, place);
}

template <bool is_entry>
PyObject* cross(PyObject* self, PyObject* const*, Py_ssize_t) noexcept {
  auto& guard = *reinterpret_cast<SrcuReadSideObject*>(self);
  KernelObject* const kernel = as_handle(guard.domain)->kernel;
  try {
    ActorFrame& frame = frame_of(kernel, "srcu_read_side");
    if (stays_quiet(frame)) return none();
    Primitives& world = *kernel->primitives;
    const Place place = world.is_tracing() ? Call::place_now() : Place{};
    if constexpr (is_entry)
      enter(guard, world, place);
    else
      leave(guard, world, place);
    return none();
  } catch (...) {
    return end_primitive();
  }
}

void srcu_read_side_dealloc(PyObject* self) {
  PyTypeObject* const type = Py_TYPE(self);
  auto* const guard = reinterpret_cast<SrcuReadSideObject*>(self);
  Py_XDECREF(guard->domain);
  delete guard->sections;
  type->tp_free(self);
  Py_DECREF(type);
}

constexpr Spec srcu_read_side{
    "srcu_read_side",
    RCUSCOPE_TEXT(
        "srcu_read_side(self, domain: SrcuStruct) -> contextlib.AbstractContextManager[None]",
        "`with k.srcu_read_side(s):` is a section of that domain. Reusable."),
    [](Call& call) {
      domain_of(call, 0);  // it is one
      PyObject* const made = checked(srcu_read_side_type->tp_alloc(srcu_read_side_type, 0));
      auto* const guard = reinterpret_cast<SrcuReadSideObject*>(made);
      guard->domain = Py_NewRef(call.argument(0));
      guard->sections = new std::vector<OpenSection>;
      return made;
    },
    {"domain"},
    1};

#undef RCUSCOPE_TEXT

}  // namespace

void add_srcu_read_side_type() {
  static PyMethodDef methods[] = {
      {"__enter__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross<true>)),
       METH_FASTCALL, "srcu_read_lock"},
      {"__exit__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&cross<false>)),
       METH_FASTCALL, "srcu_read_unlock"},
      {}};
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(srcu_read_side_dealloc)},
                                {Py_tp_methods, methods},
                                {0, nullptr}};
  static PyType_Spec spec{"rcuscope._core.SrcuReadSide", sizeof(SrcuReadSideObject), 0,
                          Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  srcu_read_side_type = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)));
}

std::span<const PyMethodDef> srcu_methods() {
  static const PyMethodDef rows[] = {
      method<srcu_struct>(),
      method<srcu_read_lock>(),
      method<srcu_read_unlock>(),
      method<srcu_read_side>(),
      method<srcu_read_lock_held>(),
      method<srcu_dereference>(),
      method<synchronize_srcu>(),
      method<call_srcu>(),
      method<srcu_barrier>(),
      method<get_state_synchronize_rcu>(),
      method<start_poll_synchronize_rcu>(),
      method<poll_state_synchronize_rcu>(),
      method<cond_synchronize_rcu>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
