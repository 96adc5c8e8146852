// SPDX-License-Identifier: LGPL-2.1-or-later
// The mb flavor of liburcu as a table. Nothing else of ours may come after liburcu's macros.
#include "live/flavor.h"

#define URCU_API_MAP
#include <urcu/urcu-mb.h>

#include "live/urcu_table.h"

namespace rcuscope::live {

const Flavor mb_flavor = make_flavor("mb", rcu_register_thread, rcu_read_lock, rcu_read_unlock);

}  // namespace rcuscope::live
