// SPDX-License-Identifier: LGPL-2.1-or-later
// Explanations of contexts, locks, and who waits for whom.
#include <algorithm>
#include <string_view>
#include <vector>

#include "explore/explain_parts.h"

namespace rcuscope {
namespace {

const ActorInfo& info(const Story& story, std::int32_t actor) {
  return story.trace().names().actors[static_cast<std::size_t>(actor)];
}

/// The actors that a finding's place names, as in "a, b".
std::vector<std::int32_t> actors_in(const Story& story, const std::string& place) {
  std::vector<std::int32_t> actors;
  const std::string list = ", " + place + ",";
  for (std::size_t i = 1; i < story.trace().names().actors.size(); ++i)
    if (list.find(", " + story.trace().names().actors[i].name + ",") != std::string::npos)
      actors.push_back(static_cast<std::int32_t>(i));
  return actors;
}

/// The locks that an actor took and still holds, by the events that took them.
std::vector<EventIndex> held_locks(const Story& story, std::int32_t actor) {
  std::vector<EventIndex> held;
  for (EventIndex i = 0; i < story.event(); ++i) {
    if (story.actor_of(i) != actor) continue;
    const EventKind kind = story.kind(i);
    if (kind == EventKind::mutex_lock || kind == EventKind::spin_lock) held.push_back(i);
    if (kind != EventKind::mutex_unlock && kind != EventKind::spin_unlock) continue;
    std::erase_if(held, [&](EventIndex h) { return story.object_of(h) == story.object_of(i); });
  }
  return held;
}

/// What an actor has that others wait for.
std::string holds_sentence(const Story& story, std::int32_t actor) {
  std::string text;
  for (const EventIndex lock : held_locks(story, actor))
    text += (text.empty() ? " " + story.actor_name(actor) + " took " : ", and ") +
            story.object_name(story.object_of(lock)) + " at " + story.at(lock);
  if (const auto section = story.section_start(actor))
    text += (text.empty() ? " " + story.actor_name(actor) : " and") +
            std::string(" has been a reader since ") + story.at(*section);
  return text.empty() ? "" : text + ".";
}

/// The grace period that an actor waits for, with the readers that hold it up.
std::string grace_period_sentence(const Story& story, std::int32_t actor) {
  const auto start = story.last(EventKind::synchronize_rcu_start, -1, actor);
  const auto end = story.last(EventKind::synchronize_rcu_end, -1, actor);
  if (!start || (end && *end > *start)) return "";
  const std::int32_t id = story.grace_period_of(*start);
  std::string readers;
  for (EventIndex i = 0; i < story.event(); ++i)
    if (story.kind(i) == EventKind::grace_period_waits_for && story.grace_period_of(i) == id)
      readers += (readers.empty() ? "" : " and ") +
                 story.actor_name(static_cast<std::int32_t>(story.value_of(i)));
  if (readers.empty()) return "";
  return " Grace period " + std::to_string(id) + ", which " + story.actor_name(actor) +
         " has waited for since " + story.at(*start) + ", cannot end before the pre-existing " +
         (readers.find(" and ") == std::string::npos ? "reader " : "readers ") + readers +
         " has left.";
}

std::string facts_about(const Story& story, const std::vector<std::int32_t>& actors) {
  std::string text;
  for (const std::int32_t actor : actors)
    text += holds_sentence(story, actor) + grace_period_sentence(story, actor);
  return text;
}

/// The message from its first actor on.
std::string chain(const Finding& finding) {
  const std::size_t first = finding.message.find('\'');
  return first == std::string::npos ? finding.message : finding.message.substr(first);
}

}  // namespace

std::string explain_deadlock(const Story& story) {
  const Finding& finding = story.finding();
  const bool is_alone = finding.place.find(", ") == std::string::npos;
  const char* reason =
      "Nobody can go on: each of them waits for the next, and the last for the "
      "first. ";
  if (finding.message.find("which nobody completes") != std::string::npos)
    reason = "It can never go on: nobody is left who would do what it waits for. ";
  else if (finding.message.find("has ended") != std::string::npos)
    reason = "Nobody can go on: what is waited for can never come. ";
  else if (is_alone)
    reason = "It waits for itself, so it can never go on. ";
  return reason + chain(finding) + "." + facts_about(story, actors_in(story, finding.place));
}

std::string explain_stall(const Story& story) {
  std::vector<std::int32_t> actors = actors_in(story, story.finding().place);
  if (story.actor() > 0 && std::find(actors.begin(), actors.end(), story.actor()) == actors.end())
    actors.push_back(story.actor());
  std::string text;
  if (story.actor() > 0)
    text = story.actor_name(story.actor()) +
           " runs on and on without getting anywhere, and nothing that the others can still do "
           "changes that.";
  for (const EventIndex load : story.last_loads(story.actor(), 2))
    text += " It keeps reading " + story.location(load) + ".";
  return text + facts_about(story, actors) + last_operations_of_others(story);
}

std::string explain_sleep(const Story& story) {
  const std::string name = story.actor_name(story.actor());
  const ActorInfo& actor = info(story, story.actor());
  const bool is_atomic_context = context_of(actor.kind) != Context::process;
  std::string text =
      name + " runs in " + std::string(to_string(context_of(actor.kind))) + " context";
  if (actor.kind == ActorKind::callback) text += ", as every call_rcu callback does";
  const auto section = story.explicit_section_start(story.actor());
  if (!is_atomic_context && section)
    text = name + " has been in a read-side critical section since " + story.at(*section);
  else if (!is_atomic_context)
    text = name + " may not sleep where it is";
  for (const EventIndex lock : held_locks(story, story.actor()))
    if (story.kind(lock) == EventKind::spin_lock)
      text += "; it has held the spinlock " + story.object_name(story.object_of(lock)) + " since " +
              story.at(lock);
  const auto release = story.last(EventKind::device_release, -1, story.actor());
  if (!release)
    return text + ". At " + story.at(story.event()) + " it calls something that may sleep (" +
           story.finding().place.substr(0, story.finding().place.find(" in ")) +
           "), which must not happen there." + last_operations_of_others(story);
  return text + ". At " + story.at(*release) + " it dropped the last reference to " +
         story.object_name(story.object_of(*release)) +
         ", so the device's release runs there and then; a release may sleep (it takes mutexes "
         "and frees managed resources), and that context must not." +
         last_operations_of_others(story);
}

std::string explain_rcu_usage(const Story& story) {
  const std::string name = story.actor_name(story.actor());
  const std::string& message = story.finding().message;
  const std::string when = " at " + story.at(story.event());
  const auto says = [&](std::string_view words) {
    return message.find(words) != std::string::npos;
  };
  const auto section = story.explicit_section_start(story.actor());
  if (says("Illegal synchronize") && section)
    return name + " entered a read-side critical section at " + story.at(*section) +
           " and wants to wait for a grace period inside it," + when +
           ". That grace period would have to wait for this very reader: it can never end.";
  const bool is_implicit = story.section_start(story.actor()).has_value();
  std::string text = name;
  if (says("non-reader section"))
    return text + " walks an RCU list" + when +
           " although it is no reader and does not hold the lock that the walk names: no grace "
           "period waits for it, so entries may be freed under its feet.";
  if (says("rcu_dereference_protected"))
    return text + " claims" + when +
           " that a lock keeps the pointer from changing, but it does not hold that lock.";
  if (says("rcu_dereference"))
    return text + " reads an RCU-protected pointer" + when +
           " outside of any rcu_read_lock section." +
           (is_implicit ? " In its context a grace period would wait for it all the same, but "
                          "rcu_dereference asks for rcu_read_lock itself, since the code may be "
                          "called, or the handler may run as a thread, where that is not so."
                        : " No grace period waits for it: what it points to may be freed before "
                          "it is used.");
  return text + " uses RCU" + when +
         " where lockdep would object: the rule is one of contexts, so it holds in every schedule "
         "that gets here.";
}

std::string explain_lock_imbalance(const Story& story) {
  const std::string name = story.finding().actor.empty() ? story.actor_name(story.actor())
                                                         : "'" + story.finding().actor + "'";
  const std::string when = " at " + story.at(story.event());
  const bool is_about_sections = story.finding().message.find("rcu_read") != std::string::npos;
  if (story.finding().message.find("bad unlock balance") != std::string::npos)
    return name + (is_about_sections ? " leaves a read-side critical section" : " unlocks") + when +
           (is_about_sections ? " that it had not entered."
                              : " what it does not hold: " + story.finding().place + ".") +
           " Each unlock needs one lock before it, by the same actor.";
  std::string text = name + " ends" + when;
  if (const auto section = story.explicit_section_start(story.actor()))
    return text + " inside the read-side critical section that it entered at " +
           story.at(*section) + ": every grace period from now on waits for ever.";
  for (const EventIndex lock : held_locks(story, story.actor()))
    return text + " with " + story.object_name(story.object_of(lock)) + " held, which it took at " +
           story.at(lock) + ": nobody else will ever get it.";
  return text + " with something held that it should have given back: " + story.finding().place +
         ".";
}

}  // namespace rcuscope
