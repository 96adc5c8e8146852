// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's work items and mutexes.
#include <string>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

PyObject* make_work(Call& call) {
  KernelObject* const kernel = call.kernel();
  PyObject* const function = keep(kernel, call.function(0));
  PyObject* const arguments = checked(PyTuple_New(static_cast<Py_ssize_t>(call.rest().size())));
  for (std::size_t i = 0; i < call.rest().size(); ++i)
    PyTuple_SET_ITEM(arguments, static_cast<Py_ssize_t>(i), Py_NewRef(call.rest()[i]));
  keep(kernel, arguments);
  Py_DECREF(arguments);
  void* const work = call.world().make_work(
      literal(function_name(function)),
      [kernel, function, arguments] { call_actor(kernel, function, arguments); });
  return to_python(kernel, Value::handle(Tag::work, work));
}

constexpr Spec work{
    "work",
    "work(self, function: collections.abc.Callable[..., object], *args: object) -> Work\n\n"
    "A work item that calls function(*args) in a kworker.",
    make_work,
    {"function"},
    1,
    true};
constexpr Spec queue_work{
    "queue_work",
    "queue_work(self, work: Work) -> bool\n\nFalse if it was pending. Any context.",
    [](Call& call) {
      return boolean(call.world().queue_work(call.address(0, Tag::work), false, call.place()));
    },
    {"work"},
    1};
constexpr Spec queue_rcu_work{
    "queue_rcu_work",
    "queue_rcu_work(self, work: Work) -> bool\n\n"
    "Queues it after a grace period; False if it was pending. Any context.",
    [](Call& call) {
      return boolean(call.world().queue_work(call.address(0, Tag::work), true, call.place()));
    },
    {"work"},
    1};
constexpr Spec flush_work{
    "flush_work",
    "flush_work(self, work: Work) -> None\n\nWaits until it has ended. Sleeps.",
    [](Call& call) {
      call.world().flush_work(call.address(0, Tag::work), call.place());
      return none();
    },
    {"work"},
    1};
constexpr Spec flush_rcu_work{
    "flush_rcu_work",
    "flush_rcu_work(self, work: Work) -> None\n\nWaits for its grace period and its end. Sleeps.",
    [](Call& call) {
      call.world().flush_work(call.address(0, Tag::work), call.place());
      return none();
    },
    {"work"},
    1};
constexpr Spec cancel_work_sync{
    "cancel_work_sync",
    "cancel_work_sync(self, work: Work) -> bool\n\n"
    "Takes it off the queue and waits while it runs; True if it was pending. Sleeps.",
    [](Call& call) {
      return boolean(call.world().cancel_work_sync(call.address(0, Tag::work), CancelMode::cancel,
                                                   call.place()));
    },
    {"work"},
    1};
constexpr Spec disable_work_sync{
    "disable_work_sync",
    "disable_work_sync(self, work: Work) -> bool\n\nThe same, and it cannot be queued any more. "
    "Sleeps.",
    [](Call& call) {
      return boolean(call.world().cancel_work_sync(call.address(0, Tag::work), CancelMode::disable,
                                                   call.place()));
    },
    {"work"},
    1};
constexpr Spec enable_work{
    "enable_work",
    "enable_work(self, work: Work) -> bool\n\nUndoes disable_work_sync.",
    [](Call& call) {
      return boolean(call.world().enable_work(call.address(0, Tag::work), call.place()));
    },
    {"work"},
    1};

// ---- mutexes
constexpr Spec mutex{"mutex",
                     "mutex(self, name: str) -> Mutex\n\nA sleeping lock; also `with m:`.",
                     [](Call& call) {
                       return to_python(
                           call.kernel(),
                           Value::handle(Tag::mutex, call.world().make_mutex(call.text(0))));
                     },
                     {"name"},
                     1};
constexpr Spec mutex_lock{"mutex_lock",
                          "mutex_lock(self, mutex: Mutex) -> None\n\nTakes it. Sleeps.",
                          [](Call& call) {
                            call.world().mutex_lock(call.address(0, Tag::mutex), call.place());
                            return none();
                          },
                          {"mutex"},
                          1};
constexpr Spec mutex_unlock{"mutex_unlock",
                            "mutex_unlock(self, mutex: Mutex) -> None\n\nReleases it.",
                            [](Call& call) {
                              call.world().mutex_unlock(call.address(0, Tag::mutex), call.place());
                              return none();
                            },
                            {"mutex"},
                            1};
constexpr Spec mutex_trylock{
    "mutex_trylock",
    "mutex_trylock(self, mutex: Mutex) -> bool\n\nTakes it if it is free; True then.",
    [](Call& call) {
      return boolean(call.world().mutex_trylock(call.address(0, Tag::mutex), call.place()));
    },
    {"mutex"},
    1};
constexpr Spec lockdep_is_held{
    "lockdep_is_held",
    "lockdep_is_held(self, mutex: Mutex) -> bool\n\nWhether the caller holds it. No operation.",
    [](Call& call) { return boolean(call.world().is_held(call.address(0, Tag::mutex))); },
    {"mutex"},
    1};
constexpr Spec lockdep_assert_held{
    "lockdep_assert_held",
    "lockdep_assert_held(self, mutex: Mutex) -> None\n\nReports unless the caller holds it.",
    [](Call& call) {
      if (call.world().is_held(call.address(0, Tag::mutex))) return none();
      const Place place = Call::place_now();
      call.world().report(FindingKind::warn_on, "WARNING: WARN_ON(!lockdep_is_held(mutex))", place);
      return none();
    },
    {"mutex"},
    1};

}  // namespace

std::span<const PyMethodDef> work_methods() {
  static const PyMethodDef rows[] = {
      method<work>(),
      method<queue_work>(),
      method<queue_rcu_work>(),
      method<flush_work>(),
      method<flush_rcu_work>(),
      method<cancel_work_sync>(),
      method<disable_work_sync>(),
      method<enable_work>(),
      method<mutex>(),
      method<mutex_lock>(),
      method<mutex_unlock>(),
      method<mutex_trylock>(),
      method<lockdep_is_held>(),
      method<lockdep_assert_held>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
