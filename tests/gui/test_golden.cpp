// SPDX-License-Identifier: LGPL-2.1-or-later
// Golden images: pictures of the CPU rasteriser that must not change by one bit of one pixel.
//
// They are exact where fonts, FreeType, Dear ImGui, libm and the processor are those that they were
// made with, which golden/made_with.txt tells. Dear ImGui takes the direction of each line from
// the processor's approximate reciprocal square root, which differs between vendors: where nothing
// else differs, edges may. Elsewhere the comparison is skipped and says what differs.
// RCUSCOPE_NEW_GOLDEN=1 makes them anew: run this program with it, and look at them. A failure
// leaves the picture, and one of the difference, in the directory that its message names.
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

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

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

/// A hash of the approximate reciprocal square roots of 4 096 numbers.
std::uint64_t hash_of_square_roots() {
  std::string results;
#if defined(__SSE__)
  for (int i = 1; i <= 4096; ++i) {
    float root = 0;
    _mm_store_ss(&root, _mm_rsqrt_ss(_mm_set_ss(static_cast<float>(i) * 0.37f)));
    results.append(reinterpret_cast<const char*>(&root), sizeof root);
  }
#endif
  return hash_of(results);
}

constexpr const char* square_root_line = "approximate square roots ";

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
  text << square_root_line << std::hex << hash_of_square_roots() << std::dec << "\n";
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

/// Without the line about square roots.
std::string but_for_square_roots(const std::string& made_with_text) {
  std::istringstream lines(made_with_text);
  std::string kept, line;
  while (std::getline(lines, line)) {
    if (!line.starts_with(square_root_line)) kept += line + "\n";
  }
  return kept;
}

// ---- comparing

/// Of another vendor's processor: the blurred edge of lines, in few pixels.
struct Tolerance {
  int level = 0;     ///< Of 255: what a colour may differ.
  double share = 0;  ///< Of all pixels, that may differ at all.
};
constexpr Tolerance exact{}, blurred_edges{64, 0.01};

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

struct Difference {
  std::size_t pixel_count = 0;
  int level = 0;  ///< The largest, of one colour of one pixel.

  bool is_within(const Tolerance& tolerance, const Image& image) const {
    const double share = static_cast<double>(pixel_count) / (image.width * image.height);
    return level <= tolerance.level && share <= tolerance.share;
  }
};

/// `marked`: the picture in grey, with what differs in red.
Difference mark_difference(const Image& seen, const Image& golden, Image& marked) {
  Difference found;
  marked = seen;
  for (std::size_t i = 0; i < seen.rgba.size(); i += 4) {
    const bool differs = !std::equal(seen.rgba.begin() + static_cast<std::ptrdiff_t>(i),
                                     seen.rgba.begin() + static_cast<std::ptrdiff_t>(i + 4),
                                     golden.rgba.begin() + static_cast<std::ptrdiff_t>(i));
    const int sum = seen.rgba[i] + seen.rgba[i + 1] + seen.rgba[i + 2];
    const auto grey = static_cast<std::uint8_t>(170 + sum / 9);
    marked.rgba[i] = differs ? 255 : grey;
    marked.rgba[i + 1] = marked.rgba[i + 2] = differs ? 0 : grey;
    found.pixel_count += differs ? 1 : 0;
    for (std::size_t c = i; c < i + 4; ++c) {
      found.level = std::max(found.level, std::abs(seen.rgba[c] - golden.rgba[c]));
    }
  }
  return found;
}

/// What is wrong with a picture; empty = nothing.
std::string fault_of(const Image& seen, const std::string& name, const Tolerance& tolerance) {
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
  const Difference found = mark_difference(seen, golden, difference);
  if (found.is_within(tolerance, seen)) return {};
  save_png(seen, actual);
  save_png(difference, marked);
  return std::to_string(found.pixel_count) + " pixels differ from " + name + ".png: see " +
         actual.string() + " and, in red, " + marked.string() + remedy;
}

// ---- the pictures

constexpr WindowSize golden_size{1280, 720};

std::unique_ptr<App> golden_app(Session session, WindowSize framebuffer = golden_size,
                                float scale = 1) {
  auto app = std::make_unique<App>(
      std::move(session), [=] { return make_headless_window(framebuffer, scale); },
      fonts_of_the_system);
  app->frame();
  app->frame();
  return app;
}

std::unique_ptr<App> golden_page(const std::string& script, WindowSize size = golden_size) {
  auto app = golden_app(Session(TraceStore()), size);
  app->attach(std::make_unique<Workbench>(std::make_shared<test::ToyEngine>()));
  app->run_script(script);
  return app;
}

class Golden : public testing::Test {
 protected:
  static bool makes_anew() { return std::getenv("RCUSCOPE_NEW_GOLDEN") != nullptr; }

  void SetUp() override {
    if (makes_anew()) std::ofstream(golden_directory / "made_with.txt") << made_with();
    const std::string there = contents(golden_directory / "made_with.txt"), here = made_with();
    const std::string obstacle =
        differing_lines(but_for_square_roots(here), but_for_square_roots(there));
    if (!obstacle.empty()) GTEST_SKIP() << "pictures are exact only with " << obstacle;
    tolerance_ = here == there ? exact : blurred_edges;
  }

  void check(App& app, const std::string& name) const {
    app.frame();
    app.frame();
    const Image seen = app.screenshot();
    if (makes_anew()) save_png(seen, golden_directory / (name + ".png"));
    EXPECT_EQ(fault_of(seen, name, tolerance_), "");
  }

 private:
  Tolerance tolerance_;
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

/// A page before anything is explored, in the other theme and in a small window.
TEST_F(Golden, session_page_small_dark) {
  check(*golden_page("click theme; click offer:fine", {1000, 700}), "session_page_small_dark");
}

TEST_F(Golden, scheduler_small_dark) {
  check(*golden_page("click theme; click offer:fine; click be.scheduler; settle", {1000, 700}),
        "scheduler_small_dark");
}

/// Twice the pixels of the design, in a window as narrow as they come.
TEST_F(Golden, timeline_2x) {
  Session session = test::safe_session();
  session.searched = "1 284 of 1 284 schedules";
  check(*golden_app(std::move(session), {1800, 1200}, 2), "timeline_2x");
}

/// dev->iommu, freed while a reader and an updater hold it, and two findings at one point.
TEST_F(Golden, dev_iommu_and_two_findings) {
  sample::Story s(Clock::steps);
  const ObjectId iommu = s.out.builder().add_object({"dev->iommu of 0000:01:00.0", "dev_iommu"});
  s.at(0, s.setup, EventKind::get_device, {.object = s.devices[0], .value = 2});
  s.at(1, s.setup, EventKind::kmalloc, {.object = iommu});
  s.at(2, s.setup, EventKind::list_add_tail_rcu, {.object = s.gdevs[0], .value = s.list.value});
  s.at(4, s.time_out, EventKind::actor_start);
  s.at(5, s.time_out, EventKind::rcu_read_lock, {.value = 1});
  s.at(6, s.time_out, EventKind::rcu_dereference, {.object = s.gdevs[0]});
  s.at(7, s.time_out, EventKind::rcu_dereference, {.object = s.devices[0]});
  s.at(8, s.remover, EventKind::actor_start);
  s.at(9, s.remover, EventKind::mutex_lock, {.object = s.mutex});
  s.at(10, s.remover, EventKind::list_del_rcu, {.object = s.gdevs[0]});
  s.at(12, s.remover, EventKind::kfree, {.object = iommu});
  for (const FindingKind kind : {FindingKind::data_race, FindingKind::use_after_free}) {
    s.at(13, s.time_out, EventKind::finding,
         {.object = iommu,
          .value = static_cast<std::int64_t>(kind),
          .flags = event_flag::error | event_flag::in_reader});
  }
  const auto app = golden_app(Session(s.out.build()));
  app->run_script("type g; wait 2; key end; wait 2");
  check(*app, "dev_iommu_and_two_findings");
}

// ---- the comparison itself

TEST(GoldenComparison, one_bit_of_one_pixel_is_seen_and_shown) {
  Image golden{4, 2, std::vector<std::uint8_t>(32, 255)};
  Image seen = golden, marked;
  EXPECT_TRUE(mark_difference(seen, golden, marked).is_within(exact, seen));
  seen.rgba[21] ^= 1;
  EXPECT_EQ(mark_difference(seen, golden, marked).pixel_count, 1u);
  EXPECT_FALSE(mark_difference(seen, golden, marked).is_within(exact, seen));
  EXPECT_EQ(marked.rgb(1, 1), 0xff0000u);
  EXPECT_NE(marked.rgb(0, 0), 0xff0000u);
}

TEST(GoldenComparison, another_processor_may_blur_edges_and_no_more) {
  const Image golden{200, 100, std::vector<std::uint8_t>(80'000, 255)};
  Image seen = golden, marked;
  for (std::size_t i = 0; i < 200; ++i) seen.rgba[i * 4] -= 40;
  EXPECT_TRUE(mark_difference(seen, golden, marked).is_within(blurred_edges, seen));
  seen.rgba[0] = 100;
  EXPECT_FALSE(mark_difference(seen, golden, marked).is_within(blurred_edges, seen))
      << "another colour";
  seen = golden;
  for (std::size_t i = 0; i < 201; ++i) seen.rgba[i * 4] -= 1;
  EXPECT_FALSE(mark_difference(seen, golden, marked).is_within(blurred_edges, seen)) << "too many";
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
