// SPDX-License-Identifier: LGPL-2.1-or-later
// Runner of actors that are written in C++: one fiber each, all on the caller's thread.
#include <string_view>
#include <vector>

#include "base/fiber.h"
#include "base/hash.h"
#include "model/actor.h"
#include "model/runner.h"

namespace rcuscope {
namespace {

class FiberRunner final : public ActorRunner {
 public:
  FiberRunner() : slots_(max_actors) {}

  void arm(ActorId actor, ActorEntry& entry) override {
    Slot& slot = slots_[static_cast<std::size_t>(actor.value)];
    slot = {this, &entry, actor};
    forget(actor);
    // One that was armed for an execution that never ran it is armed still, on the same slot.
    if (fiber(actor).is_idle()) fiber(actor).start(&FiberRunner::body, &slot);
  }

  void switch_to(ActorId from, ActorId to) override { switch_fiber(fiber(from), fiber(to)); }

  /// C++ shows the place alone: of a function that is called twice its primitives are one place.
  void find_local_state(const Place& place, LocalState& state) const override {
    Hash hash;
    for (const char c : std::string_view(place.function))
      hash.add(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
    hash.add(std::uint64_t{place.line});
    state.place = hash.upper_half() | 1U;
    state.shows_variables = false;
    state.variables.clear();
  }

  bool can_go_back() const override { return Fiber::can_go_back(); }
  bool has_exceptions(ActorId actor) override { return fiber(actor).has_exceptions(); }
#ifndef __SANITIZE_ADDRESS__  // which keeps things of its own there
  std::uint64_t hash_of_stack(ActorId actor) override {
    return fiber(actor).save(image_) ? image_.hash() | 1U : 0;
  }
#endif
  bool save(ActorId actor, Fiber::Image& image) override { return fiber(actor).save(image); }
  void restore(ActorId actor, const Fiber::Image& image) override { fiber(actor).restore(image); }
  void forget(ActorId actor) override {
    if (fiber(actor).is_suspended()) fiber(actor).forget();
  }

 private:
  struct Slot {
    FiberRunner* runner = nullptr;
    ActorEntry* entry = nullptr;
    ActorId actor;
  };

  static Fiber* body(void* argument) noexcept {
    const Slot& slot = *static_cast<Slot*>(argument);
    return &slot.runner->fiber(slot.entry->run_actor(slot.actor));
  }

  Fiber& fiber(ActorId actor) {
    return actor.is_valid() ? fibers_.at(static_cast<std::size_t>(actor.value)) : controller_;
  }

  Fiber controller_ = Fiber::adopt_thread();
  FiberPool fibers_;
  std::vector<Slot> slots_;
  Fiber::Image image_;  // kept for its memory
};

}  // namespace

std::unique_ptr<ActorRunner> make_fiber_runner() { return std::make_unique<FiberRunner>(); }

}  // namespace rcuscope
