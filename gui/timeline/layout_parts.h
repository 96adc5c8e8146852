// SPDX-License-Identifier: LGPL-2.1-or-later
// What the parts of compute_layout share: occupied places, and one function per part.
#pragma once

#include <algorithm>
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

/// Bars that would be narrower than this are plain rectangles.
inline constexpr float shaped_bar_width = 6;

/// Rectangles that a label must not cover, in columns: a label looks only at what is near.
class Obstacles {
 public:
  explicit Obstacles(const Rect& area)
      : x0_(area.x0),
        columns_(static_cast<std::size_t>(std::max(0.0f, area.width()) / column_width) + 1) {}

  void add(const Rect& rect) {
    for (std::size_t i = column_of(rect.x0); i <= column_of(rect.x1); ++i) {
      columns_[i].push_back(rect);
    }
  }
  /// One that overlaps `rect`, or nullptr.
  const Rect* find(const Rect& rect) const {
    for (std::size_t i = column_of(rect.x0); i <= column_of(rect.x1); ++i) {
      for (const Rect& other : columns_[i]) {
        if (rect.overlaps(other)) return &other;
      }
    }
    return nullptr;
  }
  bool is_free(const Rect& rect) const { return find(rect) == nullptr; }

 private:
  static constexpr float column_width = 64;

  std::size_t column_of(float x) const {
    const float column = std::max(0.0f, (x - x0_) / column_width);
    return std::min(static_cast<std::size_t>(column), columns_.size() - 1);
  }

  float x0_;
  std::vector<std::vector<Rect>> columns_;
};

/// The marks of a row and what its labels must avoid.
struct RowState {
  explicit RowState(const Rect& area) : solid(area), labels(area), curves(area) {}

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
