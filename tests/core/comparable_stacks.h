// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a state of C++ actors can be told to come again.
#pragma once

#include "base/fiber.h"

namespace rcuscope::testing {

/// False under AddressSanitizer, which keeps things of its own on stacks, and under
/// ThreadSanitizer, where they cannot be seen.
inline bool can_compare_stacks() {
#ifdef __SANITIZE_ADDRESS__
  return false;
#else
  return Fiber::can_go_back();
#endif
}

}  // namespace rcuscope::testing
