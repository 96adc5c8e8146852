// SPDX-License-Identifier: LGPL-2.1-or-later
// AfterSetup: what a program does once its set-up is over, with what it keeps outside of the
// model's heap.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace rcuscope {

/// A program that can be put back to where it has been. The locals of its actors own nothing while
/// they wait at an operation: no destructor of theirs runs when that happens.
class AfterSetup {
 public:
  virtual ~AfterSetup() = default;
  /// Runs the actors, and what follows. Context: the actor main.
  virtual void run() = 0;
  /// Notes what the program's own objects are now, those outside of the model's heap. `level`: 0
  /// for the first time, and one more than an earlier one, whose later ones are forgotten.
  virtual void save(std::size_t level) = 0;
  /// Brings them back to that.
  virtual void restore(std::size_t level) = 0;
};

/// Holds one AfterSetup at a time, always at one address: locks in it are known by theirs.
class AfterSetupSlot {
 public:
  AfterSetupSlot() = default;
  ~AfterSetupSlot() { clear(); }
  AfterSetupSlot(const AfterSetupSlot&) = delete;
  AfterSetupSlot& operator=(const AfterSetupSlot&) = delete;

  template <class T, class... Arguments>
  T& emplace(Arguments&&... arguments) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    clear();
    if (bytes_ < sizeof(T)) {
      bytes_ = sizeof(T);
      memory_ = std::make_unique<std::byte[]>(bytes_);
    }
    T* const object = new (memory_.get()) T(std::forward<Arguments>(arguments)...);
    object_ = object;
    return *object;
  }
  void clear() {
    if (object_ != nullptr) std::exchange(object_, nullptr)->~AfterSetup();
  }
  AfterSetup* operator->() const { return object_; }

 private:
  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte[]> memory_;
  AfterSetup* object_ = nullptr;  // in memory_
};

}  // namespace rcuscope
