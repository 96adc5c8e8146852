// SPDX-License-Identifier: LGPL-2.1-or-later
// Pending: primitives of Python scenarios that the live world does not have yet; each says so.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "world/actor_spec.h"
#include "world/mask.h"
#include "world/pointer.h"

namespace rcuscope::live {

struct PendingType {
  explicit PendingType(const char*) {}
};

/// Live is one.
struct Pending {
  struct spinlock : PendingType {
    using PendingType::PendingType;
  };
  struct completion : PendingType {
    using PendingType::PendingType;
  };
  struct srcu_struct : PendingType {
    using PendingType::PendingType;
  };

  template <class T>
  void kfree_rcu_mightsleep(ptr<T>, Place) const {
    refuse("kfree_rcu_mightsleep");
  }
  void kvfree_rcu_barrier(Place) const { refuse("kvfree_rcu_barrier"); }
  std::int64_t get_state_synchronize_rcu(Place) const { refuse("get_state_synchronize_rcu"); }
  std::int64_t start_poll_synchronize_rcu(Place) const { refuse("start_poll_synchronize_rcu"); }
  bool poll_state_synchronize_rcu(std::int64_t, Place) const {
    refuse("poll_state_synchronize_rcu");
  }
  void cond_synchronize_rcu(std::int64_t, Place) const { refuse("cond_synchronize_rcu"); }
  int srcu_read_lock(srcu_struct&, Place) const { refuse("srcu_read_lock"); }
  void srcu_read_unlock(srcu_struct&, int, Place) const { refuse("srcu_read_unlock"); }
  bool srcu_read_lock_held(const srcu_struct&) const { refuse("srcu_read_lock_held"); }
  void synchronize_srcu(srcu_struct&, Place) const { refuse("synchronize_srcu"); }
  void call_srcu(srcu_struct&, std::string, Callback, Place) const { refuse("call_srcu"); }
  void srcu_barrier(srcu_struct&, Place) const { refuse("srcu_barrier"); }
  void flush_workqueue(Place) const { refuse("flush_workqueue"); }
  void spin_lock(spinlock&, SpinMode, Place) const { refuse("spin_lock"); }
  bool spin_trylock(spinlock&, Place) const { refuse("spin_trylock"); }
  void spin_unlock(spinlock&, SpinMode, Place) const { refuse("spin_unlock"); }
  bool has_irqs_off() const { return false; }
  void mask(Mask what, Place) const { refuse(off_name(what)); }
  void unmask(Mask what, Place) const { refuse(on_name(what)); }
  void complete(completion&, Place) const { refuse("complete"); }
  void wait_for_completion(completion&, Place) const { refuse("wait_for_completion"); }
  void relax(Place) const { refuse("cpu_relax"); }

 private:
  [[noreturn]] static void refuse(std::string_view name) {
    throw UsageError("k." + std::string(name) +
                     "() is not there yet in the live world; explore the scenario in the model");
  }
};

}  // namespace rcuscope::live
