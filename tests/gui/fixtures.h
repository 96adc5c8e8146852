// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tests of the viewer share: sample traces as sessions, a layout without fonts, an app.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "app.h"
#include "core/repeated_trace.h"
#include "core/sample_trace.h"
#include "session.h"
#include "timeline/layout.h"
#include "trace/builder.h"

namespace rcuscope::gui::test {

inline Session safe_session(Clock clock = Clock::nanoseconds) {
  return Session(sample::safe_trace(clock));
}

inline Session faulty_session(Clock clock = Clock::nanoseconds) {
  return Session(sample::use_after_free_trace(clock));
}

/// A long live trace, seen as a whole.
inline Session repeated_session(std::int32_t repetition_count) {
  Session session(sample::repeated_trace(repetition_count));
  session.fit();
  return session;
}

/// Seven pixels a byte: enough to see what fits.
inline float measure_text(TextStyle, std::string_view text) {
  return 7 * static_cast<float>(text.size());
}

/// The layout of a session in 1000 x 500 pixels.
class LayoutOf {
 public:
  explicit LayoutOf(const Session& session) : LayoutOf(session, Rect{0, 0, 1000, 500}) {}
  LayoutOf(const Session& session, const Rect& area, BarNotes notes = {})
      : notes_(std::move(notes)) {
    layout = compute_layout({session.trace(), session.lanes(), session.events_of_actor(),
                             session.index(), session.format(), measure_, notes_, session.view,
                             area, 1, session.lane_scroll_px});
  }
  TimelineLayout layout;

 private:
  MeasureText measure_ = measure_text;
  BarNotes notes_;
};

inline std::unique_ptr<App> make_app(Session session, float scale = 1,
                                     WindowSize size = {1600, 900}) {
  const auto pixels = [scale](int length) {
    return static_cast<int>(static_cast<float>(length) * scale);
  };
  const WindowSize framebuffer{pixels(size.width_px), pixels(size.height_px)};
  auto app = std::make_unique<App>(std::move(session), [framebuffer, scale] {
    return make_headless_window(framebuffer, scale);
  });
  app->frame();
  app->frame();
  return app;
}

/// The share of pixels that have exactly this colour.
inline double share_of(const Image& image, Color color) {
  const std::uint32_t rgb = (color & 0xff) << 16 | (color & 0xff00) | (color >> 16 & 0xff);
  std::size_t count = 0;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) count += image.rgb(x, y) == rgb ? 1 : 0;
  }
  return static_cast<double>(count) / (static_cast<double>(image.width) * image.height);
}

}  // namespace rcuscope::gui::test
