// SPDX-License-Identifier: LGPL-2.1-or-later
// Pools of chunks in one reserved region: an address finds its object by arithmetic, without a
// search.
#include "live/heap.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "base/assert.h"
#include "base/error.h"

namespace rcuscope::live {
namespace {

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) / unit * unit;
}

void forget(ObjectHeader& header, ObjectHeader::State state, ObjectId id) {
  header.lifetime = Lifetime::ordinary;
  header.is_published = false;
  header.unlinked_at = -1;
  header.roots.fill(nullptr);
  header.id.store(id.value, std::memory_order_relaxed);
  header.state.store(state, std::memory_order_release);
}

}  // namespace

Heap::Heap(std::size_t bytes_max, const GracePeriods& grace_periods)
    : grace_periods_(grace_periods), region_bytes_(round_up(bytes_max, page_bytes)) {
  void* region = mmap(nullptr, region_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) throw std::bad_alloc();
  region_ = static_cast<std::byte*>(region);
  page_chunks_ = std::make_unique<std::atomic<Chunk*>[]>(region_bytes_ / page_bytes);
}

Heap::~Heap() { munmap(region_, region_bytes_); }

Heap::Pool& Heap::pool_of(const Type& type) {
  Pool& pool = pools_[{type.key, type.name}];
  pool.type = type;
  return pool;
}

Heap::Slot Heap::allocate(const Type& type, ObjectId id) {
  const std::lock_guard guard(mutex_);
  Pool& pool = pool_of(type);
  Slot slot = take_recycled(pool);
  if (slot.memory == nullptr) slot = take_fresh(pool);
  std::memset(slot.memory, 0, type.size);
  forget(*slot.header, ObjectHeader::State::allocated, id);
  return slot;
}

/// Only when the quarantine is full and nobody can still be reading what was freed first.
Heap::Slot Heap::take_recycled(Pool& pool) {
  if (pool.quarantine.size() <= quarantine_slots) return {};
  const Slot oldest = pool.quarantine.front();
  if (!grace_periods_.has_elapsed(oldest.header->freed_at)) return {};
  pool.quarantine.pop_front();
  return oldest;
}

Heap::Slot Heap::take_fresh(Pool& pool) {
  while (pool.current < pool.chunks.size() &&
         pool.chunks[pool.current]->used_count == pool.chunks[pool.current]->slot_count) {
    ++pool.current;
  }
  Chunk& chunk = pool.current < pool.chunks.size() ? *pool.chunks[pool.current] : add_chunk(pool);
  const std::size_t index = chunk.used_count++;
  return {chunk.memory + index * chunk.stride, &chunk.headers[index]};
}

Heap::Chunk& Heap::add_chunk(Pool& pool) {
  RCUSCOPE_ASSERT(pool.type.alignment <= 4096, pool.type.alignment);
  // A line of its own for each object: what one actor writes must not slow another's down.
  const std::size_t stride =
      round_up(pool.type.size, std::max<std::size_t>(pool.type.alignment, 64));
  const std::size_t bytes = round_up(stride, page_bytes);
  if (bytes > region_bytes_ - region_used_bytes_) {
    throw LimitError("the heap of the live run is full: heap_bytes_max = " +
                     std::to_string(region_bytes_) + "; free objects or raise the limit");
  }
  auto chunk = std::make_unique<Chunk>();
  chunk->pool = &pool;
  chunk->memory = region_ + region_used_bytes_;
  chunk->stride = stride;
  chunk->slot_count = bytes / stride;
  chunk->headers = std::make_unique<ObjectHeader[]>(chunk->slot_count);
  if (mprotect(chunk->memory, bytes, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  for (std::size_t page = 0; page < bytes / page_bytes; ++page) {
    page_chunks_[region_used_bytes_ / page_bytes + page].store(chunk.get());
  }
  region_used_bytes_ += bytes;
  pool.chunks.push_back(chunk.get());
  return *chunks_.emplace_back(std::move(chunk));
}

std::unique_ptr<TypeLayout> Heap::unknown_layout(const Type& type, const void* object) {
  const std::lock_guard guard(mutex_);
  return pool_of(type).is_layout_known ? nullptr : std::make_unique<TypeLayout>(object);
}

void Heap::set_layout(const Type& type, const TypeLayout& layout) {
  const std::lock_guard guard(mutex_);
  Pool& pool = pool_of(type);
  if (pool.is_layout_known) return;  // two actors built the first object at once
  for (const TypeLayout::Location& location : layout.locations()) {
    // Locations elsewhere belong to something that the constructor made beside the object.
    if (location.offset + location.size <= type.size) pool.locations.push_back(location);
  }
  pool.is_layout_known.store(true, std::memory_order_release);
}

Heap::Chunk* Heap::chunk_at(const void* address) const {
  const std::size_t offset = static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(address) -
                                                      reinterpret_cast<std::uintptr_t>(region_));
  if (offset >= region_bytes_) return nullptr;
  return page_chunks_[offset / page_bytes].load(std::memory_order_acquire);
}

std::size_t Heap::index_of(const Chunk& chunk, const void* address) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(address) - chunk.memory) /
         chunk.stride;
}

ObjectHeader* Heap::find(const void* address) const {
  Chunk* chunk = chunk_at(address);
  if (chunk == nullptr) return nullptr;
  const std::size_t index = index_of(*chunk, address);
  if (index >= chunk->slot_count) return nullptr;
  ObjectHeader& header = chunk->headers[index];
  const bool is_object =
      header.state.load(std::memory_order_acquire) != ObjectHeader::State::unused;
  return is_object ? &header : nullptr;
}

const char* Heap::location_name(const void* location) const {
  const Chunk* chunk = chunk_at(location);
  if (chunk == nullptr || !chunk->pool->is_layout_known.load(std::memory_order_acquire)) return "";
  const std::size_t index = index_of(*chunk, location);
  const std::byte* object = chunk->memory + index * chunk->stride;
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(location) - object);
  for (const TypeLayout::Location& known : chunk->pool->locations) {
    if (known.offset == offset) return known.name;
  }
  return "";
}

void Heap::publish(const void* object, const void* root) {
  ObjectHeader* header = find(object);
  if (header == nullptr) return;
  const std::lock_guard guard(mutex_);
  header->is_published = true;
  header->unlinked_at = -1;
  if (root == nullptr) return;
  const auto free_entry = std::find(header->roots.begin(), header->roots.end(), nullptr);
  if (free_entry != header->roots.end()) *free_entry = root;
}

void Heap::unlink(const void* object, const Unlinking& unlinking) {
  ObjectHeader* header = find(object);
  if (header == nullptr) return;
  const std::lock_guard guard(mutex_);
  auto& roots = header->roots;
  if (unlinking.root != nullptr) {
    const auto entry = std::find(roots.begin(), roots.end(), unlinking.root);
    if (entry == roots.end()) return;  // a private pointer to it changed
    *entry = nullptr;
  }
  const bool is_reachable =
      std::any_of(roots.begin(), roots.end(), [](const void* root) { return root != nullptr; });
  if (!header->is_published || is_reachable) return;
  header->unlinked_at = grace_periods_.cookie();
  header->unlinked_how = unlinking.how;
  header->unlinked_by = unlinking.actor;
}

Heap::Freeing Heap::free(const void* object, const Freer& freer) {
  ObjectHeader* header = find(object);
  if (header == nullptr) return {FreeVerdict::not_an_object, nullptr};
  const std::lock_guard guard(mutex_);
  if (header->state == ObjectHeader::State::freed) return {FreeVerdict::double_free, header};
  const bool may_be_read = header->unlinked_at >= 0 && !freer.runs_alone &&
                           !grace_periods_.has_any_elapsed(header->unlinked_at);
  header->freed_at = grace_periods_.cookie();
  header->freed_by = freer.actor;
  header->freed_place = freer.place;
  header->state.store(ObjectHeader::State::freed, std::memory_order_release);
  Chunk& chunk = *chunk_at(object);
  std::byte* memory = chunk.memory + index_of(chunk, object) * chunk.stride;
  for (const TypeLayout::Location& location : chunk.pool->locations) {
    location.poison(memory + location.offset);
  }
  chunk.pool->quarantine.push_back({memory, header});
  return {may_be_read ? FreeVerdict::no_grace_period : FreeVerdict::allowed, header};
}

void Heap::reset() {
  const std::lock_guard guard(mutex_);
  for (const auto& chunk : chunks_) {
    for (std::size_t i = 0; i < chunk->used_count; ++i) {
      forget(chunk->headers[i], ObjectHeader::State::unused, ObjectId{});
    }
    chunk->used_count = 0;
  }
  for (auto& [key, pool] : pools_) {
    pool.current = 0;
    pool.quarantine.clear();
  }
}

}  // namespace rcuscope::live
