// SPDX-License-Identifier: LGPL-2.1-or-later
// Names: ids of actors, objects and texts, the same ones in all repetitions of a run.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/ids.h"
#include "trace/builder.h"

namespace rcuscope::live {

/// Context: any thread. Ids grow from 0 in the order of first use.
class Names {
 public:
  /// The same name and kind give the same id, so that a thousand repetitions stay small.
  ActorId actor(const ActorInfo& info);
  ObjectId object(std::string_view type, std::string_view name);
  StringId string(std::string_view text);

  /// The view stays valid as long as the Names.
  std::string_view text(StringId id) const;
  std::string actor_name(ActorId id) const;
  std::string object_name(ObjectId id) const;  ///< "group_device 0000:01:00.0"; "" for none.

  /// Grows with each new name.
  std::size_t size() const;
  /// Gives all names to an empty builder, under the same ids.
  void copy_to(TraceBuilder& builder) const;

 private:
  mutable std::mutex mutex_;
  std::deque<ActorInfo> actors_;
  std::deque<ObjectInfo> objects_;
  std::deque<std::string> strings_;
  std::map<std::pair<std::string, ActorKind>, ActorId> actor_ids_;
  std::map<std::pair<std::string, std::string>, ObjectId> object_ids_;
  std::unordered_map<std::string_view, StringId> string_ids_;  // keys point into strings_
};

}  // namespace rcuscope::live
