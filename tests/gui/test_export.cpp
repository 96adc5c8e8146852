// SPDX-License-Identifier: LGPL-2.1-or-later
// Export: the GIF is decoded again by a reader of its own; keys write files from the window.
#include "export.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "gif.h"
#include "gui/fixtures.h"

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

/// A plain reader of the code stream: the other half of compress_gif().
std::vector<std::uint8_t> decompress(const std::string& bytes) {
  std::string data;
  for (std::size_t at = 1; at < bytes.size() && bytes[at] != 0;) {
    const auto size = static_cast<unsigned char>(bytes[at]);
    data += bytes.substr(at + 1, size);
    at += size + 1;
  }
  std::vector<std::string> table;
  const auto reset = [&] {
    table.clear();
    for (int i = 0; i < 258; ++i) table.push_back(std::string(1, static_cast<char>(i)));
  };
  std::vector<std::uint8_t> out;
  std::string previous;
  std::size_t bit = 0;
  int width = 9;
  reset();
  for (;;) {
    unsigned code = 0;
    for (int i = 0; i < width; ++i, ++bit) {
      if (bit / 8 >= data.size()) return out;
      code |= static_cast<unsigned>(static_cast<unsigned char>(data[bit / 8]) >> bit % 8 & 1) << i;
    }
    if (code == 257) return out;
    if (code == 256) {
      reset();
      width = 9;
      previous.clear();
      continue;
    }
    std::string entry = code < table.size() ? table[code] : previous + previous[0];
    out.insert(out.end(), entry.begin(), entry.end());
    if (!previous.empty() && table.size() < 4096) table.push_back(previous + entry[0]);
    if (table.size() == (std::size_t{1} << width) && width < 12) ++width;
    previous = entry;
  }
}

TEST(Gif, codes_are_read_back) {
  std::vector<std::uint8_t> noise, plain(100'000, 7), pattern;
  std::uint32_t state = 1;
  for (int i = 0; i < 60'000; ++i) {
    state = state * 1664525 + 1013904223;
    noise.push_back(static_cast<std::uint8_t>(state >> 24));
    pattern.push_back(static_cast<std::uint8_t>(i / 7 % 5));
  }
  for (const auto& indices : {noise, plain, pattern, std::vector<std::uint8_t>{3}}) {
    EXPECT_EQ(decompress(compress_gif(indices)), indices);
  }
  EXPECT_LT(compress_gif(plain).size(), 2'000u);
}

TEST(Gif, has_the_form_of_a_file) {
  Image image{3, 2, std::vector<std::uint8_t>(24, 255)};
  GifMaker gif;
  gif.add(image, 20);
  image.rgba[0] = 0;
  gif.add(image, 20);
  const std::string bytes = gif.finish();
  EXPECT_TRUE(bytes.starts_with("GIF89a"));
  EXPECT_EQ(bytes.back(), ';');
  EXPECT_NE(bytes.find("NETSCAPE2.0"), std::string::npos);
}

class InFolder {
 public:
  InFolder() : before_(fs::current_path()) {
    path = fs::temp_directory_path() / ("rcuscope-export-" + std::to_string(getpid()));
    fs::remove_all(path);
    fs::create_directory(path);
    fs::current_path(path);
  }
  ~InFolder() {
    fs::current_path(before_);
    fs::remove_all(path);
  }
  fs::path path;

 private:
  fs::path before_;
};

TEST(Export, never_writes_over_a_file) {
  const InFolder folder;
  EXPECT_EQ(free_name(folder.path, ExportKind::png).filename(), "rcuscope-1.png");
  std::ofstream(folder.path / "rcuscope-1.png") << "mine";
  EXPECT_EQ(free_name(folder.path, ExportKind::png).filename(), "rcuscope-2.png");
}

TEST(Export, keys_write_picture_and_drawing) {
  const InFolder folder;
  const auto app = test::make_app(test::faulty_session(), 1, {640, 480});
  app->run_script("type v; wait 1; type x");
  EXPECT_TRUE(fs::exists("rcuscope-1.svg"));
  for (int i = 0; i < 2'000 && !app->session().notice.ends_with("rcuscope-1.png"); ++i) {
    usleep(1'000);  // it is compressed beside the window
    app->frame();
  }
  EXPECT_EQ(app->session().notice, "saved " + (fs::current_path() / "rcuscope-1.png").string());
  EXPECT_GT(fs::file_size("rcuscope-1.png"), 1'000u);
}

TEST(Export, animation_is_made_frame_by_frame_and_can_be_cancelled) {
  const InFolder folder;
  const auto app = test::make_app(test::faulty_session(), 1, {320, 240});
  const Timestamp playhead = app->session().playback.playhead();
  app->run_script("type i; wait 5");
  EXPECT_TRUE(app->is_working());
  app->run_script("key escape; wait 2");
  EXPECT_FALSE(app->is_working());
  EXPECT_EQ(app->session().playback.playhead(), playhead);
  EXPECT_FALSE(fs::exists("rcuscope-1.gif"));
  app->run_script("type i; wait 50");
  EXPECT_FALSE(app->is_working());
  EXPECT_EQ(app->session().playback.playhead(), playhead);
  ASSERT_TRUE(fs::exists("rcuscope-1.gif"));
  EXPECT_GT(fs::file_size("rcuscope-1.gif"), 10'000u);
}

}  // namespace
}  // namespace rcuscope::gui
