// SPDX-License-Identifier: LGPL-2.1-or-later
// Times as text for people, in the unit that suits their size.
#pragma once

#include <string>

#include "base/time.h"

namespace rcuscope {

/// "26 µs", "1.24 ms", "12 steps": three significant digits at least. UTF-8.
std::string duration_text(Clock clock, Timestamp duration);

/// A moment of a trace that began at `start`, with the full precision of the clock: "72.800 µs" or
/// "step 72". Steps are absolute, because schedules and findings name them so. UTF-8.
std::string moment_text(Clock clock, Timestamp start, Timestamp moment);

}  // namespace rcuscope
