// SPDX-License-Identifier: LGPL-2.1-or-later
// SynchronizationOf<W>: the part of PrimitivesOf<W> about who waits for whom: readers, grace
// periods, callbacks, work, locks, and what may interrupt an actor.
#pragma once

#include <deque>
#include <string>
#include <utility>

#include "steps_of.h"

namespace rcuscope::bindings {

template <World W>
class SynchronizationOf : public StepsOf<W> {
 public:
  using Base = StepsOf<W>;
  using Base::Base;

  // --- making what they work on
  void* make_mutex(const char* name) override { return make(mutexes_, name); }
  void* make_spinlock(const char* name) override { return make(spinlocks_, name); }
  void* make_completion(const char* name) override { return make(completions_, name); }
  void* make_srcu(const char* name) override { return make(domains_, name); }
  void* make_work(const char* name, Callback function) override {
    auto* const work =
        WorldPart<W>::template make_static<typename W::work_struct>(w(), "", "", name);
    w().init_work(*work, name, std::move(function));
    return work;
  }

  // --- readers, grace periods, callbacks
  void rcu_read_lock(const Place& place) override { w().rcu_read_lock(place); }
  void rcu_read_unlock(const Place& place) override { w().rcu_read_unlock(place); }
  bool rcu_read_lock_held() override { return w().rcu_read_lock_held(); }
  bool rcu_read_lock_any_held() override { return w().rcu_read_lock_any_held(); }
  void synchronize_rcu(bool is_expedited, const Place& place) override {
    is_expedited ? w().synchronize_rcu_expedited(place) : w().synchronize_rcu(place);
  }
  void rcu_barrier(const Place& place) override { w().rcu_barrier(place); }
  void kvfree_rcu_barrier(const Place& place) override { w().kvfree_rcu_barrier(place); }
  void call_rcu(std::string name, Callback callback, const Place& place) override {
    w().call_rcu(std::move(name), std::move(callback), place);
  }
  std::int64_t get_state_synchronize_rcu(const Place& place) override {
    return w().get_state_synchronize_rcu(place);
  }
  std::int64_t start_poll_synchronize_rcu(const Place& place) override {
    return w().start_poll_synchronize_rcu(place);
  }
  bool poll_state_synchronize_rcu(std::int64_t cookie, const Place& place) override {
    return w().poll_state_synchronize_rcu(cookie, place);
  }
  void cond_synchronize_rcu(std::int64_t cookie, const Place& place) override {
    w().cond_synchronize_rcu(cookie, place);
  }

  // --- sleepable RCU
  int srcu_read_lock(void* domain, const Place& place) override {
    return w().srcu_read_lock(domain_at(domain), place);
  }
  void srcu_read_unlock(void* domain, int index, const Place& place) override {
    w().srcu_read_unlock(domain_at(domain), index, place);
  }
  bool srcu_read_lock_held(void* domain) override {
    return w().srcu_read_lock_held(domain_at(domain));
  }
  void synchronize_srcu(void* domain, const Place& place) override {
    w().synchronize_srcu(domain_at(domain), place);
  }
  void call_srcu(void* domain, std::string name, Callback callback, const Place& place) override {
    w().call_srcu(domain_at(domain), std::move(name), std::move(callback), place);
  }
  void srcu_barrier(void* domain, const Place& place) override {
    w().srcu_barrier(domain_at(domain), place);
  }

  // --- work
  bool queue_work(void* work, bool after_grace_period, const Place& place) override {
    return after_grace_period ? w().queue_rcu_work(work_at(work), place)
                              : w().queue_work(work_at(work), place);
  }
  void flush_work(void* work, const Place& place) override { w().flush_work(work_at(work), place); }
  bool cancel_work_sync(void* work, CancelMode mode, const Place& place) override {
    return mode == CancelMode::disable ? w().disable_work_sync(work_at(work), place)
                                       : w().cancel_work_sync(work_at(work), place);
  }
  bool enable_work(void* work, const Place& place) override {
    return w().enable_work(work_at(work), place);
  }
  void flush_workqueue(const Place& place) override { w().flush_workqueue(place); }

  // --- locks, what may interrupt the caller
  void mutex_lock(void* mutex, const Place& place) override {
    w().mutex_lock(mutex_at(mutex), place);
  }
  bool mutex_trylock(void* mutex, const Place& place) override {
    return w().mutex_trylock(mutex_at(mutex), place);
  }
  void mutex_unlock(void* mutex, const Place& place) override {
    w().mutex_unlock(mutex_at(mutex), place);
  }
  bool is_held(Tag tag, void* lock) override {
    return tag == Tag::spinlock ? w().is_held(spinlock_at(lock)) : w().is_held(mutex_at(lock));
  }
  void spin_lock(void* lock, SpinMode mode, const Place& place) override {
    w().spin_lock(spinlock_at(lock), mode, place);
  }
  bool spin_trylock(void* lock, const Place& place) override {
    return w().spin_trylock(spinlock_at(lock), place);
  }
  void spin_unlock(void* lock, SpinMode mode, const Place& place) override {
    w().spin_unlock(spinlock_at(lock), mode, place);
  }
  bool has_irqs_off() override { return w().has_irqs_off(); }
  void mask(Mask what, const Place& place) override { w().mask(what, place); }
  void unmask(Mask what, const Place& place) override { w().unmask(what, place); }
  void complete(void* completion, const Place& place) override {
    w().complete(completion_at(completion), place);
  }
  void wait_for_completion(void* completion, const Place& place) override {
    w().wait_for_completion(completion_at(completion), place);
  }
  void cpu_relax(const Place& place) override { w().relax(place); }

 protected:
  using Base::w;

 private:
  /// They are just there, as the kernel's static ones are: making one is no operation.
  template <class T>
  T* make(std::deque<T>& kept, const char* name) {
    if constexpr (WorldPart<W>::has_static_locks)
      return &kept.emplace_back(name);
    else
      return WorldPart<W>::template make_static<T>(w(), "", "", name);
  }

  static typename W::work_struct& work_at(void* work) {
    return *static_cast<typename W::work_struct*>(work);
  }
  static typename W::mutex& mutex_at(void* mutex) {
    return *static_cast<typename W::mutex*>(mutex);
  }
  static typename W::spinlock& spinlock_at(void* lock) {
    return *static_cast<typename W::spinlock*>(lock);
  }
  static typename W::completion& completion_at(void* completion) {
    return *static_cast<typename W::completion*>(completion);
  }
  static typename W::srcu_struct& domain_at(void* domain) {
    return *static_cast<typename W::srcu_struct*>(domain);
  }

  std::deque<typename W::mutex> mutexes_;
  std::deque<typename W::spinlock> spinlocks_;
  std::deque<typename W::completion> completions_;
  std::deque<typename W::srcu_struct> domains_;
};

}  // namespace rcuscope::bindings
