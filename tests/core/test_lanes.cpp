// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the one geometry: lanes, spans, marks, badges and arrows.
#include "trace/lanes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/sample_trace.h"

namespace rcuscope {
namespace {

constexpr Timestamp us = 1000;

std::vector<std::string> lane_names(const Lanes& lanes) {
  std::vector<std::string> names;
  for (const Lane& lane : lanes.lanes) names.push_back(lane.name);
  return names;
}

std::vector<Span> spans_of(const Lanes& lanes, std::string_view lane, SpanKind kind) {
  std::vector<Span> found;
  for (const Span& span : lanes.spans) {
    const bool is_here = lanes.lanes[static_cast<std::size_t>(span.lane)].name == lane;
    if (is_here && span.kind == kind) found.push_back(span);
  }
  return found;
}

std::vector<Arrow> arrows_of(const Lanes& lanes, ArrowKind kind) {
  std::vector<Arrow> found;
  std::copy_if(lanes.arrows.begin(), lanes.arrows.end(), std::back_inserter(found),
               [kind](const Arrow& arrow) { return arrow.kind == kind; });
  return found;
}

/// A trace told event by event.
class Tale {
 public:
  explicit Tale(Clock clock = Clock::nanoseconds) : builder(clock) {}
  ActorId actor(const char* name, ActorKind kind = ActorKind::process) {
    return builder.add_actor({name, kind, {}});
  }
  Tale& add(Timestamp time, ActorId who, EventKind kind, ObjectId object = {},
            std::int64_t value = 0, std::int32_t grace_period = -1) {
    Event event;
    event.time = time;
    event.actor = who.is_valid() ? static_cast<std::uint16_t>(who.value) : 0xffff;
    event.kind = kind;
    event.object = object;
    event.value = value;
    event.grace_period.value = grace_period;
    builder.add(event);
    return *this;
  }
  Lanes lanes() {
    trace = builder.build();
    return compute_lanes(trace);
  }
  TraceBuilder builder;
  TraceStore trace;
};

TEST(Lanes, are_in_order_of_actors_with_grace_periods_below_whom_they_concern_and_main_last) {
  EXPECT_EQ(
      lane_names(compute_lanes(sample::safe_trace())),
      (std::vector<std::string>{"iommu_group_remove_device", "bus_iommu_probe", "event queue ISR",
                                "ATC time-out ISR", "rcu_core", "page-request handler",
                                "rcu_gp_kthread", "device release work", "main"}));
}

TEST(Lanes, leave_out_actors_without_events_and_grace_periods_that_nobody_has) {
  Tale tale;
  tale.actor("silent");
  const ActorId speaker = tale.actor("speaker");
  tale.add(1, speaker, EventKind::note);
  EXPECT_EQ(lane_names(tale.lanes()), std::vector<std::string>{"speaker"});
}

TEST(Lanes, of_grace_periods_are_not_named_after_who_only_frees) {
  Tale tale;
  const ActorId updater = tale.actor("updater");
  const ActorId freer = tale.actor("kfree_rcu of gdev", ActorKind::grace_period);
  const ObjectId object = tale.builder.add_object({"gdev", "group_device"});
  tale.add(1, updater, EventKind::grace_period_start, {}, 0, 1);
  tale.add(2, updater, EventKind::grace_period_end, {}, 0, 1);
  tale.add(3, freer, EventKind::kfree, object);
  EXPECT_EQ(lane_names(tale.lanes()), (std::vector<std::string>{"updater", "grace periods"}));
}

TEST(Lanes, say_who_must_not_sleep) {
  for (const Lane& lane : compute_lanes(sample::safe_trace()).lanes) {
    EXPECT_EQ(lane.must_not_sleep, is_atomic(lane.actor_kind)) << lane.name;
  }
}

TEST(Lanes, of_an_empty_trace_are_empty) {
  const Lanes lanes = compute_lanes(TraceStore());
  EXPECT_TRUE(lanes.lanes.empty());
  EXPECT_TRUE(lanes.spans.empty());
}

TEST(Readers, are_pre_existing_exactly_when_a_grace_period_waits_for_them) {
  const Lanes lanes = compute_lanes(sample::safe_trace());
  const std::vector<Span> readers = spans_of(lanes, "ATC time-out ISR", SpanKind::reader);
  ASSERT_EQ(readers.size(), 3u);
  EXPECT_FALSE(readers[0].is_pre_existing);
  EXPECT_TRUE(readers[1].is_pre_existing);
  EXPECT_EQ(readers[1].grace_period, GracePeriodId{1042});
  EXPECT_EQ(readers[1].start, 46'700);
  EXPECT_EQ(readers[1].end, 81'700);
  EXPECT_FALSE(readers[2].is_pre_existing);
}

TEST(Readers, nest_into_one_outermost_section) {
  Tale tale;
  const ActorId reader = tale.actor("reader");
  tale.add(1, reader, EventKind::rcu_read_lock).add(2, reader, EventKind::rcu_read_lock);
  tale.add(3, reader, EventKind::rcu_read_unlock).add(5, reader, EventKind::rcu_read_unlock);
  const std::vector<Span> readers = spans_of(tale.lanes(), "reader", SpanKind::reader);
  ASSERT_EQ(readers.size(), 1u);
  EXPECT_EQ(readers[0].start, 1);
  EXPECT_EQ(readers[0].end, 5);
  EXPECT_FALSE(readers[0].is_open);
}

TEST(Readers, that_never_leave_are_open_to_the_end) {
  Tale tale;
  const ActorId reader = tale.actor("reader");
  const ActorId other = tale.actor("other");
  tale.add(1, reader, EventKind::rcu_read_lock).add(9, other, EventKind::note);
  const std::vector<Span> readers = spans_of(tale.lanes(), "reader", SpanKind::reader);
  ASSERT_EQ(readers.size(), 1u);
  EXPECT_TRUE(readers[0].is_open);
  EXPECT_EQ(readers[0].end, 9);
}

TEST(Readers, whose_beginning_a_slice_cut_off_begin_with_the_slice) {
  const Lanes lanes = compute_lanes(sample::safe_trace().slice(60 * us, 90 * us));
  const std::vector<Span> readers = spans_of(lanes, "ATC time-out ISR", SpanKind::reader);
  ASSERT_EQ(readers.size(), 1u);
  EXPECT_EQ(readers[0].start, lanes.start);
  EXPECT_EQ(readers[0].end, 81'700);
  const std::vector<Span> periods = spans_of(lanes, "rcu_gp_kthread", SpanKind::grace_period);
  ASSERT_EQ(periods.size(), 1u);
  EXPECT_EQ(periods[0].grace_period, GracePeriodId{1042});
  EXPECT_EQ(spans_of(lanes, "iommu_group_remove_device", SpanKind::blocked).size(), 1u);
}

TEST(Interrupts, are_implicit_sections_from_start_to_end) {
  Tale tale;
  const ActorId irq = tale.actor("irq", ActorKind::hardirq);
  const ActorId updater = tale.actor("updater");
  tale.add(1, irq, EventKind::actor_start);
  tale.add(2, updater, EventKind::grace_period_start, {}, 1, 7);
  tale.add(2, updater, EventKind::grace_period_waits_for, {}, irq.value, 7);
  tale.add(4, irq, EventKind::actor_end);
  tale.add(5, updater, EventKind::grace_period_end, {}, 0, 7);
  const Lanes lanes = tale.lanes();
  const std::vector<Span> sections = spans_of(lanes, "irq", SpanKind::implicit);
  ASSERT_EQ(sections.size(), 1u);
  EXPECT_TRUE(sections[0].is_pre_existing);
  EXPECT_EQ(sections[0].start, 1);
  EXPECT_EQ(sections[0].end, 4);
  EXPECT_EQ(spans_of(lanes, "grace periods", SpanKind::grace_period).size(), 1u);
}

TEST(Steps, take_room_so_that_a_span_ends_behind_its_last_step) {
  const Lanes lanes = compute_lanes(sample::use_after_free_trace(Clock::steps));
  EXPECT_EQ(lanes.end, sample::use_after_free_trace(Clock::steps).end() + 1);
  const std::vector<Span> periods = spans_of(lanes, "rcu_gp_kthread", SpanKind::grace_period);
  ASSERT_EQ(periods.size(), 1u);
  EXPECT_EQ(periods[0].start, 13);
  EXPECT_EQ(periods[0].end, 34);
}

TEST(Waiting, for_a_mutex_ends_where_holding_begins) {
  Tale tale(Clock::steps);
  const ActorId owner = tale.actor("owner");
  const ActorId waiter = tale.actor("waiter");
  const ObjectId lock = tale.builder.add_object({"lock", "mutex"});
  tale.add(0, owner, EventKind::mutex_lock, lock);
  tale.add(1, waiter, EventKind::mutex_contended, lock, owner.value);
  tale.add(4, owner, EventKind::mutex_unlock, lock);
  tale.add(5, waiter, EventKind::mutex_lock, lock);
  tale.add(7, waiter, EventKind::mutex_unlock, lock);
  const Lanes lanes = tale.lanes();
  const std::vector<Span> waits = spans_of(lanes, "waiter", SpanKind::blocked);
  ASSERT_EQ(waits.size(), 1u);
  EXPECT_EQ(waits[0].label, "waits for lock");
  EXPECT_EQ(waits[0].end, 5);
  const std::vector<Span> held = spans_of(lanes, "waiter", SpanKind::mutex);
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].start, 5);
  EXPECT_EQ(held[0].end, 8);
}

TEST(Waiting, covers_barriers_cancelling_and_flushing) {
  Tale tale;
  const ActorId who = tale.actor("who");
  const ObjectId work = tale.builder.add_object({"work", "work_struct"});
  tale.add(1, who, EventKind::rcu_barrier_start).add(2, who, EventKind::rcu_barrier_end);
  tale.add(3, who, EventKind::cancel_work_start, work);
  tale.add(4, who, EventKind::cancel_work_end, work);
  tale.add(5, who, EventKind::flush_work_start, work);
  const std::vector<Span> waits = spans_of(tale.lanes(), "who", SpanKind::blocked);
  ASSERT_EQ(waits.size(), 3u);
  EXPECT_EQ(waits[0].label, "rcu_barrier");
  EXPECT_EQ(waits[1].label, "cancel_work_sync work");
  EXPECT_TRUE(waits[2].is_open);
}

TEST(Release, ends_at_the_next_thing_that_its_actor_does) {
  const Lanes lanes = compute_lanes(sample::safe_trace());
  const std::vector<Span> releases = spans_of(lanes, "device release work", SpanKind::release);
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].start, 55 * us);
  EXPECT_EQ(releases[0].end, 61'500);
}

TEST(Arrows, lead_from_call_rcu_to_the_callback_and_from_there_to_the_work) {
  const Lanes lanes = compute_lanes(sample::safe_trace());
  const std::vector<Arrow> callbacks = arrows_of(lanes, ArrowKind::callback);
  ASSERT_EQ(callbacks.size(), 1u);
  EXPECT_EQ(callbacks[0].label, "29.3 µs");
  EXPECT_EQ(lanes.lanes[static_cast<std::size_t>(callbacks[0].to_lane)].name, "rcu_core");
  const std::vector<Arrow> works = arrows_of(lanes, ArrowKind::work);
  ASSERT_EQ(works.size(), 1u);
  EXPECT_EQ(works[0].label, "queue_work");
}

TEST(Arrows, lead_from_a_grace_period_to_the_caller_that_it_lets_go) {
  const Lanes lanes = compute_lanes(sample::safe_trace());
  const std::vector<Arrow> arrows = arrows_of(lanes, ArrowKind::grace_period);
  ASSERT_EQ(arrows.size(), 1u);
  EXPECT_EQ(arrows[0].from, 86 * us);
  EXPECT_EQ(arrows[0].to, 87 * us);
}

TEST(Arrows, lead_from_each_reader_that_was_waited_for_to_its_grace_period) {
  const Lanes lanes = compute_lanes(sample::safe_trace());
  EXPECT_EQ(arrows_of(lanes, ArrowKind::reader).size(), 4u);
  EXPECT_EQ(lanes.badges.size(), 4u);
}

TEST(Arrows, lead_from_kfree_to_the_use_after_it) {
  const TraceStore trace = sample::use_after_free_trace();
  const Lanes lanes = compute_lanes(trace);
  const std::vector<Arrow> arrows = arrows_of(lanes, ArrowKind::freed_then_used);
  ASSERT_EQ(arrows.size(), 1u);
  EXPECT_EQ(trace.kind(arrows[0].from_event), EventKind::kfree);
  EXPECT_EQ(trace.kind(arrows[0].to_event), EventKind::finding);
  EXPECT_EQ(arrows[0].label, "freed, then used");
}

TEST(Arrows, of_kfree_rcu_lead_to_the_free_in_the_lane_of_grace_periods) {
  Tale tale;
  const ActorId who = tale.actor("who");
  const ObjectId object = tale.builder.add_object({"object", "entry"});
  tale.add(1, who, EventKind::kfree_rcu, object, 0, 3);
  tale.add(2, {}, EventKind::grace_period_start, {}, 0, 3);
  tale.add(3, {}, EventKind::grace_period_end, {}, 0, 3);
  tale.add(3, {}, EventKind::kfree, object);
  const Lanes lanes = tale.lanes();
  const std::vector<Arrow> arrows = arrows_of(lanes, ArrowKind::callback);
  ASSERT_EQ(arrows.size(), 1u);
  EXPECT_EQ(lanes.lanes[static_cast<std::size_t>(arrows[0].to_lane)].kind, LaneKind::grace_periods);
}

TEST(Arrows, do_not_come_from_work_that_was_pending_already) {
  Tale tale;
  const ActorId who = tale.actor("who");
  const ActorId worker = tale.actor("worker", ActorKind::kworker);
  const ObjectId work = tale.builder.add_object({"work", "work_struct"});
  tale.add(1, who, EventKind::queue_work, work, worker.value);
  tale.add(2, who, EventKind::queue_work, work, -1);
  tale.add(3, worker, EventKind::work_start, work);
  const std::vector<Arrow> arrows = arrows_of(tale.lanes(), ArrowKind::work);
  ASSERT_EQ(arrows.size(), 1u);
  EXPECT_EQ(arrows[0].from, 1);
}

TEST(Errors, mark_the_reader_and_one_point_for_access_and_finding) {
  const Lanes lanes = compute_lanes(sample::use_after_free_trace());
  const std::vector<Span> readers = spans_of(lanes, "ATC time-out ISR", SpanKind::reader);
  EXPECT_TRUE(readers.back().is_error);
  EXPECT_TRUE(readers.back().is_open);
  EXPECT_FALSE(readers.front().is_error);
  EXPECT_EQ(std::count_if(lanes.marks.begin(), lanes.marks.end(),
                          [](const Mark& mark) { return mark.is_error; }),
            1);
}

TEST(Readers, of_srcu_are_drawn_beside_those_of_rcu) {
  Tale tale;
  const ActorId reader = tale.actor("reader");
  const ObjectId domain = tale.builder.add_object({"domain", "srcu_struct"});
  tale.add(1 * us, reader, EventKind::srcu_read_lock, domain);
  tale.add(2 * us, reader, EventKind::rcu_read_lock);
  tale.add(3 * us, reader, EventKind::srcu_read_unlock, domain);
  tale.add(4 * us, reader, EventKind::rcu_read_unlock);
  const std::vector<Span> readers = spans_of(tale.lanes(), "reader", SpanKind::reader);
  ASSERT_EQ(readers.size(), 2u);
  EXPECT_EQ(readers[0].label, "reader of domain");
  EXPECT_EQ(readers[0].end, 3 * us);
  EXPECT_EQ(readers[1].label, "reader");
  EXPECT_EQ(readers[1].end, 4 * us);
}

TEST(Lanes, keep_spans_and_marks_sorted_and_inside_the_picture) {
  for (const Clock clock : {Clock::nanoseconds, Clock::steps}) {
    const Lanes lanes = compute_lanes(sample::safe_trace(clock));
    EXPECT_TRUE(
        std::is_sorted(lanes.spans.begin(), lanes.spans.end(), [](const Span& a, const Span& b) {
          return a.lane != b.lane ? a.lane < b.lane : a.start < b.start;
        }));
    EXPECT_TRUE(
        std::is_sorted(lanes.marks.begin(), lanes.marks.end(), [](const Mark& a, const Mark& b) {
          return a.lane != b.lane ? a.lane < b.lane : a.time < b.time;
        }));
    for (const Span& span : lanes.spans) {
      EXPECT_LE(lanes.start, span.start);
      EXPECT_LE(span.start, span.end);
      EXPECT_LE(span.end, lanes.end);
      EXPECT_LE(span.first_event, span.last_event);
    }
  }
}

TEST(Lanes, name_all_their_kinds) {
  EXPECT_EQ(to_string(LaneKind::grace_periods), "grace_periods");
  EXPECT_EQ(to_string(SpanKind::release), "release");
  EXPECT_EQ(to_string(ArrowKind::freed_then_used), "freed_then_used");
}

}  // namespace
}  // namespace rcuscope
