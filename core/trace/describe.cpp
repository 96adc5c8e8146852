// SPDX-License-Identifier: LGPL-2.1-or-later
// Fills the sentence templates of event.def.
#include "trace/describe.h"

#include <algorithm>
#include <string_view>

#include "trace/finding.h"
#include "trace/kernel_trace.h"
#include "trace/time_text.h"
#include "trace/value_kind.h"

namespace rcuscope {
namespace {

std::string or_else(std::string_view text, std::string_view instead) {
  return std::string(text.empty() ? instead : text);
}

std::int32_t as_id(std::int64_t value) {
  constexpr std::int64_t largest = 0x7fffffff;
  return value < 0 || value > largest ? -1 : static_cast<std::int32_t>(value);
}

std::string finding_title(std::int64_t kind) {
  if (kind < 0 || kind >= static_cast<std::int64_t>(std::size(finding_descriptions))) {
    return "unknown defect";
  }
  return std::string(finding_descriptions[kind].title);
}

std::string value_text(const TraceStore& trace, EventIndex i) {
  const std::int64_t value = trace.columns().value[i];
  switch (value_kind(trace.kind(i))) {
    case ValueKind::actor:
      return or_else(trace.actor_name(as_id(value)), "nobody");
    case ValueKind::object:
      return or_else(trace.object_label(as_id(value)), "an unnamed object");
    case ValueKind::string:
      return or_else(trace.string(value), "something unnamed");
    case ValueKind::finding:
      return finding_title(value);
    default:
      return std::to_string(value);
  }
}

bool is_access(EventKind kind) {
  return kind == EventKind::load || kind == EventKind::store ||
         kind == EventKind::rcu_dereference || kind == EventKind::rcu_assign_pointer;
}

/// "gdev0->next": a live trace keeps the object and the name of its part apart, the model's names
/// are whole.
std::string location_text(const TraceStore& trace, EventIndex i) {
  const std::string_view part = trace.string(trace.columns().value[i]);
  const std::string object(trace.object_label(trace.columns().object[i]));
  const bool is_whole =
      part.find("->") != std::string_view::npos || part.find('.') != std::string_view::npos;
  if (object.empty() || is_whole) return or_else(part, "something unnamed");
  return part.empty() ? object : object + "->" + std::string(part);
}

/// The text of one {token} of a template; the tidy meaning of each is in event.def.
std::string token_text(const TraceStore& trace, EventIndex i, std::string_view token) {
  const TraceColumns& columns = trace.columns();
  if (token == "actor") return or_else(trace.actor_name(columns.actor[i]), "someone");
  if (token == "object") return or_else(trace.object_label(columns.object[i]), "an unnamed object");
  if (token == "grace_period") {
    const std::int32_t id = columns.grace_period[i];
    return or_else(grace_period_name(trace, id), "(not known)");
  }
  if (token == "string" && is_access(trace.kind(i))) return location_text(trace, i);
  return value_text(trace, i);
}

std::string fill(const TraceStore& trace, EventIndex i, std::string_view sentence) {
  std::string text;
  while (!sentence.empty()) {
    const std::size_t open = sentence.find('{');
    text += sentence.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = sentence.find('}', open);
    text += token_text(trace, i, sentence.substr(open + 1, close - open - 1));
    sentence.remove_prefix(close + 1);
  }
  return text;
}

/// "1 reader(s)" becomes "1 reader", "2 reader(s)" becomes "2 readers".
std::string with_plural(std::string_view sentence, bool is_one) {
  std::string text(sentence);
  const std::size_t mark = text.find("(s)");
  if (mark != std::string::npos) text.replace(mark, 3, is_one ? "" : "s");
  return text;
}

/// Length in characters, for columns of UTF-8 text.
std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::size_t widest_actor(const TraceStore& trace) {
  std::size_t widest = 0;
  for (const std::int32_t actor : trace.columns().actor) {
    widest = std::max(widest, character_count(trace.actor_name(actor)));
  }
  return widest;
}

}  // namespace

std::string describe_event(const TraceStore& trace, EventIndex event) {
  const std::int64_t value = trace.columns().value[event];
  std::string_view told = describe(trace.kind(event)).sentence;
  // A kernel does not record for how many readers or callbacks it waits.
  const std::size_t count = told.find(" and waits for {value} ");
  if (value < 0 && count != std::string_view::npos) told = told.substr(0, count);
  // The plural is settled in the template, before names that might contain "(s)" come in.
  const std::string sentence = with_plural(told, value == 1);
  std::string text = fill(trace, event, sentence);
  const std::uint16_t flags = trace.columns().flags[event];
  if ((flags & event_flag::failed) != 0) text += " (it fails)";
  if ((flags & event_flag::inferred) != 0) text += " (inferred)";
  return text;
}

std::string describe_trace(const TraceStore& trace, const std::function<void()>& poll) {
  constexpr EventIndex events_between_polls = 10'000;
  const auto moment = [&trace](EventIndex i) {
    return moment_text(trace.clock(), trace.start(), trace.time(i));
  };
  const std::size_t actor_width = widest_actor(trace);
  const std::size_t time_width = trace.size() == 0 ? 0 : character_count(moment(trace.size() - 1));
  std::string text;
  for (EventIndex i = 0; i < trace.size(); ++i) {
    if (poll && i % events_between_polls == 0) poll();
    const std::string time = moment(i);
    const std::string_view actor = trace.actor_name(trace.columns().actor[i]);
    text.append(time_width - character_count(time), ' ').append(time).append("  ").append(actor);
    text.append(actor_width - character_count(actor) + 2, ' ').append(describe_event(trace, i));
    text += '\n';
  }
  return text;
}

}  // namespace rcuscope
