// SPDX-License-Identifier: LGPL-2.1-or-later
// Heap: type-stable memory of the studied program. A freed object is poisoned and keeps its memory,
// so that a faulty program reads poison, is found out, and never touches memory that is another
// type's.
//
// The verdict on a kfree is a cookie, not luck: an object that readers could find (published) and
// that was unlinked may be freed once a grace period that started after the unlinking has ended. A
// freed slot is used again, for the same type only, after a quarantine and a grace period.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/place.h"
#include "live/grace_period.h"
#include "live/layout.h"
#include "world/world.h"

namespace rcuscope::live {

/// What the heap knows about one object. Written under the heap's lock.
struct ObjectHeader {
  enum class State : std::uint8_t { unused, allocated, freed };

  std::atomic<State> state{State::unused};
  std::atomic<std::int32_t> id{-1};  ///< ObjectId; the same for equal type and name.
  Lifetime lifetime = Lifetime::ordinary;
  bool is_published = false;
  Cookie unlinked_at = -1;        ///< -1: readers can still find it.
  const char* unlinked_how = "";  ///< "list_del_rcu"
  ActorId unlinked_by;
  std::array<const void*, 3> roots{};  ///< Locations that rcu_assign_pointer stored it in.
  Cookie freed_at = -1;
  ActorId freed_by;
  Place freed_place;
};

class Heap {
 public:
  /// A C++ type under one name for people.
  struct Type {
    const void* key;   ///< Differs for different C++ types.
    const char* name;  ///< Literal.
    std::size_t size;
    std::size_t alignment;
  };
  struct Slot {
    std::byte* memory = nullptr;  ///< Zeroed.
    ObjectHeader* header = nullptr;
  };
  enum class FreeVerdict : std::uint8_t { allowed, double_free, not_an_object, no_grace_period };
  struct Freeing {
    FreeVerdict verdict;
    ObjectHeader* header;
  };
  struct Freer {
    ActorId actor;
    Place place;
    bool runs_alone;  ///< No other actor exists: nobody can be reading.
  };

  /// Reserves the addresses; memory is taken as it is needed.
  Heap(std::size_t bytes_max, const GracePeriods& grace_periods);
  ~Heap();
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Throws LimitError when bytes_max is reached.
  Slot allocate(const Type& type, ObjectId id);
  /// Return: where to note the locations of the object to be built; null once they are known.
  std::unique_ptr<TypeLayout> unknown_layout(const Type& type, const void* object);
  void set_layout(const Type& type, const TypeLayout& layout);

  /// The object around an address, allocated or freed; null if there is none.
  ObjectHeader* find(const void* address) const;
  /// The name of the location at an address; "" if it is unknown.
  const char* location_name(const void* location) const;

  void publish(const void* object, const void* root);
  struct Unlinking {
    const void* root;  ///< The location that no longer points to it; null: a list.
    const char* how;   ///< Literal.
    ActorId actor;
  };
  void unlink(const void* object, const Unlinking& unlinking);
  /// Poisons the object unless it is no object or freed already.
  Freeing free(const void* object, const Freer& freer);

  template <class Visit>
  void for_each_allocated(Visit visit) const {
    const std::lock_guard guard(mutex_);
    for (const auto& chunk : chunks_) {
      for (std::size_t i = 0; i < chunk->used_count; ++i) {
        if (chunk->headers[i].state == ObjectHeader::State::allocated) visit(chunk->headers[i]);
      }
    }
  }

  struct Unreachable {
    const ObjectHeader* header;
    const char* type;  ///< Its name.
  };
  /// Allocated objects to which no chain of pointers leads from one that is a root.
  /// Context: no other thread uses the heap.
  std::vector<Unreachable> unreachable() const;

  /// Forgets all objects, keeps the memory. Context: no other thread uses the heap.
  void reset();

 private:
  struct Pool;
  struct Chunk {
    Pool* pool = nullptr;
    std::byte* memory = nullptr;
    std::size_t stride = 0;
    std::size_t slot_count = 0;
    std::size_t used_count = 0;  // slots handed out at least once since the last reset
    std::unique_ptr<ObjectHeader[]> headers;
  };
  struct Pool {
    Type type;
    std::vector<Chunk*> chunks;
    std::size_t current = 0;      // the chunk with fresh slots
    std::deque<Slot> quarantine;  // freed, the oldest first
    std::vector<TypeLayout::Location> locations;
    std::atomic<bool> is_layout_known{false};
  };

  static constexpr std::size_t page_bytes = std::size_t{1} << 16;
  static constexpr std::size_t quarantine_slots = 4096;

  Pool& pool_of(const Type& type);
  Chunk& add_chunk(Pool& pool);
  Chunk* chunk_at(const void* address) const;
  Slot take_recycled(Pool& pool);
  Slot take_fresh(Pool& pool);
  static std::size_t index_of(const Chunk& chunk, const void* address);

  const GracePeriods& grace_periods_;
  std::byte* region_ = nullptr;
  std::size_t region_bytes_;
  std::size_t region_used_bytes_ = 0;
  std::unique_ptr<std::atomic<Chunk*>[]> page_chunks_;  // for each page of the region
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::map<std::pair<const void*, std::string>, Pool> pools_;
  mutable std::mutex mutex_;
};

}  // namespace rcuscope::live
