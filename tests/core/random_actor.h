// SPDX-License-Identifier: LGPL-2.1-or-later
// One random actor at work in the model world.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "random_accesses.h"
#include "random_action.h"

namespace rcuscope::testing {

/// Runs one random actor and logs what it saw: the log is part of the final state.
class RandomActorBody : RandomAccesses {
 public:
  using RandomAccesses::RandomAccesses;

  void operator()() const {
    for (std::size_t index = 0; index < actor_.actions.size();) run_section_from(index);
  }

 private:
  /// Runs until the end of the innermost section, and leaves the index behind it.
  void run_section_from(std::size_t& index) const {
    while (index < actor_.actions.size()) {
      const auto [action, variable] = actor_.actions[index++];
      if (action == Action::leave_section) return;
      if (run_section(action, index) || run_memory(action, variable) ||
          run_ordered(action, variable) || run_count(action, variable) ||
          run_lock(action, variable))
        continue;
      run_deferred(action);
    }
  }

  template <class Enter, class Leave>
  bool enclose(std::size_t& index, Enter enter, Leave leave) const {
    enter();
    run_section_from(index);
    leave();
    return true;
  }

  bool run_spin_section(std::size_t& index, SpinMode mode) const {
    return enclose(
        index, [&] { w_.spin_lock(shared_->spin, mode); },
        [&] { w_.spin_unlock(shared_->spin, mode); });
  }

  bool run_masked(std::size_t& index, Mask mask) const {
    return enclose(index, [&] { w_.mask(mask); }, [&] { w_.unmask(mask); });
  }

  bool run_section(Action action, std::size_t& index) const {
    switch (action) {
      case Action::mutex_section:
        return enclose(
            index, [&] { w_.mutex_lock(shared_->lock); }, [&] { w_.mutex_unlock(shared_->lock); });
      case Action::reader_section:
        return enclose(index, [&] { w_.rcu_read_lock(); }, [&] { w_.rcu_read_unlock(); });
      case Action::srcu_section: {
        int section = 0;
        return enclose(
            index, [&] { section = w_.srcu_read_lock(shared_->srcu); },
            [&] { w_.srcu_read_unlock(shared_->srcu, section); });
      }
      case Action::spin_section:
        return run_spin_section(index, SpinMode::plain);
      case Action::spin_irq_section:
        return run_spin_section(index, SpinMode::irqsave);
      case Action::spin_lock_irq_section:
        return run_spin_section(index, SpinMode::irq);
      case Action::spin_bh_section:
        return run_spin_section(index, SpinMode::bh);
      case Action::irq_off_section:
        return run_masked(index, Mask::irq);
      case Action::bh_off_section:
        return run_masked(index, Mask::bh);
      case Action::preempt_off_section:
        return run_masked(index, Mask::preempt);
      default:
        return false;
    }
  }

  bool run_lock(Action action, int variable) const {
    switch (action) {
      case Action::spin_trylock: {
        const bool is_taken = w_.spin_trylock(shared_->spin);
        see(is_taken);
        if (is_taken) w_.spin_unlock(shared_->spin, SpinMode::plain);
        return true;
      }
      case Action::open_section:
        w_.rcu_read_lock();
        return true;
      case Action::unlock:
        if (variable == 0)
          w_.spin_unlock(shared_->spin, SpinMode::plain);
        else
          w_.mutex_unlock(shared_->lock);
        return true;
      case Action::irqs_off:
        w_.mask(Mask::irq);
        return true;
      case Action::take_cookie:
        w_.write(shared_->cookie, w_.get_state_synchronize_rcu(), Access::once);
        return true;
      case Action::start_poll:
        w_.write(shared_->cookie, w_.start_poll_synchronize_rcu(), Access::once);
        return true;
      case Action::poll:
        see(w_.poll_state_synchronize_rcu(w_.read(shared_->cookie, Access::once)));
        return true;
      case Action::cond_synchronize:
        w_.cond_synchronize_rcu(w_.read(shared_->cookie, Access::once));
        return true;
      case Action::complete:
        w_.complete(shared_->done);
        return true;
      case Action::wait_for_completion:
        w_.wait_for_completion(shared_->done);
        return true;
      case Action::await_relax:
        while (w_.read(shared_->x, Access::once) == 0) w_.relax();
        return true;
      case Action::await_plain:
        while (w_.read(shared_->y, Access::once) == 0) w_.memory_barrier(Barrier::full);
        return true;
      case Action::await_locked:
        while (!w_.spin_trylock(shared_->spin)) w_.memory_barrier(Barrier::full);
        w_.spin_unlock(shared_->spin, SpinMode::plain);
        return true;
      default:
        return false;
    }
  }

  void run_deferred(Action action) const {
    const Model w = w_;
    const auto shared = shared_;
    const auto object = object_;
    switch (action) {
      case Action::free_object:
        return w.kfree(object);
      case Action::synchronize_rcu:
        return w.synchronize_rcu();
      case Action::call_rcu_free:
        return w.call_rcu("free", [w, object] { w.kfree(object); });
      case Action::call_rcu_write:
        return w.call_rcu("write", [w, shared] { w.write(shared->x, 9, Access::once); });
      case Action::call_rcu_spin:
        return w.call_rcu("spin", [w, shared] {
          w.spin_lock(shared->spin, SpinMode::plain);
          w.fetch_add(shared->x, 3, Access::full);
          w.spin_unlock(shared->spin, SpinMode::plain);
        });
      case Action::call_rcu_put:
        return w.call_rcu("put", [w, shared, object] { put(w, shared, object); });
      case Action::kfree_rcu:
        return w.kfree_rcu(object);
      case Action::queue_work:
        return see(w.queue_work(shared->work));
      case Action::queue_rcu_work:
        return see(w.queue_rcu_work(shared->work));
      case Action::cancel_work:
        return see(w.cancel_work_sync(shared->work));
      case Action::flush_work:
        return w.flush_work(shared->work);
      case Action::flush_rcu_work:
        return w.flush_rcu_work(shared->work);
      case Action::disable_work:
        return see(w.disable_work_sync(shared->work));
      case Action::enable_work:
        return see(w.enable_work(shared->work));
      case Action::rcu_barrier:
        return w.rcu_barrier();
      case Action::synchronize_srcu:
        return w.synchronize_srcu(shared->srcu);
      case Action::call_srcu_write:
        return w.call_srcu(shared->srcu, "srcu write",
                           [w, shared] { w.write(shared->y, 8, Access::once); });
      case Action::srcu_barrier:
        return w.srcu_barrier(shared->srcu);
      case Action::flush_workqueue:
        return w.flush_workqueue();
      case Action::kvfree_rcu_barrier:
        return w.kvfree_rcu_barrier();
      default:
        return;
    }
  }
};

}  // namespace rcuscope::testing
