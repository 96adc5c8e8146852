// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows: GIF89a. Index 255 is "as before": what does not change from picture to picture costs
// next to nothing.
#include "gif.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"

namespace rcuscope::gui {
namespace {

constexpr std::size_t color_count_max = 255;
constexpr std::uint8_t unchanged = 255;

void put16(std::string& out, std::size_t value) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8 & 0xff);
}

int distance(std::uint32_t a, std::uint32_t b) {
  int sum = 0;
  for (const int shift : {0, 8, 16}) {
    const int difference =
        static_cast<int>(a >> shift & 0xff) - static_cast<int>(b >> shift & 0xff);
    sum += difference * difference;
  }
  return sum;
}

/// Codes of growing width, least significant bit first, in blocks of at most 255 bytes.
class CodeWriter {
 public:
  void write(unsigned code, int width) {
    bits_ |= static_cast<std::uint64_t>(code) << bit_count_;
    bit_count_ += width;
    while (bit_count_ >= 8) take_byte();
  }

  std::string finish() {
    while (bit_count_ > 0) take_byte();
    flush();
    return std::move(out_) + '\0';
  }

 private:
  void take_byte() {
    block_ += static_cast<char>(bits_ & 0xff);
    bits_ >>= 8;
    bit_count_ = std::max(0, bit_count_ - 8);
    if (block_.size() == 255) flush();
  }

  void flush() {
    if (block_.empty()) return;
    out_ += static_cast<char>(block_.size());
    out_ += block_;
    block_.clear();
  }

  std::uint64_t bits_ = 0;
  int bit_count_ = 0;
  std::string block_, out_;
};

}  // namespace

std::string compress_gif(const std::vector<std::uint8_t>& indices) {
  constexpr unsigned clear = 256, end = 257, code_count_max = 4096;
  CodeWriter out;
  std::unordered_map<std::uint32_t, unsigned> codes;  // prefix and next index -> code
  unsigned next = end + 1;
  int width = 9;
  out.write(clear, width);
  bool has_prefix = false;
  unsigned prefix = 0;
  for (const std::uint8_t index : indices) {
    if (!has_prefix) {
      prefix = index;
      has_prefix = true;
      continue;
    }
    const std::uint32_t key = prefix << 8 | index;
    const auto known = codes.find(key);
    if (known != codes.end()) {
      prefix = known->second;
      continue;
    }
    out.write(prefix, width);
    prefix = index;
    if (next == code_count_max) {
      out.write(clear, width);
      codes.clear();
      next = end + 1;
      width = 9;
      continue;
    }
    codes.emplace(key, next);
    // The reader's table is one behind: it needs the wider code only for the code after this one.
    if (next++ == 1U << width) ++width;
  }
  if (has_prefix) out.write(prefix, width);
  out.write(end, width);
  return "\x08" + out.finish();
}

void GifMaker::choose_palette(const Image& image) {
  std::unordered_map<std::uint32_t, std::size_t> counts;
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) ++counts[image.rgb(x, y)];
  }
  std::vector<std::pair<std::size_t, std::uint32_t>> order;
  for (const auto& [color, count] : counts) order.emplace_back(count, color);
  std::sort(order.rbegin(), order.rend());
  // The most frequent ones, but each must add something: edges have thousands that are alike.
  for (const int least_distance : {48, 0}) {
    for (const auto& [count, color] : order) {
      if (palette_.size() == color_count_max) return;
      const bool is_new = std::all_of(
          palette_.begin(), palette_.end(),
          [&, c = color](std::uint32_t other) { return distance(c, other) > least_distance; });
      if (is_new) palette_.push_back(color);
    }
  }
}

std::uint8_t GifMaker::index_of(std::uint32_t rgb) {
  const auto [entry, is_new] = indices_.try_emplace(rgb, std::uint8_t{0});
  if (!is_new) return entry->second;
  int least = std::numeric_limits<int>::max();
  for (std::size_t i = 0; i < palette_.size(); ++i) {
    const int other = distance(rgb, palette_[i]);
    if (other >= least) continue;
    least = other;
    entry->second = static_cast<std::uint8_t>(i);
  }
  return entry->second;
}

void GifMaker::add(const Image& image, int delay_hundredths) {
  if (bytes_.empty()) {
    width_ = image.width;
    height_ = image.height;
    choose_palette(image);
    bytes_ = "GIF89a";
    put16(bytes_, static_cast<std::size_t>(width_));
    put16(bytes_, static_cast<std::size_t>(height_));
    bytes_ += std::string("\xf7\x00\x00", 3);  // 256 colours follow
    palette_.resize(std::min(palette_.size(), color_count_max));
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t color = i < palette_.size() ? palette_[i] : 0;
      for (const int shift : {16, 8, 0}) bytes_ += static_cast<char>(color >> shift & 0xff);
    }
    bytes_ += std::string("\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00", 19);  // for ever
  }
  RCUSCOPE_ASSERT(image.width == width_ && image.height == height_, image.width, image.height);
  std::vector<std::uint8_t> indices, shown;
  indices.reserve(image.rgba.size() / 4);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) indices.push_back(index_of(image.rgb(x, y)));
  }
  shown = indices;
  for (std::size_t i = 0; i < last_.size(); ++i) {
    if (last_[i] == indices[i]) shown[i] = unchanged;
  }
  bytes_ += std::string("\x21\xf9\x04\x05", 4);  // keep the last picture; 255 is transparent
  put16(bytes_, static_cast<std::size_t>(delay_hundredths));
  bytes_ += static_cast<char>(unchanged);
  bytes_ += std::string("\x00\x2c\x00\x00\x00\x00", 6);
  put16(bytes_, static_cast<std::size_t>(width_));
  put16(bytes_, static_cast<std::size_t>(height_));
  bytes_ += '\0';
  bytes_ += compress_gif(shown);
  last_ = std::move(indices);
}

std::string GifMaker::finish() { return std::move(bytes_) + ';'; }

}  // namespace rcuscope::gui
