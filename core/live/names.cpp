// SPDX-License-Identifier: LGPL-2.1-or-later
// Three tables behind one lock: names are made when objects and actors are, never per event.
#include "live/names.h"

namespace rcuscope::live {
namespace {

template <class IdType, class Items>
IdType next_id(const Items& items) {
  return IdType{static_cast<std::int32_t>(items.size())};
}

template <class Items, class IdType>
bool contains(const Items& items, IdType id) {
  return id.is_valid() && static_cast<std::size_t>(id.value) < items.size();
}

}  // namespace

ActorId Names::actor(const ActorInfo& info) {
  const std::lock_guard guard(mutex_);
  const auto [entry, is_new] =
      actor_ids_.emplace(std::pair(info.name, info.kind), next_id<ActorId>(actors_));
  if (is_new) actors_.push_back(info);
  return entry->second;
}

ObjectId Names::object(std::string_view type, std::string_view name) {
  const std::lock_guard guard(mutex_);
  const auto [entry, is_new] = object_ids_.emplace(std::pair(std::string(type), std::string(name)),
                                                   next_id<ObjectId>(objects_));
  if (is_new) objects_.push_back({std::string(name.empty() ? type : name), std::string(type)});
  return entry->second;
}

StringId Names::string(std::string_view text) {
  const std::lock_guard guard(mutex_);
  const auto known = string_ids_.find(text);
  if (known != string_ids_.end()) return known->second;
  const auto id = next_id<StringId>(strings_);
  string_ids_.emplace(strings_.emplace_back(text), id);
  return id;
}

std::string_view Names::text(StringId id) const {
  const std::lock_guard guard(mutex_);
  return contains(strings_, id) ? std::string_view(strings_[static_cast<std::size_t>(id.value)])
                                : std::string_view();
}

std::string Names::actor_name(ActorId id) const {
  const std::lock_guard guard(mutex_);
  return contains(actors_, id) ? actors_[static_cast<std::size_t>(id.value)].name : "";
}

std::string Names::object_name(ObjectId id) const {
  const std::lock_guard guard(mutex_);
  if (!contains(objects_, id)) return "";
  const ObjectInfo& object = objects_[static_cast<std::size_t>(id.value)];
  return object.name == object.type ? object.type : object.type + " " + object.name;
}

std::size_t Names::size() const {
  const std::lock_guard guard(mutex_);
  return actors_.size() + objects_.size() + strings_.size();
}

void Names::copy_to(TraceBuilder& builder) const {
  const std::lock_guard guard(mutex_);
  for (const ActorInfo& actor : actors_) builder.add_actor(actor);
  for (const ObjectInfo& object : objects_) builder.add_object(object);
  for (const std::string& text : strings_) builder.intern(text);
}

}  // namespace rcuscope::live
