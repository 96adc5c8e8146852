// SPDX-License-Identifier: LGPL-2.1-or-later
// TypeLayout: where the shared locations of a type are; learned while its first object is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rcuscope::live {

/// What kfree fills the shared locations of a freed object with: SLUB's POISON_FREE. As a pointer
/// it is not canonical, so that following it faults too.
inline constexpr std::uint64_t poison_word = 0x6b6b6b6b6b6b6b6b;

class TypeLayout {
 public:
  struct Location {
    std::size_t offset;
    std::size_t size;
    const char* name;
    void (*poison)(void* location);  ///< Stores poison atomically.
  };

  explicit TypeLayout(const void* object) : object_(static_cast<const std::byte*>(object)) {}

  void add(const void* location, std::size_t size, const char* name, void (*poison)(void*)) {
    const auto offset = static_cast<const std::byte*>(location) - object_;
    locations_.push_back({static_cast<std::size_t>(offset), size, name, poison});
  }

  const std::vector<Location>& locations() const { return locations_; }

 private:
  const std::byte* object_;  // the object under construction
  std::vector<Location> locations_;
};

}  // namespace rcuscope::live
