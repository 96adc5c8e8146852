// SPDX-License-Identifier: LGPL-2.1-or-later
// Rounds: whose turn it is at the limit of an execution, and whether that leads anywhere.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "model/actor.h"

namespace rcuscope {

/// An execution that reaches its limit goes on once more, fairly. Where a state comes again
/// although everybody who could run has run in between, nobody will ever get out: loops that change
/// something and change it back.
class Rounds {
 public:
  void begin() { *this = {}, is_on_ = true; }
  void end() { is_on_ = false; }
  bool are_on() const { return is_on_; }

  /// Of those who can run, the one that has not for the longest time.
  ActorId next(std::span<const ActorId> enabled) {
    ++turn_;
    for (const ActorId actor : enabled) latest_chance_[index(actor)] = turn_;
    const ActorId next = *std::min_element(
        enabled.begin(), enabled.end(),
        [this](ActorId a, ActorId b) { return latest_turn_[index(a)] < latest_turn_[index(b)]; });
    latest_turn_[index(next)] = turn_;
    return next;
  }

  /// `state`: of everything, as a hash.
  void note_state(std::uint64_t state) {
    const auto [before, is_new] = states_.try_emplace(state, turn_);
    if (is_new) return;
    ActorSet round;
    for (std::size_t a = 0; a < max_actors; ++a) {
      if (latest_turn_[a] > before->second)
        round.set(a);
      else if (latest_chance_[a] > before->second)
        return;  // it could have run, and might have ended this
    }
    if (round.any()) going_round_ = round;
  }

  /// Who takes turns without end; none if it is not known that they do.
  const ActorSet& going_round() const { return going_round_; }

 private:
  static std::size_t index(ActorId actor) { return static_cast<std::size_t>(actor.value); }

  bool is_on_ = false;
  std::int64_t turn_ = 0;
  std::array<std::int64_t, max_actors> latest_turn_{};
  std::array<std::int64_t, max_actors> latest_chance_{};
  std::unordered_map<std::uint64_t, std::int64_t> states_;  ///< When each was seen first.
  ActorSet going_round_;
};

}  // namespace rcuscope
