// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceBuilder: gives out ids, then sorts the events stably by time into columns.
#include "trace/builder.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace rcuscope {
namespace {

template <class IdType, class T>
IdType append(std::vector<T>& items, T item) {
  items.push_back(std::move(item));
  return IdType{static_cast<std::int32_t>(items.size()) - 1};
}

/// Positions of the events in order of time; equal times keep their order.
std::vector<std::size_t> order_by_time(const std::vector<Event>& events) {
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // A reader's events come in order, and there are many of them.
  const auto is_earlier = [](const Event& a, const Event& b) { return a.time < b.time; };
  if (std::is_sorted(events.begin(), events.end(), is_earlier)) return order;
  std::stable_sort(order.begin(), order.end(), [&events](std::size_t a, std::size_t b) {
    return events[a].time < events[b].time;
  });
  return order;
}

void append_event(TraceColumns& columns, const Event& event) {
  columns.time.push_back(event.time);
  columns.kind.push_back(static_cast<std::uint16_t>(event.kind));
  columns.actor.push_back(event.actor == 0xffff ? -1 : event.actor);
  columns.cpu.push_back(event.cpu);
  columns.object.push_back(event.object.value);
  columns.grace_period.push_back(event.grace_period.value);
  columns.value.push_back(event.value);
  columns.flags.push_back(event.flags);
}

void reserve(TraceColumns& columns, std::size_t count) {
  columns.time.reserve(count);
  columns.kind.reserve(count);
  columns.actor.reserve(count);
  columns.cpu.reserve(count);
  columns.object.reserve(count);
  columns.grace_period.reserve(count);
  columns.value.reserve(count);
  columns.flags.reserve(count);
}

}  // namespace

ActorId TraceBuilder::add_actor(ActorInfo actor) {
  return append<ActorId>(names_.actors, std::move(actor));
}

ObjectId TraceBuilder::add_object(ObjectInfo object) {
  return append<ObjectId>(names_.objects, std::move(object));
}

StringId TraceBuilder::intern(std::string_view text) {
  const auto next = static_cast<std::int32_t>(names_.strings.size());
  const auto [entry, is_new] = string_ids_.emplace(std::string(text), next);
  if (is_new) names_.strings.emplace_back(text);
  return StringId{entry->second};
}

PlaceId TraceBuilder::intern(const Place& place) {
  const auto next = static_cast<std::int32_t>(names_.places.size());
  const std::string key = std::string(place.file) + ":" + std::to_string(place.line);
  const auto [entry, is_new] = place_ids_.emplace(key, next);
  if (is_new) {
    names_.places.push_back({place.file, std::string(short_function_name(place.function)),
                             static_cast<std::int32_t>(place.line)});
  }
  return PlaceId{entry->second};
}

void TraceBuilder::set_metadata(std::string key, std::string value) {
  names_.metadata.insert_or_assign(std::move(key), std::move(value));
}

void TraceBuilder::add(const Event& event, PlaceId place) {
  // The column of places exists from the first event that has one: most live traces have none.
  if (place.is_valid() && places_.empty()) places_.assign(events_.size(), -1);
  if (place.is_valid() || !places_.empty()) places_.push_back(place.value);
  events_.push_back(event);
}

TraceStore TraceBuilder::build() {
  TraceColumns columns;
  reserve(columns, events_.size());
  if (!places_.empty()) columns.place.reserve(places_.size());
  for (const std::size_t i : order_by_time(events_)) {
    append_event(columns, events_[i]);
    if (!places_.empty()) columns.place.push_back(places_[i]);
  }
  TraceStore store(clock_, std::move(columns), std::move(names_), events_lost_count_);
  *this = TraceBuilder(clock_);
  return store;
}

}  // namespace rcuscope
