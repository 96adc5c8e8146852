// SPDX-License-Identifier: LGPL-2.1-or-later
// Small random programs of the model world, for tests that compare one search with another.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "explore/explorer.h"
#include "random_actor.h"

namespace rcuscope::testing {

/// The actors, and then what they leave behind. What each of them saw stands outside of the heap.
class RandomProgramEnd final : public AfterSetup {
 public:
  using Log = std::shared_ptr<std::string>;

  RandomProgramEnd(const Model& w, ptr<RandomShared> shared, std::vector<Log> logs)
      : w_(w), shared_(shared), logs_(std::move(logs)) {}

  void run() override {
    w_.run_actors();
    std::string state = "x=" + std::to_string(w_.read(shared_->x, Access::plain)) +
                        " y=" + std::to_string(w_.read(shared_->y, Access::plain)) +
                        " count=" + std::to_string(w_.refcount_read(shared_->count));
    for (const Log& log : logs_) state += " | " + *log;
    w_.execution().set_final_state(std::move(state));
  }
  void save(std::size_t level) override {
    saved_.resize(level);
    std::vector<std::string>& texts = saved_.emplace_back();
    for (const Log& log : logs_) texts.push_back(*log);
  }
  void restore(std::size_t level) override {
    for (std::size_t i = 0; i < logs_.size(); ++i) *logs_[i] = saved_[level][i];
  }

 private:
  Model w_;
  ptr<RandomShared> shared_;
  std::vector<Log> logs_;
  std::vector<std::vector<std::string>> saved_;  // by level
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
    std::vector<RandomProgramEnd::Log> logs;
    for (std::size_t i = 0; i < random_program.actors.size(); ++i) {
      const RandomActor& actor = random_program.actors[i];
      logs.push_back(std::make_shared<std::string>());
      w.declare({"actor " + std::to_string(i), actor.kind, actor.cpu,
                 RandomActorBody(w, shared, object, actor, logs.back())});
    }
    execution.make_after_setup<RandomProgramEnd>(w, shared, std::move(logs));
    execution.go_back_to_here();
  };
}

/// An actor that takes a reference and mostly gives it back, with other actions around that.
inline RandomActor generate_holder(Random& random) {
  const Actions others = {Action::read,          Action::write,        Action::read_plain,
                          Action::write_plain,   Action::full_barrier, Action::use_object,
                          Action::load_acquire,  Action::read_count,   Action::store_release,
                          Action::reader_section};
  RandomActor actor;
  const auto add = [&](Action action) {
    actor.actions.emplace_back(action, static_cast<int>(random.below(2)));
  };
  const auto add_other = [&] {
    if (random.is_chosen(1, 2)) add(others[random.below(others.size())]);
  };
  add_other();
  add(random.is_chosen(1, 8) ? Action::get_unless_zero : Action::get);
  add_other();
  if (!random.is_chosen(1, 8)) add(random.is_chosen(1, 6) ? Action::call_rcu_put : Action::put);
  add_other();
  if (random.is_chosen(1, 12)) add(Action::put);
  return actor;
}

inline RandomProgram generate_holders(Random& random) {
  RandomProgram program;
  const std::uint64_t count = 2 + random.below(2);
  for (std::uint64_t i = 0; i < count; ++i) program.actors.push_back(generate_holder(random));
  return program;
}

}  // namespace rcuscope::testing
