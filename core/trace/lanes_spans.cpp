// SPDX-License-Identifier: LGPL-2.1-or-later
// The intervals of the picture: one pass over the events, with the open spans of each lane at hand.
#include <algorithm>
#include <utility>

#include "trace/kernel_trace.h"
#include "trace/lanes_parts.h"

namespace rcuscope::lanes {
namespace {

bool is_section(SpanKind kind) {
  return kind == SpanKind::reader || kind == SpanKind::implicit || kind == SpanKind::spinlock;
}

/// The events that begin and end a wait.
struct Wait {
  EventKind start, end;
  const char* label;  ///< Followed by the object's name, if there is an object.
};
constexpr Wait waits[] = {
    {EventKind::synchronize_rcu_start, EventKind::synchronize_rcu_end, "synchronize_rcu"},
    {EventKind::rcu_barrier_start, EventKind::rcu_barrier_end, "rcu_barrier"},
    {EventKind::cancel_work_start, EventKind::cancel_work_end, "cancel_work_sync"},
    {EventKind::flush_work_start, EventKind::flush_work_end, "flush_work"},
    {EventKind::mutex_contended, EventKind::mutex_lock, "waits for"},
    {EventKind::spin_contended, EventKind::spin_lock, "spins on"},
};

class SpanBuilder final : public Part {
 public:
  SpanBuilder(const TraceStore& trace, const LaneMap& map, Lanes& out)
      : trace_(trace), map_(map), out_(out), open_(out.lanes.size()) {}

  void take(EventIndex first, EventIndex last) override {
    actors_.resize(trace_.names().actors.size());
    for (EventIndex i = first; i < last; ++i) on_event(i);
  }

  void settle() override {
    for (const std::vector<std::size_t>& open_here : open_) {
      for (const std::size_t at : open_here) {
        out_.spans[at].end = out_.end;
        out_.spans[at].last_event = trace_.size() - 1;
      }
    }
    // Who never says that it starts does not say that it ends either: its last event is the end.
    for (const std::size_t actor : silent_) {
      const std::int32_t lane = map_.of_actor[actor];
      const auto at = find_open(lane, SpanKind::actor, any);
      if (at == open_[static_cast<std::size_t>(lane)].end()) continue;
      out_.spans[*at].last_event = actors_[actor].last_event;
      out_.spans[*at].end = time_after(trace_, actors_[actor].last_event);
    }
  }

  void finish() override {
    settle();
    for (const std::size_t actor : silent_) {
      const std::int32_t lane = map_.of_actor[actor];
      const auto at = find_open(lane, SpanKind::actor, any);
      if (at == open_[static_cast<std::size_t>(lane)].end()) continue;
      const EventIndex last = actors_[actor].last_event;
      end_span(at, lane, last, time_after(trace_, last));
    }
    // Who got the lock in the same moment did not wait.
    std::erase_if(out_.spans, [](const Span& span) {
      return span.kind == SpanKind::blocked && span.start == span.end && !span.is_open;
    });
  }

 private:
  struct ActorRun {
    std::int32_t reader_nesting = 0;
    bool is_started = false;
    bool has_started_once = false;
    EventIndex last_event = 0;
  };

  void on_event(EventIndex i) {
    if (has_flag(trace_, i, event_flag::background)) return;
    const std::int32_t lane = map_.lane_of_event(trace_, i);
    if (lane < 0) return;
    if (trace_.columns().actor[i] >= 0 && lane != map_.grace_periods) on_actor_event(i, lane);
    on_grace_period(i);
    on_wait(i, lane);
    on_lock(i, lane);
    on_work(i, lane);
    mark_errors(i, lane);
  }

  // --- opening and closing ---

  Span& open(EventIndex i, std::int32_t lane, SpanKind kind, std::string label) {
    Span span;
    span.start = trace_.time(i);
    span.end = out_.end;
    span.lane = lane;
    span.kind = kind;
    span.object.value = trace_.columns().object[i];
    span.is_open = true;
    span.is_inferred = has_flag(trace_, i, event_flag::inferred);
    span.first_event = i;
    span.last_event = i;
    span.label = std::move(label);
    open_[static_cast<std::size_t>(lane)].push_back(out_.spans.size());
    out_.spans.push_back(std::move(span));
    return out_.spans.back();
  }

  /// The innermost open span of that kind for which `is_match` holds; end() if there is none.
  template <class Match>
  std::vector<std::size_t>::iterator find_open(std::int32_t lane, SpanKind kind, Match is_match) {
    auto& open_here = open_[static_cast<std::size_t>(lane)];
    const auto found = std::find_if(open_here.rbegin(), open_here.rend(), [&](std::size_t at) {
      return out_.spans[at].kind == kind && is_match(out_.spans[at]);
    });
    return found == open_here.rend() ? open_here.end() : std::next(found).base();
  }

  void end_span(std::vector<std::size_t>::iterator at, std::int32_t lane, EventIndex i,
                Timestamp end) {
    Span& span = out_.spans[*at];
    span.end = std::max(end, span.start);
    span.is_open = false;
    span.last_event = i;
    if (has_flag(trace_, i, event_flag::inferred)) span.is_inferred = true;
    open_[static_cast<std::size_t>(lane)].erase(at);
  }

  /// Ends such a span at event `i`. If its beginning was cut off, it begins with the trace.
  template <class Match>
  void close(EventIndex i, std::int32_t lane, SpanKind kind, const std::string& label,
             Match is_match) {
    auto at = find_open(lane, kind, is_match);
    if (at == open_[static_cast<std::size_t>(lane)].end()) {
      Span& span = open(i, lane, kind, label);
      span.start = out_.start;
      span.grace_period.value =
          kind == SpanKind::grace_period ? trace_.columns().grace_period[i] : -1;
      at = std::prev(open_[static_cast<std::size_t>(lane)].end());
    }
    end_span(at, lane, i, time_after(trace_, i));
  }

  std::vector<std::size_t>& open_at(std::int32_t lane) {
    return open_[static_cast<std::size_t>(lane)];
  }

  auto same_object(EventIndex i) const {
    return
        [object = trace_.columns().object[i]](const Span& s) { return s.object.value == object; };
  }
  static bool any(const Span&) { return true; }

  std::string object_label(EventIndex i) const {
    return short_name(trace_.object_label(trace_.columns().object[i]));
  }

  // --- actors and their sections ---

  void on_actor_event(EventIndex i, std::int32_t lane) {
    const auto actor = static_cast<std::size_t>(trace_.columns().actor[i]);
    ActorRun& run = actors_[actor];
    end_release(i, lane);
    switch (trace_.kind(i)) {
      case EventKind::actor_start:
      case EventKind::callback_start:
        start_actor(i, lane, run);
        break;
      case EventKind::rcu_read_lock:
        if (run.reader_nesting++ == 0) open(i, lane, SpanKind::reader, "reader");
        break;
      case EventKind::rcu_read_unlock:
        if (run.reader_nesting > 0) --run.reader_nesting;
        if (run.reader_nesting == 0) close(i, lane, SpanKind::reader, "reader", same_object(i));
        break;
      case EventKind::srcu_read_lock:
        open(i, lane, SpanKind::reader, "reader of " + object_label(i));
        break;
      case EventKind::srcu_read_unlock:
        close(i, lane, SpanKind::reader, "reader of " + object_label(i), same_object(i));
        break;
      case EventKind::context_mask:
        change_mask(i, lane);
        break;
      case EventKind::device_release:
        open(i, lane, SpanKind::release, "release");
        break;
      default:
        break;
    }
    // An actor that never says that it starts is there from its first event on.
    if (!run.is_started && !run.has_started_once) {
      open(i, lane, SpanKind::actor, "");
      run.is_started = true;
      run.has_started_once = true;
      silent_.push_back(actor);
    }
    run.last_event = i;
    const EventKind kind = trace_.kind(i);
    if (kind == EventKind::actor_end || kind == EventKind::callback_end) end_actor(i, lane, run);
  }

  void start_actor(EventIndex i, std::int32_t lane, ActorRun& run) {
    const bool is_callback = trace_.kind(i) == EventKind::callback_start;
    if (!run.is_started) {
      open(i, lane, SpanKind::actor, "");
      const Lane& row = out_.lanes[static_cast<std::size_t>(lane)];
      if (is_atomic(row.actor_kind)) {
        open(i, lane, SpanKind::implicit, std::string(to_string(context_of(row.actor_kind))));
      }
      run.is_started = true;
      run.has_started_once = true;
    }
    if (is_callback) {
      Span& span = open(i, lane, SpanKind::callback, "callback");
      span.grace_period.value = trace_.columns().grace_period[i];
      span.is_inferred = false;  // that it runs is recorded, for whom it waited may be inferred
    }
  }

  void end_actor(EventIndex i, std::int32_t lane, ActorRun& run) {
    if (trace_.kind(i) == EventKind::callback_end) {
      close(i, lane, SpanKind::callback, "callback", same_object(i));
      // A callback with a start of its own goes on to its actor_end. In a kernel a function may run
      // for several callbacks at once.
      const bool runs_on = find_open(lane, SpanKind::callback, any) != open_at(lane).end();
      if (runs_on || !started_by_callback(lane)) return;
    }
    for (const SpanKind kind : {SpanKind::implicit, SpanKind::actor}) end_all(i, lane, kind);
    run.is_started = false;
    run.reader_nesting = 0;
  }

  void end_all(EventIndex i, std::int32_t lane, SpanKind kind) {
    auto& open_here = open_[static_cast<std::size_t>(lane)];
    for (auto at = find_open(lane, kind, any); at != open_here.end();
         at = find_open(lane, kind, any)) {
      end_span(at, lane, i, time_after(trace_, i));
    }
  }

  bool started_by_callback(std::int32_t lane) {
    const auto base = find_open(lane, SpanKind::actor, any);
    return base != open_[static_cast<std::size_t>(lane)].end() &&
           trace_.kind(out_.spans[*base].first_event) != EventKind::actor_start;
  }

  /// Interrupts, BH or preemption off make a section too.
  void change_mask(EventIndex i, std::int32_t lane) {
    const std::int64_t mask = trace_.columns().value[i];
    const auto is_mask = [this](const Span& span) {
      return trace_.kind(span.first_event) == EventKind::context_mask;
    };
    const auto at = find_open(lane, SpanKind::implicit, is_mask);
    const bool is_open = at != open_[static_cast<std::size_t>(lane)].end();
    if (mask == 0 && is_open) end_span(at, lane, i, time_after(trace_, i));
    if (mask == 0 || is_open) return;
    const char* label = (mask & 1) != 0   ? "interrupts off"
                        : (mask & 2) != 0 ? "BH off"
                                          : "preemption off";
    open(i, lane, SpanKind::implicit, label);
  }

  /// A release ends where its actor does the next thing.
  void end_release(EventIndex i, std::int32_t lane) {
    const auto at = find_open(lane, SpanKind::release, any);
    if (at == open_[static_cast<std::size_t>(lane)].end()) return;
    const Timestamp least = time_after(trace_, out_.spans[*at].first_event);
    end_span(at, lane, i, std::max(trace_.time(i), least));
  }

  // --- grace periods ---

  void on_grace_period(EventIndex i) {
    const std::int32_t lane = map_.grace_periods;
    if (lane < 0) return;
    const std::int32_t id = trace_.columns().grace_period[i];
    const std::string label = id < 0 ? "GP" : "GP " + grace_period_name(trace_, id);
    const auto same_id = [id](const Span& span) { return span.grace_period.value == id; };
    switch (trace_.kind(i)) {
      case EventKind::grace_period_start:
        open(i, lane, SpanKind::grace_period, label).grace_period.value = id;
        break;
      case EventKind::grace_period_end:
        close(i, lane, SpanKind::grace_period, label, same_id);
        break;
      case EventKind::grace_period_waits_for:
        mark_pre_existing(map_.lane_of(value_id(trace_, i)), id);
        break;
      default:
        break;
    }
  }

  void mark_pre_existing(std::int32_t lane, std::int32_t grace_period) {
    if (lane < 0) return;
    for (const std::size_t at : open_[static_cast<std::size_t>(lane)]) {
      Span& span = out_.spans[at];
      if (!is_section(span.kind)) continue;
      span.is_pre_existing = true;
      if (!span.grace_period.is_valid()) span.grace_period.value = grace_period;
    }
  }

  // --- waiting, locks, work ---

  void on_wait(EventIndex i, std::int32_t lane) {
    for (const Wait& wait : waits) {
      if (trace_.kind(i) == wait.start) {
        open(i, lane, SpanKind::blocked, wait_label(i, wait)).grace_period.value =
            trace_.columns().grace_period[i];
      } else if (trace_.kind(i) == wait.end) {
        end_wait(i, lane, wait);
      }
    }
  }

  std::string wait_label(EventIndex i, const Wait& wait) const {
    const std::string object = object_label(i);
    return object.empty() ? wait.label : wait.label + (" " + object);
  }

  void end_wait(EventIndex i, std::int32_t lane, const Wait& wait) {
    const auto at = find_open(lane, SpanKind::blocked, [&](const Span& span) {
      return trace_.kind(span.first_event) == wait.start &&
             span.object.value == trace_.columns().object[i];
    });
    const bool takes_lock = wait.end == EventKind::mutex_lock || wait.end == EventKind::spin_lock;
    if (at == open_[static_cast<std::size_t>(lane)].end()) {
      const auto none = [](const Span&) { return false; };
      if (!takes_lock) close(i, lane, SpanKind::blocked, wait_label(i, wait), none);
      return;
    }
    // The step that takes a lock belongs to the holding, not to the waiting.
    end_span(at, lane, i, takes_lock ? trace_.time(i) : time_after(trace_, i));
  }

  void on_lock(EventIndex i, std::int32_t lane) {
    switch (trace_.kind(i)) {
      case EventKind::mutex_lock:
        open(i, lane, SpanKind::mutex, object_label(i));
        break;
      case EventKind::mutex_unlock:
        close(i, lane, SpanKind::mutex, object_label(i), same_object(i));
        break;
      case EventKind::spin_lock:
        open(i, lane, SpanKind::spinlock, object_label(i));
        break;
      case EventKind::spin_unlock:
        close(i, lane, SpanKind::spinlock, object_label(i), same_object(i));
        break;
      default:
        break;
    }
  }

  void on_work(EventIndex i, std::int32_t lane) {
    if (trace_.kind(i) == EventKind::work_start) open(i, lane, SpanKind::work, object_label(i));
    if (trace_.kind(i) == EventKind::work_end) {
      close(i, lane, SpanKind::work, object_label(i), same_object(i));
    }
  }

  void mark_errors(EventIndex i, std::int32_t lane) {
    const bool is_finding = trace_.kind(i) == EventKind::finding;
    if (!is_finding && !has_flag(trace_, i, event_flag::error)) return;
    for (const std::size_t at : open_[static_cast<std::size_t>(lane)]) {
      Span& span = out_.spans[at];
      if (span.kind != SpanKind::actor && span.kind != SpanKind::grace_period) span.is_error = true;
    }
  }

  const TraceStore& trace_;
  const LaneMap& map_;
  Lanes& out_;
  std::vector<ActorRun> actors_;
  std::vector<std::vector<std::size_t>> open_;  ///< By lane: indices of open spans, oldest first.
  std::vector<std::size_t> silent_;             ///< Actors without a start of their own.
};

}  // namespace

std::unique_ptr<Part> make_spans(const TraceStore& trace, const LaneMap& map, Lanes& out) {
  return std::make_unique<SpanBuilder>(trace, map, out);
}

}  // namespace rcuscope::lanes
