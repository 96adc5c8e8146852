// SPDX-License-Identifier: LGPL-2.1-or-later
// The program rcuscope-viewer as a user meets it: exit codes, one line of complaint, a PNG.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/sample_trace.h"
#include "io/format.h"

namespace rcuscope::gui {
namespace {

struct Outcome {
  int status = -1;
  std::string output;
};

class Viewer : public testing::Test {
 protected:
  void SetUp() override {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    program_ = self.parent_path() / "rcuscope-viewer";
    if (!std::filesystem::exists(program_)) GTEST_SKIP() << program_ << " is not built";
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    save_native(sample::safe_trace(), trace());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path trace() const { return folder_ / "trace"; }
  std::filesystem::path picture() const { return folder_ / "out.png"; }

  Outcome run(const std::string& arguments) const {
    const std::string command =
        "env -u DISPLAY -u WAYLAND_DISPLAY " + program_.string() + " " + arguments + " 2>&1";
    Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 256> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr)
      outcome.output += buffer.data();
    const int status = pclose(pipe);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return outcome;
  }

  static void expect_one_line(const Outcome& outcome) {
    EXPECT_EQ(outcome.output.find("rcuscope-viewer: "), 0u) << outcome.output;
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  }

  std::filesystem::path program_, folder_;
};

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(Viewer, renders_the_same_picture_twice) {
  const std::string arguments = trace().string() + " --render " + picture().string();
  ASSERT_EQ(run(arguments).status, 0);
  const std::string first = contents(picture());
  EXPECT_EQ(first.substr(1, 3), "PNG");
  ASSERT_EQ(run(arguments).status, 0);
  EXPECT_EQ(contents(picture()), first);
}

TEST_F(Viewer, without_a_display_says_how_to_render) {
  const Outcome outcome = run(trace().string());
  EXPECT_EQ(outcome.status, 1);
  expect_one_line(outcome);
  EXPECT_NE(outcome.output.find("--render"), std::string::npos);
  EXPECT_NE(outcome.output.find("DISPLAY"), std::string::npos);
}

TEST_F(Viewer, without_a_trace_the_catalogue_opens) {
  const Outcome outcome =
      run("--script 'click offer:list_del; click explore; settle; dump; click finding:0; settle' "
          "--text --render " +
          picture().string());
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("verdict: list corruption"), std::string::npos) << outcome.output;
  EXPECT_NE(outcome.output.find("page: timeline"), std::string::npos);
  EXPECT_EQ(contents(picture()).substr(1, 3), "PNG");
  const Outcome windowed = run("");
  EXPECT_EQ(windowed.status, 1);
  expect_one_line(windowed);
  EXPECT_NE(windowed.output.find("DISPLAY"), std::string::npos);
}

TEST_F(Viewer, missing_trace_is_named) {
  const Outcome outcome = run("/no/such/trace --render " + picture().string());
  EXPECT_EQ(outcome.status, 1);
  expect_one_line(outcome);
  EXPECT_NE(outcome.output.find("/no/such/trace"), std::string::npos);
}

TEST_F(Viewer, damaged_trace_is_refused) {
  for (const auto& file : std::filesystem::directory_iterator(trace())) {
    std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  }
  const Outcome outcome = run(trace().string() + " --render " + picture().string());
  EXPECT_EQ(outcome.status, 1);
  expect_one_line(outcome);
}

TEST_F(Viewer, wrong_usage_exits_with_two) {
  for (const char* arguments : {"--at 3", "--bogus", "x --scale 0", "x --theme blue", "x y z"}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    expect_one_line(outcome);
  }
  const Outcome at = run(trace().string() + " --at never --render " + picture().string());
  EXPECT_EQ(at.status, 2);
}

TEST_F(Viewer, picture_that_cannot_be_written_is_named) {
  const Outcome outcome = run(trace().string() + " --render /no/such/folder/out.png");
  EXPECT_EQ(outcome.status, 1);
  expect_one_line(outcome);
}

TEST_F(Viewer, help_and_version_succeed) {
  EXPECT_EQ(run("--help").status, 0);
  EXPECT_NE(run("--version").output.find("rcuscope-viewer "), std::string::npos);
}

}  // namespace
}  // namespace rcuscope::gui
