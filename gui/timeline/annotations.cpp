// SPDX-License-Identifier: LGPL-2.1-or-later
// What the user has put over the timeline: the measured range, bookmarks, matches, a notice.
#include <algorithm>
#include <string>

#include "timeline/timeline.h"

namespace rcuscope::gui {
namespace {

class AnnotationPainter {
 public:
  AnnotationPainter(Painter& painter, const Session& session, const TimelineLayout& layout)
      : p_(painter), theme_(painter.theme()), session_(session), layout_(layout) {}

  void draw() {
    p_.push_clip({layout_.lanes.x0, layout_.ruler.y0, layout_.lanes.x1, layout_.lanes.y1});
    if (session_.range) draw_range(*session_.range);
    draw_matches();
    for (const Timestamp time : session_.bookmarks) draw_bookmark(time);
    p_.pop_clip();
    if (!session_.notice.empty()) draw_notice();
  }

 private:
  float px(float length) const { return p_.px(length); }
  float x_of(Timestamp time) const {
    return layout_.axis.to_x(drawn_time(session_.trace().clock(), static_cast<double>(time)));
  }

  void draw_range(const TimeRange& range) {
    const Rect& lanes = layout_.lanes;
    const float x0 = layout_.axis.to_x(range.from), x1 = layout_.axis.to_x(range.to);
    // Its length is kept within the lanes: of a range elsewhere it would stay behind at the edge.
    if (x1 < lanes.x0 || x0 > lanes.x1) return;
    p_.fill_plain({x0, lanes.y0, x1, lanes.y1}, fade(theme_.accent, 0.10f));
    p_.line({x0, layout_.ruler.y0}, {x0, lanes.y1}, theme_.accent, px(1));
    p_.line({x1, layout_.ruler.y0}, {x1, lanes.y1}, theme_.accent, px(1));
    const std::string length = session_.format().duration(range.length());
    const Face& face = p_.fonts().small;
    const float width = p_.text_width(face, length) + px(16);
    const float middle =
        std::clamp((std::max(x0, lanes.x0) + std::min(x1, lanes.x1)) / 2, lanes.x0 + width / 2,
                   std::max(lanes.x0 + width / 2, lanes.x1 - width / 2));
    const Rect plate{middle - width / 2, lanes.y1 - px(30), middle + width / 2, lanes.y1 - px(8)};
    p_.line({x0, plate.center().y}, {x1, plate.center().y}, theme_.accent, px(1));
    p_.fill(plate, theme_.accent, px(5));
    p_.text_between(face, plate.x0 + px(8), plate.y0, plate.y1, theme_.on_accent, length);
  }

  /// Ticks in the ruler, at most one a pixel.
  void draw_matches() {
    const auto& matches = session_.search.matches;
    const TraceStore& trace = session_.trace();
    const auto at = [&](float x) {
      const double time = layout_.axis.to_time(x);
      return std::partition_point(matches.begin(), matches.end(), [&](std::uint32_t i) {
        return drawn_time(trace.clock(), static_cast<double>(trace.time(i))) < time;
      });
    };
    const float y = layout_.ruler.y0 + px(24), r = px(3);
    for (auto next = at(layout_.lanes.x0 - r); next != matches.end();) {
      const float x = x_of(trace.time(*next));
      if (x > layout_.lanes.x1 + r) break;
      p_.triangle({x - r, y - px(7)}, {x + r, y - px(7)}, {x, y}, theme_.accent);
      next = std::max(next + 1, at(x + 1));
    }
  }

  void draw_bookmark(Timestamp time) {
    const float x = x_of(time), top = layout_.ruler.y0;
    if (x < layout_.lanes.x0 || x > layout_.lanes.x1) return;
    p_.dashed_line({x, top}, {x, layout_.lanes.y1}, fade(theme_.mutex, 0.8f));
    p_.fill({x, top + px(2), x + px(9), top + px(10)}, theme_.mutex, px(1.5f));
  }

  void draw_notice() {
    const Face& face = p_.fonts().regular;
    const float half = p_.text_width(face, session_.notice) / 2 + px(16);
    const float middle = layout_.lanes.center().x, bottom = layout_.lanes.y1 - px(40);
    const Rect plate{middle - half, bottom - px(32), middle + half, bottom};
    p_.fill(plate, theme_.playhead, px(7));
    p_.text_between(face, plate.x0 + px(16), plate.y0, plate.y1, theme_.on_playhead,
                    session_.notice);
  }

  Painter& p_;
  const Theme& theme_;
  const Session& session_;
  const TimelineLayout& layout_;
};

}  // namespace

void draw_annotations(Painter& painter, const Session& session, const TimelineLayout& layout) {
  AnnotationPainter(painter, session, layout).draw();
}

}  // namespace rcuscope::gui
