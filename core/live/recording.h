// SPDX-License-Identifier: LGPL-2.1-or-later
// Recording: the rings of a run's threads, and the thread that drains them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "live/options.h"
#include "trace/builder.h"
#include "trace/recorder.h"

namespace rcuscope::live {

class Recording {
 public:
  explicit Recording(const LiveOptions& options);
  ~Recording();

  /// Return: a ring for the calling thread; null when nothing is recorded. Owner: the Recording.
  EventRing* add_ring();
  std::uint64_t lost_count() const;
  /// Moves what was recorded so far to a builder, with time in the builder's clock.
  void move_to(TraceBuilder& builder);

 private:
  void drain_until_stopped();
  void drain();

  const TraceLevel level_;
  const std::uint32_t ring_slot_count_;
  const std::uint64_t event_count_max_;
  TscAnchors anchors_;
  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<EventRing>> rings_;
  std::vector<Event> events_;
  std::uint64_t surplus_count_ = 0;  // events beyond event_count_max
  std::thread drainer_;              // started with the first ring
};

}  // namespace rcuscope::live
