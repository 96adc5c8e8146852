// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kernel says of an actor that cannot go on, or calls what its context forbids.
#pragma once

#include <string>

#include "base/place.h"
#include "live/actor.h"

namespace rcuscope::live {

/// How the kernel's report begins of an actor that waits for ever, asleep: "INFO: task unplug
/// blocked for more than 120 seconds: "; where it must not sleep at all, the scheduler is faster.
std::string blocked_words(const Actor& actor);

/// Reports a local_bh_enable where softirqs must not run now.
void check_bh_enable(Actor& actor, const Place& place);

/// Reports a mutex_trylock of an interrupt.
void check_trylock_context(Actor& actor, const Place& place);

}  // namespace rcuscope::live
