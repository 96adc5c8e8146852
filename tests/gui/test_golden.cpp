// SPDX-License-Identifier: LGPL-2.1-or-later
// Golden images: pictures of the CPU rasteriser that must not change by one bit of one pixel.
//
// They are exact where fonts, FreeType, Dear ImGui, libm and the processor are those that they were
// made with, which golden/made_with.txt tells; elsewhere the comparison is skipped and says what
// differs. RCUSCOPE_NEW_GOLDEN=1 makes them anew: run this program with it, and look at them. A
// failure leaves the picture, and one of the difference, in the directory that its message names.
#include <ft2build.h>
#include FT_FREETYPE_H
#include <gnu/libc-version.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "app.h"
#include "gui/fixtures.h"
#include "gui/toy_engine.h"
#include "imgui_compat.h"

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wuseless-cast"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wcast-qual"
#include <stb_image.h>
#pragma GCC diagnostic pop

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

const fs::path golden_directory = RCUSCOPE_GOLDEN_DIR;

// ---- what a picture depends on besides this program

/// The system's own fonts: the subsets beside the program depend on what made them.
const std::vector<fs::path> fonts_of_the_system = {"/usr/share/fonts/opentype/inter",
                                                   "/usr/share/fonts/truetype/inter",
                                                   "/usr/share/fonts/truetype/jetbrains-mono"};

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// FNV-1a.
std::uint64_t hash_of(const std::string& bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= 0x100000001b3;
  }
  return hash;
}

std::string freetype_version() {
  FT_Library library = nullptr;
  if (FT_Init_FreeType(&library) != 0) return "unknown";
  FT_Int major = 0, minor = 0, patch = 0;
  FT_Library_Version(library, &major, &minor, &patch);
  FT_Done_FreeType(library);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string made_with() {
  std::ostringstream text;
  text << "Dear ImGui " << IMGUI_VERSION << "\nFreeType " << freetype_version() << "\nglibc "
       << gnu_get_libc_version() << "\n";
#if defined(__x86_64__)
  text << "processor x86-64\n";
#elif defined(__aarch64__)
  text << "processor aarch64\n";
#else
  text << "processor unknown\n";
#endif
  for (const char* face : {"Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf",
                           "JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf"}) {
    text << face << " ";
    fs::path file;
    for (const fs::path& directory : fonts_of_the_system) {
      if (fs::exists(directory / face)) file = directory / face;
    }
    if (file.empty()) {
      text << "missing\n";
    } else {
      text << std::hex << hash_of(contents(file)) << std::dec << "\n";
    }
  }
  return text.str();
}

/// The lines that differ, "FreeType 2.13.0 (goldens: FreeType 2.12.1)"; empty = none.
std::string differing_lines(const std::string& here, const std::string& there) {
  std::istringstream a(here), b(there);
  std::string result, line, golden;
  while (std::getline(a, line)) {
    if (!std::getline(b, golden)) golden = "nothing";
    if (line != golden)
      result += (result.empty() ? "" : ", ") + line + " (goldens: " + golden + ")";
  }
  return result;
}

// ---- comparing

Image load_png(const fs::path& path) {
  const std::string file = contents(path);
  Image image;
  int channels = 0;
  const std::unique_ptr<unsigned char, decltype(&stbi_image_free)> pixels(
      stbi_load_from_memory(reinterpret_cast<const unsigned char*>(file.data()),
                            static_cast<int>(file.size()), &image.width, &image.height, &channels,
                            4),
      &stbi_image_free);
  if (pixels == nullptr) return {};
  image.rgba.assign(pixels.get(),
                    pixels.get() + static_cast<std::ptrdiff_t>(image.width) * image.height * 4);
  return image;
}

/// The picture in grey, with what differs in red. Return: the number of pixels that differ.
std::size_t mark_difference(const Image& seen, const Image& golden, Image& marked) {
  std::size_t count = 0;
  marked = seen;
  for (std::size_t i = 0; i < seen.rgba.size(); i += 4) {
    const bool differs = !std::equal(seen.rgba.begin() + static_cast<std::ptrdiff_t>(i),
                                     seen.rgba.begin() + static_cast<std::ptrdiff_t>(i + 4),
                                     golden.rgba.begin() + static_cast<std::ptrdiff_t>(i));
    const int sum = seen.rgba[i] + seen.rgba[i + 1] + seen.rgba[i + 2];
    const auto grey = static_cast<std::uint8_t>(170 + sum / 9);
    marked.rgba[i] = differs ? 255 : grey;
    marked.rgba[i + 1] = marked.rgba[i + 2] = differs ? 0 : grey;
    count += differs ? 1 : 0;
  }
  return count;
}

/// What is wrong with a picture; empty = nothing.
std::string fault_of(const Image& seen, const std::string& name) {
  const Image golden = load_png(golden_directory / (name + ".png"));
  const fs::path left = fs::path(testing::TempDir()) / "rcuscope-golden";
  const std::string remedy =
      "; if that is how it should look, run this test with RCUSCOPE_NEW_GOLDEN=1";
  fs::create_directories(left);
  const fs::path actual = left / (name + ".actual.png"), marked = left / (name + ".difference.png");
  if (golden.width != seen.width || golden.height != seen.height) {
    save_png(seen, actual);
    return name + ".png is " + std::to_string(golden.width) + " x " +
           std::to_string(golden.height) + ", the picture " + std::to_string(seen.width) + " x " +
           std::to_string(seen.height) + ": " + actual.string() + remedy;
  }
  Image difference;
  const std::size_t count = mark_difference(seen, golden, difference);
  if (count == 0) return {};
  save_png(seen, actual);
  save_png(difference, marked);
  return std::to_string(count) + " pixels differ from " + name + ".png: see " + actual.string() +
         " and, in red, " + marked.string() + remedy;
}

// ---- the pictures

constexpr WindowSize golden_size{1280, 720};

std::unique_ptr<App> golden_app(Session session) {
  auto app = std::make_unique<App>(
      std::move(session), [] { return make_headless_window(golden_size, 1); }, fonts_of_the_system);
  app->frame();
  app->frame();
  return app;
}

std::unique_ptr<App> golden_page(const std::string& script) {
  auto app = golden_app(Session(TraceStore()));
  app->attach(std::make_unique<Workbench>(std::make_shared<test::ToyEngine>()));
  app->run_script(script);
  return app;
}

class Golden : public testing::Test {
 protected:
  static bool makes_anew() { return std::getenv("RCUSCOPE_NEW_GOLDEN") != nullptr; }

  void SetUp() override {
    if (makes_anew()) std::ofstream(golden_directory / "made_with.txt") << made_with();
    const std::string obstacle =
        differing_lines(made_with(), contents(golden_directory / "made_with.txt"));
    if (!obstacle.empty()) GTEST_SKIP() << "pictures are exact only with " << obstacle;
  }

  static void check(App& app, const std::string& name) {
    app.frame();
    app.frame();
    const Image seen = app.screenshot();
    if (makes_anew()) save_png(seen, golden_directory / (name + ".png"));
    EXPECT_EQ(fault_of(seen, name), "");
  }
};

TEST_F(Golden, timeline_light) { check(*golden_app(test::safe_session()), "timeline_light"); }

TEST_F(Golden, use_after_free_dark) {
  Session session = test::faulty_session();
  session.theme = ThemeName::dark;
  check(*golden_app(std::move(session)), "use_after_free_dark");
}

TEST_F(Golden, memory_graph) {
  const auto app = golden_app(test::faulty_session(Clock::steps));
  app->run_script("type g; wait 2");
  check(*app, "memory_graph");
}

TEST_F(Golden, compared_traces) {
  const auto app = golden_app(test::safe_session());
  app->compare(test::faulty_session(Clock::steps));
  check(*app, "compared_traces");
}

TEST_F(Golden, session_page) {
  check(*golden_page("click offer:broken; click explore; settle"), "session_page");
}

TEST_F(Golden, matrix) { check(*golden_page("click page.matrix"), "matrix"); }

TEST_F(Golden, scheduler) {
  check(*golden_page("click offer:fine; click be.scheduler; settle"), "scheduler");
}

// ---- the comparison itself

TEST(GoldenComparison, one_bit_of_one_pixel_is_seen_and_shown) {
  Image golden{4, 2, std::vector<std::uint8_t>(32, 255)};
  Image seen = golden, marked;
  EXPECT_EQ(mark_difference(seen, golden, marked), 0u);
  seen.rgba[21] ^= 1;
  EXPECT_EQ(mark_difference(seen, golden, marked), 1u);
  EXPECT_EQ(marked.rgb(1, 1), 0xff0000u);
  EXPECT_NE(marked.rgb(0, 0), 0xff0000u);
}

TEST(GoldenComparison, pixels_survive_the_file) {
  const auto app = test::make_app(test::safe_session(), 1, {300, 200});
  const Image image = app->screenshot();
  const fs::path file = fs::path(testing::TempDir()) / "rcuscope_pixels_survive.png";
  save_png(image, file);
  EXPECT_EQ(load_png(file).rgba, image.rgba);
  fs::remove(file);
}

TEST(GoldenComparison, another_version_is_named) {
  EXPECT_EQ(differing_lines("FreeType 2\nglibc 2\n", "FreeType 1\nglibc 2\n"),
            "FreeType 2 (goldens: FreeType 1)");
  EXPECT_EQ(differing_lines(made_with(), made_with()), "");
}

}  // namespace
}  // namespace rcuscope::gui
