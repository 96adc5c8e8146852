// SPDX-License-Identifier: LGPL-2.1-or-later
// The list of flavors; each table is made in a file of its own, because liburcu's headers clash.
#include "live/flavor.h"

namespace rcuscope::live {

std::span<const Flavor* const> all_flavors() {
  static constexpr const Flavor* flavors[] = {&memb_flavor, &mb_flavor, &bp_flavor, &qsbr_flavor};
  return flavors;
}

const Flavor* find_flavor(std::string_view name) {
  for (const Flavor* flavor : all_flavors()) {
    if (flavor->name == name) return flavor;
  }
  return nullptr;
}

}  // namespace rcuscope::live
