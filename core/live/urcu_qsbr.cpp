// SPDX-License-Identifier: LGPL-2.1-or-later
// The qsbr flavor of liburcu as a table. An online thread holds up every grace period until it
// reports a quiescent state; actors run code that never does, so here a thread is online in its
// sections only.
#include "live/flavor.h"

#define URCU_API_MAP
#include <urcu/urcu-qsbr.h>

#include "live/urcu_table.h"

namespace rcuscope::live {
namespace {

thread_local int online_nesting = 0;

void register_offline() {
  rcu_register_thread();
  rcu_thread_offline();
}

void lock() {
  if (online_nesting++ == 0) rcu_thread_online();
}

void unlock() {
  if (--online_nesting == 0) rcu_thread_offline();
}

}  // namespace

const Flavor qsbr_flavor = make_flavor("qsbr", register_offline, lock, unlock);

}  // namespace rcuscope::live
