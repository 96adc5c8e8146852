// SPDX-License-Identifier: LGPL-2.1-or-later
// Bars: the spans of each row, folded where they are narrow, with labels in their free stretches.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "timeline/layout_parts.h"
#include "trace/words.h"

namespace rcuscope::gui::layout {
namespace {

/// Narrower bars take no text at all.
constexpr float label_room_min = 16;
/// The shortest caption is wider than this.
constexpr float caption_room_min = 60;

/// Bar of a slot: actors nest inwards; grace periods that overlap share the height.
Rect slot_rect(const LayoutInput& input, const Row& row, std::size_t slot) {
  const std::size_t slot_count = input.index.lanes[row.lane].slots.size();
  if (input.lanes.lanes[row.lane].kind == LaneKind::grace_periods && slot_count > 1) {
    const float room = row.rect.height() - 12 * input.scale;
    const float each = room / static_cast<float>(slot_count);
    const float top = row.rect.y0 + 6 * input.scale + each * static_cast<float>(slot);
    return {0, std::floor(top), 0, std::floor(top + std::min(each - 1, 26 * input.scale))};
  }
  const float inset = 4 * input.scale * static_cast<float>(std::min<std::size_t>(slot, 3));
  return {0, row.bar.y0 + inset, 0, row.bar.y1 - inset};
}

struct Gap {
  float x0, x1;
};

/// Of one slot in one row: where its bars stand in the layout. Invariant: both are sorted by x.
struct SlotBars {
  std::size_t first_bar, last_bar, first_folded, last_folded;
};

template <class Bars>
void add_inner(const Bars& bars, std::size_t first, std::size_t last, const Rect& outer,
               std::vector<Gap>& taken) {
  const auto begin = bars.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = bars.begin() + static_cast<std::ptrdiff_t>(last);
  auto bar = std::partition_point(begin, end, [&](const auto& b) { return b.rect.x0 < outer.x0; });
  for (; bar != end && bar->rect.x0 < outer.x1; ++bar) {
    if (bar->rect.height() < outer.height()) taken.push_back({bar->rect.x0, bar->rect.x1});
  }
}

class BarBuilder {
 public:
  BarBuilder(const LayoutInput& input, TimelineLayout& out) : input_(input), out_(out) {
    resolution_ = out.axis.per_pixel() * bar_resolution * static_cast<double>(input.scale);
  }

  void add_row(const Row& row, RowState& state) {
    const LaneIndex& lane = input_.index.lanes[row.lane];
    // Atomic actors are drawn as the sections that they are.
    if (!input_.lanes.lanes[row.lane].must_not_sleep) add_contexts(row, lane.actor);
    for (const Track& track : lane.contexts) add_contexts(row, track);
    slots_.clear();
    for (std::size_t slot = 0; slot < lane.slots.size(); ++slot) {
      add_slot(row, lane.slots[slot], slot_rect(input_, row, slot), state);
    }
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      for (std::size_t i = slots_[slot].first_bar; i < slots_[slot].last_bar; ++i) {
        add_label(i, slot, state);
      }
    }
    if (slots_.empty()) return;
    for (std::size_t i = slots_.front().first_bar; i < out_.bars.size(); ++i) {
      add_caption(out_.bars[i], row, state);
    }
  }

 private:
  const Span& span(const Bar& bar) const { return input_.lanes.spans[bar.span]; }

  const std::vector<FoldedRun>& visible_runs(const Track& track) {
    runs_.clear();
    fold(track, out_.axis.view.start, out_.axis.view.end, resolution_, runs_);
    return runs_;
  }

  Rect clipped(const FoldedRun& run, Rect rect) const {
    const float x0 = out_.axis.to_x(static_cast<double>(run.start));
    const float x1 = out_.axis.to_x(static_cast<double>(run.end));
    const float least = std::floor(3 * input_.scale);
    // A little outside, so that a bar that goes on beyond the edge has no rounded end there.
    rect.x0 = std::max(x0, out_.lanes.x0 - 8 * input_.scale);
    rect.x1 = std::min(std::max(x1, x0 + least), out_.lanes.x1 + 8 * input_.scale);
    return rect;
  }

  void add_contexts(const Row& row, const Track& track) {
    const float grow = 5 * input_.scale;
    const Rect place{0, row.bar.y0 - grow, 0, row.bar.y1 + grow};
    for (const FoldedRun& run : visible_runs(track)) {
      out_.contexts.push_back({clipped(run, place), run.span, run.count, run.busy_share, run.look});
    }
  }

  void add_slot(const Row& row, const Track& track, const Rect& place, RowState& state) {
    SlotBars slot{out_.bars.size(), 0, out_.folded.size(), 0};
    for (const FoldedRun& run : visible_runs(track)) {
      const Rect rect = clipped(run, place);
      const bool is_wide = run.count == 1 && rect.width() >= shaped_bar_width * input_.scale;
      if (is_wide || run.is_error) {
        add_bar(run, rect, row);
      } else {
        out_.folded.push_back({rect, run.span, run.count, run.busy_share, run.look});
      }
    }
    slot.last_folded = out_.folded.size();
    sort_bars(slot);
    add_folded_obstacles(slot, state);
    slots_.push_back(slot);
  }

  /// Errors come behind the others; a wide one comes twice, and the faulty one is kept.
  void sort_bars(SlotBars& slot) {
    const auto begin = out_.bars.begin() + static_cast<std::ptrdiff_t>(slot.first_bar);
    std::stable_sort(begin, out_.bars.end(), [](const Bar& a, const Bar& b) {
      return a.rect.x0 != b.rect.x0 ? a.rect.x0 < b.rect.x0 : a.is_error > b.is_error;
    });
    const auto is_same = [](const Bar& a, const Bar& b) { return a.span == b.span; };
    out_.bars.erase(std::unique(begin, out_.bars.end(), is_same), out_.bars.end());
    slot.last_bar = out_.bars.size();
  }

  void add_bar(const FoldedRun& run, const Rect& rect, const Row& row) {
    Bar& bar = out_.bars.emplace_back();
    bar.span = run.span;
    bar.look = run.look;
    bar.rect = rect;
    bar.error_x = rect.x1;
    bar.is_error = run.is_error;
    if (!bar.is_error) return;
    bar.error_x = first_error_x(span(bar), row);
    // What went wrong in the last step of a trace still needs a place to be seen.
    bar.rect.x1 = std::max(bar.rect.x1, bar.error_x + 24 * input_.scale);
  }

  /// Plain rectangles stand close together: one obstacle for each group of them.
  void add_folded_obstacles(const SlotBars& slot, RowState& state) {
    Rect group{0, 0, -1, 0};
    for (std::size_t i = slot.first_folded; i < slot.last_folded; ++i) {
      const FoldedBar& bar = out_.folded[i];
      if (bar.look.kind == SpanKind::mutex || bar.look.kind == SpanKind::spinlock) continue;
      if (group.x1 >= group.x0 && bar.rect.x0 <= group.x1 + 8 * input_.scale) {
        group.x1 = std::max(group.x1, bar.rect.x1);
        continue;
      }
      if (group.x1 >= group.x0) state.solid.add(group);
      group = bar.rect;
    }
    if (group.x1 >= group.x0) state.solid.add(group);
  }

  float first_error_x(const Span& wrong, const Row& row) const {
    const MarkTrack& marks = input_.index.lanes[row.lane].marks;
    const auto error = std::partition_point(
        marks.errors.begin(), marks.errors.end(),
        [&](std::uint32_t position) { return marks.times[position] < wrong.start; });
    Timestamp time = wrong.start;
    if (error == marks.errors.end() || marks.times[*error] > wrong.end) {
      return out_.axis.to_x(static_cast<double>(time));
    }
    time = marks.times[*error];
    return out_.axis.to_x(drawn_time(input_.format.clock(), static_cast<double>(time)));
  }

  /// The free stretches of a bar: between the bars inside it and the marks on it.
  std::vector<Gap> gaps(std::size_t at, std::size_t slot, const RowState& state) const {
    const Bar& bar = out_.bars[at];
    std::vector<Gap> taken;
    for (std::size_t inner = slot + 1; inner < slots_.size(); ++inner) {
      const SlotBars& s = slots_[inner];
      add_inner(out_.bars, s.first_bar, s.last_bar, bar.rect, taken);
      add_inner(out_.folded, s.first_folded, s.last_folded, bar.rect, taken);
    }
    auto glyph = std::partition_point(
        state.glyphs.begin(), state.glyphs.end(),
        [&](const MarkGlyph& g) { return g.at.x < bar.rect.x0 - 10 * input_.scale; });
    for (; glyph != state.glyphs.end() && glyph->at.x < bar.rect.x1 + 10 * input_.scale; ++glyph) {
      const float reach = (glyph->shape == MarkShape::pin ? 0 : 9 * glyph->size) * input_.scale;
      taken.push_back({glyph->at.x - reach, glyph->at.x + reach});
    }
    std::sort(taken.begin(), taken.end(), [](const Gap& a, const Gap& b) { return a.x0 < b.x0; });
    std::vector<Gap> free;
    float x = std::max(bar.rect.x0, out_.lanes.x0) + 3 * input_.scale;
    const float end =
        std::min({bar.rect.x1, out_.lanes.x1, std::max(bar.error_x, x)}) - 3 * input_.scale;
    for (const Gap& gap : taken) {
      if (gap.x1 <= x || gap.x0 >= end) continue;
      free.push_back({x, gap.x0});
      x = std::max(x, gap.x1);
    }
    free.push_back({x, end});
    return free;
  }

  /// The label stands in the first gap that takes all of it, else shortened in the widest.
  void add_label(std::size_t at, std::size_t slot, RowState& state) {
    Bar& bar = out_.bars[at];
    const bool takes_text =
        bar.rect.height() >= 15 * input_.scale && bar.rect.width() >= label_room_min * input_.scale;
    const std::string text = takes_text ? label_text(bar) : std::string();
    if (!text.empty()) {
      const float pad = 3 * input_.scale;
      const float wanted = input_.measure(TextStyle::small, text) + 2 * pad;
      Gap best{0, 0};
      for (const Gap& gap : gaps(at, slot, state)) {
        if (best.x1 - best.x0 >= wanted) break;
        if (gap.x1 - gap.x0 > best.x1 - best.x0) best = gap;
      }
      const float left = best.x0 + pad;
      bar.label = shortest_fit(bar, text, best.x1 - best.x0 - 2 * pad);
      const float width = input_.measure(TextStyle::small, bar.label);
      bar.label_rect = {left, bar.rect.y0, left + width, bar.rect.y1};
      if (!bar.label.empty()) state.labels.add(bar.label_rect.inset(0, 4 * input_.scale));
    }
    // Outlined bars are a ground on which text can stand; filled ones are not.
    const SpanKind kind = bar.look.kind;
    if (kind != SpanKind::mutex && kind != SpanKind::spinlock) {
      state.solid.add(bar.rect);
    } else if (bar.is_error) {
      state.solid.add({bar.error_x, bar.rect.y0, bar.rect.x1, bar.rect.y1});  // it is hatched
    }
  }

  /// All of it, else the bare kind, else as much as still says something.
  std::string shortest_fit(const Bar& bar, const std::string& text, float room) const {
    if (input_.measure(TextStyle::small, text) <= room) return text;
    const std::string kind(short_word(bar.look.kind));
    if (!kind.empty() && input_.measure(TextStyle::small, kind) <= room) return kind;
    const std::string cut = fit_text(input_, TextStyle::small, text, room);
    return cut.size() >= 9 ? cut : std::string();
  }

  std::string label_text(const Bar& bar) const {
    const Span& s = span(bar);
    if (s.kind == SpanKind::grace_period) {
      return with_note(s, input_.notes.grace_periods, s.grace_period.value);
    }
    const Timestamp now = input_.notes.now;
    const bool is_now = s.start <= now && (now <= s.end || s.is_open);
    if (s.kind != SpanKind::reader || !is_now) return s.label;
    return with_note(s, input_.notes.readers, s.lane);
  }

  static std::string with_note(const Span& s, const std::map<std::int32_t, std::string>& notes,
                               std::int32_t key) {
    const auto note = notes.find(key);
    return note == notes.end() ? s.label : s.label + "   " + note->second;
  }

  void add_caption(Bar& bar, const Row& row, RowState& state) {
    const bool may_fit = bar.is_error || bar.rect.width() >= caption_room_min * input_.scale;
    if (bar.look.kind != SpanKind::reader || !may_fit) return;
    const Span& reader = span(bar);
    const std::string text = reader_caption(input_.trace, reader);
    if (text.empty()) return;
    const float width = input_.measure(TextStyle::tiny, text);
    const float left = std::max(bar.rect.x0, out_.lanes.x0) + 2 * input_.scale;
    if (width > bar.rect.x1 - left && !reader.is_error) return;
    const float right = std::min(bar.rect.x1, out_.lanes.x1) - 2 * input_.scale - width;
    // Clear of arrows if that can be; under them it still reads.
    for (const bool avoids_curves : {true, false}) {
      for (const float x : {left, std::max(left, right)}) {
        const Rect place{x, row.bar.y1 + 2 * input_.scale, x + width,
                         row.bar.y1 + (1 + label_height) * input_.scale};
        const bool is_free =
            state.labels.is_free(place) && (!avoids_curves || state.curves.is_free(place));
        if (!is_free || place.y1 > row.rect.y1 + input_.scale) continue;
        bar.caption = text;
        bar.caption_at = {place.x0, place.y0};
        state.labels.add(place);
        return;
      }
    }
  }

  const LayoutInput& input_;
  TimelineLayout& out_;
  double resolution_ = 1;
  std::vector<FoldedRun> runs_;
  std::vector<SlotBars> slots_;  ///< Of the row.
};

}  // namespace

void add_bars(const LayoutInput& input, TimelineLayout& out, std::vector<RowState>& rows) {
  BarBuilder builder(input, out);
  for (std::size_t i = 0; i < out.rows.size(); ++i) builder.add_row(out.rows[i], rows[i]);
}

}  // namespace rcuscope::gui::layout
