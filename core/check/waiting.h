// SPDX-License-Identifier: LGPL-2.1-or-later
// Why an actor cannot go on, in words: for deadlocks, and for whoever steps through an execution.
#pragma once

#include <string>
#include <string_view>

#include "model/execution.h"

namespace rcuscope {

/// The domain of the grace period that the actor waits for; null = RCU. Requires: it waits for one.
const ModelSrcu* domain_of_wait(const Execution& execution, const ModelActor& actor);

/// "'unplug' waits in synchronize_rcu: its grace period waits for the reader 'isr'". Requires:
/// `blocker` is one of execution.blockers(actor).
std::string describe_wait(const Execution& execution, const ModelActor& actor, ActorId blocker);

/// The same for an actor that waits for nobody who could still act.
std::string describe_dead_end(const Execution& execution, const ModelActor& actor);

/// What the watchdog says of an actor that keeps its CPU busy: where interrupts are off, its own
/// timer does not come either, and the other detector notices.
std::string_view lockup_words(const ModelActor& actor);

}  // namespace rcuscope
