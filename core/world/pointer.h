// SPDX-License-Identifier: LGPL-2.1-or-later
// ptr<T>: a pointer of the studied program; following NULL or a list poison faults like a CPU
// would.
#pragma once

#include <cstdint>
#include <type_traits>

namespace rcuscope {

/// What list_del leaves behind on x86-64 and arm64 (include/linux/poison.h, KERNEL_FACTS 2.5).
inline constexpr std::uintptr_t LIST_POISON1 = 0xdead000000000100;
inline constexpr std::uintptr_t LIST_POISON2 = 0xdead000000000122;

/// Thrown where the studied program follows a pointer that no CPU could follow. The world that runs
/// the actor catches it at the actor's top and turns it into a finding.
struct BadPointer {
  std::uintptr_t address;
};

/// True for NULL (and the page after it) and for non-canonical addresses such as the list poisons.
constexpr bool is_bad_address(std::uintptr_t address) {
  return address - 4096 >= 0x0000'7fff'ffff'f000;
}

/// Out of line: a throw in place would keep the walks that follow pointers from being inlined.
[[noreturn, gnu::noinline]] inline void throw_bad_pointer(std::uintptr_t address) {
  throw BadPointer{address};
}

/// Trivially copyable, so that it may live in a shared location. Comparing is no access.
template <class T>
class ptr {
 public:
  constexpr ptr() = default;
  constexpr ptr(std::nullptr_t) {}
  constexpr ptr(T* raw) : raw_(raw) {}
  static ptr from_address(std::uintptr_t address) { return ptr(reinterpret_cast<T*>(address)); }

  /// Follows the pointer. Throws: BadPointer for NULL and poison. Liveness is not checked here but
  /// by the world, at the access to the field.
  T* operator->() const { return checked(); }
  T& operator*() const { return *checked(); }
  T* checked() const {
    if (is_bad_address(address())) [[unlikely]]
      throw_bad_pointer(address());
    return raw_;
  }

  T* raw() const { return raw_; }
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(raw_); }
  explicit operator bool() const { return raw_ != nullptr; }
  friend bool operator==(const ptr&, const ptr&) = default;

 private:
  T* raw_ = nullptr;
};

template <class T>
struct is_ptr : std::false_type {};
template <class T>
struct is_ptr<ptr<T>> : std::true_type {};

}  // namespace rcuscope
