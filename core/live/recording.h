// SPDX-License-Identifier: LGPL-2.1-or-later
// Recording: the rings of a run's threads, and the thread that drains them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "live/options.h"
#include "trace/builder.h"
#include "trace/recorder.h"
#include "trace/sink.h"

namespace rcuscope::live {

class Recording {
 public:
  explicit Recording(const LiveOptions& options);
  ~Recording();

  /// Return: a ring for the calling thread; null when nothing is recorded. Owner: the Recording.
  EventRing* add_ring();
  std::uint64_t lost_count() const;
  /// From now on what is drained goes to the sink, too; `new_names` gives all names if there are
  /// more of them than at its last call. Context: before the first ring.
  void set_sink(std::shared_ptr<EventSink> sink,
                std::function<std::optional<TraceNames>()> new_names);
  /// Moves what was recorded so far to a builder, with time in the builder's clock.
  /// Throws what the sink threw.
  void move_to(TraceBuilder& builder);

 private:
  /// One thread's ring and what it held before.
  struct Track {
    std::unique_ptr<EventRing> ring;
    EventPieces events;
    std::size_t given_count = 0;  ///< Of events, to the sink.
  };

  void drain_until_stopped();
  void drain();
  bool give_to_sink();
  void give_part(std::size_t records_max);
  std::uint64_t lost_count_locked() const;
  /// In order of time in the builder's clock, with the records of whole sections taken apart.
  std::vector<Event> converted(const Track& track, std::size_t first, std::size_t last) const;

  const TraceLevel level_;
  const std::uint32_t ring_slot_count_;
  const std::uint64_t event_count_max_;
  TscAnchors anchors_;
  mutable std::mutex mutex_;
  std::condition_variable stop_requested_;
  bool is_stopping_ = false;
  std::vector<std::unique_ptr<Track>> tracks_;
  std::uint64_t event_count_ = 0;  // of all tracks
  std::shared_ptr<EventSink> sink_;
  std::function<std::optional<TraceNames>()> new_names_;
  std::exception_ptr sink_error_;    // the sink gets nothing more
  std::uint64_t surplus_count_ = 0;  // events beyond event_count_max
  std::thread drainer_;              // started with the first ring
};

}  // namespace rcuscope::live
