// SPDX-License-Identifier: LGPL-2.1-or-later
// Spinlocks, what is switched off, sleepable RCU, polled grace periods and completions, in every
// world.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/worlds.h"

namespace rcuscope {
namespace {

template <World W>
struct Shelf {
  typename W::spinlock lock{"lock"};
  typename W::spinlock inner{"inner"};
  typename W::completion done{"done"};
  typename W::srcu_struct srcu{"srcu"};
  typename W::srcu_struct other{"other"};
  typename W::work_struct work{"work"};
  typename W::template shared<int> count{"count", 0};
};

template <class W>
class PrimitivesIn : public ::testing::Test {
 protected:
  using ShelfPtr = ptr<Shelf<W>>;

  static ShelfPtr make_shelf(W w) {
    const auto shelf = w.template kzalloc<Shelf<W>>("shelf", "shelf", Place::current());
    w.set_lifetime(shelf.raw(), Lifetime::root);
    return shelf;
  }

  /// One actor alone.
  static RunResult run(const std::function<void(W, ShelfPtr)>& body,
                       ActorKind kind = ActorKind::process) {
    return TestWorld<W>::run([&](W w) {
      const ShelfPtr shelf = make_shelf(w);
      w.declare({"actor", kind, {}, [w, shelf, body] { body(w, shelf); }});
      w.run_actors();
    });
  }

  static std::vector<std::string> kinds_of(const RunResult& result) {
    std::vector<std::string> kinds;
    for (const Finding& finding : result.findings) kinds.emplace_back(describe(finding.kind).name);
    std::sort(kinds.begin(), kinds.end());
    return kinds;
  }
};
TYPED_TEST_SUITE(PrimitivesIn, Worlds);

using Kinds = std::vector<std::string>;
constexpr Mask all_masks[] = {Mask::irq, Mask::bh, Mask::preempt, Mask::rcu_bh, Mask::rcu_sched};
constexpr SpinMode all_modes[] = {SpinMode::plain, SpinMode::irq, SpinMode::irqsave, SpinMode::bh};

// --- spinlocks

TYPED_TEST(PrimitivesIn, spinlock_is_held_by_its_owner_who_is_a_reader) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    for (const SpinMode mode : all_modes) {
      w.spin_lock(shelf->lock, mode);
      EXPECT_TRUE(w.is_held(shelf->lock));
      EXPECT_TRUE(w.rcu_read_lock_any_held());
      EXPECT_FALSE(w.rcu_read_lock_held());
      EXPECT_EQ(w.has_irqs_off(), mode == SpinMode::irq || mode == SpinMode::irqsave);
      w.spin_unlock(shelf->lock, mode);
      EXPECT_FALSE(w.is_held(shelf->lock));
      EXPECT_FALSE(w.rcu_read_lock_any_held());
      EXPECT_FALSE(w.has_irqs_off());
    }
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, sections_and_spinlocks_may_be_left_in_any_order) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.rcu_read_lock();
    w.spin_lock(shelf->lock, SpinMode::plain);
    w.rcu_read_unlock();
    EXPECT_TRUE(w.rcu_read_lock_any_held());
    w.rcu_read_lock();
    EXPECT_TRUE(w.rcu_read_lock_held());
    w.spin_unlock(shelf->lock, SpinMode::plain);
    EXPECT_TRUE(w.rcu_read_lock_held());
    w.rcu_read_unlock();
    EXPECT_FALSE(w.rcu_read_lock_any_held());
    w.synchronize_rcu();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, spinlocks_exclude_each_other) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    const auto shelf = TestFixture::make_shelf(w);
    const auto add = [w, shelf] {
      for (int i = 0; i < 20; ++i) {
        w.spin_lock(shelf->lock, SpinMode::irqsave);
        w.write(shelf->count, w.read(shelf->count, Access::plain) + 1, Access::plain);
        w.spin_unlock(shelf->lock, SpinMode::irqsave);
      }
    };
    w.declare({"one", ActorKind::process, {}, add});
    w.declare({"two", ActorKind::softirq, {}, add});
    w.declare({"three", ActorKind::hardirq, {}, add});
    w.run_actors();
    EXPECT_EQ(w.read(shelf->count, Access::plain), 60);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, trylock_takes_what_is_free) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    EXPECT_TRUE(w.spin_trylock(shelf->lock));
    EXPECT_TRUE(w.is_held(shelf->lock));
    EXPECT_FALSE(w.spin_trylock(shelf->lock));
    w.spin_unlock(shelf->lock, SpinMode::plain);
    EXPECT_FALSE(w.rcu_read_lock_any_held());
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, irqrestore_restores_what_was) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.spin_lock(shelf->lock, SpinMode::irqsave);
    w.spin_lock(shelf->inner, SpinMode::irqsave);
    w.spin_unlock(shelf->inner, SpinMode::irqsave);
    EXPECT_TRUE(w.has_irqs_off());
    w.spin_unlock(shelf->lock, SpinMode::irqsave);
    EXPECT_FALSE(w.has_irqs_off());
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, unlocking_what_is_not_held_is_an_imbalance) {
  const RunResult result =
      this->run([](TypeParam w, auto shelf) { w.spin_unlock(shelf->lock, SpinMode::plain); });
  EXPECT_EQ(this->kinds_of(result), Kinds{"lock_imbalance"}) << result.text();
}

TYPED_TEST(PrimitivesIn, taking_a_spinlock_twice_is_a_deadlock) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.spin_lock(shelf->lock, SpinMode::plain);
    w.spin_lock(shelf->lock, SpinMode::plain);
  });
  EXPECT_EQ(this->kinds_of(result), Kinds{"deadlock"}) << result.text();
}

TYPED_TEST(PrimitivesIn, lock_held_at_the_end_is_an_imbalance) {
  const RunResult result =
      this->run([](TypeParam w, auto shelf) { w.spin_lock(shelf->lock, SpinMode::irq); });
  EXPECT_EQ(this->kinds_of(result), Kinds{"lock_imbalance"}) << result.text();
}

TYPED_TEST(PrimitivesIn, sleeping_under_a_spinlock_is_reported) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.spin_lock(shelf->lock, SpinMode::plain);
    w.might_sleep("mutex_lock");
    w.spin_unlock(shelf->lock, SpinMode::plain);
  });
  EXPECT_EQ(this->kinds_of(result), Kinds{"sleeping_in_atomic"}) << result.text();
}

// --- what is switched off

TYPED_TEST(PrimitivesIn, whoever_switches_something_off_is_a_reader_who_may_not_sleep) {
  for (const Mask what : all_masks) {
    const RunResult result = this->run([what](TypeParam w, auto) {
      w.mask(what);
      EXPECT_TRUE(w.rcu_read_lock_any_held());
      EXPECT_FALSE(w.rcu_read_lock_held());
      w.might_sleep("msleep");
      w.unmask(what);
      EXPECT_FALSE(w.rcu_read_lock_any_held());
      w.might_sleep("msleep");
    });
    EXPECT_EQ(this->kinds_of(result), Kinds{"sleeping_in_atomic"})
        << off_name(what) << ": " << result.text();
  }
}

TYPED_TEST(PrimitivesIn, switches_want_a_partner) {
  for (const Mask what : all_masks) {
    const RunResult open = this->run([what](TypeParam w, auto) { w.mask(what); });
    EXPECT_EQ(this->kinds_of(open), Kinds{"lock_imbalance"}) << off_name(what) << open.text();
    if (what == Mask::irq) continue;  // on or off: enabling twice is legal
    const RunResult closed = this->run([what](TypeParam w, auto) { w.unmask(what); });
    EXPECT_EQ(this->kinds_of(closed), Kinds{"lock_imbalance"}) << on_name(what) << closed.text();
  }
}

TYPED_TEST(PrimitivesIn, switches_nest_but_interrupts_do_not) {
  const RunResult result = this->run([](TypeParam w, auto) {
    w.mask(Mask::bh);
    w.mask(Mask::bh);
    w.unmask(Mask::bh);
    EXPECT_TRUE(w.rcu_read_lock_any_held());
    w.unmask(Mask::bh);
    w.mask(Mask::irq);
    w.mask(Mask::irq);
    w.unmask(Mask::irq);
    EXPECT_FALSE(w.rcu_read_lock_any_held());
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, synchronize_rcu_with_interrupts_off_waits_for_itself) {
  const RunResult result = this->run([](TypeParam w, auto) {
    w.mask(Mask::irq);
    w.synchronize_rcu();
    w.unmask(Mask::irq);
  });
  EXPECT_EQ(this->kinds_of(result), (Kinds{"deadlock", "sleeping_in_atomic"})) << result.text();
}

// --- sleepable RCU

TYPED_TEST(PrimitivesIn, srcu_sections_nest_and_may_sleep) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    EXPECT_FALSE(w.srcu_read_lock_held(shelf->srcu));
    const int first = w.srcu_read_lock(shelf->srcu);
    const int second = w.srcu_read_lock(shelf->srcu);
    w.might_sleep("msleep");
    w.synchronize_rcu();
    w.synchronize_srcu(shelf->other);
    w.srcu_read_unlock(shelf->srcu, first);
    EXPECT_TRUE(w.srcu_read_lock_held(shelf->srcu));
    EXPECT_FALSE(w.srcu_read_lock_held(shelf->other));
    EXPECT_FALSE(w.rcu_read_lock_any_held());
    w.srcu_read_unlock(shelf->srcu, second);
    w.synchronize_srcu(shelf->srcu);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, synchronize_srcu_waits_for_the_sections_before_it) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    const auto shelf = TestFixture::make_shelf(w);
    w.declare({"reader", ActorKind::process, {}, [w, shelf] {
                 const int index = w.srcu_read_lock(shelf->srcu);
                 w.write(shelf->count, 1, Access::once);
                 w.might_sleep("msleep");
                 w.write(shelf->count, 2, Access::once);
                 w.srcu_read_unlock(shelf->srcu, index);
               }});
    w.declare({"updater", ActorKind::process, {}, [w, shelf] {
                 const bool is_open = w.read(shelf->count, Access::once) == 1;
                 w.synchronize_srcu(shelf->srcu);
                 if (is_open) {
                   EXPECT_EQ(w.read(shelf->count, Access::once), 2);
                 }
               }});
    w.run_actors();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, srcu_sections_out_of_balance_are_reported) {
  const RunResult closed =
      this->run([](TypeParam w, auto shelf) { w.srcu_read_unlock(shelf->srcu, 0); });
  EXPECT_EQ(this->kinds_of(closed), Kinds{"lock_imbalance"}) << closed.text();
  const RunResult open = this->run([](TypeParam w, auto shelf) { w.srcu_read_lock(shelf->srcu); });
  EXPECT_EQ(this->kinds_of(open), Kinds{"lock_imbalance"}) << open.text();
}

TYPED_TEST(PrimitivesIn, synchronize_srcu_in_its_own_section_is_a_deadlock) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    const int index = w.srcu_read_lock(shelf->srcu);
    w.synchronize_srcu(shelf->srcu);
    w.srcu_read_unlock(shelf->srcu, index);
  });
  EXPECT_EQ(this->kinds_of(result), (Kinds{"deadlock", "suspicious_rcu_usage"})) << result.text();
}

TYPED_TEST(PrimitivesIn, callbacks_of_srcu_run_in_tasks_with_bh_off) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.call_srcu(shelf->srcu, "callback", [w, shelf] {
      EXPECT_EQ(w.context(), Context::process);
      EXPECT_TRUE(w.rcu_read_lock_any_held());
      w.fetch_add(shelf->count, 1, Access::full);
    });
    w.srcu_barrier(shelf->srcu);
    EXPECT_EQ(w.read(shelf->count, Access::once), 1);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, callback_of_srcu_waits_for_open_sections) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    const int index = w.srcu_read_lock(shelf->other);
    w.call_srcu(shelf->srcu, "first", [w, shelf] { w.fetch_add(shelf->count, 1, Access::full); });
    w.srcu_barrier(shelf->srcu);  // not held up by the other domain
    EXPECT_EQ(w.read(shelf->count, Access::once), 1);
    w.srcu_read_unlock(shelf->other, index);
    w.call_srcu(shelf->other, "last", [w, shelf] { w.fetch_add(shelf->count, 1, Access::full); });
    w.srcu_barrier(shelf->other);
    EXPECT_EQ(w.read(shelf->count, Access::once), 2);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

// --- grace periods that are polled, and barriers

TYPED_TEST(PrimitivesIn, cookie_is_elapsed_after_a_whole_grace_period) {
  const RunResult result = this->run([](TypeParam w, auto) {
    const std::int64_t cookie = w.get_state_synchronize_rcu();
    EXPECT_FALSE(w.poll_state_synchronize_rcu(cookie));
    w.synchronize_rcu();
    EXPECT_TRUE(w.poll_state_synchronize_rcu(cookie));
    w.cond_synchronize_rcu(cookie);
    const std::int64_t later = w.get_state_synchronize_rcu();
    EXPECT_FALSE(w.poll_state_synchronize_rcu(later));
    w.cond_synchronize_rcu(later);
    EXPECT_TRUE(w.poll_state_synchronize_rcu(later));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, grace_period_of_srcu_does_not_count_for_polling) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    const std::int64_t cookie = w.get_state_synchronize_rcu();
    w.synchronize_srcu(shelf->srcu);
    EXPECT_FALSE(w.poll_state_synchronize_rcu(cookie));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, started_poll_comes_to_its_end) {
  const RunResult result = this->run([](TypeParam w, auto) {
    const std::int64_t cookie = w.start_poll_synchronize_rcu();
    while (!w.poll_state_synchronize_rcu(cookie)) w.relax();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, cond_synchronize_rcu_sleeps) {
  const RunResult result = this->run(
      [](TypeParam w, auto) {
        const std::int64_t cookie = w.get_state_synchronize_rcu();
        w.cond_synchronize_rcu(cookie);
      },
      ActorKind::hardirq);
  EXPECT_EQ(this->kinds_of(result), (Kinds{"deadlock", "sleeping_in_atomic"})) << result.text();
}

TYPED_TEST(PrimitivesIn, barriers_wait_for_their_kind) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    w.init_work(shelf->work, "work", [w, shelf] { w.fetch_add(shelf->count, 1, Access::full); });
    w.queue_work(shelf->work);
    w.flush_workqueue();
    EXPECT_EQ(w.read(shelf->count, Access::once), 1);
    const auto item = w.template kzalloc<Shelf<TypeParam>>("item", "a", Place::current());
    w.kfree_rcu_mightsleep(item);
    w.kvfree_rcu_barrier();
    w.rcu_barrier();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

// --- completions and loops

TYPED_TEST(PrimitivesIn, completion_counts) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    const auto shelf = TestFixture::make_shelf(w);
    w.declare({"isr", ActorKind::hardirq, {}, [w, shelf] {
                 w.complete(shelf->done);
                 w.complete(shelf->done);
               }});
    for (const char* name : {"one", "two"})
      w.declare({name, ActorKind::process, {}, [w, shelf] {
                   w.wait_for_completion(shelf->done);
                   w.fetch_add(shelf->count, 1, Access::full);
                 }});
    w.run_actors();
    EXPECT_EQ(w.read(shelf->count, Access::plain), 2);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, completion_that_nobody_completes_is_a_deadlock) {
  const RunResult result =
      this->run([](TypeParam w, auto shelf) { w.wait_for_completion(shelf->done); });
  EXPECT_EQ(this->kinds_of(result), Kinds{"deadlock"}) << result.text();
  EXPECT_NE(result.text().find("done, which nobody completes"), std::string::npos) << result.text();
}

TYPED_TEST(PrimitivesIn, loop_with_relax_ends_when_the_other_actor_has_written) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    const auto shelf = TestFixture::make_shelf(w);
    w.declare({"writer", ActorKind::process, {}, [w, shelf] {
                 w.write(shelf->count, 1, Access::release);
               }});
    w.declare({"waiter", ActorKind::process, {}, [w, shelf] {
                 while (w.read(shelf->count, Access::acquire) == 0) w.relax();
               }});
    w.run_actors();
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(PrimitivesIn, loop_with_relax_that_nobody_ends_is_a_stall) {
  const RunResult result = this->run([](TypeParam w, auto shelf) {
    while (w.read(shelf->count, Access::once) == 0) w.relax();
  });
  EXPECT_EQ(this->kinds_of(result), Kinds{"stall"}) << result.text();
}

}  // namespace
}  // namespace rcuscope
