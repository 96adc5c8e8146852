// SPDX-License-Identifier: LGPL-2.1-or-later
// fewest_switches(): orders partially ordered events with the fewest changes of actor.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "base/ids.h"

namespace rcuscope {

/// States of the shortest path search beyond which a greedy order is taken instead.
inline constexpr std::size_t max_extension_states = 200'000;

/// Requires: `actors[i]` is the actor of event i; is_before(i, j), for i < j, is a partial order in
/// which the events of one actor are ordered. Return: the events in an order that keeps to it and
/// changes the actor as rarely as possible; nearly so if there are too many states for a shortest
/// path (progress of each actor x who ran last).
std::vector<std::size_t> fewest_switches(
    const std::vector<ActorId>& actors,
    const std::function<bool(std::size_t, std::size_t)>& is_before,
    std::size_t max_states = max_extension_states);

}  // namespace rcuscope
