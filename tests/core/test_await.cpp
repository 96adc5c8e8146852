// SPDX-License-Identifier: LGPL-2.1-or-later
// Loops that wait: where an actor is parked, and where a read of the same location is no turn.
#include "model/await.h"

#include <gtest/gtest.h>

#include "base/assert.h"
#include "base/error.h"
#include "explore/explorer.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::shared<int> x{"x", 0};
};

/// x becomes 1, which the reader waits for to pass, and then 2.
Program against_one_and_two(void (*reads)(Model, ptr<Cell>)) {
  return [reads](Execution& execution) {
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.declare({"reader", ActorKind::process, {}, [=] { reads(w, cell); }});
    w.declare({"writer", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::release);
                 w.write(cell->x, 2, Access::release);
               }});
    w.run_actors();
  };
}

TEST(Await, read_behind_a_loop_is_no_turn_of_it) {
  const Program program = against_one_and_two([](Model w, ptr<Cell> cell) {
    int value = 0;
    do value = w.read(cell->x, Access::acquire);
    while (value == 1);
    if (value == 0 && w.read(cell->x, Access::acquire) == 0)
      w.execution().report(FindingKind::warn_on, {}, "0 twice", "x");
  });
  const auto runner = make_fiber_runner();
  for (const StrategyKind strategy : {StrategyKind::dpor, StrategyKind::exhaustive}) {
    ExploreOptions options;
    options.strategy = strategy;
    const Verdict verdict = explore(program, *runner, options);
    ASSERT_EQ(verdict.findings.size(), 1u);
    EXPECT_EQ(verdict.findings[0].kind, FindingKind::warn_on);
    EXPECT_EQ(verdict.awaits.size(), 1u);
  }
}

TEST(Await, wait_for_a_value_that_never_comes_is_a_stall) {
  const Program program = against_one_and_two([](Model w, ptr<Cell> cell) {
    while (w.read(cell->x, Access::acquire) != 3) {
    }
  });
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(program, *runner, {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  EXPECT_EQ(verdict.findings[0].kind, FindingKind::stall);
}

TEST(Await, sites_are_text_and_come_back_from_it) {
  AwaitSites sites;
  add_await_site(sites, {{2}, OperationKind::read, 41, 18'446'744'073'709'551'615U});
  add_await_site(sites, {{1}, OperationKind::relax, 0, 0});
  const std::string text = to_text(sites);
  EXPECT_EQ(text, "1." + std::to_string(static_cast<int>(OperationKind::relax)) +
                      ".0;2.3.41.18446744073709551615");
  EXPECT_EQ(parse_await_sites(text), sites);
  for (const char* wrong : {"1", "1.2", "1.2.", "1.2.3.", "1.2.3.4.5", ";", "1.2.x"})
    EXPECT_THROW(parse_await_sites(wrong), UsageError) << wrong;
}

TEST(Await, states_of_one_operation_become_one_site_when_there_are_many) {
  AwaitSites sites;
  for (std::uint64_t state = 1; state <= 3; ++state)
    add_new_await_site(sites, {{1}, OperationKind::read, 41, state});
  EXPECT_FALSE(is_known(sites, {{1}, OperationKind::read, 41, 4}));
  add_new_await_site(sites, {{1}, OperationKind::read, 41, 4});
  EXPECT_TRUE(is_known(sites, {{1}, OperationKind::read, 41, 5}));
  EXPECT_FALSE(is_known(sites, {{1}, OperationKind::read, 42, 5}));
  EXPECT_THROW(add_new_await_site(sites, {{1}, OperationKind::read, 41, 5}), InternalError);
}

}  // namespace
}  // namespace rcuscope
