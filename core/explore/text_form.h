// SPDX-License-Identifier: LGPL-2.1-or-later
// Numbers and strings as one line of text, and back.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace rcuscope {

/// Writes "17 5:hello 0": each item is followed by a space, strings are preceded by their length.
class TextWriter {
 public:
  template <class Integer>
  void number(Integer value) {
    text_ += std::to_string(value);
    text_ += ' ';
  }
  void string(std::string_view value) {
    text_ += std::to_string(value.size());
    text_ += ':';
    text_ += value;
    text_ += ' ';
  }
  template <class Range, class Write>
  void list(const Range& range, Write write) {
    number(range.size());
    for (const auto& item : range) write(item);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Throws: UsageError, from every function, if the text is not what is read.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text), size_(text.size()) {}

  template <class Integer>
  Integer number(char end = ' ') {
    Integer value{};
    const auto [after, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    const auto length = static_cast<std::size_t>(after - rest_.data());
    if (error != std::errc() || length == rest_.size() || *after != end) refuse("a number");
    rest_.remove_prefix(length + 1);
    return value;
  }
  std::string string() {
    const auto length = number<std::size_t>(':');
    if (length >= rest_.size() || rest_[length] != ' ') refuse("a string");
    const std::string value(rest_.substr(0, length));
    rest_.remove_prefix(length + 1);
    return value;
  }
  template <class Read>
  void list(Read read) {
    for (auto count = number<std::size_t>(); count > 0; --count) read();
  }
  void end() const {
    if (!rest_.empty()) refuse("the end");
  }

 private:
  [[noreturn]] void refuse(std::string_view expected) const {
    throw UsageError("state of a search, byte " + std::to_string(size_ - rest_.size()) +
                     ": expected " + std::string(expected) + ", found '" +
                     std::string(rest_.substr(0, 20)) + "'");
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace rcuscope
