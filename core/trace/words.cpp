// SPDX-License-Identifier: LGPL-2.1-or-later
// Words for lanes, spans and marks.
#include "trace/words.h"

#include <algorithm>

#include "trace/kernel_trace.h"

namespace rcuscope {

std::string kind_word(const Lane& lane) {
  if (lane.kind == LaneKind::grace_periods) return "all CPUs";
  if (lane.actor_kind == ActorKind::main) return "set-up and tear-down";
  std::string word(lane.must_not_sleep ? to_string(context_of(lane.actor_kind))
                                       : to_string(lane.actor_kind));
  std::replace(word.begin(), word.end(), '_', ' ');
  return word;
}

std::string_view short_word(SpanKind kind) {
  switch (kind) {
    case SpanKind::mutex:
      return "mutex";
    case SpanKind::spinlock:
      return "lock";
    case SpanKind::callback:
      return "cb";
    case SpanKind::work:
      return "work";
    case SpanKind::blocked:
      return "waits";
    case SpanKind::grace_period:
      return "GP";
    default:
      return "";
  }
}

std::string reader_caption(const TraceStore& trace, const Span& span) {
  if (span.kind != SpanKind::reader) return "";
  if (span.is_pre_existing && span.grace_period.is_valid())
    return "began before GP " + grace_period_name(trace, span.grace_period.value) +
           ": must end first";
  return span.is_error && !span.is_pre_existing ? "no grace period waits for this reader" : "";
}

std::string folded_text(const std::string& first, std::size_t count, bool is_same) {
  if (count == 1 || first.empty()) return first;
  if (is_same) return with_thousands(std::to_string(count)) + " × " + first;
  return first + " +" + with_thousands(std::to_string(count - 1));
}

std::string with_thousands(std::string_view digits) {
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ' ';
    text += digits[i];
  }
  return text;
}

}  // namespace rcuscope
