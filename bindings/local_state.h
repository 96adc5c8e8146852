// SPDX-License-Identifier: LGPL-2.1-or-later
// A number for where Python code is, with what its variables hold.
#pragma once

#include <cstdint>

namespace rcuscope::bindings {

/// Of all frames of the calling thread: the place of the call that each is in (upper half), and its
/// variables as far as they are numbers, texts, or containers and plain objects of such; of others
/// the type (lower half). The same in each process for the same code. Context: GIL held.
std::uint64_t hash_of_local_state();

}  // namespace rcuscope::bindings
