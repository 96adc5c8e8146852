// SPDX-License-Identifier: LGPL-2.1-or-later
// What the two sources of HappensBefore share: looks into one operation or event.
#pragma once

#include <algorithm>
#include <vector>

#include "model/operation.h"

namespace rcuscope {

inline bool has_claim(const Operation& operation, ResourceClass resource_class,
                      std::uint64_t resource, Mode mode) {
  for (std::uint8_t c = 0; c < operation.claim_count; ++c)
    if (operation.claims[c] == Claim(resource_class, resource, mode)) return true;
  return false;
}

inline bool contains(const std::vector<std::size_t>& list, std::size_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

inline bool has_level(std::uint8_t levels, int level) { return (levels >> level & 1) != 0; }

}  // namespace rcuscope
