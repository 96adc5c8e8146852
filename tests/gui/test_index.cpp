// SPDX-License-Identifier: LGPL-2.1-or-later
// TimelineIndex: tracks that do not overlap, and folding that loses no error.
#include "timeline/index.h"

#include <gtest/gtest.h>

#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

/// `count` spans of one nanosecond in one lane, each ten nanoseconds after the last.
Lanes many_spans(std::size_t count, std::size_t error_at) {
  Lanes lanes;
  lanes.lanes.resize(1);
  for (std::size_t i = 0; i < count; ++i) {
    Span span;
    span.kind = SpanKind::reader;
    span.start = static_cast<Timestamp>(i * 10);
    span.end = span.start + 1;
    span.is_error = i == error_at;
    lanes.spans.push_back(span);
  }
  return lanes;
}

TEST(TimelineIndex, spans_of_a_slot_do_not_overlap) {
  const Session session = test::safe_session();
  for (const LaneIndex& lane : session.index().lanes) {
    for (const Track& slot : lane.slots) {
      for (std::size_t i = 1; i < slot.spans.size(); ++i) {
        EXPECT_LE(slot.ends[i - 1], slot.starts[i]);
      }
    }
  }
}

TEST(TimelineIndex, overlapping_spans_get_slots_of_their_own) {
  Lanes lanes;
  lanes.lanes.resize(1);
  for (Timestamp start : {0, 2, 4}) {
    Span span;
    span.kind = SpanKind::mutex;
    span.start = start;
    span.end = 10;
    lanes.spans.push_back(span);
  }
  EXPECT_EQ(index_timeline(lanes).lanes[0].slots.size(), 3u);
}

TEST(Fold, spans_below_the_resolution_merge) {
  const TimelineIndex index = index_timeline(many_spans(10'000, 10'000));
  const std::vector<FoldedRun> runs = fold(index.lanes[0].slots[0], 0, 100'000, 1'000);
  // A hundred would do; the pyramid may leave a run a quarter short.
  EXPECT_LE(runs.size(), 133u);
  std::size_t total = 0;
  for (const FoldedRun& run : runs) total += run.count;
  EXPECT_EQ(total, 10'000u);
}

TEST(Fold, error_never_merges_away) {
  const Lanes lanes = many_spans(10'000, 4'321);
  const TimelineIndex index = index_timeline(lanes);
  for (const double resolution : {10.0, 1'000.0, 1e9}) {
    const std::vector<FoldedRun> runs = fold(index.lanes[0].slots[0], 0, 100'000, resolution);
    const bool has_error = std::any_of(runs.begin(), runs.end(), [&](const FoldedRun& run) {
      return run.count == 1 && lanes.spans[run.span].is_error;
    });
    EXPECT_TRUE(has_error) << "resolution " << resolution;
  }
}

TEST(Fold, only_the_visible_range_is_looked_at) {
  const TimelineIndex index = index_timeline(many_spans(10'000, 10'000));
  const std::vector<FoldedRun> runs = fold(index.lanes[0].slots[0], 50'000, 50'100, 0.1);
  EXPECT_LE(runs.size(), 12u);
  EXPECT_GE(runs.front().end, 50'000);
}

TEST(Fold, empty_track_gives_nothing) { EXPECT_TRUE(fold(Track{}, 0, 1, 1).empty()); }

}  // namespace
}  // namespace rcuscope::gui
