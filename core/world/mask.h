// SPDX-License-Identifier: LGPL-2.1-or-later
// What an actor can switch off on its CPU.
#pragma once

#include <cstdint>
#include <string_view>

namespace rcuscope {

enum class Mask : std::uint8_t {
  irq,        ///< local_irq_disable: does not nest
  bh,         ///< local_bh_disable
  preempt,    ///< preempt_disable
  rcu_bh,     ///< rcu_read_lock_bh: as bh
  rcu_sched,  ///< rcu_read_lock_sched: as preempt
};

constexpr std::string_view off_name(Mask mask) {
  constexpr std::string_view names[] = {"local_irq_disable", "local_bh_disable", "preempt_disable",
                                        "rcu_read_lock_bh", "rcu_read_lock_sched"};
  return names[static_cast<std::uint8_t>(mask)];
}

constexpr std::string_view on_name(Mask mask) {
  constexpr std::string_view names[] = {"local_irq_enable", "local_bh_enable", "preempt_enable",
                                        "rcu_read_unlock_bh", "rcu_read_unlock_sched"};
  return names[static_cast<std::uint8_t>(mask)];
}

/// What spin_lock switches off besides preemption. `irqsave` restores what was.
enum class SpinMode : std::uint8_t { plain, irq, irqsave, bh };

/// smp_mb, smp_rmb, smp_wmb.
enum class Barrier : std::uint8_t { full, read, write };

}  // namespace rcuscope
