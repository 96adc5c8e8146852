// SPDX-License-Identifier: LGPL-2.1-or-later
// Included before everything else in the second build of the search (cmake/Tests.cmake), where
// pairs of the dependency table can be dropped and rules switched off: see test_mutations.cpp.
#pragma once

#include "model/claim_pairs.h"
#include "model/operation.h"

namespace rcuscope {
inline namespace mutated {

bool is_dropped(Claim a, Claim b);  // of test_mutations.cpp

inline bool is_still_dependent(Claim a, Claim b) { return dependent(a, b) && !is_dropped(a, b); }

inline bool is_still_dependent(const Operation& a, const Operation& b) {
  return any_pair_of_claims(
      a, b, [](Claim first, Claim second) { return is_still_dependent(first, second); });
}

}  // namespace mutated
}  // namespace rcuscope

// The search's own files shall ask the functions above instead of those of the product.
#define dependent is_still_dependent
