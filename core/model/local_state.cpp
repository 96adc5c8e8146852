// SPDX-License-Identifier: LGPL-2.1-or-later
// Comparing what an actor's variables held.
#include "model/local_state.h"

#include <algorithm>

#include "base/hash.h"

namespace rcuscope {

std::uint32_t digest_without(const LocalState& state, std::span<const std::uint32_t> names) {
  Hash hash;
  hash.add(state.place);
  if (!names.empty() && names.front() == all_names) return hash.upper_half();
  for (const LocalState::Variable& variable : state.variables) {
    if (std::binary_search(names.begin(), names.end(), variable.name)) continue;
    hash.add(variable.name);
    hash.add(variable.value);
  }
  return hash.upper_half();
}

void add_differences(const LocalState& a, const LocalState& b, std::vector<std::uint32_t>& names) {
  const auto add = [&](std::uint32_t name) {
    const auto at = std::lower_bound(names.begin(), names.end(), name);
    if (at == names.end() || *at != name) names.insert(at, name);
  };
  auto left = a.variables.begin();
  auto right = b.variables.begin();
  while (left != a.variables.end() || right != b.variables.end()) {
    const bool has_both = left != a.variables.end() && right != b.variables.end();
    if (has_both && left->name == right->name) {
      if (left->value != right->value) add(left->name);
      ++left;
      ++right;
    } else if (right == b.variables.end() || (has_both && left->name < right->name)) {
      add((left++)->name);
    } else {
      add((right++)->name);
    }
  }
}

}  // namespace rcuscope
