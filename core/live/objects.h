// SPDX-License-Identifier: LGPL-2.1-or-later
// The world types of Live with state of their own: locks, completions, domains of SRCU, counts,
// sets of names, work. They are trivially destructible, so that they may be members of heap
// objects; names are literals.
#pragma once

#include <atomic>
#include <cstdint>

namespace rcuscope::live {

struct NameSetState;
struct SrcuState;
struct WorkState;

/// Whoever waits sleeps in a futex. Each actor knows what it holds; the owner here is for reports.
struct Lock {
  explicit Lock(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::atomic<std::uint32_t> state{0};  ///< 0 free, 1 locked, 2 locked and perhaps waited for.
  std::atomic<std::int32_t> owner{-1};  ///< ActorId.
  std::atomic<std::int32_t> id{-1};     ///< ObjectId, once it is needed.
};

struct Mutex : Lock {
  using Lock::Lock;
};

/// Its holder is a reader and may not sleep.
struct Spinlock : Lock {
  using Lock::Lock;
};

struct Completion {
  explicit Completion(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::uint32_t done = 0;  ///< complete() calls not used yet. Under the repetition's lock.
  std::atomic<std::int32_t> id{-1};  ///< ObjectId, once it is needed.
};

/// A domain of sleepable RCU.
struct SrcuStruct {
  explicit SrcuStruct(const char* literal_name) : name(literal_name) {}

  const char* name;
  std::atomic<SrcuState*> state{nullptr};  ///< Owner: the repetition; made on first use.
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
