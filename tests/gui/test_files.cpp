// SPDX-License-Identifier: LGPL-2.1-or-later
// Files that are dragged in: opened beside the window, with progress, and cancelled by a click.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/error.h"
#include "core/own_directory.h"
#include "gui/fixtures.h"
#include "gui/toy_engine.h"
#include "io/format.h"

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

class Files : public testing::OwnDirectory {
 protected:
  void SetUp() override {
    save_native(sample::safe_trace(), safe());
    save_native(sample::use_after_free_trace(Clock::steps), faulty());
  }
  std::string safe() const { return at("safe").string(); }
  std::string faulty() const { return at("faulty").string(); }
};

TEST_F(Files, file_that_is_dropped_opens) {
  const auto app = test::make_app(test::safe_session());
  app->run_script("drop " + faulty() + "; settle");
  EXPECT_EQ(app->session().trace().clock(), Clock::steps);
  EXPECT_EQ(app->comparison(), nullptr);
  EXPECT_NE(app->text().find("use_after_free"), std::string::npos) << app->text();
}

TEST_F(Files, two_files_are_compared) {
  const auto app = test::make_app(test::faulty_session());
  app->run_script("drop " + safe() + " " + faulty() + "; settle");
  ASSERT_NE(app->comparison(), nullptr);
  EXPECT_EQ(app->session().trace().clock(), Clock::nanoseconds);
  EXPECT_NE(app->widgets().find("b.timeline"), nullptr);
  app->run_script("drop " + faulty() + "; settle");
  EXPECT_EQ(app->comparison(), nullptr) << "one alone is not compared with what was there";
}

TEST_F(Files, file_on_a_page_opens_the_timeline) {
  const auto app = test::make_app(Session(TraceStore()));
  app->attach(std::make_unique<Workbench>(std::make_shared<test::ToyEngine>()));
  app->run_script("wait 1; drop " + faulty() + "; settle");
  EXPECT_EQ(app->workbench()->page, Page::timeline);
  EXPECT_NE(app->widgets().find("timeline"), nullptr);
}

TEST_F(Files, what_is_no_trace_is_told_and_changes_nothing) {
  const auto app = test::make_app(test::faulty_session());
  const std::size_t before = app->session().trace().size();
  const fs::path text = at("notes.txt");
  std::ofstream(text) << "milk, eggs\n";
  for (const std::string& path : {text.string(), at("nothing").string()}) {
    app->run_script("drop " + path + "; settle");
    EXPECT_EQ(app->session().trace().size(), before);
    EXPECT_NE(app->session().notice.find(path), std::string::npos) << app->session().notice;
    app->session().notice.clear();
  }
  app->run_script("drop " + safe() + " " + text.string() + "; settle");
  EXPECT_EQ(app->comparison(), nullptr);
  EXPECT_NE(app->session().notice.find("notes.txt"), std::string::npos) << app->session().notice;
}

/// An app whose files are read when the test says so.
class SlowFiles : public Files {
 protected:
  void SetUp() override {
    Files::SetUp();
    app_ = test::make_app(test::safe_session());
    app_->use_reader([may_end = may_end_.get_future().share()](const std::string& path) {
      may_end.wait();
      return load_trace(path);
    });
    app_->run_script("drop " + faulty());
  }
  void TearDown() override { let_end(); }
  void let_end() {
    if (!std::exchange(has_ended_, true)) may_end_.set_value();
  }

  std::unique_ptr<App> app_;

 private:
  std::promise<void> may_end_;
  bool has_ended_ = false;
};

TEST_F(SlowFiles, progress_is_shown_once_it_takes_long_and_the_window_lives_on) {
  EXPECT_TRUE(app_->is_working());
  app_->run_script("pause 0.3");
  ASSERT_NE(app_->widgets().find("progress.cancel"), nullptr);
  const Timestamp before = app_->session().playback.playhead();
  app_->run_script("click step");
  EXPECT_GT(app_->session().playback.playhead(), before) << "the old trace can be used meanwhile";
  EXPECT_THROW(app_->run_script("settle 0.1"), UsageError) << "it has not ended";
  let_end();
  app_->run_script("settle");
  EXPECT_EQ(app_->widgets().find("progress.cancel"), nullptr);
  EXPECT_EQ(app_->session().trace().clock(), Clock::steps);
}

TEST_F(SlowFiles, cancel_keeps_what_was_open) {
  app_->run_script("pause 0.3; click progress.cancel; wait 1");
  EXPECT_FALSE(app_->is_working());
  EXPECT_EQ(app_->widgets().find("progress.cancel"), nullptr);
  let_end();
  app_->run_script("pause 0.1");
  EXPECT_EQ(app_->session().trace().clock(), Clock::nanoseconds) << "it came back";
}

TEST_F(SlowFiles, escape_cancels_both_of_two) {
  app_->run_script("drop " + faulty() + " " + safe() + "; key escape; wait 1");
  EXPECT_FALSE(app_->is_working());
  let_end();
  app_->run_script("pause 0.1");
  EXPECT_EQ(app_->comparison(), nullptr);
}

TEST_F(SlowFiles, closing_the_window_waits_for_no_reading) {
  EXPECT_TRUE(app_->has_unfinished_reading());
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::seconds(3));
    let_end();
  });
  const auto start = std::chrono::steady_clock::now();
  app_.reset();
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
  EXPECT_LT(passed.count(), 2);
  later.join();
}

TEST_F(SlowFiles, what_was_cancelled_is_known_until_it_has_ended) {
  app_->run_script("key escape; wait 1");
  EXPECT_FALSE(app_->is_working());
  EXPECT_TRUE(app_->has_unfinished_reading());
  let_end();
  for (int i = 0; i < 500 && app_->has_unfinished_reading(); ++i) app_->run_script("pause 0.01");
  EXPECT_FALSE(app_->has_unfinished_reading());
}

TEST_F(SlowFiles, next_file_takes_the_place_of_the_one_before) {
  app_->use_reader({});
  app_->run_script("drop " + safe() + "; settle");
  EXPECT_EQ(app_->session().trace().clock(), Clock::nanoseconds);
  let_end();
  app_->run_script("pause 0.1");
  EXPECT_EQ(app_->session().trace().clock(), Clock::nanoseconds);
}

}  // namespace
}  // namespace rcuscope::gui
