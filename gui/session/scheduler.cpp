// SPDX-License-Identifier: LGPL-2.1-or-later
// Every standpoint is kept: going back costs nothing and is exact.
#include "session/scheduler.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/place_text.h"
#include "session/words.h"

namespace rcuscope::gui {
namespace {

/// Steps that are seen from the start, so that the first ones do not fill the whole window.
constexpr double steps_seen_min = 22;

std::string_view name_of(ActorKind kind) { return to_string(kind); }

std::string context_of(const ActorInfo& actor) {
  std::string text(name_of(actor.kind));
  if (actor.cpu.is_valid()) text += ", CPU " + std::to_string(actor.cpu.value);
  return text;
}

std::string place_of(const Place& place) {
  return place.line == 0 ? std::string() : place_text(place.file, place.line);
}

/// The trace as the viewer shows one that ended badly.
TraceStore with_finding(const TraceStore& trace, const Standpoint& at) {
  TraceNames names = trace.names();
  if (!at.findings.empty()) {
    const Finding& first = at.findings.front();
    names.metadata["verdict"] = "UNSAFE";
    names.metadata["finding"] = describe(first.kind).name;
    names.metadata["message"] = first.message;
    names.metadata["explanation"] = first.explanation;
  }
  return TraceStore(trace.clock(), trace.columns(), std::move(names), trace.events_lost_count());
}

}  // namespace

Scheduler::Scheduler(Request request, Standpoint start) : request_(std::move(request)) {
  story_start_ = start.trace.size() == 0 ? 0 : start.trace.end();
  stands_.push_back({"", std::move(start)});
  show();
}

void Scheduler::show() {
  auto next = std::make_unique<Session>(with_finding(now().trace, now()), IdleActors::shown);
  if (session_) {
    next->theme = session_->theme;
    next->lane_scroll_px = session_->lane_scroll_px;
  }
  next->playback.move_to(next->trace().end());
  const auto start = static_cast<double>(story_start_);
  const auto end = static_cast<double>(next->trace().end());
  const double length = std::max(steps_seen_min, (end - start) * 1.25 + 3);
  next->make_room_until(start + length);
  next->view = {start - 0.5, start + length};
  session_ = std::move(next);
}

std::vector<ActorCard> Scheduler::cards() const {
  std::vector<ActorCard> cards;
  std::set<std::string> shown;
  const std::vector<ActorInfo>& actors = now().trace.names().actors;
  const auto add = [&](ActorCard card) {
    const auto known = std::find_if(actors.begin(), actors.end(),
                                    [&](const ActorInfo& one) { return one.name == card.name; });
    if (known != actors.end()) card.context = context_of(*known);
    const auto& readers = now().readers;
    card.is_reader = std::find(readers.begin(), readers.end(), card.name) != readers.end();
    card.is_last = stands_.back().chosen == card.name;
    shown.insert(card.name);
    cards.push_back(std::move(card));
  };
  for (const NextOperation& next : now().choices) {
    ActorCard card;
    card.name = next.actor;
    card.id = next.id;
    card.text = next.operation;
    card.place = place_of(next.place);
    add(std::move(card));
  }
  for (const ActorThatWaits& actor : now().blocked) {
    ActorCard card;
    card.name = actor.actor;
    card.state = ActorCard::State::blocked;
    card.text = actor.reason;
    add(std::move(card));
  }
  for (const ActorInfo& actor : actors) {
    const bool is_ours = actor.kind != ActorKind::main && actor.kind != ActorKind::grace_period;
    if (!is_ours || shown.contains(actor.name)) continue;
    ActorCard card;
    card.name = actor.name;
    card.state = ActorCard::State::ended;
    card.text = now().is_over && !now().findings.empty() ? "the execution has ended" : "has ended";
    add(std::move(card));
  }
  return cards;
}

const Finding* Scheduler::finding() const {
  return now().findings.empty() ? nullptr : &now().findings.front();
}

std::string Scheduler::goal() const {
  const std::string made = counted(choice_count(), "choice");
  if (const Finding* found = finding())
    return "Reached after " + made + ": " + spaced(describe(found->kind).name);
  if (now().is_over) return "Not reached: it has ended after " + made + ", and nothing went wrong";
  return choice_count() == 0 ? "Not yet: nobody has run" : "Not yet: " + made + ", all is well";
}

Tone Scheduler::goal_tone() const {
  if (finding() != nullptr) return Tone::error;
  return now().is_over ? Tone::good : Tone::waiting;
}

void Scheduler::arrive(std::string actor, Standpoint next) {
  stands_.push_back({std::move(actor), std::move(next)});
  show();
}

void Scheduler::undo() {
  pending.clear();
  if (!can_undo()) return;
  stands_.pop_back();
  show();
}

void Scheduler::restart() {
  pending.clear();
  stands_.resize(1);
  show();
}

}  // namespace rcuscope::gui
