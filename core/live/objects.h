// SPDX-License-Identifier: LGPL-2.1-or-later
// The world types of Live with state of their own: mutex, refcount, name_set, work_struct. They are
// trivially destructible, so that they may be members of heap objects; names are literals.
#pragma once

#include <atomic>
#include <cstdint>

namespace rcuscope::live {

struct NameSetState;
struct WorkState;

/// Sleeps in a futex. Each actor knows what it holds; the owner here is for reports.
struct Mutex {
  explicit Mutex(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::atomic<std::uint32_t> state{0};  ///< 0 free, 1 locked, 2 locked and perhaps waited for.
  std::atomic<std::int32_t> owner{-1};  ///< ActorId.
  std::atomic<std::int32_t> id{-1};     ///< ObjectId, once it is needed.
};

struct Refcount {
  explicit Refcount(const char* literal_name, int initial = 1)
      : name(literal_name), count(initial) {}

  const char* name;
  std::atomic<int> count;
};

struct NameSet {
  explicit NameSet(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::atomic<NameSetState*> state{nullptr};  ///< Owner: the repetition.
};

struct WorkStruct {
  explicit WorkStruct(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::atomic<WorkState*> state{nullptr};  ///< Owner: the repetition; made by init_work.
};

}  // namespace rcuscope::live
