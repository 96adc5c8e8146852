// SPDX-License-Identifier: LGPL-2.1-or-later
// The points of the picture: marks in the lanes of actors, badges in the lane of grace periods.
#include "trace/finding.h"
#include "trace/kernel_trace.h"
#include "trace/lanes_parts.h"

namespace rcuscope::lanes {
namespace {

std::string object_label(const TraceStore& trace, EventIndex i, const char* verb) {
  const std::string name = short_name(trace.object_label(trace.columns().object[i]));
  return name.empty() ? verb : verb + (" " + name);
}

std::string string_label(const TraceStore& trace, EventIndex i) {
  return std::string(trace.string(trace.columns().value[i]));
}

std::string finding_label(const TraceStore& trace, EventIndex i) {
  const std::int32_t kind = value_id(trace, i);
  if (kind < 0 || kind >= static_cast<std::int32_t>(std::size(finding_descriptions))) {
    return "finding";
  }
  return std::string(finding_descriptions[kind].title);
}

/// A kernel's counts are worth a number: nobody else tells whether a put was the last one.
std::string count_label(const TraceStore& trace, EventIndex i, const char* verb, int change) {
  const std::string label = object_label(trace, i, verb);
  const std::int64_t after = trace.columns().value[i];
  const auto& metadata = trace.names().metadata;
  const auto world = metadata.find("world");
  if (after < 0 || world == metadata.end() || world->second != kernel::world) return label;
  return label + ": " + std::to_string(after - change) + " \u2192 " + std::to_string(after);
}

/// True for what is a point in the picture even where nothing is wrong.
bool is_mark(EventKind kind) {
  switch (kind) {
    case EventKind::list_add_rcu:
    case EventKind::list_add_tail_rcu:
    case EventKind::list_add:
    case EventKind::list_add_tail:
    case EventKind::list_del_rcu:
    case EventKind::list_del:
    case EventKind::list_replace_rcu:
    case EventKind::call_rcu:
    case EventKind::kfree_rcu:
    case EventKind::kfree:
    case EventKind::get_device:
    case EventKind::put_device:
    case EventKind::device_release:
    case EventKind::kref_get:
    case EventKind::kref_put:
    case EventKind::queue_work:
    case EventKind::queue_rcu_work:
    case EventKind::sysfs_create_link:
    case EventKind::sysfs_remove_link:
    case EventKind::add_device_to_group:
    case EventKind::remove_device_from_group:
    case EventKind::warn_on:
    case EventKind::note:
    case EventKind::finding:
      return true;
    default:
      return false;
  }
}

std::string mark_label(const TraceStore& trace, EventIndex i) {
  const EventKind kind = trace.kind(i);
  switch (kind) {
    case EventKind::kfree:
      return object_label(trace, i, "kfree");
    case EventKind::kfree_rcu:
      return object_label(trace, i, "kfree_rcu");
    case EventKind::get_device:
    case EventKind::kref_get:
      return count_label(trace, i, "get", 1);
    case EventKind::put_device:
    case EventKind::kref_put:
      return count_label(trace, i, "put", -1);
    case EventKind::device_release:
      return object_label(trace, i, "release");
    case EventKind::add_device_to_group:
      return object_label(trace, i, "add");
    case EventKind::remove_device_from_group:
      return object_label(trace, i, "remove");
    case EventKind::sysfs_create_link:
      return "sysfs link " + string_label(trace, i);
    case EventKind::sysfs_remove_link:
      return "sysfs unlink " + string_label(trace, i);
    case EventKind::warn_on:
      return "WARN_ON(" + string_label(trace, i) + ")";
    case EventKind::note:
      return string_label(trace, i);
    case EventKind::finding:
      return finding_label(trace, i);
    default:
      return std::string(describe(kind).name);
  }
}

class MarkBuilder final : public Part {
 public:
  MarkBuilder(const TraceStore& trace, const LaneMap& map, Lanes& out)
      : trace_(trace), map_(map), out_(out) {}

  void take(EventIndex first, EventIndex last) override {
    taken_count_ = out_.marks.size();
    for (EventIndex i = first; i < last; ++i) {
      add_mark(i);
      add_badge(i);
    }
  }

 private:
  void add_mark(EventIndex i) {
    const EventKind kind = trace_.kind(i);
    const bool is_error = kind == EventKind::finding || kind == EventKind::warn_on ||
                          has_flag(trace_, i, event_flag::error);
    const std::int32_t lane = map_.lane_of_event(trace_, i);
    if (lane < 0 || !(is_mark(kind) || is_error)) return;
    if (has_flag(trace_, i, event_flag::background)) return;
    if (kind == EventKind::finding) drop_faulty_access(i, lane);
    Mark mark;
    mark.time = trace_.time(i);
    mark.lane = lane;
    mark.kind = kind;
    mark.object.value = trace_.columns().object[i];
    mark.is_error = is_error;
    mark.event = i;
    mark.label = mark_label(trace_, i);
    out_.marks.push_back(std::move(mark));
  }

  /// The finding stands for the access that it is about: one point, not two on one spot.
  void drop_faulty_access(EventIndex i, std::int32_t lane) {
    if (out_.marks.size() == taken_count_) return;  // marks of former batches may be in use
    const Mark& last = out_.marks.back();
    if (last.is_error && !is_mark(last.kind) && last.lane == lane && last.time == trace_.time(i)) {
      out_.marks.pop_back();
    }
  }

  void add_badge(EventIndex i) {
    if (trace_.kind(i) != EventKind::quiescent_state) return;
    Badge badge;
    badge.time = trace_.time(i);
    badge.grace_period.value = trace_.columns().grace_period[i];
    badge.reader.value = value_id(trace_, i);
    out_.badges.push_back(badge);
  }

  const TraceStore& trace_;
  const LaneMap& map_;
  Lanes& out_;
  std::size_t taken_count_ = 0;  ///< Marks of the batches before.
};

}  // namespace

std::unique_ptr<Part> make_marks_and_badges(const TraceStore& trace, const LaneMap& map,
                                            Lanes& out) {
  return std::make_unique<MarkBuilder>(trace, map, out);
}

}  // namespace rcuscope::lanes
