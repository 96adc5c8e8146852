// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel says of primitives that do not sleep, but are not for every context either.
#pragma once

#include <string_view>

#include "base/context.h"

namespace rcuscope {

/// A mutex belongs to a task. That of PREEMPT_RT looks; the other one leaves it to the rule in the
/// comment of mutex_trylock().
constexpr std::string_view trylock_in_interrupt() {
  return "WARNING: mutex_trylock: WARN_ON_ONCE(!in_task())";
}

/// What __local_bh_enable_ip() says where softirqs must not run now; empty: nothing.
constexpr std::string_view bh_enable_words(Context context, bool has_irq_off) {
  if (context == Context::hardirq) return "WARNING: local_bh_enable: WARN_ON_ONCE(in_hardirq())";
  return has_irq_off ? "WARNING: local_bh_enable: lockdep_assert_irqs_enabled()" : "";
}

}  // namespace rcuscope
