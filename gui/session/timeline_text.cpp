// SPDX-License-Identifier: LGPL-2.1-or-later
// The text twin of the timeline and of the panels around it: what stands at the playhead.
#include <algorithm>
#include <string>
#include <string_view>

#include "focus.h"
#include "navigate.h"
#include "panels/panels.h"
#include "session/text.h"
#include "session/words.h"
#include "trace/describe.h"

namespace rcuscope::gui {
namespace {

constexpr std::size_t events_told = 12;

std::string line(const std::string& text) { return text + "\n"; }

std::string instant(const Session& session, Timestamp time) {
  return session.format().instant(static_cast<double>(time));
}

std::string playback_text(const Session& session) {
  constexpr std::string_view speeds[] = {"1/4", "1", "4", "16"};
  const Playback& playback = session.playback;
  std::string text = "playhead: " + instant(session, playback.playhead()) + " of " +
                     instant(session, playback.end()) + ", speed " +
                     std::string(speeds[static_cast<std::size_t>(playback.speed())]);
  if (playback.is_playing()) text += ", playing";
  if (playback.loop()) {
    text += ", again and again from " + instant(session, playback.loop()->from) + " to " +
            instant(session, playback.loop()->to);
  }
  return line(text);
}

/// What the user has dragged over, clicked, searched and marked.
std::string choices_text(const Session& session) {
  std::string text;
  if (session.range) {
    text += line("range of " + session.format().duration(session.range->length()));
    for (const std::string& one : range_lines(session)) text += line("  " + one);
  }
  if (const auto event = session.selected_event()) {
    text += line("selected: " + describe_event(session.trace(), *event) + " (" +
                 instant(session, session.trace().time(*event)) + ")");
  }
  if (!session.search.text.empty()) {
    text +=
        line("search for " + session.search.text + ": " + std::to_string(match_number(session)) +
             " of " + std::to_string(session.search.matches.size()));
  }
  for (const Timestamp bookmark : session.bookmarks) {
    text += line("bookmark: " + instant(session, bookmark));
  }
  return session.notice.empty() ? text : text + line("notice: " + session.notice);
}

std::string object_text(const ObjectCard& card) {
  std::string text = "object " + card.title + ": " + card.state;
  if (card.references) text += ", refs " + std::to_string(*card.references);
  if (!card.next.empty()) {
    text += ", next " + card.next;
    if (card.is_next_stale) text += card.is_next_freed ? " (stale, FREED)" : " (stale)";
  }
  if (!card.previous.empty()) text += ", prev " + card.previous;
  if (!card.held_by.empty()) text += ", " + card.held_label + " " + card.held_by;
  return line(text);
}

std::string state_text(const StatePicture& picture) {
  std::string text;
  for (const ListChain& list : picture.lists) {
    text += "list " + list.title + ": head";
    for (const std::string& entry : list.entries) text += " -> " + entry;
    text += line(" -> head");
  }
  for (const ObjectCard& card : picture.cards) text += object_text(card);
  if (picture.cards_left_out > 0) {
    text += line("and " + counted(picture.cards_left_out, "more object"));
  }
  text += line("RCU: " + picture.rcu_line);
  for (const CpuChip& chip : picture.chips) text += line("  " + chip.title + ": " + chip.state);
  for (const std::string& lock : picture.locks) text += line("lock " + lock);
  return text;
}

}  // namespace

std::string timeline_text(const Session& session) {
  const TraceStore& trace = session.trace();
  std::string text = line("timeline: " + counted(trace.size(), "event"));
  for (const char* key : {"title", "world", "variant", "verdict", "finding", "explanation"}) {
    if (const std::string_view value = session.metadata(key); !value.empty())
      text += line(std::string(key) + ": " + std::string(value));
  }
  if (trace.size() == 0) return text;
  text += playback_text(session) + choices_text(session);
  const std::size_t now = session.event_count_so_far();
  for (std::size_t i = now > events_told ? now - events_told : 0; i < now; ++i)
    text += line("  " + std::to_string(trace.time(i)) + "  " + describe_event(trace, i));
  return text + state_text(session.picture());
}

std::string actors_text(const Session& session, SourceFiles& files) {
  std::string text;
  for (const ActorFocus& actor : focus_actors(session, {})) {
    text += line("actor " + (actor.cpu.empty() ? "" : actor.cpu + " ") + actor.title + ": " +
                 actor.status);
    if (actor.place < 0) continue;
    const PlaceInfo& place = session.trace().names().places[static_cast<std::size_t>(actor.place)];
    const auto* const source = files.find(place.file, place.line);
    text += "  > " + short_place(place);
    if (source != nullptr && !session.prefers_events) {
      std::string_view code = (*source)[static_cast<std::size_t>(place.line) - 1];
      code.remove_prefix(std::min(code.find_first_not_of(' '), code.size()));
      text += "  " + std::string(code);
    }
    text += "\n";
  }
  return text;
}

}  // namespace rcuscope::gui
