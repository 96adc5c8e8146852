// SPDX-License-Identifier: LGPL-2.1-or-later
// Random: a small seeded generator that is passed in, never global, and equal on every platform.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "base/assert.h"

namespace rcuscope {

/// xoshiro256** by Blackman and Vigna (prng.di.unimi.it), seeded by splitmix64 as they recommend.
/// The same seed gives the same numbers everywhere; the standard library's distributions and
/// std::shuffle do not promise that, so use the functions here.
class Random {
 public:
  using result_type = std::uint64_t;  // with min(), max() and (): std::uniform_random_bit_generator

  explicit constexpr Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = splitmix64(seed);
  }

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }
  constexpr result_type operator()() { return next(); }

  /// Return: 64 random bits.
  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Return: one of 0 … bound - 1, each equally likely. `bound` is not 0.
  constexpr std::uint64_t below(std::uint64_t bound) {
    RCUSCOPE_ASSERT(bound > 0);
    // 2^64 is no multiple of most bounds: the first 2^64 % bound values would be too likely.
    const std::uint64_t rejected_count = (0 - bound) % bound;
    std::uint64_t value = next();
    while (value < rejected_count) value = next();
    return value % bound;
  }

  /// Return: true with probability `numerator` / `denominator`.
  constexpr bool is_chosen(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

  /// Permutes the items; each permutation is equally likely.
  template <class T>
  constexpr void shuffle(std::span<T> items) {
    for (std::size_t left = items.size(); left > 1; --left) {
      std::swap(items[left - 1], items[below(left)]);
    }
  }

 private:
  static constexpr std::uint64_t splitmix64(std::uint64_t& counter) {
    std::uint64_t z = counter += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  std::uint64_t state_[4]{};  ///< Never all zero: splitmix64 gives each output once.
};

}  // namespace rcuscope
