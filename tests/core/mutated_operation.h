// SPDX-License-Identifier: LGPL-2.1-or-later
// Included before everything else in the second build of the search (cmake/Tests.cmake), where
// pairs of the dependency table can be dropped and rules switched off: see test_mutations.cpp.
#pragma once

#include "model/operation.h"

namespace rcuscope {
inline namespace mutated {

bool is_dropped(Claim a, Claim b);  // of test_mutations.cpp

inline bool is_still_dependent(Claim a, Claim b) { return dependent(a, b) && !is_dropped(a, b); }

inline bool is_still_dependent(const Operation& a, const Operation& b) {
  const auto any_of = [](const Operation& operation, auto predicate) {
    for (std::uint8_t c = 0; c < operation.claim_count; ++c)
      if (predicate(operation.claims[c])) return true;
    if (operation.more != nullptr)
      for (const Claim claim : *operation.more)
        if (predicate(claim)) return true;
    return false;
  };
  return any_of(a, [&](Claim first) {
    return any_of(b, [&](Claim second) { return is_still_dependent(first, second); });
  });
}

}  // namespace mutated
}  // namespace rcuscope

// The search's own files shall ask the functions above instead of those of the product.
#define dependent is_still_dependent
