// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceBuilder: gives out ids, then sorts the events stably by time into columns.
#include "trace/builder.h"

#include <algorithm>
#include <numeric>
#include <type_traits>
#include <utility>

#include "trace/sorted_events.h"

namespace rcuscope {
namespace {

template <class IdType, class T>
IdType append(std::vector<T>& items, T item) {
  items.push_back(std::move(item));
  return IdType{static_cast<std::int32_t>(items.size()) - 1};
}

/// By time; equal times keep their order.
void sort(std::vector<Event>& events, std::vector<std::int32_t>& places) {
  // They mostly come in order, and there may be many of them.
  if (std::is_sorted(events.begin(), events.end(), &is_earlier)) return;
  std::vector<std::size_t> order(events.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&events](std::size_t a, std::size_t b) {
    return is_earlier(events[a], events[b]);
  });
  const auto reorder = [&order](auto& column) {
    std::remove_reference_t<decltype(column)> sorted;
    sorted.reserve(column.size());
    for (const std::size_t i : order) sorted.push_back(column[i]);
    column = std::move(sorted);
  };
  reorder(events);
  if (!places.empty()) reorder(places);
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

/// A trace names few files, and most events stand in the one of the event before.
std::uint32_t TraceBuilder::file_id(const char* file) {
  for (std::size_t i = files_.size(); i-- > 0;)
    if (files_[i] == file) return file_ids_[i];
  std::size_t id = 0;
  while (id < files_.size() && std::string_view(files_[id]) != file) ++id;
  files_.push_back(file);
  file_ids_.push_back(static_cast<std::uint32_t>(id));
  return file_ids_.back();
}

PlaceId TraceBuilder::intern(const Place& place) {
  const auto next = static_cast<std::int32_t>(names_.places.size());
  const std::uint64_t key = std::uint64_t{file_id(place.file)} << 32 | place.line;
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
  sort(events_, places_);
  TraceColumns columns = columns_of(events_);
  columns.place = std::move(places_);
  TraceStore store(clock_, std::move(columns), std::move(names_), events_lost_count_);
  *this = TraceBuilder(clock_);
  return store;
}

}  // namespace rcuscope
