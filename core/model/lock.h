// SPDX-License-Identifier: LGPL-2.1-or-later
// ModelLock: a mutex or spinlock of the studied program.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace rcuscope {

/// Lives on the model's heap, inside what it protects.
struct ModelLock {
  explicit constexpr ModelLock(const char* literal_name) : name(literal_name) {}

  const char* name;
  ActorId owner;
};

struct ModelMutex : ModelLock {
  using ModelLock::ModelLock;
};

struct ModelSpinlock : ModelLock {
  using ModelLock::ModelLock;
};

/// A counter of complete() calls that nobody waited for yet.
struct ModelCompletion {
  explicit constexpr ModelCompletion(const char* literal_name) : name(literal_name) {}

  const char* name;
  int done = 0;
};

/// A domain of sleepable RCU: its address is all that tells it from others.
struct ModelSrcu {
  explicit constexpr ModelSrcu(const char* literal_name) : name(literal_name) {}

  const char* name;
};

}  // namespace rcuscope
