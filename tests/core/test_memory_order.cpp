// SPDX-License-Identifier: LGPL-2.1-or-later
// What orders two accesses, and what does not: each edge once with it and once without. Outcomes of
// the classic shapes are those of the kernel's memory model (tools/memory-model/litmus-tests).
#include "check/memory_order.h"

#include <gtest/gtest.h>

#include "explore/explorer.h"
#include "model/model.h"

namespace rcuscope {
namespace {

struct Object {
  Model::shared<int> value{"value", 0};
};

/// What the actors of a program share.
struct Shared {
  Model::shared<int> x{"x", 0};
  Model::shared<int> y{"y", 0};
  Model::shared<int> z{"z", 0};
  Model::shared<ptr<Object>> pointer{"pointer", nullptr};
  Model::mutex lock{"lock"};
  Model::spinlock spin{"spin"};
  Model::refcount count{"count", 2};
  Model::completion done{"done"};
  Model::srcu_struct srcu{"srcu"};
  Model::work_struct work{"work"};
};

using Body = std::function<void(Model, ptr<Shared>)>;

struct Flow {
  Body body;
  ActorKind kind = ActorKind::process;
  CpuId cpu = {};
};

Verdict explore_flows(std::vector<Flow> flows, const ExploreOptions& options = {}) {
  const Program program = [flows = std::move(flows)](Execution& execution) {
    const Model w(execution);
    const auto shared = w.kzalloc<Shared>("shared", "", Place::current());
    w.set_lifetime(shared.raw(), Lifetime::root);
    w.init_work(shared->work, "work", [w, shared] { w.read(shared->x, Access::plain); });
    for (std::size_t i = 0; i < flows.size(); ++i)
      w.declare({"flow " + std::to_string(i), flows[i].kind, flows[i].cpu,
                 [w, shared, body = flows[i].body] { body(w, shared); }});
    w.run_actors();
  };
  return explore(program, *make_fiber_runner(), options);
}

std::string outcome_of(std::vector<Flow> flows) {
  const Verdict verdict = explore_flows(std::move(flows));
  if (!verdict.findings.empty()) return std::string(describe(verdict.findings.front().kind).name);
  return verdict.outcome == Outcome::unknown ? verdict.limit
                                             : std::string(to_string(verdict.outcome));
}

constexpr Access plain = Access::plain, once = Access::once, release = Access::release,
                 acquire = Access::acquire, full = Access::full, relaxed = Access::relaxed;

Body write_x(Access access) {
  return [access](Model w, ptr<Shared> s) { w.write(s->x, 1, access); };
}

// --- data races

TEST(DataRace, two_plain_stores_race) {
  EXPECT_EQ(outcome_of({{write_x(plain)}, {write_x(plain)}}), "data_race");
}

TEST(DataRace, plain_load_races_with_a_marked_store_but_not_with_a_load) {
  const Body load = [](Model w, ptr<Shared> s) { w.read(s->x, plain); };
  EXPECT_EQ(outcome_of({{write_x(once)}, {load}}), "data_race");
  EXPECT_EQ(outcome_of({{load}, {load}}), "SAFE");
}

TEST(DataRace, marked_accesses_do_not_race) {
  const Body load = [](Model w, ptr<Shared> s) { w.read(s->x, once); };
  EXPECT_EQ(outcome_of({{write_x(once)}, {load}}), "SAFE");
}

TEST(DataRace, common_lock_orders_and_another_lock_does_not) {
  const Body with_mutex = [](Model w, ptr<Shared> s) {
    w.mutex_lock(s->lock);
    w.write(s->x, 1, plain);
    w.mutex_unlock(s->lock);
  };
  const Body with_spinlock = [](Model w, ptr<Shared> s) {
    w.spin_lock(s->spin, SpinMode::plain);
    w.write(s->x, 2, plain);
    w.spin_unlock(s->spin, SpinMode::plain);
  };
  EXPECT_EQ(outcome_of({{with_mutex}, {with_mutex}}), "SAFE");
  EXPECT_EQ(outcome_of({{with_spinlock}, {with_spinlock}}), "SAFE");
  EXPECT_EQ(outcome_of({{with_mutex}, {with_spinlock}}), "data_race");
}

/// x is stored, then y as a flag; whoever sees the flag loads x.
std::string message(Access flag_store, Access flag_load, std::optional<Barrier> store_barrier = {},
                    std::optional<Barrier> load_barrier = {}, Access data = plain) {
  return outcome_of({{[=](Model w, ptr<Shared> s) {
                       w.write(s->x, 1, data);
                       if (store_barrier) w.memory_barrier(*store_barrier);
                       w.write(s->y, 1, flag_store);
                     }},
                     {[=](Model w, ptr<Shared> s) {
                       if (w.read(s->y, flag_load) == 0) return;
                       if (load_barrier) w.memory_barrier(*load_barrier);
                       w.read(s->x, data);
                     }}});
}

TEST(DataRace, release_and_acquire_order_what_they_enclose) {
  EXPECT_EQ(message(release, acquire), "SAFE");
  EXPECT_EQ(message(once, acquire), "data_race");
  EXPECT_EQ(message(release, once), "data_race");
}

TEST(DataRace, barriers_in_pairs_order_too) {
  EXPECT_EQ(message(once, once, Barrier::write, Barrier::read), "SAFE");
  EXPECT_EQ(message(once, once, Barrier::full, Barrier::full), "SAFE");
  EXPECT_EQ(message(once, once, Barrier::write, {}), "data_race");
  EXPECT_EQ(message(once, once, {}, Barrier::read), "data_race");
  EXPECT_EQ(message(once, once, Barrier::read, Barrier::read), "data_race");
  EXPECT_EQ(message(once, once, Barrier::write, Barrier::write), "data_race");
}

TEST(DataRace, write_barrier_orders_no_earlier_load) {
  const auto load_then_flag = [](std::optional<Barrier> barrier, Access flag) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.read(s->x, plain);
                         if (barrier) w.memory_barrier(*barrier);
                         w.write(s->y, 1, flag);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (w.read(s->y, acquire) != 0) w.write(s->x, 1, plain);
                       }}});
  };
  EXPECT_EQ(load_then_flag({}, release), "SAFE");
  EXPECT_EQ(load_then_flag(Barrier::full, once), "SAFE");
  EXPECT_EQ(load_then_flag(Barrier::write, once), "data_race");
}

TEST(DataRace, update_orders_as_it_says_and_only_if_it_succeeds) {
  const auto exchange = [](Access store, Access load) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.write(s->x, 1, plain);
                         w.exchange(s->y, 1, store);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (w.compare_exchange(s->y, 1, 2, load) == 1) w.read(s->x, plain);
                       }}});
  };
  EXPECT_EQ(exchange(full, full), "SAFE");
  EXPECT_EQ(exchange(release, acquire), "SAFE");
  EXPECT_EQ(exchange(relaxed, full), "data_race");
  EXPECT_EQ(exchange(full, relaxed), "data_race");
  EXPECT_EQ(outcome_of({{[](Model w, ptr<Shared> s) {
                          w.write(s->x, 1, plain);
                          w.write(s->y, 1, release);
                        }},
                        {[](Model w, ptr<Shared> s) {  // fails where it matters: no order
                          if (w.compare_exchange(s->y, 5, 6, full) == 1) w.read(s->x, plain);
                        }}}),
            "data_race");
}

TEST(DataRace, updates_hand_on_what_was_released_before) {
  EXPECT_EQ(outcome_of({{[](Model w, ptr<Shared> s) {
                          w.write(s->x, 1, plain);
                          w.write(s->y, 1, release);
                        }},
                        {[](Model w, ptr<Shared> s) { w.fetch_add(s->y, 1, relaxed); }},
                        {[](Model w, ptr<Shared> s) {
                          if (w.read(s->y, acquire) == 2) w.read(s->x, plain);
                        }}}),
            "SAFE");
}

/// An object is made, published and followed.
std::string publication(Access publish, Access subscribe, bool follows_pointer = true) {
  return outcome_of({{[=](Model w, ptr<Shared> s) {
                       const auto object = w.kzalloc<Object>("object", "", Place::current());
                       w.write(object->value, 1, plain);
                       w.write(s->z, 1, plain);
                       w.write(s->pointer, object, publish);
                     }},
                     {[=](Model w, ptr<Shared> s) {
                       const auto object = w.read(s->pointer, subscribe);
                       if (!object) return;
                       if (follows_pointer)
                         w.read(object->value, plain);
                       else
                         w.read(s->z, plain);
                     }}});
}

TEST(DataRace, dependency_orders_what_is_reached_through_the_pointer) {
  EXPECT_EQ(publication(Access::assign, Access::dereference), "SAFE");
  EXPECT_EQ(publication(Access::assign, once), "SAFE");
  EXPECT_EQ(publication(Access::assign, acquire, false), "SAFE");
  EXPECT_EQ(publication(Access::assign, Access::dereference, false), "data_race");
  EXPECT_EQ(publication(once, Access::dereference), "data_race");
  EXPECT_EQ(publication(Access::assign, plain), "data_race");
  EXPECT_EQ(publication(plain, Access::dereference), "data_race");
}

TEST(DataRace, grace_period_orders_sections_that_it_waits_for) {
  const auto removal = [](bool waits, bool in_section) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.write(s->y, 1, once);
                         if (waits) w.synchronize_rcu();
                         w.write(s->x, 1, plain);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (in_section) w.rcu_read_lock();
                         if (w.read(s->y, once) == 0) w.read(s->x, plain);
                         if (in_section) w.rcu_read_unlock();
                       }}});
  };
  EXPECT_EQ(removal(true, true), "SAFE");
  EXPECT_EQ(removal(false, true), "data_race");
  EXPECT_EQ(removal(true, false), "data_race");
}

TEST(DataRace, callbacks_come_after_their_call_and_barriers_after_them) {
  const auto call = [](bool waits) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
      w.write(s->x, 1, plain);
      w.call_rcu("callback", [w, s] { w.write(s->x, 2, plain); });
      if (waits) w.rcu_barrier();
      w.write(s->x, 3, plain);
    }}});
  };
  EXPECT_EQ(call(true), "SAFE");
  EXPECT_EQ(call(false), "data_race");
}

TEST(DataRace, work_comes_after_its_queueing_and_flush_after_it) {
  const auto queue = [](bool waits) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
      w.write(s->x, 1, plain);
      w.queue_work(s->work);
      if (waits) w.flush_work(s->work);
      w.write(s->x, 2, plain);
    }}});
  };
  EXPECT_EQ(queue(true), "SAFE");
  EXPECT_EQ(queue(false), "data_race");
}

TEST(DataRace, completion_orders) {
  const Body waits = [](Model w, ptr<Shared> s) {
    w.wait_for_completion(s->done);
    w.write(s->x, 1, plain);
  };
  const auto completes = [](bool first) -> Body {
    return [first](Model w, ptr<Shared> s) {
      if (first) w.complete(s->done);
      w.write(s->x, 2, plain);
      if (!first) w.complete(s->done);
    };
  };
  EXPECT_EQ(outcome_of({{waits}, {completes(false)}}), "SAFE");
  EXPECT_EQ(outcome_of({{waits}, {completes(true)}}), "data_race");
}

TEST(DataRace, sleepable_sections_are_ordered_by_their_own_grace_periods_only) {
  const auto removal = [](bool srcu) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.write(s->y, 1, once);
                         if (srcu)
                           w.synchronize_srcu(s->srcu);
                         else
                           w.synchronize_rcu();
                         w.write(s->x, 1, plain);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         const int index = w.srcu_read_lock(s->srcu);
                         if (w.read(s->y, once) == 0) w.read(s->x, plain);
                         w.srcu_read_unlock(s->srcu, index);
                       }}});
  };
  EXPECT_EQ(removal(true), "SAFE");
  EXPECT_EQ(removal(false), "data_race");
}

TEST(DataRace, interrupt_on_the_same_cpu_is_ordered_where_it_is_masked) {
  const auto increment = [](bool masked) -> Body {
    return [masked](Model w, ptr<Shared> s) {
      if (masked) w.mask(Mask::irq);
      w.write(s->x, 1, plain);
      if (masked) w.unmask(Mask::irq);
    };
  };
  const auto run = [&](bool masked) {
    return outcome_of({{increment(masked), ActorKind::process, CpuId{0}},
                       {write_x(plain), ActorKind::hardirq, CpuId{0}}});
  };
  EXPECT_EQ(run(true), "SAFE");
  EXPECT_EQ(run(false), "data_race");
}

TEST(DataRace, last_put_comes_after_every_other_put) {
  const Body put = [](Model w, ptr<Shared> s) {
    w.read(s->x, plain);
    if (w.refcount_dec(s->count, EventKind::kref_put) == 0) w.write(s->x, 1, plain);
  };
  EXPECT_EQ(outcome_of({{put}, {put}}), "SAFE");
}

TEST(DataRace, is_told_with_both_accesses_and_replays) {
  const Verdict verdict = explore_flows({{write_x(plain)}, {write_x(once)}});
  ASSERT_EQ(verdict.findings.size(), 1U);
  const Finding& finding = verdict.findings.front();
  EXPECT_EQ(finding.message.rfind("BUG: KCSAN: data-race in ", 0), 0U) << finding.message;
  EXPECT_NE(finding.message.find("write (marked) by 'flow 1'"), std::string::npos)
      << finding.message;
  EXPECT_EQ(finding.kconfig, "CONFIG_KCSAN");
  EXPECT_NE(finding.explanation.find("nothing orders the two"), std::string::npos);
}

// --- what rests on more order than the memory model gives

TEST(Robustness, message_by_marked_accesses) {
  EXPECT_EQ(message(once, once, {}, {}, once), "memory");
  EXPECT_EQ(message(release, once, {}, {}, once), "memory");
  EXPECT_EQ(message(once, acquire, {}, {}, once), "memory");
  EXPECT_EQ(message(release, acquire, {}, {}, once), "SAFE");
  EXPECT_EQ(message(once, once, Barrier::write, Barrier::read, once), "SAFE");
}

/// Each actor stores one location and then loads the other one.
std::string store_buffering(std::optional<Barrier> first, std::optional<Barrier> second) {
  return outcome_of({{[=](Model w, ptr<Shared> s) {
                       w.write(s->x, 1, once);
                       if (first) w.memory_barrier(*first);
                       w.read(s->y, once);
                     }},
                     {[=](Model w, ptr<Shared> s) {
                       w.write(s->y, 1, once);
                       if (second) w.memory_barrier(*second);
                       w.read(s->x, once);
                     }}});
}

TEST(Robustness, store_buffering_needs_two_full_barriers) {
  EXPECT_EQ(store_buffering({}, {}), "memory");
  EXPECT_EQ(store_buffering(Barrier::full, {}), "memory");
  EXPECT_EQ(store_buffering(Barrier::write, Barrier::write), "memory");
  EXPECT_EQ(store_buffering(Barrier::full, Barrier::full), "SAFE");
}

TEST(Robustness, load_buffering_needs_order_on_both_sides) {
  const auto shape = [](Access load, Access store) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.read(s->x, load);
                         w.write(s->y, 1, store);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         w.read(s->y, load);
                         w.write(s->x, 1, store);
                       }}});
  };
  EXPECT_EQ(shape(once, once), "memory");
  EXPECT_EQ(shape(acquire, once), "SAFE");
  EXPECT_EQ(shape(once, release), "SAFE");
}

TEST(Robustness, two_writers_and_two_readers_need_full_barriers) {
  const auto reads = [](bool x_first, Access access, std::optional<Barrier> barrier) -> Body {
    return [=](Model w, ptr<Shared> s) {
      w.read(x_first ? s->x : s->y, access);
      if (barrier) w.memory_barrier(*barrier);
      w.read(x_first ? s->y : s->x, access);
    };
  };
  const Body write_y = [](Model w, ptr<Shared> s) { w.write(s->y, 1, once); };
  const auto shape = [&](Access access, std::optional<Barrier> barrier) {
    return outcome_of({{write_x(once)},
                       {write_y},
                       {reads(true, access, barrier)},
                       {reads(false, access, barrier)}});
  };
  EXPECT_EQ(shape(acquire, {}), "memory");
  EXPECT_EQ(shape(once, Barrier::read), "memory");
  EXPECT_EQ(shape(once, Barrier::full), "SAFE");
}

TEST(Robustness, write_to_read_causality_needs_a_release_in_the_middle) {
  const auto shape = [](Access middle_load, Access middle_store) {
    return outcome_of({{write_x(once)},
                       {[=](Model w, ptr<Shared> s) {
                         w.read(s->x, middle_load);
                         w.write(s->y, 1, middle_store);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         w.read(s->y, acquire);
                         w.read(s->x, once);
                       }}});
  };
  EXPECT_EQ(shape(once, release), "SAFE");
  EXPECT_EQ(shape(acquire, once), "memory");
}

TEST(Robustness, one_location_is_coherent) {
  const Body reads_twice = [](Model w, ptr<Shared> s) {
    w.read(s->x, once);
    w.read(s->x, once);
  };
  EXPECT_EQ(outcome_of({{write_x(once)}, {write_x(once)}, {reads_twice}}), "SAFE");
}

TEST(Robustness, grace_period_keeps_its_two_sides_apart_for_a_section) {
  const auto shape = [](bool waits, bool in_section) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.write(s->x, 1, once);
                         if (waits) w.synchronize_rcu();
                         w.write(s->y, 1, once);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (in_section) w.rcu_read_lock();
                         w.read(s->y, once);
                         w.read(s->x, once);
                         if (in_section) w.rcu_read_unlock();
                       }}});
  };
  EXPECT_EQ(shape(true, true), "SAFE");
  EXPECT_EQ(shape(true, false), "memory");
  EXPECT_EQ(shape(false, true), "memory");
}

TEST(Robustness, grace_period_of_one_domain_says_nothing_about_sections_of_another) {
  const auto shape = [](bool waits_for_srcu, bool in_srcu, bool is_one_section) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         w.write(s->x, 1, once);
                         waits_for_srcu ? w.synchronize_srcu(s->srcu) : w.synchronize_rcu();
                         w.write(s->y, 1, once);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (!in_srcu) w.rcu_read_lock();
                         int index = in_srcu ? w.srcu_read_lock(s->srcu) : 0;
                         w.read(s->y, once);
                         if (!is_one_section) w.srcu_read_unlock(s->srcu, index);
                         if (!is_one_section) index = w.srcu_read_lock(s->srcu);
                         w.read(s->x, once);
                         in_srcu ? w.srcu_read_unlock(s->srcu, index) : w.rcu_read_unlock();
                       }}});
  };
  EXPECT_EQ(shape(false, false, true), "SAFE");
  EXPECT_EQ(shape(true, true, true), "SAFE");
  EXPECT_EQ(shape(true, false, true), "memory");
  EXPECT_EQ(shape(false, true, true), "memory");
  EXPECT_EQ(shape(true, true, false), "memory");
}

TEST(Robustness, free_that_only_a_value_keeps_behind_an_access_is_in_doubt) {
  const auto shape = [](Access flag) {
    return outcome_of({{[=](Model w, ptr<Shared> s) {
                         const auto object = w.kzalloc<Object>("object", "", Place::current());
                         w.write(s->pointer, object, Access::assign);
                         while (w.read(s->y, acquire) == 0) w.relax();
                         w.kfree(object);
                       }},
                       {[=](Model w, ptr<Shared> s) {
                         if (const auto object = w.read(s->pointer, Access::dereference))
                           w.read(object->value, once);
                         w.write(s->y, 1, flag);
                       }}});
  };
  EXPECT_EQ(shape(release), "SAFE");
  EXPECT_EQ(shape(once), "memory");
}

TEST(Robustness, doubt_names_the_pair) {
  const Verdict verdict = explore_flows({{[](Model w, ptr<Shared> s) {
                                           w.write(s->x, 1, once);
                                           w.write(s->y, 1, once);
                                         }},
                                         {[](Model w, ptr<Shared> s) {
                                           w.read(s->y, acquire);
                                           w.read(s->x, once);
                                         }}});
  EXPECT_EQ(verdict.outcome, Outcome::unknown);
  EXPECT_EQ(verdict.limit, "memory");
  EXPECT_TRUE(verdict.is_exhaustive);
  EXPECT_NE(verdict.memory_doubt.find("write of shared->x by 'flow 0'"), std::string::npos)
      << verdict.memory_doubt;
  EXPECT_NE(verdict.summary().find(verdict.memory_doubt), std::string::npos);
}

}  // namespace
}  // namespace rcuscope
