// SPDX-License-Identifier: LGPL-2.1-or-later
// Scenario: a function on a Kernel that declares actors, for every world, with what is known about
// it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "check/checker.h"
#include "model/model.h"
#include "scenario/kernel.h"
#if RCUSCOPE_LIVE
#include "live/live.h"
#endif

namespace rcuscope {

using ModelBody = Kernel<Model>::Body;
using ReplaceableModelBody = ReplaceableKernel<Model>::Body;

struct Scenario {
  std::string name;               ///< Says what the code does: "no_synchronize_rcu".
  std::string title;              ///< One line.
  std::string question;           ///< What a reviewer would ask.
  std::string expect;             ///< "SAFE", "UNKNOWN" or the name of a finding kind.
  std::vector<std::string> also;  ///< Kinds that the search finds besides, in other schedules.
  std::string reason;             ///< Why that is so, in one short line for tables.
  std::string explanation;        ///< Why that is so, in plain English.
  std::string fact;               ///< Row of the table of what-ifs that it stands for: "1", "11b".
  std::string theme;              ///< Heading of the part of the catalogue that it stands in.
  Variant variant;
  IommuConfig config;
  CheckOptions checks;
  ModelBody model;
  ReplaceableModelBody replaceable_model;
#if RCUSCOPE_LIVE
  Kernel<Live>::Body live;
  ReplaceableKernel<Live>::Body replaceable_live;
#endif
};

}  // namespace rcuscope
