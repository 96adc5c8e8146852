// SPDX-License-Identifier: LGPL-2.1-or-later
// Session: what is open, seen, selected and played; plain data with pure operations, no window.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "format_time.h"
#include "input.h"
#include "playback.h"
#include "range_statistics.h"
#include "search.h"
#include "theme.h"
#include "timeline/index.h"
#include "timeline/overview_picture.h"
#include "timeline/view.h"
#include "trace/lane_stream.h"
#include "trace/state.h"
#include "trace/state_picture.h"
#include "trace/store.h"
#include "trace/verdict_text.h"

namespace rcuscope::gui {

/// What the user clicked last.
struct Selection {
  enum class Kind : std::uint8_t { none, span, mark, lane, event };
  Kind kind = Kind::none;
  std::size_t index = 0;  ///< Into Lanes::spans, ::marks, ::lanes, or the trace.

  friend bool operator==(const Selection&, const Selection&) = default;
};

class Session {
 public:
  explicit Session(TraceStore trace, IdleActors idle = IdleActors::left_out);

  const TraceStore& trace() const { return content_->trace; }
  const Lanes& lanes() const { return content_->lanes.lanes(); }
  const TimelineIndex& index() const { return index_; }
  const TimeFormat& format() const { return format_; }
  const ViewLimits& limits() const { return limits_; }
  /// The value of a metadata key, or "".
  std::string_view metadata(const std::string& key) const;

  /// The state at the playhead; computed when the playhead has moved.
  const WorldState& world() const;
  /// The same in words, for the inspector.
  const StatePicture& picture() const;
  /// Number of events at or before the playhead.
  std::size_t event_count_so_far() const;
  const std::vector<std::vector<std::uint32_t>>& events_of_actor() const {
    return events_of_actor_;
  }
  /// Ascending.
  const std::vector<std::uint32_t>& events_of(std::int32_t actor) const;

  /// The actor that the selection belongs to, or none.
  ActorId selected_actor() const;
  /// The event that the selection begins with.
  std::optional<EventIndex> selected_event() const;

  /// The first finding at or before the playhead.
  std::optional<EventIndex> finding_so_far() const;

  /// Takes in events that follow the last one; see grow(). The view stays, or follows the end.
  void extend(const TraceColumns& more, TraceNames names, std::uint64_t events_lost_count);
  /// Room for this many events, so that growing moves nothing.
  void reserve(std::size_t event_count);

  // What the user does.
  void step(int direction);          ///< To the next or previous event.
  void step_in_lane(int direction);  ///< To the next or previous event of the selected lane.
  void move_playhead(double time);   ///< And scrolls it into view.
  void zoom(double time, double factor) { view = zoomed(view, time, factor, limits_); }
  void pan(double by) { view = panned(view, by, limits_); }
  /// For a trace that will grow: what is to come has its place already.
  void make_room_until(double end) { limits_.end = std::max(limits_.end, end); }
  void fit() { view = {limits_.start, limits_.end}; }
  void zoom_to_selection();
  void advance(double seconds);  ///< One frame of playing.

  /// What the measured range contains; computed when the range has changed. Requires: a range.
  const RangeStatistics& range_statistics() const;
  /// Measures from..to, in whole steps where the trace counts steps.
  void set_range(double from, double to);
  /// Also ends the loop over it.
  void clear_range();

  Playback playback;
  TimeView view;
  Selection selection;
  Search search;
  std::optional<TimeRange> range;    ///< What the user has dragged over.
  std::vector<Timestamp> bookmarks;  ///< Ascending.
  std::string notice;                ///< Why the last key did nothing; empty = it did something.
  ThemeName theme = ThemeName::light;
  /// Of the mouse in the timeline: where its button went down, and what moving it does.
  struct Drag {
    double start = 0;
    bool moves_view = false;
  };
  Drag drag;
  OverviewPicture overview;  ///< Kept by the overview strip.
  float lane_scroll_px = 0;
  float memory_scroll_px = 0;
  float inspector_scroll_px = 0;
  float inspector_height_px = 0;  ///< Of its contents in the last frame.
  float finding_scroll_px = 0;
  std::vector<std::string> source_directories;  ///< In which files of the trace's places may be.
  std::string searched;  ///< Of the verdict: "5 of 12 schedules"; may be empty.
  bool shows_help = false;
  bool shows_memory = false;    ///< The graph of objects and pointers in place of the actors.
  bool follows_end = false;     ///< Of a trace that grows: the newest is what is seen.
  bool prefers_events = false;  ///< Bottom panels: sentences even where source is readable.

 private:
  /// What refers to the trace stays in place with it when the session is moved.
  struct Content {
    Content(TraceStore store, IdleActors idle)
        : trace(std::move(store)), lanes(trace, idle), states(trace) {}

    TraceStore trace;
    LaneStream lanes;
    StateHistory states;
  };

  /// Takes in the events from `first` on.
  void note_events(EventIndex first);

  std::unique_ptr<Content> content_;
  TimelineIndex index_;
  TimeFormat format_;
  ViewLimits limits_;
  std::vector<std::vector<std::uint32_t>> events_of_actor_;
  std::optional<EventIndex> first_finding_;
  std::vector<std::int64_t> references_max_;  ///< By object.
  mutable std::optional<Timestamp> world_time_;
  mutable WorldState world_;
  mutable StatePicture picture_;
  mutable std::optional<TimeRange> measured_range_;
  mutable RangeStatistics range_statistics_;
};

/// Of its trace, with what is known of the search.
VerdictText verdict_text(const Session& session);
Tone tone_of(VerdictText::Sense sense);

}  // namespace rcuscope::gui
