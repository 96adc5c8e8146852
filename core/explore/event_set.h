// SPDX-License-Identifier: LGPL-2.1-or-later
// EventSet: a set of events of one execution, by index.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rcuscope {

class EventSet {
 public:
  EventSet() = default;
  EventSet(const EventSet&) = default;
  EventSet(EventSet&&) = default;
  EventSet& operator=(EventSet&&) = default;
  /// Nearly always of two sets that have nothing far off.
  EventSet& operator=(const EventSet& other) {
    near_ = other.near_;
    if (!far_.empty() || !other.far_.empty()) far_ = other.far_;
    return *this;
  }

  void insert(std::size_t i) { word_for(i) |= bit(i); }
  void erase(std::size_t i) {
    if (i < near_bits) near_[i / 64] &= ~bit(i);
    const std::size_t w = i / 64 - near_.size();
    if (i >= near_bits && w < far_.size()) far_[w] &= ~bit(i);
  }
  bool contains(std::size_t i) const {
    if (i < near_bits) return (near_[i / 64] & bit(i)) != 0;
    const std::size_t w = i / 64 - near_.size();
    return w < far_.size() && (far_[w] & bit(i)) != 0;
  }
  void merge(const EventSet& other) {
    for (std::size_t w = 0; w < near_.size(); ++w) near_[w] |= other.near_[w];
    if (far_.size() < other.far_.size()) far_.resize(other.far_.size(), 0);
    for (std::size_t w = 0; w < other.far_.size(); ++w) far_[w] |= other.far_[w];
  }
  /// Takes out all that are in the other one.
  void subtract(const EventSet& other) {
    for (std::size_t w = 0; w < near_.size(); ++w) near_[w] &= ~other.near_[w];
    for (std::size_t w = 0; w < std::min(far_.size(), other.far_.size()); ++w)
      far_[w] &= ~other.far_[w];
  }
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  /// The greatest one, or none.
  std::size_t last() const {
    for (std::size_t w = far_.size(); w-- > 0;)
      if (far_[w] != 0) return (near_.size() + w) * 64 + top_bit(far_[w]);
    for (std::size_t w = near_.size(); w-- > 0;)
      if (near_[w] != 0) return w * 64 + top_bit(near_[w]);
    return none;
  }
  bool intersects(const EventSet& other) const {
    for (std::size_t w = 0; w < near_.size(); ++w)
      if ((near_[w] & other.near_[w]) != 0) return true;
    for (std::size_t w = 0; w < std::min(far_.size(), other.far_.size()); ++w)
      if ((far_[w] & other.far_[w]) != 0) return true;
    return false;
  }
  void clear() {
    near_ = {};
    far_.clear();
  }
  /// Forgets the events from that index on.
  void truncate(std::size_t size) {
    for (std::size_t w = 0; w < near_.size(); ++w) near_[w] &= bits_below(size, w);
    for (std::size_t w = 0; w < far_.size(); ++w) far_[w] &= bits_below(size, near_.size() + w);
  }
  /// In ascending order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t w = 0; w < near_.size(); ++w) visit_word(near_[w], w, visit);
    for (std::size_t w = 0; w < far_.size(); ++w) visit_word(far_[w], near_.size() + w, visit);
  }

  template <class Predicate>
  bool any_of(Predicate predicate) const {
    bool found = false;
    for_each([&](std::size_t i) { found = found || predicate(i); });
    return found;
  }
  /// Looks at the greatest ones first, and at no more than it has to.
  template <class Predicate>
  bool any_from_last(Predicate predicate) const {
    for (std::size_t w = far_.size(); w-- > 0;)
      if (any_in_word(far_[w], near_.size() + w, predicate)) return true;
    for (std::size_t w = near_.size(); w-- > 0;)
      if (any_in_word(near_[w], w, predicate)) return true;
    return false;
  }

 private:
  static constexpr std::size_t near_bits = 128;  // most executions have no more events

  static std::uint64_t bit(std::size_t i) { return std::uint64_t{1} << (i % 64); }
  static std::uint64_t bits_below(std::size_t size, std::size_t word) {
    const std::size_t begin = word * 64;
    if (size <= begin) return 0;
    return size - begin >= 64 ? ~std::uint64_t{0} : bit(size) - 1;
  }
  std::uint64_t& word_for(std::size_t i) {
    if (i < near_bits) return near_[i / 64];
    const std::size_t w = i / 64 - near_.size();
    if (far_.size() <= w) far_.resize(w + 1, 0);
    return far_[w];
  }
  static std::size_t top_bit(std::uint64_t word) {
    return 63 - static_cast<std::size_t>(std::countl_zero(word));
  }
  template <class Predicate>
  static bool any_in_word(std::uint64_t word, std::size_t index, Predicate& predicate) {
    while (word != 0) {
      const std::size_t top = top_bit(word);
      if (predicate(index * 64 + top)) return true;
      word &= ~bit(top);
    }
    return false;
  }
  template <class Visit>
  static void visit_word(std::uint64_t word, std::size_t index, Visit& visit) {
    for (; word != 0; word &= word - 1)
      visit(index * 64 + static_cast<std::size_t>(std::countr_zero(word)));
  }

  std::array<std::uint64_t, near_bits / 64> near_{};
  std::vector<std::uint64_t> far_;
};

}  // namespace rcuscope
