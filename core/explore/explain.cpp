// SPDX-License-Identifier: LGPL-2.1-or-later
// Explanations are put together from the recorded events alone, so they say only what was seen.
#include "explore/explain.h"

#include <optional>
#include <vector>

namespace rcuscope {
namespace {

/// The recorded events around one finding.
class Story {
 public:
  Story(const Finding& finding, const TraceStore& trace) : trace_(trace) {
    for (EventIndex i = 0; i < trace.size(); ++i) {
      if (trace.kind(i) != EventKind::finding ||
          trace.columns().value[i] != static_cast<std::int64_t>(finding.kind))
        continue;
      if (trace.time(i) != std::max<Step>(finding.step, 0)) continue;
      // Several may have been made at one step: prefer the one about the same object.
      if (!finding_) finding_ = i;
      if (object_name_or_none(trace.columns().object[i]) != finding.place) continue;
      finding_ = i;
      break;
    }
  }

  std::string object_name_or_none(std::int32_t id) const {
    return id < 0 ? std::string() : object_name(id);
  }
  bool is_known() const { return finding_.has_value(); }
  std::int32_t actor() const { return trace_.columns().actor[*finding_]; }
  std::int32_t object() const { return trace_.columns().object[*finding_]; }

  /// The last event of that kind before the finding, of one object or actor (-1 = any).
  std::optional<EventIndex> last(EventKind kind, std::int32_t object, std::int32_t actor) const {
    for (EventIndex i = *finding_; i-- > 0;) {
      if (trace_.kind(i) != kind) continue;
      if (object >= 0 && trace_.columns().object[i] != object) continue;
      if (actor >= 0 && trace_.columns().actor[i] != actor) continue;
      return i;
    }
    return std::nullopt;
  }

  std::string who(EventIndex event) const {
    return "'" + std::string(trace_.actor_name(trace_.columns().actor[event])) + "'";
  }
  std::string actor_name(std::int32_t id) const {
    return "'" + std::string(trace_.actor_name(id)) + "'";
  }
  std::string object_name(std::int32_t id) const { return trace_.object_label(id); }
  static std::string at(Timestamp step) { return "step " + std::to_string(step); }
  std::string at_event(EventIndex event) const { return at(trace_.time(event)); }
  const TraceStore& trace() const { return trace_; }
  EventIndex finding() const { return *finding_; }

  /// Start of the actor's section that is open at the finding; explicit ones first.
  std::optional<EventIndex> section_start() const {
    std::optional<EventIndex> start;
    for (EventIndex i = 0; i < *finding_; ++i) {
      if (trace_.columns().actor[i] != actor()) continue;
      const EventKind kind = trace_.kind(i);
      if (kind == EventKind::rcu_read_lock && trace_.columns().value[i] == 1) start = i;
      if (kind == EventKind::rcu_read_unlock && trace_.columns().value[i] == 0) start.reset();
    }
    if (start || actor() < 0) return start;
    const ActorKind kind = trace_.names().actors[static_cast<std::size_t>(actor())].kind;
    if (!is_atomic(kind)) return std::nullopt;
    const EventKind first =
        kind == ActorKind::callback ? EventKind::callback_start : EventKind::actor_start;
    return last(first, -1, actor());
  }

 private:
  const TraceStore& trace_;
  std::optional<EventIndex> finding_;
};

std::string explain_double_free(const Story& story) {
  const std::int32_t object = story.object();
  if (object < 0) return "";
  const auto freed = story.last(EventKind::kfree, object, -1);
  if (!freed) return "";
  return story.actor_name(story.actor()) + " frees " + story.object_name(object) + " at " +
         story.at_event(story.finding()) + ", but " + story.who(*freed) + " had freed it at " +
         story.at_event(*freed) + " already. Whoever frees must be the only one who can.";
}

std::string unlink_sentence(const Story& story, std::optional<EventIndex> unlinked) {
  if (!unlinked) return "";
  return " " + story.who(*unlinked) + " had unlinked it at " + story.at_event(*unlinked) + ".";
}

/// Whether a grace period stood between the unlink and the free, and if so why it did not help.
std::string grace_period_sentence(const Story& story, EventIndex freed,
                                  std::optional<EventIndex> unlinked) {
  const Timestamp from = unlinked ? story.trace().time(*unlinked) : 0;
  std::optional<EventIndex> waited;
  for (EventIndex i = 0; i < freed; ++i)
    if (story.trace().kind(i) == EventKind::grace_period_start && story.trace().time(i) >= from)
      waited = i;
  if (!waited)
    return " No grace period was waited for between the unlink and the free, so nothing held the "
           "free back until the readers had left.";
  return " Grace period " + std::to_string(story.trace().columns().grace_period[*waited]) +
         ", started at " + story.at_event(*waited) + ", did not protect this access.";
}

std::string explain_use_after_free(const Story& story) {
  const std::int32_t object = story.object();
  if (object < 0) return "";
  const auto freed = story.last(EventKind::kfree, object, -1);
  if (!freed) return "";
  auto unlinked = story.last(EventKind::list_del_rcu, object, -1);
  if (!unlinked) unlinked = story.last(EventKind::list_del, object, -1);
  std::string text = story.actor_name(story.actor()) + " touches " + story.object_name(object) +
                     " at " + story.at_event(story.finding()) + ", but " + story.who(*freed) +
                     " freed it at " + story.at_event(*freed) + "." +
                     unlink_sentence(story, unlinked);
  if (story.trace().columns().actor[*freed] == story.actor())
    return text + " It freed the object itself and used it afterwards.";
  const auto section = story.section_start();
  if (!section)
    return text + " " + story.actor_name(story.actor()) +
           " is in no read-side critical section here, so no grace period waits for it.";
  text += " The read-side critical section of " + story.actor_name(story.actor()) + " began at " +
          story.at_event(*section);
  if (story.trace().time(*section) > story.trace().time(*freed))
    return text +
           ", after the free: it reached the object through a pointer that should have been gone.";
  return text + ", before the free: it is a pre-existing reader." +
         grace_period_sentence(story, *freed, unlinked);
}

std::string explain_list_corruption(const Story& story, const Finding& finding) {
  const auto removed = story.last(EventKind::list_del, -1, -1);
  if (finding.place.find("dead0000") == std::string::npos || !removed) return finding.message + ".";
  return story.actor_name(story.actor()) + " stood on " +
         story.object_name(story.trace().columns().object[*removed]) + " while " +
         story.who(*removed) + " removed it with list_del at " + story.at_event(*removed) +
         ". list_del poisons the entry's next pointer, so the reader's next step follows " +
         finding.place +
         ". list_del_rcu would have left the pointer intact: the reader would have found its way "
         "back to the list.";
}

std::string explain_sleep(const Story& story) {
  const ActorInfo& actor = story.trace().names().actors[static_cast<std::size_t>(story.actor())];
  std::string text = story.actor_name(story.actor()) + " runs in " +
                     std::string(to_string(context_of(actor.kind))) + " context";
  if (actor.kind == ActorKind::callback)
    text += ", as every call_rcu callback does";
  else if (context_of(actor.kind) == Context::process)
    text = story.actor_name(story.actor()) + " is in a read-side critical section";
  const auto release = story.last(EventKind::device_release, -1, story.actor());
  if (!release) return text + ". It must not sleep there.";
  return text + ". At " + story.at_event(*release) + " it dropped the last reference to " +
         story.object_name(story.trace().columns().object[*release]) +
         ", so the device's release runs there and then; a release may sleep (it takes mutexes and "
         "frees managed resources), and that context must not.";
}

std::string explain_leak(const Story& story) {
  const std::int32_t object = story.object();
  if (object < 0) return "";
  std::string text = story.object_name(object) +
                     " is still allocated when every actor, callback and work item has ended, and "
                     "nothing can reach it any more.";
  const auto put = story.last(EventKind::put_device, object, -1);
  if (put)
    text += " The last put_device, by " + story.who(*put) + " at " + story.at_event(*put) +
            ", left " + std::to_string(story.trace().columns().value[*put]) +
            " reference(s) that nobody drops.";
  return text;
}

}  // namespace

std::string explain(const Finding& finding, const TraceStore& trace) {
  const Story story(finding, trace);
  if (!story.is_known()) return finding.message;
  std::string text;
  switch (finding.kind) {
    case FindingKind::use_after_free:
      text = explain_use_after_free(story);
      break;
    case FindingKind::double_free:
      text = explain_double_free(story);
      break;
    case FindingKind::deadlock:
      text =
          (finding.message.find("has ended") == std::string::npos
               ? "Nobody can go on: each of them waits for the next, and the last for the first. "
               : "Nobody can go on: what is waited for can never come. ") +
          finding.message.substr(finding.message.find('\'')) + ".";
      break;
    case FindingKind::lock_imbalance:
      text = "In '" + finding.actor +
             "', a lock or read-side critical section is left that was not entered, or entered and "
             "never left. " +
             finding.place + ".";
      break;
    case FindingKind::null_dereference:
      text = "'" + finding.actor +
             "' follows a pointer that is NULL. The last thing that it read was " + finding.place +
             ".";
      break;
    case FindingKind::suspicious_rcu_usage:
      text = "'" + finding.actor +
             "' uses RCU where lockdep would object: the rule is one of contexts, so it holds in "
             "every schedule that gets here.";
      break;
    case FindingKind::list_corruption:
      text = explain_list_corruption(story, finding);
      break;
    case FindingKind::sleeping_in_atomic:
      text = explain_sleep(story);
      break;
    case FindingKind::leak:
      text = explain_leak(story);
      break;
    default:
      break;
  }
  return text.empty() ? finding.message : text;
}

}  // namespace rcuscope
