// SPDX-License-Identifier: LGPL-2.1-or-later
// What the parts of compute_layout share: occupied places, and one function per part.
#pragma once

#include <vector>

#include "timeline/layout.h"

namespace rcuscope::gui::layout {

/// Lengths of the design, before scaling.
inline constexpr float ruler_height = 24;
inline constexpr float header_height = 46;
inline constexpr float label_height = 15;
inline constexpr float row_height_min = 44;
inline constexpr float row_height_max = 280;
/// Bars that would be narrower than this merge with their neighbours.
inline constexpr double bar_resolution = 4;

/// Rectangles that a label must not cover.
class Obstacles {
 public:
  void add(const Rect& rect) { rects_.push_back(rect); }
  /// The first that overlaps `rect`, or nullptr.
  const Rect* find(const Rect& rect) const {
    for (const Rect& other : rects_) {
      if (rect.overlaps(other)) return &other;
    }
    return nullptr;
  }
  bool is_free(const Rect& rect) const { return find(rect) == nullptr; }

 private:
  std::vector<Rect> rects_;
};

/// The marks of a row and what its labels must avoid.
struct RowState {
  std::vector<MarkGlyph> glyphs;  ///< By x; not yet labelled.
  Obstacles solid;                ///< Filled bars: no text over them.
  Obstacles labels;               ///< Text, glyphs and captions.
  Obstacles curves;               ///< Arrows: text keeps clear of them where it can.
};

void add_rows(const LayoutInput& input, TimelineLayout& out);
void add_ticks_and_bands(const LayoutInput& input, TimelineLayout& out);
/// Decides whether arrows are drawn: it makes a difference to what marks have to say.
void count_arrows(const LayoutInput& input, TimelineLayout& out);
/// Where the arrows will be: they come from bars and marks, and labels give way to them.
void reserve_curves(const LayoutInput& input, const TimelineLayout& out,
                    std::vector<RowState>& rows);
void add_bars(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows);
void add_badges(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows);
void collect_marks(const LayoutInput& input, const TimelineLayout& out,
                   std::vector<RowState>& rows);
void add_marks(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows);
void add_dots(const LayoutInput& input, TimelineLayout& out);
void add_arrows(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows);

/// `text` cut to `width` with an ellipsis; empty when less than two characters would stay.
std::string fit_text(const LayoutInput& input, TextStyle style, std::string_view text, float width);

}  // namespace rcuscope::gui::layout
