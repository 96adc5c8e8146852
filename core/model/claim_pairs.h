// SPDX-License-Identifier: LGPL-2.1-or-later
// Claims of two operations, each with each.
#pragma once

#include "model/operation.h"

namespace rcuscope {

/// True if the predicate holds for a claim of `a` with one of `b`.
template <class Predicate>
bool any_pair_of_claims(const Operation& a, const Operation& b, Predicate predicate) {
  const auto any_of = [](const Operation& operation, auto holds) {
    for (std::uint8_t c = 0; c < operation.claim_count; ++c)
      if (holds(operation.claims[c])) return true;
    if (operation.more != nullptr)
      for (const Claim claim : *operation.more)
        if (holds(claim)) return true;
    return false;
  };
  return any_of(a, [&](Claim first) {
    return any_of(b, [&](Claim second) { return predicate(first, second); });
  });
}

}  // namespace rcuscope
