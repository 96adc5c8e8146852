// SPDX-License-Identifier: LGPL-2.1-or-later
// InternedTexts: each text once, with its number. Each is kept in the list alone: the table holds
// numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rcuscope {

class InternedTexts {
 public:
  /// The same text gives the same number; they count from 0.
  std::int32_t intern(std::string_view text) {
    if (2 * texts_.size() >= slots_.size()) grow();
    const std::uint32_t hash = hash_of(text);
    Slot& slot = find(hash, text);
    if (slot.number < 0) {
      slot = {hash, static_cast<std::int32_t>(texts_.size())};
      texts_.emplace_back(text);
    }
    return slot.number;
  }

  /// By number. Leaves nothing behind.
  std::vector<std::string> take() {
    slots_.clear();
    return std::exchange(texts_, {});
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t number = -1;
  };

  /// A multiplication for each eight bytes; std::hash would be a call, and most texts are short.
  static std::uint32_t hash_of(std::string_view text) {
    constexpr std::uint64_t factor = 0x9E3779B97F4A7C15;
    std::uint64_t hash = text.size() * factor;
    const auto mix = [&hash](std::uint64_t word) {
      hash = (hash ^ word) * factor;
      hash ^= hash >> 32;
    };
    while (text.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word;
      std::memcpy(&word, text.data(), sizeof(word));
      mix(word);
      text.remove_prefix(sizeof(word));
    }
    std::uint64_t rest = 0;
    for (const char c : text) rest = rest << 8 | static_cast<std::uint8_t>(c);
    mix(rest);
    return static_cast<std::uint32_t>(hash);
  }

  /// Where the text is, or is to be. Requires: a free slot.
  Slot& find(std::uint32_t hash, std::string_view text) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      const bool is_it = slot.hash == hash && slot.number >= 0 &&
                         texts_[static_cast<std::size_t>(slot.number)] == text;
      if (slot.number < 0 || is_it) return slot;
    }
  }

  void grow() {
    constexpr std::size_t smallest = 256;
    std::vector<Slot> old(slots_.empty() ? smallest : 2 * slots_.size());
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.number < 0) continue;
      std::size_t i = slot.hash & mask;
      while (slots_[i].number >= 0) i = (i + 1) & mask;
      slots_[i] = slot;
    }
  }

  std::vector<std::string> texts_;
  std::vector<Slot> slots_;  ///< A power of two, half of it free.
};

}  // namespace rcuscope
