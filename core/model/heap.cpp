// SPDX-License-Identifier: LGPL-2.1-or-later
// Bump allocation in one reserved range of addresses, an arena for each actor.
#include "model/heap.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/error.h"

namespace rcuscope {
namespace {

void* reserve(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "reserving the model's heap");
  return memory;
}

std::size_t rounded_up(std::size_t bytes) {
  return (bytes + ModelHeap::granule_bytes - 1) / ModelHeap::granule_bytes *
         ModelHeap::granule_bytes;
}

}  // namespace

ModelHeap::ModelHeap(std::size_t max_actors)
    : total_bytes_(max_actors * arena_bytes), used_bytes_(max_actors, 0) {
  base_ = reinterpret_cast<std::uintptr_t>(reserve(total_bytes_));
  object_of_granule_ =
      static_cast<std::int32_t*>(reserve(total_bytes_ / granule_bytes * sizeof(std::int32_t)));
}

ModelHeap::~ModelHeap() {
  munmap(reinterpret_cast<void*>(base_), total_bytes_);
  munmap(object_of_granule_, total_bytes_ / granule_bytes * sizeof(std::int32_t));
}

void ModelHeap::reset() { forget_from(0); }

/// The later an object was made, the higher it is in its arena.
void ModelHeap::forget_from(std::size_t first) {
  while (objects_.size() > first) {
    const HeapObject& object = objects_.back();
    std::memset(object.start, 0, object.bytes);
    mark_granules(object, 0);
    used_bytes_[static_cast<std::size_t>(object.allocated_by.value)] -= rounded_up(object.bytes);
    objects_.pop_back();
  }
}

void ModelHeap::save(Image& image) const {
  image.objects = objects_;
  image.contents.clear();
  for (const HeapObject& object : objects_)
    image.contents.insert(image.contents.end(), object.start, object.start + object.bytes);
}

void ModelHeap::restore(const Image& image) {
  forget_from(image.objects.size());
  const std::byte* contents = image.contents.data();
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    objects_[i] = image.objects[i];
    std::memcpy(objects_[i].start, contents, objects_[i].bytes);
    contents += objects_[i].bytes;
  }
}

void ModelHeap::mark_granules(const HeapObject& object, std::int32_t mark) {
  const std::size_t first =
      (reinterpret_cast<std::uintptr_t>(object.start) - base_) / granule_bytes;
  const std::size_t count = (object.bytes + granule_bytes - 1) / granule_bytes;
  for (std::size_t i = 0; i < count; ++i) object_of_granule_[first + i] = mark;
}

ObjectId ModelHeap::allocate(ActorId actor, const char* type, StringId name, std::size_t bytes) {
  const auto arena = static_cast<std::size_t>(actor.value);
  const std::size_t rounded = rounded_up(bytes);
  if (rounded > arena_bytes - used_bytes_[arena])
    throw LimitError("kzalloc of " + std::to_string(bytes) +
                     " bytes: an actor may allocate at most " + std::to_string(arena_bytes) +
                     " bytes in one execution; allocate less in each actor");
  const std::size_t offset = arena * arena_bytes + used_bytes_[arena];
  used_bytes_[arena] += rounded;
  const ObjectId id{static_cast<std::int32_t>(objects_.size())};
  HeapObject object;
  object.type = type;
  object.name = name;
  object.start = reinterpret_cast<std::byte*>(base_ + offset);
  object.bytes = static_cast<std::uint32_t>(bytes);
  object.allocated_by = actor;
  objects_.push_back(object);
  mark_granules(object, id.value + 1);
  return id;
}

}  // namespace rcuscope
