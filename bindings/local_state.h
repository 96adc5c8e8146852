// SPDX-License-Identifier: LGPL-2.1-or-later
// Where Python code is, with what its variables hold.
#pragma once

#include "model/local_state.h"

namespace rcuscope::bindings {

/// Of all frames of the calling thread: the place of the call that each is in, and the values of
/// its variables as far as they are numbers, texts, handles, or containers and plain objects of
/// such; of others the type. Places and names are the same in each process for the same code.
/// Context: GIL held.
void find_local_state(LocalState& state);

}  // namespace rcuscope::bindings
