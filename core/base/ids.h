// SPDX-License-Identifier: LGPL-2.1-or-later
// Distinct integer types for the things that events refer to, so that they cannot be mixed up.
#pragma once

#include <compare>
#include <cstdint>

namespace rcuscope {

/// An index with a type of its own; -1 means "none". Printed and stored as int32.
template <class Tag>
struct Id {
  std::int32_t value = -1;

  constexpr bool is_valid() const { return value >= 0; }
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

using ActorId = Id<struct ActorTag>;
using CpuId = Id<struct CpuTag>;
using ObjectId = Id<struct ObjectTag>;
using GracePeriodId = Id<struct GracePeriodTag>;
using StringId = Id<struct StringTag>;
using PlaceId = Id<struct PlaceTag>;

/// Position of an event in a trace, from 0.
using EventIndex = std::uint64_t;

}  // namespace rcuscope
