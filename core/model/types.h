// SPDX-License-Identifier: LGPL-2.1-or-later
// The types of the model world that two actors may share, besides locks.
#pragma once

#include <cstdint>
#include <type_traits>

#include "base/ids.h"

namespace rcuscope {

/// A shared location. The value is touched by the actor that was chosen, never by two at once.
template <class T>
struct ModelLocation {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  explicit constexpr ModelLocation(const char* literal_name, T initial = {})
      : value(initial), name(literal_name) {}

  T value;
  const char* name;
};

struct ModelRefcount {
  /// refcount_t saturates here after addition on 0 or underflow: the object leaks.
  static constexpr int saturated = 0x40000000;
  explicit constexpr ModelRefcount(const char* literal_name, int initial = 1)
      : value(initial), name(literal_name) {}

  int value;
  const char* name;
};

/// A set of up to `capacity` names. More is a LimitError.
struct ModelNameSet {
  static constexpr int capacity = 64;
  explicit constexpr ModelNameSet(const char* literal_name) : name(literal_name) {}

  StringId names[capacity];
  int count = 0;
  const char* name;
};

struct ModelWork {
  explicit constexpr ModelWork(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::int32_t index = -1;
};

}  // namespace rcuscope
