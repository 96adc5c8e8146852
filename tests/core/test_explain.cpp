// SPDX-License-Identifier: LGPL-2.1-or-later
// What findings say: the kernel's words, the option that shows them, and who did what in English.
#include "explore/explain.h"

#include <gtest/gtest.h>

#include "explore/explorer.h"
#include "model/model.h"
#include "trace/reporting.h"
#include "world/list.h"
#include "world/rcu.h"

namespace rcuscope {
namespace {

struct Item {
  Model::shared<int> value{"value", 7};
  Model::shared<ptr<Item>> other{"other", nullptr};
};

struct Shared {
  Model::shared<int> x{"x", 0};
  Model::shared<ptr<Item>> pointer{"pointer", nullptr};
  Model::mutex first{"first"}, second{"second"};
  Model::refcount count{"count", 1};
  Model::srcu_struct domain{"domain"};
};

/// What the actors of one program share, and the way to declare them.
struct Stage {
  explicit Stage(Execution& execution) : w(execution) {
    shared = w.kzalloc<Shared>("shared", "", Place::current());
    w.set_lifetime(shared.raw(), Lifetime::root);
    item = w.kzalloc<Item>("item", "a", Place::current());
    w.write(shared->pointer, item, Access::assign);
  }
  void actor(const char* name, std::function<void()> body, ActorKind kind = ActorKind::process) {
    w.declare({name, kind, {}, std::move(body)});
  }

  Model w;
  ptr<Shared> shared;
  ptr<Item> item;
};

using Script = std::function<void(Stage&)>;

Verdict explored(const Script& script) {
  const Program program = [script](Execution& execution) {
    Stage stage(execution);
    script(stage);
    stage.w.run_actors();
    stage.w.check_end_of_run();
  };
  return explore(program, *make_fiber_runner(), {});
}

/// The finding of one kind; fails if there is none.
Finding found(FindingKind kind, const Script& script) {
  const Verdict verdict = explored(script);
  for (const Finding& finding : verdict.findings)
    if (finding.kind == kind) return finding;
  ADD_FAILURE() << "no " << describe(kind).name << ": " << verdict.summary();
  return {};
}

void expect_says(const std::string& text, const std::vector<const char*>& phrases) {
  for (const char* phrase : phrases) EXPECT_NE(text.find(phrase), std::string::npos) << text;
}

void read_item(Stage& s) {
  const auto item = s.w.read(s.shared->pointer, Access::dereference);
  if (item) s.w.read(item->value, Access::plain);
}

void unpublish(Stage& s) { s.w.write(s.shared->pointer, nullptr, Access::assign); }

TEST(Explain, use_after_free_without_grace_period) {
  const Finding finding = found(FindingKind::use_after_free, [](Stage& s) {
    s.actor("reader", [&s] {
      s.w.rcu_read_lock();
      read_item(s);
      s.w.rcu_read_unlock();
    });
    s.actor("updater", [&s] {
      unpublish(s);
      s.w.kfree(s.item);
    });
  });
  expect_says(finding.message, {"BUG: KASAN: slab-use-after-free in "});
  EXPECT_EQ(finding.kconfig, "CONFIG_KASAN");
  expect_says(finding.explanation,
              {"'reader' touches a at step", "'updater' freed it at step",
               "Its last rcu_dereference before that was of shared->pointer at step",
               "pre-existing reader", "No grace period was waited for"});
}

TEST(Explain, use_after_free_behind_a_grace_period_of_another_kind) {
  const Finding finding = found(FindingKind::use_after_free, [](Stage& s) {
    s.actor("reader", [&s] {
      const int index = s.w.srcu_read_lock(s.shared->domain);
      read_item(s);
      s.w.srcu_read_unlock(s.shared->domain, index);
    });
    s.actor("updater", [&s] {
      unpublish(s);
      s.w.synchronize_rcu();
      s.w.kfree(s.item);
    });
  });
  expect_says(finding.explanation, {"Grace period 0, started at step", "pre-existing reader",
                                    "each srcu_struct wait for their own readers only"});
}

TEST(Explain, use_after_free_behind_the_section) {
  const Finding finding = found(FindingKind::use_after_free, [](Stage& s) {
    s.actor("reader", [&s] {
      s.w.rcu_read_lock();
      const auto item = s.w.read(s.shared->pointer, Access::dereference);
      s.w.rcu_read_unlock();
      s.w.rcu_read_lock();
      if (item) s.w.read(item->value, Access::plain);
      s.w.rcu_read_unlock();
    });
    s.actor("updater", [&s] {
      unpublish(s);
      s.w.call_rcu("reclaim", [&s] { s.w.kfree(s.item); });
    });
  });
  expect_says(finding.explanation, {"'reclaim', which 'updater' had queued at step", "freed it",
                                    "the pointer is from before, and nothing protected it"});
}

TEST(Explain, use_after_free_by_somebody_who_is_no_reader) {
  const Finding finding = found(FindingKind::use_after_free, [](Stage& s) {
    s.actor("reader", [&s] { read_item(s); });
    s.actor("updater", [&s] {
      unpublish(s);
      s.w.synchronize_rcu();
      s.w.kfree(s.item);
    });
  });
  expect_says(finding.explanation, {"'reader' is in no read-side critical section here, so no "
                                    "grace period waits for it"});
}

TEST(Explain, use_after_free_by_work_that_was_cancelled_too_early) {
  const Finding finding = found(FindingKind::use_after_free, [](Stage& s) {
    const auto work = s.w.kzalloc<Model::work_struct>("work", "w", Place::current(), "work");
    s.w.set_lifetime(work.raw(), Lifetime::root);
    s.w.init_work(*work, "worker", [&s] { s.w.read(s.item->value, Access::once); });
    s.actor("isr", [&s, work] { s.w.queue_work(*work); }, ActorKind::hardirq);
    s.actor("updater", [&s, work] {
      s.w.cancel_work_sync(*work);
      unpublish(s);
      s.w.kfree(s.item);
    });
  });
  expect_says(finding.explanation,
              {"'worker' touches a at step", "'isr' had queued 'worker' at step",
               "after 'updater' cancelled it at step"});
}

TEST(Explain, use_after_free_by_a_callback_says_that_nobody_waited_for_callbacks) {
  for (const bool waits_for_readers : {false, true}) {
    const Finding finding = found(FindingKind::use_after_free, [waits_for_readers](Stage& s) {
      s.actor("rmmod", [&s, waits_for_readers] {
        s.w.call_rcu("callback", [&s] { s.w.read(s.item->value, Access::once); });
        if (waits_for_readers) s.w.synchronize_rcu();
        s.w.kfree(s.item);
      });
    });
    expect_says(finding.explanation,
                {"'rmmod' had queued 'callback' at step", "Nothing waited for 'callback'",
                 "rcu_barrier waits for callbacks"});
    const bool tells_it =
        finding.explanation.find("'rmmod' had waited with synchronize_rcu") != std::string::npos;
    EXPECT_EQ(tells_it, waits_for_readers) << finding.explanation;
    EXPECT_EQ(finding.explanation.find("should have been gone"), std::string::npos);
  }
}

TEST(Explain, double_free_names_both) {
  const Finding finding = found(FindingKind::double_free, [](Stage& s) {
    for (const char* name : {"one", "two"}) s.actor(name, [&s] { s.w.kfree(s.item); });
  });
  expect_says(finding.message, {"BUG: KASAN: double-free in "});
  EXPECT_EQ(finding.kconfig, "CONFIG_KASAN");
  expect_says(finding.explanation, {"frees a at step", "had freed it at step"});
}

TEST(Explain, null_dereference_tells_who_cleared_the_pointer_between_two_reads) {
  const Finding finding = found(FindingKind::null_dereference, [](Stage& s) {
    s.actor("reader", [&s] {
      if (!s.w.read(s.shared->pointer, Access::once)) return;
      s.w.read(s.w.read(s.shared->pointer, Access::once)->value, Access::plain);
    });
    s.actor("updater", [&s] { unpublish(s); });
  });
  expect_says(finding.message, {"BUG: kernel NULL pointer dereference, address: "});
  EXPECT_EQ(finding.kconfig, "");
  expect_says(finding.explanation,
              {"'reader' had read shared->pointer at step", "which 'updater' had written at step",
               "It had read the same location at step", "a check of the first value"});
}

TEST(Explain, warning_tells_who_wrote_what_was_read) {
  const Finding finding = found(FindingKind::warn_on, [](Stage& s) {
    for (const char* name : {"one", "two"})
      s.actor(name, [&s] {
        const int old = s.w.read(s.shared->x, Access::once);
        s.w.write(s.shared->x, old + 1, Access::once);
      });
    s.actor("judge", [&s] {
      if (s.w.read(s.shared->x, Access::once) == 1 && s.w.read(s.shared->x, Access::once) == 1)
        s.w.report(FindingKind::warn_on, nullptr, "WARNING: judge:1: WARN_ON");
    });
  });
  expect_says(finding.explanation,
              {"'judge' finds a condition true that never should be", "'judge' had read shared->x",
               "By then the others had come to this"});
}

TEST(Explain, value_that_somebody_overwrote_is_told_as_lost) {
  const Program program = [](Execution& execution) {
    Stage stage(execution);
    Stage* s = &stage;
    for (const char* name : {"one", "two"})
      s->actor(name, [s] {
        const int old = s->w.read(s->shared->x, Access::once);
        s->w.write(s->shared->x, old + 1, Access::once);
      });
    s->w.run_actors();
    if (s->w.read(s->shared->x, Access::plain) != 2)
      s->w.report(FindingKind::warn_on, nullptr, "WARNING: at_end:1: WARN_ON");
  };
  const Verdict verdict = explore(program, *make_fiber_runner(), {});
  ASSERT_EQ(verdict.findings.size(), 1u);
  expect_says(verdict.findings[0].explanation,
              {"At the end of the run a condition is true that never should be",
               "The end of the run had read shared->x", "had written at step", "is lost"});
}

TEST(Explain, error_tells_what_led_there) {
  const Finding finding = found(FindingKind::error, [](Stage& s) {
    s.actor("reader", [&s] {
      if (s.w.read(s.shared->x, Access::once) == 3) throw std::runtime_error("three");
    });
    s.actor("writer", [&s] { s.w.write(s.shared->x, 3, Access::once); });
  });
  EXPECT_EQ(finding.message, "three");
  expect_says(finding.explanation, {"'reader' raises an error at step",
                                    "'reader' had read shared->x at step", "'writer' had written"});
}

TEST(Explain, deadlock_of_two_mutexes_tells_who_took_what_and_when) {
  const Finding finding = found(FindingKind::deadlock, [](Stage& s) {
    s.actor("one", [&s] {
      s.w.mutex_lock(s.shared->first);
      s.w.mutex_lock(s.shared->second);
      s.w.mutex_unlock(s.shared->second);
      s.w.mutex_unlock(s.shared->first);
    });
    s.actor("two", [&s] {
      s.w.mutex_lock(s.shared->second);
      s.w.mutex_lock(s.shared->first);
      s.w.mutex_unlock(s.shared->first);
      s.w.mutex_unlock(s.shared->second);
    });
  });
  expect_says(finding.message, {"INFO: task one blocked for more than 120 seconds: ",
                                "; WARNING: possible circular locking dependency detected "
                                "(CONFIG_PROVE_LOCKING)"});
  EXPECT_EQ(finding.kconfig, "CONFIG_DETECT_HUNG_TASK");
  expect_says(finding.explanation,
              {"each of them waits for the next", "'one' took shared->first at step",
               "'two' took shared->second at step"});
}

TEST(Explain, deadlock_with_itself) {
  const Finding finding = found(FindingKind::deadlock, [](Stage& s) {
    s.actor("one", [&s] {
      s.w.mutex_lock(s.shared->first);
      s.w.mutex_lock(s.shared->first);
    });
  });
  expect_says(finding.message, {"WARNING: possible recursive locking detected"});
  expect_says(finding.explanation, {"It waits for itself", "'one' took shared->first at step"});
}

TEST(Explain, deadlock_through_a_grace_period_names_it_and_the_reader) {
  const Finding finding = found(FindingKind::deadlock, [](Stage& s) {
    s.actor("updater", [&s] {
      s.w.mutex_lock(s.shared->first);
      s.w.synchronize_rcu();
      s.w.mutex_unlock(s.shared->first);
    });
    s.actor("reader", [&s] {
      s.w.rcu_read_lock();
      s.w.mutex_lock(s.shared->first);
      s.w.mutex_unlock(s.shared->first);
      s.w.rcu_read_unlock();
    });
  });
  expect_says(finding.message, {"INFO: rcu_preempt detected stalls on CPUs/tasks"});
  expect_says(finding.explanation,
              {"'reader' has been a reader since step", "'updater' took shared->first at step",
               "Grace period 0, which 'updater' has waited for since step",
               "the pre-existing reader 'reader' has left"});
}

TEST(Explain, waiting_for_a_grace_period_inside_a_section) {
  const Script script = [](Stage& s) {
    s.actor("updater", [&s] {
      s.w.rcu_read_lock();
      s.w.synchronize_rcu();
      s.w.rcu_read_unlock();
    });
  };
  const Finding usage = found(FindingKind::suspicious_rcu_usage, script);
  expect_says(usage.message, {"WARNING: suspicious RCU usage: Illegal synchronize_rcu() in RCU "
                              "read-side critical section"});
  EXPECT_EQ(usage.kconfig, "CONFIG_PROVE_RCU");
  expect_says(usage.explanation, {"entered a read-side critical section at step",
                                  "That grace period would have to wait for this very reader"});
  expect_says(found(FindingKind::deadlock, script).explanation, {"It waits for itself"});
}

TEST(Explain, grace_period_of_a_reader_that_has_ended_inside_its_section) {
  const Finding finding = found(FindingKind::deadlock, [](Stage& s) {
    s.actor("reader", [&s] {
      s.w.rcu_read_lock();
      s.w.read(s.shared->x, Access::once);
    });
    s.actor("updater", [&s] {
      s.w.write(s.shared->x, 1, Access::once);
      s.w.synchronize_rcu();
    });
  });
  expect_says(finding.message, {"waits in synchronize_rcu: its grace period waits for 'reader', "
                                "which has ended inside its read-side critical section"});
  expect_says(finding.explanation, {"what is waited for can never come"});
}

TEST(Explain, waiting_for_sleepable_rcu_inside_its_own_section) {
  const Finding finding = found(FindingKind::suspicious_rcu_usage, [](Stage& s) {
    s.actor("updater", [&s] {
      const int index = s.w.srcu_read_lock(s.shared->domain);
      s.w.synchronize_srcu(s.shared->domain);
      s.w.srcu_read_unlock(s.shared->domain, index);
    });
  });
  expect_says(finding.message, {"Illegal synchronize_srcu() in same-type SRCU"});
  expect_says(finding.explanation, {"entered a read-side critical section at step"});
}

TEST(Explain, dereference_outside_a_section_in_an_interrupt) {
  const Finding finding = found(FindingKind::suspicious_rcu_usage, [](Stage& s) {
    s.actor(
        "isr", [&s] { rcu_dereference_check<ptr<Item>>(s.w, s.shared->pointer, false); },
        ActorKind::hardirq);
  });
  expect_says(finding.message, {"suspicious rcu_dereference_check() usage"});
  EXPECT_EQ(finding.kconfig, "CONFIG_PROVE_RCU");
  expect_says(finding.explanation, {"outside of any rcu_read_lock section",
                                    "a grace period would wait for it all the same"});
}

TEST(Explain, list_walk_of_a_non_reader_needs_its_own_option) {
  const Finding finding = found(FindingKind::suspicious_rcu_usage, [](Stage& s) {
    s.actor("walker", [&s] { check_list_reader(s.w, false, Place::current()); });
  });
  expect_says(finding.message, {"RCU-list traversed in non-reader section!"});
  EXPECT_EQ(finding.kconfig, "CONFIG_PROVE_RCU_LIST");
  expect_says(finding.explanation, {"'walker' walks an RCU list", "it is no reader"});
}

TEST(Explain, sleep_in_a_section_tells_when_it_began) {
  const Finding finding = found(FindingKind::sleeping_in_atomic, [](Stage& s) {
    s.actor("reader", [&s] {
      s.w.rcu_read_lock();
      s.w.mutex_lock(s.shared->first);
      s.w.mutex_unlock(s.shared->first);
      s.w.rcu_read_unlock();
    });
  });
  expect_says(finding.message, {"Voluntary context switch within RCU read-side critical section!"});
  EXPECT_EQ(finding.kconfig, "");
  EXPECT_TRUE(reporting_of(finding.kind, finding.message).is_always);
  expect_says(finding.explanation,
              {"'reader' has been in a read-side critical section since step", "(mutex_lock)"});
}

TEST(Explain, sleep_in_an_interrupt_says_where) {
  const Finding finding = found(FindingKind::sleeping_in_atomic, [](Stage& s) {
    s.actor("isr", [&s] { s.w.msleep(); }, ActorKind::hardirq);
  });
  expect_says(finding.message, {"BUG: sleeping function called from invalid context at "
                                "test_explain.cpp:",
                                "msleep (hardirq context)"});
  expect_says(finding.explanation, {"'isr' runs in hardirq context", "(msleep)"});
}

TEST(Explain, references_are_told_one_by_one) {
  const Finding underflow = found(FindingKind::refcount_underflow, [](Stage& s) {
    for (const char* name : {"one", "two"})
      s.actor(name, [&s] { s.w.refcount_dec(s.shared->count, EventKind::kref_put); });
  });
  expect_says(underflow.message, {"refcount_t: underflow; use-after-free."});
  EXPECT_EQ(underflow.kconfig, "");
  expect_says(underflow.explanation, {"drops a reference at step", "had dropped the last one at",
                                      "dropped one at step", "(0 left)"});

  const Finding addition = found(FindingKind::refcount_addition_on_zero, [](Stage& s) {
    s.actor("owner", [&s] { s.w.refcount_dec(s.shared->count, EventKind::kref_put); });
    s.actor("late", [&s] { s.w.refcount_inc(s.shared->count, EventKind::kref_get); });
  });
  expect_says(addition.message, {"refcount_t: addition on 0; use-after-free."});
  expect_says(addition.explanation,
              {"'late' takes a reference at step", "'owner' had dropped the last one at step",
               "kref_get_unless_zero"});
}

TEST(Explain, leak_tells_who_had_the_object_last) {
  const Finding finding = found(FindingKind::leak, [](Stage& s) {
    s.actor("owner", [&s] {
      const auto lost = s.w.kzalloc<Item>("item", "lost", Place::current());
      s.w.write(lost->value, 1, Access::plain);
    });
  });
  expect_says(finding.message, {"unreferenced object: item lost"});
  EXPECT_EQ(finding.kconfig, "CONFIG_DEBUG_KMEMLEAK");
  expect_says(finding.explanation, {"'owner' had allocated it at step",
                                    "The last one who touched it was 'owner' at step"});
}

TEST(Explain, lock_imbalance_tells_what_is_left) {
  const Finding held = found(FindingKind::lock_imbalance, [](Stage& s) {
    s.actor("one", [&s] { s.w.mutex_lock(s.shared->first); });
  });
  expect_says(held.message, {"WARNING: one still has locks held! (shared->first)"});
  EXPECT_EQ(held.kconfig, "CONFIG_PROVE_LOCKING");
  expect_says(held.explanation,
              {"'one' ends at step", "with shared->first held, which it took at"});

  const Finding open = found(FindingKind::lock_imbalance,
                             [](Stage& s) { s.actor("one", [&s] { s.w.rcu_read_lock(); }); });
  expect_says(open.explanation, {"inside the read-side critical section that it entered at step"});

  const Finding other = found(FindingKind::lock_imbalance,
                              [](Stage& s) { s.actor("one", [&s] { s.w.rcu_read_unlock(); }); });
  expect_says(other.message, {"WARNING: bad unlock balance detected!"});
  expect_says(other.explanation, {"leaves a read-side critical section", "had not entered"});
}

}  // namespace
}  // namespace rcuscope
