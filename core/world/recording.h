// SPDX-License-Identifier: LGPL-2.1-or-later
// Recording: the smallest world, for unit tests: one thread, every operation done at once and
// logged.
#pragma once

#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "world/recording_log.h"
#include "world/world.h"

namespace rcuscope {

template <class T>
struct RecordedLocation {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 16);
  explicit constexpr RecordedLocation(const char* literal_name, T initial = {})
      : value(initial), name(literal_name) {}

  T value;
  const char* name;
};

class Recording {
 public:
  template <class T>
  using shared = RecordedLocation<T>;
  using mutex = RecordedMutex;
  using spinlock = RecordedSpinlock;
  using completion = RecordedCompletion;
  using srcu_struct = RecordedSrcu;
  using refcount = RecordedRefcount;
  using name_set = RecordedNameSet;
  using work_struct = RecordedWork;
  struct Owning {
    explicit Owning(const Recording&) {}
  };

  explicit Recording(RecordingLog& log) : log_(&log) {}
  RecordingLog& log() const { return *log_; }

  // --- memory
  template <class T>
  T read(const shared<T>& location, Access access, Place place = Place::current()) const {
    log_->access(&location, location.name, access, false, place);
    return location.value;
  }
  template <class T>
  void write(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    log_->access(&location, location.name, access, true, place);
    if constexpr (is_ptr<T>::value) log_->note_stored(&location, value.raw());
    location.value = value;
  }
  template <class T>
  T fetch_add(shared<T>& location, std::type_identity_t<T> value, Access access,
              Place place = Place::current()) const {
    const T old = read(location, access, place);
    write(location, static_cast<T>(old + value), access, place);
    return old;
  }
  template <class T>
  T exchange(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    const T old = read(location, access, place);
    write(location, value, access, place);
    return old;
  }
  template <class T>
  T compare_exchange(shared<T>& location, std::type_identity_t<T> expected,
                     std::type_identity_t<T> desired, Access access,
                     Place place = Place::current()) const {
    const T old = read(location, access, place);
    if (old == expected) write(location, desired, access, place);
    return old;
  }
  void memory_barrier(Barrier, Place = Place::current()) const {}

  // --- heap
  template <class T, class... Arguments>
  ptr<T> kzalloc(const char* type, std::string_view name, Place place,
                 Arguments&&... arguments) const {
    static_assert(std::is_trivially_destructible_v<T>);
    void* memory = log_->allocate(sizeof(T), type, name, place);
    return new (memory) T(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  void kfree(ptr<T> object, Place place = Place::current()) const {
    log_->free_object(object.raw(), place);
  }
  template <class T>
  void kfree_rcu(ptr<T> object, Place place = Place::current()) const {
    free_after_grace_period(object.raw(), place);
  }
  template <class T>
  void kfree_rcu_mightsleep(ptr<T> object, Place place = Place::current()) const {
    might_sleep("kfree_rcu_mightsleep", place);
    free_after_grace_period(object.raw(), place);
  }
  ObjectId object_id(const void* address) const { return log_->object_id(address); }
  void set_lifetime(const void* object, Lifetime lifetime) const;
  StringId intern(std::string_view text) const { return log_->intern(text); }
  std::string_view text(StringId id) const;

  // --- readers and grace periods
  void rcu_read_lock(Place place = Place::current()) const;
  void rcu_read_unlock(Place place = Place::current()) const;
  bool rcu_read_lock_held() const { return log_->me().nesting > 0; }
  bool rcu_read_lock_any_held() const { return log_->is_reader(); }
  void synchronize_rcu(Place place = Place::current()) const { log_->synchronize(false, place); }
  void synchronize_rcu_expedited(Place place = Place::current()) const {
    log_->synchronize(true, place);
  }
  void call_rcu(std::string name, Callback callback, Place place = Place::current()) const;
  void rcu_barrier(Place place = Place::current()) const;
  void kvfree_rcu_barrier(Place place = Place::current()) const;
  std::int64_t get_state_synchronize_rcu(Place = Place::current()) const {
    return log_->grace_period_count_;
  }
  std::int64_t start_poll_synchronize_rcu(Place place = Place::current()) const;
  bool poll_state_synchronize_rcu(std::int64_t cookie, Place = Place::current()) const {
    return log_->ended_grace_period_ >= cookie;
  }
  void cond_synchronize_rcu(std::int64_t cookie, Place place = Place::current()) const;

  // --- sleepable RCU
  int srcu_read_lock(srcu_struct& domain, Place place = Place::current()) const {
    return log_->srcu_read_lock(domain, place);
  }
  void srcu_read_unlock(srcu_struct& domain, int index, Place place = Place::current()) const {
    log_->srcu_read_unlock(domain, index, place);
  }
  bool srcu_read_lock_held(const srcu_struct& domain) const;
  void synchronize_srcu(srcu_struct& domain, Place place = Place::current()) const {
    log_->synchronize_srcu(domain, place);
  }
  void call_srcu(srcu_struct& domain, std::string name, Callback callback,
                 Place place = Place::current()) const {
    log_->call_srcu(domain, std::move(name), std::move(callback), place);
  }
  void srcu_barrier(srcu_struct& domain, Place place = Place::current()) const {
    log_->srcu_barrier(domain, place);
  }

  // --- work
  void init_work(work_struct& work, std::string name, Callback function) const;
  bool queue_work(work_struct& work, Place place = Place::current()) const {
    return log_->queue(work, EventKind::queue_work, place);
  }
  bool queue_rcu_work(work_struct& work, Place place = Place::current()) const {
    return log_->queue(work, EventKind::queue_rcu_work, place);
  }
  void flush_work(work_struct& work, Place place = Place::current()) const {
    log_->flush(work, "flush_work", place);
  }
  void flush_rcu_work(work_struct& work, Place place = Place::current()) const {
    log_->flush(work, "flush_rcu_work", place);
  }
  bool cancel_work_sync(work_struct& work, Place place = Place::current()) const {
    return log_->cancel(work, false, place);
  }
  bool disable_work_sync(work_struct& work, Place place = Place::current()) const {
    return log_->cancel(work, true, place);
  }
  bool enable_work(work_struct& work, Place place = Place::current()) const;
  void flush_workqueue(Place place = Place::current()) const;

  // --- locks
  void mutex_lock(mutex& lock, Place place = Place::current()) const {
    log_->mutex_lock(lock, place);
  }
  bool mutex_trylock(mutex& lock, Place place = Place::current()) const;
  void mutex_unlock(mutex& lock, Place place = Place::current()) const {
    log_->mutex_unlock(lock, place);
  }
  bool is_held(const mutex& lock) const { return lock.owner == log_->current_; }
  void spin_lock(spinlock& lock, SpinMode mode, Place place = Place::current()) const {
    log_->spin_lock(lock, mode, place);
  }
  bool spin_trylock(spinlock& lock, Place place = Place::current()) const;
  void spin_unlock(spinlock& lock, SpinMode mode, Place place = Place::current()) const {
    log_->spin_unlock(lock, mode, place);
  }
  void mask(Mask what, Place place = Place::current()) const {
    log_->switch_off(what, true, place);
  }
  void unmask(Mask what, Place place = Place::current()) const {
    log_->switch_off(what, false, place);
  }
  bool has_irqs_off() const { return log_->me().off.irq; }
  void complete(completion& done, Place place = Place::current()) const {
    log_->complete(done, place);
  }
  void wait_for_completion(completion& done, Place place = Place::current()) const {
    log_->wait_for_completion(done, place);
  }
  void relax(Place place = Place::current()) const { log_->relax(place); }

  // --- reference counts
  int refcount_inc(refcount& count, EventKind kind, Place place = Place::current()) const {
    return log_->change_refcount(count, 1, kind, place);
  }
  int refcount_dec(refcount& count, EventKind kind, Place place = Place::current()) const {
    return log_->change_refcount(count, -1, kind, place);
  }
  bool refcount_inc_not_zero(refcount& count, EventKind kind, Place place = Place::current()) const;
  int refcount_read(const refcount& count, Place place = Place::current()) const;

  // --- names
  bool add_name(name_set& names, StringId name, EventKind kind,
                Place place = Place::current()) const;
  bool remove_name(name_set& names, StringId name, EventKind kind,
                   Place place = Place::current()) const;

  // --- context, log, reports
  void might_sleep(std::string_view what, Place place = Place::current()) const;
  Context context() const { return context_of(log_->me().kind); }
  void trace(EventKind kind, const void* object, std::int64_t value,
             Place place = Place::current()) const {
    log_->record(kind, object, value, place);
  }
  void report(FindingKind kind, const void* object, std::string text,
              Place place = Place::current()) const {
    log_->report(kind, object, std::move(text), place);
  }

  // --- actors
  void declare(ActorSpec actor) const { log_->declared_.push_back(std::move(actor)); }
  void run_actors() const { log_->run_actors(); }
  void check_end_of_run() const { log_->check_end_of_run(); }

 private:
  void free_after_grace_period(const void* object, const Place& place) const;

  RecordingLog* log_;
};

static_assert(World<Recording>);

}  // namespace rcuscope
