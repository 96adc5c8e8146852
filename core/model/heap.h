// SPDX-License-Identifier: LGPL-2.1-or-later
// ModelHeap: the heap of the studied program. Memory is never used twice within one execution, so
// that a late access always finds the object it was meant for, and addresses depend only on what
// the allocating actor did, not on the schedule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "world/world.h"

namespace rcuscope {

/// One allocation. Its record stays after the free: it is the evidence.
struct HeapObject {
  const char* type = "";
  StringId name;
  std::byte* start = nullptr;
  std::uint32_t bytes = 0;
  ActorId allocated_by;
  bool is_freed = false;
  bool is_from_setup = false;
  bool has_escaped = false;  ///< Stored in some location: no longer only in private hands.
  Lifetime lifetime = Lifetime::ordinary;
  ActorId freed_by;
  Step freed_at = -1;
};

class ModelHeap {
 public:
  /// Address space an actor may allocate from in one execution.
  static constexpr std::size_t arena_bytes = std::size_t{1} << 20;
  static constexpr std::size_t granule_bytes = 64;

  explicit ModelHeap(std::size_t max_actors);
  ~ModelHeap();
  ModelHeap(const ModelHeap&) = delete;
  ModelHeap& operator=(const ModelHeap&) = delete;

  /// Forgets all objects and zeroes their memory.
  void reset();

  /// Objects with their contents.
  struct Image {
    std::vector<HeapObject> objects;
    std::vector<std::byte> contents;  ///< Of one object after the other.
  };
  void save(Image& image) const;
  /// Makes everything what it was. Requires: the image's objects are the oldest ones.
  void restore(const Image& image);

  /// Zeroed memory. Throws: LimitError when the actor's arena is full.
  ObjectId allocate(ActorId actor, const char* type, StringId name, std::size_t bytes);

  bool contains(const void* address) const {
    return reinterpret_cast<std::uintptr_t>(address) - base_ < total_bytes_;
  }
  /// Where its addresses begin: elsewhere in each process.
  std::uintptr_t base() const { return base_; }
  /// The object around an address, or none.
  ObjectId find(const void* address) const {
    const auto offset = reinterpret_cast<std::uintptr_t>(address) - base_;
    if (offset >= total_bytes_) return {};
    return {object_of_granule_[offset / granule_bytes] - 1};
  }

  HeapObject& at(ObjectId object) { return objects_[static_cast<std::size_t>(object.value)]; }
  const HeapObject& at(ObjectId object) const {
    return objects_[static_cast<std::size_t>(object.value)];
  }
  std::size_t size() const { return objects_.size(); }

 private:
  void mark_granules(const HeapObject& object, std::int32_t mark);
  void forget_from(std::size_t first);

  std::uintptr_t base_ = 0;
  std::size_t total_bytes_;
  std::vector<std::size_t> used_bytes_;        // of each actor's arena
  std::int32_t* object_of_granule_ = nullptr;  // index + 1; 0 = none
  std::vector<HeapObject> objects_;
};

}  // namespace rcuscope
