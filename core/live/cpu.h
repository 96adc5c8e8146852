// SPDX-License-Identifier: LGPL-2.1-or-later
// CpuToken: actors with the same explicit CPU run one at a time and change only at operations, so
// that a live run shows nothing that one CPU could not do.
//
// A hardirq interrupts softirq and process, a softirq interrupts process; what was interrupted goes
// on when the interrupting actor has ended. Processes are preempted by each other.
#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "base/random.h"

namespace rcuscope::live {

struct Actor;
class Repetition;

class CpuToken {
 public:
  explicit CpuToken(std::uint64_t seed);

  /// The actor is going to acquire the CPU. Those who come first do not run away with it if all are
  /// announced before any acquires. Context: the repetition's lock is held.
  void announce(Actor& actor);
  /// Waits for the CPU, also for one that was given up by release().
  void acquire(Actor& actor);
  void release(Actor& actor);
  /// Before each operation of the owner: perhaps another actor runs first.
  void offer(Actor& actor);

 private:
  void grant_next();
  void wait_for_grant(Actor& actor, std::unique_lock<std::mutex>& lock);

  std::vector<Actor*> waiting_;
  Actor* owner_ = nullptr;
  Random random_;
  std::uint64_t offers_for_a_change_;  // on average; differs between repetitions
  std::atomic<std::size_t> waiting_count_{0};
};

}  // namespace rcuscope::live
