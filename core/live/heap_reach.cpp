// SPDX-License-Identifier: LGPL-2.1-or-later
// What a heap at rest still reaches. Follows the checker of leaks in the model: objects are
// searched for words that are addresses of objects.
#include <cstring>
#include <set>

#include "live/heap.h"

namespace rcuscope::live {

std::vector<Heap::Unreachable> Heap::unreachable() const {
  struct Part {
    const std::byte* memory;
    std::size_t bytes;
  };
  std::map<const ObjectHeader*, Part> parts;
  std::vector<Unreachable> allocated;
  std::vector<const ObjectHeader*> pending;
  std::set<const ObjectHeader*> reached;
  for (const auto& chunk : chunks_) {
    for (std::size_t i = 0; i < chunk->used_count; ++i) {
      const ObjectHeader* const header = &chunk->headers[i];
      if (header->state != ObjectHeader::State::allocated) continue;
      parts[header] = {chunk->memory + i * chunk->stride, chunk->pool->type.size};
      allocated.push_back({header, chunk->pool->type.name});
      if (header->lifetime == Lifetime::root && reached.insert(header).second)
        pending.push_back(header);
    }
  }
  while (!pending.empty()) {
    const Part part = parts.at(pending.back());
    pending.pop_back();
    for (std::size_t at = 0; at + sizeof(void*) <= part.bytes; at += sizeof(void*)) {
      const void* word;
      std::memcpy(&word, part.memory + at, sizeof word);
      const ObjectHeader* const target = find(word);
      if (target != nullptr && parts.contains(target) && reached.insert(target).second)
        pending.push_back(target);
    }
  }
  std::erase_if(allocated, [&](const Unreachable& one) { return reached.contains(one.header); });
  return allocated;
}

}  // namespace rcuscope::live
