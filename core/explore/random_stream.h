// SPDX-License-Identifier: LGPL-2.1-or-later
// Random numbers of one execution of a random search, whoever runs it.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace rcuscope {

/// A generator that depends on the search's seed and on the number of the execution only, so that
/// executions may be divided among threads and processes.
inline Random random_of_execution(std::uint64_t seed, std::uint64_t execution) {
  Random of_seed(seed);
  return Random(of_seed.next() ^ execution * 0x9E3779B97F4A7C15U);  // the golden ratio spreads it
}

}  // namespace rcuscope
