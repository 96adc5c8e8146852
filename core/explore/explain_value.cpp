// SPDX-License-Identifier: LGPL-2.1-or-later
// Explanations of actors that met a value which they did not expect: who wrote what they had read.
#include <algorithm>

#include "explore/explain_parts.h"
#include "trace/describe.h"

namespace rcuscope {
namespace {

std::string capitalised(std::string text) {
  if (text.starts_with("the ")) text[0] = 'T';
  if (text.starts_with("set-up")) text[0] = 'S';
  return text;
}

/// An actor read a location, somebody else wrote it, then it wrote what it had made of the old
/// value.
std::string lost_update_sentence(const Story& story, EventIndex store) {
  const std::int32_t writer = story.actor_of(store);
  if (writer <= 0) return "";
  for (EventIndex load = store; load-- > 0;) {
    if (!story.is_same_location(load, store) || story.actor_of(load) != writer) continue;
    if (!Story::is_load(story.kind(load))) return "";
    for (EventIndex other = store; other-- > load + 1;)
      if (Story::is_store(story.kind(other)) && story.is_same_location(other, store) &&
          story.actor_of(other) != writer)
        return " " + story.actor_name(writer) + " had read it at " + story.at(load) + ", before " +
               story.who(other) + " wrote it at " + story.at(other) + ": what " + story.who(other) +
               " wrote is lost.";
    return "";
  }
  return "";
}

/// "It had read x at step 9, which 'writer' had written at step 7."
std::string origin_sentence(const Story& story, EventIndex load) {
  std::string text =
      capitalised(story.who(load)) + " had read " + story.location(load) + " at " + story.at(load);
  const auto store = story.last_store(load, load);
  if (!store) {
    text += ", which nobody had written yet.";
  } else if (story.actor_of(*store) == story.actor_of(load)) {
    text += ", which it had written itself at " + story.at(*store) + ".";
  } else {
    text += ", which " + story.who(*store) + " had written at " + story.at(*store) + ".";
    text += lost_update_sentence(story, *store);
  }
  const auto later = story.last_store(load, story.event(), story.actor_of(load));
  if (later && *later > load)
    text += " Afterwards, at " + story.at(*later) + ", " + story.who(*later) + " wrote it" +
            (store ? " again." : ".");
  return text;
}

/// Where the values came from that the actor read last.
std::string origins(const Story& story, std::size_t count) {
  std::string text;
  std::vector<EventIndex> loads = story.last_loads(story.actor(), count);
  std::reverse(loads.begin(), loads.end());
  for (const EventIndex load : loads) text += " " + origin_sentence(story, load);
  return text;
}

/// The last thing that an actor did before the finding, besides ending.
std::optional<EventIndex> last_operation(const Story& story, std::int32_t actor) {
  for (EventIndex i = story.event(); i-- > 0;) {
    const EventKind kind = story.kind(i);
    if (story.actor_of(i) == actor && kind != EventKind::actor_end && kind != EventKind::finding &&
        kind != EventKind::quiescent_state && kind != EventKind::grace_period_end)
      return i;
  }
  return std::nullopt;
}

}  // namespace

std::string last_operations_of_others(const Story& story) {
  std::string text;
  const auto actors = static_cast<std::int32_t>(story.trace().names().actors.size());
  for (std::int32_t actor = 1; actor < actors; ++actor) {
    if (actor == story.actor()) continue;
    const auto last = last_operation(story, actor);
    if (!last) continue;
    text += (text.empty() ? " By then the others had come to this: " : "; ") +
            describe_event(story.trace(), *last) + " (" + story.at(*last) + ")";
  }
  return text.empty() ? "" : text + ".";
}

std::string explain_value(const Story& story) {
  const FindingKind kind = story.finding().kind;
  const bool is_at_end = story.actor() == 0 && story.who(story.event()) != "set-up";
  std::string text = is_at_end ? "At the end of the run" : story.actor_name(story.actor());
  if (kind == FindingKind::error)
    text += story.actor() == 0 ? " the scenario raises an error at " : " raises an error at ";
  else if (kind == FindingKind::uninitialized_read)
    text += is_at_end ? " somebody reads memory that nobody has written, at "
                      : " reads memory that nobody has written, at ";
  else
    text += story.actor() == 0 ? " a condition is true that never should be, at "
                               : " finds a condition true that never should be, at ";
  text += story.at(story.event()) + ".";
  return text + origins(story, 2) + last_operations_of_others(story);
}

std::string explain_null(const Story& story) {
  std::string text = story.actor_name(story.actor()) + " follows a pointer that is NULL, at " +
                     story.at(story.event()) + ".";
  const std::vector<EventIndex> loads = story.last_loads(story.actor(), 1);
  if (loads.empty()) return text + last_operations_of_others(story);
  text += " " + origin_sentence(story, loads.front());
  for (EventIndex i = loads.front(); i-- > 0;)
    if (story.actor_of(i) == story.actor() && Story::is_load(story.kind(i)) &&
        story.is_same_location(i, loads.front())) {
      text += " It had read the same location at " + story.at(i) +
              " already: a check of the first value says nothing about the second.";
      break;
    }
  return text + last_operations_of_others(story);
}

std::string explain_list_corruption(const Story& story) {
  const auto removed = story.last(EventKind::list_del, -1, -1);
  if (story.finding().place.find("dead0000") != std::string::npos && removed)
    return story.actor_name(story.actor()) + " stood on " +
           story.object_name(story.object_of(*removed)) + " while " + story.who(*removed) +
           " removed it with list_del at " + story.at(*removed) +
           ". list_del poisons the entry's next pointer, so the reader's next step, at " +
           story.at(story.event()) + ", follows " + story.finding().place +
           ". list_del_rcu would have left the pointer intact: the reader would have found its "
           "way back to the list.";
  std::string text = story.actor_name(story.actor()) + " finds a list that is not in order, at " +
                     story.at(story.event()) + ".";
  if (story.object() >= 0)
    if (const auto unlinked = story.last_unlink(story.object()))
      text += " " + story.who(*unlinked) + " had unlinked " + story.object_name(story.object()) +
              " at " + story.at(*unlinked) + " already.";
  return text + origins(story, 1) + last_operations_of_others(story);
}

std::string explain_data_race(const Story& story) {
  std::optional<EventIndex> own, other;
  for (EventIndex i = story.event(); i-- > 0;) {
    if (!Story::is_load(story.kind(i)) && !Story::is_store(story.kind(i))) continue;
    if (!own && story.actor_of(i) == story.actor()) own = i;
    if (!own || story.actor_of(i) == story.actor() || !story.is_same_location(i, *own)) continue;
    if (!Story::is_store(story.kind(i)) && !Story::is_store(story.kind(*own))) continue;
    other = i;
    break;
  }
  if (!own || !other) return "";
  const auto does = [&](EventIndex i) {
    return (Story::is_store(story.kind(i)) ? " writes " : " reads ") + story.location(i) + " at " +
           story.at(i);
  };
  return story.who(*other) + does(*other) + " and " + story.who(*own) + does(*own) +
         ": at least one of them is a plain access, and nothing orders the two: no lock that both "
         "hold, no release that the other acquires, no grace period. The compiler may tear, merge "
         "or repeat a plain access, so the value is anybody's guess.";
}

}  // namespace rcuscope
