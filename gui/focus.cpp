// SPDX-License-Identifier: LGPL-2.1-or-later
// Who matters, by rank: selected, at fault, waiting for a grace period, held up by, reading,
// recent.
#include "focus.h"

#include <algorithm>

#include "base/place_text.h"
#include "trace/describe.h"

namespace rcuscope::gui {
namespace {

class Focus {
 public:
  Focus(const Session& session, const FocusOptions& options)
      : session_(session), options_(options), trace_(session.trace()), world_(session.world()) {}

  std::vector<ActorFocus> run() {
    std::vector<ActorFocus> result;
    for (ActorId actor : chosen()) result.push_back(describe_actor(actor));
    return result;
  }

 private:
  const TracedActorState& state(ActorId id) const {
    return world_.actors[static_cast<std::size_t>(id.value)];
  }
  const ActorInfo& info(ActorId id) const {
    return trace_.names().actors[static_cast<std::size_t>(id.value)];
  }

  /// The grace period that this reader holds up, or none.
  GracePeriodId held_up_by(ActorId id) const {
    for (const GracePeriodState& gp : world_.grace_periods) {
      if (std::find(gp.waits_for.begin(), gp.waits_for.end(), id) != gp.waits_for.end()) {
        return gp.grace_period;
      }
    }
    return {};
  }

  bool is_at_fault(ActorId id) const {
    const auto finding = session_.finding_so_far();
    return finding && trace_.columns().actor[*finding] == id.value;
  }

  /// Who freed what the finding is about.
  bool is_accomplice(ActorId id) const {
    const auto finding = session_.finding_so_far();
    if (!finding) return false;
    const auto& events = session_.events_of(id.value);
    return std::any_of(events.begin(), events.end(), [&](std::uint32_t i) {
      return trace_.kind(i) == EventKind::kfree && i <= *finding &&
             trace_.columns().object[i] == trace_.columns().object[*finding];
    });
  }

  /// `main` waits for the actors as long as they run: it is not what the picture is about.
  bool is_waiting_main(ActorId id) const {
    return info(id).kind == ActorKind::main && state(id).blocked_on == wait_for_actors;
  }

  int rank(ActorId id) const {
    const TracedActorState& s = state(id);
    if (session_.selected_actor() == id) return 0;
    if (is_at_fault(id)) return 1;
    if (is_accomplice(id)) return 2;
    if (is_waiting_main(id)) return 9;
    if (s.is_running && !s.blocked_on.empty()) return 3;
    if (held_up_by(id).is_valid()) return 4;
    if (s.is_running && s.reader_nesting > 0) return 5;
    if (info(id).kind == ActorKind::main) return 9;
    if (s.is_running) return 6;
    return s.last_event >= 0 ? 7 : 8;
  }

  std::vector<ActorId> chosen() const {
    std::vector<ActorId> actors;  // in the order of the lanes
    for (const Lane& lane : session_.lanes().lanes) {
      if (lane.actor.is_valid()) actors.push_back(lane.actor);
    }
    std::vector<ActorId> ranked = actors;
    std::stable_sort(ranked.begin(), ranked.end(), [this](ActorId a, ActorId b) {
      const int rank_a = rank(a), rank_b = rank(b);
      return rank_a != rank_b ? rank_a < rank_b : state(a).last_event > state(b).last_event;
    });
    ranked.resize(std::min(ranked.size(), options_.actor_count));
    std::erase_if(actors, [&](ActorId a) {
      return std::find(ranked.begin(), ranked.end(), a) == ranked.end();
    });
    return actors;
  }

  ActorFocus describe_actor(ActorId id) const {
    ActorFocus focus;
    focus.actor = id;
    focus.title = info(id).name;
    if (info(id).cpu.is_valid()) focus.cpu = "CPU " + std::to_string(info(id).cpu.value);
    add_lines(focus);
    focus.status = status(id, focus.tone);
    return focus;
  }

  void add_lines(ActorFocus& focus) const {
    const auto& events = session_.events_of(focus.actor.value);
    const auto now = static_cast<std::uint32_t>(session_.event_count_so_far());
    const auto next = std::lower_bound(events.begin(), events.end(), now);
    const auto happened = static_cast<std::size_t>(next - events.begin());
    // The current line stands in the middle, except near the ends.
    const std::size_t half = options_.line_count / 2;
    const std::size_t last_first =
        events.size() > options_.line_count ? events.size() - options_.line_count : 0;
    const std::size_t first = std::min(happened > half ? happened - half : 0, last_first);
    const std::size_t last = std::min(events.size(), first + options_.line_count);
    for (std::size_t i = first; i < last; ++i) {
      focus.lines.push_back(line(focus, events[i], i + 1 == happened, i >= happened));
    }
    if (happened > 0) focus.place = last_place(events, happened);
    focus.least_distance = least_distance(focus.lines);
  }

  double least_distance(const std::vector<FocusLine>& lines) const {
    Timestamp least = 0;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const Timestamp distance = trace_.time(lines[i].event) - trace_.time(lines[i - 1].event);
      if (distance > 0 && (least == 0 || distance < least)) least = distance;
    }
    return static_cast<double>(least);
  }

  std::int32_t last_place(const std::vector<std::uint32_t>& events, std::size_t happened) const {
    const auto& places = trace_.columns().place;
    if (places.empty()) return -1;
    for (std::size_t i = happened; i-- > 0;) {
      if (places[events[i]] >= 0) return places[events[i]];
    }
    return -1;
  }

  FocusLine line(const ActorFocus& focus, EventIndex event, bool is_current, bool is_future) const {
    FocusLine result;
    result.event = event;
    result.sentence = describe_event(trace_, event);
    if (result.sentence.starts_with(focus.title + " ")) {
      result.sentence.erase(0, focus.title.size() + 1);
    } else if (result.sentence.starts_with(focus.title + ": ")) {
      result.sentence.erase(0, focus.title.size() + 2);
    }
    const auto& places = trace_.columns().place;
    if (!places.empty() && places[event] >= 0) {
      result.place = short_place(trace_.names().places[static_cast<std::size_t>(places[event])]);
    }
    result.is_current = is_current;
    result.is_future = is_future;
    result.is_error = (trace_.columns().flags[event] & event_flag::error) != 0 ||
                      trace_.kind(event) == EventKind::finding;
    return result;
  }

  // --- the status line ---

  std::string since(std::int64_t event) const {
    const Timestamp time = trace_.time(static_cast<EventIndex>(event));
    return session_.format().duration(static_cast<double>(session_.playback.playhead() - time));
  }

  std::string status(ActorId id, Tone& tone) const {
    const TracedActorState& s = state(id);
    tone = Tone::plain;
    if (is_at_fault(id)) return fault_status(tone);
    if (s.last_event < 0) {
      tone = Tone::gone;
      return "has not started";
    }
    if (!s.is_running) {
      tone = Tone::gone;
      const Timestamp ended = trace_.time(static_cast<EventIndex>(s.last_event));
      return "ended at " +
             session_.format().instant_in_view(static_cast<double>(ended), session_.view.span());
    }
    if (is_waiting_main(id)) {
      tone = Tone::waiting;
      return "waits for the actors";
    }
    if (!s.blocked_on.empty()) return blocked_status(id, tone);
    if (s.reader_nesting > 0) return reader_status(id, tone);
    for (const LockState& lock : world_.locks) {
      if (lock.owner == id) return "runs, holding " + object(lock.lock);
    }
    return is_atomic(info(id).kind) ? "runs, must not sleep" : "runs";
  }

  std::string object(ObjectId id) const { return std::string(trace_.object_name(id.value)); }

  std::string fault_status(Tone& tone) const {
    tone = Tone::error;
    const EventIndex finding = *session_.finding_so_far();
    const ObjectId about{trace_.columns().object[finding]};
    for (EventIndex i = finding; i-- > 0 && about.is_valid();) {
      if (trace_.kind(i) != EventKind::kfree || trace_.columns().object[i] != about.value) continue;
      const auto delay = static_cast<double>(trace_.time(finding) - trace_.time(i));
      return "uses " + short_object_name(object(about)) + ", freed " +
             session_.format().duration(delay) + " before";
    }
    const std::string sentence = describe_event(trace_, finding);
    const std::string prefix = "FINDING: ";
    return sentence.starts_with(prefix) ? sentence.substr(prefix.size()) : sentence;
  }

  std::string blocked_status(ActorId id, Tone& tone) const {
    const TracedActorState& s = state(id);
    tone = Tone::waiting;
    std::string text = "blocked";
    if (trace_.time(static_cast<EventIndex>(s.last_event)) < session_.playback.playhead()) {
      text += " for " + since(s.last_event);
    }
    const GracePeriodId gp{trace_.columns().grace_period[static_cast<EventIndex>(s.last_event)]};
    for (const GracePeriodState& waiting : world_.grace_periods) {
      if (waiting.grace_period != gp) continue;
      text += ": GP " + std::to_string(gp.value) + " waits for ";
      if (waiting.waits_for.empty()) return text + "nobody any more";
      for (std::size_t i = 0; i < waiting.waits_for.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::string(trace_.actor_name(waiting.waits_for[i].value));
      }
      return text;
    }
    return text + " in " + s.blocked_on;
  }

  std::string reader_status(ActorId id, Tone& tone) const {
    tone = Tone::reader;
    const GracePeriodId gp = held_up_by(id);
    if (gp.is_valid()) return "reads; GP " + std::to_string(gp.value) + " waits for it";
    return world_.grace_periods.empty() ? "reads; no grace period is in progress"
                                        : "reads; began later, no grace period waits for it";
  }

  const Session& session_;
  const FocusOptions& options_;
  const TraceStore& trace_;
  const WorldState& world_;
};

}  // namespace

std::vector<ActorFocus> focus_actors(const Session& session, const FocusOptions& options) {
  return Focus(session, options).run();
}

std::string short_place(const PlaceInfo& place) { return place_text(place.file, place.line); }

}  // namespace rcuscope::gui
