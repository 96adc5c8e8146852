// SPDX-License-Identifier: LGPL-2.1-or-later
// The causes of the picture: who queued what ran, what a grace period waited for and let go.
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "trace/finding.h"
#include "trace/lanes_parts.h"
#include "trace/time_text.h"

namespace rcuscope::lanes {
namespace {

/// Causes that wait for their effect, first in, first out, by the id of actor or object.
class Pending {
 public:
  void push(std::int32_t id, EventIndex cause) {
    if (id >= 0) causes_[id].push_back(cause);
  }
  std::optional<EventIndex> pop(std::int32_t id) {
    const auto found = causes_.find(id);
    if (found == causes_.end() || found->second.empty()) return std::nullopt;
    const EventIndex cause = found->second.front();
    found->second.pop_front();
    return cause;
  }

 private:
  std::unordered_map<std::int32_t, std::deque<EventIndex>> causes_;
};

class ArrowBuilder final : public Part {
 public:
  ArrowBuilder(const TraceStore& trace, const LaneMap& map, Lanes& out)
      : trace_(trace), map_(map), out_(out) {}

  void take(EventIndex first, EventIndex last) override {
    last_event_.resize(trace_.names().actors.size());
    freed_by_.resize(trace_.names().objects.size());
    for (EventIndex i = first; i < last; ++i) {
      on_callback(i);
      on_work(i);
      on_grace_period(i);
      on_memory(i);
      const std::int32_t actor = trace_.columns().actor[i];
      if (actor >= 0) last_event_[static_cast<std::size_t>(actor)] = i;
    }
  }

 private:
  std::int32_t object(EventIndex i) const { return trace_.columns().object[i]; }

  void add(std::optional<EventIndex> cause, EventIndex effect, ArrowKind kind, std::string label) {
    if (!cause) return;
    add_between(*cause, map_.lane_of_event(trace_, *cause), effect,
                map_.lane_of_event(trace_, effect), kind, std::move(label));
  }

  void add_between(EventIndex cause, std::int32_t from_lane, EventIndex effect,
                   std::int32_t to_lane, ArrowKind kind, std::string label) {
    if (from_lane < 0 || to_lane < 0) return;
    Arrow arrow;
    arrow.from = trace_.time(cause);
    arrow.to = trace_.time(effect);
    arrow.from_lane = from_lane;
    arrow.to_lane = to_lane;
    arrow.kind = kind;
    arrow.from_event = cause;
    arrow.to_event = effect;
    arrow.label = std::move(label);
    out_.arrows.push_back(std::move(arrow));
  }

  std::string delay(std::optional<EventIndex> cause, EventIndex effect) const {
    return cause ? duration_text(trace_.clock(), trace_.time(effect) - trace_.time(*cause)) : "";
  }

  void on_callback(EventIndex i) {
    // Where the callback's rcu_head is known it tells callbacks of one function apart.
    if (trace_.kind(i) == EventKind::call_rcu) {
      object(i) >= 0 ? callback_heads_.push(object(i), i) : callbacks_.push(value_id(trace_, i), i);
    }
    if (trace_.kind(i) == EventKind::kfree_rcu) deferred_frees_.push(object(i), i);
    if (trace_.kind(i) == EventKind::callback_start) {
      const auto cause = object(i) >= 0 ? callback_heads_.pop(object(i))
                                        : callbacks_.pop(trace_.columns().actor[i]);
      add(cause, i, ArrowKind::callback, delay(cause, i));
    }
    if (trace_.kind(i) == EventKind::kfree) {
      const auto cause = deferred_frees_.pop(object(i));
      add(cause, i, ArrowKind::callback, delay(cause, i));
    }
  }

  void on_work(EventIndex i) {
    const EventKind kind = trace_.kind(i);
    // Work that was pending already was queued by somebody else, who has the arrow.
    const bool queues = kind == EventKind::queue_work || kind == EventKind::queue_rcu_work;
    if (queues && trace_.columns().value[i] >= 0) work_.push(object(i), i);
    if (kind == EventKind::cancel_work_start && trace_.columns().value[i] == 1) {
      work_.pop(object(i));
    }
    if (kind != EventKind::work_start) return;
    const auto cause = work_.pop(object(i));
    add(cause, i, ArrowKind::work,
        cause ? std::string(describe(trace_.kind(*cause)).name) : std::string());
  }

  void on_grace_period(EventIndex i) {
    const std::int32_t id = trace_.columns().grace_period[i];
    if (id < 0) return;
    switch (trace_.kind(i)) {
      case EventKind::grace_period_end:
        ended_[id] = i;
        break;
      case EventKind::synchronize_rcu_end:
        if (const auto end = ended_.find(id); end != ended_.end()) {
          add_between(end->second, map_.grace_periods, i, map_.lane_of_event(trace_, i),
                      ArrowKind::grace_period, "");
        }
        break;
      case EventKind::quiescent_state:
        add_reader_end(i);
        break;
      default:
        break;
    }
  }

  void add_reader_end(EventIndex i) {
    const std::int32_t reader = value_id(trace_, i);
    const std::int32_t lane = map_.lane_of(reader);
    if (lane < 0) return;
    const auto last = last_event_[static_cast<std::size_t>(reader)];
    add_between(last.value_or(i), lane, i, map_.grace_periods, ArrowKind::reader, "");
  }

  void on_memory(EventIndex i) {
    if (object(i) < 0) return;
    auto& freed_by = freed_by_[static_cast<std::size_t>(object(i))];
    if (trace_.kind(i) == EventKind::kfree) {
      freed_by = i;
    } else if (trace_.kind(i) == EventKind::kmalloc) {
      freed_by.reset();
    } else if (trace_.kind(i) == EventKind::finding) {
      const auto kind = static_cast<FindingKind>(trace_.columns().value[i]);
      if (kind == FindingKind::use_after_free) {
        add(freed_by, i, ArrowKind::freed_then_used, "freed, then used");
      } else if (kind == FindingKind::double_free) {
        add(freed_by, i, ArrowKind::freed_then_used, "freed twice");
      }
    }
  }

  const TraceStore& trace_;
  const LaneMap& map_;
  Lanes& out_;
  Pending callbacks_, callback_heads_, deferred_frees_, work_;
  std::unordered_map<std::int32_t, EventIndex> ended_;  ///< Grace period -> its end.
  std::vector<std::optional<EventIndex>> last_event_;   ///< By actor.
  std::vector<std::optional<EventIndex>> freed_by_;     ///< By object: its kfree.
};

}  // namespace

std::unique_ptr<Part> make_arrows(const TraceStore& trace, const LaneMap& map, Lanes& out) {
  return std::make_unique<ArrowBuilder>(trace, map, out);
}

}  // namespace rcuscope::lanes
