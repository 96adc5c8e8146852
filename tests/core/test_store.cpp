// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of TraceStore and TraceBuilder.
#include <gtest/gtest.h>

#include "base/assert.h"
#include "core/sample_trace.h"
#include "trace/builder.h"
#include "trace/time_text.h"

namespace rcuscope {
namespace {

Event note_at(Timestamp time, std::int64_t value = 0) {
  Event event;
  event.time = time;
  event.kind = EventKind::note;
  event.value = value;
  return event;
}

TEST(TraceBuilder, sorts_by_time_and_keeps_the_order_of_equal_times) {
  TraceBuilder builder(Clock::steps);
  builder.add(note_at(7, 1));
  builder.add(note_at(3, 2));
  builder.add(note_at(7, 3));
  builder.add(note_at(3, 4));
  const TraceStore trace = builder.build();
  EXPECT_EQ(trace.columns().time, (std::vector<std::int64_t>{3, 3, 7, 7}));
  EXPECT_EQ(trace.columns().value, (std::vector<std::int64_t>{2, 4, 1, 3}));
}

TEST(TraceBuilder, gives_the_same_id_to_the_same_text_and_place) {
  TraceBuilder builder(Clock::steps);
  EXPECT_EQ(builder.intern("a"), builder.intern(std::string("a")));
  EXPECT_NE(builder.intern("a"), builder.intern("b"));
  EXPECT_EQ(builder.intern(Place{"f.h", "f", 3}), builder.intern(Place{"f.h", "f", 3}));
  EXPECT_NE(builder.intern(Place{"f.h", "f", 3}), builder.intern(Place{"f.h", "f", 4}));
}

TEST(TraceBuilder, keeps_places_with_their_events_through_the_sort) {
  TraceBuilder builder(Clock::steps);
  builder.add(note_at(9));
  const PlaceId place = builder.intern(Place{"f.h", "f", 3});
  builder.add(note_at(1), place);
  builder.add(note_at(5));
  EXPECT_EQ(builder.build().columns().place, (std::vector<std::int32_t>{place.value, -1, -1}));
}

TEST(TraceBuilder, makes_no_column_of_places_where_no_event_has_one) {
  TraceBuilder builder(Clock::nanoseconds);
  builder.add(note_at(1));
  EXPECT_TRUE(builder.build().columns().place.empty());
}

TEST(TraceBuilder, is_empty_after_build) {
  TraceBuilder builder(Clock::nanoseconds);
  builder.add_actor({"a", ActorKind::process, {}});
  builder.add(note_at(1));
  builder.add_lost_events(3);
  EXPECT_EQ(builder.build().events_lost_count(), 3u);
  const TraceStore again = builder.build();
  EXPECT_EQ(again.size(), 0u);
  EXPECT_TRUE(again.names().actors.empty());
  EXPECT_EQ(again.events_lost_count(), 0u);
  EXPECT_EQ(again.clock(), Clock::nanoseconds);
}

TEST(TraceStore, answers_with_empty_names_for_ids_that_are_none) {
  const TraceStore trace = sample::safe_trace();
  EXPECT_EQ(trace.actor_name(1), "iommu_group_remove_device");
  EXPECT_EQ(trace.actor_name(-1), "");
  EXPECT_EQ(trace.actor_name(1000), "");
  EXPECT_EQ(trace.object_name(-1), "");
  EXPECT_EQ(trace.string(std::int64_t{1} << 40), "");
}

TEST(TraceStore, slices_by_half_open_time_and_keeps_the_names) {
  const TraceStore trace = sample::safe_trace(Clock::steps);
  const TraceStore middle = trace.slice(10, 20);
  ASSERT_GT(middle.size(), 0u);
  EXPECT_GE(middle.start(), 10);
  EXPECT_LT(middle.end(), 20);
  EXPECT_EQ(middle.names().actors, trace.names().actors);
  EXPECT_EQ(middle.columns().place.size(), middle.size());
  EXPECT_EQ(trace.slice(trace.start(), trace.end() + 1).size(), trace.size());
  EXPECT_EQ(trace.slice(20, 10).size(), 0u);
}

TEST(TraceStore, refuses_columns_that_do_not_fit_together) {
  TraceColumns short_column = sample::safe_trace().columns();
  short_column.value.pop_back();
  EXPECT_THROW(TraceStore(Clock::steps, short_column, sample::safe_trace().names(), 0),
               InternalError);
  TraceColumns unsorted = sample::safe_trace().columns();
  unsorted.time.front() = unsorted.time.back() + 1;
  EXPECT_THROW(TraceStore(Clock::steps, unsorted, sample::safe_trace().names(), 0), InternalError);
  EXPECT_THROW(TraceStore(Clock::steps, sample::safe_trace().columns(), {}, 0), InternalError);
}

TEST(TimeText, chooses_the_unit_that_suits_the_size) {
  EXPECT_EQ(duration_text(Clock::nanoseconds, 0), "0 ns");
  EXPECT_EQ(duration_text(Clock::nanoseconds, 999), "999 ns");
  EXPECT_EQ(duration_text(Clock::nanoseconds, 26'000), "26 µs");
  EXPECT_EQ(duration_text(Clock::nanoseconds, 29'300), "29.3 µs");
  EXPECT_EQ(duration_text(Clock::nanoseconds, 1'240'000), "1.24 ms");
  EXPECT_EQ(duration_text(Clock::nanoseconds, 3'000'000'000), "3 s");
  EXPECT_EQ(duration_text(Clock::nanoseconds, -1'500), "-1.5 µs");
  EXPECT_EQ(duration_text(Clock::nanoseconds, INT64_MAX), "9223372037 s");
  EXPECT_EQ(duration_text(Clock::steps, 1), "1 step");
  EXPECT_EQ(duration_text(Clock::steps, 12), "12 steps");
}

TEST(TimeText, tells_moments_from_the_start_in_ns_and_absolutely_in_steps) {
  EXPECT_EQ(moment_text(Clock::nanoseconds, 1'000'000, 1'072'800), "72.800 µs");
  EXPECT_EQ(moment_text(Clock::steps, 5, 72), "step 72");
}

}  // namespace
}  // namespace rcuscope
