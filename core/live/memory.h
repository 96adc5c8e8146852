// SPDX-License-Identifier: LGPL-2.1-or-later
// Memory: Live's accesses to shared locations, inline.
#pragma once

#include <atomic>
#include <type_traits>

#include "live/primitives.h"
#include "live/shared.h"
#include "live/slot.h"
#include "world/pointer.h"

namespace rcuscope::live {

/// Pointers to objects whose publication the heap follows. Links of list nodes point to a node
/// inside an entry, and the list operations say themselves what they publish.
template <class T>
concept TracksPublication = is_ptr<T>::value && !requires(T pointer) { pointer->owner; };

/// Empty; Live is one.
struct Memory {
  template <class T>
  using shared = Shared<T>;

  template <class T>
  [[gnu::always_inline]] T read(const shared<T>& location, Access access,
                                Place place = Place::current()) const {
    prepare(location, access, AccessKind::load);
    const T value = location.load(load_order(access));
    // A walk follows what it reads, and a poisoned pointer faults there: one compare less per step.
    const bool faults_later = shared<T>::is_plain_pointer && access == Access::dereference;
    if (!faults_later && shared<T>::looks_poisoned(value)) [[unlikely]]
      return of_living(value, &location, place.file, place.function, place.line);
    return value;
  }

  template <class T>
  void write(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    prepare_update(location, access, place);
    if constexpr (TracksPublication<T>) {
      const T old = location.exchange(value, std::memory_order_acq_rel);
      if (old != value) pointer_changed(&location, old.raw(), value.raw(), access);
    } else {
      location.store(value, is_ptr<T>::value ? link_store_order(access) : store_order(access));
      if constexpr (is_ptr<T>::value) {  // a link: it publishes the entry around the node
        if (access == Access::assign) publish_entry(value.raw());
      }
    }
  }

  template <class T>
  T fetch_add(shared<T>& location, std::type_identity_t<T> addend, Access access,
              Place place = Place::current()) const {
    prepare_update(location, access, place);
    return location.fetch_add(addend, update_order(access));
  }

  template <class T>
  T exchange(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    prepare_update(location, access, place);
    const T old = location.exchange(value, update_order(access));
    if constexpr (TracksPublication<T>) {
      if (old != value) pointer_changed(&location, old.raw(), value.raw(), access);
    }
    return old;
  }

  template <class T>
  T compare_exchange(shared<T>& location, std::type_identity_t<T> expected,
                     std::type_identity_t<T> desired, Access access,
                     Place place = Place::current()) const {
    prepare_update(location, access, place);
    const T old = location.compare_exchange(expected, desired);
    if constexpr (TracksPublication<T>) {
      if (old == expected && old != desired) {
        pointer_changed(&location, old.raw(), desired.raw(), access);
      }
    }
    return old;
  }

  void memory_barrier(Barrier, Place = Place::current()) const {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

 private:
  template <class T>
  [[gnu::always_inline]] void prepare(const shared<T>& location, Access access,
                                      AccessKind kind) const {
    if (thread_slot.is_access_slow.load(std::memory_order_relaxed)) [[unlikely]] {
      before_access(&location, access, kind);
    }
  }
  /// Return: the value, through the cold call, so that the fast path keeps it in a register.
  template <class T>
  [[gnu::noinline, gnu::cold]] static T of_living(T value, const void* location, const char* file,
                                                  const char* function, std::uint32_t line) {
    check_alive(location, file, function, line);
    return value;
  }
  template <class T>
  void prepare_update(const shared<T>& location, Access access, const Place& place) const {
    prepare(location, access, AccessKind::store);
    if (shared<T>::looks_poisoned(location.load(std::memory_order_relaxed))) [[unlikely]] {
      check_alive(&location, place.file, place.function, place.line);
    }
  }
};

}  // namespace rcuscope::live
