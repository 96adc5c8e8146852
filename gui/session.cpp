// SPDX-License-Identifier: LGPL-2.1-or-later
// Session: moving through a trace.
#include "session.h"

#include <algorithm>
#include <cmath>

#include "timeline/layout.h"
#include "trace/growth.h"
#include "trace/repetition.h"

namespace rcuscope::gui {
namespace {

/// At speed 1: four steps a second, or a live trace in half a minute.
double units_per_second(const TraceStore& trace) {
  if (trace.clock() == Clock::steps) return 4;
  return std::max(1.0, static_cast<double>(trace.end() - trace.start()) / 30);
}

/// The whole trace, with room at its right end for the labels of the last events.
ViewLimits limits_of(const TraceStore& trace, const Lanes& lanes, const TimeFormat& format) {
  const bool is_steps = trace.clock() == Clock::steps;
  const auto start = static_cast<double>(is_steps ? trace.start() : format.origin());
  const auto end = static_cast<double>(std::max(lanes.end, trace.end()));
  const bool ends_badly = trace.size() > 0 && trace.kind(trace.size() - 1) == EventKind::finding;
  const double length = std::max(end - start, is_steps ? 8.0 : 100.0);
  return {start - length * 0.005, start + length * (ends_badly ? 1.22 : 1.055),
          is_steps ? 4.0 : 40.0};
}

/// One whole repetition, from the first to the last event that tells its story.
TimeView view_of_story(const TraceStore& trace, const ViewLimits& limits, Timestamp moment) {
  const EventRange repetition = repetition_at(trace, moment);
  std::optional<EventIndex> last_finding;
  for (EventIndex i = repetition.first; i < repetition.last; ++i)
    if (trace.kind(i) == EventKind::finding) last_finding = i;
  const EventRange told = story_of(trace, repetition);
  if (told.is_empty()) return {limits.start, limits.end};
  const auto start = static_cast<double>(trace.time(told.first));
  const auto end = static_cast<double>(trace.time(told.last - 1));
  const double length = std::max(end - start, limits.span_min);
  // The plate of a finding stands right of it and is wide.
  const bool ends_badly =
      last_finding && static_cast<double>(trace.time(*last_finding)) > end - length * 0.2;
  return clamped({start - length * 0.03, end + length * (ends_badly ? 0.24 : 0.07)}, limits);
}

}  // namespace

Session::Session(TraceStore store, IdleActors idle)
    : playback(store.start(), store.end(), units_per_second(store)),
      content_(std::make_unique<Content>(std::move(store), idle)),
      index_(index_timeline(lanes())),
      format_(trace()),
      limits_(limits_of(trace(), lanes(), format_)) {
  note_events(0);
  Timestamp moment = telling_moment(trace());
  view = view_of_story(trace(), limits_, moment);
  // What only tear-down waited for, for example, is outside of the story.
  const auto time = static_cast<double>(moment);
  if (time < view.start || time > view.end)
    moment = moment_of_change(trace(), repetition_at(trace(), moment));
  playback.move_to(moment);
}

void Session::note_events(EventIndex first) {
  events_of_actor_.resize(trace().names().actors.size());
  for (EventIndex i = first; i < trace().size(); ++i) {
    const std::int32_t actor = trace().columns().actor[i];
    if (actor >= 0) {
      events_of_actor_[static_cast<std::size_t>(actor)].push_back(static_cast<std::uint32_t>(i));
    }
    if (!first_finding_ && trace().kind(i) == EventKind::finding) first_finding_ = i;
  }
  note_references(trace(), first, references_max_);
}

void Session::extend(const TraceColumns& more, TraceNames names, std::uint64_t events_lost_count) {
  const EventIndex first = trace().size();
  grow(content_->trace, more, std::move(names), events_lost_count);
  if (content_->lanes.extend()) {
    index_.extend(lanes());
  } else {  // a new lane: positions have changed
    index_ = index_timeline(lanes());
    selection = {};
  }
  content_->states.extend();
  note_events(first);
  limits_ = limits_of(trace(), lanes(), format_);
  playback.extend_to(trace().end());
  world_time_.reset();
  measured_range_.reset();
  if (!follows_end) return;
  playback.move_to(trace().end());
  const double span = view.span();
  view = clamped({limits_.end - span, limits_.end}, limits_);
}

void Session::reserve(std::size_t event_count) {
  rcuscope::reserve(content_->trace, event_count);
  content_->lanes.reserve(event_count);
}

std::string_view Session::metadata(const std::string& key) const {
  const auto found = trace().names().metadata.find(key);
  return found == trace().names().metadata.end() ? std::string_view() : found->second;
}

const WorldState& Session::world() const {
  if (world_time_ != playback.playhead()) {
    world_ = content_->states.at(playback.playhead());
    picture_ = picture_state(trace(), world_, references_max_);
    world_time_ = playback.playhead();
  }
  return world_;
}

const StatePicture& Session::picture() const {
  world();
  return picture_;
}

std::size_t Session::event_count_so_far() const {
  const auto& times = trace().columns().time;
  return static_cast<std::size_t>(
      std::upper_bound(times.begin(), times.end(), playback.playhead()) - times.begin());
}

const std::vector<std::uint32_t>& Session::events_of(std::int32_t actor) const {
  static const std::vector<std::uint32_t> none;
  if (actor < 0 || static_cast<std::size_t>(actor) >= events_of_actor_.size()) return none;
  return events_of_actor_[static_cast<std::size_t>(actor)];
}

std::optional<EventIndex> Session::selected_event() const {
  if (selection.kind == Selection::Kind::span) return lanes().spans[selection.index].first_event;
  if (selection.kind == Selection::Kind::mark) return lanes().marks[selection.index].event;
  if (selection.kind == Selection::Kind::event) return selection.index;
  return std::nullopt;
}

ActorId Session::selected_actor() const {
  std::int32_t lane = -1;
  switch (selection.kind) {
    case Selection::Kind::none:
      return {};
    case Selection::Kind::event:
      return {trace().columns().actor[selection.index]};
    case Selection::Kind::span:
      lane = lanes().spans[selection.index].lane;
      break;
    case Selection::Kind::mark:
      lane = lanes().marks[selection.index].lane;
      break;
    case Selection::Kind::lane:
      lane = static_cast<std::int32_t>(selection.index);
      break;
  }
  return lane < 0 ? ActorId{} : lanes().lanes[static_cast<std::size_t>(lane)].actor;
}

std::optional<EventIndex> Session::finding_so_far() const {
  if (first_finding_ && trace().time(*first_finding_) <= playback.playhead()) return first_finding_;
  return std::nullopt;
}

const RangeStatistics& Session::range_statistics() const {
  if (measured_range_ != range) {
    range_statistics_ = measure_range(trace(), lanes(), index_, *range);
    measured_range_ = range;
  }
  return range_statistics_;
}

void Session::set_range(double from, double to) {
  if (from > to) std::swap(from, to);
  if (trace().clock() == Clock::steps) {
    from = std::floor(from);
    to = std::ceil(to);
  }
  range = TimeRange{from, to};
  // A loop over another range would be seen nowhere.
  playback.set_loop(std::nullopt);
}

void Session::clear_range() {
  range.reset();
  playback.set_loop(std::nullopt);
}

void Session::move_playhead(double time) {
  playback.move_to(static_cast<Timestamp>(std::floor(time)));
  const auto moved = static_cast<double>(playback.playhead());
  view = revealed(view, drawn_time(trace().clock(), moved), limits_);
}

void Session::step(int direction) {
  playback.pause();
  const auto& times = trace().columns().time;
  const Timestamp now = playback.playhead();
  if (direction > 0) {
    const auto next = std::upper_bound(times.begin(), times.end(), now);
    if (next != times.end()) move_playhead(static_cast<double>(*next));
  } else {
    const auto here = std::lower_bound(times.begin(), times.end(), now);
    if (here != times.begin()) move_playhead(static_cast<double>(*(here - 1)));
  }
}

void Session::step_in_lane(int direction) {
  const ActorId actor = selected_actor();
  if (!actor.is_valid()) return step(direction);
  playback.pause();
  const auto& events = events_of(actor.value);
  const Timestamp now = playback.playhead();
  if (direction > 0) {
    const auto next = std::find_if(events.begin(), events.end(),
                                   [&](std::uint32_t i) { return trace().time(i) > now; });
    if (next != events.end()) move_playhead(static_cast<double>(trace().time(*next)));
  } else {
    const auto previous = std::find_if(events.rbegin(), events.rend(),
                                       [&](std::uint32_t i) { return trace().time(i) < now; });
    if (previous != events.rend()) move_playhead(static_cast<double>(trace().time(*previous)));
  }
}

void Session::zoom_to_selection() {
  if (selection.kind == Selection::Kind::span) {
    const Span& span = lanes().spans[selection.index];
    view = focused(static_cast<double>(span.start), static_cast<double>(span.end), limits_);
  } else if (const auto event = selected_event()) {
    const auto time = static_cast<double>(trace().time(*event));
    const double reach = std::max(view.span() / 8, limits_.span_min);
    view = focused(time - reach, time + reach, limits_);
  } else {
    fit();
  }
}

void Session::advance(double seconds) {
  if (!playback.is_playing()) return;
  // Nanoseconds pass as fast as the view is wide: zooming in is slow motion.
  const double share = view.span() / (limits_.end - limits_.start);
  playback.advance(trace().clock() == Clock::steps ? seconds : seconds * std::min(1.0, share));
  view = revealed(view, drawn_time(trace().clock(), playback.position()), limits_);
}

VerdictText verdict_text(const Session& session) {
  return rcuscope::verdict_text(session.trace(), session.searched);
}

Tone tone_of(VerdictText::Sense sense) {
  return sense == VerdictText::Sense::good  ? Tone::good
         : sense == VerdictText::Sense::bad ? Tone::error
                                            : Tone::waiting;
}

}  // namespace rcuscope::gui
