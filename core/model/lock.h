// SPDX-License-Identifier: LGPL-2.1-or-later
// ModelMutex: a sleeping lock of the studied program.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace rcuscope {

/// Lives on the model's heap, inside what it protects.
struct ModelMutex {
  explicit constexpr ModelMutex(const char* literal_name) : name(literal_name) {}

  const char* name;
  ActorId owner;
};

}  // namespace rcuscope
