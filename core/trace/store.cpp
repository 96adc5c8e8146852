// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceStore: checks its columns once, then only answers.
#include "trace/store.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace rcuscope {
namespace {

template <class T>
std::vector<T> part(const std::vector<T>& column, std::size_t first, std::size_t last) {
  if (column.empty()) return {};
  return {column.begin() + static_cast<std::ptrdiff_t>(first),
          column.begin() + static_cast<std::ptrdiff_t>(last)};
}

template <class Items>
bool is_index(const Items& items, std::int64_t id) {
  return id >= 0 && id < static_cast<std::int64_t>(items.size());
}

template <class Ids>
bool are_indices_or_none(const Ids& ids, std::size_t count) {
  return std::all_of(ids.begin(), ids.end(), [count](std::int32_t id) {
    return id >= -1 && id < static_cast<std::int64_t>(count);
  });
}

/// Whatever is built on a store relies on this, so it is checked once, in every build.
void check_columns(const TraceColumns& columns, const TraceNames& names) {
  const std::size_t size = columns.time.size();
  RCUSCOPE_ASSERT(columns.kind.size() == size && columns.flags.size() == size, size);
  RCUSCOPE_ASSERT(columns.actor.size() == size && columns.cpu.size() == size, size);
  RCUSCOPE_ASSERT(columns.object.size() == size && columns.value.size() == size, size);
  RCUSCOPE_ASSERT(columns.grace_period.size() == size, size);
  RCUSCOPE_ASSERT(columns.place.empty() || columns.place.size() == size, columns.place.size());
  RCUSCOPE_ASSERT(std::is_sorted(columns.time.begin(), columns.time.end()));
  RCUSCOPE_ASSERT(std::all_of(columns.kind.begin(), columns.kind.end(),
                              [](std::uint16_t kind) { return kind < event_kind_count; }));
  RCUSCOPE_ASSERT(are_indices_or_none(columns.actor, names.actors.size()));
  RCUSCOPE_ASSERT(are_indices_or_none(columns.object, names.objects.size()));
  RCUSCOPE_ASSERT(are_indices_or_none(columns.place, names.places.size()));
}

}  // namespace

TraceStore::TraceStore(Clock clock, TraceColumns columns, TraceNames names,
                       std::uint64_t events_lost_count)
    : clock_(clock),
      columns_(std::move(columns)),
      names_(std::move(names)),
      events_lost_count_(events_lost_count) {
  check_columns(columns_, names_);
}

std::string_view TraceStore::actor_name(std::int32_t actor) const {
  return is_index(names_.actors, actor)
             ? std::string_view(names_.actors[static_cast<std::size_t>(actor)].name)
             : std::string_view();
}

std::string_view TraceStore::object_name(std::int32_t object) const {
  return is_index(names_.objects, object)
             ? std::string_view(names_.objects[static_cast<std::size_t>(object)].name)
             : std::string_view();
}

std::string_view TraceStore::string(std::int64_t id) const {
  return is_index(names_.strings, id)
             ? std::string_view(names_.strings[static_cast<std::size_t>(id)])
             : std::string_view();
}

TraceStore TraceStore::with_metadata(const std::map<std::string, std::string>& metadata) && {
  for (const auto& [key, value] : metadata) names_.metadata.insert_or_assign(key, value);
  return std::move(*this);
}

TraceStore TraceStore::slice(Timestamp from, Timestamp to) const {
  const auto position = [this](Timestamp time) {
    const auto found = std::lower_bound(columns_.time.begin(), columns_.time.end(), time);
    return static_cast<std::size_t>(found - columns_.time.begin());
  };
  const std::size_t first = position(from);
  const std::size_t last = std::max(first, position(to));
  TraceColumns columns{part(columns_.time, first, last),   part(columns_.kind, first, last),
                       part(columns_.actor, first, last),  part(columns_.cpu, first, last),
                       part(columns_.object, first, last), part(columns_.grace_period, first, last),
                       part(columns_.value, first, last),  part(columns_.flags, first, last),
                       part(columns_.place, first, last)};
  return TraceStore(clock_, std::move(columns), names_, events_lost_count_);
}

std::string TraceStore::object_label(std::int32_t object) const {
  if (object < 0 || static_cast<std::size_t>(object) >= names_.objects.size()) return "";
  return label_of(names_.objects[static_cast<std::size_t>(object)]);
}

std::string label_of(const ObjectInfo& object) {
  struct Short {
    std::string_view type;
    std::string_view word;
  };
  // The kernel's own short words for the types that share their names with a device or a bus.
  constexpr Short shorts[] = {{"group_device", "gdev"},
                              {"iommu_group", "group"},
                              {"device_name", "name of gdev"},
                              {"dev_iommu", "dev->iommu of"},
                              {"module", "module"}};
  for (const auto& [type, word] : shorts) {
    if (object.type != type || object.name.starts_with(word)) continue;
    return std::string(word) + " " + object.name;
  }
  return object.name.empty() ? object.type : object.name;
}

}  // namespace rcuscope
