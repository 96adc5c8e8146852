// SPDX-License-Identifier: LGPL-2.1-or-later
// Explanations are put together from the recorded events alone, so they say only what was seen.
#include "explore/explain.h"

#include "explore/explain_parts.h"
#include "trace/repetition.h"

namespace rcuscope {
namespace {

std::string explanation(const Story& story) {
  switch (story.finding().kind) {
    case FindingKind::use_after_free:
      return explain_use_after_free(story);
    case FindingKind::double_free:
      return explain_double_free(story);
    case FindingKind::null_dereference:
      return explain_null(story);
    case FindingKind::list_corruption:
      return explain_list_corruption(story);
    case FindingKind::sleeping_in_atomic:
      return explain_sleep(story);
    case FindingKind::suspicious_rcu_usage:
      return explain_rcu_usage(story);
    case FindingKind::deadlock:
      return explain_deadlock(story);
    case FindingKind::stall:
      return explain_stall(story);
    case FindingKind::refcount_underflow:
    case FindingKind::refcount_addition_on_zero:
      return explain_refcount(story);
    case FindingKind::leak:
      return explain_leak(story);
    case FindingKind::data_race:
      return explain_data_race(story);
    case FindingKind::lock_imbalance:
      return explain_lock_imbalance(story);
    case FindingKind::uninitialized_read:
    case FindingKind::warn_on:
    case FindingKind::bug_on:
    case FindingKind::error:
      return explain_value(story);
  }
  return "";
}

}  // namespace

std::string explain(const Finding& finding, const TraceStore& trace) {
  const Story story(finding, trace);
  if (!story.is_known()) return finding.message;
  const std::string text = explanation(story);
  return text.empty() ? finding.message : text;
}

std::string explain_live(const Finding& finding, const TraceStore& trace) {
  if (trace.events_lost_count() > 0) return "";
  const Story anywhere(finding, trace);
  if (!anywhere.is_known()) return "";
  // What happened in another repetition has nothing to do with it.
  const TraceStore repetition = part_of(trace, repetition_at(trace, trace.time(anywhere.event())));
  const Story story(finding, repetition, trace.start());
  return story.is_known() ? explanation(story) : "";
}

}  // namespace rcuscope
