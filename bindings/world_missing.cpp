// SPDX-License-Identifier: LGPL-2.1-or-later
// Primitives of the public contract that later versions bring: each says so.
#include <string>
#include <vector>

#include "call.h"

namespace rcuscope::bindings {
namespace {

constexpr const char* missing_names[] = {
    // readers and grace periods
    "rcu_read_lock_bh",
    "rcu_read_unlock_bh",
    "rcu_read_lock_sched",
    "rcu_read_unlock_sched",
    "kvfree_rcu_barrier",
    "kfree_rcu_mightsleep",
    "get_state_synchronize_rcu",
    "start_poll_synchronize_rcu",
    "poll_state_synchronize_rcu",
    "cond_synchronize_rcu",
    // SRCU
    "srcu_struct",
    "srcu_read_lock",
    "srcu_read_unlock",
    "srcu_read_side",
    "srcu_dereference",
    "synchronize_srcu",
    "call_srcu",
    "srcu_barrier",
    // locks and context
    "spinlock",
    "spin_lock",
    "spin_unlock",
    "spin_trylock",
    "spin_lock_irqsave",
    "spin_unlock_irqrestore",
    "spin_lock_irq",
    "spin_unlock_irq",
    "spin_lock_bh",
    "spin_unlock_bh",
    "local_irq_disable",
    "local_irq_enable",
    "local_bh_disable",
    "local_bh_enable",
    "preempt_disable",
    "preempt_enable",
    "completion",
    "complete",
    "wait_for_completion",
    "flush_workqueue",
    "cpu_relax",
};

/// PyCFunction gives a function no data of its own: one instance for each name.
template <std::size_t index>
PyObject* refuse(PyObject*, PyObject*, PyObject*) noexcept {
  return PyErr_Format(PyExc_NotImplementedError, "k.%s() is not there yet in " RCUSCOPE_VERSION,
                      missing_names[index]);
}

/// Kept as long as the process: types refer to them.
const std::vector<std::string>& missing_docs() {
  static const auto* const docs = [] {
    auto* const made = new std::vector<std::string>;
    for (const char* name : missing_names)
      made->push_back(std::string(name) +
                      "(self, *args: object, **kwargs: object) -> typing.Any\n\n"
                      "Not there yet: raises NotImplementedError.");
    return made;
  }();
  return *docs;
}

template <std::size_t... indices>
std::vector<PyMethodDef> rows_for(std::index_sequence<indices...>) {
  return {{missing_names[indices],
           reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(&refuse<indices>)),
           METH_VARARGS | METH_KEYWORDS, missing_docs()[indices].c_str()}...};
}

}  // namespace

std::span<const PyMethodDef> missing_methods() {
  static const std::vector<PyMethodDef> rows =
      rows_for(std::make_index_sequence<std::size(missing_names)>());
  return rows;
}

}  // namespace rcuscope::bindings
