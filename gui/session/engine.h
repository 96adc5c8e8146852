// SPDX-License-Identifier: LGPL-2.1-or-later
// Engine: what the session page can ask for: scenarios, and how they are explored, run and stepped.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "explore/explorer.h"
#include "explore/stepping.h"
#include "iommu/variant.h"
#include "session/job.h"
#include "trace/store.h"

namespace rcuscope::gui {

/// A scenario that can be chosen.
struct Offer {
  std::string name;  ///< Unique; what the engine calls it.
  std::string title;
  std::string question;
  std::string expect;  ///< "SAFE", "UNKNOWN", a finding kind; empty = nobody says.
  std::vector<std::string> also;
  std::string reason;
  std::string explanation;
  std::string fact;   ///< Row of the table of what-ifs; may be empty.
  std::string theme;  ///< Heading that it stands under.
  Variant variant;    ///< Its own.
};

enum class WorldName : std::uint8_t { model, live };

/// What is to be explored, run or stepped. Compared: an answer belongs to exactly one request.
struct Request {
  std::string name;
  Variant variant;
  WorldName world = WorldName::model;
  // model
  std::string memory = "sc";
  std::optional<unsigned> preemption_bound;
  std::optional<std::uint64_t> max_executions;
  std::optional<double> max_seconds;
  // live
  std::uint64_t repeat = 1000;
  std::string flavor = "memb";

  friend bool operator==(const Request&, const Request&) = default;
};

/// What a live run showed.
struct LiveAnswer {
  std::shared_ptr<const TraceStore> trace;
  std::vector<Finding> findings;
  std::uint64_t repetitions = 0;
  std::vector<std::string> numbers;  ///< In words, for people.
};

using Metadata = std::map<std::string, std::string>;

/// Context: every function but offers() is called on threads of jobs, several at a time.
/// All throw std::exception with one line for people.
class Engine {
 public:
  virtual ~Engine() = default;

  virtual const std::vector<Offer>& offers() const = 0;
  virtual bool has_live() const = 0;
  /// Names for Request::memory.
  virtual std::vector<std::string> memories() const { return {"sc"}; }

  /// Stopped by the watch, it returns what was found so far with limit "interrupted".
  virtual Verdict explore(const Request& request, Watch& watch) = 0;
  /// Stopped by the watch, it returns an answer without a trace.
  virtual LiveAnswer run(const Request& request, Watch& watch) = 0;
  virtual TraceStore replay(const Request& request, const std::string& schedule,
                            const Metadata& metadata) = 0;
  virtual Standpoint step(const Request& request, const std::string& schedule,
                          std::optional<ActorId> next) = 0;
};

/// The catalogue of the C++ core.
std::shared_ptr<Engine> make_catalogue_engine();

}  // namespace rcuscope::gui
