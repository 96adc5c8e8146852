// SPDX-License-Identifier: LGPL-2.1-or-later
// A divided search on several threads of this process.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "explore/explorer.h"

namespace rcuscope {

/// A program with the runner of its actors. Context: all calls on the thread that made it.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual const Program& program() const = 0;
  virtual ActorRunner& runner() = 0;
};

/// Where the state of a search is kept, so that it can go on after the process is gone.
struct Checkpoint {
  std::string state;  ///< To begin with: what save was given once; empty = the beginning.
  /// Called every few seconds and at the end. Context: the caller's thread. Null: nobody asks.
  std::function<void(const std::string& state)> save;
  double period_seconds = 2;  ///< Between two saves.
};

/// As explore(), but without explanations, on `jobs` threads, of which each calls `make_worker`
/// once. Counts, findings and final states equal those of the serial search, unless a limit ends
/// it. options.progress and checkpoint.save are called on the caller's thread. Throws: what a
/// worker throws; UsageError if checkpoint.state is none.
Verdict explore_in_parallel(const std::function<std::unique_ptr<Worker>()>& make_worker,
                            std::size_t jobs, const ExploreOptions& options,
                            const Checkpoint& checkpoint = {});

}  // namespace rcuscope
