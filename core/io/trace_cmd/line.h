// SPDX-License-Identifier: LGPL-2.1-or-later
// Line: a text that is made piece by piece, again and again. Pieces are a few bytes: to call a
// function for each, as std::string does, takes longer than to copy them.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace rcuscope::trace_cmd {

class Line {
 public:
  std::string_view text() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  /// Requires: no more than there is.
  void cut(std::size_t size) { size_ = size; }

  void append(std::string_view text) {
    copy(room(text.size()), text);
    size_ += text.size();
  }
  void append_fill(std::size_t count, char c) {
    std::memset(room(count), c, count);
    size_ += count;
  }
  void append_decimal(std::uint64_t value) {
    char* const place = room(digits_max);
    size_ += static_cast<std::size_t>(std::to_chars(place, place + digits_max, value).ptr - place);
  }
  void append_hexadecimal(std::uint64_t value) {
    const int count = std::max(1, (67 - leading_zeros(value)) / 4);
    char* const place = room(digits_max);
    for (int i = count; i-- > 0; value >>= 4) place[i] = "0123456789abcdef"[value & 15];
    size_ += static_cast<std::size_t>(count);
  }

 private:
  static constexpr std::size_t digits_max = 20;  ///< Of 64 bits.

  static int leading_zeros(std::uint64_t value) { return value == 0 ? 64 : __builtin_clzll(value); }

  /// Where `count` bytes can be written.
  char* room(std::size_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      grow(count);
    return bytes_.get() + size_;
  }
  [[gnu::noinline]] void grow(std::size_t count) {
    const std::size_t capacity = 2 * capacity_ + count;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy_n(bytes_.get(), size_, bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  /// Up to 16 bytes by two moves, which overlap.
  static void copy(char* to, std::string_view text) {
    const std::size_t size = text.size();
    if (size > 16) {
      std::memcpy(to, text.data(), size);
    } else if (size >= 8) {
      copy_ends<std::uint64_t>(to, text);
    } else if (size >= 4) {
      copy_ends<std::uint32_t>(to, text);
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = text[i];
    }
  }
  template <class Word>
  static void copy_ends(char* to, std::string_view text) {
    const std::size_t last = text.size() - sizeof(Word);
    Word begin, end;
    std::memcpy(&begin, text.data(), sizeof(Word));
    std::memcpy(&end, text.data() + last, sizeof(Word));
    std::memcpy(to, &begin, sizeof(Word));
    std::memcpy(to + last, &end, sizeof(Word));
  }

  static constexpr std::size_t smallest = 256;
  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(smallest);
  std::size_t capacity_ = smallest, size_ = 0;
};

}  // namespace rcuscope::trace_cmd
