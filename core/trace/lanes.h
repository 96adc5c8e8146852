// SPDX-License-Identifier: LGPL-2.1-or-later
// Lanes: the one geometry of a trace, in trace time: what ImGui, SVG, Jupyter, text and tests draw.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/ids.h"
#include "base/time.h"
#include "trace/store.h"

namespace rcuscope {

enum class LaneKind : std::uint8_t { actor, grace_periods };

/// One row of the picture.
struct Lane {
  LaneKind kind = LaneKind::actor;
  std::string name;
  ActorId actor;  ///< None for the lane of grace periods.
  ActorKind actor_kind = ActorKind::process;
  CpuId cpu;
  bool must_not_sleep = false;
};

enum class SpanKind : std::uint8_t {
  actor,         ///< From the actor's start to its end: the thin base line of its lane.
  reader,        ///< An explicit read-side critical section.
  implicit,      ///< A section without rcu_read_lock: hardirq, softirq, callback.
  grace_period,  ///< In the lane of grace periods, and as a band over all lanes.
  blocked,       ///< Waiting: synchronize_rcu, mutex, rcu_barrier, flush, cancel.
  mutex,         ///< Holding a mutex.
  spinlock,
  callback,
  work,
  release,  ///< device_release.
};

struct Span {
  Timestamp start = 0;
  Timestamp end = 0;
  std::int32_t lane = 0;
  SpanKind kind{};
  ObjectId object;
  GracePeriodId grace_period;    ///< For readers: the first grace period that had to wait for it.
  bool is_pre_existing = false;  ///< Readers: some grace period waits for it (drawn solid).
  bool is_open = false;          ///< Still open at the end of the trace.
  bool is_inferred = false;
  bool is_error = false;
  EventIndex first_event = 0;
  EventIndex last_event = 0;
  std::string label;
};

/// A point of the picture: list operations, put_device, kfree, call_rcu, notes, findings. In a
/// trace of steps an event takes [time, time + 1): spans end behind their last step, and marks,
/// badges and the ends of arrows are best drawn in the middle of theirs.
struct Mark {
  Timestamp time = 0;
  std::int32_t lane = 0;
  EventKind kind{};
  ObjectId object;
  bool is_error = false;
  EventIndex event = 0;
  std::string label;
};

/// A reader or CPU that reported to a grace period: a badge in the lane of grace periods.
struct Badge {
  Timestamp time = 0;
  GracePeriodId grace_period;
  ActorId reader;
};

enum class ArrowKind : std::uint8_t {
  callback,      ///< call_rcu -> the callback's start.
  work,          ///< queue_work, queue_rcu_work -> work_start.
  grace_period,  ///< End of a grace period -> return of synchronize_rcu.
  reader,        ///< A pre-existing reader's end -> the grace period that it held up.
  freed_then_used,
};

struct Arrow {
  Timestamp from = 0;
  Timestamp to = 0;
  std::int32_t from_lane = 0;
  std::int32_t to_lane = 0;
  ArrowKind kind{};
  EventIndex from_event = 0;
  EventIndex to_event = 0;
  std::string label;
};

struct Lanes {
  std::vector<Lane> lanes;
  std::vector<Span> spans;  ///< Sorted by lane, then start.
  std::vector<Mark> marks;  ///< Sorted by lane, then time.
  std::vector<Badge> badges;
  std::vector<Arrow> arrows;
  Timestamp start = 0;
  Timestamp end = 0;
};

/// Computes the picture. Actors without events get no lane. Cost: linear in the events.
Lanes compute_lanes(const TraceStore& trace);

std::string_view to_string(LaneKind kind);
std::string_view to_string(SpanKind kind);
std::string_view to_string(ArrowKind kind);

}  // namespace rcuscope
