// SPDX-License-Identifier: LGPL-2.1-or-later
// What explore() and replay() take from Python, for catalogue scenarios and Python ones alike.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <map>
#include <string>

#include "explore/explorer.h"
#include "explore/parallel.h"
#include "iommu/iommu.h"

namespace rcuscope::bindings {

/// How the caller is told of progress, and how the run learns of Ctrl-C. Context: the caller's
/// thread, without the GIL unless noted.
class Attention {
 public:
  /// `progress`: a Python function of (executions, findings, share_done, seconds), or None.
  /// options["must_end"], if there: a Python function that says yes where another thread would
  /// press Ctrl-C. Context: GIL held.
  Attention(pybind11::object progress, const pybind11::dict& options);

  /// Runs pending signal handlers, and asks must_end. Return: true if one raised, now or before.
  bool poll_signals();
  /// Reports to the Python function. Return: false once the search must end.
  bool go_on(const Progress& progress);
  bool is_interrupted() const { return is_interrupted_; }
  /// Throws what interrupted, unless it was KeyboardInterrupt: that ends in a verdict. Context: GIL
  /// held.
  void rethrow_other_errors();
  /// Throws whatever interrupted. Context: GIL held.
  void rethrow();
  void take(pybind11::object error);  ///< Null: nothing. Context: GIL held.
  void keep_error();                  ///< The Python error that is set. Context: GIL held.

 private:
  pybind11::object progress_;
  pybind11::object must_end_;  // none: nobody
  pybind11::object error_;     // null: none
  std::atomic<bool> is_interrupted_{false};
};

/// All but the progress function. Throws UsageError for what is unknown.
ExploreOptions explore_options(const pybind11::dict& options);
/// For a search on the caller's thread.
ExploreOptions explore_options(const pybind11::dict& options, Attention& attention);

/// The kernel's configuration: that of the scenario, with what the options say.
IommuConfig kernel_config(const pybind11::dict& options, IommuConfig of_scenario = {});

/// How a search is divided.
struct ParallelOptions {
  std::size_t jobs = 1;
  Checkpoint checkpoint;

  bool is_wanted() const { return jobs > 1 || checkpoint.save; }
};

/// Of "jobs", "save" (a function of bytes), "save_period" (seconds) and "state" (bytes). Context:
/// GIL held, here and where the result is copied for the first time.
ParallelOptions parallel_options(const pybind11::dict& options);

using Metadata = std::map<std::string, std::string>;

}  // namespace rcuscope::bindings
