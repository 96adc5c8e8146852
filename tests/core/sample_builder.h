// SPDX-License-Identifier: LGPL-2.1-or-later
// SampleBuilder: tells a trace in microseconds, for either clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "trace/builder.h"

namespace rcuscope::sample {

/// Collects events in microseconds; with the clock of steps each moment becomes the next step.
class SampleBuilder {
 public:
  explicit SampleBuilder(Clock clock) : clock_(clock), builder_(clock) {}

  TraceBuilder& builder() { return builder_; }

  struct Options {
    ObjectId object{};
    std::int64_t value = 0;
    std::int32_t grace_period = -1;
    std::uint32_t line = 0;
    std::uint16_t flags = 0;
  };

  void add(double microseconds, ActorId actor, CpuId cpu, EventKind kind, Options options) {
    Event event;
    event.time = static_cast<Timestamp>(microseconds * 1000 + 0.5);
    event.kind = kind;
    event.actor = actor.is_valid() ? static_cast<std::uint16_t>(actor.value) : 0xffff;
    event.cpu = static_cast<std::int16_t>(cpu.value);
    event.value = options.value;
    event.object = options.object;
    event.grace_period.value = options.grace_period;
    event.flags = options.flags;
    events_.push_back({event, options.line});
  }

  TraceStore build() {
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Entry& a, const Entry& b) { return a.event.time < b.event.time; });
    Timestamp last = -1;
    Step step = -1;
    for (const Entry& entry : events_) {
      Event event = entry.event;
      if (event.time != last) ++step;
      last = event.time;
      if (clock_ == Clock::steps) event.time = step;
      builder_.add(event, place_of(entry.line));
    }
    return builder_.build();
  }

 private:
  struct Entry {
    Event event;
    std::uint32_t line;
  };

  PlaceId place_of(std::uint32_t line) {
    if (line == 0) return {};
    return builder_.intern(Place{"core/iommu/remove.h", "free_group_device", line});
  }

  Clock clock_;
  TraceBuilder builder_;
  std::vector<Entry> events_;
};

}  // namespace rcuscope::sample
