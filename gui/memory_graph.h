// SPDX-License-Identifier: LGPL-2.1-or-later
// MemoryGraph: objects as nodes and pointers as edges at the playhead, also the stale and poisoned
// ones, and those that readers still have in their hands; pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "geometry.h"
#include "trace/state.h"
#include "trace/state_picture.h"

namespace rcuscope::gui {

enum class MemoryNodeKind : std::uint8_t { list, entry, device, name, iommu, other, poison, actor };

struct MemoryNode {
  MemoryNodeKind kind{};
  ObjectId object;  ///< None for a poison value or an actor.
  ActorId actor;
  std::string title;   ///< "gdev 01:00.0", "LIST_POISON2", "ATC time-out ISR".
  std::string detail;  ///< "linked", "freed", "refs 2", "reads".
  Tone tone = Tone::plain;
  bool is_struck = false;  ///< Freed, or released.
  Rect rect;
};

enum class PointerKind : std::uint8_t {
  link,      ///< A list's own next: what a new reader would follow.
  stale,     ///< Left behind by list_del_rcu for readers that are on the entry.
  poisoned,  ///< Whoever follows it gets a fault.
  field,     ///< gdev->dev, gdev->name, dev->iommu.
  held,      ///< A reader's own pointer: on its stack, in no structure.
};

struct MemoryPointer {
  std::size_t from = 0;  ///< Into MemoryGraph::nodes.
  std::size_t to = 0;
  PointerKind kind{};
  std::string label;         ///< "next", "dev" ...
  bool is_dangling = false;  ///< To freed memory.
};

struct MemoryGraph {
  std::vector<MemoryNode> nodes;
  std::vector<MemoryPointer> pointers;
  float height = 0;                ///< Of all; more than the area's means that it scrolls.
  std::size_t left_out_count = 0;  ///< Objects beyond the limit of nodes.
};

MemoryGraph make_memory_graph(const TraceStore& trace, const WorldState& world);

/// Puts the nodes into columns: actors, list and entries, devices, what those own.
void place_nodes(MemoryGraph& graph, const Rect& area, float scale);

/// From a reader's lane in the timeline down to its node: whose hands the pointers are in.
struct LaneWire {
  std::size_t node = 0;  ///< Into MemoryGraph::nodes.
  Point from, corner, to;
  bool is_cut = false;  ///< The lane is scrolled out of sight; it comes from that side.
};

/// `cell_of`: where the name of an actor's lane stands; null = it has none. `lanes`: what is seen
/// of all of them. Requires: place_nodes().
std::vector<LaneWire> wires_from_lanes(const MemoryGraph& graph,
                                       const std::function<const Rect*(ActorId)>& cell_of,
                                       const Rect& lanes, float scale);

/// The same as lines: the text twin.
std::string memory_text(const MemoryGraph& graph);

}  // namespace rcuscope::gui
