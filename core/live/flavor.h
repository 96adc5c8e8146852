// SPDX-License-Identifier: LGPL-2.1-or-later
// Flavor: one flavor of liburcu as a table of functions, so that a run can choose by name.
#pragma once

#include <span>
#include <string_view>

struct rcu_head;       // liburcu's; the same for every flavor
struct call_rcu_data;  // liburcu's thread that runs callbacks

namespace rcuscope::live {

/// A thread calls register_thread once before its first section and unregister_thread before it
/// exits; calling either twice aborts inside liburcu. Sections nest.
struct Flavor {
  std::string_view name;
  void (*register_thread)();
  void (*unregister_thread)();
  void (*lock)();
  void (*unlock)();
  void (*wait_for_readers)();  ///< synchronize_rcu. Context: not inside a section of the caller.
  void (*queue_callback)(rcu_head* head, void (*function)(rcu_head*));
  call_rcu_data* (*start_callback_thread)();
  void (*use_callback_thread)(call_rcu_data* thread);  ///< For queue_callback of this thread.
};

extern const Flavor memb_flavor;  ///< Readers without barriers: sys_membarrier. The default.
extern const Flavor mb_flavor;    ///< Readers with full barriers.
extern const Flavor bp_flavor;    ///< "Bulletproof": liburcu registers threads by itself.
extern const Flavor
    qsbr_flavor;  ///< Quiescent states; here a thread is online in its sections only.

/// Return: null if there is no flavor of that name.
const Flavor* find_flavor(std::string_view name);
std::span<const Flavor* const> all_flavors();

}  // namespace rcuscope::live
