// SPDX-License-Identifier: LGPL-2.1-or-later
// How a shared location is accessed; carried by every access from the first day (LKMM needs it).
#pragma once

#include <cstdint>
#include <string_view>

namespace rcuscope {

/// Stored in the low four bits of Event::flags.
enum class Access : std::uint8_t {
  plain,
  once,         ///< READ_ONCE, WRITE_ONCE.
  acquire,      ///< smp_load_acquire.
  release,      ///< smp_store_release, and the publishing store of list_*_rcu.
  dereference,  ///< rcu_dereference and the steps of list_for_each_entry_rcu.
  assign,       ///< rcu_assign_pointer.
  relaxed,      ///< Read-modify-write without order.
  full,         ///< Read-modify-write with full order.
};

constexpr std::string_view to_string(Access access) {
  constexpr std::string_view names[] = {"plain",       "once",   "acquire", "release",
                                        "dereference", "assign", "relaxed", "full"};
  return names[static_cast<std::uint8_t>(access)];
}

constexpr bool is_marked(Access access) { return access != Access::plain; }

}  // namespace rcuscope
