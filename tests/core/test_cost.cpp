// SPDX-License-Identifier: LGPL-2.1-or-later
// What waiting for grace periods costs whom.
#include "explore/cost.h"

#include <gtest/gtest.h>

#include "scenario/catalogue.h"
#include "scenario/run.h"

namespace rcuscope {
namespace {

using GracePeriodCounts = std::map<std::string, std::uint32_t>;
using Locks = std::map<std::string, std::set<std::string>>;

Cost cost_of(const Program& program) { return explore(program, *make_fiber_runner(), {}).cost; }

Cost cost_of(const std::string& variant) {
  return cost_of(make_program(find_scenario("posted"), parse_variant(variant)));
}

TEST(Cost, posted_patch_waits_once_and_holds_no_lock_over_it) {
  const Cost cost = cost_of("posted");
  EXPECT_EQ(cost.grace_periods, (GracePeriodCounts{{"hot unplug", 1}}));
  EXPECT_EQ(cost.locks_held, Locks{});
}

TEST(Cost, free_under_the_mutex_holds_it_over_the_grace_period) {
  const Cost cost = cost_of("defer_free=under_mutex");
  EXPECT_EQ(cost.grace_periods, (GracePeriodCounts{{"hot unplug", 1}}));
  EXPECT_EQ(cost.locks_held, (Locks{{"hot unplug", {"group 7->mutex"}}}));
}

TEST(Cost, deferred_free_waits_for_nothing) {
  EXPECT_EQ(cost_of("reclaim=queue_rcu_work").grace_periods, GracePeriodCounts{});
}

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::mutex lock{"lock"};
};

/// "waiter" waits once more if it comes second; "other" waits in every execution.
TEST(Cost, is_the_most_of_all_executions) {
  const Program program = [](Execution& execution) {
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.declare({"waiter", ActorKind::process, {}, [w, cell] {
                 w.synchronize_rcu();
                 if (w.read(cell->x, Access::once) == 0) return;
                 w.mutex_lock(cell->lock);
                 w.synchronize_rcu();
                 w.mutex_unlock(cell->lock);
                 w.synchronize_rcu();
               }});
    w.declare({"other", ActorKind::process, {}, [w, cell] {
                 w.mutex_lock(cell->lock);
                 w.mutex_unlock(cell->lock);
                 w.write(cell->x, 1, Access::once);
                 w.synchronize_rcu();
               }});
    w.run_actors();
  };
  const Cost cost = cost_of(program);
  EXPECT_EQ(cost.grace_periods, (GracePeriodCounts{{"other", 1}, {"waiter", 3}}));
  EXPECT_EQ(cost.locks_held, (Locks{{"waiter", {"cell->lock"}}}));
}

TEST(Cost, of_two_parts_of_a_search_is_the_most_of_both) {
  Cost cost;
  cost.grace_periods = {{"a", 2}, {"b", 1}};
  cost.locks_held = {{"a", {"first"}}};
  Cost other;
  other.grace_periods = {{"b", 3}, {"c", 1}};
  other.locks_held = {{"a", {"second"}}};
  cost.add(other);
  EXPECT_EQ(cost.grace_periods, (GracePeriodCounts{{"a", 2}, {"b", 3}, {"c", 1}}));
  EXPECT_EQ(cost.locks_held, (Locks{{"a", {"first", "second"}}}));
}

}  // namespace
}  // namespace rcuscope
