// SPDX-License-Identifier: LGPL-2.1-or-later
// Escaping, number format and the metrics of the fonts that we ask for.
#include "io/svg_text.h"

#include <array>
#include <cmath>
#include <cstdint>

namespace rcuscope::svg {
namespace {

/// Advance widths of Inter Medium for U+0020 to U+007E, in hundredths of the font size.
constexpr std::array<std::uint8_t, 95> advances = {
    26, 29, 40, 64, 64, 83, 65, 22, 38, 38, 52, 67, 29, 46, 28, 37, 65, 47, 61, 64, 65, 62, 64, 58,
    63, 64, 28, 29, 67, 67, 67, 53, 97, 70, 65, 74, 72, 60, 59, 75, 74, 27, 55, 66, 56, 90, 75, 77,
    64, 77, 64, 64, 65, 74, 70, 98, 67, 68, 64, 38, 37, 38, 48, 46, 50, 57, 63, 57, 63, 59, 37, 62,
    60, 25, 25, 56, 25, 88, 60, 60, 62, 62, 38, 54, 37, 59, 57, 82, 55, 57, 55, 38, 34, 38, 67};
constexpr double other_advance = 75;
constexpr double wide_advance = 105;     ///< East Asian letters and pictographs.
constexpr double font_allowance = 1.06;  ///< DejaVu Sans, where Inter and Arial are missing.
constexpr double bold_allowance = 1.06;

/// One character of UTF-8: its code point, or U+FFFD for bytes that are none, and its length.
struct Character {
  char32_t code = 0xFFFD;
  std::size_t length = 1;
};

Character next_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  char32_t code = first & (0xFFu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest[length] || is_surrogate || code > 0x10FFFF) return {};
  return {code, length};
}

/// XML 1.0 has no control characters but tab and the line ends, and no U+FFFE and U+FFFF.
bool is_xml_character(char32_t code) {
  if (code == '\t' || code == '\n' || code == '\r') return true;
  return code >= 0x20 && code != 0xFFFE && code != 0xFFFF;
}

double advance(char32_t code) {
  if (code >= 0x20 && code < 0x7F) return advances[code - 0x20];
  return code >= 0x1100 ? wide_advance : other_advance;
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character c = next_character(text);
    switch (c.code) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (c.code == 0xFFFD || !is_xml_character(c.code)) {
          out += "\xEF\xBF\xBD";
        } else {
          out += text.substr(0, c.length);
        }
    }
    text.remove_prefix(c.length);
  }
  return out;
}

std::string number(double value) {
  const long long tenths = std::llround(value * 10);
  const long long absolute = std::llabs(tenths);
  std::string text = (tenths < 0 ? "-" : "") + std::to_string(absolute / 10);
  if (absolute % 10 != 0) text += "." + std::to_string(absolute % 10);
  return text;
}

double text_width(std::string_view text, double font_size_px, bool is_bold) {
  double hundredths = 0;
  while (!text.empty()) {
    const Character c = next_character(text);
    hundredths += advance(c.code);
    text.remove_prefix(c.length);
  }
  return hundredths / 100 * font_size_px * font_allowance * (is_bold ? bold_allowance : 1);
}

std::string fitted(std::string_view text, double width_px, double font_size_px, bool is_bold) {
  if (text_width(text, font_size_px, is_bold) <= width_px) return std::string(text);
  const double left = width_px - text_width("\u2026", font_size_px, is_bold);
  std::size_t end = 0;
  int count = 0;
  double used = 0;
  while (end < text.size()) {
    const Character c = next_character(text.substr(end));
    used += text_width(text.substr(end, c.length), font_size_px, is_bold);
    if (used > left) break;
    end += c.length;
    ++count;
  }
  if (count < 2) return "";
  while (end > 0 && text[end - 1] == ' ') --end;
  return std::string(text.substr(0, end)) + "\u2026";
}

}  // namespace rcuscope::svg
