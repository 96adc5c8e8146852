// SPDX-License-Identifier: LGPL-2.1-or-later
// to_svg: writes the picture of svg_layout as SVG that plays by itself, without script.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "io/format.h"
#include "io/svg_caption.h"
#include "io/svg_layout.h"
#include "io/svg_shapes.h"
#include "io/svg_style.h"
#include "io/svg_text.h"
#include "trace/describe.h"
#include "trace/lanes.h"
#include "trace/repetition.h"
#include "trace/time_text.h"
#include "trace/verdict_text.h"
#include "trace/words.h"

namespace rcuscope {
namespace svg {
namespace {

constexpr double footer_padding = 14;
constexpr double legend_height = 34;
constexpr std::size_t tooltip_line_limit = 8;
constexpr double least_tooltip_width = 3;  ///< Nobody points at less, and there may be thousands.

class Writer {
 public:
  Writer(const TraceStore& trace, const std::string& searched, RepetitionNumber repetition)
      : trace_(trace),
        searched_(searched),
        repetition_(repetition),
        lanes_(compute_lanes(trace)),
        scale_(trace, lanes_),
        picture_(make_picture(trace, lanes_)),
        captions_(make_captions(trace, scale_, picture_.width - 2 * footer_padding - 8)),
        id_(picture_id(trace)) {}

  std::string run() {
    const double caption_top = picture_.plot.bottom + footer_padding;
    const double legend_top = caption_top + captions_.height;
    const double height = legend_top + legend_height;
    out_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"" + id_ + "\" viewBox=\"0 0 " +
           number(picture_.width) + " " + number(height) + "\"" +
           attribute("width", picture_.width) + attribute("height", height) +
           // Narrower columns, such as a notebook's, get a smaller picture, not a part of it.
           " style=\"max-width:100%;height:auto\" role=\"img\">\n";
    out_ += tooltip(title()) + "\n<desc>" + xml_text(captions_.still) + "</desc>\n";
    out_ += style_sheet(id_, scale_.right() - scale_.left()) + definitions(id_);
    out_ += "<clipPath id=\"plot-" + id_ + "\">" +
            rectangle({head_width, picture_.ruler_top, picture_.width, picture_.plot.bottom}, "") +
            "/></clipPath>\n";
    out_ += rectangle({0.5, 0.5, picture_.width - 0.5, height - 0.5}, "ground", 8) + "/>\n";
    write_header();
    write_rows();
    write_ruler();
    write_bands();
    write_folds();
    write_plot();
    write_veil();
    write_captions(caption_top);
    write_legend(legend_top);
    return out_ + "</svg>\n";
  }

 private:
  // --- header ---

  std::string metadata(const char* key) const {
    const auto found = trace_.names().metadata.find(key);
    return found == trace_.names().metadata.end() ? "" : found->second;
  }

  std::string title() const {
    for (const char* key : {"title", "scenario"}) {
      if (const std::string text = metadata(key); !text.empty()) return text;
    }
    return "trace";
  }

  std::string subtitle() const {
    std::string text;
    const auto add = [&text](const std::string& part) {
      if (!part.empty()) text += (text.empty() ? "" : "  \u00b7  ") + part;
    };
    const std::string scenario = metadata("scenario");
    add(scenario.empty() || scenario == title() ? "" : "scenario " + scenario);
    add(metadata("world").empty() ? "" : metadata("world") + " world");
    if (repetition_.count > 1)
      add("repetition " + with_thousands(std::to_string(repetition_.number)) + " of " +
          with_thousands(std::to_string(repetition_.count)));
    add(std::to_string(trace_.size()) + (trace_.size() == 1 ? " event" : " events"));
    if (trace_.size() != 0) add(duration_text(trace_.clock(), lanes_.end - lanes_.start));
    add(metadata("schedule").empty() ? "" : "schedule " + metadata("schedule"));
    return text;
  }

  void write_header() {
    const double pill_left = write_verdict();
    const double room = pill_left - 40;
    out_ += text_at(20, 31, "title", fitted(title(), room, 17, true));
    out_ += text_at(20, 51, "subtitle", fitted(subtitle(), room, 12));
  }

  /// Return: the left edge of the pill, or of the empty place where it would be.
  double write_verdict() {
    const VerdictText verdict = verdict_text(trace_, searched_);
    if (verdict.word.empty()) return picture_.width - 20;
    const std::string style = verdict.sense == VerdictText::Sense::good  ? "ok"
                              : verdict.sense == VerdictText::Sense::bad ? "bad"
                                                                         : "open";
    std::string text = verdict.word;
    if (!verdict.detail.empty()) text += "   " + verdict.detail;
    text = fitted(text, 420, 12.5, true);
    const double width = text_width(text, 12.5, true) + 42;
    const Box box{picture_.width - 20 - width, 19, picture_.width - 20, 47};
    out_ += rectangle(box, style, 14) + "/>\n";
    out_ += "<circle class=\"" + style + "-dot\"" + attribute("cx", box.left + 17) +
            attribute("cy", box.middle_y()) + " r=\"4.5\"/>\n";
    out_ += text_at((box.left + 26 + box.right - 14) / 2, box.middle_y() + 4.5,
                    "verdict " + style + "-text", text,
                    " text-anchor=\"middle\" xml:space=\"preserve\"");
    return box.left;
  }

  // --- rows and time ---

  void write_rows() {
    for (const Row& row : picture_.rows) {
      const Lane& lane = lanes_.lanes[static_cast<std::size_t>(row.lane)];
      out_ += rectangle({head_width, row.box.top, row.box.right - 1, row.box.bottom},
                        row.lane % 2 == 0 ? "row-a" : "row-b") +
              "/>\n";
      out_ += line(1, row.box.bottom, row.box.right - 1, row.box.bottom, "line");
      out_ += rectangle({1, row.box.top, 4, row.box.bottom},
                        lane.must_not_sleep ? "edge-atomic" : "edge") +
              "/>\n";
      write_head(row, lane);
    }
    if (!picture_.rows.empty()) {
      out_ += line(1, picture_.plot.top, picture_.width - 1, picture_.plot.top, "strong-line");
      out_ += line(head_width, picture_.ruler_top, head_width, picture_.plot.bottom, "strong-line");
    }
  }

  void write_head(const Row& row, const Lane& lane) {
    const double middle = row.box.middle_y();
    const std::string name = fitted(lane.name, head_width - 32, 13);
    out_ += "<g>" + tooltip(lane.name) + text_at(18, middle - 3, "lane-name", name) + "</g>\n";
    double x = 18;
    if (lane.cpu.is_valid()) {
      const std::string cpu = "CPU " + std::to_string(lane.cpu.value);
      out_ += text_at(x, middle + 15, "cpu", cpu);
      x += text_width(cpu, 10.5, true) + 8;
    }
    const std::string kind = kind_word(lane);
    const double width = text_width(kind, 10.5);
    if (!lane.must_not_sleep) {
      out_ += text_at(x, middle + 15, "quiet", kind);
      return;
    }
    out_ += rectangle({x, middle + 3, x + width + 14, middle + 20}, "pill", 8.5) + "/>\n";
    out_ += text_at(x + 7, middle + 15, "pill-text", kind);
    out_ += text_at(x + width + 22, middle + 15, "quiet", "must not sleep");
  }

  void write_ruler() {
    if (picture_.rows.empty()) return;
    out_ += text_at(18, picture_.ruler_top + 17, "quiet", picture_.time_unit);
    for (const Tick& tick : picture_.ticks) {
      out_ +=
          text_at(tick.x, picture_.ruler_top + 17, "quiet", tick.text, " text-anchor=\"middle\"");
      out_ += line(tick.x, picture_.plot.top, tick.x, picture_.plot.bottom, "line");
    }
  }

  void write_bands() {
    for (const Band& band : picture_.bands) {
      const Span& span = lanes_.spans[band.span];
      out_ += rectangle({band.left, picture_.plot.top, band.right, picture_.plot.bottom}, "band") +
              "/>\n";
      if (band.strip.width() > 0) out_ += rectangle(band.strip, "strip") + "/>\n";
      const double top = band.strip.width() > 0 ? band.strip.top : picture_.plot.top;
      out_ += line(band.left, top, band.left, picture_.plot.bottom, "band-line");
      if (span.is_open) continue;
      out_ += "<line class=\"band-line\" stroke-dasharray=\"4 3\"" + attribute("x1", band.right) +
              attribute("y1", top) + attribute("x2", band.right) +
              attribute("y2", picture_.plot.bottom) + "/>\n";
    }
  }

  /// Nothing happens there: time is cut out, and says how much.
  void write_folds() {
    for (const Fold& fold : picture_.folds) {
      const double middle = (fold.left + fold.right) / 2;
      out_ += "<g>" + tooltip("nothing happens for " + fold.text) +
              rectangle({fold.left, picture_.plot.top, fold.right, picture_.plot.bottom}, "fold") +
              "/>" +
              line(fold.left, picture_.ruler_top + 6, fold.left, picture_.plot.bottom, "cut") +
              line(fold.right, picture_.ruler_top + 6, fold.right, picture_.plot.bottom, "cut") +
              text_at(middle, picture_.ruler_top + 17, "quiet halo", fold.text,
                      " text-anchor=\"middle\"") +
              "</g>\n";
    }
  }

  // --- what happens ---

  void write_plot() {
    out_ += "<g clip-path=\"url(#plot-" + id_ + ")\">\n";
    for (const Bar& bar : picture_.bars) {
      if (lanes_.spans[bar.span].kind == SpanKind::actor) write_bar(bar);
    }
    for (const Curve& curve : picture_.curves) write_curve(curve);
    for (const Bar& bar : picture_.bars) {
      if (lanes_.spans[bar.span].kind != SpanKind::actor) write_bar(bar);
    }
    for (const Glyph& glyph : picture_.glyphs) write_glyph(glyph);
    for (const BadgePoint& badge : picture_.badges) write_badge(badge);
    for (const Label& label : picture_.labels) write_label(label);
    out_ += "</g>\n";
  }

  static std::string bar_style(const Span& span) {
    switch (span.kind) {
      case SpanKind::actor:
        return "bar-actor";
      case SpanKind::reader:
        return span.is_pre_existing || span.is_error ? "bar-reader" : "bar-later";
      case SpanKind::implicit:
        return span.is_pre_existing || span.is_error ? "bar-implicit" : "bar-later-implicit";
      case SpanKind::grace_period:
        return "bar-grace";
      case SpanKind::blocked:
        return "bar-blocked";
      case SpanKind::mutex:
      case SpanKind::spinlock:
        return "bar-mutex";
      case SpanKind::callback:
        return "bar-callback";
      case SpanKind::work:
        return "bar-work";
      case SpanKind::release:
        return "bar-release";
    }
    return "";
  }

  std::string span_tooltip(const Span& span) const {
    std::string text = span.label.empty() ? std::string(to_string(span.kind)) : span.label;
    text += ", " + duration_text(trace_.clock(), span.end - span.start);
    if (span.is_open) text += " and still open";
    if (span.is_inferred) text += ", inferred";
    return text + ": " + describe_event(trace_, span.first_event);
  }

  void write_bar(const Bar& bar) {
    const Span& span = lanes_.spans[bar.span];
    const double radius = bar.is_strip ? 1 : 3;
    Box box = bar.box;
    const bool is_broken = bar.error_from >= 0 && !bar.is_strip;
    std::string style = bar_style(span) + (span.is_inferred ? " inferred" : "");
    out_ += rectangle(box, style, std::min(radius, box.width() / 2));
    out_ += box.width() < least_tooltip_width ? "/>\n"
                                              : ">" + tooltip(span_tooltip(span)) + "</rect>\n";
    if (!is_broken) return;
    box.left = bar.error_from;
    box.right =
        std::max(box.right, box.left + 26);  // where nothing follows, it shows that it would
    out_ += rectangle(box, "bar-error", radius) + "/>\n";
  }

  static const char* curve_name(ArrowKind kind) {
    switch (kind) {
      case ArrowKind::callback:
        return "callback";
      case ArrowKind::work:
        return "work";
      case ArrowKind::freed_then_used:
        return "freed";
      case ArrowKind::reader:
        return "reader";
      case ArrowKind::grace_period:
        return "grace";
    }
    return "";
  }

  void write_curve(const Curve& curve) {
    const Arrow& arrow = lanes_.arrows[curve.arrow];
    const std::string name = curve_name(arrow.kind);
    const double bend = (curve.y2 - curve.y1) / 2;
    out_ += "<path class=\"curve curve-" + name + "\" d=\"M" + number(curve.x1) + " " +
            number(curve.y1) + "C" + number(curve.x1) + " " + number(curve.y1 + bend) + " " +
            number(curve.x2) + " " + number(curve.y2 - bend) + " " + number(curve.x2) + " " +
            number(curve.y2) + "\"";
    if (arrow.kind != ArrowKind::reader) {
      out_ += " marker-end=\"url(#" + name + "-" + id_ + ")\"";
    }
    out_ += "/>\n";
  }

  std::string glyph_tooltip(const Glyph& glyph) const {
    std::string text = describe_event(trace_, lanes_.marks[glyph.mark].event);
    const std::size_t told = std::min(glyph.folded.size(), tooltip_line_limit);
    for (std::size_t i = 0; i < told; ++i) {
      text += "\n" + describe_event(trace_, lanes_.marks[glyph.folded[i]].event);
    }
    const std::size_t rest = glyph.folded.size() - told;
    return rest == 0 ? text : text + "\nand " + std::to_string(rest) + " more";
  }

  void write_glyph(const Glyph& glyph) {
    const Mark& mark = lanes_.marks[glyph.mark];
    const double share = (glyph.x - scale_.left()) / (scale_.right() - scale_.left());
    // Its round begins when the playhead is there; 0.1 s early, so that it is seen to begin.
    const double delay = share * play_share * play_seconds - play_seconds - 0.1;
    out_ += "<g class=\"pop\" style=\"animation-delay:" + number(delay) + "s\">" +
            tooltip(glyph_tooltip(glyph)) + glyph_shape(glyph, mark.kind) + "</g>\n";
  }

  void write_badge(const BadgePoint& badge) {
    const Badge& what = lanes_.badges[badge.badge];
    std::string text(trace_.actor_name(what.reader.value));
    out_ += "<g>" + tooltip(text + " no longer holds up the grace period") +
            circle(badge.x, badge.y, 8, "badge") +
            text_at(badge.x, badge.y + 3.5, "badge-text", badge.text, " text-anchor=\"middle\"") +
            "</g>\n";
  }

  void write_label(const Label& label) {
    const std::string style = label.style.substr(0, label.style.find(' '));
    const Box& box = label.box;
    if (label.plate == Plate::panel) {
      out_ += rectangle({box.left, box.top + 1, box.right, box.bottom}, "plate plate-" + style, 4) +
              "/>\n";
    } else if (label.plate != Plate::none) {
      const char* const ground = label.plate == Plate::bar ? "plate-bar" : "plate-ground";
      out_ += rectangle({box.left - 3, box.top, box.right + 1, box.bottom}, ground, 3) + "/>\n";
    }
    const bool is_on_bar = label.style == "on-dark" || label.style == "on-pale";
    const bool has_halo = label.plate == Plate::none && !is_on_bar;
    const std::string classes = label.style + (has_halo ? " halo" : "");
    const double y = box.middle_y() + 4;
    switch (label.anchor) {
      case Anchor::start:
        out_ += text_at(box.left, y, classes, label.text, " xml:space=\"preserve\"");
        break;
      case Anchor::middle:
        out_ += text_at(box.middle_x(), y, classes, label.text, " text-anchor=\"middle\"");
        break;
      case Anchor::end:
        out_ += text_at(box.right, y, classes, label.text, " text-anchor=\"end\"");
        break;
    }
  }

  // --- time goes by ---

  void write_veil() {
    if (picture_.rows.empty()) return;
    const double left = scale_.left();
    const double top = picture_.ruler_top;
    const double bottom = picture_.plot.bottom;
    out_ += "<g class=\"animated\" clip-path=\"url(#plot-" + id_ + ")\">\n<g class=\"travel\">\n" +
            rectangle({left, top, left + picture_.width, bottom}, "veil") + "/>\n" +
            "<g class=\"playhead\">" + line(left, top + 10, left, bottom, "head-line") +
            "<path d=\"M" + number(left - 6) + " " + number(top + 2) + "h12v8l-6 6l-6 -6z\"/></g>" +
            "\n</g>\n</g>\n";
  }

  void write_captions(double top) {
    double y = top + 15;
    for (const std::string& text : captions_.message_lines) {
      out_ += text_at(20, y, "still message", text);
      y += captions_.line_height;
    }
    for (const std::string& text : captions_.still_lines) {
      out_ += text_at(20, y, "still", text);
      y += captions_.line_height;
    }
    out_ += "<g class=\"animated\">\n<style>";
    for (std::size_t i = 0; i < captions_.captions.size(); ++i) {
      out_ += caption_rule(captions_.captions[i], i);
    }
    out_ += "</style>\n";
    for (std::size_t i = 0; i < captions_.captions.size(); ++i) {
      const std::string name = "c" + std::to_string(i) + "-" + id_;
      out_ += "<text class=\"caption\"" + attribute("x", 20) + attribute("y", y + 2) +
              " style=\"animation-name:" + name + "\">" + xml_text(captions_.captions[i].text) +
              "</text>\n";
    }
    out_ += "</g>\n";
  }

  std::string caption_rule(const Caption& caption, std::size_t i) const {
    const auto percent = [](double share) { return number(share * play_share * 100) + "%"; };
    std::string rule = "@keyframes c" + std::to_string(i) + "-" + id_ + "{0%{opacity:0}";
    rule += percent(caption.from) + "{opacity:1}" + percent(caption.to) + ",100%{opacity:0}}";
    return rule;
  }

  // --- legend ---

  void write_legend(double top) {
    double x = 20;
    const double y = top + 6;
    for (const LegendEntry& entry : legend_entries()) {
      out_ += entry.shape(x, y);
      out_ += text_at(x + 24, y + 10, "quiet", entry.text);
      x += 24 + text_width(entry.text, 10.5) + 20;
    }
    write_footnotes(y + 10, x);
  }

  struct LegendEntry {
    std::string style;
    std::string_view text;
    std::string shape(double x, double y) const {
      if (style == "put-hollow") return diamond(x + 8, y + 6, 7, "put-hollow");
      return rectangle({x, y + 1, x + 16, y + 12}, style, 3) + "/>\n";
    }
  };

  std::vector<LegendEntry> legend_entries() const {
    const std::vector<LegendEntry> all = {
        {"bar-reader", legend::waited_for},  {"bar-later", legend::later_reader},
        {"bar-grace", legend::grace_period}, {"bar-blocked", legend::waiting},
        {"bar-mutex", legend::lock},         {"bar-callback", legend::callback},
        {"bar-work", legend::work},          {"bar-release", legend::release},
        {"put-hollow", legend::put}};
    std::vector<LegendEntry> shown;
    for (const LegendEntry& entry : all) {
      const bool is_bar = std::any_of(lanes_.spans.begin(), lanes_.spans.end(),
                                      [&](const Span& s) { return bar_style(s) == entry.style; });
      const bool is_put = std::any_of(lanes_.marks.begin(), lanes_.marks.end(), [&](const Mark& m) {
        return entry.style == "put-hollow" && m.kind == EventKind::put_device;
      });
      if (is_bar || is_put) shown.push_back(entry);
    }
    return shown;
  }

  void write_footnotes(double y, double least_x) {
    std::string text;
    if (trace_.events_lost_count() != 0) {
      text = std::to_string(trace_.events_lost_count()) + " events were lost";
    }
    if (picture_.hidden_lanes_count != 0) {
      text += (text.empty() ? "" : ", ") + std::to_string(picture_.hidden_lanes_count) +
              " more lanes are not shown";
    }
    text = fitted(text, picture_.width - 20 - least_x, 10.5);
    if (text.empty()) return;
    out_ += text_at(picture_.width - 20, y, "amber small", text, " text-anchor=\"end\"");
  }

  const TraceStore& trace_;
  const std::string& searched_;
  RepetitionNumber repetition_;
  Lanes lanes_;
  TimeScale scale_;
  Picture picture_;
  Captions captions_;
  std::string id_;
  std::string out_;
};

}  // namespace
}  // namespace svg

std::string to_svg(const TraceStore& trace, const std::string& searched) {
  const Timestamp moment = telling_moment(trace);
  const RepetitionNumber repetition = repetition_number(trace, moment);
  if (repetition.count <= 1) return svg::Writer(trace, searched, repetition).run();
  // One of many tells it all; together they would be a carpet.
  return svg::Writer(part_of(trace, repetition_at(trace, moment)), searched, repetition).run();
}

}  // namespace rcuscope
