// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceStore: the events of one trace as immutable columns sorted by time, with names and places.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/ids.h"
#include "base/time.h"
#include "trace/event.h"

namespace rcuscope {

struct ActorInfo {
  std::string name;
  ActorKind kind = ActorKind::process;
  CpuId cpu;

  friend bool operator==(const ActorInfo&, const ActorInfo&) = default;
};

struct ObjectInfo {
  std::string name;  ///< For people: "0000:01:00.0", "group 7".
  std::string type;  ///< "device", "iommu_group", "group_device", "mutex", "list_head" ...

  friend bool operator==(const ObjectInfo&, const ObjectInfo&) = default;
};

/// How people call it: "gdev 0000:01:00.0", "group 7", "0000:01:00.0" for a device.
std::string label_of(const ObjectInfo& object);

struct PlaceInfo {
  std::string file;
  std::string function;
  std::int32_t line = 0;

  friend bool operator==(const PlaceInfo&, const PlaceInfo&) = default;
};

/// What the columns refer to. Ids are indices into these vectors.
struct TraceNames {
  std::vector<ActorInfo> actors;
  std::vector<ObjectInfo> objects;
  std::vector<std::string> strings;  ///< Texts of notes, names of locations, links ...
  std::vector<PlaceInfo> places;
  /// "scenario", "title", "world", "verdict", "schedule", "finding", "explanation" ...
  std::map<std::string, std::string> metadata;
};

/// The columns have one length. `place` is empty or has that length too.
struct TraceColumns {
  std::vector<std::int64_t> time;
  std::vector<std::uint16_t> kind;
  std::vector<std::int32_t> actor;
  std::vector<std::int32_t> cpu;
  std::vector<std::int32_t> object;
  std::vector<std::int32_t> grace_period;
  std::vector<std::int64_t> value;
  std::vector<std::uint16_t> flags;
  std::vector<std::int32_t> place;
};

class TraceStore {
 public:
  TraceStore() = default;
  /// Requires: columns of one length, times not decreasing, ids in range or -1 (asserted).
  TraceStore(Clock clock, TraceColumns columns, TraceNames names, std::uint64_t events_lost_count);

  std::size_t size() const { return columns_.time.size(); }
  Clock clock() const { return clock_; }
  const TraceColumns& columns() const { return columns_; }
  const TraceNames& names() const { return names_; }
  std::uint64_t events_lost_count() const { return events_lost_count_; }

  EventKind kind(EventIndex i) const { return static_cast<EventKind>(columns_.kind[i]); }
  Timestamp time(EventIndex i) const { return columns_.time[i]; }
  Timestamp start() const { return size() == 0 ? 0 : columns_.time.front(); }
  Timestamp end() const { return size() == 0 ? 0 : columns_.time.back(); }

  /// Names, or "" for an id that is none.
  std::string_view actor_name(std::int32_t actor) const;
  std::string_view object_name(std::int32_t object) const;
  std::string_view string(std::int64_t id) const;
  /// label_of() the object, or "" for an id that is none.
  std::string object_label(std::int32_t object) const;

  /// The events with from <= time < to, with the same names.
  TraceStore slice(Timestamp from, Timestamp to) const;
  /// The same trace, which says this of itself beside what it said before.
  TraceStore with_metadata(const std::map<std::string, std::string>& metadata) &&;

 private:
  // The one way to add events: growth.h.
  friend void grow(TraceStore& trace, const TraceColumns& more, TraceNames names,
                   std::uint64_t events_lost_count);
  friend void reserve(TraceStore& trace, std::size_t event_count);

  Clock clock_ = Clock::steps;
  TraceColumns columns_;
  TraceNames names_;
  std::uint64_t events_lost_count_ = 0;
};

}  // namespace rcuscope
