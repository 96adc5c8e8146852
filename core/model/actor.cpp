// SPDX-License-Identifier: LGPL-2.1-or-later
// The rules of one CPU.
#include "model/actor.h"

namespace rcuscope {

bool ModelActor::excludes(int other_level) const {
  if (!is_started()) return false;
  if (level() > 0) return other_level <= level();  // it runs to completion
  switch (other_level) {
    case 0:
      return mask.any();
    case 1:
      return mask.irq_off || mask.bh_off != 0;
    default:
      return mask.irq_off;
  }
}

std::uint8_t ModelActor::excluded_levels() const {
  std::uint8_t bits = 0;
  if (shares_cpu())
    for (int other_level = 0; other_level < interrupt_level_count; ++other_level)
      if (excludes(other_level)) bits |= static_cast<std::uint8_t>(1U << other_level);
  return bits;
}

bool keeps_off_cpu(const ModelActor& other, const ModelActor& actor) {
  if (!other.is_started()) return false;
  const int level = actor.level();
  const int other_level = other.level();
  if (other_level > level) return true;  // the interrupted one goes on when it has ended
  if (other_level == level) return level > 0 ? !actor.is_started() : other.mask.any();
  if (actor.is_started()) return false;  // it has interrupted `other` already
  return other.excludes(level);
}

}  // namespace rcuscope
