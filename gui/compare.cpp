// SPDX-License-Identifier: LGPL-2.1-or-later
// Landmarks are matched from the first removal on, each as early as possible, so that the removal
// that one trace is about meets the first one of the other and not a later one.
#include "compare.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "trace/describe.h"
#include "trace/repetition.h"

namespace rcuscope::gui {
namespace {

/// Of one trace: matching costs the product of both numbers.
constexpr std::size_t landmark_count_max = 200;

std::optional<LandmarkKind> landmark_kind(EventKind kind) {
  switch (kind) {
    case EventKind::list_del_rcu:
    case EventKind::list_del:
    case EventKind::list_replace_rcu:
    case EventKind::remove_device_from_group:
      return LandmarkKind::unlink;
    case EventKind::synchronize_rcu_start:
      return LandmarkKind::wait_start;
    case EventKind::synchronize_rcu_end:
      return LandmarkKind::wait_end;
    case EventKind::grace_period_start:
      return LandmarkKind::grace_period_start;
    case EventKind::grace_period_end:
      return LandmarkKind::grace_period_end;
    case EventKind::call_rcu:
    case EventKind::kfree_rcu:
    case EventKind::queue_rcu_work:
      return LandmarkKind::call_rcu;
    case EventKind::callback_start:
      return LandmarkKind::callback;
    case EventKind::put_device:
      return LandmarkKind::put;
    case EventKind::device_release:
      return LandmarkKind::release;
    case EventKind::kfree:
      return LandmarkKind::free;
    case EventKind::finding:
      return LandmarkKind::finding;
    default:
      return std::nullopt;
  }
}

/// The story of a scenario is not told by its set-up and tear-down.
bool is_told_by_main(const TraceStore& trace, EventIndex i) {
  const std::int32_t actor = trace.columns().actor[i];
  return actor >= 0 &&
         trace.names().actors[static_cast<std::size_t>(actor)].kind == ActorKind::main;
}

/// The first thing that a removal does; else the telling moment.
EventIndex anchor_of(const Session& session) {
  const TraceStore& trace = session.trace();
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (landmark_kind(trace.kind(i)) == LandmarkKind::unlink && !is_told_by_main(trace, i))
      return i;
  }
  const auto& times = trace.columns().time;
  const auto at = std::lower_bound(times.begin(), times.end(), telling_moment(trace));
  return static_cast<EventIndex>(at - times.begin());
}

std::string joined(const std::map<LandmarkKind, std::size_t>& counts) {
  std::string text;
  for (const auto& [kind, count] : counts) {
    if (!text.empty()) text += ", ";
    if (count > 1) text += std::to_string(count) + " × ";
    text += to_string(kind);
  }
  return text;
}

std::size_t count_removals(const std::vector<Landmark>& landmarks) {
  return static_cast<std::size_t>(
      std::count_if(landmarks.begin(), landmarks.end(),
                    [](const Landmark& l) { return l.kind == LandmarkKind::unlink; }));
}

/// Drops what follows that many removals. None at all keeps everything.
void keep_removals(std::vector<Landmark>& landmarks, std::size_t count) {
  std::size_t seen = 0;
  const auto end = std::find_if(landmarks.begin(), landmarks.end(), [&](const Landmark& l) {
    return l.kind == LandmarkKind::unlink && ++seen > count;
  });
  if (count > 0) landmarks.erase(end, landmarks.end());
}

/// What stands between the first and the last matched landmark, or near, and has no partner.
std::string unmatched(const std::vector<Landmark>& landmarks, const std::vector<bool>& is_matched) {
  const auto first = std::find(is_matched.begin(), is_matched.end(), true);
  const auto last = std::find(is_matched.rbegin(), is_matched.rend(), true).base();
  std::map<LandmarkKind, std::size_t> counts;
  for (auto at = first; at < last; ++at) {
    if (!*at) ++counts[landmarks[static_cast<std::size_t>(at - is_matched.begin())].kind];
  }
  // A finding ends a trace: nothing follows that could match.
  if (!landmarks.empty() && landmarks.back().kind == LandmarkKind::finding && !is_matched.back()) {
    counts[LandmarkKind::finding] = 1;
  }
  return joined(counts);
}

}  // namespace

std::string_view to_string(LandmarkKind kind) {
  constexpr std::array<std::string_view, 11> names = {"unlinking",
                                                      "synchronize_rcu",
                                                      "grace period start",
                                                      "grace period end",
                                                      "return of synchronize_rcu",
                                                      "call_rcu",
                                                      "callback",
                                                      "put_device",
                                                      "device release",
                                                      "kfree",
                                                      "finding"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<Landmark> landmarks_of(const Session& session) {
  const TraceStore& trace = session.trace();
  if (trace.size() == 0) return {};
  const EventIndex anchor = anchor_of(session);
  std::vector<Landmark> landmarks;
  const auto take = [&](EventIndex i) {
    const auto kind = landmark_kind(trace.kind(i));
    if (kind && !is_told_by_main(trace, i)) landmarks.push_back({*kind, i});
  };
  for (EventIndex i = anchor; i < trace.size() && landmarks.size() < landmark_count_max; ++i) {
    take(i);
  }
  // A model shows both the list operation and the tracepoint after it; a kernel only the latter.
  const auto is_tracepoint = [&](const Landmark& l) {
    return trace.kind(l.event) == EventKind::remove_device_from_group;
  };
  const bool has_list = std::any_of(landmarks.begin(), landmarks.end(), [&](const Landmark& l) {
    return l.kind == LandmarkKind::unlink && !is_tracepoint(l);
  });
  if (has_list) std::erase_if(landmarks, is_tracepoint);
  // What happens in one moment is in the order of its causes, whoever wrote it down first.
  std::stable_sort(landmarks.begin(), landmarks.end(), [&](const Landmark& a, const Landmark& b) {
    const Timestamp first = trace.time(a.event), second = trace.time(b.event);
    return first != second ? first < second : a.kind < b.kind;
  });
  return landmarks;
}

std::vector<std::pair<std::size_t, std::size_t>> match_landmarks(
    const std::vector<Landmark>& first, const std::vector<Landmark>& second) {
  const std::size_t n = first.size(), m = second.size();
  // lengths[i][j]: of the longest common sequence of what begins at i and at j.
  std::vector<std::vector<std::uint16_t>> lengths(n + 1, std::vector<std::uint16_t>(m + 1));
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t j = m; j-- > 0;) {
      lengths[i][j] = first[i].kind == second[j].kind
                          ? static_cast<std::uint16_t>(lengths[i + 1][j + 1] + 1)
                          : std::max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    if (first[i].kind == second[j].kind) {
      pairs.emplace_back(i++, j++);
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) {
      ++i;
    } else {
      ++j;
    }
  }
  return pairs;
}

LinkedClocks::LinkedClocks(const Session& first, const Session& second) {
  std::vector<Landmark> a = landmarks_of(first), b = landmarks_of(second);
  // One removal is not to be matched with bits of several.
  const std::size_t removal_count = std::min(count_removals(a), count_removals(b));
  keep_removals(a, removal_count);
  keep_removals(b, removal_count);
  std::vector<bool> in_a(a.size()), in_b(b.size());
  for (const auto& [i, j] : match_landmarks(a, b)) {
    in_a[i] = in_b[j] = true;
    ++pair_count_;
    const Tie tie = {static_cast<double>(first.trace().time(a[i].event)),
                     static_cast<double>(second.trace().time(b[j].event))};
    if (ties_.empty() || (tie[0] > ties_.back()[0] && tie[1] > ties_.back()[1])) {
      ties_.push_back(tie);
    } else if (tie[0] >= ties_.back()[0] && tie[1] >= ties_.back()[1]) {
      ties_.back() = tie;  // one moment here, several there: all of them have happened
    }
  }
  only_in_ = {unmatched(a, in_a), unmatched(b, in_b)};
  const auto start = [](const Session& s) { return static_cast<double>(s.trace().start()); };
  const auto end = [](const Session& s) {
    return static_cast<double>(std::max(s.trace().end(), s.trace().start() + 1));
  };
  if (ties_.empty()) ties_.push_back({start(first), start(second)});
  if (ties_.size() == 1) {
    // One moment alone gives no scale: equal clocks run alike, others by their lengths.
    const bool is_same = first.trace().clock() == second.trace().clock();
    const double ratio = is_same ? 1 : (end(second) - start(second)) / (end(first) - start(first));
    ties_.push_back({ties_[0][0] + 1, ties_[0][1] + ratio});
  }
}

double LinkedClocks::map(double time, std::size_t from) const {
  const std::size_t to = 1 - from;
  auto next = std::partition_point(ties_.begin(), ties_.end(),
                                   [&](const Tie& tie) { return tie[from] <= time; });
  // Outside of the ties the scale of all of them holds, not that of the last two.
  const Tie &front = ties_.front(), &back = ties_.back();
  const double scale = (back[to] - front[to]) / (back[from] - front[from]);
  if (next == ties_.begin()) return front[to] + (time - front[from]) * scale;
  if (next == ties_.end()) return back[to] + (time - back[from]) * scale;
  const Tie &before = *std::prev(next), &after = *next;
  const double share = (time - before[from]) / (after[from] - before[from]);
  return before[to] + share * (after[to] - before[to]);
}

Comparison::Comparison(const Session& first, Session second)
    : second_(std::move(second)), clocks_(first, second_), seen_{seen_of(first), seen_of(second_)} {
  seen_[0].playhead = first.playback.playhead() - 1;  // the second one follows at once
}

void Comparison::follow(Session& first) {
  std::array<Session*, 2> sessions = {&first, &second_};
  second_.theme = first.theme;
  for (std::size_t moved = 0; moved < 2; ++moved) {
    if (seen_of(*sessions[moved]) == seen_[moved]) continue;
    Session &leader = *sessions[moved], &other = *sessions[1 - moved];
    if (is_linked) {
      const auto mapped = [&](double time) {
        return moved == 0 ? clocks_.to_second(time) : clocks_.to_first(time);
      };
      other.playback.move_to(static_cast<Timestamp>(
          std::floor(mapped(static_cast<double>(leader.playback.playhead())) + 1e-6)));
      other.view = clamped({mapped(leader.view.start), mapped(leader.view.end)}, other.limits());
    }
    break;
  }
  seen_ = {seen_of(first), seen_of(second_)};
}

std::string heading_of(const Session& session) {
  std::string text;
  for (const char* key : {"title", "scenario"}) {
    if (text.empty()) text = session.metadata(key);
  }
  if (text.empty()) text = session.metadata("world");
  const VerdictText verdict = verdict_text(session);
  if (!verdict.word.empty()) text += (text.empty() ? "" : "   ") + verdict.word;
  return text.empty() ? "trace" : text;
}

std::string comparison_text(const Session& first, const Comparison& comparison) {
  const Session* const sessions[] = {&first, &comparison.second()};
  std::string text;
  for (std::size_t i = 0; i < 2; ++i) {
    const Session& s = *sessions[i];
    const std::size_t seen = s.event_count_so_far();
    text += std::string(i == 0 ? "A: " : "B: ") + heading_of(s) + "\n";
    text += "  " + std::to_string(s.trace().size()) + " events, playhead at " +
            s.format().instant_in_view(static_cast<double>(s.playback.playhead()), s.view.span()) +
            (seen > 0 ? ": " + describe_event(s.trace(), seen - 1) : "") + "\n";
  }
  const LinkedClocks& clocks = comparison.clocks();
  text += comparison.is_linked ? "clocks: linked at " : "clocks: separate; common are ";
  text += std::to_string(clocks.pair_count()) + " moments\n";
  for (std::size_t i = 0; i < 2; ++i) {
    if (!clocks.only_in(i).empty()) {
      text += std::string("only in ") + (i == 0 ? "A: " : "B: ") + clocks.only_in(i) + "\n";
    }
  }
  return text;
}

}  // namespace rcuscope::gui
