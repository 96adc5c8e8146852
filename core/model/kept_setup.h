// SPDX-License-Identifier: LGPL-2.1-or-later
// KeptSetup: what the set-up of a program has made, copied back before each further execution
// instead of being made again. Set-up runs alone, so it is the same in every execution.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "model/actor.h"
#include "model/grace_period.h"
#include "model/heap.h"
#include "model/work_item.h"
#include "trace/finding.h"

namespace rcuscope {

/// What a program does once its set-up is over, and can do again from there.
class AfterSetup {
 public:
  virtual ~AfterSetup() = default;
  /// Runs the actors, and what follows. Context: the actor main.
  virtual void run() = 0;
  /// Set-up is over: notes what the program's own objects are, those outside of the model's heap.
  virtual void keep() = 0;
  /// Brings them back to that.
  virtual void restore() = 0;
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

/// Everything that a run changes and set-up may have begun to change.
struct KeptSetup {
  std::vector<ActorState> actors;
  ModelHeap::Image heap;
  std::vector<GracePeriod> grace_periods;
  std::vector<WorkItem> work;
  std::vector<Finding> findings;
  std::string final_state;
  Step steps = 0;
  std::int64_t version = 0;
};

}  // namespace rcuscope
