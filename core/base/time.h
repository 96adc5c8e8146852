// SPDX-License-Identifier: LGPL-2.1-or-later
// The two clocks of a trace: CLOCK_MONOTONIC nanoseconds (live) and steps of the model.
#pragma once

#include <cstdint>
#include <string_view>

namespace rcuscope {

using Nanoseconds = std::int64_t;  ///< CLOCK_MONOTONIC, ns.
using Step = std::int64_t;         ///< Number of operations executed before this one, from 0.
using Timestamp = std::int64_t;    ///< Nanoseconds or Step: TraceStore::clock() says which.

enum class Clock : std::uint8_t { nanoseconds, steps };

constexpr std::string_view to_string(Clock clock) {
  return clock == Clock::nanoseconds ? "ns" : "steps";
}

}  // namespace rcuscope
