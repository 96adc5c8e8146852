// SPDX-License-Identifier: LGPL-2.1-or-later
// rcu_dereference and its kin for any world: a marked access and the condition that lockdep checks.
// Follows: include/linux/rcupdate.h in meaning (KERNEL_FACTS 2.3).
#pragma once

#include <type_traits>

#include "world/world.h"

namespace rcuscope {

template <World W, class T>
using location_of = typename W::template shared<T>;

/// Subscribes. Being in a hardirq is not enough: the caller needs a section of its own, or
/// `condition`. Order: pairs with `rcu_assign_pointer`; what the pointer leads to is read after it.
template <class Pointer, World W, class Location>
Pointer rcu_dereference_check(W w, const Location& location, bool condition,
                              Place place = Place::current()) {
  if (!condition && !w.rcu_read_lock_held())
    w.report(FindingKind::suspicious_rcu_usage, &location,
             "WARNING: suspicious RCU usage: suspicious rcu_dereference_check() usage!", place);
  return w.read(location, Access::dereference, place);
}

}  // namespace rcuscope
