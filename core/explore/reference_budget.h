// SPDX-License-Identifier: LGPL-2.1-or-later
// Reference budget: which reference counts no order of an execution's operations can bring to zero.
// Gets and puts of such a count commute, so holders that only come and go need not be ordered.
//
// Whoever gets or puts learns nothing but whether the count met zero. So one question decides: is
// the lowest value that it could ever have at least 1? In every order, each actor has come to some
// place of its own sequence, and runs only behind the operation that made it. The sum of what they
// have changed where that is lowest is a bound for all orders.
#pragma once

#include <cstdint>
#include <vector>

#include "model/execution.h"

namespace rcuscope {

/// A step that does something to a reference count.
struct UseOfCount {
  std::size_t step = 0;     ///< Index into Execution::log().
  std::uint64_t count = 0;  ///< Its resource.
};

/// Counts whose operations the search keeps in order. They are known by their offsets into the
/// model's heap, which lies elsewhere in each process; one that is not there is always kept so.
class OrderedCounts {
 public:
  /// `count`: its resource.
  bool contains(std::uint64_t count) const;
  void insert_offset(std::uint64_t offset);
  const std::vector<std::uint64_t>& offsets() const { return offsets_; }

  /// Adds those of the execution that an order of it may bring to zero, or that somebody reads. An
  /// execution that ended early counts as far as it went: going on, the bound can only fall.
  /// `known_steps`: of the log, that it has in common with the execution of the call before.
  /// Return: true if there was one to add.
  bool add_from(const Execution& execution, std::size_t known_steps = 0);

 private:
  std::vector<std::uint64_t> offsets_;    ///< Sorted.
  const ModelHeap* heap_ = nullptr;       ///< Of the latest execution.
  std::vector<std::uint64_t> looked_at_;  ///< Counts of one execution; kept for its memory.
  std::vector<UseOfCount> uses_;          ///< Of the latest execution.
};

}  // namespace rcuscope
