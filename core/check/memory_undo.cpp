// SPDX-License-Identifier: LGPL-2.1-or-later
// How MemoryOrder goes back to an earlier step: the next execution begins as the latest one did.
#include <algorithm>

#include "check/memory_order.h"

namespace rcuscope {

/// Programs mostly have the same addresses again; others would let the tables grow.
bool MemoryOrder::begin(Execution& execution, std::size_t known_steps) {
  constexpr std::size_t many_addresses = 10'000;
  const bool is_full = location_ids_.size() + sync_.size() >= many_addresses;
  const auto is_race = [](const Finding& one) { return one.kind == FindingKind::data_race; };
  const std::vector<Finding>& known = execution.findings();  // of those steps, where it keeps them
  const auto still_reported = std::count_if(known.begin(), known.end(), is_race);
  const bool is_kept = known_steps < marks_.size() && !is_asked_ && !is_full &&
                       marks_[known_steps].reports <= static_cast<std::size_t>(still_reported);
  if (!is_kept) known_steps = 0;
  if (!marks_.empty()) undo(marks_[known_steps]);
  marks_.resize(std::min(known_steps, marks_.size()));
  if (is_full) {
    location_ids_.clear();
    locations_.clear();
    sync_.clear();
  }
  if (is_asked_)
    for (Actor& actor : actors_) {
      actor.needs.clear();
      actor.store_needs.clear();
    }
  const auto first = std::min_element(doubts_.begin(), doubts_.end());
  if (first != doubts_.end()) execution.note_memory_doubt(*first);
  return is_kept;
}

void MemoryOrder::on_step(const ModelActor& actor) {
  marks_.push_back({events_.size(), dependencies_.size(), conflicts_.size(), doubts_.size(),
                    reports_.size(), saved_actors_.size(), saved_clocks_.size(),
                    saved_births_.size(), saved_sections_.size()});
  clocks_of_step_ = saved_clocks_.size();
  save(actor.id);
}

void MemoryOrder::add_actors(std::size_t count) {
  actors_.reserve(max_actors);
  actors_.resize(count);
}

void MemoryOrder::save(ActorId id) {
  const Actor& actor = of(id);
  saved_actors_.push_back(
      {id, actor.position, actor.latest_access, actor.reached.size(), actor.points.size()});
}

/// Once for each step: what it was before that is all that undo() wants to know.
void MemoryOrder::save(VectorClock& clock) {
  for (std::size_t i = saved_clocks_.size(); i-- > clocks_of_step_;)
    if (saved_clocks_[i].clock == &clock) return;
  saved_clocks_.push_back({&clock, clock});
}

void MemoryOrder::undo(const Mark& mark) {
  for (std::size_t event = events_.size(); event-- > mark.events;) forget_access(event);
  events_.resize(mark.events);
  clocks_.resize(mark.events);
  published_.resize(mark.events);
  read_from_.resize(mark.events);
  overwritten_.resize(mark.events);
  neighbours_.resize(mark.events);
  dependencies_.resize(mark.dependencies);
  conflicts_.resize(mark.conflicts);
  doubts_.resize(mark.doubts);
  for (; reports_.size() > mark.reports; reports_.pop_back())
    locations_[reports_.back()].is_reported = false;
  for (; saved_actors_.size() > mark.actors; saved_actors_.pop_back()) {
    const SavedActor& saved = saved_actors_.back();
    Actor& actor = of(saved.id);
    actor.position = saved.position;
    actor.latest_access = saved.latest_access;
    actor.reached.resize(saved.reached_count);
    actor.points.resize(saved.point_count);
  }
  for (; saved_sections_.size() > mark.sections; saved_sections_.pop_back()) {
    const SavedSections& saved = saved_sections_.back();
    closed_sections(saved.id, saved.domain) = saved.closed;
  }
  for (; saved_clocks_.size() > mark.clocks; saved_clocks_.pop_back())
    *saved_clocks_.back().clock = std::move(saved_clocks_.back().value);
  for (; saved_births_.size() > mark.births; saved_births_.pop_back()) {
    const SavedBirth& saved = saved_births_.back();
    if (saved.birth)
      births_[saved.object] = *saved.birth;
    else
      births_.erase(saved.object);
  }
}

void MemoryOrder::forget_access(std::size_t event) {
  Location& location = locations_[events_[event].location];
  location.latest_write = overwritten_[event];
  if (location.last_access != event) return;
  const std::size_t previous = neighbours_[event].first;
  location.last_access = previous;
  (previous == none ? location.first_access : neighbours_[previous].second) = none;
}

/// Once for all executions that begin with this step.
void MemoryOrder::doubt(const Execution& execution, std::string why) {
  execution.note_memory_doubt(why);
  doubts_.push_back(std::move(why));
}

}  // namespace rcuscope
