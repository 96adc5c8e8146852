// SPDX-License-Identifier: LGPL-2.1-or-later
// Scheduler: an execution whose scheduler is the user: where it stands, the way back, and the goal.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "session.h"
#include "session/engine.h"

namespace rcuscope::gui {

/// One actor as a card with a button, or with the reason why there is none.
struct ActorCard {
  enum class State : std::uint8_t { can_run, blocked, ended };
  std::string name;
  std::string context;  ///< "hardirq, CPU 2".
  State state = State::can_run;
  ActorId id;         ///< Of those that can run.
  std::string text;   ///< What it would do, or why it cannot.
  std::string place;  ///< "removal.py:12"; may be empty.
  bool is_reader = false;
  bool is_last = false;  ///< Ran last.
};

class Scheduler {
 public:
  /// The execution at its start.
  Scheduler(Request request, Standpoint start);

  const Request& request() const { return request_; }
  const Standpoint& now() const { return stands_.back().at; }
  /// The timeline up to now.
  Session& session() { return *session_; }
  const Session& session() const { return *session_; }

  std::size_t choice_count() const { return stands_.size() - 1; }
  bool can_undo() const { return choice_count() > 0; }
  /// In the order of their numbers: those that can run, those that cannot, those that have ended.
  std::vector<ActorCard> cards() const;
  /// What happened at the goal: "Not yet ...", "Reached after 7 choices: use after free".
  std::string goal() const;
  Tone goal_tone() const;
  const Finding* finding() const;

  // What the user does.
  void arrive(std::string actor, Standpoint next);
  void undo();
  void restart();

  /// Choices that were made while one was under way: no click and no key is lost.
  std::deque<std::string> pending;
  float scroll_px = 0;

 private:
  struct Stand {
    std::string chosen;  ///< Who ran to get here; empty at the start.
    Standpoint at;
  };
  void show();

  Request request_;
  std::vector<Stand> stands_;  // never empty
  std::unique_ptr<Session> session_;
  Timestamp story_start_ = 0;  // set-up ends there
};

}  // namespace rcuscope::gui
