// SPDX-License-Identifier: LGPL-2.1-or-later
// InputLog: each input in a line behind the playhead that it led to.
#include "input_log.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "core/own_directory.h"
#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

class Logged : public testing::OwnDirectory {
 protected:
  std::string text() const {
    std::ifstream file(at("input.log"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

TEST_F(Logged, inputs_stand_in_their_order_with_what_they_led_to) {
  const auto app = test::make_app(test::safe_session(Clock::steps));
  app->log_input(at("input.log").string());
  const Timestamp start = app->session().playback.playhead();
  app->run_script("click step; key right; type z; key left shift; wheel timeline 2 ctrl");
  const auto line = [](Timestamp playhead, const std::string& input) {
    return std::to_string(playhead) + " " + input + "\n";
  };
  const Timestamp end = app->session().playback.playhead();
  EXPECT_EQ(text(), line(start + 1, "click step") + line(start + 2, "key right") +
                        line(start + 2, "key z") + line(end, "key shift left") +
                        line(end, "wheel 2 ctrl"));
}

TEST_F(Logged, drag_tells_its_length) {
  const auto app = test::make_app(test::safe_session());
  app->log_input(at("input.log").string());
  app->run_script("drag timeline 120 -30");
  EXPECT_NE(text().find(" drag 120 -30\n"), std::string::npos) << text();
}

TEST_F(Logged, file_that_cannot_be_written_is_named) {
  const auto app = test::make_app(test::safe_session());
  try {
    app->log_input("/no/such/directory/log");
    FAIL();
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/directory/log"), std::string::npos);
  }
}

}  // namespace
}  // namespace rcuscope::gui
