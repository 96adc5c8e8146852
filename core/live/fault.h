// SPDX-License-Identifier: LGPL-2.1-or-later
// Faults of the studied program: how they become findings, in the kernel's words, and end an actor.
#pragma once

#include <string>
#include <string_view>

#include "base/place.h"
#include "live/actor.h"
#include "trace/finding.h"
#include "world/pointer.h"

namespace rcuscope::live {

struct Fault {
  FindingKind kind{};
  const void* object = nullptr;  ///< What it is about; may be null.
  std::string message = {};      ///< In the kernel's words.
  std::string explanation = {};  ///< Who did what, in plain English.
  std::string where = {};        ///< What tells it from others of its kind; empty: object or place.
};

/// Adds a finding; the actor goes on.
void note_fault(Actor& actor, Fault fault, const Place& place);
/// Adds a finding; a fatal one ends the actor and the repetition.
void report_fault(Actor& actor, Fault fault, const Place& place);
/// Ends the actor: throws EndOfActor, unless that is under way.
void end_actor(Actor& actor);

/// Adds what following a bad pointer is in the kernel.
void note_bad_pointer(Actor& actor, BadPointer pointer);
/// Reports the primitive if the actor must not sleep now (KERNEL_FACTS 2.1).
void check_may_sleep(Actor& actor, std::string_view what, const Place& place);
/// Reports use_after_free and ends the actor if the address lies in a freed object.
void check_object_alive(Actor& actor, const void* address, const Place& place);

/// "group_device 0000:01:00.0"; "" if there is no object around the address.
std::string name_of_object(const Actor& actor, const void* address);

}  // namespace rcuscope::live
