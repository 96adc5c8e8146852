// SPDX-License-Identifier: LGPL-2.1-or-later
// Event: one thing that happened, of fixed size; EventKind is made from event.def.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace rcuscope {

enum class EventKind : std::uint16_t {
#define RCUSCOPE_EVENT(name, object, value, tracepoint, sentence) name,
#include "trace/event.def"
#undef RCUSCOPE_EVENT
};

/// One row of event.def.
struct EventDescription {
  std::string_view name;
  std::string_view object;      ///< What the object column refers to; empty = unused.
  std::string_view value;       ///< What the value column holds; empty = unused.
  std::string_view tracepoint;  ///< The kernel event that shows the same; empty = none.
  std::string_view sentence;    ///< Template of the English sentence.
};

inline constexpr EventDescription event_descriptions[] = {
#define RCUSCOPE_EVENT(name, object, value, tracepoint, sentence) \
  {#name, object, value, tracepoint, sentence},
#include "trace/event.def"
#undef RCUSCOPE_EVENT
};

inline constexpr std::size_t event_kind_count =
    sizeof(event_descriptions) / sizeof(event_descriptions[0]);

constexpr const EventDescription& describe(EventKind kind) {
  return event_descriptions[static_cast<std::uint16_t>(kind)];
}

/// Bits of Event::flags. The low four bits hold the access kind of loads and stores
/// (world/access.h).
namespace event_flag {
inline constexpr std::uint16_t access_mask = 0x000f;
inline constexpr std::uint16_t error = 0x0010;     ///< The event is, or is about to be, a finding.
inline constexpr std::uint16_t inferred = 0x0020;  ///< Not recorded, but concluded by an importer.
inline constexpr std::uint16_t failed = 0x0040;    ///< The call returned an error or false.
inline constexpr std::uint16_t in_hardirq = 0x0100;
inline constexpr std::uint16_t in_softirq = 0x0200;
inline constexpr std::uint16_t in_reader = 0x0400;  ///< Inside a read-side critical section.
}  // namespace event_flag

/// 32 bytes: the record of the rings and of the native file (io/ctf.cpp writes it as it is).
struct Event {
  Timestamp time = 0;
  EventKind kind{};
  std::uint16_t flags = 0;
  std::uint16_t actor = 0xffff;  ///< ActorId; 0xffff = none.
  std::int16_t cpu = -1;         ///< CpuId; -1 = none.
  std::int64_t value = 0;
  ObjectId object;
  GracePeriodId grace_period;
};
static_assert(sizeof(Event) == 32);

}  // namespace rcuscope
