// SPDX-License-Identifier: LGPL-2.1-or-later
// One random actor at work in the model world.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "model/model.h"
#include "random_action.h"

namespace rcuscope::testing {

/// What the actors of one execution share. On the model's heap, since fields are checked there.
struct RandomObject {
  Model::shared<int> value{"value", 7};
};

struct RandomShared {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::shared<ptr<RandomObject>> pointer{"pointer", nullptr};
  Model::mutex lock{"lock"};
  Model::refcount count{"count", 1};
  Model::work_struct work{"work"};
  Model::spinlock spin{"spin"};
  Model::srcu_struct srcu{"srcu"};
  Model::completion done{"done"};
  Model::shared<std::int64_t> cookie{"cookie", 0};
};

/// Runs one random actor and logs what it saw: the log is part of the final state.
class RandomActorBody {
 public:
  RandomActorBody(Model world, ptr<RandomShared> shared, ptr<RandomObject> object,
                  const RandomActor& actor, std::shared_ptr<std::string> log)
      : w_(world), shared_(shared), object_(object), actor_(actor), log_(std::move(log)) {}

  void operator()() const { run_from(0); }

 private:
  void run_from(std::size_t index) const {
    if (index == actor_.actions.size()) return;
    const auto [action, variable] = actor_.actions[index];
    if (run_section(action, index)) return;
    if (!run_memory(action, variable) && !run_lock(action)) run_deferred(action);
    run_from(index + 1);
  }

  template <class Enter, class Leave>
  bool enclose(std::size_t index, Enter enter, Leave leave) const {
    enter();
    run_from(index + 1);
    leave();
    return true;
  }

  bool run_spin_section(std::size_t index, SpinMode mode) const {
    return enclose(
        index, [&] { w_.spin_lock(shared_->spin, mode); },
        [&] { w_.spin_unlock(shared_->spin, mode); });
  }

  bool run_masked(std::size_t index, Mask mask) const {
    return enclose(index, [&] { w_.mask(mask); }, [&] { w_.unmask(mask); });
  }

  bool run_section(Action action, std::size_t index) const {
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

  void see(int value) const { *log_ += std::to_string(value) + ' '; }

  void put() const {
    if (w_.refcount_dec(shared_->count, EventKind::kref_put) == 0) w_.kfree(object_);
  }

  bool run_memory(Action action, int variable) const {
    auto& location = variable == 0 ? shared_->x : shared_->y;
    switch (action) {
      case Action::read:
        see(w_.read(location, Access::once));
        return true;
      case Action::write:
        w_.write(location, static_cast<int>(actor_.actions.size()) + variable, Access::once);
        return true;
      case Action::fetch_add:
        see(w_.fetch_add(location, 1, Access::full));
        return true;
      case Action::trylock: {
        const bool is_taken = w_.mutex_trylock(shared_->lock);
        see(is_taken);
        if (is_taken) w_.mutex_unlock(shared_->lock);
        return true;
      }
      case Action::use_object: {
        const auto object = w_.read(shared_->pointer, Access::dereference);
        if (object) see(w_.read(object->value, Access::plain));
        return true;
      }
      case Action::unpublish:
        w_.write(shared_->pointer, nullptr, Access::assign);
        return true;
      case Action::get:
        w_.refcount_inc(shared_->count, EventKind::kref_get);
        return true;
      case Action::read_count:
        see(static_cast<int>(w_.refcount_read(shared_->count)));
        return true;
      case Action::put:
        put();
        return true;
      case Action::get_unless_zero:
        see(w_.refcount_inc_not_zero(shared_->count, EventKind::kref_get));
        return true;
      case Action::put_if_set:
        if (w_.read(location, Access::once) != 0) put();
        return true;
      default:
        return false;
    }
  }

  bool run_lock(Action action) const {
    switch (action) {
      case Action::spin_trylock: {
        const bool is_taken = w_.spin_trylock(shared_->spin);
        see(is_taken);
        if (is_taken) w_.spin_unlock(shared_->spin, SpinMode::plain);
        return true;
      }
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

  Model w_;
  ptr<RandomShared> shared_;
  ptr<RandomObject> object_;
  const RandomActor& actor_;
  std::shared_ptr<std::string> log_;
};

}  // namespace rcuscope::testing
