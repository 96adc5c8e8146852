// SPDX-License-Identifier: LGPL-2.1-or-later
// One frame: input, keys, panels; and the loop that sleeps while nothing moves.
#include "app.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "keys.h"
#include "memory_graph.h"
#include "panels/pages.h"
#include "panels/panels.h"
#include "session/page_keys.h"
#include "session/text.h"
#include "session/words.h"
#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

// Lengths of the design, before scaling.
constexpr float bar_height = 52;
constexpr float inspector_width = 336;
constexpr float actors_height = 238;
constexpr float memory_height = 400;
constexpr float overview_height = 64;

/// Panels give way in a small window: the timeline is what the viewer is for.
struct Frames {
  Rect bar, timeline, overview, inspector, actors;
};

/// What stands below the timeline.
enum class Below : std::uint8_t { actors, memory, scheduler };

/// The scheduler's buttons must be there whatever the height; the graph of memory needs more of it
/// than source lines.
Frames split_screen(const Rect& screen, float scale, Below below) {
  const float width = screen.width() / scale, height = screen.height() / scale;
  const float right = width < 900 ? 0 : inspector_width * scale;
  const float share = below == Below::actors ? 0.34f : 0.45f;
  const float wanted = below == Below::memory ? memory_height : actors_height;
  const bool has_place = below == Below::scheduler || height >= 520;
  const float bottom = has_place ? std::min(wanted, height * share) * scale : 0;
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
      context_(ImGui::CreateContext()),
      files_(session_.source_directories) {
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
  leave(loader_);
  leave(second_loader_);
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

/// "rcuscope: no synchronize_rcu before the free: USE AFTER FREE". Without pages the window keeps
/// the title that it was made with.
void App::update_title() {
  if (!workbench_) return;
  std::string title = "rcuscope: ";
  if (page() == Page::session || page() == Page::matrix) {
    title += page() == Page::session ? workbench_->chosen().title : "all scenarios";
    const Answer* answer = page() == Page::session ? workbench_->answer() : nullptr;
    if (answer != nullptr)
      title += ": " + (answer->verdict ? tell(*answer->verdict) : tell(*answer->live)).word;
  } else {
    title += shown().metadata(shown().metadata("title").empty() ? "scenario" : "title");
    const VerdictText verdict = verdict_text(shown());
    title += (page() == Page::scheduler ? " (scheduler)" : " (timeline)");
    if (!verdict.word.empty()) title += ": " + verdict.word;
  }
  if (title != title_) window_->set_title(title_ = title);
}

void App::frame() {
  ImGui::SetCurrentContext(context_);
  // Before begin_frame: its backends need a finished atlas.
  update_fonts();
  window_->begin_frame(input_);
  ImGui::NewFrame();
  take_in();
  take_dropped();
  poll_loader();
  poll_follower();
  const std::vector<KeyPress> keys = std::exchange(input_.keys, {});
  for (const KeyPress& press : keys) {
    const bool is_for_page = workbench_ && !shown().shows_help;
    const bool is_done =
        (is_for_page && apply_page_key(*workbench_, press)) || apply_app_key(press);
    if (!is_done) apply_key(shown(), press);
    if (input_log_) input_log_->note(shown().playback.playhead(), "key " + name_of(press));
  }
  shown().advance(static_cast<double>(ImGui::GetIO().DeltaTime));
  if (comparison_) comparison_->follow(session_);
  draw();
  if (input_log_) note_mouse();
  update_title();
  ImGui::Render();
  window_->end_frame();
  finish_exports();
}

/// After drawing: only then it is known what was under the pointer.
void App::note_mouse() {
  const ImGuiIO& io = ImGui::GetIO();
  const Timestamp playhead = shown().playback.playhead();
  if (!widgets_.clicked().empty()) input_log_->note(playhead, "click " + widgets_.clicked());
  if (io.MouseWheel != 0) {
    const char* modifier = io.KeyCtrl ? " ctrl" : io.KeyShift ? " shift" : "";
    std::array<char, 32> notches{};
    std::snprintf(notches.data(), notches.size(), "%g", static_cast<double>(io.MouseWheel));
    input_log_->note(playhead, std::string("wheel ") + notches.data() + modifier);
  }
  for (int button = 0; button < 3; ++button) {
    if (!ImGui::IsMouseReleased(button)) continue;
    const ImVec2 from = io.MouseClickedPos[button];
    const auto design = [this](float length) {
      return std::to_string(static_cast<int>(std::lround(length / fonts_scale_)));
    };
    const float x = io.MousePos.x - from.x, y = io.MousePos.y - from.y;
    if (x != 0 || y != 0) input_log_->note(playhead, "drag " + design(x) + " " + design(y));
  }
}

void App::take_in() {
  if (!workbench_) return;
  const ThemeName theme = shown().theme;  // of the page until now: the next one looks like it
  workbench_->take_in();
  if (const std::unique_ptr<Session> opened = workbench_->take_opened()) {
    session_ = std::move(*opened);
    comparison_.reset();
  }
  session_.theme = shown().theme = theme;
}

Session& App::shown() {
  const bool is_scheduler = page() == Page::scheduler && workbench_->scheduler() != nullptr;
  if (is_scheduler) return workbench_->scheduler()->session();
  const bool is_second = comparison_ && comparison_->shows_second && page() == Page::timeline;
  return is_second ? comparison_->second() : session_;
}

std::string App::text() {
  if (comparison_ && page() == Page::timeline) return comparison_text(session_, *comparison_);
  std::string told = workbench_ ? page_text(*workbench_, session_) : timeline_text(session_);
  if (page() == Page::session || page() == Page::matrix || shown().trace().size() == 0) return told;
  if (page() == Page::timeline && !shown().shows_memory) told += actors_text(shown(), files_);
  if (shown().shows_memory) {
    told += "\nMemory\n" + memory_text(make_memory_graph(shown().trace(), shown().world()));
  }
  return told;
}

void App::draw() {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const Rect screen{0, 0, size.x, size.y};
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin("rcuscope", nullptr, window_flags);
  theme_ = make_theme(shown().theme);
  Painter painter(ImGui::GetWindowDrawList(), theme_, fonts_, fonts_scale_);
  widgets_.clear();
  Ui ui{painter, widgets_};
  painter.fill(screen, theme_.background);
  // First come, first hovered: the overlay's area must be there before the panels'.
  Session& session = shown();
  if (session.shows_help && ui.interact("help.close", screen).is_clicked) {
    session.shows_help = false;
  }
  if (is_working()) draw_work(ui, screen);
  draw_page(ui, screen);
  if (is_working()) draw_work(ui, screen);
  if (session.shows_help) draw_help(ui, screen);
  ImGui::End();
  ImGui::PopStyleVar(2);
}

void App::draw_page(Ui& ui, const Rect& screen) {
  const float bottom = bar_height * fonts_scale_;
  const Rect bar{screen.x0, screen.y0, screen.x1, screen.y0 + bottom};
  const Rect area{screen.x0, bar.y1 + 1, screen.x1, screen.y1};
  const bool has_trace = shown().trace().size() > 0;
  if (page() == Page::session) {
    draw_session_page(ui, *workbench_, area);
  } else if (page() == Page::matrix) {
    draw_matrix_page(ui, *workbench_, area);
  } else if (has_trace && comparison_ && page() == Page::timeline) {
    return draw_comparison(ui, screen);
  } else if (has_trace) {
    return draw_panels(ui, shown(), screen);
  } else {
    draw_nothing(ui, area);
  }
  if (workbench_) draw_page_bar(ui, bar);
}

void App::draw_panels(Ui& ui, Session& session, const Rect& screen) {
  const Below below = page() == Page::scheduler ? Below::scheduler
                      : session.shows_memory    ? Below::memory
                                                : Below::actors;
  const Frames frames = split_screen(screen, fonts_scale_, below);
  draw_timeline(ui, session, frames.timeline);
  if (frames.overview.height() > 0) draw_overview(ui, session, frames.overview);
  if (frames.inspector.width() > 0) draw_inspector(ui, session, frames.inspector);
  if (page() == Page::scheduler) {
    draw_scheduler_panel(ui, *workbench_, frames.actors);
  } else if (frames.actors.height() > 0 && session.shows_memory) {
    draw_memory(ui, session, frames.actors);
  } else if (frames.actors.height() > 0) {
    draw_actors(ui, session, files_, frames.actors);
  }
  draw_bar(ui, session, frames.bar);
}

void App::draw_bar(Ui& ui, Session& session, const Rect& bar) {
  ui.paint.fill(bar, theme_.panel);
  ui.paint.line({bar.x0, bar.y1}, {bar.x1, bar.y1}, theme_.line, 1);
  float x = draw_scenario(ui, session, bar, workbench_ != nullptr) + ui.paint.px(18);
  if (const Rect* box = ui.widgets.find("scenario"); workbench_ && box != nullptr) {
    if (ui.interact("scenario", Rect(*box)).is_clicked) workbench_->page = Page::session;
  }
  float right = draw_switches(ui, session, bar);
  // Whatever else must give way: the verdict is what one opens a trace for. How much was searched
  // belongs to it, and one button for all speeds does, too.
  float kept = verdict_room(ui, session, right - x - playback_width(ui.paint, true));
  if (kept == verdict_room(ui, session)) {
    kept = verdict_room(ui, session, right - x - playback_width(ui.paint, false));
  }
  x = draw_playback(ui, session, bar, x, right - kept);
  const float room = verdict_room(ui, session, right - x - ui.paint.px(search_width_min + 12));
  right = draw_search(ui, session, bar, x + room, right);
  draw_verdict(ui, session, bar, x, right);
}

void App::draw_page_bar(Ui& ui, const Rect& bar) {
  ui.paint.fill(bar, theme_.panel);
  ui.paint.line({bar.x0, bar.y1}, {bar.x1, bar.y1}, theme_.line_strong, 1);
  draw_page_tabs(ui, *workbench_, bar);
  draw_switches(ui, shown(), bar);
}

void App::draw_nothing(Ui& ui, const Rect& screen) {
  const std::string_view text =
      workbench_ ? "Nothing is open yet: explore a scenario and click one of its findings."
      : loader_  ? ""
                 : "This trace has no events.";
  const Face& face = ui.paint.fonts().bold;
  const float x = screen.center().x - ui.paint.text_width(face, text) / 2;
  ui.paint.text_between(face, x, screen.y0, screen.y1, theme_.text_secondary, text);
}

void App::run(const std::function<bool()>& must_end) {
  // Some frames after the last event settle hover and layout; then the viewer sleeps undrawn.
  constexpr int settling_frame_count = 3;
  constexpr double busy_nap_seconds = 0.02;
  const double nap_seconds = must_end ? 0.1 : 0.5;
  int settling = settling_frame_count;
  while (!window_->should_close() && !(must_end && must_end())) {
    if (window_->take_event()) settling = settling_frame_count;
    if (shown().playback.is_playing() || settling > 0 || has_news_) {
      frame();
      --settling;
    } else if (is_working() || follower_) {
      window_->wait(busy_nap_seconds);
      settling = 1;
    } else if (workbench_ && workbench_->is_busy()) {
      window_->wait(busy_nap_seconds);
      settling = 1;  // progress moves, and what has arrived must be seen
    } else {
      window_->wait(nap_seconds);
    }
  }
}

Image App::screenshot() {
  ImGui::SetCurrentContext(context_);
  return window_->read_pixels();
}

void App::render() {
  ImGui::SetCurrentContext(context_);
  window_->render();
}

}  // namespace rcuscope::gui
