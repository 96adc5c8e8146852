// SPDX-License-Identifier: LGPL-2.1-or-later
// LaneStream and StateHistory: event by event they give what the whole gives at once.
#include "trace/lane_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "core/repeated_trace.h"
#include "trace/growth.h"
#include "trace/state.h"

namespace rcuscope {
namespace {

/// The first events of a trace as a trace of its own, made to grow.
class Growing {
 public:
  explicit Growing(const TraceStore& whole) : whole_(whole), part(whole.clock(), {}, {}, 0) {}

  void grow_to(std::size_t count) {
    const auto slice = [&](const auto& column) {
      using Column = std::decay_t<decltype(column)>;
      const auto at = [&](std::size_t i) {
        return column.begin() + static_cast<std::ptrdiff_t>(std::min(i, column.size()));
      };
      return Column(at(part.size()), at(count));
    };
    const TraceColumns& c = whole_.columns();
    grow(part,
         {slice(c.time), slice(c.kind), slice(c.actor), slice(c.cpu), slice(c.object),
          slice(c.grace_period), slice(c.value), slice(c.flags), slice(c.place)},
         whole_.names(), 0);
  }

 private:
  const TraceStore& whole_;

 public:
  TraceStore part;
};

auto key_of(const Span& s) {
  return std::tuple(s.lane, s.first_event, static_cast<int>(s.kind), s.start, s.end, s.last_event,
                    s.label, s.is_pre_existing, s.is_error);
}

template <class Items, class Key>
auto sorted_keys(const Items& items, Key key) {
  std::vector<decltype(key(items[0]))> keys;
  for (const auto& item : items) keys.push_back(key(item));
  std::sort(keys.begin(), keys.end());
  return keys;
}

void expect_same(const Lanes& stream, const Lanes& whole) {
  Lanes grown = stream;
  std::erase_if(grown.spans, [](const Span& s) {
    return s.kind == SpanKind::blocked && s.start == s.end && !s.is_open;
  });
  EXPECT_EQ(sorted_keys(grown.spans, key_of), sorted_keys(whole.spans, key_of));
  const auto mark_key = [](const Mark& m) { return std::tuple(m.event, m.lane, m.label); };
  EXPECT_EQ(sorted_keys(grown.marks, mark_key), sorted_keys(whole.marks, mark_key));
  const auto arrow_key = [](const Arrow& a) {
    return std::tuple(a.from_event, a.to_event, a.label);
  };
  EXPECT_EQ(sorted_keys(grown.arrows, arrow_key), sorted_keys(whole.arrows, arrow_key));
  EXPECT_EQ(grown.badges.size(), whole.badges.size());
  EXPECT_EQ(grown.lanes.size(), whole.lanes.size());
}

TEST(LaneStream, gives_the_lanes_of_the_whole_at_every_moment) {
  for (const TraceStore& whole :
       {sample::safe_trace(), sample::safe_trace(Clock::steps), sample::repeated_trace(3)}) {
    Growing growing(whole);
    growing.grow_to(1);
    LaneStream stream(growing.part);
    for (std::size_t count = 2; count <= whole.size(); ++count) {
      growing.grow_to(count);
      stream.extend();
      expect_same(stream.lanes(), compute_lanes(growing.part));
    }
  }
}

TEST(LaneStream, says_when_a_late_lane_moves_the_others) {
  const TraceStore whole = sample::safe_trace();
  Growing growing(whole);
  growing.grow_to(1);
  LaneStream stream(growing.part);
  const std::size_t lane_count = stream.lanes().lanes.size();
  growing.grow_to(whole.size());
  EXPECT_FALSE(stream.extend());
  EXPECT_GT(stream.lanes().lanes.size(), lane_count);
  EXPECT_TRUE(stream.extend()) << "nothing new";
}

TEST(StateHistory, gives_the_state_of_every_moment) {
  const TraceStore whole = sample::repeated_trace(2'000);  // more than one state is kept
  const StateHistory history(whole);
  for (std::size_t i = 0; i < whole.size(); i += whole.size() / 40) {
    const WorldState expected = state_at(whole, whole.time(i));
    const WorldState found = history.at(whole.time(i));
    ASSERT_EQ(found.lists.size(), expected.lists.size());
    for (std::size_t l = 0; l < found.lists.size(); ++l) {
      EXPECT_EQ(found.lists[l].head, expected.lists[l].head);
      EXPECT_EQ(found.lists[l].entries, expected.lists[l].entries);
    }
    for (std::size_t o = 0; o < found.objects.size(); ++o) {
      EXPECT_EQ(found.objects[o].references, expected.objects[o].references);
      EXPECT_EQ(found.objects[o].membership, expected.objects[o].membership);
      EXPECT_EQ(found.objects[o].is_freed, expected.objects[o].is_freed);
    }
    EXPECT_EQ(found.grace_periods.size(), expected.grace_periods.size());
  }
}

TEST(StateHistory, unlinked_entry_remembers_where_its_next_points) {
  const TraceStore trace = sample::safe_trace();
  const auto unlink = std::find(trace.columns().kind.begin(), trace.columns().kind.end(),
                                static_cast<std::uint16_t>(EventKind::list_del_rcu));
  ASSERT_NE(unlink, trace.columns().kind.end());
  const auto event = static_cast<std::size_t>(unlink - trace.columns().kind.begin());
  const auto object = static_cast<std::size_t>(trace.columns().object[event]);
  const WorldState before = state_at(trace, trace.time(event) - 1);
  const WorldState after = state_at(trace, trace.time(event));
  ASSERT_TRUE(after.objects[object].stale_next.is_valid());
  for (const ListState& list : before.lists) {
    const auto at =
        std::find(list.entries.begin(), list.entries.end(), after.objects[object].object);
    if (at == list.entries.end()) continue;
    EXPECT_EQ(after.objects[object].stale_next,
              at + 1 == list.entries.end() ? list.head : *(at + 1));
  }
}

}  // namespace
}  // namespace rcuscope
