// SPDX-License-Identifier: LGPL-2.1-or-later
// The trace names objects; which field points to which follows from types and shared names.
#include "memory_graph.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace rcuscope::gui {
namespace {

/// More nodes than this are no picture any more.
constexpr std::size_t node_count_max = 120;
/// A reader that has touched more objects may still have pointers to them, but nobody can see it.
constexpr std::size_t held_count_max = 2;

MemoryNodeKind kind_of(const std::string& type) {
  if (type == "group_device") return MemoryNodeKind::entry;
  if (type == "device") return MemoryNodeKind::device;
  if (type == "device_name") return MemoryNodeKind::name;
  if (type == "dev_iommu") return MemoryNodeKind::iommu;
  return MemoryNodeKind::other;
}

class GraphMaker {
 public:
  GraphMaker(const TraceStore& trace, const WorldState& world)
      : trace_(trace), world_(world), node_of_(world.objects.size(), none) {}

  MemoryGraph run() {
    add_lists();
    add_objects();
    add_links();
    add_fields();
    add_held();
    return std::move(graph_);
  }

 private:
  static constexpr std::size_t none = ~std::size_t{0};

  const ObjectInfo& info(ObjectId id) const {
    return trace_.names().objects[static_cast<std::size_t>(id.value)];
  }
  const ObjectState& state(ObjectId id) const {
    return world_.objects[static_cast<std::size_t>(id.value)];
  }
  std::size_t& node_of(ObjectId id) { return node_of_[static_cast<std::size_t>(id.value)]; }

  // --- nodes ---

  void add_lists() {
    for (const ListState& list : world_.lists) add_node(list.head, MemoryNodeKind::list);
  }

  /// Entries first, in the order of their lists, then those that have been unlinked.
  void add_objects() {
    for (const ListState& list : world_.lists) {
      for (const ObjectId entry : list.entries) add_node(entry, MemoryNodeKind::entry);
    }
    for (const ObjectState& object : world_.objects) {
      if (object.membership == Membership::unlinked) add_node(object.object, MemoryNodeKind::entry);
    }
    for (const ObjectState& object : world_.objects) {
      const MemoryNodeKind kind = kind_of(info(object.object).type);
      const bool has_life = object.references.has_value() || object.is_freed ||
                            object.faulty_actor.is_valid() || is_touched(object.object) ||
                            (kind == MemoryNodeKind::iommu && object.latest_event >= 0);
      const bool is_shown = kind != MemoryNodeKind::other && has_life;
      if (is_shown || object.faulty_actor.is_valid()) add_node(object.object, kind);
    }
  }

  bool is_touched(ObjectId id) const {
    return std::any_of(world_.actors.begin(), world_.actors.end(), [&](const auto& actor) {
      return std::find(actor.touched.begin(), actor.touched.end(), id) != actor.touched.end();
    });
  }

  void add_node(ObjectId id, MemoryNodeKind kind) {
    if (node_of(id) != none) return;
    if (graph_.nodes.size() >= node_count_max) {
      ++graph_.left_out_count;
      return;
    }
    node_of(id) = graph_.nodes.size();
    MemoryNode node;
    node.kind = kind;
    node.object = id;
    node.title = short_object_name(trace_.object_label(id.value));
    tell_state(node, state(id));
    graph_.nodes.push_back(std::move(node));
  }

  static void tell_state(MemoryNode& node, const ObjectState& object) {
    const bool is_faulty = object.faulty_actor.is_valid();
    if (object.is_freed) {
      node.detail = is_faulty ? "freed, still used" : "freed";
      node.tone = is_faulty ? Tone::error : Tone::gone;
      node.is_struck = true;
    } else if (object.references == 0) {
      node.detail = "released";
      node.tone = is_faulty ? Tone::error : Tone::gone;
      node.is_struck = true;
    } else if (object.membership == Membership::unlinked) {
      node.detail = object.is_poisoned ? "unlinked, poisoned" : "unlinked";
      node.tone = is_faulty ? Tone::error : Tone::waiting;
    } else {
      node.detail = object.membership == Membership::linked ? "linked" : "";
      node.tone = is_faulty                                 ? Tone::error
                  : object.membership == Membership::linked ? Tone::good
                                                            : Tone::plain;
    }
    if (object.references && *object.references > 0) {
      node.detail +=
          (node.detail.empty() ? "" : ", ") + ("refs " + std::to_string(*object.references));
    }
  }

  // --- pointers ---

  void point(std::size_t from, std::size_t to, PointerKind kind, std::string label) {
    if (from == none || to == none) return;
    const MemoryNode& target = graph_.nodes[to];
    const bool is_dangling = target.object.is_valid() && target.is_struck;
    graph_.pointers.push_back({from, to, kind, std::move(label), is_dangling});
  }

  void add_links() {
    for (const ListState& list : world_.lists) {
      ObjectId before = list.head;
      for (const ObjectId entry : list.entries) {
        point(node_of(before), node_of(entry), PointerKind::link, "next");
        before = entry;
      }
      if (before != list.head)
        point(node_of(before), node_of(list.head), PointerKind::link, "next");
    }
    for (const ObjectState& object : world_.objects) {
      // What lies in freed memory is no pointer any more.
      if (object.membership != Membership::unlinked || object.is_freed) continue;
      const std::size_t from = node_of(object.object);
      if (object.is_poisoned) {
        point(from, poison("LIST_POISON1"), PointerKind::poisoned, "next");
      } else if (object.stale_next.is_valid()) {
        point(from, node_of(object.stale_next), PointerKind::stale, "next");
      }
      point(from, poison("LIST_POISON2"), PointerKind::poisoned, "prev");
    }
  }

  std::size_t poison(const std::string& value) {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (graph_.nodes[i].kind == MemoryNodeKind::poison && graph_.nodes[i].title == value)
        return i;
    }
    MemoryNode node;
    node.kind = MemoryNodeKind::poison;
    node.title = value;
    node.tone = Tone::error;
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.size() - 1;
  }

  /// Objects of these types share their names with the object that owns them.
  void add_fields() {
    struct Field {
      std::string_view owner, target, label;
      bool is_cleared_first = false;  ///< It is NULL before what it pointed to is freed.
    };
    constexpr std::array<Field, 3> fields = {{{"group_device", "device", "dev"},
                                              {"group_device", "device_name", "name"},
                                              {"device", "dev_iommu", "iommu", true}}};
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const ObjectId owner = graph_.nodes[i].object;
      if (!owner.is_valid() || state(owner).is_freed) continue;
      for (const Field& field : fields) {
        if (info(owner).type != field.owner) continue;
        point(i, partner(owner, field.target, field.is_cleared_first), PointerKind::field,
              std::string(field.label));
      }
    }
  }

  std::size_t partner(ObjectId owner, std::string_view type, bool must_live) {
    const std::string& name = info(owner).name;
    for (const MemoryNode& node : graph_.nodes) {
      if (!node.object.is_valid() || info(node.object).type != type) continue;
      if (must_live && state(node.object).is_freed) continue;
      const std::string& other = info(node.object).name;
      const bool is_same = !name.empty() && (other.ends_with(name) || name.ends_with(other));
      if (is_same && !other.empty()) return node_of(node.object);
    }
    return none;
  }

  /// A reader's last objects: pointers of its own, which no unlinking takes away.
  void add_held() {
    for (const TracedActorState& actor : world_.actors) {
      const ActorInfo& who = trace_.names().actors[static_cast<std::size_t>(actor.actor.value)];
      const bool reads = actor.reader_nesting > 0 || is_atomic(who.kind);
      const bool is_faulty = std::any_of(
          world_.objects.begin(), world_.objects.end(),
          [&](const ObjectState& object) { return object.faulty_actor == actor.actor; });
      if (!actor.is_running || !(reads || is_faulty)) continue;
      std::size_t from = none, count = 0;
      for (const ObjectId touched : actor.touched) {
        const std::size_t to = node_of(touched);
        if (to == none || graph_.nodes[to].kind == MemoryNodeKind::list) continue;
        if (from == none) from = add_actor(actor, who, is_faulty);
        point(from, to, PointerKind::held, count == 0 ? "holds" : "held");
        if (++count == held_count_max) break;
      }
    }
  }

  std::size_t add_actor(const TracedActorState& actor, const ActorInfo& who, bool is_faulty) {
    MemoryNode node;
    node.kind = MemoryNodeKind::actor;
    node.actor = actor.actor;
    node.title = who.name;
    node.detail = actor.reader_nesting > 0 ? "reads" : std::string(to_string(context_of(who.kind)));
    node.tone = is_faulty ? Tone::error : Tone::reader;
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.size() - 1;
  }

  const TraceStore& trace_;
  const WorldState& world_;
  MemoryGraph graph_;
  std::vector<std::size_t> node_of_;  ///< By object.
};

/// Columns from the left: whoever points stands left of what is pointed to.
std::size_t column_of(MemoryNodeKind kind) {
  switch (kind) {
    case MemoryNodeKind::actor:
      return 0;
    case MemoryNodeKind::list:
    case MemoryNodeKind::poison:
      return 1;
    case MemoryNodeKind::entry:
    case MemoryNodeKind::other:
      return 2;
    case MemoryNodeKind::device:
    case MemoryNodeKind::name:
      return 3;
    case MemoryNodeKind::iommu:
      return 4;
  }
  return 4;
}

}  // namespace

MemoryGraph make_memory_graph(const TraceStore& trace, const WorldState& world) {
  return GraphMaker(trace, world).run();
}

void place_nodes(MemoryGraph& graph, const Rect& area, float scale) {
  constexpr std::size_t column_count = 5;
  const float gap = 64 * scale, margin = 20 * scale, row = 60 * scale, height = 40 * scale;
  const float room = area.width() - 2 * margin - gap * (column_count - 1);
  const float width = std::clamp(room / column_count, 60 * scale, 230 * scale);
  const float step = width + gap;
  std::array<float, column_count> next{};
  next.fill(area.y0 + margin);
  // A device stands beside its entry, what it owns beside the device.
  const auto place = [&](MemoryNode& node, float wanted) {
    const std::size_t column = column_of(node.kind);
    const float y = std::max(next[column], wanted);
    const float x = area.x0 + margin + step * static_cast<float>(column);
    node.rect = {x, y, x + width, y + height};
    next[column] = y + row;
  };
  for (MemoryNode& node : graph.nodes) {
    const bool is_first = column_of(node.kind) == 2 || node.kind == MemoryNodeKind::list;
    if (is_first) place(node, 0);
  }
  // Beside the topmost placed node that it has a pointer from or to; those without one come last.
  const auto wanted_y = [&](std::size_t i) {
    float wanted = area.y1 + 1e6f;
    for (const MemoryPointer& pointer : graph.pointers) {
      if (pointer.from != i && pointer.to != i) continue;
      const Rect& partner = graph.nodes[pointer.from == i ? pointer.to : pointer.from].rect;
      if (partner.width() > 0) wanted = std::min(wanted, partner.y0);
    }
    return wanted;
  };
  for (const std::size_t column :
       {std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{0}}) {
    std::vector<std::pair<float, std::size_t>> order;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const bool is_placed = graph.nodes[i].rect.width() > 0;
      if (column_of(graph.nodes[i].kind) == column && !is_placed) {
        order.emplace_back(wanted_y(i), i);
      }
    }
    std::stable_sort(order.begin(), order.end());
    for (const auto& [wanted, i] : order) {
      // Poison stands lower, out of the way of who holds the entry.
      const float shift = graph.nodes[i].kind == MemoryNodeKind::poison ? row : 0;
      place(graph.nodes[i], wanted < area.y1 + 1e5f ? wanted + shift : 0);
    }
  }
  graph.height = *std::max_element(next.begin(), next.end()) - area.y0;
}

std::vector<LaneWire> wires_from_lanes(const MemoryGraph& graph,
                                       const std::function<const Rect*(ActorId)>& cell_of,
                                       const Rect& lanes, float scale) {
  // Between the edge of a lane's cell and its name; more than three share a track.
  constexpr std::size_t track_count = 3;
  std::vector<LaneWire> wires;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (graph.nodes[i].kind != MemoryNodeKind::actor) continue;
    const Rect* cell = cell_of(graph.nodes[i].actor);
    if (cell == nullptr) continue;
    const auto track = static_cast<float>(wires.size() % track_count);
    const float x = cell->x0 + (7 + 3 * track) * scale;
    const float y = std::clamp(cell->center().y, lanes.y0, lanes.y1);
    const Rect& node = graph.nodes[i].rect;
    wires.push_back(
        {i, {x, y}, {x, node.center().y}, {node.x0, node.center().y}, y != cell->center().y});
  }
  return wires;
}

std::string memory_text(const MemoryGraph& graph) {
  const auto name = [&](std::size_t i) { return graph.nodes[i].title; };
  std::string text;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const MemoryNode& node = graph.nodes[i];
    if (node.kind == MemoryNodeKind::poison) continue;
    text += node.title + (node.detail.empty() ? "" : ": " + node.detail) + "\n";
    for (const MemoryPointer& pointer : graph.pointers) {
      if (pointer.from != i) continue;
      text += "  " + pointer.label + " -> " + name(pointer.to);
      if (pointer.kind == PointerKind::stale) text += " (stale, for readers only)";
      if (pointer.kind == PointerKind::poisoned) text += " (poison)";
      if (pointer.is_dangling) text += " (FREED)";
      text += "\n";
    }
  }
  if (graph.left_out_count > 0) {
    text += "... and " + std::to_string(graph.left_out_count) + " more objects\n";
  }
  return text;
}

}  // namespace rcuscope::gui
