// SPDX-License-Identifier: LGPL-2.1-or-later
// Small random programs of the model world, for tests that compare one search with another.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "explore/explorer.h"
#include "model/model.h"

namespace rcuscope::testing {

enum class Action : std::uint8_t {
  read,
  write,
  fetch_add,
  mutex_section,  ///< The rest of the actor's actions run with the mutex held, then it is unlocked.
  reader_section,  ///< The rest of the actor's actions run in a read-side critical section.
  trylock,
  use_object,  ///< Through the pointer, with a NULL check.
  unpublish,
  free_object,
  synchronize_rcu,
  call_rcu_free,
  call_rcu_write,
  kfree_rcu,
  get,
  put,
  queue_work,
  queue_rcu_work,
  cancel_work,
  flush_work,
  rcu_barrier,
  spin_section,  ///< The rest of the actor's actions, as all that end in _section.
  spin_irq_section,
  spin_bh_section,
  irq_off_section,
  bh_off_section,
  preempt_off_section,
  spin_trylock,
  srcu_section,
  synchronize_srcu,
  call_srcu_write,
  srcu_barrier,
  take_cookie,
  start_poll,
  poll,  ///< With the cookie that some actor took last.
  cond_synchronize,
  complete,
  wait_for_completion,
  flush_workqueue,
  kvfree_rcu_barrier,
  await_relax,   ///< A loop until the location is not 0, with cpu_relax.
  await_plain,   ///< The same without.
  await_locked,  ///< A loop until the spinlock was free once.
  count_
};

/// What the generator may take: tests of a rule make it choose among few.
using Actions = std::vector<Action>;

inline Actions all_actions() {
  Actions all;
  for (int i = 0; i < static_cast<int>(Action::count_); ++i) all.push_back(static_cast<Action>(i));
  return all;
}

struct RandomActor {
  ActorKind kind = ActorKind::process;
  CpuId cpu;
  std::vector<std::pair<Action, int>> actions;  ///< With the number of the variable.
};

struct RandomProgram {
  std::vector<RandomActor> actors;
};

inline RandomProgram generate(Random& random, const Actions& actions = all_actions()) {
  RandomProgram program;
  const std::uint64_t actor_count = 2 + random.below(2);
  const bool share_cpu = random.is_chosen(1, 3);
  for (std::uint64_t i = 0; i < actor_count; ++i) {
    RandomActor actor;
    if (random.is_chosen(1, 4))
      actor.kind = random.is_chosen(1, 2) ? ActorKind::hardirq : ActorKind::softirq;
    if (share_cpu) actor.cpu = CpuId{static_cast<std::int32_t>(random.below(2))};
    const std::uint64_t length = 1 + random.below(actor_count == 2 ? 4 : 3);
    for (std::uint64_t k = 0; k < length; ++k)
      actor.actions.emplace_back(actions[random.below(actions.size())],
                                 static_cast<int>(random.below(2)));
    program.actors.push_back(std::move(actor));
  }
  return program;
}

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
      case Action::put:
        if (w_.refcount_dec(shared_->count, EventKind::kref_put) == 0) w_.kfree(object_);
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

inline Program make_program(const RandomProgram& random_program) {
  return [&random_program](Execution& execution) {
    const Model w(execution);
    const auto shared = w.kzalloc<RandomShared>("shared", "", Place::current());
    const auto object = w.kzalloc<RandomObject>("object", "", Place::current());
    w.set_lifetime(shared.raw(), Lifetime::root);
    w.set_lifetime(object.raw(), Lifetime::root);
    w.write(shared->pointer, object, Access::assign);
    w.init_work(shared->work, "work", [w, shared] { w.fetch_add(shared->y, 10, Access::full); });
    std::vector<std::shared_ptr<std::string>> logs;
    for (std::size_t i = 0; i < random_program.actors.size(); ++i) {
      const RandomActor& actor = random_program.actors[i];
      logs.push_back(std::make_shared<std::string>());
      w.declare({"actor " + std::to_string(i), actor.kind, actor.cpu,
                 RandomActorBody(w, shared, object, actor, logs.back())});
    }
    w.run_actors();
    std::string state = "x=" + std::to_string(w.read(shared->x, Access::plain)) +
                        " y=" + std::to_string(w.read(shared->y, Access::plain)) +
                        " count=" + std::to_string(w.refcount_read(shared->count));
    for (const auto& log : logs) state += " | " + *log;
    execution.set_final_state(std::move(state));
  };
}

inline std::string describe(const RandomProgram& program) {
  constexpr const char* names[] = {"read",
                                   "write",
                                   "fetch_add",
                                   "mutex_section",
                                   "reader_section",
                                   "trylock",
                                   "use_object",
                                   "unpublish",
                                   "free_object",
                                   "synchronize_rcu",
                                   "call_rcu_free",
                                   "call_rcu_write",
                                   "kfree_rcu",
                                   "get",
                                   "put",
                                   "queue_work",
                                   "queue_rcu_work",
                                   "cancel_work",
                                   "flush_work",
                                   "rcu_barrier",
                                   "spin_section",
                                   "spin_irq",
                                   "spin_bh",
                                   "irq_off",
                                   "bh_off",
                                   "preempt_off",
                                   "spin_trylock",
                                   "srcu_section",
                                   "synchronize_srcu",
                                   "call_srcu",
                                   "srcu_barrier",
                                   "take_cookie",
                                   "start_poll",
                                   "poll",
                                   "cond_synchronize",
                                   "complete",
                                   "wait_for_completion",
                                   "flush_workqueue",
                                   "kvfree_rcu_barrier",
                                   "await_relax",
                                   "await_plain",
                                   "await_locked"};
  static_assert(std::size(names) == static_cast<std::size_t>(Action::count_));
  std::string text;
  for (const RandomActor& actor : program.actors) {
    text += std::string(to_string(actor.kind)) + " on CPU " + std::to_string(actor.cpu.value) + ":";
    for (const auto& [action, variable] : actor.actions)
      text += std::string(" ") + names[static_cast<std::size_t>(action)] + std::to_string(variable);
    text += '\n';
  }
  return text;
}

}  // namespace rcuscope::testing
