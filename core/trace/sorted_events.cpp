// SPDX-License-Identifier: LGPL-2.1-or-later
// Ten million events are common: each is moved once, and no column grows step by step.
#include "trace/sorted_events.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rcuscope {

std::vector<Event> merged(std::vector<std::vector<Event>> sequences) {
  struct Source {
    const Event* next;
    const Event* end;
    std::size_t number;
  };
  const auto comes_later = [](const Source& a, const Source& b) {
    return a.next->time != b.next->time ? a.next->time > b.next->time : a.number > b.number;
  };
  if (sequences.size() == 1) return std::move(sequences.front());
  std::vector<Source> heap;
  std::size_t count = 0;
  for (const auto& events : sequences) {
    count += events.size();
    if (!events.empty()) heap.push_back({&events.front(), &events.back() + 1, heap.size()});
  }
  std::vector<Event> out;
  out.reserve(count);
  std::make_heap(heap.begin(), heap.end(), comes_later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), comes_later);
    Source& source = heap.back();
    // Threads take turns: while one is the earliest, the others can wait.
    do {
      out.push_back(*source.next++);
    } while (source.next != source.end && (heap.size() == 1 || !comes_later(source, heap.front())));
    if (source.next == source.end) {
      heap.pop_back();
    } else {
      std::push_heap(heap.begin(), heap.end(), comes_later);
    }
  }
  return out;
}

TraceColumns columns_of(std::span<const Event> events) {
  TraceColumns columns;
  const auto fill = [events](auto& column, auto value_of) {
    column.resize(events.size());
    std::transform(events.begin(), events.end(), column.begin(), value_of);
  };
  fill(columns.time, [](const Event& event) { return event.time; });
  fill(columns.kind, [](const Event& event) { return static_cast<std::uint16_t>(event.kind); });
  fill(columns.actor,
       [](const Event& event) { return event.actor == 0xffff ? -1 : std::int32_t{event.actor}; });
  fill(columns.cpu, [](const Event& event) { return std::int32_t{event.cpu}; });
  fill(columns.object, [](const Event& event) { return event.object.value; });
  fill(columns.grace_period, [](const Event& event) { return event.grace_period.value; });
  fill(columns.value, [](const Event& event) { return event.value; });
  fill(columns.flags, [](const Event& event) { return event.flags; });
  return columns;
}

}  // namespace rcuscope
