// SPDX-License-Identifier: LGPL-2.1-or-later
// TypeLayout: where the shared locations of a type are; learned while its first object is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rcuscope::live {

/// What kfree fills the shared locations of a freed object with: SLUB's POISON_FREE.
inline constexpr std::uint64_t poison_word = 0x6b6b6b6b6b6b6b6b;

/// A poisoned pointer keeps only the upper half of it, so that it is not canonical and faults when
/// followed, and says below where it was read: which object was freed.
inline constexpr unsigned poison_pointer_shift = 48;

inline std::uint64_t poison_pointer(const void* location) {
  const auto address = reinterpret_cast<std::uintptr_t>(location);
  return (poison_word >> poison_pointer_shift << poison_pointer_shift) |
         (address & ((std::uint64_t{1} << poison_pointer_shift) - 1));
}

constexpr bool is_poison_pointer(std::uint64_t word) {
  return word >> poison_pointer_shift == poison_word >> poison_pointer_shift;
}

/// The location in a freed object that the pointer was read from.
inline const void* origin_of_poison(std::uint64_t word) {
  return reinterpret_cast<const void*>(word & ((std::uint64_t{1} << poison_pointer_shift) - 1));
}

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
