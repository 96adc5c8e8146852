// SPDX-License-Identifier: LGPL-2.1-or-later
// The two palettes, and which role each kind of span, mark and arrow has.
#include "theme.h"

namespace rcuscope::gui {
namespace {

/// From 0xRRGGBB and an opacity of 0 to 1.
constexpr Color rgb(std::uint32_t hex, float opacity = 1) {
  const auto alpha = static_cast<std::uint32_t>(opacity * 255 + 0.5f);
  return (hex >> 16 & 0xff) | (hex & 0xff00) | (hex & 0xff) << 16 | alpha << 24;
}

Theme make_light() {
  Theme t{};
  t.background = rgb(0xF6F7F9);
  t.panel = rgb(0xFFFFFF);
  t.raised = rgb(0xF0F2F5);
  t.card = rgb(0xF6F7F9);
  t.card_line = rgb(0xE3E7EC);
  t.line = rgb(0xE3E7EC);
  t.line_strong = rgb(0xCBD2DA);
  t.text = rgb(0x1B242D);
  t.text_secondary = rgb(0x55626F);
  t.text_faint = rgb(0x8B97A3);
  t.accent = rgb(0x1668C7);
  t.on_accent = t.on_bar = t.on_finding = rgb(0xFFFFFF);
  t.lane_alternate = rgb(0x1B242D, 0.022f);
  t.selected_segment = rgb(0xFFFFFF);
  t.shade = rgb(0x1B242D, 0.35f);
  t.playhead = rgb(0x1B242D);
  t.on_playhead = rgb(0xF6F7F9);
  t.reader = rgb(0x2F7FD1);
  t.reader_later = rgb(0xA9C6E4);
  t.on_reader_later = rgb(0x24527F);
  t.grace_period = rgb(0xC98A12);
  t.callback = t.linked = rgb(0x128A66);
  t.release = rgb(0xD2552B);
  t.mutex = rgb(0x7454CF);
  t.spinlock = rgb(0xA8479B);
  t.blocked = rgb(0x8F80C0);
  t.on_blocked = rgb(0x5B4A9A);
  t.context = rgb(0x8B97A3);
  t.freed = rgb(0x8B97A3);
  t.error = rgb(0xD32F41);
  t.neutral = rgb(0x55626F);
  t.keyword = rgb(0x7454CF);
  t.call = rgb(0x1668C7);
  t.comment = rgb(0x8B97A3);
  t.number = rgb(0xB2600A);
  t.band_past = 0.10f;
  t.band_future = 0.045f;
  t.band_title = 0.18f;
  t.outlined_fill = 0.20f;
  t.later_fill = 0.6f;
  t.tint = 0.11f;
  return t;
}

Theme make_dark() {
  Theme t{};
  t.is_dark = true;
  t.background = rgb(0x0F1419);
  t.panel = rgb(0x161C23);
  t.raised = rgb(0x1C242D);
  t.card = rgb(0x1C242D);
  t.card_line = rgb(0x1C242D);
  t.line = rgb(0x27313B);
  t.line_strong = rgb(0x35414D);
  t.text = rgb(0xE6EBF0);
  t.text_secondary = rgb(0x9AA7B4);
  t.text_faint = rgb(0x667380);
  t.accent = rgb(0x5AA9FF);
  t.on_accent = t.on_bar = rgb(0x0B0F13);
  t.on_finding = rgb(0xFFFFFF);
  t.lane_alternate = rgb(0xFFFFFF, 0.018f);
  t.selected_segment = rgb(0x35414D);
  t.shade = rgb(0x000000, 0.55f);
  t.playhead = rgb(0xFFFFFF);
  t.on_playhead = rgb(0x0F1419);
  t.reader = rgb(0x4FA3F0);
  t.reader_later = rgb(0x3D5F80);
  t.on_reader_later = rgb(0xCFE0F2);
  t.grace_period = rgb(0xE5B454);
  t.callback = t.linked = rgb(0x42C29A);
  t.release = rgb(0xF0805A);
  t.mutex = rgb(0xA58BF0);
  t.spinlock = rgb(0xD884CC);
  t.blocked = rgb(0x8B7FB0);
  t.on_blocked = rgb(0xD6CEF2);
  t.context = rgb(0x7C8894);
  t.freed = rgb(0x7C8894);
  t.error = rgb(0xFF5C6C);
  t.neutral = rgb(0x9AA7B4);
  t.keyword = rgb(0xA58BF0);
  t.call = rgb(0x7CC4FF);
  t.comment = rgb(0x667380);
  t.number = rgb(0xF0B072);
  t.band_past = 0.085f;
  t.band_future = 0.035f;
  t.band_title = 0.20f;
  t.outlined_fill = 0.28f;
  t.later_fill = 0.75f;
  t.tint = 0.16f;
  return t;
}

}  // namespace

Theme make_theme(ThemeName name) { return name == ThemeName::dark ? make_dark() : make_light(); }

std::optional<ThemeName> theme_from_string(std::string_view name) {
  if (name == "light") return ThemeName::light;
  if (name == "dark") return ThemeName::dark;
  return std::nullopt;
}

Color fade(Color color, float opacity) {
  const auto alpha = static_cast<Color>(static_cast<float>(color >> 24) * opacity + 0.5f);
  return (color & 0x00ffffffu) | alpha << 24;
}

Color span_color(const Theme& theme, const Span& span) {
  return span.is_error ? theme.error : look_color(theme, {span.kind, span.is_pre_existing});
}

Color look_color(const Theme& theme, const SpanLook& look) {
  switch (look.kind) {
    case SpanKind::actor:
    case SpanKind::implicit:
      return theme.context;
    case SpanKind::reader:
      return look.is_pre_existing ? theme.reader : theme.reader_later;
    case SpanKind::grace_period:
      return theme.grace_period;
    case SpanKind::blocked:
      return theme.blocked;
    case SpanKind::mutex:
      return theme.mutex;
    case SpanKind::spinlock:
      return theme.spinlock;
    case SpanKind::callback:
      return theme.callback;
    case SpanKind::work:
    case SpanKind::release:
      return theme.release;
  }
  return theme.neutral;
}

BarShape bar_shape(const SpanLook& look) {
  switch (look.kind) {
    case SpanKind::blocked:
      return BarShape::hatched;
    case SpanKind::mutex:
    case SpanKind::spinlock:
    case SpanKind::grace_period:
      return BarShape::outlined;
    default:
      return BarShape::filled;
  }
}

bool is_dashed(ArrowKind kind) { return kind == ArrowKind::freed_then_used; }

Color event_color(const Theme& theme, EventKind kind, std::uint16_t flags) {
  if ((flags & event_flag::error) != 0 || kind == EventKind::finding) return theme.error;
  switch (kind) {
    case EventKind::list_add_rcu:
    case EventKind::list_add_tail_rcu:
    case EventKind::list_add:
    case EventKind::list_add_tail:
      return theme.linked;
    case EventKind::call_rcu:
    case EventKind::kfree_rcu:
    case EventKind::queue_rcu_work:
    case EventKind::callback_start:
    case EventKind::callback_end:
      return theme.callback;
    case EventKind::list_del_rcu:
    case EventKind::list_del:
    case EventKind::list_replace_rcu:
    case EventKind::put_device:
    case EventKind::kref_put:
    case EventKind::device_release:
    case EventKind::queue_work:
    case EventKind::work_start:
    case EventKind::work_end:
      return theme.release;
    case EventKind::rcu_read_lock:
    case EventKind::rcu_read_unlock:
    case EventKind::rcu_dereference:
    case EventKind::rcu_assign_pointer:
    case EventKind::load:
    case EventKind::store:
      return theme.reader;
    case EventKind::mutex_lock:
    case EventKind::mutex_unlock:
    case EventKind::mutex_contended:
      return theme.mutex;
    case EventKind::spin_lock:
    case EventKind::spin_unlock:
    case EventKind::spin_contended:
      return theme.spinlock;
    case EventKind::grace_period_start:
    case EventKind::grace_period_end:
    case EventKind::grace_period_waits_for:
    case EventKind::quiescent_state:
      return theme.grace_period;
    case EventKind::synchronize_rcu_start:
    case EventKind::synchronize_rcu_end:
      return theme.blocked;
    case EventKind::warn_on:
      return theme.error;
    default:
      return theme.neutral;
  }
}

Color mark_color(const Theme& theme, const Mark& mark) {
  return event_color(theme, mark.kind, mark.is_error ? event_flag::error : std::uint16_t{0});
}

Color arrow_color(const Theme& theme, ArrowKind kind) {
  switch (kind) {
    case ArrowKind::callback:
      return theme.callback;
    case ArrowKind::work:
      return theme.release;
    case ArrowKind::grace_period:
      return theme.grace_period;
    case ArrowKind::reader:
      return theme.reader;
    case ArrowKind::freed_then_used:
      return theme.error;
  }
  return theme.neutral;
}

}  // namespace rcuscope::gui
