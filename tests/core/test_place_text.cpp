// SPDX-License-Identifier: LGPL-2.1-or-later
// Tests of places in words.
#include "base/place_text.h"

#include <gtest/gtest.h>

namespace rcuscope {
namespace {

TEST(PlaceText, file_stands_without_its_folders) {
  EXPECT_EQ(place_text("core/iommu/remove.h", 769), "remove.h:769");
  EXPECT_EQ(place_text("mine.py", 3), "mine.py:3");
}

TEST(PlaceText, what_is_no_file_has_its_line_in_words) {
  EXPECT_EQ(place_text("cell 4", 15), "cell 4, line 15");
  EXPECT_EQ(place_text("<stdin>", 1), "<stdin>, line 1");
}

}  // namespace
}  // namespace rcuscope
