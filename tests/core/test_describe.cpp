// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the sentences about events.
#include "trace/describe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/sample_trace.h"
#include "trace/value_kind.h"

namespace rcuscope {
namespace {

EventIndex first_of(const TraceStore& trace, EventKind kind) {
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (trace.kind(i) == kind) return i;
  }
  ADD_FAILURE() << "no " << describe(kind).name;
  return 0;
}

std::string sentence(const TraceStore& trace, EventKind kind) {
  return describe_event(trace, first_of(trace, kind));
}

TEST(Describe, names_actors_objects_values_and_strings) {
  const TraceStore trace = sample::safe_trace();
  EXPECT_EQ(sentence(trace, EventKind::grace_period_waits_for),
            "grace period 1041 must wait for page-request handler, a pre-existing reader");
  EXPECT_EQ(sentence(trace, EventKind::list_del_rcu),
            "iommu_group_remove_device unlinks gdev 01:00.1 with list_del_rcu: its next pointer "
            "stays");
  EXPECT_EQ(sentence(trace, EventKind::put_device),
            "device release work drops a reference to 0000:03:00.0: 0 left");
  EXPECT_EQ(sentence(trace, EventKind::rcu_dereference),
            "page-request handler reads group_device.list.next with rcu_dereference");
  EXPECT_EQ(sentence(trace, EventKind::list_add_tail_rcu),
            "main adds gdev 01:00.0 to group 7 devices with list_add_tail_rcu");
}

TEST(Describe, says_a_finding_in_the_words_of_its_kind) {
  EXPECT_EQ(sentence(sample::use_after_free_trace(), EventKind::finding),
            "FINDING: use after free");
}

TEST(Describe, counts_in_singular_and_plural) {
  TraceBuilder builder(Clock::steps);
  for (const int count : {0, 1, 2}) {
    Event event;
    event.kind = EventKind::grace_period_start;
    event.grace_period.value = 5;
    event.value = count;
    event.time = count;
    builder.add(event);
  }
  const TraceStore trace = builder.build();
  EXPECT_EQ(describe_event(trace, 0), "grace period 5 starts and waits for 0 readers");
  EXPECT_EQ(describe_event(trace, 1), "grace period 5 starts and waits for 1 reader");
  EXPECT_EQ(describe_event(trace, 2), "grace period 5 starts and waits for 2 readers");
}

TEST(Describe, has_a_whole_sentence_for_every_kind_even_without_names) {
  TraceBuilder builder(Clock::steps);
  for (std::size_t kind = 0; kind < event_kind_count; ++kind) {
    Event event;
    event.kind = static_cast<EventKind>(kind);
    event.value = -1;
    builder.add(event);
  }
  const TraceStore trace = builder.build();
  for (EventIndex i = 0; i < trace.size(); ++i) {
    const std::string text = describe_event(trace, i);
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find_first_of("{}"), std::string::npos) << text;
    EXPECT_EQ(text.find("  "), std::string::npos) << text;
    EXPECT_NE(text.back(), '.') << text;
  }
}

TEST(Describe, says_what_failed_and_what_was_inferred) {
  TraceBuilder builder(Clock::steps);
  Event event;
  event.kind = EventKind::rcu_barrier_end;
  event.flags = event_flag::failed | event_flag::inferred;
  builder.add(event);
  EXPECT_EQ(describe_event(builder.build(), 0),
            "rcu_barrier returns to someone (it fails) (inferred)");
}

TEST(Describe, writes_one_line_for_each_event_with_aligned_columns) {
  const TraceStore trace = sample::safe_trace();
  const std::string text = describe_trace(trace);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), std::ptrdiff_t(trace.size()));
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "  0.000 µs  main                       main allocates gdev 01:00.0");
  EXPECT_EQ(describe_trace(TraceStore()), "");
}

TEST(ValueKind, is_read_from_the_table) {
  EXPECT_EQ(value_kind(EventKind::mutex_contended), ValueKind::actor);
  EXPECT_EQ(value_kind(EventKind::list_add), ValueKind::object);
  EXPECT_EQ(value_kind(EventKind::note), ValueKind::string);
  EXPECT_EQ(value_kind(EventKind::finding), ValueKind::finding);
  EXPECT_EQ(value_kind(EventKind::put_device), ValueKind::number);
  EXPECT_EQ(value_kind(EventKind::kfree), ValueKind::none);
}

TEST(ValueKind, gives_a_string_to_every_sentence_that_asks_for_one) {
  for (std::size_t i = 0; i < event_kind_count; ++i) {
    const ValueKind kind = value_kind(static_cast<EventKind>(i));
    const std::string_view text = event_descriptions[i].sentence;
    if (text.find("{string}") != std::string_view::npos) {
      EXPECT_TRUE(kind == ValueKind::string || kind == ValueKind::finding)
          << event_descriptions[i].name;
    }
    if (text.find("{value_name}") != std::string_view::npos) {
      EXPECT_TRUE(kind == ValueKind::actor || kind == ValueKind::object)
          << event_descriptions[i].name;
    }
  }
}

TEST(Describe, names_the_object_around_a_part) {
  TraceBuilder builder(Clock::nanoseconds);
  const ActorId reader = builder.add_actor({"reader", ActorKind::process, {}});
  const ObjectId object = builder.add_object({"gdev0", "group_device"});
  Event event;
  event.kind = EventKind::load;
  event.actor = static_cast<std::uint16_t>(reader.value);
  event.object = object;
  const auto read_of = [&](std::string_view part) {
    TraceBuilder copy = builder;
    event.value = part.empty() ? -1 : copy.intern(part).value;
    copy.add(event);
    return describe_event(copy.build(), 0);
  };
  EXPECT_EQ(read_of("next"), "reader reads gdev0->next") << "a live trace keeps both apart";
  EXPECT_EQ(read_of("gdev0->next"), "reader reads gdev0->next") << "the model's names are whole";
  EXPECT_EQ(read_of(""), "reader reads gdev0");
}

}  // namespace
}  // namespace rcuscope
