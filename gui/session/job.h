// SPDX-License-Identifier: LGPL-2.1-or-later
// Job: something long on a thread of its own, with progress, results and a way to stop it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rcuscope::gui {

class Workbench;

/// How far a job is; what it does not know stays 0.
struct JobProgress {
  std::uint64_t executions = 0;
  double estimate = 0;  ///< Of executions in all.
  std::size_t findings = 0;
  double share_done = 0;  ///< 0 to 1.
  std::string part;       ///< Which of many is under way.
};

/// What has to happen on the window's thread once a part of a job is done.
using Delivery = std::function<void(Workbench&)>;

/// The job's side of what it shares with the window. Context: the job's thread.
class Watch {
 public:
  Watch();
  /// Return: false once the job must end.
  bool report(JobProgress progress);
  void deliver(Delivery delivery);
  bool must_end() const;

 private:
  friend class Job;
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

/// Context: the window's thread.
class Job {
 public:
  enum class Kind : std::uint8_t { explore, run, matrix, open, step };

  /// Starts at once. What `work` throws is delivered as a failure of that title.
  Job(Kind kind, std::string title, std::function<void(Watch&)> work);
  /// Stops it, and leaves it behind if it does not end soon.
  ~Job();
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  Kind kind() const { return kind_; }
  const std::string& title() const { return title_; }
  JobProgress progress() const;
  double seconds() const;  ///< Since it was started.

  void cancel();
  bool is_cancelled() const;
  /// Cancelled, and for longer than it takes to end.
  bool is_stuck() const;
  bool is_over() const;
  std::vector<Delivery> take_deliveries();

 private:
  Kind kind_;
  std::string title_;
  std::shared_ptr<Watch::Shared> shared_;
  double start_seconds_;
  double cancel_seconds_ = 0;
};

}  // namespace rcuscope::gui
