// SPDX-License-Identifier: LGPL-2.1-or-later
// Kernel's readers, grace periods, callbacks, locks of context, reports and notes.
#include <pybind11/pybind11.h>

#include <string>

#include "call.h"
#include "errors.h"

namespace rcuscope::bindings {
namespace {

constexpr Spec rcu_read_lock{
    "rcu_read_lock",
    "rcu_read_lock(self) -> None\n\nOpens a read-side critical section; sections nest.\n\nContext: "
    "any.\nReports: lock_imbalance without rcu_read_unlock.\nSource: include/linux/rcupdate.h.",
    [](Call& call) {
      call.world().rcu_read_lock(call.place());
      return none();
    }};
constexpr Spec rcu_read_unlock{
    "rcu_read_unlock",
    "rcu_read_unlock(self) -> None\n\nCloses the innermost section.\n\nContext: any.\nReports: "
    "lock_imbalance without rcu_read_lock.\nSource: include/linux/rcupdate.h.",
    [](Call& call) {
      call.world().rcu_read_unlock(call.place());
      return none();
    }};
constexpr Spec rcu_read_lock_held{
    "rcu_read_lock_held",
    "rcu_read_lock_held(self) -> bool\n\nTrue in an explicit section. No operation.\n\nSource: "
    "kernel/rcu/update.c.",
    [](Call& call) { return boolean(call.world().rcu_read_lock_held()); }};
constexpr Spec rcu_read_lock_any_held{
    "rcu_read_lock_any_held",
    "rcu_read_lock_any_held(self) -> bool\n\nTrue for any reader, implicit ones too. No "
    "operation.\n\nSource: kernel/rcu/update.c.",
    [](Call& call) { return boolean(call.world().rcu_read_lock_any_held()); }};
constexpr Spec synchronize_rcu{
    "synchronize_rcu",
    "synchronize_rcu(self) -> None\n\nWaits for all sections that are open now.\n\nContext: "
    "process; sleeps.\nReports: sleeping_in_atomic where the caller must not sleep; "
    "suspicious_rcu_usage and deadlock in the caller's own section.\nSource: kernel/rcu/tree.c.",
    [](Call& call) {
      call.world().synchronize_rcu(false, call.place());
      return none();
    }};
constexpr Spec synchronize_rcu_expedited{
    "synchronize_rcu_expedited",
    "synchronize_rcu_expedited(self) -> None\n\nThe same, quicker and dearer.\n\nContext: process; "
    "sleeps.\nReports: those of synchronize_rcu.\nSource: kernel/rcu/tree_exp.h.",
    [](Call& call) {
      call.world().synchronize_rcu(true, call.place());
      return none();
    }};
constexpr Spec rcu_barrier{
    "rcu_barrier",
    "rcu_barrier(self) -> None\n\nWaits for all callbacks queued before it.\n\nContext: process; "
    "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep, deadlock in a "
    "callback.\nSource: kernel/rcu/tree.c.",
    [](Call& call) {
      call.world().rcu_barrier(call.place());
      return none();
    }};

constexpr Spec kvfree_rcu_barrier{
    "kvfree_rcu_barrier",
    "kvfree_rcu_barrier(self) -> None\n\nWaits for all kfree_rcu before it.\n\nContext: process; "
    "sleeps.\nReports: sleeping_in_atomic where the caller must not sleep.\nSource: "
    "mm/slab_common.c.",
    [](Call& call) {
      call.world().kvfree_rcu_barrier(call.place());
      return none();
    }};

PyObject* queue_callback(Call& call) {
  KeptCall callback = keep_callback(call, 0);
  call.world().call_rcu(callback.name, callback.function, call.place());
  return none();
}

constexpr Spec call_rcu{
    "call_rcu",
    "call_rcu(self, callback: collections.abc.Callable[..., object], *args: "
    "object) -> None\n\nRuns `callback(*args)` in softirq context after a grace "
    "period.\n\nContext: any.\nSource: kernel/rcu/tree.c.",
    queue_callback,
    {"callback"},
    1,
    true};
constexpr Spec call_rcu_hurry{
    "call_rcu_hurry",
    "call_rcu_hurry(self, callback: collections.abc.Callable[..., object], *args: object) -> "
    "None\n\nThe same, never lazy.\n\nContext: any.\nSource: kernel/rcu/tree.c.",
    queue_callback,
    {"callback"},
    1,
    true};

// ---- context
constexpr Spec might_sleep{"might_sleep",
                           "might_sleep(self) -> None\n\nReports if the caller must not "
                           "sleep.\n\nContext: process.\nReports: sleeping_in_atomic where the "
                           "caller must not sleep.\nSource: include/linux/kernel.h.",
                           [](Call& call) {
                             call.world().might_sleep("might_sleep", call.place());
                             return none();
                           }};
constexpr Spec msleep{"msleep",
                      "msleep(self, milliseconds: int = 1) -> None\n\nSleeps; in the model time "
                      "has no length.\n\nContext: process; sleeps.\nReports: sleeping_in_atomic "
                      "where the caller must not sleep.\nSource: kernel/time/sleep_timeout.c.",
                      [](Call& call) {
                        if (call.integer(0, 1) < 0)
                          raise(exceptions.usage_error,
                                "msleep(milliseconds=%R): expected 0 or more", call.argument(0));
                        call.world().msleep(call.place());
                        return none();
                      },
                      {"milliseconds"}};
constexpr Spec in_task{
    "in_task",
    "in_task(self) -> bool\n\nTrue in process context."
    "\n\nSource: include/linux/preempt.h.",
    [](Call& call) { return boolean(call.world().context() == Context::process); }};
constexpr Spec in_hardirq{
    "in_hardirq",
    "in_hardirq(self) -> bool\n\nTrue in a hardirq."
    "\n\nSource: include/linux/preempt.h.",
    [](Call& call) { return boolean(call.world().context() == Context::hardirq); }};
constexpr Spec in_serving_softirq{
    "in_serving_softirq",
    "in_serving_softirq(self) -> bool\n\nTrue in a softirq or a callback."
    "\n\nSource: include/linux/preempt.h.",
    [](Call& call) { return boolean(call.world().context() == Context::softirq); }};

/// How the argument of the call to `macro` is written where Python stands.
std::string argument_text(const char* macro) {
  PyFrameObject* const frame = PyEval_GetFrame();  // borrowed
  if (frame == nullptr) return "condition";
  const auto code = pybind11::reinterpret_steal<pybind11::object>(
      reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  return pybind11::module_::import("rcuscope.source_text")
      .attr("argument_of")(code.attr("co_filename"), PyFrame_GetLineNumber(frame), macro)
      .cast<std::string>();
}

PyObject* report_if(Call& call, FindingKind kind, const char* macro) {
  const bool is_true = call.flag(0, false);
  if (!is_true) return boolean(false);
  const Place place = Call::place_now();
  const std::string condition = argument_text(macro);
  if (kind == FindingKind::bug_on) {  // there is no event of that kind; the finding follows at once
    call.world().note(EventKind::note, std::string(macro) + "(" + condition + ")", place);
  } else {
    call.world().note(EventKind::warn_on, condition, place);
  }
  call.world().report(kind,
                      std::string(kind == FindingKind::bug_on ? "kernel BUG at " : "WARNING: ") +
                          place.function + ":" + std::to_string(place.line) + ": " + macro + "(" +
                          condition + ")",
                      place);
  return boolean(true);
}

constexpr Spec warn_on{
    "WARN_ON",
    "WARN_ON(self, cond: object) -> bool\n\nReports if the condition holds; returns it."
    "\n\nReports: warn_on.\nSource: include/asm-generic/bug.h.",
    [](Call& call) { return report_if(call, FindingKind::warn_on, "WARN_ON"); },
    {"cond"},
    1};
constexpr Spec bug_on{
    "BUG_ON",
    "BUG_ON(self, cond: object) -> bool\n\nReports and ends the execution if it holds."
    "\n\nReports: bug_on.\nSource: include/asm-generic/bug.h.",
    [](Call& call) { return report_if(call, FindingKind::bug_on, "BUG_ON"); },
    {"cond"},
    1};
constexpr Spec note{"note",
                    "note(self, text: str) -> None\n\nA mark on the timeline. No operation.",
                    [](Call& call) {
                      if (!PyUnicode_Check(call.argument(0))) call.wrong_type(0, "a str");
                      const char* const text = checked(PyUnicode_AsUTF8(call.argument(0)));
                      if (call.world().is_tracing())
                        call.world().note(EventKind::note, text, call.place());
                      return none();
                    },
                    {"text"},
                    1};

}  // namespace

std::string function_name(PyObject* function) {
  PyObject* const name = PyObject_GetAttrString(function, "__name__");
  const char* const text =
      name != nullptr && PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : nullptr;
  PyErr_Clear();
  std::string result = text == nullptr ? "callback" : text;
  Py_XDECREF(name);
  return result;
}

KeptCall keep_call(Call& call, std::size_t index) {
  KernelObject* const kernel = call.kernel();
  PyObject* const function = keep(kernel, call.function(index));
  PyObject* const arguments = checked(PyTuple_New(static_cast<Py_ssize_t>(call.rest().size())));
  for (std::size_t i = 0; i < call.rest().size(); ++i)
    PyTuple_SET_ITEM(arguments, static_cast<Py_ssize_t>(i), Py_NewRef(call.rest()[i]));
  keep(kernel, arguments);
  Py_DECREF(arguments);
  return {function_name(function),
          [kernel, function, arguments] { call_actor(kernel, function, arguments); }};
}

KeptCall keep_callback(Call& call, std::size_t index) {
  for (PyObject* const argument : call.rest())
    if (is_handle(argument)) call.world().mark_escaped(as_handle(argument)->value.pointer());
  return keep_call(call, index);
}

std::span<const PyMethodDef> reader_methods() {
  static const PyMethodDef rows[] = {
      method<rcu_read_lock>(),
      method<rcu_read_unlock>(),
      method<rcu_read_lock_held>(),
      method<rcu_read_lock_any_held>(),
      method<synchronize_rcu>(),
      method<synchronize_rcu_expedited>(),
      method<rcu_barrier>(),
      method<kvfree_rcu_barrier>(),
      method<call_rcu>(),
      method<call_rcu_hurry>(),
      method<might_sleep>(),
      method<msleep>(),
      method<in_task>(),
      method<in_hardirq>(),
      method<in_serving_softirq>(),
      method<warn_on>(),
      method<bug_on>(),
      method<note>(),
  };
  return rows;
}

}  // namespace rcuscope::bindings
