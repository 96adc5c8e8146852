// SPDX-License-Identifier: LGPL-2.1-or-later
// Mutation: what the second build of the search leaves out. Only for programs that link that build.
#pragma once

#include <optional>
#include <string>

#include "explore/rule.h"
#include "model/operation.h"

namespace rcuscope::testing {

struct DependentPair {
  ResourceClass resource_class;
  Mode first, second;

  bool is_of(Claim a, Claim b) const {
    return a.is_on_same_resource(b) && a.resource_class() == resource_class &&
           ((a.mode() == first && b.mode() == second) || (a.mode() == second && b.mode() == first));
  }
};

struct Mutation {
  std::optional<Rule> rule;
  std::optional<DependentPair> pair;
};

/// Of this process; {} is the search of the product.
inline Mutation& active_mutation() {
  static Mutation mutation;
  return mutation;
}

}  // namespace rcuscope::testing
