// SPDX-License-Identifier: LGPL-2.1-or-later
// Recording into a native trace: batches that overlap, names that come late, what a reader is told.
#include "io/native_recorder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/error.h"
#include "io/format.h"
#include "io/native.h"

namespace rcuscope {
namespace {

class NativeRecorder : public testing::Test {
 protected:
  NativeRecorder()
      : directory_(std::filesystem::temp_directory_path() /
                   ("rcuscope-recorder-" +
                    std::to_string(::testing::UnitTest::GetInstance()->random_seed()) +
                    testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(directory_);
  }
  ~NativeRecorder() override { std::filesystem::remove_all(directory_); }

  static Event event_at(Timestamp time, std::uint16_t actor) {
    Event event;
    event.time = time;
    event.kind = EventKind::actor_start;
    event.actor = actor;
    return event;
  }
  static TraceNames names(int actors) {
    TraceNames names;
    for (int i = 0; i < actors; ++i)
      names.actors.push_back({"actor " + std::to_string(i), ActorKind::process, {}});
    return names;
  }

  const std::filesystem::path directory_;
};

TEST_F(NativeRecorder, batches_that_overlap_come_back_in_order_of_time) {
  const auto recorder = record_native(directory_, Clock::nanoseconds);
  recorder->write({{event_at(10, 0), event_at(30, 0)}, names(1), 0});
  recorder->write({{event_at(20, 1), event_at(40, 1)}, names(2), 7});
  const TraceStore trace = recover_native(directory_);
  EXPECT_EQ(trace.columns().time, (std::vector<std::int64_t>{10, 20, 30, 40}));
  EXPECT_EQ(trace.columns().actor, (std::vector<std::int32_t>{0, 1, 0, 1}));
  EXPECT_EQ(trace.actor_name(1), "actor 1");
  EXPECT_EQ(trace.events_lost_count(), 7U);
  EXPECT_EQ(trace.names().metadata.at("recovered"), "4 events of a recording that was cut off");
}

TEST_F(NativeRecorder, half_a_packet_is_left_out) {
  const auto recorder = record_native(directory_, Clock::steps);
  recorder->write({{event_at(1, 0)}, names(1), 0});
  recorder->write({{event_at(2, 0)}, std::nullopt, 0});
  const auto events = directory_ / "events";
  std::filesystem::resize_file(events, std::filesystem::file_size(events) - 1);
  EXPECT_EQ(recover_native(directory_).size(), 1U);
}

TEST_F(NativeRecorder, unfinished_trace_is_refused_with_a_remedy) {
  const auto recorder = record_native(directory_, Clock::steps);
  recorder->write({{event_at(1, 0)}, names(1), 0});
  try {
    load_trace(directory_);
    FAIL() << "an unfinished trace was read";
  } catch (const TraceFormatError& error) {
    EXPECT_NE(std::string(error.what()).find("recover=True"), std::string::npos) << error.what();
  }
}

TEST_F(NativeRecorder, saving_takes_the_place_of_the_recording) {
  const auto recorder = record_native(directory_, Clock::steps);
  recorder->write({{event_at(1, 0)}, names(1), 0});
  save_native(recover_native(directory_), directory_);
  EXPECT_EQ(load_trace(directory_).size(), 1U);
}

TEST_F(NativeRecorder, nothing_recorded_yet_is_an_empty_trace) {
  const auto recorder = record_native(directory_, Clock::steps);
  EXPECT_EQ(recover_native(directory_).size(), 0U);
}

TEST_F(NativeRecorder, existing_path_is_left_alone) {
  std::ofstream(directory_) << "mine";
  EXPECT_THROW(record_native(directory_, Clock::steps), UsageError);
  EXPECT_EQ(std::filesystem::file_size(directory_), 4U);
}

}  // namespace
}  // namespace rcuscope
