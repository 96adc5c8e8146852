// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses the events that are worth a sentence, and breaks the summary into lines.
#include "io/svg_caption.h"

#include <algorithm>
#include <utility>

#include "io/svg_text.h"
#include "trace/describe.h"

namespace rcuscope::svg {
namespace {

constexpr double caption_size = 13;
constexpr double still_size = 12;
constexpr std::size_t still_lines_limit = 8;
constexpr std::size_t caption_limit = 96;
constexpr double least_share = 0.012;  ///< Shorter than this (0.14 s) nobody reads a word.

/// 0 = not worth a sentence; of events at one moment the weightiest is told.
int weight(EventKind kind) {
  switch (kind) {
    case EventKind::finding:
    case EventKind::warn_on:
      return 9;
    case EventKind::kfree:
    case EventKind::list_del:
    case EventKind::list_del_rcu:
    case EventKind::list_replace_rcu:
      return 7;
    case EventKind::grace_period_waits_for:
    case EventKind::synchronize_rcu_start:
    case EventKind::synchronize_rcu_end:
    case EventKind::callback_start:
    case EventKind::call_rcu:
    case EventKind::put_device:
    case EventKind::device_release:
      return 6;
    case EventKind::load:
    case EventKind::store:
    case EventKind::rcu_dereference:
    case EventKind::rcu_assign_pointer:
    case EventKind::context_mask:
    case EventKind::might_sleep:
    case EventKind::actor_end:
    case EventKind::callback_end:
      return 0;
    case EventKind::actor_start:
    case EventKind::kmalloc:
    case EventKind::get_device:
      return 1;
    default:
      return 4;
  }
}

/// The weightiest event of each moment, if any.
std::vector<EventIndex> told_events(const TraceStore& trace) {
  std::vector<EventIndex> told;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (weight(trace.kind(i)) == 0) continue;
    const bool is_same_moment = !told.empty() && trace.time(told.back()) == trace.time(i);
    if (!is_same_moment) {
      told.push_back(i);
    } else if (weight(trace.kind(i)) >= weight(trace.kind(told.back()))) {
      told.back() = i;
    }
  }
  return told;
}

/// Captions that would flash by give their time to the weightier one before or after.
std::vector<Caption> without_flashes(const TraceStore& trace, const TimeScale& scale,
                                     const std::vector<EventIndex>& told) {
  std::vector<Caption> captions;
  int last_weight = 0;
  for (const EventIndex i : told) {
    const double from = std::max(0.0, scale.share(trace.time(i)));
    const int this_weight = weight(trace.kind(i));
    const bool is_flash = !captions.empty() && from - captions.back().from < least_share;
    if (is_flash && this_weight < last_weight) continue;
    if (is_flash) {
      captions.back().text = describe_event(trace, i);
    } else {
      if (!captions.empty()) captions.back().to = from;
      captions.push_back({from, 1, describe_event(trace, i)});
    }
    last_weight = this_weight;
  }
  if (captions.size() > caption_limit) captions.clear();  // a film of that many would only flicker
  return captions;
}

std::string summary(const TraceStore& trace) {
  const auto& metadata = trace.names().metadata;
  for (const char* key : {"explanation", "message"}) {
    const auto found = metadata.find(key);
    if (found != metadata.end() && !found->second.empty()) return found->second;
  }
  for (const EventKind kind :
       {EventKind::finding, EventKind::synchronize_rcu_end, EventKind::grace_period_end}) {
    for (EventIndex i = trace.size(); i-- > 0;) {
      if (trace.kind(i) == kind) return describe_event(trace, i);
    }
  }
  return trace.size() == 0 ? "This trace has no events." : "";
}

/// Without a traceback; "" if the summary is the message itself.
std::string first_line_of_message(const TraceStore& trace, const std::string& summed_up) {
  const auto found = trace.names().metadata.find("message");
  if (found == trace.names().metadata.end() || found->second == summed_up) return "";
  return found->second.substr(0, found->second.find('\n'));
}

std::vector<std::string> broken_into_lines(const std::string& text, double width_px) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::string longer = line.empty() ? word : line + " " + word;
    if (text_width(longer, still_size) > width_px && !line.empty()) {
      lines.push_back(line);
      line = word;
    } else {
      line = longer;
    }
    if (end < text.size() && text[end] == '\n') lines.push_back(std::exchange(line, ""));
    at = end + 1;
  }
  if (!line.empty()) lines.push_back(line);
  if (lines.size() > still_lines_limit) {
    lines.resize(still_lines_limit);
    lines.back() += " \u2026";
  }
  for (std::string& l : lines) l = fitted(l, width_px, still_size);
  return lines;
}

}  // namespace

Captions make_captions(const TraceStore& trace, const TimeScale& scale, double width_px) {
  Captions out;
  out.captions = without_flashes(trace, scale, told_events(trace));
  for (Caption& caption : out.captions) caption.text = fitted(caption.text, width_px, caption_size);
  out.still = summary(trace);
  out.still_lines = broken_into_lines(out.still, width_px);
  out.message_lines = broken_into_lines(first_line_of_message(trace, out.still), width_px);
  const std::size_t lines = out.message_lines.size() + out.still_lines.size() + 1;  // the caption
  out.height = static_cast<double>(lines) * out.line_height + 8;
  return out;
}

}  // namespace rcuscope::svg
