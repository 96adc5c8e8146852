// SPDX-License-Identifier: LGPL-2.1-or-later
// Explanations of objects that were used too late, freed twice or never.
#include <algorithm>
#include <vector>

#include "explore/explain_parts.h"

namespace rcuscope {
namespace {

/// "1 reference", "2 references".
std::string references(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " reference" : " references");
}

/// The event that queued the callback or work item as which the actor of an event runs.
std::optional<EventIndex> queued(const Story& story, EventIndex event) {
  for (EventIndex i = event; i-- > 0;) {
    const EventKind kind = story.kind(i);
    if ((kind == EventKind::call_rcu || kind == EventKind::queue_work ||
         kind == EventKind::queue_rcu_work) &&
        story.value_of(i) == story.actor_of(event))
      return i;
  }
  return std::nullopt;
}

std::string queued_insertion(const Story& story, EventIndex event) {
  const auto by = queued(story, event);
  return by ? ", which " + story.who(*by) + " had queued at " + story.at(*by) + "," : "";
}

/// Who had queued the actor that hits the finding, and whether cancelling it came too early.
std::string queued_sentence(const Story& story) {
  const auto by = queued(story, story.event());
  if (!by) return "";
  std::string text = " " + story.who(*by) + " had queued " + story.actor_name(story.actor()) +
                     " at " + story.at(*by);
  const std::int32_t work = story.object_of(*by);
  const auto cancelled =
      work < 0 ? std::nullopt
               : story.last_before(story.event(), EventKind::cancel_work_start, work, -1);
  if (!cancelled) return text + ".";
  text += *cancelled < *by ? ", after " : ", before ";
  return text + story.who(*cancelled) + " cancelled it at " + story.at(*cancelled) + ".";
}

/// The first event of whoever hits the finding.
EventIndex start_of_actor(const Story& story) {
  EventIndex first = story.event();
  for (EventIndex i = story.event(); i-- > 0;)
    if (story.actor_of(i) == story.actor()) first = i;
  return first;
}

/// What the actor that frees waited for between two events, in its own name; empty if nothing.
std::string waited_sentence(const Story& story, EventIndex from, EventIndex freed) {
  const std::string who = " " + story.who(freed) + " had waited with ";
  std::string text;
  for (EventIndex i = from; i < freed; ++i) {
    if (story.actor_of(i) != story.actor_of(freed)) continue;
    if (story.kind(i) == EventKind::synchronize_rcu_end)
      text = who + "synchronize_rcu until " + story.at(i) +
             ", but that waits for readers, neither for callbacks nor for work.";
    if (story.kind(i) == EventKind::rcu_barrier_end)
      text = who + "rcu_barrier until " + story.at(i) +
             ", but that waits for the callbacks queued before, not for work.";
  }
  return text;
}

/// Of a callback or work item that was queued before the free and began after it: what it meets is
/// no business of readers. Empty if it is not so.
std::string not_waited_sentence(const Story& story, EventIndex freed) {
  const auto by = queued(story, story.event());
  if (!by || *by > freed || start_of_actor(story) < freed) return "";
  const bool is_callback = story.kind(*by) == EventKind::call_rcu;
  return waited_sentence(story, *by, freed) + " Nothing waited for " +
         story.actor_name(story.actor()) +
         (is_callback ? ": rcu_barrier waits for callbacks."
                      : ": flush_work waits for work, and "
                        "cancel_work_sync takes it back.");
}

/// What a grace period between unlink and free did for the one who touches the object.
std::string one_grace_period(const Story& story, EventIndex start, EventIndex freed) {
  const std::int32_t id = story.grace_period_of(start);
  const std::string name = "Grace period " + std::to_string(id);
  bool waits_for_it = false;
  std::optional<EventIndex> left, ended;
  for (EventIndex i = start; i < story.event(); ++i) {
    if (story.grace_period_of(i) != id) continue;
    const bool is_about_it = story.value_of(i) == story.actor();
    waits_for_it |= story.kind(i) == EventKind::grace_period_waits_for && is_about_it;
    if (story.kind(i) == EventKind::quiescent_state && is_about_it) left = i;
    if (story.kind(i) == EventKind::grace_period_end) ended = i;
  }
  std::string text = " " + name + ", started at " + story.at(start);
  if (!ended || *ended > freed)
    return text + ", had not ended when the object was freed: the free did not wait for it.";
  text += ", ended at " + story.at(*ended) + " before the free, ";
  if (left)
    return text + "when " + story.actor_name(story.actor()) + " had left its section at " +
           story.at(*left) + ": what it took from there is not protected any more.";
  if (waits_for_it) return text + "but it waited for an earlier section.";
  const auto section = story.section_start(story.actor());
  if (section && *section < start)
    return text +
           "but it does not wait for such a section: RCU and each srcu_struct wait for their own "
           "readers only.";
  return text + "but it does not wait for a section that began after its start.";
}

std::string grace_period_sentence(const Story& story, EventIndex freed,
                                  std::optional<EventIndex> unlinked) {
  for (EventIndex i = unlinked.value_or(0); i < freed; ++i)
    if (story.kind(i) == EventKind::grace_period_start) return one_grace_period(story, i, freed);
  for (EventIndex i = 0; i < freed; ++i)
    if (story.kind(i) == EventKind::grace_period_start && unlinked)
      return " Grace period " + std::to_string(story.grace_period_of(i)) + " started at " +
             story.at(i) +
             ", before the unlink: who came to the object in between was not waited "
             "for.";
  return " No grace period was waited for between the unlink and the free, so nothing held the "
         "free back until the readers had left.";
}

/// The last rcu_dereference elsewhere: most likely how it came to the object.
std::optional<EventIndex> last_dereference(const Story& story) {
  for (EventIndex i = story.event(); i-- > 0;)
    if (story.actor_of(i) == story.actor() && story.kind(i) == EventKind::rcu_dereference &&
        story.object_of(i) != story.object())
      return i;
  return std::nullopt;
}

std::string dereference_sentence(const Story& story, std::optional<EventIndex> unlinked) {
  const auto way = last_dereference(story);
  if (!way) return "";
  return " Its last rcu_dereference before that was of " + story.location(*way) + " at " +
         story.at(*way) + (unlinked && *way < *unlinked ? ", before the unlink." : ".");
}

std::string section_sentence(const Story& story, EventIndex freed,
                             std::optional<EventIndex> unlinked) {
  const std::string name = story.actor_name(story.actor());
  const auto section = story.section_start(story.actor());
  if (!section)
    return " " + name +
           " is in no read-side critical section here, so no grace period waits for it.";
  const std::string text =
      " The read-side critical section of " + name + " began at " + story.at(*section);
  if (*section > freed) {
    const auto way = last_dereference(story);
    return text + ", after the free: " +
           (way && *way < *section ? "the pointer is from before, and nothing protected it since."
                                   : "it reached the object through a pointer that should have "
                                     "been gone.");
  }
  return text + ", before the free: it is a pre-existing reader." +
         grace_period_sentence(story, freed, unlinked);
}

}  // namespace

std::string explain_use_after_free(const Story& story) {
  if (story.object() < 0) return "";
  const auto freed = story.last(EventKind::kfree, story.object(), -1);
  if (!freed) return "";
  const auto unlinked = story.last_unlink(story.object());
  std::string text = story.actor_name(story.actor()) + " touches " +
                     story.object_name(story.object()) + " at " + story.at(story.event()) +
                     ", but " + story.who(*freed) + queued_insertion(story, *freed) +
                     " freed it at " + story.at(*freed) + ".";
  if (unlinked)
    text += " " + story.who(*unlinked) + " had unlinked it at " + story.at(*unlinked) + ".";
  if (story.actor_of(*freed) == story.actor())
    return text + " It freed the object itself and used it afterwards.";
  text += queued_sentence(story) + dereference_sentence(story, unlinked);
  const std::string not_waited = not_waited_sentence(story, *freed);
  return text + (not_waited.empty() ? section_sentence(story, *freed, unlinked) : not_waited);
}

std::string explain_double_free(const Story& story) {
  if (story.object() < 0) return "";
  const auto freed = story.last(EventKind::kfree, story.object(), -1);
  if (!freed) return "";
  std::string text = story.actor_name(story.actor()) + " frees " +
                     story.object_name(story.object()) + " at " + story.at(story.event()) +
                     ", but " + story.who(*freed) + queued_insertion(story, *freed) +
                     " had freed it at " + story.at(*freed) + " already.";
  return text + queued_sentence(story) + " Whoever frees must be the only one who can.";
}

// --- reference counts

namespace {

bool is_get(EventKind kind) { return kind == EventKind::get_device || kind == EventKind::kref_get; }

bool is_put(EventKind kind) { return kind == EventKind::put_device || kind == EventKind::kref_put; }

/// The changes of an object's count, in order.
std::vector<EventIndex> count_changes(const Story& story) {
  std::vector<EventIndex> changes;
  for (EventIndex i = 0; i < story.event(); ++i)
    if (story.object_of(i) == story.object() && (is_get(story.kind(i)) || is_put(story.kind(i))) &&
        (story.trace().columns().flags[i] & event_flag::failed) == 0)
      changes.push_back(i);
  return changes;
}

/// "'a' took one at step 3 (2 now), 'b' dropped one at step 9 (1 left)": the last few.
std::string history(const Story& story, const std::vector<EventIndex>& changes) {
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t c = changes.size() - std::min(most, changes.size()); c < changes.size(); ++c) {
    const EventIndex i = changes[c];
    text += (text.empty() ? "" : ", ") + story.who(i);
    text += is_get(story.kind(i)) ? " took one at " : " dropped one at ";
    text += story.at(i) + " (" + std::to_string(story.value_of(i)) +
            (is_get(story.kind(i)) ? " now)" : " left)");
  }
  return text;
}

/// The references that were taken and never dropped; nobody has the one of the creation. A put
/// gives back what its actor took last, else the oldest one: the creator's.
std::vector<EventIndex> references_left(const Story& story, const std::vector<EventIndex>& changes,
                                        bool& is_creators_left) {
  std::vector<EventIndex> taken;
  is_creators_left = true;
  for (const EventIndex i : changes) {
    if (is_get(story.kind(i))) {
      taken.push_back(i);
      continue;
    }
    const auto own = std::find_if(taken.rbegin(), taken.rend(), [&](EventIndex get) {
      return story.actor_of(get) == story.actor_of(i);
    });
    if (own != taken.rend())
      taken.erase(std::next(own).base());
    else if (is_creators_left)
      is_creators_left = false;
    else if (!taken.empty())
      taken.erase(taken.begin());
  }
  return taken;
}

std::string explain_counted_leak(const Story& story, const std::vector<EventIndex>& changes) {
  bool is_creators_left = true;
  const std::vector<EventIndex> taken = references_left(story, changes, is_creators_left);
  const EventIndex last = changes.back();
  std::string text = " Its references: " + history(story, changes) + ".";
  if (is_put(story.kind(last)))
    text += " So the last put, by " + story.who(last) + " at " + story.at(last) + ", left " +
            references(story.value_of(last)) + " that nobody drops";
  else
    text += " So " + references(story.value_of(last)) + " are left that nobody drops";
  for (const EventIndex i : taken)
    text += ": the one that " + story.who(i) + " took at " + story.at(i) + " has no put";
  if (taken.empty() && is_creators_left) text += ": the one of its creation has no put";
  return text + ".";
}

std::string explain_uncounted_leak(const Story& story) {
  std::string text;
  if (const auto allocated = story.last(EventKind::kmalloc, story.object(), -1))
    text += " " + story.who(*allocated) + " had allocated it at " + story.at(*allocated) + ".";
  if (const auto unlinked = story.last_unlink(story.object()))
    return text + " " + story.who(*unlinked) + " unlinked it at " + story.at(*unlinked) +
           ", was then the only one who knew it, and ended without freeing it.";
  for (EventIndex i = story.event(); i-- > 0;)
    if (story.object_of(i) == story.object() && story.actor_of(i) > 0 &&
        story.kind(i) != EventKind::kmalloc)
      return text + " The last one who touched it was " + story.who(i) + " at " + story.at(i) +
             ", who ended without freeing it.";
  return text + " Whoever had the last pointer to it lost it without freeing it.";
}

}  // namespace

std::string explain_leak(const Story& story) {
  if (story.object() < 0) return "";
  const std::string text = story.object_name(story.object()) +
                           " is still allocated when every actor, callback and work item has "
                           "ended, and nothing can reach it any more.";
  const std::vector<EventIndex> changes = count_changes(story);
  return text +
         (changes.empty() ? explain_uncounted_leak(story) : explain_counted_leak(story, changes));
}

std::string explain_refcount(const Story& story) {
  const bool is_underflow = story.finding().kind == FindingKind::refcount_underflow;
  const std::string what =
      story.object() < 0 ? "the count" : "the count of " + story.object_name(story.object());
  std::string text = story.actor_name(story.actor()) +
                     (is_underflow ? " drops a reference at " : " takes a reference at ") +
                     story.at(story.event()) + ", but " + what + " was 0 already.";
  const std::vector<EventIndex> changes = count_changes(story);
  for (std::size_t c = changes.size(); c-- > 0;) {
    if (!is_put(story.kind(changes[c])) || story.value_of(changes[c]) != 0) continue;
    text +=
        " " + story.who(changes[c]) + " had dropped the last one at " + story.at(changes[c]) + ".";
    break;
  }
  if (!changes.empty()) text += " Its references: " + history(story, changes) + ".";
  return text + (is_underflow ? " Somebody puts what was never taken; the object may be freed "
                                "while it is still in use."
                              : " A reference may only be taken while somebody is known to hold "
                                "one; a lookup needs kref_get_unless_zero.");
}

}  // namespace rcuscope
