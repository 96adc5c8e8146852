// SPDX-License-Identifier: LGPL-2.1-or-later
// Elements of SVG as text.
#include "io/svg_shapes.h"

#include "io/svg_text.h"

namespace rcuscope::svg {

std::string attribute(const char* name, double value) {
  return std::string(" ") + name + "=\"" + number(value) + "\"";
}

std::string rectangle(const Box& box, const std::string& style, double radius) {
  return "<rect class=\"" + style + "\"" + attribute("x", box.left) + attribute("y", box.top) +
         attribute("width", box.width()) + attribute("height", box.height()) +
         (radius > 0 ? attribute("rx", radius) : "");
}

std::string line(double x1, double y1, double x2, double y2, const std::string& style) {
  return "<line class=\"" + style + "\"" + attribute("x1", x1) + attribute("y1", y1) +
         attribute("x2", x2) + attribute("y2", y2) + "/>\n";
}

std::string text_at(double x, double y, const std::string& style, std::string_view text,
                    const char* more) {
  return "<text class=\"" + style + "\"" + attribute("x", x) + attribute("y", y) + more + ">" +
         xml_text(text) + "</text>\n";
}

std::string tooltip(std::string_view text) { return "<title>" + xml_text(text) + "</title>"; }

std::string diamond(double x, double y, double r, const char* style) {
  return std::string("<path class=\"") + style + "\" d=\"M" + number(x - r) + " " + number(y) +
         "L" + number(x) + " " + number(y - r) + "L" + number(x + r) + " " + number(y) + "L" +
         number(x) + " " + number(y + r) + "Z\"/>";
}

std::string circle(double x, double y, double r, const char* style) {
  return std::string("<circle class=\"") + style + "\"" + attribute("cx", x) + attribute("cy", y) +
         attribute("r", r) + "/>";
}

namespace {

std::string pin(const Glyph& glyph, EventKind kind) {
  const std::string name(describe(kind).name);
  const char* head = name.starts_with("list_add")                                 ? "pin-add"
                     : name.starts_with("list_del") || name == "list_replace_rcu" ? "pin-del"
                                                                                  : "pin-other";
  const double top = glyph.y - bar_height / 2 - 5;
  return line(glyph.x, top, glyph.x, glyph.y + bar_height / 2 + 2, "pin") +
         circle(glyph.x, top, 3, head);
}

}  // namespace

std::string glyph_shape(const Glyph& glyph, EventKind kind) {
  const double x = glyph.x;
  const double y = glyph.y;
  const std::string arms = "M" + number(x - 3) + " " + number(y - 3) + "L" + number(x + 3) + " " +
                           number(y + 3) + "M" + number(x - 3) + " " + number(y + 3) + "L" +
                           number(x + 3) + " " + number(y - 3);
  switch (glyph.kind) {
    case GlyphKind::pin:
      return pin(glyph, kind);
    case GlyphKind::diamond:
      return diamond(x, y, 9, "put");
    case GlyphKind::hollow_diamond:
      return diamond(x, y, 8.5, "put-hollow");
    case GlyphKind::ring:
      return circle(x, y, 5, "ring");
    case GlyphKind::dot:
      return circle(x, y + bar_height / 2, 3, "dot");
    case GlyphKind::cross:
      return circle(x, y, 7.5, "cross") + "<path class=\"cross\" d=\"" + arms + "\"/>";
    case GlyphKind::alert:
      return circle(x, y, 10, "alert-disc") +
             text_at(x, y + 4.5, "alert", "!", " text-anchor=\"middle\"");
  }
  return "";
}

}  // namespace rcuscope::svg
