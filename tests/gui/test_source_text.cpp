// SPDX-License-Identifier: LGPL-2.1-or-later
// Source files and their words.
#include "source_text.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace rcuscope::gui {
namespace {

TEST(SourceText, words_together_are_the_line) {
  for (const std::string line : {"  if (w.read(gdev->dev) == dev) return gdev;  // found", "",
                                 "/* a", "x", " * b", "a/b#c"}) {
    std::string together;
    for (const Word& word : split_words(line)) together += word.text;
    EXPECT_EQ(together, line);
  }
}

TEST(SourceText, keywords_calls_numbers_and_comments_are_told_apart) {
  const auto words = split_words("if (f(42)) g; // why");
  ASSERT_GE(words.size(), 5u);
  EXPECT_EQ(words[0].kind, WordKind::keyword);
  EXPECT_EQ(words[2].kind, WordKind::call);
  EXPECT_EQ(words[4].kind, WordKind::number);
  EXPECT_EQ(words.back().kind, WordKind::comment);
}

TEST(SourceText, line_beyond_the_end_is_not_found) {
  SourceFiles files;
  const std::string path = RCUSCOPE_SOURCE_DIR "/core/base/place.h";
  const auto* lines = files.find(path, 1);
  ASSERT_NE(lines, nullptr);
  EXPECT_EQ(lines->front(), "// SPDX-License-Identifier: LGPL-2.1-or-later");
  EXPECT_EQ(files.find(path, 100'000), nullptr);
  EXPECT_EQ(files.find(path, 0), nullptr);
}

TEST(SourceText, source_of_the_machinery_is_found_from_anywhere) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path("/");
  SourceFiles files;
  const auto* lines = files.find("core/iommu/remove.h", 1);
  const auto* from_below = files.find("../../core/iommu/remove.h", 1);
  std::filesystem::current_path(before);
  ASSERT_NE(lines, nullptr);
  ASSERT_NE(from_below, nullptr) << "as a compiler names it that was started in a build directory";
  EXPECT_EQ(lines->front(), "// SPDX-License-Identifier: LGPL-2.1-or-later");
}

TEST(SourceText, missing_file_and_directory_are_not_found) {
  SourceFiles files;
  EXPECT_EQ(files.find("no/such/file", 1), nullptr);
  EXPECT_EQ(files.find("/", 1), nullptr);
  EXPECT_EQ(files.find("", 1), nullptr);
}

}  // namespace
}  // namespace rcuscope::gui
