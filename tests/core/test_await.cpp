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
  Model::shared<int> turns{"turns", 0};
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
  add_await_site(sites, {{2}, OperationKind::read, 41, 4'294'967'295U, 0, {}});
  add_await_site(sites, {{2}, OperationKind::read, 49, 7, 3, {5, 8}});
  add_await_site(sites, {{1}, OperationKind::relax, 0, 0, 0, {}});
  const std::string text = to_text(sites);
  EXPECT_EQ(text, "1." + std::to_string(static_cast<int>(OperationKind::relax)) +
                      ".0;2.3.41.4294967295;2.3.49.7.3.5.8");
  EXPECT_EQ(parse_await_sites(text), sites);
  for (const char* wrong : {"1", "1.2", "1.2.", "1.2.3.", ";", "1.2.x", "1.2.3;;1.2.3"})
    EXPECT_THROW(parse_await_sites(wrong), UsageError) << wrong;
}

TEST(Await, site_that_was_found_again_is_known_with_what_is_new_of_it) {
  AwaitSites sites;
  add_new_await_site(sites, {{1}, OperationKind::read, 41, 7, 0, {2, 4}});
  EXPECT_THROW(add_new_await_site(sites, {{1}, OperationKind::read, 41, 7, 0, {4}}), InternalError);
  add_new_await_site(sites, {{1}, OperationKind::read, 41, 7, 2, {3}});
  ASSERT_EQ(sites.size(), 1u);
  EXPECT_EQ(sites[0].turns, 2);
  EXPECT_EQ(sites[0].changing, (std::vector<std::uint32_t>{2, 3, 4}));
  add_new_await_site(sites, {{1}, OperationKind::read, 41, 8, 0, {}});
  EXPECT_EQ(sites.size(), 2u);
}

/// One reader that looks three times whether x is no longer 0, and then gives up.
void gives_up(Model w, ptr<Cell> cell, bool relaxes) {
  for (int left = 3; left > 0; --left) {
    if (w.read(cell->x, Access::acquire) != 0) return;
    if (relaxes) w.relax();
  }
  w.execution().report(FindingKind::warn_on, {}, "timed out", "x");
}

TEST(Await, loop_with_an_end_of_its_own_ends_whether_it_calls_relax_or_not) {
  const auto runner = make_fiber_runner();
  for (const auto reads : {+[](Model w, ptr<Cell> cell) { gives_up(w, cell, false); },
                           +[](Model w, ptr<Cell> cell) { gives_up(w, cell, true); }}) {
    const Verdict verdict = explore(against_one_and_two(reads), *runner, {});
    ASSERT_EQ(verdict.findings.size(), 1u);
    EXPECT_EQ(verdict.findings[0].kind, FindingKind::warn_on);
  }
}

/// Of one function that is called in a loop with an end and in one without: C++ shows no variables.
int look(Model w, ptr<Cell> cell) { return w.read(cell->x, Access::acquire); }

TEST(Await, loop_with_an_end_is_told_from_one_without_end_at_the_same_place) {
  const Program program = against_one_and_two([](Model w, ptr<Cell> cell) {
    while (look(w, cell) == 1) {
    }
    for (int left = 3; left > 0; --left) look(w, cell);
  });
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(program, *runner, {});
  EXPECT_TRUE(verdict.findings.empty());
  ASSERT_EQ(verdict.awaits.size(), 1u);
  EXPECT_EQ(verdict.awaits[0].turns, 3);
}

TEST(Await, relax_says_that_a_loop_waits_even_if_it_changes_something) {
  const Program program = against_one_and_two([](Model w, ptr<Cell> cell) {
    while (w.read(cell->x, Access::acquire) != 2) {
      w.write(cell->turns, w.read(cell->turns, Access::once) + 1, Access::once);
      w.relax();
    }
  });
  const auto runner = make_fiber_runner();
  const Verdict verdict = explore(program, *runner, {});
  EXPECT_EQ(verdict.outcome, Outcome::safe);
}

}  // namespace
}  // namespace rcuscope
