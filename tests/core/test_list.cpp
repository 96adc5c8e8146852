// SPDX-License-Identifier: LGPL-2.1-or-later
// The RCU list in every world: order, what a removed node still knows, and the corruption checks.
#include <gtest/gtest.h>

#include "core/worlds.h"
#include "world/list.h"
#include "world/rcu.h"

namespace rcuscope {
namespace {

template <World W>
struct Entry {
  explicit Entry(int number) : list(this), value(number) {}
  list_head<W> list;
  const int value;
};

template <World W>
struct Anchor {
  list_head<W> head;
};

/// A head on the heap and what the tests do with it.
template <World W>
struct Fixture {
  explicit Fixture(W world)
      : w(world), anchor(world.template kzalloc<Anchor<W>>("anchor", "list", Place::current())) {
    w.set_lifetime(anchor.raw(), Lifetime::root);
  }
  ptr<Entry<W>> make(int number) {
    return w.template kzalloc<Entry<W>>("entry", std::to_string(number), Place::current(), number);
  }
  ptr<list_head<W>> head() { return &anchor->head; }
  ptr<list_head<W>> node(ptr<Entry<W>> entry) { return &entry->list; }
  std::vector<int> values() {
    std::vector<int> found;
    ptr<list_head<W>> position = head();
    while ((position = list_next(w, position, head(), Access::plain)))
      found.push_back(static_cast<Entry<W>*>(position->owner)->value);
    return found;
  }

  W w;
  ptr<Anchor<W>> anchor;
};

template <class W>
class List : public ::testing::Test {};
TYPED_TEST_SUITE(List, Worlds);

using Values = std::vector<int>;

TYPED_TEST(List, new_list_is_empty) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    EXPECT_TRUE(list_empty(w, list.head()));
    EXPECT_EQ(list.values(), Values{});
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(List, adding_keeps_order_at_both_ends) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    list_add_tail_rcu(w, list.node(list.make(1)), list.head());
    list_add_tail(w, list.node(list.make(2)), list.head());
    list_add_rcu(w, list.node(list.make(3)), list.head());
    list_add(w, list.node(list.make(4)), list.head());
    EXPECT_FALSE(list_empty(w, list.head()));
    EXPECT_EQ(list.values(), (Values{4, 3, 1, 2}));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(List, list_del_rcu_leaves_the_way_back) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    const auto first = list.make(1);
    const auto second = list.make(2);
    list_add_tail_rcu(w, list.node(first), list.head());
    list_add_tail_rcu(w, list.node(second), list.head());
    list_del_rcu(w, list.node(first));
    EXPECT_EQ(list.values(), Values{2});
    EXPECT_EQ(w.read(first->list.next, Access::plain), list.node(second));
    EXPECT_EQ(w.read(first->list.prev, Access::plain).address(), LIST_POISON2);
    w.kfree(first);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(List, reader_on_a_list_del_node_faults_at_the_poison) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    const auto first = list.make(1);
    list_add_tail_rcu(w, list.node(first), list.head());
    list_del(w, list.node(first));
    EXPECT_EQ(w.read(first->list.next, Access::plain).address(), 0xdead000000000100);
    w.declare({"reader", ActorKind::hardirq, {}, [&list, first, w] {
                 list_next(w, list.node(first), list.head(), Access::dereference);
               }});
    w.run_actors();
  });
  EXPECT_TRUE(result.has(FindingKind::list_corruption)) << result.text();
}

TYPED_TEST(List, second_list_del_rcu_is_caught) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    const auto first = list.make(1);
    list_add_tail_rcu(w, list.node(first), list.head());
    list_del_rcu(w, list.node(first));
    list_del_rcu(w, list.node(first));
  });
  ASSERT_TRUE(result.has(FindingKind::list_corruption)) << result.text();
  EXPECT_NE(result.findings.front().message.find("entry 1->prev is LIST_POISON2"),
            std::string::npos)
      << result.findings.front().message;
}

TYPED_TEST(List, adding_a_listed_node_again_is_caught) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    const auto first = list.make(1);
    list_add_tail_rcu(w, list.node(first), list.head());
    list_add_tail_rcu(w, list.node(first), list.head());
  });
  ASSERT_TRUE(result.has(FindingKind::list_corruption)) << result.text();
  EXPECT_NE(result.findings.front().message.find("double add: new=entry 1"), std::string::npos)
      << result.findings.front().message;
}

TYPED_TEST(List, reaching_a_foreign_head_is_caught) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    Fixture<TypeParam> other(w);
    const auto first = list.make(1);
    list_add_tail_rcu(w, list.node(first), other.head());
    list_next(w, list.node(first), list.head(), Access::dereference);
  });
  EXPECT_TRUE(result.has(FindingKind::list_corruption)) << result.text();
}

TYPED_TEST(List, walk_by_entries_is_the_walk_by_nodes) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    for (int number = 1; number < 4; ++number)
      list_add_tail_rcu(w, list.node(list.make(number)), list.head());
    Values found;
    ptr<list_head<TypeParam>> position = list.head();
    while (const auto entry =
               list_next_entry<Entry<TypeParam>>(w, position, list.head(), Access::dereference)) {
      found.push_back(entry->value);
      position = list.node(entry);
    }
    EXPECT_EQ(found, list.values());
    EXPECT_EQ(found, (Values{1, 2, 3}));
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(List, reaching_a_foreign_head_by_entries_is_caught) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    Fixture<TypeParam> other(w);
    const auto first = list.make(1);
    list_add_tail_rcu(w, list.node(first), other.head());
    EXPECT_FALSE(
        list_next_entry<Entry<TypeParam>>(w, list.node(first), list.head(), Access::dereference));
  });
  EXPECT_TRUE(result.has(FindingKind::list_corruption)) << result.text();
}

TYPED_TEST(List, replacing_keeps_the_place_and_the_way_back) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    const auto old = list.make(1);
    const auto last = list.make(2);
    list_add_tail_rcu(w, list.node(old), list.head());
    list_add_tail_rcu(w, list.node(last), list.head());
    list_replace_rcu(w, list.node(old), list.node(list.make(3)));
    EXPECT_EQ(list.values(), (Values{3, 2}));
    EXPECT_EQ(w.read(old->list.next, Access::plain), list.node(last));
    w.kfree(old);
  });
  EXPECT_TRUE(result.findings.empty()) << result.text();
}

TYPED_TEST(List, walk_outside_a_reader_is_suspicious_unless_the_lock_is_held) {
  const RunResult silent = TestWorld<TypeParam>::run([](TypeParam w) {
    check_list_reader(w, true, Place::current());
    w.rcu_read_lock();
    check_list_reader(w, false, Place::current());
    w.rcu_read_unlock();
  });
  EXPECT_TRUE(silent.findings.empty()) << silent.text();
  const RunResult loud =
      TestWorld<TypeParam>::run([](TypeParam w) { check_list_reader(w, false, Place::current()); });
  EXPECT_TRUE(loud.has(FindingKind::suspicious_rcu_usage)) << loud.text();
}

TYPED_TEST(List, rcu_dereference_wants_a_section_of_its_own) {
  const RunResult result = TestWorld<TypeParam>::run([](TypeParam w) {
    Fixture<TypeParam> list(w);
    w.declare({"isr", ActorKind::hardirq, {}, [&list, w] {
                 using Link = ptr<list_head<TypeParam>>;
                 rcu_dereference_check<Link>(w, list.anchor->head.next, false);
                 check_list_reader(w, false, Place::current());
               }});
    w.run_actors();
  });
  EXPECT_EQ(result.findings.size(), 1u) << result.text();
  EXPECT_TRUE(result.has(FindingKind::suspicious_rcu_usage)) << result.text();
}

}  // namespace
}  // namespace rcuscope
