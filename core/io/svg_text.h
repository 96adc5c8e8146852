// SPDX-License-Identifier: LGPL-2.1-or-later
// Text and numbers for SVG: well-formed, the same on every machine, and with a known width.
#pragma once

#include <string>
#include <string_view>

namespace rcuscope::svg {

/// Escapes for text and attributes; what XML 1.0 cannot hold becomes U+FFFD.
std::string xml_text(std::string_view text);

/// A coordinate with one decimal place, whatever the locale.
std::string number(double value);

/// Width in pixels, a little generous, since the reader's font is not known.
double text_width(std::string_view text, double font_size_px, bool is_bold = false);

/// The text, or as much of it as fits with an ellipsis; empty if not even two letters fit.
std::string fitted(std::string_view text, double width_px, double font_size_px,
                   bool is_bold = false);

}  // namespace rcuscope::svg
