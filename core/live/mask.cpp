// SPDX-License-Identifier: LGPL-2.1-or-later
// What an actor switches off on its CPU. Whoever does is a reader, so liburcu's section encloses
// it.
#include <string>

#include "live/operation.h"
#include "live/primitives.h"
#include "live/words.h"

namespace rcuscope::live {
namespace {

void change_mask(Actor& actor, Mask what, bool is_off) {
  ContextMask& mask = actor.mask;
  const auto change = [is_off](std::uint32_t& count) {
    if (is_off)
      ++count;
    else if (count > 0)
      --count;  // else it was reported
  };
  if (what == Mask::irq) mask.irq_off = is_off;
  if (what == Mask::rcu_bh) change(mask.rcu_bh);
  if (what == Mask::rcu_sched) change(mask.rcu_sched);
  if (what == Mask::bh || what == Mask::rcu_bh) change(mask.bh_off);
  if (what == Mask::preempt || what == Mask::rcu_sched) change(mask.preempt_off);
}

void record_mask(Actor& actor) {
  const ContextMask& mask = actor.mask;
  record(actor, EventKind::context_mask,
         {.value = (mask.irq_off ? 1 : 0) | (mask.bh_off != 0 ? 2 : 0) |
                   (mask.preempt_off != 0 || mask.spinlocks != 0 ? 4 : 0)});
}

bool is_off(const ContextMask& mask, Mask what) {
  switch (what) {
    case Mask::irq:
      return true;  // on or off: enabling interrupts twice is legal
    case Mask::bh:
      return mask.bh_off > mask.rcu_bh;
    case Mask::preempt:
      return mask.preempt_off > mask.rcu_sched;
    case Mask::rcu_bh:
      return mask.rcu_bh > 0;
    case Mask::rcu_sched:
      return mask.rcu_sched > 0;
  }
  return true;
}

}  // namespace

void mask(Mask what, const Place&) {
  Actor& actor = current_actor();
  if (!begin_operation(actor, counts_of_section(actor))) return;
  if (!actor.mask.any()) enter_masked_section(actor);
  change_mask(actor, what, true);
  record_mask(actor);
}

void unmask(Mask what, const Place& place) {
  Actor& actor = current_actor();
  if (!begin_release(actor, counts_of_section(actor))) return;
  const bool was_masked = actor.mask.any();
  if (!is_off(actor.mask, what))
    note_fault(actor,
               {.kind = FindingKind::lock_imbalance,
                .message = "WARNING: bad unlock balance detected! " + std::string(on_name(what)) +
                           " without " + std::string(off_name(what)),
                .where = std::string(on_name(what)) + " in " + actor.name},
               place);
  if (what == Mask::bh || what == Mask::rcu_bh) check_bh_enable(actor, place);
  change_mask(actor, what, false);
  record_mask(actor);
  if (was_masked && !actor.mask.any()) leave_masked_section(actor);
}

bool has_irqs_off() {
  const Actor* actor = thread_slot.actor;
  return actor != nullptr && actor->mask.irq_off;
}

}  // namespace rcuscope::live
