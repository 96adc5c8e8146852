// SPDX-License-Identifier: LGPL-2.1-or-later
// App: what comes from files and goes into files, without a frame that takes long.
#include <imgui.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "app.h"
#include "panels/panels.h"

namespace rcuscope::gui {
namespace {

/// What is over sooner needs no plate.
constexpr double patience_seconds = 0.2;
/// In one frame: a recording of a million events a second brings 17 000, the rest catches up.
constexpr std::size_t followed_per_frame_max = 60'000;
/// Room that costs nothing until it is used.
constexpr std::size_t followed_reserve = 8'000'000;

std::string file_name(const std::string& path) {
  const std::filesystem::path p(path);
  return p.has_filename() ? p.filename().string() : p.parent_path().filename().string();
}

}  // namespace

void App::show(Session session) {
  session.theme = session_.theme;
  session.prefers_events = session_.prefers_events;
  session.shows_memory = session_.shows_memory;
  session_ = std::move(session);
  comparison_.reset();
  if (workbench_) workbench_->page = Page::timeline;
}

void App::open(const std::string& path, bool must_open) {
  leave(loader_);
  leave(second_loader_);
  follower_.reset();
  preview_view_.reset();
  loader_ = std::make_unique<Loader>(path, reader_);
  must_open_ = must_open;
}

/// Nobody waits for it: what it is in cannot be interrupted.
void App::leave(std::unique_ptr<Loader>& loader) {
  std::erase_if(abandoned_, [](const auto& other) { return other->is_done(); });
  if (!loader) return;
  loader->abandon();
  abandoned_.push_back(std::move(loader));
}

bool App::has_unfinished_reading() const {
  const auto is_unfinished = [](const auto& loader) { return loader && !loader->is_done(); };
  return is_unfinished(loader_) || is_unfinished(second_loader_) ||
         std::any_of(abandoned_.begin(), abandoned_.end(), is_unfinished);
}

void App::compare(Session second) {
  comparison_ = std::make_unique<Comparison>(session_, std::move(second));
}

void App::take_dropped() {
  const std::vector<std::string> paths = std::exchange(input_.dropped, {});
  if (paths.empty()) return;
  open(paths.front());
  // Two at once are to be compared.
  if (paths.size() > 1) second_loader_ = std::make_unique<Loader>(paths[1], reader_);
}

void App::poll_loader() {
  if (!loader_) {
    if (!second_loader_ || !second_loader_->is_done()) return;
    const std::unique_ptr<Loader> second = std::move(second_loader_);
    try {
      compare(std::move(*second->take()));
    } catch (const std::exception& error) {
      session_.notice = error.what();
    }
    return;
  }
  if (std::unique_ptr<Session> preview = loader_->take_preview()) {
    show(std::move(*preview));
    preview_view_ = session_.view;
  }
  if (!loader_->is_done()) return;
  const std::unique_ptr<Loader> loader = std::move(loader_);
  try {
    std::unique_ptr<Session> session = loader->take();
    // Who has moved the beginning has begun to look at it.
    const bool was_moved = preview_view_ && (preview_view_->start != session_.view.start ||
                                             preview_view_->end != session_.view.end);
    if (was_moved) {
      session->view = clamped(session_.view, session->limits());
      session->playback.move_to(session_.playback.playhead());
    }
    show(std::move(*session));
  } catch (const std::exception& error) {
    if (must_open_) throw;
    session_.notice = error.what();
  }
  preview_view_.reset();
}

void App::follow(const std::string& path) {
  follower_ = std::make_unique<NativeFollower>(path);
  followed_path_ = path;
}

void App::poll_follower() {
  has_news_ = false;
  if (!follower_) return;
  try {
    ArrivedEvents news = follower_->poll(followed_per_frame_max);
    if (news.is_finished) return open(followed_path_);
    if (news.starts_anew) return show(Session(TraceStore()));
    has_news_ = !news.columns.time.empty();
    TraceNames names = news.names ? std::move(*news.names) : session_.trace().names();
    if (session_.trace().size() == 0 && has_news_) {
      show(Session(TraceStore(Clock::nanoseconds, std::move(news.columns), std::move(names),
                              news.events_lost_count)));
      session_.reserve(followed_reserve);
      session_.follows_end = true;
      session_.fit();
    } else if (has_news_ || news.names) {
      session_.extend(news.columns, std::move(names), news.events_lost_count);
    }
  } catch (const std::exception& error) {
    session_.notice = error.what();
    follower_.reset();
  }
}

void App::draw_work(Ui& ui, const Rect& screen) {
  std::string text;
  if (animation_) {
    text = "picture " + std::to_string(animation_->added_count()) + " of " +
           std::to_string(Animation::picture_count);
  } else if (const Loader* loader = loading();
             loader != nullptr && loader->seconds() > patience_seconds) {
    const auto tenths = static_cast<int>(loader->seconds() * 10);
    text = "opening " + file_name(loader->path()) + ": " + loader->stage() + ", " +
           std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
    if (preview_view_) text += " (its beginning is shown)";
  }
  if (!text.empty() && draw_progress(ui, screen, text)) cancel_work();
}

void App::cancel_work() {
  if (animation_) {
    animation_->cancel(session_);
    animation_.reset();
    session_.notice = "no animation was written";
    return;
  }
  leave(loader_);
  leave(second_loader_);
  if (preview_view_) session_.notice = "only the beginning of the trace is open";
  preview_view_.reset();
}

void App::start_export(ExportKind kind) {
  if (is_working() || shown().trace().size() == 0) return;
  shown().notice.clear();  // it shall not be in the picture
  export_ = kind;
  if (kind == ExportKind::gif) animation_.emplace(shown());
}

void App::finish_exports() {
  if (saving_.valid() && saving_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    shown().notice = saving_.get();
  }
  if (!export_ || saving_.valid()) return;
  if (animation_ && !animation_->is_done()) {
    animation_->add(shown(), screenshot());
    if (!animation_->is_done()) return;
  }
  const ExportKind kind = *export_;
  export_.reset();
  if (kind == ExportKind::gif && !animation_) return;  // cancelled
  try {
    write_export(kind, free_name(std::filesystem::current_path(), kind));
  } catch (const std::exception& error) {
    shown().notice = error.what();
  }
}

void App::write_export(ExportKind kind, const std::filesystem::path& path) {
  if (kind == ExportKind::png) {
    // Compressing takes longer than a frame may.
    saving_ = std::async(std::launch::async, [image = screenshot(), path] {
      try {
        save_png(image, path);
        return "saved " + path.string();
      } catch (const std::exception& error) {
        return std::string(error.what());
      }
    });
    return;
  }
  if (kind == ExportKind::svg) {
    save_svg(shown(), path);
  } else {
    Animation done = std::move(*animation_);
    animation_.reset();
    done.finish(shown(), path);
  }
  shown().notice = "saved " + path.string();
}

}  // namespace rcuscope::gui
