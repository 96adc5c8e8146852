// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kernel's trace does not show, and what would have shown it.
#include "io/kernel_translator.h"

namespace rcuscope::kernel {
namespace {

/// A thing to see, the events that show it, and the way to get it where they are missing.
struct Wish {
  const char* what;
  std::initializer_list<Known> shown_by;
  const char* event;    ///< The kernel's own event for it; "" = it has none.
  const char* because;  ///< Why a kernel lacks that event.
  const char* instead;
};

const Wish wishes[] = {
    {"grace periods",
     {Known::grace_period, Known::probe_grace_period_start},
     "rcu_grace_period",
     "CONFIG_RCU_TRACE is not set",
     "kprobes gp_start on the return of rcu_gp_init and gp_end on rcu_gp_cleanup, each with "
     "gp_seq"},
    {"calls of synchronize_rcu",
     {Known::synchronize, Known::probe_synchronize_enter},
     "rcu_sr_normal",
     "CONFIG_RCU_TRACE is not set, or the kernel is older than 6.10",
     "kprobes sync_enter on synchronize_rcu and sync_exit on its return"},
    {"callbacks queued",
     {Known::callback, Known::probe_call_rcu},
     "rcu_callback",
     "CONFIG_RCU_TRACE is not set",
     "a kprobe call_rcu on call_rcu with head and func"},
    {"callbacks invoked",
     {Known::invoke_callback},
     "rcu_invoke_callback",
     "CONFIG_RCU_TRACE is not set",
     "the function tracer on the callback itself"},
    {"preempted readers",
     {Known::preempt_task},
     "rcu_preempt_task",
     "CONFIG_RCU_TRACE or CONFIG_PREEMPT_RCU is not set",
     "nothing that we know"},
    {"read-side critical sections",
     {Known::function},
     "",
     "no kernel event shows rcu_read_lock",
     "the function tracer on __rcu_read_lock and __rcu_read_unlock"},
    {"members of groups",
     {Known::add_device, Known::remove_device},
     "remove_device_from_group",
     "CONFIG_IOMMU_API is not set",
     "nothing that we know"},
    {"reference counts of devices",
     {Known::probe_get_device, Known::probe_put_device},
     "",
     "no kernel event shows get_device and put_device",
     "kprobes get_device and put_device with dev, name and refs"},
    {"releases of devices",
     {Known::probe_device_release},
     "",
     "no kernel event shows device_release",
     "a kprobe device_release with dev and name"},
    {"interrupts",
     {Known::softirq_entry, Known::hardirq_entry},
     "softirq_entry",
     "the kernel has no irq events",
     "nothing that we know"},
};

bool is_shown(const Wish& wish, const std::vector<std::uint64_t>& counts) {
  for (const Known known : wish.shown_by) {
    if (counts[static_cast<std::size_t>(known)] > 0) return true;
  }
  return false;
}

std::string reason(const Wish& wish, const std::set<std::string>& available) {
  const std::string event = wish.event;
  if (event.empty()) return wish.because;
  if (available.empty()) return "no event " + event + " was recorded";
  if (!available.contains(event)) {
    return "the recorded formats do not have " + event + " (" + wish.because +
           ", or it was not switched on)";
  }
  return event + " did not happen, or was not switched on";
}

}  // namespace

std::string not_recorded(const std::vector<std::uint64_t>& counts,
                         const std::set<std::string>& available) {
  std::string lines;
  for (const Wish& wish : wishes) {
    if (is_shown(wish, counts)) continue;
    lines += std::string(wish.what) + ": " + reason(wish, available) +
             "; without it: " + wish.instead + "\n";
  }
  return lines;
}

}  // namespace rcuscope::kernel
