// SPDX-License-Identifier: LGPL-2.1-or-later
// NativeFollower: what a recorder writes arrives whole, in order, and while it is written.
#include "io/native_follower.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "core/repeated_trace.h"
#include "io/format.h"
#include "io/native_preview.h"
#include "io/native_recorder.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path(fs::temp_directory_path() / ("rcuscope-follow-" + std::to_string(getpid()))) {
    fs::remove_all(path);
    fs::create_directory(path);
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

Event event_of(const TraceStore& trace, EventIndex i) {
  const TraceColumns& c = trace.columns();
  Event event;
  event.time = c.time[i];
  event.kind = trace.kind(i);
  event.flags = c.flags[i];
  event.actor = c.actor[i] < 0 ? std::uint16_t{0xffff} : static_cast<std::uint16_t>(c.actor[i]);
  event.cpu = static_cast<std::int16_t>(c.cpu[i]);
  event.value = c.value[i];
  event.object.value = c.object[i];
  event.grace_period.value = c.grace_period[i];
  return event;
}

/// Writes the events from `first` to before `last` as one batch.
void write(EventSink& sink, const TraceStore& trace, EventIndex first, EventIndex last) {
  EventBatch batch{{}, std::nullopt, 0};
  if (first == 0) batch.names = trace.names();
  for (EventIndex i = first; i < last; ++i) batch.events.push_back(event_of(trace, i));
  sink.write(batch);
}

/// Everything that arrives within many polls.
TraceColumns drain(NativeFollower& follower) {
  TraceColumns all;
  for (int i = 0; i < 30; ++i) {
    const ArrivedEvents news = follower.poll(1'000);
    all.time.insert(all.time.end(), news.columns.time.begin(), news.columns.time.end());
    all.kind.insert(all.kind.end(), news.columns.kind.begin(), news.columns.kind.end());
  }
  return all;
}

TEST(NativeFollower, gives_all_events_in_order) {
  const Folder folder;
  const TraceStore trace = sample::repeated_trace(300);
  const auto sink = record_native(folder.path / "live", Clock::nanoseconds);
  NativeFollower follower(folder.path / "live");
  const EventIndex half = trace.size() / 2;
  write(*sink, trace, 0, half);
  TraceColumns first = drain(follower);
  EXPECT_EQ(first.time.size(), half);
  write(*sink, trace, half, trace.size());
  const TraceColumns second = drain(follower);
  first.time.insert(first.time.end(), second.time.begin(), second.time.end());
  EXPECT_EQ(first.time, trace.columns().time);
}

TEST(NativeFollower, names_come_with_the_first_poll_that_can_use_them) {
  const Folder folder;
  const TraceStore trace = sample::repeated_trace(2);
  const auto sink = record_native(folder.path / "live", Clock::nanoseconds);
  NativeFollower follower(folder.path / "live");
  EXPECT_TRUE(follower.poll(10).columns.time.empty());
  write(*sink, trace, 0, trace.size());
  const ArrivedEvents news = follower.poll(1'000);
  ASSERT_TRUE(news.names.has_value());
  EXPECT_EQ(news.names->actors, trace.names().actors);
  EXPECT_FALSE(news.names->metadata.contains("recovered"));
  EXPECT_FALSE(news.is_finished);
}

TEST(NativeFollower, waits_for_latecomers_and_starts_anew_when_one_is_too_late) {
  const Folder folder;
  const TraceStore trace = sample::repeated_trace(40);  // 0.4 s: longer than it waits
  const auto sink = record_native(folder.path / "live", Clock::nanoseconds);
  NativeFollower follower(folder.path / "live");
  write(*sink, trace, 0, trace.size());
  const TraceColumns first = drain(follower);
  EXPECT_EQ(first.time.size(), trace.size());
  EventBatch late{{event_of(trace, 0)}, std::nullopt, 0};
  sink->write(late);
  bool starts_anew = false;
  TraceColumns again;
  for (int i = 0; i < 30; ++i) {
    const ArrivedEvents news = follower.poll(10'000);
    starts_anew = starts_anew || news.starts_anew;
    again.time.insert(again.time.end(), news.columns.time.begin(), news.columns.time.end());
  }
  EXPECT_TRUE(starts_anew);
  EXPECT_EQ(again.time.size(), trace.size() + 1);
  EXPECT_TRUE(std::is_sorted(again.time.begin(), again.time.end()));
}

TEST(NativeFollower, finished_trace_says_so_and_others_are_refused) {
  const Folder folder;
  save_native(sample::repeated_trace(2), folder.path / "done");
  NativeFollower follower(folder.path / "done");
  EXPECT_TRUE(follower.poll(10).is_finished);
  fs::create_directory(folder.path / "foreign");
  EXPECT_ANY_THROW(NativeFollower(folder.path / "foreign"));
}

TEST(FirstEvents, are_the_beginning_of_a_long_trace) {
  const Folder folder;
  const TraceStore trace = sample::repeated_trace(1'000);
  save_native(trace, folder.path / "long");
  const auto first = first_events(folder.path / "long", 4'000);
  ASSERT_TRUE(first.has_value());
  EXPECT_GE(first->size(), 4'000u);
  EXPECT_LT(first->size(), trace.size());
  EXPECT_EQ(first->events_lost_count(), 0u) << "what was not read is not lost";
  for (EventIndex i = 0; i < first->size(); ++i) ASSERT_EQ(first->time(i), trace.time(i));
  EXPECT_FALSE(first_events(folder.path / "long", 1'000'000).has_value()) << "short enough";
  EXPECT_FALSE(first_events(folder.path, 10).has_value()) << "no native trace";
}

}  // namespace
}  // namespace rcuscope
