// SPDX-License-Identifier: LGPL-2.1-or-later
// One frame: input, keys, panels; and the loop that sleeps while nothing moves.
#include "app.h"

#include <imgui.h>

#include <algorithm>
#include <utility>

#include "keys.h"
#include "panels/panels.h"
#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

// Lengths of the design, before scaling.
constexpr float bar_height = 52;
constexpr float inspector_width = 336;
constexpr float actors_height = 238;
constexpr float overview_height = 64;

/// Panels give way in a small window: the timeline is what the viewer is for.
struct Frames {
  Rect bar, timeline, overview, inspector, actors;
};

Frames split_screen(const Rect& screen, float scale) {
  const float width = screen.width() / scale, height = screen.height() / scale;
  const float right = width < 900 ? 0 : inspector_width * scale;
  const float bottom = height < 520 ? 0 : std::min(actors_height, height * 0.34f) * scale;
  const float strip = height < 360 ? 0 : overview_height * scale;
  Frames f;
  f.bar = {screen.x0, screen.y0, screen.x1, screen.y0 + bar_height * scale};
  f.actors = {screen.x0, screen.y1 - bottom, screen.x1, screen.y1};
  f.inspector = {screen.x1 - right, f.bar.y1, screen.x1, f.actors.y0};
  f.overview = {screen.x0, f.actors.y0 - strip, f.inspector.x0, f.actors.y0};
  f.timeline = {screen.x0, f.bar.y1, f.inspector.x0, f.overview.y0};
  return f;
}

constexpr ImGuiWindowFlags window_flags =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoScrollWithMouse |
    ImGuiWindowFlags_NoNav;

}  // namespace

App::App(Session session, const WindowFactory& make_window,
         std::vector<std::filesystem::path> font_directories)
    : session_(std::move(session)),
      font_directories_(std::move(font_directories)),
      context_(ImGui::CreateContext()) {
  ImGui::SetCurrentContext(context_);
  ImGui::GetIO().IniFilename = nullptr;  // the viewer writes no files of its own
  try {
    window_ = make_window();
  } catch (...) {
    ImGui::DestroyContext(context_);
    throw;
  }
}

App::~App() {
  ImGui::SetCurrentContext(context_);
  window_.reset();
  ImGui::DestroyContext(context_);
}

void App::update_fonts() {
  const float scale = window_->content_scale();
  if (scale == fonts_scale_) return;
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  fonts_ = load_fonts(atlas, scale, font_directories_);
  atlas.Build();
  window_->fonts_changed();
  fonts_scale_ = scale;
}

void App::frame() {
  ImGui::SetCurrentContext(context_);
  // Before begin_frame: its backends need a finished atlas.
  update_fonts();
  window_->begin_frame(input_);
  ImGui::NewFrame();
  const std::vector<KeyPress> keys = std::exchange(input_.keys, {});
  for (const KeyPress& press : keys) apply_key(session_, press);
  session_.advance(static_cast<double>(ImGui::GetIO().DeltaTime));
  draw();
  ImGui::Render();
  window_->end_frame();
}

void App::draw() {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const Rect screen{0, 0, size.x, size.y};
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin("rcuscope", nullptr, window_flags);
  theme_ = make_theme(session_.theme);
  Painter painter(ImGui::GetWindowDrawList(), theme_, fonts_, fonts_scale_);
  widgets_.clear();
  Ui ui{painter, widgets_};
  painter.fill(screen, theme_.background);
  // First come, first hovered: the overlay's area must be there before the panels'.
  if (session_.shows_help && ui.interact("help.close", screen).is_clicked) {
    session_.shows_help = false;
  }
  session_.trace().size() == 0 ? draw_nothing(ui, screen) : draw_panels(ui, screen);
  if (session_.shows_help) draw_help(ui, screen);
  ImGui::End();
  ImGui::PopStyleVar(2);
}

void App::draw_panels(Ui& ui, const Rect& screen) {
  const Frames frames = split_screen(screen, fonts_scale_);
  draw_timeline(ui, session_, frames.timeline);
  if (frames.overview.height() > 0) draw_overview(ui, session_, frames.overview);
  if (frames.inspector.width() > 0) draw_inspector(ui, session_, frames.inspector);
  if (frames.actors.height() > 0) draw_actors(ui, session_, files_, frames.actors);
  ui.paint.fill(frames.bar, theme_.panel);
  ui.paint.line({frames.bar.x0, frames.bar.y1}, {frames.bar.x1, frames.bar.y1}, theme_.line, 1);
  float x = draw_scenario(ui, session_, frames.bar) + ui.paint.px(18);
  float right = draw_switches(ui, session_, frames.bar);
  // Whatever else must give way: the verdict is what one opens a trace for.
  const float kept = verdict_room(ui, session_);
  x = draw_playback(ui, session_, frames.bar, x, right - kept);
  right = draw_search(ui, session_, frames.bar, x + kept, right);
  draw_verdict(ui, session_, frames.bar, x, right);
}

void App::draw_nothing(Ui& ui, const Rect& screen) {
  const std::string_view text = "This trace has no events.";
  const Face& face = ui.paint.fonts().bold;
  const float x = screen.center().x - ui.paint.text_width(face, text) / 2;
  ui.paint.text_between(face, x, screen.y0, screen.y1, theme_.text_secondary, text);
}

void App::run() {
  // Some frames after the last event settle hover and layout; then the viewer sleeps undrawn.
  constexpr int settling_frame_count = 3;
  constexpr double nap_seconds = 0.5;
  int settling = settling_frame_count;
  while (!window_->should_close()) {
    if (session_.playback.is_playing() || settling > 0) {
      frame();
      --settling;
    } else if (window_->wait(nap_seconds)) {
      settling = settling_frame_count;
    }
  }
}

Image App::screenshot() {
  ImGui::SetCurrentContext(context_);
  return window_->read_pixels();
}

}  // namespace rcuscope::gui
