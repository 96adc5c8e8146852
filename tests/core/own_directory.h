// SPDX-License-Identifier: LGPL-2.1-or-later
// A fixture for tests that write files.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace rcuscope::testing {

/// A directory for one test, gone afterwards.
class OwnDirectory : public ::testing::Test {
 protected:
  OwnDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "rcuscope-test-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~OwnDirectory() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path at(const char* name) const { return directory_ / name; }

  std::filesystem::path directory_;
};

}  // namespace rcuscope::testing
