// SPDX-License-Identifier: LGPL-2.1-or-later
// The words are the kernel's, shortened, and the same ones as in the model.
#include "live/words.h"

#include "live/fault.h"
#include "world/context_text.h"

namespace rcuscope::live {

void check_bh_enable(Actor& actor, const Place& place) {
  const std::string words(bh_enable_words(context_of(actor.kind), actor.mask.irq_off));
  if (words.empty()) return;
  note_fault(actor,
             {.kind = FindingKind::warn_on, .message = words, .where = words + " in " + actor.name},
             place);
}

void check_trylock_context(Actor& actor, const Place& place) {
  if (!is_atomic(actor.kind)) return;
  const std::string words(trylock_in_interrupt());
  note_fault(actor,
             {.kind = FindingKind::warn_on, .message = words, .where = words + " in " + actor.name},
             place);
}

std::string blocked_words(const Actor& actor) {
  const bool is_atomic_to_scheduler = actor.is_implicit_reader() || actor.mask.bh_off != 0 ||
                                      actor.mask.preempt_off != 0 || actor.mask.spinlocks != 0;
  return is_atomic_to_scheduler
             ? "BUG: scheduling while atomic: " + actor.name + ": "
             : "INFO: task " + actor.name + " blocked for more than 120 seconds: ";
}

}  // namespace rcuscope::live
