// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's work items.
#include <string>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

PyObject* make_work(Call& call) {
  const KeptCall work = keep_call(call, 0);
  return to_python(call.kernel(), Value::handle(Tag::work, call.world().make_work(
                                                               literal(work.name), work.function)));
}

constexpr Spec work{"work",
                    "work(self, function: collections.abc.Callable[..., object], *args: object) -> "
                    "Work\n\nA work item that calls `function(*args)` in a kworker."
                    "\n\nContext: any.\nSource: include/linux/workqueue.h.",
                    make_work,
                    {"function"},
                    1,
                    true};
constexpr Spec queue_work{
    "queue_work",
    "queue_work(self, work: Work) -> bool\n\nFalse if it was pending.\n\nContext: any.\nSource: "
    "kernel/workqueue.c.",
    [](Call& call) {
      return boolean(call.world().queue_work(call.address(0, Tag::work), false, call.place()));
    },
    {"work"},
    1};
constexpr Spec queue_rcu_work{
    "queue_rcu_work",
    "queue_rcu_work(self, work: Work) -> bool\n\nQueues it after a grace period; False if it was "
    "pending.\n\nContext: any.\nSource: kernel/workqueue.c.",
    [](Call& call) {
      return boolean(call.world().queue_work(call.address(0, Tag::work), true, call.place()));
    },
    {"work"},
    1};
constexpr Spec flush_work{
    "flush_work",
    "flush_work(self, work: Work) -> None\n\nWaits until it has ended.\n\nContext: process; "
    "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep, deadlock in the work "
    "itself.\nSource: kernel/workqueue.c.",
    [](Call& call) {
      call.world().flush_work(call.address(0, Tag::work), call.place());
      return none();
    },
    {"work"},
    1};
constexpr Spec flush_rcu_work{
    "flush_rcu_work",
    "flush_rcu_work(self, work: Work) -> None\n\nWaits for its grace period and its "
    "end.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller must not "
    "sleep.\nSource: kernel/workqueue.c.",
    [](Call& call) {
      call.world().flush_work(call.address(0, Tag::work), call.place());
      return none();
    },
    {"work"},
    1};
constexpr Spec cancel_work_sync{
    "cancel_work_sync",
    "cancel_work_sync(self, work: Work) -> bool\n\nTakes it off the queue and waits while it runs; "
    "True if it was pending.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the "
    "caller must not sleep, deadlock in the work itself.\nSource: kernel/workqueue.c.",
    [](Call& call) {
      return boolean(call.world().cancel_work_sync(call.address(0, Tag::work), CancelMode::cancel,
                                                   call.place()));
    },
    {"work"},
    1};
constexpr Spec disable_work_sync{
    "disable_work_sync",
    "disable_work_sync(self, work: Work) -> bool\n\nThe same, and it cannot be queued any "
    "more.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic where the caller must not "
    "sleep, deadlock in the work itself.\nSource: kernel/workqueue.c.",
    [](Call& call) {
      return boolean(call.world().cancel_work_sync(call.address(0, Tag::work), CancelMode::disable,
                                                   call.place()));
    },
    {"work"},
    1};
constexpr Spec enable_work{
    "enable_work",
    "enable_work(self, work: Work) -> bool\n\nUndoes disable_work_sync.\n\nContext: any.\nSource: "
    "kernel/workqueue.c.",
    [](Call& call) {
      return boolean(call.world().enable_work(call.address(0, Tag::work), call.place()));
    },
    {"work"},
    1};

constexpr Spec flush_workqueue{
    "flush_workqueue",
    "flush_workqueue(self) -> None\n\nWaits until all work queued before it has ended; not for "
    "work that waits for its grace period.\n\nContext: process; sleeps.\nReports: "
    "sleeping_in_atomic where the caller must not sleep, deadlock in work.\nSource: "
    "kernel/workqueue.c.",
    [](Call& call) {
      call.world().flush_workqueue(call.place());
      return none();
    }};

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
      method<flush_workqueue>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
