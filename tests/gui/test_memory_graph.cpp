// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryGraph: pointers that are in order, stale, poisoned, dangling, and in readers' hands.
#include "memory_graph.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"
#include "memory_routes.h"

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

/// A device with its dev->iommu, as a probe makes it and a removal frees it.
TEST(MemoryGraph, dev_iommu_is_a_node_that_its_device_points_to) {
  sample::Story s(Clock::steps);
  const ObjectId iommu = s.out.builder().add_object({"0000:01:00.0", "dev_iommu"});
  s.at(0, s.setup, EventKind::get_device, {.object = s.devices[0], .value = 1});
  s.at(1, s.setup, EventKind::kmalloc, {.object = iommu});
  s.at(9, s.remover, EventKind::kfree, {.object = iommu});
  const TraceStore trace = s.out.build();
  EXPECT_EQ(memory_text(graph_at(trace, 0)).find("iommu"), std::string::npos) << "too early";
  MemoryGraph graph = graph_at(trace, 1);
  const MemoryPointer* field = find(graph, s.devices[0], PointerKind::field);
  ASSERT_NE(field, nullptr) << memory_text(graph);
  EXPECT_EQ(field->label, "iommu");
  EXPECT_EQ(graph.nodes[field->to].object, iommu);
  place_nodes(graph, {0, 0, 1600, 400}, 1);
  EXPECT_GT(graph.nodes[field->to].rect.x0, graph.nodes[field->from].rect.x1);
  const MemoryGraph later = graph_at(trace, 9);
  EXPECT_EQ(find(later, s.devices[0], PointerKind::field), nullptr)
      << "dev->iommu is NULL before what it pointed to is freed";
  EXPECT_NE(memory_text(later).find("freed"), std::string::npos) << memory_text(later);
}

// --- the ways of pointers ---

/// Whether a line that runs straight or level crosses the card.
bool crosses(Point a, Point b, const Rect& card) {
  constexpr int point_count = 200;
  for (int i = 0; i <= point_count; ++i) {
    const float t = static_cast<float>(i) / point_count;
    if (card.inset(1, 1).contains({a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)})) return true;
  }
  return false;
}

/// A reader that holds a device and its gdev, and behind it an updater at a second defect.
TraceStore trace_with_far_pointers() {
  sample::Story s(Clock::steps);
  const ObjectId iommu = s.out.builder().add_object({"0000:01:00.0", "dev_iommu"});
  s.at(0, s.setup, EventKind::get_device, {.object = s.devices[0], .value = 2});
  s.at(1, s.setup, EventKind::kmalloc, {.object = iommu});
  s.at(2, s.setup, EventKind::list_add_tail_rcu, {.object = s.gdevs[0], .value = s.list.value});
  std::int32_t time = 3;
  for (const ActorId reader : {s.time_out, s.event_queue, s.page_request}) {
    s.at(time++, reader, EventKind::actor_start);
    s.at(time++, reader, EventKind::rcu_read_lock, {.value = 1});
    s.at(time++, reader, EventKind::rcu_dereference, {.object = s.gdevs[0]});
    s.at(time++, reader, EventKind::rcu_dereference, {.object = s.devices[0]});
    if (reader == s.event_queue)
      s.at(time++, reader, EventKind::rcu_dereference, {.object = iommu});
  }
  s.at(time++, s.remover, EventKind::list_del_rcu, {.object = s.gdevs[0]});
  s.at(time++, s.remover, EventKind::kfree, {.object = iommu});
  return s.out.build();
}

TEST(PointerRoutes, pass_behind_no_card) {
  const TraceStore trace = trace_with_far_pointers();
  std::size_t detour_count = 0;
  for (Timestamp time = trace.start(); time <= trace.end(); ++time) {
    MemoryGraph graph = graph_at(trace, time);
    place_nodes(graph, {0, 0, 1600, 400}, 1);
    const auto routes = route_pointers(graph, LabelWidths(graph.pointers.size(), 30), 1);
    ASSERT_EQ(routes.size(), graph.pointers.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
      if (graph.pointers[i].kind != PointerKind::held) continue;
      const auto& points = routes[i].points;
      detour_count += points.size() > 2 ? 1 : 0;
      EXPECT_FLOAT_EQ(points.front().x, graph.nodes[graph.pointers[i].from].rect.x1);
      EXPECT_FLOAT_EQ(points.back().x, graph.nodes[graph.pointers[i].to].rect.x0);
      for (const MemoryNode& node : graph.nodes) {
        for (std::size_t k = 1; k < points.size(); ++k) {
          EXPECT_FALSE(crosses(points[k - 1], points[k], node.rect))
              << "at " << time << ": pointer " << i << " and " << node.title;
        }
      }
    }
  }
  EXPECT_GT(detour_count, 10u);
}

TEST(PointerRoutes, labels_stand_on_no_card_and_not_on_each_other) {
  const TraceStore trace = trace_with_far_pointers();
  MemoryGraph graph = graph_at(trace, trace.end());
  place_nodes(graph, {0, 0, 1600, 400}, 1);
  const auto routes = route_pointers(graph, LabelWidths(graph.pointers.size(), 30), 1);
  std::vector<Rect> labels;
  for (std::size_t i = 0; i < routes.size(); ++i) {
    if (graph.pointers[i].kind != PointerKind::held) continue;
    const Point at = routes[i].label_at;
    const Rect label{at.x, at.y + 2, at.x + 30, at.y + 13};
    for (const MemoryNode& node : graph.nodes) EXPECT_FALSE(label.overlaps(node.rect));
    for (const Rect& other : labels) EXPECT_FALSE(label.overlaps(other));
    labels.push_back(label);
  }
  EXPECT_GE(labels.size(), 4u);
}

// --- from the lanes ---

TEST(LaneWires, each_reader_has_one_from_its_lane_to_its_node) {
  const TraceStore trace = sample::use_after_free_trace(Clock::steps);
  const Rect lanes{0, 100, 200, 600}, cell{0, 140, 200, 190};
  std::size_t wire_count = 0;
  for (Timestamp time = trace.start(); time <= trace.end(); ++time) {
    MemoryGraph graph = graph_at(trace, time);
    place_nodes(graph, {0, 650, 1600, 1050}, 1);
    const auto wires = wires_from_lanes(graph, [&](ActorId) { return &cell; }, lanes, 1);
    for (const LaneWire& wire : wires) {
      const MemoryNode& node = graph.nodes[wire.node];
      EXPECT_EQ(node.kind, MemoryNodeKind::actor);
      EXPECT_TRUE(cell.contains(wire.from));
      EXPECT_FLOAT_EQ(wire.to.x, node.rect.x0);
      EXPECT_FLOAT_EQ(wire.to.y, node.rect.center().y);
      EXPECT_FALSE(wire.is_cut);
      ++wire_count;
    }
  }
  EXPECT_GT(wire_count, 10u) << "readers hold pointers in this trace";
}

TEST(LaneWires, lane_out_of_sight_gives_a_wire_from_its_side) {
  const Removal removal(EventKind::list_del_rcu);
  MemoryGraph graph = graph_at(removal.trace, 5);
  place_nodes(graph, {0, 650, 1600, 1050}, 1);
  const Rect lanes{0, 100, 200, 600}, above{0, -90, 200, -40};
  const auto wires = wires_from_lanes(graph, [&](ActorId) { return &above; }, lanes, 1);
  ASSERT_EQ(wires.size(), 1u);
  EXPECT_TRUE(wires[0].is_cut);
  EXPECT_EQ(wires[0].from.y, lanes.y0);
  EXPECT_TRUE(wires_from_lanes(graph, [](ActorId) { return nullptr; }, lanes, 1).empty());
}

TEST(LaneWires, wire_is_in_the_picture) {
  const auto app = test::make_app(test::faulty_session(Clock::steps));
  app->run_script("type g; wait 2");
  const Rect strip = *app->widgets().find("overview"), memory = *app->widgets().find("memory");
  ASSERT_LT(strip.y1, memory.y0 + 1);
  const Image image = app->screenshot();
  const Theme theme = make_theme(ThemeName::light);
  const auto has_wire = [&](Color color) {
    const std::uint32_t rgb = (color & 0xff) << 16 | (color & 0xff00) | (color >> 16 & 0xff);
    for (int x = 0; x < 20; ++x) {
      if (image.rgb(x, static_cast<int>(strip.center().y)) == rgb) return true;
    }
    return false;
  };
  EXPECT_TRUE(has_wire(theme.reader) || has_wire(theme.error));
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
