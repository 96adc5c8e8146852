// SPDX-License-Identifier: LGPL-2.1-or-later
// One work unit as text, for a limited time.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "explore/unit_text.h"
#include "explore_options.h"

namespace rcuscope::bindings {

/// Return: the text of the result. `must_end` is asked every 20 ms. Throws: as run_unit, and
/// UsageError if the text is no unit.
inline std::string run_unit_for(const std::string& unit, const Program& program,
                                ActorRunner& runner, const ExploreOptions& options, double seconds,
                                const std::function<bool()>& must_end) {
  using Clock = std::chrono::steady_clock;
  constexpr auto poll_period = std::chrono::milliseconds(20);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  Clock::time_point next_poll = Clock::now() + poll_period;
  CheckedExecution checked(runner, options);
  const auto must_pause = [&] {
    const Clock::time_point now = Clock::now();
    if (now >= end) return true;
    if (now < next_poll) return false;
    next_poll = now + poll_period;
    return must_end();
  };
  return to_text(run_unit(unit_from_text(unit), program, checked, options, must_pause));
}

}  // namespace rcuscope::bindings
