// SPDX-License-Identifier: LGPL-2.1-or-later
// Shared<T>: a location that actors share: a std::atomic, nothing more.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "live/layout.h"
#include "live/slot.h"
#include "world/access.h"
#include "world/pointer.h"

namespace rcuscope::live {

constexpr std::memory_order load_order(Access access) {
  if (access == Access::full) return std::memory_order_seq_cst;
  // The kernel's rcu_dereference relies on the address dependency; C++ has no cheaper name for it.
  const bool is_ordered = access == Access::acquire || access == Access::dereference;
  return is_ordered ? std::memory_order_acquire : std::memory_order_relaxed;
}

constexpr std::memory_order store_order(Access access) {
  if (access == Access::full) return std::memory_order_seq_cst;
  const bool is_ordered = access == Access::release || access == Access::assign;
  return is_ordered ? std::memory_order_release : std::memory_order_relaxed;
}

/// Of a link of a list. list_del_rcu passes on, by WRITE_ONCE, a node that another updater has
/// published: a reader that finds it there is ordered by that updater's release and by
/// dependencies, which C++ does not know. ThreadSanitizer goes by C++, so under it the store is a
/// release.
constexpr std::memory_order link_store_order(Access access) {
#if defined(__SANITIZE_THREAD__)
  if (store_order(access) == std::memory_order_relaxed) return std::memory_order_release;
#endif
  return store_order(access);
}

constexpr std::memory_order update_order(Access access) {
  if (access == Access::relaxed) return std::memory_order_relaxed;
  if (access == Access::acquire) return std::memory_order_acquire;
  return access == Access::release ? std::memory_order_release : std::memory_order_seq_cst;
}

/// The name costs nothing: the heap keeps it once for a type.
template <class T>
class Shared {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  // A poisoned bool would be undefined behaviour to read.
  using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

 public:
  explicit Shared(const char* name, T initial = {}) : value_(static_cast<Stored>(initial)) {
    if (thread_slot.layout != nullptr) [[unlikely]] {
      thread_slot.layout->add(this, sizeof(*this), name, &Shared::poison);
    }
  }

  T load(std::memory_order order) const { return static_cast<T>(value_.load(order)); }
  void store(T value, std::memory_order order) { value_.store(static_cast<Stored>(value), order); }
  T exchange(T value, std::memory_order order) {
    return static_cast<T>(value_.exchange(static_cast<Stored>(value), order));
  }
  T fetch_add(T addend, std::memory_order order)
    requires std::is_integral_v<T>
  {
    return static_cast<T>(value_.fetch_add(static_cast<Stored>(addend), order));
  }
  /// Return: the old value; `desired` was stored iff that equals `expected`.
  T compare_exchange(T expected, T desired) {
    auto old = static_cast<Stored>(expected);
    value_.compare_exchange_strong(old, static_cast<Stored>(desired));
    return static_cast<T>(old);
  }

  /// Not so a value that may hold a pointer among other things.
  static constexpr bool is_plain_pointer = is_ptr<T>::value && sizeof(T) == sizeof(void*);

  /// True for what kfree leaves behind, and for the same bits in a live object.
  static bool looks_poisoned(const T& value) {
    using Word = std::conditional_t<
        sizeof(T) == 1, std::uint8_t,
        std::conditional_t<sizeof(T) == 2, std::uint16_t,
                           std::conditional_t<(sizeof(T) < 8), std::uint32_t, std::uint64_t>>>;
    if constexpr (std::is_same_v<T, bool>) {
      return value;  // a poisoned byte reads as true
    } else if constexpr (is_plain_pointer) {
      return is_poison_pointer(value.address());
    } else {
      static_assert(sizeof(T) >= sizeof(Word));
      Word word;
      std::memcpy(&word, &value, sizeof word);
      return word == static_cast<Word>(poison_word);
    }
  }

 private:
  static void poison(void* location) {
    const std::uint64_t word = is_plain_pointer ? poison_pointer(location) : poison_word;
    const std::uint64_t words[2] = {word, word};
    Stored value;
    std::memcpy(&value, words, sizeof value);
    static_cast<Shared*>(location)->value_.store(value, std::memory_order_release);
  }

  std::atomic<Stored> value_;
};

}  // namespace rcuscope::live
