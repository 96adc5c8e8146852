// SPDX-License-Identifier: LGPL-2.1-or-later
// LocalState: where an actor is in its own code, with the values of its variables.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace rcuscope {

/// Hashes, the same in each process for the same code.
struct LocalState {
  struct Variable {
    std::uint32_t name = 0;  ///< Of its name, with the function that it belongs to; never 0.
    std::uint32_t value = 0;
    friend auto operator<=>(const Variable&, const Variable&) = default;
  };

  std::uint32_t place = 0;  ///< Of the primitive that the actor calls, with its callers; never 0.
  bool shows_variables = false;     ///< The language does; C++ does not.
  std::vector<Variable> variables;  ///< Sorted.

  friend bool operator==(const LocalState&, const LocalState&) = default;
};

/// Stands for every name.
inline constexpr std::uint32_t all_names = 0;

/// Of the place and of all variables but these.
std::uint32_t digest_without(const LocalState& state, std::span<const std::uint32_t> names);

/// Names whose values differ between the two, or that one has only; added to `names`, which stays
/// sorted.
void add_differences(const LocalState& a, const LocalState& b, std::vector<std::uint32_t>& names);

}  // namespace rcuscope
