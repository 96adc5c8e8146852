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

}  // namespace rcuscope::testing
