// SPDX-License-Identifier: LGPL-2.1-or-later
// Polled grace periods, on our own numbers of grace periods: liburcu has them from 0.14 only.
#include "live/operation.h"
#include "live/primitives.h"

namespace rcuscope::live {
namespace {

GracePeriods& grace_periods_of(const Actor& actor, const char* primitive) {
  return repetition_of(actor, primitive).session().grace_periods;
}

}  // namespace

Cookie get_state_synchronize_rcu(const Place&) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, Counts::idle)) return 0;
  return grace_periods_of(actor, "get_state_synchronize_rcu").cookie();
}

Cookie start_poll_synchronize_rcu(const Place&) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return 0;
  const Cookie cookie = grace_periods_of(actor, "start_poll_synchronize_rcu").cookie();
  end_grace_period_later(actor);
  return cookie;
}

bool poll_state_synchronize_rcu(Cookie cookie, const Place&) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, Counts::idle)) return false;
  return grace_periods_of(actor, "poll_state_synchronize_rcu").has_elapsed(cookie);
}

void cond_synchronize_rcu(Cookie cookie, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_operation(actor)) return;
  const GracePeriods& grace_periods = grace_periods_of(actor, "cond_synchronize_rcu");
  if (grace_periods.has_elapsed(cookie))
    check_may_sleep(actor, "cond_synchronize_rcu", place);
  else
    wait_for_grace_period(actor, "cond_synchronize_rcu", place);
}

}  // namespace rcuscope::live
