// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceBuilder: collects events and names from any world or reader and makes a TraceStore.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/place.h"
#include "trace/store.h"

namespace rcuscope {

class TraceBuilder {
 public:
  explicit TraceBuilder(Clock clock) : clock_(clock) {}

  ActorId add_actor(ActorInfo actor);
  ObjectId add_object(ObjectInfo object);
  /// The same text gives the same id.
  StringId intern(std::string_view text);
  /// The same file and line give the same id.
  PlaceId intern(const Place& place);
  void set_metadata(std::string key, std::string value);

  /// Events may come in any order; equal times keep the order of adding.
  void add(const Event& event, PlaceId place = {});
  void add_lost_events(std::uint64_t count) { events_lost_count_ += count; }

  /// Leaves the builder empty.
  TraceStore build();

 private:
  std::uint32_t file_id(const char* file);

  Clock clock_;
  std::vector<Event> events_;
  std::vector<std::int32_t> places_;
  TraceNames names_;
  std::unordered_map<std::string, std::int32_t> string_ids_;
  std::unordered_map<std::uint64_t, std::int32_t> place_ids_;  ///< By file and line.
  std::vector<const char*> files_;       ///< Different texts, or the same at different addresses.
  std::vector<std::uint32_t> file_ids_;  ///< Of each of them: the first one with its text.
  std::uint64_t events_lost_count_ = 0;
};

}  // namespace rcuscope
