// SPDX-License-Identifier: LGPL-2.1-or-later
// A thread for the search of a Python scenario, so that its caller can leave at Ctrl-C while an
// actor still sits in a call that knows nothing of us (time.sleep).
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "explore/explorer.h"
#include "explore_options.h"

namespace rcuscope::bindings {

/// What the controller tells its caller while it runs, and the way to stop it. All functions may be
/// called by any thread.
class Controller {
 public:
  /// For ExploreOptions::progress: keeps the report. Return: false once the search must end.
  bool report(const Progress& progress);
  bool must_end() const { return must_end_.load(std::memory_order_relaxed); }

  /// From now on the search has so many seconds; none = any number.
  void limit_time(std::optional<double> seconds);
  bool is_out_of_time() const { return Clock::now() >= time_limit_.load(); }

  /// For Checkpoint::save: keeps the state, which the caller saves. The thread of a search would
  /// have to wait for the GIL, and actors that hand it to each other all the time let nobody in.
  void offer_state(const std::string& state);
  /// What the caller does with states. Call before run().
  void set_save(std::function<void(const std::string& state)> save) { save_ = std::move(save); }

  /// Runs `work` on a thread of its own. Meanwhile the caller looks for signals and reports
  /// progress through `attention`; once that is interrupted, the search must end.
  /// Return: false if work was left behind: it ends by itself when its actor comes back.
  /// Throws: what work throws. Context: GIL held; work is called without it, and destroyed with it.
  static bool run(const std::shared_ptr<Controller>& controller, Attention& attention,
                  std::function<void()> work);

  /// The latest report, as a verdict. Context: run() returned false.
  Verdict verdict_so_far() const;

 private:
  using Clock = std::chrono::steady_clock;

  void execute(std::function<void()> work);
  bool has_ended_within(std::chrono::milliseconds time);
  void attend(Attention& attention);
  void save_new_state();

  struct Report {
    Verdict verdict;
    double share_done = 0;
    bool is_new = false;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
  std::exception_ptr error_;
  Report report_;
  std::optional<std::string> new_state_;
  std::function<void(const std::string& state)> save_;  ///< Called on the caller's thread only.
  std::atomic<bool> must_end_{false};
  std::atomic<Clock::time_point> time_limit_{Clock::time_point::max()};
};

}  // namespace rcuscope::bindings
