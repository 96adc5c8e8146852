// SPDX-License-Identifier: LGPL-2.1-or-later
// make_flavor(): captures the functions of the one flavor whose header was included before, under
// URCU_API_MAP, which maps the common names (rcu_read_lock ...) to that flavor's functions.
#pragma once

#include <string_view>

#include "live/flavor.h"

#ifndef URCU_API_MAP
#error "include one flavor of liburcu with URCU_API_MAP defined before this file"
#endif

namespace rcuscope::live {
namespace {

call_rcu_data* start_callback_thread() { return create_call_rcu_data(0, -1); }

constexpr Flavor make_flavor(std::string_view name, void (*enter)(), void (*lock)(),
                             void (*unlock)()) {
  return {name,
          enter,
          rcu_unregister_thread,
          lock,
          unlock,
          synchronize_rcu,
          call_rcu,
          start_callback_thread,
          set_thread_call_rcu_data};
}

}  // namespace
}  // namespace rcuscope::live
