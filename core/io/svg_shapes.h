// SPDX-License-Identifier: LGPL-2.1-or-later
// The elements of SVG that the picture is made of, as text. Colours come from the style classes.
#pragma once

#include <string>
#include <string_view>

#include "io/svg_layout.h"

namespace rcuscope::svg {

std::string attribute(const char* name, double value);

/// Without its end, so that a tooltip may come inside: add "/>" or ">...</rect>".
std::string rectangle(const Box& box, const std::string& style, double radius = 0);

std::string line(double x1, double y1, double x2, double y2, const std::string& style);
std::string circle(double x, double y, double radius, const char* style);
std::string diamond(double x, double y, double radius, const char* style);

/// `more`: further attributes.
std::string text_at(double x, double y, const std::string& style, std::string_view text,
                    const char* more = "");
std::string tooltip(std::string_view text);

std::string glyph_shape(const Glyph& glyph, EventKind kind);

}  // namespace rcuscope::svg
