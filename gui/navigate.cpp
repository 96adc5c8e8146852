// SPDX-License-Identifier: LGPL-2.1-or-later
// Moves of the playhead and the selection that have a target.
#include "navigate.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "base/error.h"
#include "timeline/layout.h"

namespace rcuscope::gui {
namespace {

/// The lane and the events that an arrow must touch; without events any arrow of that side of the
/// playhead will do.
struct Anchor {
  std::optional<std::int32_t> lane;
  bool has_events = false;
  EventIndex first = 0;
  EventIndex last = 0;
};

Anchor anchor_of(const Session& session) {
  const Selection& selection = session.selection;
  Anchor anchor;
  if (selection.kind == Selection::Kind::span) {
    const Span& span = session.lanes().spans[selection.index];
    return {span.lane, true, span.first_event, span.last_event};
  }
  if (selection.kind == Selection::Kind::lane) {
    anchor.lane = static_cast<std::int32_t>(selection.index);
  } else if (const auto event = session.selected_event()) {
    anchor = {std::nullopt, true, *event, *event};
  }
  return anchor;
}

bool touches(const Session& session, const Anchor& anchor, std::int32_t lane, EventIndex event,
             int direction) {
  if (anchor.lane && lane != *anchor.lane) return false;
  if (anchor.has_events) return event >= anchor.first && event <= anchor.last;
  const Timestamp time = session.trace().time(event), now = session.playback.playhead();
  return direction > 0 ? time >= now : time <= now;
}

/// The moment that decides between several arrows: the far end if the near end is given.
Timestamp rank_of(const Arrow& arrow, const Anchor& anchor, int direction) {
  const bool is_far = anchor.has_events;
  return (direction > 0) == is_far ? arrow.to : arrow.from;
}

std::string no_arrow(const Session& session, int direction) {
  const bool has_selection = session.selection.kind != Selection::Kind::none;
  if (direction < 0) return has_selection ? "no arrow leads here" : "no arrow before the playhead";
  return has_selection ? "no arrow starts here" : "no arrow after the playhead";
}

/// What only says that an actor runs.
bool is_ground(const Span& span) {
  return span.kind == SpanKind::actor || span.kind == SpanKind::implicit;
}

/// The span of that track whose last event it is, if there is one. A step's end is one later.
std::optional<std::size_t> span_that_ends(const Lanes& lanes, const Track& track, Timestamp time,
                                          EventIndex event) {
  const auto begin = std::lower_bound(track.ends.begin(), track.ends.end(), time);
  for (auto end = begin; end != track.ends.end() && *end <= time + 1; ++end) {
    const std::size_t index = track.spans[static_cast<std::size_t>(end - track.ends.begin())];
    const Span& span = lanes.spans[index];
    if (span.last_event == event && !span.is_open) return index;
  }
  return std::nullopt;
}

}  // namespace

Selection item_of_event(const Session& session, EventIndex event) {
  const Lanes& lanes = session.lanes();
  if (session.trace().kind(event) == EventKind::quiescent_state) {
    const std::int32_t id = session.trace().columns().grace_period[event];
    for (const std::uint32_t i : session.index().grace_periods) {
      if (lanes.spans[i].grace_period.value == id) return {Selection::Kind::span, i};
    }
  }
  // Both are in the order of their events.
  const auto mark = std::partition_point(lanes.marks.begin(), lanes.marks.end(),
                                         [event](const Mark& m) { return m.event < event; });
  if (mark != lanes.marks.end() && mark->event == event) {
    return {Selection::Kind::mark, static_cast<std::size_t>(mark - lanes.marks.begin())};
  }
  auto first = std::partition_point(lanes.spans.begin(), lanes.spans.end(),
                                    [event](const Span& s) { return s.first_event < event; });
  for (; first != lanes.spans.end() && first->first_event == event; ++first) {
    if (!is_ground(*first)) {
      return {Selection::Kind::span, static_cast<std::size_t>(first - lanes.spans.begin())};
    }
  }
  std::optional<std::size_t> ended;
  const Timestamp time = session.trace().time(event);
  for (const LaneIndex& lane : session.index().lanes) {
    for (const Track& track : lane.slots) {
      if (const auto found = span_that_ends(lanes, track, time, event)) ended = found;
    }
  }
  if (ended) return {Selection::Kind::span, *ended};
  return {Selection::Kind::event, event};
}

void go_to_event(Session& session, EventIndex event) {
  session.playback.pause();
  session.selection = item_of_event(session, event);
  session.inspector_scroll_px = 0;
  session.move_playhead(static_cast<double>(session.trace().time(event)));
}

void show_time(Session& session, const std::string& name, const std::string& text) {
  const auto time = session.format().parse(text);
  if (!time || *time < session.trace().start() || *time > session.trace().end()) {
    throw UsageError(name + " '" + text + "': expected " + session.format().expected_instant());
  }
  session.playback.move_to(*time);
  const double drawn = drawn_time(session.trace().clock(), static_cast<double>(*time));
  const bool is_shown = drawn >= session.view.start && drawn <= session.view.end;
  if (!is_shown) session.view = revealed(session.view, drawn, session.limits());
}

bool follow_arrow(Session& session, int direction) {
  const Anchor anchor = anchor_of(session);
  const Arrow* best = nullptr;
  for (const Arrow& arrow : session.lanes().arrows) {
    const bool is_forward = direction > 0;
    const std::int32_t lane = is_forward ? arrow.from_lane : arrow.to_lane;
    const EventIndex event = is_forward ? arrow.from_event : arrow.to_event;
    if (!touches(session, anchor, lane, event, direction)) continue;
    const auto is_better = [&] {
      const Timestamp mine = rank_of(arrow, anchor, direction);
      const Timestamp other = rank_of(*best, anchor, direction);
      return is_forward ? mine < other : mine > other;
    };
    if (best == nullptr || is_better()) best = &arrow;
  }
  if (best == nullptr) {
    session.notice = no_arrow(session, direction);
    return false;
  }
  go_to_event(session, direction > 0 ? best->to_event : best->from_event);
  return true;
}

bool go_to_match(Session& session, int direction) {
  const auto& matches = session.search.matches;
  if (matches.empty()) {
    session.notice = session.search.text.empty() ? "nothing to look for: / opens the search"
                                                 : "no event matches " + session.search.text;
    return false;
  }
  // Where the playhead stands without a selection, all events up to it are behind.
  const auto selected = session.selected_event();
  const auto here = selected.value_or(session.event_count_so_far());
  if (direction > 0) {
    auto next = selected ? std::upper_bound(matches.begin(), matches.end(), here)
                         : std::lower_bound(matches.begin(), matches.end(), here);
    if (next == matches.end()) next = matches.begin();
    go_to_event(session, *next);
  } else {
    const auto next = std::lower_bound(matches.begin(), matches.end(), here);
    go_to_event(session, next == matches.begin() ? matches.back() : *std::prev(next));
  }
  return true;
}

std::size_t match_number(const Session& session) {
  const auto& matches = session.search.matches;
  const auto event = session.selected_event();
  if (!event) return 0;
  const auto found = std::lower_bound(matches.begin(), matches.end(), *event);
  if (found == matches.end() || *found != *event) return 0;
  return static_cast<std::size_t>(found - matches.begin()) + 1;
}

void toggle_bookmark(Session& session) {
  auto& bookmarks = session.bookmarks;
  const Timestamp now = session.playback.playhead();
  const auto place = std::lower_bound(bookmarks.begin(), bookmarks.end(), now);
  if (place != bookmarks.end() && *place == now) {
    bookmarks.erase(place);
  } else {
    bookmarks.insert(place, now);
  }
}

bool go_to_bookmark(Session& session, int direction) {
  const auto& bookmarks = session.bookmarks;
  const Timestamp now = session.playback.playhead();
  const auto next = direction > 0 ? std::upper_bound(bookmarks.begin(), bookmarks.end(), now)
                                  : std::lower_bound(bookmarks.begin(), bookmarks.end(), now);
  if (next == (direction > 0 ? bookmarks.end() : bookmarks.begin())) {
    session.notice = bookmarks.empty() ? "no bookmarks: M puts one at the playhead"
                     : direction > 0   ? "no bookmark after the playhead"
                                       : "no bookmark before the playhead";
    return false;
  }
  session.playback.pause();
  session.move_playhead(static_cast<double>(direction > 0 ? *next : *std::prev(next)));
  return true;
}

void zoom_to_choice(Session& session) {
  if (!session.range) return session.zoom_to_selection();
  session.view = focused(session.range->from, session.range->to, session.limits());
}

void toggle_loop(Session& session) {
  if (session.playback.loop()) return session.playback.set_loop(std::nullopt);
  if (!session.range) {
    session.notice = "nothing to play again: drag over a range first";
    return;
  }
  session.playback.set_loop(Playback::Loop{static_cast<Timestamp>(std::floor(session.range->from)),
                                           static_cast<Timestamp>(std::ceil(session.range->to))});
  session.playback.move_to(session.playback.loop()->from);
}

}  // namespace rcuscope::gui
