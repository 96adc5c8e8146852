// SPDX-License-Identifier: LGPL-2.1-or-later
// Hash: FNV-1a (Fowler, Noll, Vo) over words; the same in each process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rcuscope {

class Hash {
 public:
  constexpr void add(std::uint64_t word) { value_ = (value_ ^ word) * 1'099'511'628'211U; }
  void add(const void* address) { add(reinterpret_cast<std::uintptr_t>(address)); }
  void add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes) add(static_cast<std::uint64_t>(byte));
  }
  constexpr std::uint64_t value() const { return value_; }
  /// The better half: the lowest bits of a word only move upwards.
  constexpr std::uint32_t upper_half() const { return static_cast<std::uint32_t>(value_ >> 32); }

 private:
  std::uint64_t value_ = 14'695'981'039'346'656'037U;
};

}  // namespace rcuscope
