// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of one CPU.
#include "model/actor.h"

namespace rcuscope {

bool keeps_off_cpu(const ModelActor& other, const ModelActor& actor) {
  if (!other.is_started()) return false;
  const int level = interrupt_level(actor.spec.kind);
  const int other_level = interrupt_level(other.spec.kind);
  if (other_level > level) return true;  // the interrupted one goes on when it has ended
  if (other_level == level) return level > 0 ? !actor.is_started() : other.mask.any();
  if (actor.is_started()) return false;  // it has interrupted `other` already
  return other.mask.irq_off != 0 || (level == 1 && other.mask.bh_off != 0);
}

}  // namespace rcuscope
