// SPDX-License-Identifier: LGPL-2.1-or-later
// Marks and the label collision pass: each label takes the first free place near its mark.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "timeline/layout_parts.h"
#include "trace/words.h"

namespace rcuscope::gui {
namespace layout {
namespace {

constexpr float glyph_radius = 10;
constexpr float finding_height = 30;
/// Marks whose centres are nearer than this get smaller glyphs.
constexpr float glyph_distance = 20;
/// Nearer than this even the smallest glyphs cover each other.
constexpr float merge_distance = 10;
/// Findings nearer than this cover each other.
constexpr float finding_distance = 24;
/// More labels of one text in one row are a pattern, not words.
constexpr std::size_t repeated_label_max = 8;

/// True if the arrow that leaves here bears the same words: its tail is mark enough.
bool is_said_by_arrow(const Lanes& lanes, const Mark& mark) {
  constexpr std::size_t arrow_count_max = 1000;
  if (shape_of(mark) != MarkShape::ring || lanes.arrows.size() > arrow_count_max) return false;
  return std::any_of(lanes.arrows.begin(), lanes.arrows.end(), [&](const Arrow& arrow) {
    return arrow.from_event == mark.event && arrow.label == mark.label;
  });
}

/// The marks of a row as glyphs: those too close together to be told apart are one. Of errors only
/// findings that would cover each other, and then each kind is named.
class GlyphCollector {
 public:
  GlyphCollector(const LayoutInput& input, const TimelineLayout& out, const Row& row)
      : input_(input), axis_(out.axis), row_(row), track_(input.index.lanes[row.lane].marks) {
    says_arrows_ = out.hidden_arrow_count == 0;
  }

  std::vector<MarkGlyph> run() {
    // From a little outside, because glyphs have a width.
    first_ = track_.find(axis_.view.start - axis_.per_pixel() * 20);
    last_ = track_.find(axis_.view.end);
    while (last_ < track_.times.size() &&
           static_cast<double>(track_.times[last_]) <= axis_.view.end) {
      ++last_;
    }
    for (std::size_t at = first_; at < last_;) at = add(at);
    aggregate_texts();
    return std::move(glyphs_);
  }

 private:
  const Mark& mark(std::size_t position) const {
    return input_.lanes.marks[track_.marks[position]];
  }
  float x_of(std::size_t position) const {
    const auto time = static_cast<double>(track_.times[position]);
    return axis_.to_x(drawn_time(input_.format.clock(), time));
  }

  /// Return: where the next glyph begins.
  std::size_t add(std::size_t at) {
    const Mark& first = mark(at);
    if (says_arrows_ && is_said_by_arrow(input_.lanes, first)) return at + 1;
    const std::size_t end = first.is_error ? end_of_findings(at) : end_of_group(at);
    MarkGlyph glyph;
    glyph.mark = track_.marks[at];
    glyph.position = at;
    glyph.count = static_cast<std::uint32_t>(end - at);
    glyph.shape = shape_of(first);
    glyph.at = {x_of(at), (row_.bar.y0 + row_.bar.y1) / 2};
    glyph.head_y = row_.bar.y0 - 6 * input_.scale;
    glyph.has_stem = glyph.shape == MarkShape::pin;
    const bool is_same = track_.same_since[end - 1] <= at;
    glyph.text = first.is_error && !is_same ? findings_text(at, end)
                                            : folded_text(first.label, glyph.count, is_same);
    glyphs_.push_back(std::move(glyph));
    return end;
  }

  std::size_t end_of_findings(std::size_t at) const {
    const auto is_finding = [this](std::size_t position) {
      return mark(position).is_error && shape_of(mark(position)) == MarkShape::finding;
    };
    std::size_t end = at + 1;
    const float reach = finding_distance * input_.scale;
    while (is_finding(at) && end < last_ && is_finding(end) && x_of(end) - x_of(at) < reach) ++end;
    return end;
  }

  /// "data race, list corruption": two kinds by name, further ones by their number.
  std::string findings_text(std::size_t first, std::size_t last) const {
    const std::string& label = mark(first).label;
    std::size_t other = first;
    while (mark(other).label == label) ++other;
    std::size_t told = 0;
    for (std::size_t at = first; at < last; ++at) {
      const std::string& one = mark(at).label;
      told += one == label || one == mark(other).label ? 1 : 0;
    }
    const std::string both = label + ", " + mark(other).label;
    return told == last - first ? both : both + " +" + std::to_string(last - first - told);
  }

  std::size_t end_of_group(std::size_t at) const {
    const double reach = axis_.per_pixel() * static_cast<double>(merge_distance * input_.scale);
    const double limit = static_cast<double>(track_.times[at]) + reach;
    const auto begin = track_.times.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const auto end =
        std::partition_point(begin, track_.times.begin() + static_cast<std::ptrdiff_t>(last_),
                             [limit](Timestamp time) { return static_cast<double>(time) < limit; });
    auto position = static_cast<std::size_t>(end - track_.times.begin());
    const auto error = std::upper_bound(track_.errors.begin(), track_.errors.end(), at);
    if (error != track_.errors.end()) position = std::min<std::size_t>(position, *error);
    return position;
  }

  /// What is said very often in one row is said once, with its number in view.
  void aggregate_texts() {
    std::map<std::uint32_t, std::vector<MarkGlyph*>> saying;
    for (MarkGlyph& glyph : glyphs_) {
      if (!mark(glyph.position).is_error) saying[track_.labels[glyph.position]].push_back(&glyph);
    }
    for (const auto& [label, glyphs_of_label] : saying) {
      if (glyphs_of_label.size() <= repeated_label_max) continue;
      for (MarkGlyph* glyph : glyphs_of_label) glyph->text.clear();
      MarkGlyph& front = *glyphs_of_label.front();
      front.text =
          folded_text(mark(front.position).label, track_.count_of(label, first_, last_), true);
    }
  }

  const LayoutInput& input_;
  const TimeAxis& axis_;
  const Row& row_;
  const MarkTrack& track_;
  bool says_arrows_ = false;
  std::size_t first_ = 0, last_ = 0;  ///< Positions in view.
  std::vector<MarkGlyph> glyphs_;
};

/// The place above the bars that an error's arrow within one lane takes.
void reserve_arches(const LayoutInput& input, const TimelineLayout& out, const Row& row,
                    RowState& state) {
  for (const std::uint32_t index : input.index.arrows.errors) {
    const Arrow& arrow = input.lanes.arrows[index];
    const bool is_arch =
        arrow.from_lane == arrow.to_lane && arrow.from_lane == static_cast<std::int32_t>(row.lane);
    if (!is_arch) continue;
    const auto x_of = [&](Timestamp time) {
      return out.axis.to_x(drawn_time(input.format.clock(), static_cast<double>(time)));
    };
    state.labels.add({x_of(arrow.from), row.bar.y0 - 22 * input.scale, x_of(arrow.to),
                      row.bar.y0 - 2 * input.scale});
  }
}

/// So that neighbours do not cover each other.
void shrink_glyphs(std::vector<MarkGlyph>& glyphs, float scale) {
  for (std::size_t i = 0; i < glyphs.size(); ++i) {
    if (glyphs[i].shape == MarkShape::finding) continue;
    float gap = glyph_distance * scale;
    if (i > 0) gap = std::min(gap, glyphs[i].at.x - glyphs[i - 1].at.x);
    if (i + 1 < glyphs.size()) gap = std::min(gap, glyphs[i + 1].at.x - glyphs[i].at.x);
    glyphs[i].size = std::clamp(gap / (glyph_distance * scale), 0.5f, 1.0f);
  }
}

class MarkBuilder {
 public:
  MarkBuilder(const LayoutInput& input, TimelineLayout& out, const Row& row, RowState& state)
      : input_(input), out_(out), row_(row), state_(state), glyphs_(state.glyphs) {}

  void run() {
    for (const MarkGlyph& glyph : glyphs_) occupy(glyph);
    // Errors first. Then from right to left: a raised label extends over later marks, so the later
    // mark must have the lower place, or its stem would cross the text.
    for (const bool is_error : {true, false}) {
      for (auto glyph = glyphs_.rbegin(); glyph != glyphs_.rend(); ++glyph) {
        if (mark(*glyph).is_error == is_error) place_label(*glyph);
      }
    }
    // Findings are drawn last, above everything else.
    std::stable_partition(glyphs_.begin(), glyphs_.end(),
                          [](const MarkGlyph& glyph) { return glyph.shape != MarkShape::finding; });
    out_.marks.insert(out_.marks.end(), glyphs_.begin(), glyphs_.end());
  }

 private:
  const Mark& mark(const MarkGlyph& glyph) const { return input_.lanes.marks[glyph.mark]; }
  float px(float length) const { return length * input_.scale; }

  void occupy(const MarkGlyph& glyph) {
    if (glyph.shape == MarkShape::pin) {
      state_.labels.add({glyph.at.x - px(2), row_.bar.y0 - px(3), glyph.at.x + px(2), row_.bar.y1});
      return;
    }
    const float r = px(glyph.shape == MarkShape::finding ? 16 : (glyph_radius - 1) * glyph.size);
    state_.labels.add({glyph.at.x - r, glyph.at.y - r, glyph.at.x + r, glyph.at.y + r});
  }

  bool try_place(MarkGlyph& glyph, const Rect& place, bool avoids_bars) {
    if (place.x0 < out_.lanes.x0 || place.x1 > out_.lanes.x1) return false;
    if (place.y0 < out_.lanes.y0 || place.y1 > out_.lanes.y1) return false;
    if (place.overlaps(out_.hidden_arrows_at)) return false;
    if (!state_.labels.is_free(place)) return false;
    if (avoids_bars && !state_.solid.is_free(place)) return false;
    if (avoids_curves_ && !state_.curves.is_free(place)) return false;
    glyph.label = place;
    glyph.has_label = true;
    state_.labels.add(place);
    return true;
  }

  void place_label(MarkGlyph& glyph) {
    const bool is_finding = glyph.shape == MarkShape::finding;
    const TextStyle style = is_finding                      ? TextStyle::bold
                            : glyph.shape == MarkShape::pin ? TextStyle::tiny
                                                            : TextStyle::small;
    const float width = input_.measure(style, glyph.text);
    if (width == 0) return;
    if (is_finding) return place_finding(glyph, width);
    // Clear of arrows if that can be; on a ground of its own it reads across one, too.
    for (const bool avoids_curves : {true, false}) {
      avoids_curves_ = avoids_curves;
      if (glyph.shape != MarkShape::pin && place_beside(glyph, width)) return;
      if (place_raised(glyph, input_.measure(TextStyle::tiny, glyph.text))) break;
    }
    glyph.is_on_arrow = glyph.has_label && !state_.curves.is_free(glyph.label);
  }

  /// A plate of its own, which nothing may keep away: where it covers nothing, else where it covers
  /// no text, else beside its mark.
  void place_finding(MarkGlyph& glyph, float width) {
    const Rect plate = finding_plate(glyph, width + px(20));
    const bool is_taken = std::any_of(plates_.begin(), plates_.end(),
                                      [&](const Rect& other) { return other.overlaps(plate); });
    if (is_taken) return;  // a dense row: its marks still stand side by side
    plates_.push_back(plate);
    glyph.label = plate;
    glyph.has_label = true;
    state_.labels.add(plate);
    state_.solid.add(plate);
    clear_texts_under(plate);
  }

  /// Half a word says less than none.
  void clear_texts_under(const Rect& plate) {
    for (Bar& bar : out_.bars) {
      if (bar.label_rect.overlaps(plate)) bar.label.clear();
      const float width = input_.measure(TextStyle::tiny, bar.caption);
      const Rect caption{bar.caption_at.x, bar.caption_at.y, bar.caption_at.x + width,
                         bar.caption_at.y + px(label_height)};
      if (caption.overlaps(plate)) bar.caption.clear();
    }
  }

  Rect finding_plate(const MarkGlyph& glyph, float total) const {
    const std::vector<Rect> places = finding_places(glyph, total);
    for (const bool avoids_bars : {true, false}) {
      for (const Rect& plate : places) {
        const bool is_inside = plate.x0 >= out_.lanes.x0 && plate.x1 <= out_.lanes.x1 &&
                               plate.y0 >= row_.rect.y0 && plate.y1 <= row_.rect.y1;
        if (!is_inside || !state_.labels.is_free(plate)) continue;
        if (!avoids_bars || (state_.solid.is_free(plate) && state_.curves.is_free(plate)))
          return plate;
      }
    }
    return places.front().x1 <= out_.lanes.x1 ? places.front() : places[1];
  }

  /// Right and left of the mark, to the right of what else happens there, above and below the bars.
  std::vector<Rect> finding_places(const MarkGlyph& glyph, float total) const {
    const float half = px(finding_height) / 2, gap = px(26), y = glyph.at.y;
    const auto at = [&](float x0, float middle) {
      return Rect{x0, middle - half, x0 + total, middle + half};
    };
    std::vector<Rect> places = {at(glyph.at.x + gap, y), at(glyph.at.x - gap - total, y)};
    Rect beyond = places.front();
    constexpr int attempt_count_max = 8;
    for (int i = 0; i < attempt_count_max && beyond.x0 < glyph.at.x + px(220); ++i) {
      const Rect* other = state_.labels.find(beyond);
      if (other == nullptr) other = state_.solid.find(beyond);
      if (other == nullptr) break;
      beyond = at(other->x1 + px(4), y);
    }
    if (beyond.x0 <= glyph.at.x + px(220)) places.push_back(beyond);
    const float above = row_.bar.y0 - px(7) - half, below = row_.bar.y1 + px(7) + half;
    for (const float middle : {above, below, above - px(label_height), below + px(label_height)}) {
      for (const float x0 : {glyph.at.x - px(12), glyph.at.x + px(12) - total, glyph.at.x + gap,
                             glyph.at.x - gap - total}) {
        places.push_back(at(x0, middle));
      }
    }
    return places;
  }

  bool place_beside(MarkGlyph& glyph, float width) {
    const float half = px(label_height) / 2, gap = px((glyph_radius - 1) * glyph.size + 5);
    const Rect right{glyph.at.x + gap, glyph.at.y - half, glyph.at.x + gap + width,
                     glyph.at.y + half};
    const Rect left{glyph.at.x - gap - width, right.y0, glyph.at.x - gap, right.y1};
    return try_place(glyph, right, true) ||
           (right.x1 > out_.lanes.x1 && try_place(glyph, left, true));
  }

  /// Above the bar, one line higher each time, then below it. To the right first: a label on the
  /// left would stand in the way of the stems of earlier marks.
  bool place_raised(MarkGlyph& glyph, float width) {
    for (const bool is_above : {true, false}) {
      for (const bool is_right : {true, false}) {
        if (try_side(glyph, width, is_above, is_right)) return true;
      }
    }
    return false;
  }

  bool try_side(MarkGlyph& glyph, float width, bool is_above, bool is_right) {
    const float line = px(label_height);
    const float x0 = is_right ? glyph.at.x + px(7) : glyph.at.x - px(7) - width;
    for (int level = 1;; ++level) {
      const float shift = static_cast<float>(level) * line;
      const float y0 = is_above ? row_.bar.y0 - shift + px(1) : row_.bar.y1 + shift - line + px(1);
      if (y0 < row_.rect.y0 || y0 + line > row_.rect.y1) return false;
      // The stem must not cross what stands between here and the bar.
      const Rect stem = is_above ? Rect{glyph.at.x - 1, y0, glyph.at.x + 1, row_.bar.y0 - px(5)}
                                 : Rect{glyph.at.x - 1, row_.bar.y1 + px(1), glyph.at.x + 1, y0};
      if (!state_.labels.is_free(stem)) return false;
      if (!try_place(glyph, {x0, y0, x0 + width, y0 + line}, false)) continue;
      glyph.has_stem = true;
      glyph.head_y = y0 + line / 2;
      state_.labels.add({glyph.at.x - px(3), std::min(y0, row_.bar.y0), glyph.at.x + px(3),
                         std::max(y0 + line, row_.bar.y1)});
      return true;
    }
  }

  const LayoutInput& input_;
  TimelineLayout& out_;
  const Row& row_;
  RowState& state_;
  std::vector<MarkGlyph>& glyphs_;
  bool avoids_curves_ = true;
  std::vector<Rect> plates_;  ///< Of findings.
};

}  // namespace

void collect_marks(const LayoutInput& input, const TimelineLayout& out,
                   std::vector<RowState>& rows) {
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    rows[i].glyphs = GlyphCollector(input, out, out.rows[i]).run();
    reserve_arches(input, out, out.rows[i], rows[i]);
    shrink_glyphs(rows[i].glyphs, input.scale);
  }
}

void add_marks(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    MarkBuilder(input, out, out.rows[i], rows[i]).run();
  }
}

}  // namespace layout

MarkShape shape_of(const Mark& mark) {
  switch (mark.kind) {
    case EventKind::list_add_rcu:
    case EventKind::list_add_tail_rcu:
    case EventKind::list_add:
    case EventKind::list_add_tail:
    case EventKind::list_del_rcu:
    case EventKind::list_del:
    case EventKind::list_replace_rcu:
      return MarkShape::pin;
    case EventKind::call_rcu:
    case EventKind::kfree_rcu:
    case EventKind::queue_work:
    case EventKind::queue_rcu_work:
      return MarkShape::ring;
    case EventKind::get_device:
    case EventKind::put_device:
    case EventKind::kref_get:
    case EventKind::kref_put:
    case EventKind::device_release:
      return MarkShape::diamond;
    case EventKind::kfree:
      return MarkShape::crossed;
    case EventKind::sysfs_create_link:
    case EventKind::sysfs_remove_link:
    case EventKind::add_device_to_group:
    case EventKind::remove_device_from_group:
      return MarkShape::link;
    case EventKind::warn_on:
    case EventKind::finding:
      return MarkShape::finding;
    default:
      return mark.is_error ? MarkShape::finding : MarkShape::note;
  }
}

}  // namespace rcuscope::gui
