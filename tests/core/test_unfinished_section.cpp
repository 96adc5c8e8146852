// SPDX-License-Identifier: LGPL-2.1-or-later
// Readers that end inside their sections, against whoever waits for a grace period.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "explore/explorer.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::spinlock lock{"lock"};
};

using Step = void (*)(Model, ptr<Cell>);
using Kinds = std::set<std::string>;

Program program(Step reads, Step updates) {
  return [reads, updates](Execution& execution) {
    const Model w(execution);
    const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
    w.set_lifetime(cell.raw(), Lifetime::root);
    w.declare({"reader", ActorKind::process, {}, [=] { reads(w, cell); }});
    w.declare({"updater", ActorKind::process, {}, [=] { updates(w, cell); }});
    w.run_actors();
  };
}

Kinds kinds(const Verdict& verdict) {
  Kinds all;
  for (const Finding& finding : verdict.findings) all.emplace(describe(finding.kind).name);
  return all;
}

const Step readers[] = {
    [](Model w, ptr<Cell>) { w.rcu_read_lock(); },
    [](Model w, ptr<Cell>) { w.mask(Mask::irq); },
    [](Model w, ptr<Cell>) { w.mask(Mask::bh); },
    [](Model w, ptr<Cell>) { w.mask(Mask::preempt); },
    [](Model w, ptr<Cell> cell) { w.spin_lock(cell->lock, SpinMode::plain); },
};
const Step updaters[] = {
    [](Model w, ptr<Cell>) { w.synchronize_rcu(); },
    [](Model w, ptr<Cell>) { w.call_rcu("callback", [] {}); },
    [](Model w, ptr<Cell>) { w.start_poll_synchronize_rcu(); },
};

/// In which order the section opens and the grace period starts decides everything here, though the
/// reader does nothing else: lazy readers must not pass over one of the two.
TEST(UnfinishedSection, keeps_every_later_grace_period_from_ending) {
  const auto runner = make_fiber_runner();
  for (const Step reads : readers)
    for (const Step updates : updaters) {
      const Program what = program(reads, updates);
      const Verdict verdict = explore(what, *runner, {});
      EXPECT_EQ(kinds(verdict), (Kinds{"deadlock", "lock_imbalance"}));
      ExploreOptions brute_force;
      brute_force.strategy = StrategyKind::exhaustive;
      EXPECT_EQ(kinds(verdict), kinds(explore(what, *runner, brute_force)));
    }
}

TEST(UnfinishedSection, is_named_by_whoever_waits_for_it) {
  const auto runner = make_fiber_runner();
  for (const Step updates : updaters) {
    const Verdict verdict = explore(program(readers[0], updates), *runner, {});
    ASSERT_FALSE(verdict.findings.empty());
    const Finding& deadlock = verdict.findings.front();
    EXPECT_EQ(deadlock.kind, FindingKind::deadlock);
    EXPECT_NE(deadlock.message.find("waits for 'reader', which has ended inside its read-side"),
              std::string::npos)
        << deadlock.message;
    EXPECT_NE(deadlock.explanation.find("what is waited for can never come"), std::string::npos)
        << deadlock.explanation;
  }
}

}  // namespace
}  // namespace rcuscope
