// SPDX-License-Identifier: LGPL-2.1-or-later
// Entry: one row of the catalogue as its file writes it down, and the list of those files.
#pragma once

#include <span>

#include "scenario/scenario.h"

namespace rcuscope {

// Compiled once, in core/iommu/iommu.cpp.
extern template class Iommu<Model>;
extern template class Iommu<Model, ReplacedSteps<Model>>;
#if RCUSCOPE_LIVE
extern template class Iommu<Live>;
extern template class Iommu<Live, ReplacedSteps<Live>>;
#endif

/// One body for every world, with the steps as posted and with steps that are replaced.
struct Bodies {
  void (*model)(Kernel<Model>&) = nullptr;
  void (*replaceable_model)(ReplaceableKernel<Model>&) = nullptr;
#if RCUSCOPE_LIVE
  void (*live)(Kernel<Live>&) = nullptr;
  void (*replaceable_live)(ReplaceableKernel<Live>&) = nullptr;
#endif
};

/// From one generic function without captures: `both([](auto& k) { ... })`.
template <class Body>
constexpr Bodies both(Body body) {
  Bodies bodies;
  bodies.model = body;
  bodies.replaceable_model = body;
#if RCUSCOPE_LIVE
  bodies.live = body;
  bodies.replaceable_live = body;
#endif
  return bodies;
}

/// The fields are those of Scenario; `also` is a list with commas. Most scenarios are about 08/24
/// alone: the report's work item comes with 11/24.
struct Entry {
  const char* name = "";
  const char* title = "";
  const char* question = "";
  const char* expect = "";
  const char* also = "";
  const char* reason = "";
  const char* explanation = "";
  const char* fact = "";
  Variant variant{};
  IommuConfig config{.has_report_work = false};
  CheckOptions checks{};
  Bodies bodies{};
};

// One function for each catalogue_*.cpp, in the order in which one would tell them.
std::span<const Entry> unplug_entries();
std::span<const Entry> reader_entries();
std::span<const Entry> reference_entries();
std::span<const Entry> remover_entries();
std::span<const Entry> probe_entries();
std::span<const Entry> work_entries();
std::span<const Entry> list_entries();
std::span<const Entry> context_entries();
std::span<const Entry> update_rule_entries();
std::span<const Entry> callback_rule_entries();
std::span<const Entry> section_rule_entries();

}  // namespace rcuscope
