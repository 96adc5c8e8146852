// SPDX-License-Identifier: LGPL-2.1-or-later
// Runner of actors that need a thread of their own (Python): exactly one of the threads runs at any
// time; it passes the baton of the next and waits for its own. Follows: SWITCHING.md, sections 2
// to 4.
#include <chrono>
#include <thread>
#include <vector>

#include "base/assert.h"
#include "base/baton.h"
#include "model/actor.h"
#include "model/runner.h"

namespace rcuscope {
namespace {

using std::chrono_literals::operator""ms;

class ThreadRunner final : public ActorRunner {
 public:
  ThreadRunner(ThreadHooks hooks, int cpu)
      : hooks_(std::move(hooks)), cpu_(cpu), slots_(max_actors) {}

  ~ThreadRunner() override {
    for (std::unique_ptr<Slot>& slot : slots_) {
      if (!slot) continue;
      slot->entry = nullptr;
      slot->baton.pass();
    }
    for (std::unique_ptr<Slot>& slot : slots_)
      if (slot) slot->thread.join();
  }

  void arm(ActorId actor, ActorEntry& entry) override {
    std::unique_ptr<Slot>& slot = slots_[static_cast<std::size_t>(actor.value)];
    if (!slot) {
      slot = std::make_unique<Slot>();
      slot->actor = actor;
      slot->thread = std::thread([this, self = slot.get()] { serve(*self); });
    }
    slot->entry = &entry;
  }

  void switch_to(ActorId from, ActorId to) override {
    if (!from.is_valid()) return run_until_control_returns(to);
    Slot& self = slot_of(from);
    // What waits must not hold the interpreter's lock, or the next actor could never take it.
    if (hooks_.before_wait) hooks_.before_wait();
    pass(to);
    self.baton.wait();
    if (hooks_.after_wait) hooks_.after_wait();
  }

  void find_local_state(const Place&, LocalState& state) const override {
    state = {1, false, {}};
    if (hooks_.find_local_state) hooks_.find_local_state(state);
  }

 private:
  struct Slot {
    ActorId actor;
    ActorEntry* entry = nullptr;  // null: the thread ends at its next turn
    Baton baton;
    std::thread thread;
  };

  Slot& slot_of(ActorId actor) { return *slots_[static_cast<std::size_t>(actor.value)]; }

  void pass(ActorId to) {
    running_.store(to.value, std::memory_order_relaxed);
    (to.is_valid() ? slot_of(to).baton : controller_).pass();
  }

  void serve(Slot& self) {
    try_to_pin_thread(cpu_);
    bool is_attached = false;
    for (;;) {
      self.baton.wait();
      if (self.entry == nullptr) break;
      if (!is_attached && hooks_.on_thread_start) hooks_.on_thread_start();
      is_attached = true;
      if (hooks_.after_wait) hooks_.after_wait();
      const ActorId next = self.entry->run_actor(self.actor);
      if (hooks_.before_wait) hooks_.before_wait();
      pass(next);
    }
    if (is_attached && hooks_.on_thread_end) hooks_.on_thread_end();
  }

  void run_until_control_returns(ActorId first) {
    bool is_ending = false;
    pass(first);
    while (!controller_.wait(is_ending ? 5ms : 50ms)) {
      if (!is_ending && hooks_.poll) is_ending = hooks_.poll();
      const ActorId running{running_.load(std::memory_order_relaxed)};
      if (is_ending && running.is_valid() && hooks_.interrupt) hooks_.interrupt(running);
    }
  }

  ThreadHooks hooks_;
  int cpu_;
  Baton controller_;
  std::atomic<std::int32_t> running_{-1};
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace

std::unique_ptr<ActorRunner> make_thread_runner(ThreadHooks hooks, int cpu) {
  return std::make_unique<ThreadRunner>(std::move(hooks), cpu);
}

}  // namespace rcuscope
