// SPDX-License-Identifier: LGPL-2.1-or-later
// Spinlocks, masks, sleepable RCU, polled grace periods, completions, loops that wait: each by its
// smallest program, explored by DPOR and compared with brute force.
#include <gtest/gtest.h>

#include "comparable_stacks.h"
#include "explore/explorer.h"
#include "explore/schedule.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Cell {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::shared<std::int64_t> cookie{"cookie", 0};
  Model::shared<ptr<Cell>> next{"next", nullptr};
  Model::mutex lock{"lock"};
  Model::spinlock spin{"spin"};
  Model::spinlock other_spin{"other_spin"};
  Model::srcu_struct srcu{"srcu"};
  Model::srcu_struct other_srcu{"other_srcu"};
  Model::completion done{"done"};
  Model::work_struct work{"work"};
};

using Declare = std::function<void(Model, ptr<Cell>)>;

class Waiting : public ::testing::Test {
 protected:
  static Program program(Declare declare) {
    return [declare = std::move(declare)](Execution& execution) {
      const Model w(execution);
      const auto cell = w.kzalloc<Cell>("cell", "", Place::current());
      w.set_lifetime(cell.raw(), Lifetime::root);
      declare(w, cell);
      w.run_actors();
      execution.set_final_state("x=" + std::to_string(w.read(cell->x, Access::once)) +
                                " y=" + std::to_string(w.read(cell->y, Access::once)));
    };
  }

  /// By DPOR; brute force must agree.
  Verdict explored(const Declare& declare) {
    const Program what = program(declare);
    ExploreOptions options;
    const Verdict verdict = explore(what, *runner_, options);
    options.strategy = StrategyKind::exhaustive;
    options.minimizes = false;
    const Verdict all = explore(what, *runner_, options);
    EXPECT_TRUE(all.is_exhaustive);
    EXPECT_EQ(verdict.final_states, all.final_states);
    EXPECT_EQ(kinds(verdict), kinds(all));
    for (const Finding& finding : verdict.findings) {
      const ReplayResult again = replay(what, *runner_, finding.schedule, options);
      EXPECT_FALSE(again.findings.empty()) << finding.schedule;
    }
    return verdict;
  }

  static std::set<std::string> kinds(const Verdict& verdict) {
    std::set<std::string> result;
    for (const Finding& finding : verdict.findings) result.emplace(describe(finding.kind).name);
    return result;
  }

  std::unique_ptr<ActorRunner> runner_ = make_fiber_runner();
};

using Kinds = std::set<std::string>;
using States = std::set<std::string>;

/// A task that adds one to x under the spinlock, and an interrupt on its CPU that does so, too.
Declare counter_shared_with(ActorKind interrupt, SpinMode mode) {
  return [=](Model w, ptr<Cell> cell) {
    const auto add = [=](SpinMode how) {
      w.spin_lock(cell->spin, how);
      w.write(cell->x, w.read(cell->x, Access::once) + 1, Access::once);
      w.spin_unlock(cell->spin, how);
    };
    w.declare({"task", ActorKind::process, CpuId{0}, [=] { add(mode); }});
    w.declare({"interrupt", interrupt, CpuId{0}, [=] { add(SpinMode::plain); }});
  };
}

TEST_F(Waiting, spinlock_shared_with_a_hardirq_needs_interrupts_off) {
  EXPECT_EQ(kinds(explored(counter_shared_with(ActorKind::hardirq, SpinMode::plain))),
            Kinds{"deadlock"});
  EXPECT_EQ(kinds(explored(counter_shared_with(ActorKind::hardirq, SpinMode::bh))),
            Kinds{"deadlock"});
  for (const SpinMode mode : {SpinMode::irq, SpinMode::irqsave}) {
    const Verdict verdict = explored(counter_shared_with(ActorKind::hardirq, mode));
    EXPECT_EQ(verdict.outcome, Outcome::safe);
    EXPECT_EQ(verdict.final_states, States{"x=2 y=0"});
  }
}

TEST_F(Waiting, spinlock_shared_with_a_softirq_needs_bottom_halves_off) {
  EXPECT_EQ(kinds(explored(counter_shared_with(ActorKind::softirq, SpinMode::plain))),
            Kinds{"deadlock"});
  for (const SpinMode mode : {SpinMode::bh, SpinMode::irqsave})
    EXPECT_EQ(explored(counter_shared_with(ActorKind::softirq, mode)).outcome, Outcome::safe);
}

TEST_F(Waiting, spinlock_shared_with_a_callback_needs_bottom_halves_off) {
  for (const SpinMode mode : {SpinMode::plain, SpinMode::bh}) {
    const Verdict verdict = explored([mode](Model w, ptr<Cell> cell) {
      w.declare({"task", ActorKind::process, {}, [=] {
                   w.call_rcu("callback", [=] {
                     w.spin_lock(cell->spin, SpinMode::plain);
                     w.spin_unlock(cell->spin, SpinMode::plain);
                   });
                   w.spin_lock(cell->spin, mode);
                   w.write(cell->x, 1, Access::once);
                   w.spin_unlock(cell->spin, mode);
                 }});
    });
    EXPECT_EQ(kinds(verdict), mode == SpinMode::bh ? Kinds{} : Kinds{"deadlock"});
  }
}

TEST_F(Waiting, spin_unlock_irq_puts_interrupts_on_and_irqrestore_does_not) {
  for (const SpinMode mode : {SpinMode::irq, SpinMode::irqsave}) {
    // The interrupt comes between the two reads only where the unlock put interrupts on.
    const Verdict split = explored([mode](Model w, ptr<Cell> cell) {
      w.declare({"task", ActorKind::process, CpuId{0}, [=] {
                   w.mask(Mask::irq);
                   const int before = w.read(cell->x, Access::once);
                   w.spin_lock(cell->spin, mode);
                   w.spin_unlock(cell->spin, mode);
                   w.write(cell->y, w.read(cell->x, Access::once) - before, Access::once);
                   w.unmask(Mask::irq);
                 }});
      w.declare({"irq", ActorKind::hardirq, CpuId{0}, [=] { w.write(cell->x, 1, Access::once); }});
    });
    EXPECT_EQ(split.final_states.contains("x=1 y=1"), mode == SpinMode::irq);
  }
}

TEST_F(Waiting, preemption_off_keeps_other_tasks_of_the_cpu_away_and_not_those_of_others) {
  for (const CpuId cpu : {CpuId{0}, CpuId{1}}) {
    const Verdict verdict = explored([cpu](Model w, ptr<Cell> cell) {
      w.declare({"first", ActorKind::process, CpuId{0}, [=] {
                   w.mask(Mask::preempt);
                   const int before = w.read(cell->x, Access::once);
                   w.write(cell->y, w.read(cell->x, Access::once) - before, Access::once);
                   w.unmask(Mask::preempt);
                 }});
      w.declare({"second", ActorKind::process, cpu, [=] { w.write(cell->x, 10, Access::once); }});
    });
    EXPECT_EQ(verdict.final_states.contains("x=10 y=10"), cpu == CpuId{1});
  }
}

TEST_F(Waiting, sleeping_is_forbidden_under_a_spinlock_and_with_anything_off) {
  const auto sleeps_in = [this](auto enter, auto leave) {
    return kinds(explored([=](Model w, ptr<Cell> cell) {
      w.declare({"task", ActorKind::process, {}, [=] {
                   enter(w, cell);
                   w.mutex_lock(cell->lock);
                   w.mutex_unlock(cell->lock);
                   leave(w, cell);
                 }});
    }));
  };
  EXPECT_EQ(sleeps_in([](Model w, ptr<Cell> c) { w.spin_lock(c->spin, SpinMode::plain); },
                      [](Model w, ptr<Cell> c) { w.spin_unlock(c->spin, SpinMode::plain); }),
            Kinds{"sleeping_in_atomic"});
  for (const Mask mask : {Mask::irq, Mask::bh, Mask::preempt, Mask::rcu_bh, Mask::rcu_sched})
    EXPECT_EQ(sleeps_in([mask](Model w, ptr<Cell>) { w.mask(mask); },
                        [mask](Model w, ptr<Cell>) { w.unmask(mask); }),
              Kinds{"sleeping_in_atomic"});
}

TEST_F(Waiting, whatever_keeps_others_off_is_a_reader_for_grace_periods) {
  const auto reads_in = [this](auto enter, auto leave) {
    return explored([=](Model w, ptr<Cell> cell) {
             w.declare({"reader", ActorKind::process, {}, [=] {
                          enter(w, cell);
                          const int first = w.read(cell->x, Access::once);
                          const int second = w.read(cell->y, Access::once);
                          if (first == 0 && second == 1)
                            w.report(FindingKind::warn_on, nullptr, "grace period too short");
                          leave(w, cell);
                        }});
             w.declare({"updater", ActorKind::process, {}, [=] {
                          w.write(cell->x, 1, Access::once);
                          w.synchronize_rcu();
                          w.write(cell->y, 1, Access::once);
                        }});
           })
        .outcome;
  };
  const auto nothing = [](Model, ptr<Cell>) {};
  EXPECT_EQ(reads_in(nothing, nothing), Outcome::unsafe);
  for (const Mask mask : {Mask::irq, Mask::bh, Mask::preempt, Mask::rcu_bh, Mask::rcu_sched})
    EXPECT_EQ(reads_in([mask](Model w, ptr<Cell>) { w.mask(mask); },
                       [mask](Model w, ptr<Cell>) { w.unmask(mask); }),
              Outcome::safe);
  EXPECT_EQ(reads_in([](Model w, ptr<Cell> c) { w.spin_lock(c->spin, SpinMode::plain); },
                     [](Model w, ptr<Cell> c) { w.spin_unlock(c->spin, SpinMode::plain); }),
            Outcome::safe);
}

TEST_F(Waiting, what_is_left_off_or_held_at_the_end_is_reported) {
  for (const Mask mask : {Mask::irq, Mask::bh, Mask::preempt, Mask::rcu_bh, Mask::rcu_sched}) {
    EXPECT_EQ(kinds(explored([mask](Model w, ptr<Cell>) {
                w.declare({"task", ActorKind::process, {}, [=] { w.mask(mask); }});
              })),
              Kinds{"lock_imbalance"});
    if (mask == Mask::irq) continue;  // may be put on twice
    EXPECT_EQ(kinds(explored([mask](Model w, ptr<Cell>) {
                w.declare({"task", ActorKind::process, {}, [=] { w.unmask(mask); }});
              })),
              Kinds{"lock_imbalance"});
  }
  EXPECT_EQ(kinds(explored([](Model w, ptr<Cell> cell) {
              w.declare({"task", ActorKind::process, {}, [=] { w.srcu_read_lock(cell->srcu); }});
            })),
            Kinds{"lock_imbalance"});
}

TEST_F(Waiting, synchronize_srcu_waits_for_readers_of_its_own_domain_only) {
  const auto outcome = [this](bool is_same_domain) {
    return explored([=](Model w, ptr<Cell> cell) {
             w.declare({"reader", ActorKind::process, {}, [=] {
                          auto& domain = is_same_domain ? cell->srcu : cell->other_srcu;
                          const int index = w.srcu_read_lock(domain);
                          const int first = w.read(cell->x, Access::once);
                          w.mutex_lock(cell->lock);  // sleepable
                          w.mutex_unlock(cell->lock);
                          if (first == 0 && w.read(cell->y, Access::once) == 1)
                            w.report(FindingKind::warn_on, nullptr, "grace period too short");
                          w.srcu_read_unlock(domain, index);
                        }});
             w.declare({"updater", ActorKind::process, {}, [=] {
                          w.write(cell->x, 1, Access::once);
                          w.synchronize_srcu(cell->srcu);
                          w.write(cell->y, 1, Access::once);
                        }});
           })
        .outcome;
  };
  EXPECT_EQ(outcome(true), Outcome::safe);
  EXPECT_EQ(outcome(false), Outcome::unsafe);
}

TEST_F(Waiting, synchronize_srcu_in_its_own_section_is_a_deadlock_that_lockdep_would_tell) {
  EXPECT_EQ(kinds(explored([](Model w, ptr<Cell> cell) {
              w.declare({"task", ActorKind::process, {}, [=] {
                           const int index = w.srcu_read_lock(cell->srcu);
                           w.synchronize_srcu(cell->srcu);
                           w.srcu_read_unlock(cell->srcu, index);
                         }});
            })),
            (Kinds{"deadlock", "suspicious_rcu_usage"}));
}

TEST_F(Waiting, sections_of_one_srcu_struct_may_overlap_and_each_counts_alone) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 const int first = w.srcu_read_lock(cell->srcu);
                 const int second = w.srcu_read_lock(cell->srcu);
                 w.srcu_read_unlock(cell->srcu, first);
                 w.write(cell->x, 1, Access::once);
                 w.srcu_read_unlock(cell->srcu, second);
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.synchronize_srcu(cell->srcu);
                 w.write(cell->y, 1 + w.read(cell->x, Access::once), Access::once);
               }});
  });
  EXPECT_EQ(verdict.final_states, (States{"x=1 y=1", "x=1 y=2"}));
}

TEST_F(Waiting, poll_is_true_only_after_the_readers_have_left) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 if (w.read(cell->x, Access::once) == 0) w.write(cell->y, 1, Access::once);
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::once);
                 const std::int64_t cookie = w.start_poll_synchronize_rcu();
                 if (!w.poll_state_synchronize_rcu(cookie)) return;
                 const int before = w.read(cell->y, Access::once);
                 w.memory_barrier(Barrier::full);
                 if (w.read(cell->y, Access::once) != before)
                   w.report(FindingKind::warn_on, nullptr, "a reader was still there");
                 w.write(cell->x, 2, Access::once);
               }});
  });
  EXPECT_EQ(verdict.outcome, Outcome::safe);
  EXPECT_TRUE(verdict.final_states.contains("x=2 y=0"));
  EXPECT_TRUE(verdict.final_states.contains("x=1 y=1"));  // not over yet
}

TEST_F(Waiting, get_state_starts_no_grace_period) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"task", ActorKind::process, {}, [=] {
                 const std::int64_t cookie = w.get_state_synchronize_rcu();
                 w.write(cell->x, w.poll_state_synchronize_rcu(cookie), Access::once);
                 w.cond_synchronize_rcu(cookie);
                 w.write(cell->y, w.poll_state_synchronize_rcu(cookie), Access::once);
               }});
  });
  EXPECT_EQ(verdict.final_states, States{"x=0 y=1"});
}

TEST_F(Waiting, completion_hands_over_and_counts) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"giver", ActorKind::process, {}, [=] {
                 w.write(cell->x, 1, Access::once);
                 w.complete(cell->done);
               }});
    w.declare({"taker", ActorKind::process, {}, [=] {
                 w.wait_for_completion(cell->done);
                 w.write(cell->y, w.read(cell->x, Access::once), Access::once);
               }});
  });
  EXPECT_EQ(verdict.final_states, States{"x=1 y=1"});
  const Verdict missing = explored([](Model w, ptr<Cell> cell) {
    w.declare({"giver", ActorKind::process, {}, [=] { w.complete(cell->done); }});
    for (const char* name : {"first", "second"})
      w.declare({name, ActorKind::process, {}, [=] { w.wait_for_completion(cell->done); }});
  });
  EXPECT_EQ(kinds(missing), Kinds{"deadlock"});
  EXPECT_EQ(missing.findings.size(), 2u);  // either may be the one that waits for ever
}

TEST_F(Waiting, call_srcu_callback_runs_after_its_grace_period_and_may_not_sleep) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.call_srcu(cell->srcu, "callback", [=] {
                   w.write(cell->x, 1, Access::once);
                   w.mutex_lock(cell->lock);
                   w.mutex_unlock(cell->lock);
                 });
                 w.srcu_barrier(cell->srcu);
                 w.write(cell->y, w.read(cell->x, Access::once), Access::once);
               }});
  });
  EXPECT_EQ(verdict.final_states, States{"x=1 y=1"});
  EXPECT_EQ(kinds(verdict), Kinds{"sleeping_in_atomic"});
}

TEST_F(Waiting, flush_workqueue_waits_for_all_work_that_is_queued) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.init_work(cell->work, "work", [=] { w.write(cell->x, 1, Access::once); });
    w.declare({"task", ActorKind::process, {}, [=] {
                 w.queue_work(cell->work);
                 w.flush_workqueue();
                 w.write(cell->y, w.read(cell->x, Access::once), Access::once);
               }});
  });
  EXPECT_EQ(verdict.final_states, States{"x=1 y=1"});
}

// --- loops

/// A task that waits for x in a loop, with or without cpu_relax.
std::function<void()> wait_for_x(Model w, ptr<Cell> cell, bool relaxes) {
  return [=] {
    while (w.read(cell->x, Access::once) == 0)
      if (relaxes) w.relax();
    w.write(cell->y, 1, Access::once);
  };
}

TEST_F(Waiting, loop_that_somebody_ends_is_no_finding_and_costs_few_executions) {
  for (const bool relaxes : {true, false}) {
    const Verdict verdict = explored([=](Model w, ptr<Cell> cell) {
      w.declare({"waiter", ActorKind::process, {}, wait_for_x(w, cell, relaxes)});
      w.declare({"writer", ActorKind::process, {}, [=] { w.write(cell->x, 1, Access::once); }});
    });
    EXPECT_EQ(verdict.outcome, Outcome::safe);
    EXPECT_EQ(verdict.final_states, States{"x=1 y=1"});
    EXPECT_LE(verdict.executions, 3u);
  }
}

TEST_F(Waiting, loop_that_nobody_ends_is_a_stall) {
  for (const bool relaxes : {true, false}) {
    const Verdict verdict = explored([=](Model w, ptr<Cell> cell) {
      w.declare({"waiter", ActorKind::process, {}, wait_for_x(w, cell, relaxes)});
      w.declare({"other", ActorKind::process, {}, [=] { w.write(cell->y, 1, Access::once); }});
    });
    ASSERT_EQ(kinds(verdict), Kinds{"stall"});
    EXPECT_TRUE(verdict.findings[0].message.starts_with("watchdog: BUG: soft lockup"));
    // The schedule holds the site, so it shows the stall in a new process, too.
    EXPECT_FALSE(await_sites_of(verdict.findings[0].schedule).empty());
  }
}

TEST_F(Waiting, reader_that_waits_for_the_updater_stalls_the_grace_period) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 wait_for_x(w, cell, true)();
                 w.rcu_read_unlock();
               }});
    w.declare({"updater", ActorKind::process, {}, [=] {
                 w.synchronize_rcu();
                 w.write(cell->x, 1, Access::once);
               }});
  });
  ASSERT_EQ(kinds(verdict), Kinds{"stall"});
  EXPECT_NE(verdict.findings[0].message.find("rcu_preempt detected stalls"), std::string::npos);
  EXPECT_NE(verdict.findings[0].message.find("'updater'"), std::string::npos);
}

TEST_F(Waiting, list_walk_without_end_is_a_stall) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.write(cell->next, cell, Access::plain);
    w.declare({"reader", ActorKind::process, {}, [=] {
                 w.rcu_read_lock();
                 for (auto at = cell; at;) at = w.read(at->next, Access::dereference);
                 w.rcu_read_unlock();
               }});
  });
  EXPECT_EQ(kinds(verdict), Kinds{"stall"});
}

TEST_F(Waiting, loop_that_looks_at_nothing_ends_by_itself) {
  const auto program = [](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 for (int i = 0; i < 700; ++i) {
                   w.rcu_read_lock();
                   w.rcu_read_unlock();
                 }
                 w.write(cell->x, 1, Access::once);
               }});
  };
  const Verdict verdict = explored(program);
  EXPECT_EQ(verdict.outcome, Outcome::safe);
  EXPECT_EQ(verdict.final_states, States{"x=1 y=0"});
}

TEST_F(Waiting, endless_loop_that_looks_at_nothing_is_a_stall) {
  const Program endless = program([](Model w, ptr<Cell>) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 for (;;) {
                   w.rcu_read_lock();
                   w.rcu_read_unlock();
                 }
               }});
    w.declare({"relaxed", ActorKind::process, {}, [=] {
                 for (;;) w.relax();
               }});
  });
  const Verdict verdict = explore(endless, *runner_, {});
  EXPECT_EQ(kinds(verdict), testing::can_compare_stacks() ? Kinds{"stall"} : Kinds{});
  EXPECT_EQ(verdict.limit, "max_steps");
  EXPECT_FALSE(verdict.is_exhaustive);
}

TEST_F(Waiting, bounded_loop_is_no_stall) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"reader", ActorKind::process, {}, [=] {
                 for (int i = 0; i < 300; ++i) w.read(cell->x, Access::once);
               }});
  });
  EXPECT_EQ(verdict.outcome, Outcome::safe);
}

TEST_F(Waiting, loop_on_a_trylock_goes_on_when_the_lock_is_free) {
  const Verdict verdict = explored([](Model w, ptr<Cell> cell) {
    w.declare({"holder", ActorKind::process, {}, [=] {
                 w.spin_lock(cell->spin, SpinMode::plain);
                 w.fetch_add(cell->x, 1, Access::full);
                 w.spin_unlock(cell->spin, SpinMode::plain);
               }});
    w.declare({"spinner", ActorKind::process, {}, [=] {
                 while (!w.spin_trylock(cell->spin)) w.relax();
                 w.fetch_add(cell->x, 1, Access::full);
                 w.spin_unlock(cell->spin, SpinMode::plain);
               }});
  });
  EXPECT_EQ(verdict.outcome, Outcome::safe);
  EXPECT_EQ(verdict.final_states, States{"x=2 y=0"});
}

}  // namespace
}  // namespace rcuscope
