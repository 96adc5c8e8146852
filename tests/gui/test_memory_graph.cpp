// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryGraph: pointers that are in order, stale, poisoned, dangling, and in readers' hands.
#include "memory_graph.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

MemoryGraph graph_at(const TraceStore& trace, Timestamp time) {
  return make_memory_graph(trace, state_at(trace, time));
}

/// A group with two entries; a reader holds the first one while it is unlinked and freed.
struct Removal {
  explicit Removal(EventKind unlink) {
    sample::Story s(Clock::steps);
    s.at(0, s.setup, EventKind::actor_start);
    s.at(1, s.setup, EventKind::list_add_tail_rcu, {.object = s.gdevs[0], .value = s.list.value});
    s.at(2, s.setup, EventKind::list_add_tail_rcu, {.object = s.gdevs[1], .value = s.list.value});
    s.at(3, s.time_out, EventKind::actor_start);
    s.at(4, s.time_out, EventKind::rcu_read_lock, {.value = 1});
    s.at(5, s.time_out, EventKind::rcu_dereference, {.object = s.gdevs[0]});
    s.at(6, s.remover, EventKind::actor_start);
    s.at(7, s.remover, unlink, {.object = s.gdevs[0]});
    s.at(8, s.remover, EventKind::kfree, {.object = s.gdevs[0]});
    entry = s.gdevs[0];
    next = s.gdevs[1];
    trace = s.out.build();
  }
  ObjectId entry, next;
  TraceStore trace;
};

const MemoryPointer* find(const MemoryGraph& graph, ObjectId from, PointerKind kind) {
  for (const MemoryPointer& pointer : graph.pointers) {
    if (graph.nodes[pointer.from].object == from && pointer.kind == kind) return &pointer;
  }
  return nullptr;
}

const MemoryPointer* find_held(const MemoryGraph& graph) {
  for (const MemoryPointer& pointer : graph.pointers) {
    if (pointer.kind == PointerKind::held) return &pointer;
  }
  return nullptr;
}

TEST(MemoryGraph, linked_entries_form_a_ring) {
  const Removal removal(EventKind::list_del_rcu);
  const MemoryGraph graph = graph_at(removal.trace, 5);
  const MemoryPointer* first = find(graph, removal.entry, PointerKind::link);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(graph.nodes[first->to].object, removal.next);
  const MemoryPointer* last = find(graph, removal.next, PointerKind::link);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(graph.nodes[last->to].kind, MemoryNodeKind::list);
}

TEST(MemoryGraph, list_del_rcu_leaves_next_and_poisons_prev) {
  const Removal removal(EventKind::list_del_rcu);
  const MemoryGraph graph = graph_at(removal.trace, 7);
  const MemoryPointer* stale = find(graph, removal.entry, PointerKind::stale);
  ASSERT_NE(stale, nullptr);
  EXPECT_EQ(graph.nodes[stale->to].object, removal.next);
  const MemoryPointer* poison = find(graph, removal.entry, PointerKind::poisoned);
  ASSERT_NE(poison, nullptr);
  EXPECT_EQ(graph.nodes[poison->to].title, "LIST_POISON2");
}

TEST(MemoryGraph, list_del_poisons_both) {
  const Removal removal(EventKind::list_del);
  const MemoryGraph graph = graph_at(removal.trace, 7);
  EXPECT_EQ(find(graph, removal.entry, PointerKind::stale), nullptr);
  EXPECT_NE(memory_text(graph).find("next -> LIST_POISON1 (poison)"), std::string::npos)
      << memory_text(graph);
}

TEST(MemoryGraph, reader_holds_what_it_has_touched_even_when_it_is_freed) {
  const Removal removal(EventKind::list_del_rcu);
  const MemoryGraph before = graph_at(removal.trace, 5), after = graph_at(removal.trace, 8);
  ASSERT_NE(find_held(before), nullptr);
  EXPECT_EQ(before.nodes[find_held(before)->to].object, removal.entry);
  EXPECT_FALSE(find_held(before)->is_dangling);
  ASSERT_NE(find_held(after), nullptr);
  EXPECT_TRUE(find_held(after)->is_dangling);
  EXPECT_TRUE(after.nodes[find_held(after)->to].is_struck);
  EXPECT_EQ(find(after, removal.entry, PointerKind::stale), nullptr)
      << "freed memory points nowhere";
}

TEST(MemoryGraph, reader_holds_the_entry_that_it_has_just_read_the_pointer_to) {
  sample::Story s(Clock::steps);
  s.at(0, s.setup, EventKind::list_add_tail_rcu, {.object = s.gdevs[0], .value = s.list.value});
  s.at(1, s.time_out, EventKind::actor_start);
  s.at(2, s.time_out, EventKind::rcu_read_lock, {.value = 1});
  s.text(3, s.time_out, EventKind::rcu_dereference, "group 7->next", {.object = s.list});
  const MemoryGraph graph = graph_at(s.out.build(), 3);
  ASSERT_NE(find_held(graph), nullptr);
  EXPECT_EQ(graph.nodes[find_held(graph)->to].object, s.gdevs[0]);
}

TEST(MemoryGraph, nodes_do_not_cover_each_other) {
  const TraceStore trace = sample::use_after_free_trace(Clock::steps);
  for (Timestamp time = trace.start(); time <= trace.end(); time += 3) {
    MemoryGraph graph = graph_at(trace, time);
    place_nodes(graph, {0, 0, 1600, 400}, 1);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      EXPECT_GT(graph.nodes[i].rect.width(), 0) << graph.nodes[i].title;
      for (std::size_t j = i + 1; j < graph.nodes.size(); ++j) {
        EXPECT_FALSE(graph.nodes[i].rect.overlaps(graph.nodes[j].rect))
            << graph.nodes[i].title << " and " << graph.nodes[j].title;
      }
    }
  }
}

TEST(MemoryGraph, key_g_shows_it_and_a_click_selects) {
  const auto app = test::make_app(test::faulty_session(Clock::steps));
  app->run_script("type g; wait 2");
  EXPECT_TRUE(app->session().shows_memory);
  ASSERT_NE(app->widgets().find("memory"), nullptr);
  EXPECT_NE(app->text().find("Memory"), std::string::npos);
  app->run_script("type g; wait 1");
  EXPECT_EQ(app->widgets().find("memory"), nullptr);
}

}  // namespace
}  // namespace rcuscope::gui
