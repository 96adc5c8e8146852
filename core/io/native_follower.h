// SPDX-License-Identifier: LGPL-2.1-or-later
// NativeFollower: reads a recording while it is being written, some events at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "trace/event.h"
#include "trace/store.h"

namespace rcuscope {

/// What has arrived since the last call, in order of time, also after what came before.
struct ArrivedEvents {
  TraceColumns columns;
  std::optional<TraceNames> names;  ///< All so far, if the first call or if there are new ones.
  std::uint64_t events_lost_count = 0;
  bool starts_anew = false;  ///< An event came later than could be waited for: all come again.
  bool is_finished = false;  ///< The recorder has closed the trace: load it as any other.
};

class NativeFollower {
 public:
  /// Throws: TraceFormatError, std::system_error.
  explicit NativeFollower(std::filesystem::path directory);

  /// Reads at most that many events; what is younger than `hold_back` waits for latecomers until
  /// nothing has come for a while. Throws: TraceFormatError.
  ArrivedEvents poll(std::size_t event_count_max);

 private:
  void read_names(ArrivedEvents& out);
  void read_packets(std::size_t event_count_max);
  bool read_packet();
  void take_event(const Event& event, std::size_t offset);
  void release(ArrivedEvents& out, Timestamp until);

  std::filesystem::path directory_;
  std::vector<std::optional<EventKind>> kinds_;
  std::size_t actor_count_ = 0, object_count_ = 0;
  std::filesystem::file_time_type definitions_time_{};
  std::uintmax_t definitions_size_ = 0;
  std::size_t offset_ = 0;            ///< Of the next packet in the events file.
  std::vector<Event> waiting_;        ///< Read, and perhaps too early to be given out.
  Timestamp newest_ = 0;              ///< Of all read.
  Timestamp released_ = 0;            ///< Of all given out.
  Timestamp hold_back_ = 50'000'000;  ///< Nanoseconds; grows when that was too short.
  std::uint64_t lost_count_ = 0;
  int idle_poll_count_ = 0;
  bool is_late_ = false;
};

}  // namespace rcuscope
