// SPDX-License-Identifier: LGPL-2.1-or-later
// Division: a search that is divided into work units, and what has come back from them.
//
// It holds the upper part of the tree of choices. Each choice there has branches in the order in
// which the serial search explores them; that order grows only at its end, so the sleep set of a
// branch is known as soon as it is planned, and branches can be explored at the same time.
//
// Invariant: units are handed out only for branches that the serial search explores, with the sleep
// sets that it has there. For that, what units ask to be planned at choices above them takes effect
// in the order of the serial search: requests wait until everything before them has come back.
// Therefore the sum of all units equals the serial search, execution by execution.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "explore/unit_run.h"

namespace rcuscope {

class Division {
 public:
  /// A unit on its way. The same unit may be handed out again under another id if it gets lost.
  struct Assignment {
    std::uint64_t id = 0;
    WorkUnit unit;
  };

  explicit Division(const ExploreOptions& options);
  ~Division();

  /// The next unit, divided so that `wanted` units can run at the same time if possible. Return:
  /// none if there is nothing to hand out, now or at all: see is_done().
  std::optional<Assignment> next(std::size_t wanted = 1);
  /// What a unit brought. An id that is no longer known is ignored.
  void complete(std::uint64_t id, UnitResult result);
  /// The unit is lost: it will be handed out again.
  void give_back(std::uint64_t id);

  /// True if nothing is left to explore or a limit was reached.
  bool is_done() const { return is_exhausted_ || !limit_.empty(); }
  /// Ends the search: "max_seconds", "interrupted". The first limit counts.
  void stop(const std::string& limit);
  bool is_exhaustive() const { return is_exhausted_ && !was_cut_ && !is_sampling_; }

  /// Of all units that came back.
  Tally tally() const;
  double share_done() const;  ///< 0 to 1; 0 if unknown.

  /// All but what is under way, as text.
  std::string to_text() const;
  /// Goes on from what to_text() gave. Context: before the first unit. Throws: UsageError if it is
  /// not such a text.
  void restore(std::string_view text);

 private:
  struct Branch;
  struct Node;
  struct TreeText;
  using Path = std::vector<std::size_t>;  ///< Numbers of branches, from the first choice on.

  void begin_with(const AwaitSites& awaits);
  void begin_anew(const std::string& mode);
  std::optional<Assignment> next_samples(std::size_t wanted);
  Branch& branch_at(const Path& path);
  WorkUnit unit_at(const Path& path);
  void find_waiting(Branch& branch, Path& path, std::vector<Path>& found) const;
  bool divide_one(const std::vector<Path>& waiting);
  static void peel(Branch& branch);
  static bool settle(Branch& branch, std::vector<Node*>& above);
  void settle_all();
  void check_limits();
  std::uint64_t executions_left() const;

  struct Handed {
    Path path;
    SampleRange samples;
    std::uint64_t reserved = 0;  ///< Executions of max_executions.
  };

  const ExploreOptions options_;
  const bool is_sampling_;
  std::string mode_;
  std::unique_ptr<Branch> root_;
  std::vector<SampleRange> ranges_;  ///< That nobody runs; the first one comes first.
  std::map<std::uint64_t, Handed> handed_out_;
  std::uint64_t next_id_ = 1;
  std::uint64_t reserved_ = 0;
  Tally tally_;    ///< Of what need not be run again.
  Tally cut_off_;  ///< Of units that ended at a limit: they would be run again.
  std::string limit_;
  bool was_cut_ = false;
  bool is_exhausted_ = false;
};

}  // namespace rcuscope
