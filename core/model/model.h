// SPDX-License-Identifier: LGPL-2.1-or-later
// Model: the deterministic world. Every primitive is an operation of an Execution, sequentially
// consistent, under the order that the execution's chooser decides.
#pragma once

#include <functional>
#include <new>
#include <string>
#include <type_traits>
#include <utility>

#include "model/execution.h"
#include "model/lock.h"
#include "model/types.h"
#include "trace/value_kind.h"
#include "world/world.h"

namespace rcuscope {

class Model {
 public:
  template <class T>
  using shared = ModelLocation<T>;
  using mutex = ModelMutex;
  using spinlock = ModelSpinlock;
  using completion = ModelCompletion;
  using srcu_struct = ModelSrcu;
  using refcount = ModelRefcount;
  using name_set = ModelNameSet;
  using work_struct = ModelWork;
  struct Owning : Execution::Owning {
    explicit Owning(const Model& world) : Execution::Owning(world.execution()) {}
  };

  explicit Model(Execution& execution) : execution_(&execution) {}
  Execution& execution() const { return *execution_; }

  // --- memory
  template <class T>
  T read(const shared<T>& location, Access access, Place place = Place::current()) const {
    if (!access_location(OperationKind::read, &location, location.name, access, place)) return T{};
    note_loaded(location.value);
    return location.value;
  }
  template <class T>
  void write(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    if (!access_location(OperationKind::write, &location, location.name, access, place)) return;
    note_escape(value);
    location.value = value;
  }
  template <class T>
  T fetch_add(shared<T>& location, std::type_identity_t<T> value, Access access,
              Place place = Place::current()) const {
    return update(location, access, place, [&](T old) { return static_cast<T>(old + value); });
  }
  template <class T>
  T exchange(shared<T>& location, std::type_identity_t<T> value, Access access,
             Place place = Place::current()) const {
    return update(location, access, place, [&](T) { return value; });
  }
  template <class T>
  T compare_exchange(shared<T>& location, std::type_identity_t<T> expected,
                     std::type_identity_t<T> desired, Access access,
                     Place place = Place::current()) const {
    return update(
        location, access, place, [&](T old) { return old == expected ? desired : old; },
        [&](T old) { return old == expected; });
  }
  void memory_barrier(Barrier barrier, Place place = Place::current()) const;

  // --- heap
  template <class T, class... Arguments>
  ptr<T> kzalloc(const char* type, std::string_view name, Place place,
                 Arguments&&... arguments) const {
    static_assert(std::is_trivially_destructible_v<T>);
    void* memory = allocate(type, name, sizeof(T), place);
    if (memory == nullptr) return {};
    return new (memory) T(std::forward<Arguments>(arguments)...);
  }
  template <class T>
  void kfree(ptr<T> object, Place place = Place::current()) const {
    free_object(object.raw(), place);
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
  ObjectId object_id(const void* address) const {
    return execution_->trace_object(execution_->heap().find(address));
  }
  void set_lifetime(const void* object, Lifetime lifetime) const;
  /// The caller gave the object away in a way that no store shows: as argument of a callback.
  void mark_escaped(const void* object) const;
  StringId intern(std::string_view text) const { return execution_->intern(text); }
  std::string_view text(StringId id) const {
    return id.is_valid() ? std::string_view(execution_->text(id)) : std::string_view();
  }

  // --- readers and grace periods
  void rcu_read_lock(Place place = Place::current()) const;
  void rcu_read_unlock(Place place = Place::current()) const;
  bool rcu_read_lock_held() const { return execution_->me().reader_nesting > 0; }
  bool rcu_read_lock_any_held() const { return execution_->me().is_reader(); }
  void synchronize_rcu(Place place = Place::current()) const;
  void synchronize_rcu_expedited(Place place = Place::current()) const;
  std::int64_t get_state_synchronize_rcu(Place place = Place::current()) const;
  std::int64_t start_poll_synchronize_rcu(Place place = Place::current()) const;
  bool poll_state_synchronize_rcu(std::int64_t cookie, Place place = Place::current()) const;
  void cond_synchronize_rcu(std::int64_t cookie, Place place = Place::current()) const;
  void call_rcu(std::string name, Callback callback, Place place = Place::current()) const;
  void rcu_barrier(Place place = Place::current()) const;
  void kvfree_rcu_barrier(Place place = Place::current()) const;

  // --- sleepable RCU
  int srcu_read_lock(srcu_struct& domain, Place place = Place::current()) const;
  void srcu_read_unlock(srcu_struct& domain, int index, Place place = Place::current()) const;
  bool srcu_read_lock_held(const srcu_struct& domain) const;
  void synchronize_srcu(srcu_struct& domain, Place place = Place::current()) const;
  void call_srcu(srcu_struct& domain, std::string name, Callback callback,
                 Place place = Place::current()) const;
  void srcu_barrier(srcu_struct& domain, Place place = Place::current()) const;

  // --- work
  void init_work(work_struct& work, std::string name, Callback function) const;
  bool queue_work(work_struct& work, Place place = Place::current()) const;
  bool queue_rcu_work(work_struct& work, Place place = Place::current()) const;
  void flush_work(work_struct& work, Place place = Place::current()) const;
  void flush_rcu_work(work_struct& work, Place place = Place::current()) const;
  bool cancel_work_sync(work_struct& work, Place place = Place::current()) const;
  bool disable_work_sync(work_struct& work, Place place = Place::current()) const;
  bool enable_work(work_struct& work, Place place = Place::current()) const;
  void flush_workqueue(Place place = Place::current()) const;

  // --- locks
  void mutex_lock(mutex& lock, Place place = Place::current()) const;
  bool mutex_trylock(mutex& lock, Place place = Place::current()) const;
  void mutex_unlock(mutex& lock, Place place = Place::current()) const;
  bool is_held(const ModelLock& lock) const { return lock.owner == execution_->current(); }
  void spin_lock(spinlock& lock, SpinMode mode, Place place = Place::current()) const;
  bool spin_trylock(spinlock& lock, Place place = Place::current()) const;
  void spin_unlock(spinlock& lock, SpinMode mode, Place place = Place::current()) const;
  void mask(Mask what, Place place = Place::current()) const;
  void unmask(Mask what, Place place = Place::current()) const;
  bool has_irqs_off() const { return execution_->me().mask.irq_off; }
  void complete(completion& done, Place place = Place::current()) const;
  void wait_for_completion(completion& done, Place place = Place::current()) const;
  /// cpu_relax in a loop: goes on when something that the caller has read has changed.
  void relax(Place place = Place::current()) const { execution_->relax(place); }

  // --- reference counts
  int refcount_inc(refcount& count, EventKind kind, Place place = Place::current()) const;
  int refcount_dec(refcount& count, EventKind kind, Place place = Place::current()) const;
  bool refcount_inc_not_zero(refcount& count, EventKind kind, Place place = Place::current()) const;

  int refcount_read(const refcount& count, Place place = Place::current()) const;

  // --- names
  bool add_name(name_set& names, StringId name, EventKind kind,
                Place place = Place::current()) const;
  bool remove_name(name_set& names, StringId name, EventKind kind,
                   Place place = Place::current()) const;

  // --- context, log, reports
  void might_sleep(std::string_view what, Place place = Place::current()) const {
    execution_->may_sleep(what, place);
  }
  /// A step that only passes time; sleeps.
  void msleep(Place place = Place::current()) const;
  Context context() const { return context_of(execution_->me().spec.kind); }
  void trace(EventKind kind, const void* object, std::int64_t value,
             Place place = Place::current()) const {
    if (!execution_->is_tracing()) return;
    if (value_kind(kind) == ValueKind::string)  // an id of intern(): the trace has its own
      value = execution_->trace_string(text({static_cast<std::int32_t>(value)}));
    execution_->emit(kind, object_id(object), value, place);
  }
  void report(FindingKind kind, const void* object, std::string message,
              Place place = Place::current()) const;

  // --- actors
  void declare(ActorSpec actor) const { execution_->declare(std::move(actor)); }
  void run_actors() const { execution_->run_actors(); }
  void check_end_of_run() const { execution_->check_end_of_run(); }

 private:
  template <class T, class Change, class Succeeds = std::true_type>
  T update(shared<T>& location, Access access, const Place& place, Change change,
           Succeeds succeeds = {}) const {
    if (!access_location(OperationKind::read_modify_write, &location, location.name, access, place))
      return T{};
    const T old = location.value;
    const T value = change(old);
    note_escape(value);
    if (!(value == old)) execution_->note_change();
    location.value = value;
    execution_->note_updated(has_succeeded(succeeds, old));
    note_loaded(old);
    return old;
  }
  template <class T>
  static bool has_succeeded(std::true_type, const T&) {
    return true;
  }
  template <class Succeeds, class T>
  static bool has_succeeded(const Succeeds& succeeds, const T& old) {
    return succeeds(old);
  }
  template <class T>
  void note_loaded(const T& value) const {
    if constexpr (is_ptr<T>::value)
      if (value.raw() != nullptr) execution_->note_pointer_loaded(value.raw());
  }
  template <class T>
  void note_escape(const T& value) const {
    if constexpr (is_ptr<T>::value) mark_escaped(value.raw());
  }
  bool access_location(OperationKind kind, const void* address, const char* name, Access access,
                       const Place& place) const;
  /// An operation on the object around `address`; adds the claim that it must be alive.
  Operation operation_on(OperationKind kind, const void* address, const char* name,
                         const Place& place) const;
  void* allocate(const char* type, std::string_view name, std::size_t bytes,
                 const Place& place) const;
  void free_object(const void* object, const Place& place) const;
  void free_after_grace_period(const void* object, const Place& place) const;
  void wait_for_grace_period(const srcu_struct* domain, std::string_view name,
                             const Place& place) const;
  void wait_for_callbacks(std::uint64_t resource, std::string_view name, const Place& place) const;
  void emit_mask(const Place& place) const;
  static Operation make_operation(OperationKind kind, const Place& place) {
    Operation operation;
    operation.kind = kind;
    operation.place = place;
    return operation;
  }
  void spawn_worker(work_struct& work, GracePeriodId grace_period) const;
  bool queue(work_struct& work, bool after_grace_period, const Place& place) const;
  bool cancel(work_struct& work, bool disable, const Place& place) const;

  Execution* execution_;
};

static_assert(World<Model>);

}  // namespace rcuscope
