// SPDX-License-Identifier: LGPL-2.1-or-later
// Live: the world of real threads on liburcu. Empty; everything it needs is in the thread's slot.
//
// Fast paths are inline: an untraced section of the memb flavor is liburcu's own inline pair plus
// two compares, and a shared location is a std::atomic plus two compares that are off the critical
// path.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "live/memory.h"
#include "live/objects.h"
#include "live/primitives.h"
#include "live/slot.h"
#include "live/urcu.h"
#include "world/world.h"

namespace rcuscope {

namespace live {

template <class T>
inline constexpr char type_key = 0;  // its address stands for the type

}  // namespace live

struct Live : live::Memory {
  using mutex = live::Mutex;
  using spinlock = live::Spinlock;
  using completion = live::Completion;
  using srcu_struct = live::SrcuStruct;
  using refcount = live::Refcount;
  using name_set = live::NameSet;
  using work_struct = live::WorkStruct;
  struct Owning {
    explicit Owning(const Live&) {}
  };

  // --- heap
  template <class T, class... Arguments>
  ptr<T> kzalloc(const char* type, std::string_view name, Place place,
                 Arguments&&... arguments) const {
    static_assert(std::is_trivially_destructible_v<T>);
    struct Building {
      live::Heap::Type type;
      bool was_built = false;
      ~Building() { live::end_kzalloc(type, was_built); }
    } building{{&live::type_key<T>, type, sizeof(T), alignof(T)}};
    std::byte* memory = live::begin_kzalloc(building.type, name, place).memory;
    T* object = new (memory) T(std::forward<Arguments>(arguments)...);
    building.was_built = true;
    return object;
  }
  template <class T>
  void kfree(ptr<T> object, Place place = Place::current()) const {
    live::kfree(object.raw(), place);
  }
  template <class T>
  void kfree_rcu(ptr<T> object, Place place = Place::current()) const {
    live::kfree_rcu(object.raw(), place);
  }
  template <class T>
  void kfree_rcu_mightsleep(ptr<T> object, Place place = Place::current()) const {
    live::kfree_rcu_mightsleep(object.raw(), place);
  }
  ObjectId object_id(const void* address) const { return live::object_id(address); }
  void set_lifetime(const void* object, Lifetime lifetime) const {
    live::set_lifetime(object, lifetime);
  }
  StringId intern(std::string_view text) const { return live::intern(text); }
  std::string_view text(StringId id) const { return live::text(id); }

  // --- readers and grace periods
  [[gnu::always_inline]] void rcu_read_lock(Place = Place::current()) const {
    unsigned long* reader = live::thread_slot.fast_reader.load(std::memory_order_relaxed);
    if (reader == nullptr) [[unlikely]] {
      live::read_lock_slow();
      return;
    }
    live::memb_read_lock(reader);
  }
  [[gnu::always_inline]] void rcu_read_unlock(Place = Place::current()) const {
    live::ThreadSlot& slot = live::thread_slot;
    unsigned long* reader = slot.reader;
    if (reader == nullptr || !slot.is_in_outermost_section()) [[unlikely]] {
      live::read_unlock_slow();
      return;
    }
    live::memb_read_unlock(reader);
    slot.count_section();
  }
  bool rcu_read_lock_held() const { return live::thread_slot.depth() > 0; }
  bool rcu_read_lock_any_held() const { return live::is_reader(); }
  void synchronize_rcu(Place place = Place::current()) const {
    live::synchronize_rcu(false, place);
  }
  void synchronize_rcu_expedited(Place place = Place::current()) const {
    live::synchronize_rcu(true, place);
  }
  void call_rcu(std::string name, Callback callback, Place place = Place::current()) const {
    live::call_rcu(std::move(name), std::move(callback), place);
  }
  void rcu_barrier(Place place = Place::current()) const { live::rcu_barrier(place); }
  void kvfree_rcu_barrier(Place place = Place::current()) const { live::kvfree_rcu_barrier(place); }
  std::int64_t get_state_synchronize_rcu(Place place = Place::current()) const {
    return live::get_state_synchronize_rcu(place);
  }
  std::int64_t start_poll_synchronize_rcu(Place place = Place::current()) const {
    return live::start_poll_synchronize_rcu(place);
  }
  bool poll_state_synchronize_rcu(std::int64_t cookie, Place place = Place::current()) const {
    return live::poll_state_synchronize_rcu(cookie, place);
  }
  void cond_synchronize_rcu(std::int64_t cookie, Place place = Place::current()) const {
    live::cond_synchronize_rcu(cookie, place);
  }

  // --- sleepable RCU
  int srcu_read_lock(srcu_struct& domain, Place place = Place::current()) const {
    return live::srcu_read_lock(domain, place);
  }
  void srcu_read_unlock(srcu_struct& domain, int index, Place place = Place::current()) const {
    live::srcu_read_unlock(domain, index, place);
  }
  bool srcu_read_lock_held(const srcu_struct& domain) const {
    return live::srcu_read_lock_held(domain);
  }
  void synchronize_srcu(srcu_struct& domain, Place place = Place::current()) const {
    live::synchronize_srcu(domain, place);
  }
  void call_srcu(srcu_struct& domain, std::string name, Callback callback,
                 Place place = Place::current()) const {
    live::call_srcu(domain, std::move(name), std::move(callback), place);
  }
  void srcu_barrier(srcu_struct& domain, Place place = Place::current()) const {
    live::srcu_barrier(domain, place);
  }

  // --- work
  void init_work(work_struct& work, std::string name, Callback function) const {
    live::init_work(work, std::move(name), std::move(function));
  }
  bool queue_work(work_struct& work, Place place = Place::current()) const {
    return live::queue_work(work, false, place);
  }
  bool queue_rcu_work(work_struct& work, Place place = Place::current()) const {
    return live::queue_work(work, true, place);
  }
  void flush_work(work_struct& work, Place place = Place::current()) const {
    live::flush_work(work, place);
  }
  void flush_rcu_work(work_struct& work, Place place = Place::current()) const {
    live::flush_work(work, place);
  }
  bool cancel_work_sync(work_struct& work, Place place = Place::current()) const {
    return live::cancel_work_sync(work, false, place);
  }
  bool disable_work_sync(work_struct& work, Place place = Place::current()) const {
    return live::cancel_work_sync(work, true, place);
  }
  bool enable_work(work_struct& work, Place place = Place::current()) const {
    return live::enable_work(work, place);
  }
  void flush_workqueue(Place place = Place::current()) const { live::flush_workqueue(place); }

  // --- locks
  void mutex_lock(mutex& lock, Place place = Place::current()) const {
    live::mutex_lock(lock, place);
  }
  bool mutex_trylock(mutex& lock, Place place = Place::current()) const {
    return live::mutex_trylock(lock, place);
  }
  void mutex_unlock(mutex& lock, Place place = Place::current()) const {
    live::mutex_unlock(lock, place);
  }
  bool is_held(const mutex& lock) const { return live::is_held(lock); }
  bool is_held(const spinlock& lock) const { return live::is_held(lock); }
  void spin_lock(spinlock& lock, SpinMode mode, Place place = Place::current()) const {
    live::spin_lock(lock, mode, place);
  }
  bool spin_trylock(spinlock& lock, Place place = Place::current()) const {
    return live::spin_trylock(lock, place);
  }
  void spin_unlock(spinlock& lock, SpinMode mode, Place place = Place::current()) const {
    live::spin_unlock(lock, mode, place);
  }
  void mask(Mask what, Place place = Place::current()) const { live::mask(what, place); }
  void unmask(Mask what, Place place = Place::current()) const { live::unmask(what, place); }
  bool has_irqs_off() const { return live::has_irqs_off(); }
  void complete(completion& done, Place place = Place::current()) const {
    live::complete(done, place);
  }
  void wait_for_completion(completion& done, Place place = Place::current()) const {
    live::wait_for_completion(done, place);
  }
  void relax(Place place = Place::current()) const { live::relax(place); }

  // --- reference counts and sets of names
  int refcount_inc(refcount& count, EventKind kind, Place place = Place::current()) const {
    return live::refcount_inc(count, kind, place);
  }
  int refcount_dec(refcount& count, EventKind kind, Place place = Place::current()) const {
    return live::refcount_dec(count, kind, place);
  }
  bool refcount_inc_not_zero(refcount& count, EventKind kind,
                             Place place = Place::current()) const {
    return live::refcount_inc_not_zero(count, kind, place);
  }
  int refcount_read(const refcount& count, Place place = Place::current()) const {
    return live::refcount_read(count, place);
  }
  bool add_name(name_set& names, StringId name, EventKind kind,
                Place place = Place::current()) const {
    return live::add_name(names, name, kind, place);
  }
  bool remove_name(name_set& names, StringId name, EventKind kind,
                   Place place = Place::current()) const {
    return live::remove_name(names, name, kind, place);
  }

  // --- context, log, actors
  void might_sleep(std::string_view what, Place place = Place::current()) const {
    live::might_sleep(what, place);
  }
  Context context() const { return live::context(); }
  void trace(EventKind kind, const void* object, std::int64_t value,
             Place place = Place::current()) const {
    live::trace(kind, object, value, place);
  }
  void report(FindingKind kind, const void* object, std::string text,
              Place place = Place::current()) const {
    live::report(kind, object, std::move(text), place);
  }
  void declare(ActorSpec actor) const { live::declare(std::move(actor)); }
  void run_actors() const { live::run_actors(); }
  void check_end_of_run() const { live::check_end_of_run(); }
};

static_assert(World<Live> && sizeof(Live) == 1);

}  // namespace rcuscope
