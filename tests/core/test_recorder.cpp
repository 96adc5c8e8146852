// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of the ring of events and of the conversion of time stamps.
#include "trace/recorder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "base/error.h"

namespace rcuscope {
namespace {

Event numbered(std::int64_t value) {
  Event event;
  event.value = value;
  return event;
}

void drain(EventRing& ring, std::vector<Event>& out) {
  ring.drain([&out](std::span<const Event> events) {
    out.insert(out.end(), events.begin(), events.end());
  });
}

TEST(EventRing, gives_events_back_in_order_and_once) {
  EventRing ring(8);
  std::vector<Event> out;
  for (int i = 0; i < 5; ++i) ring.record(numbered(i));
  drain(ring, out);
  ASSERT_EQ(out.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(out[static_cast<std::size_t>(i)].value, i);
  drain(ring, out);
  EXPECT_EQ(out.size(), 5u);
}

TEST(EventRing, counts_what_it_drops_and_keeps_what_came_first) {
  EventRing ring(4);
  for (int i = 0; i < 10; ++i) ring.record(numbered(i));
  EXPECT_EQ(ring.lost_count(), 6u);
  std::vector<Event> out;
  drain(ring, out);
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(out.back().value, 3);
}

TEST(EventRing, has_room_again_after_a_drain) {
  EventRing ring(4);
  std::vector<Event> out;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 4; ++i) ring.record(numbered(4 * round + i));
    drain(ring, out);
  }
  EXPECT_EQ(ring.lost_count(), 0u);
  ASSERT_EQ(out.size(), 400u);
  EXPECT_EQ(out.back().value, 399);
}

TEST(EventRing, records_what_was_prepared_at_a_time_of_its_own) {
  EventRing ring(2);
  Event prepared = numbered(7);
  prepared.time = 1;
  for (int time = 10; ring.has_room(); ++time) ring.record_in_room(prepared, time);
  ring.record(prepared);  // no room: lost
  std::vector<Event> out;
  drain(ring, out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[0].time, 10);
  EXPECT_EQ(out[1].time, 11);
  EXPECT_EQ(out[1].value, 7);
  EXPECT_EQ(ring.lost_count(), 1u);
}

TEST(EventRing, of_many_pages_keeps_every_event) {
  constexpr int count = 1 << 18;  // 8 MiB: small pages and huge ones
  EventRing ring(count);
  std::vector<Event> out;
  for (int i = 0; i < count; ++i) ring.record(numbered(i));
  drain(ring, out);
  ASSERT_EQ(out.size(), std::size_t{count});
  for (int i = 0; i < count; ++i) ASSERT_EQ(out[static_cast<std::size_t>(i)].value, i);
  EXPECT_EQ(ring.lost_count(), 0u);
}

TEST(EventRing, refuses_a_size_that_is_no_power_of_two) {
  EXPECT_THROW(EventRing(0), UsageError);
  EXPECT_THROW(EventRing(100), UsageError);
  EXPECT_NO_THROW(EventRing(1));
}

TEST(EventRing, loses_nothing_uncounted_between_two_threads) {
  constexpr std::int64_t count = 200'000;
  EventRing ring(1024);
  std::atomic<bool> is_done{false};
  std::thread producer([&] {
    for (std::int64_t i = 0; i < count; ++i) ring.record(numbered(i));
    is_done.store(true, std::memory_order_release);
  });
  std::vector<Event> out;
  while (!is_done.load(std::memory_order_acquire)) drain(ring, out);
  producer.join();
  drain(ring, out);
  EXPECT_EQ(out.size() + ring.lost_count(), static_cast<std::size_t>(count));
  for (std::size_t i = 1; i < out.size(); ++i) ASSERT_LT(out[i - 1].value, out[i].value);
}

TEST(EventPieces, keep_what_was_appended_over_their_borders) {
  EventPieces pieces;
  std::vector<Event> some;
  for (std::int64_t i = 0; i < 1000; ++i) some.push_back(numbered(i));
  constexpr std::size_t rounds = 100;
  for (std::size_t round = 0; round < rounds; ++round) pieces.append(some);
  ASSERT_EQ(pieces.size(), rounds * some.size());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    ASSERT_EQ(pieces[i].value, static_cast<std::int64_t>(i % some.size()));
}

TEST(TscAnchors, convert_stamps_to_the_monotonic_clock) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  TscAnchors anchors;
  const Nanoseconds before = now();
  const std::uint64_t first = read_tsc();
  const Nanoseconds until = now() + 2'000'000;
  while (now() < until) {
  }
  const std::uint64_t second = read_tsc();
  const Nanoseconds after = now();
  anchors.take_end_pair();
  constexpr Nanoseconds tolerance = 20'000;
  EXPECT_GE(anchors.to_nanoseconds(first), before - tolerance);
  EXPECT_LE(anchors.to_nanoseconds(second), after + tolerance);
  EXPECT_GE(anchors.to_nanoseconds(second) - anchors.to_nanoseconds(first), 1'900'000);
}

TEST(TscAnchors, keep_the_order_of_stamps) {
  TscAnchors anchors;
  std::vector<std::uint64_t> stamps;
  for (int i = 0; i < 1000; ++i) stamps.push_back(read_tsc());
  anchors.take_end_pair();
  for (std::size_t i = 1; i < stamps.size(); ++i) {
    EXPECT_LE(anchors.to_nanoseconds(stamps[i - 1]), anchors.to_nanoseconds(stamps[i]));
  }
}

}  // namespace
}  // namespace rcuscope
