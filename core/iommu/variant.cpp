// SPDX-License-Identifier: LGPL-2.1-or-later
// Variant as text, and the combinations of decisions that have no meaning.
#include "iommu/variant.h"

#include <algorithm>

#include "base/error.h"

namespace rcuscope {
namespace {

struct Row {
  std::string_view name;
  std::string_view question;
  std::string_view value_list;  // "list_del_rcu, list_del"
  std::uint8_t (*get)(const Variant&);
  void (*set)(Variant&, std::uint8_t);
};

constexpr Row rows[] = {
#define RCUSCOPE_DECISION(Type, field, question, ...)                               \
  {#field, question, #__VA_ARGS__,                                                  \
   [](const Variant& variant) { return static_cast<std::uint8_t>(variant.field); }, \
   [](Variant& variant, std::uint8_t value) {                                       \
     variant.field = static_cast<Variant::Type>(value);                             \
   }},
#include "iommu/variant.def"
#undef RCUSCOPE_DECISION
};

/// Cuts at any of `separators`; empty parts are left out.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find_first_of(separators, start), text.size());
    if (end > start) parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::vector<Decision> make_decisions() {
  std::vector<Decision> decisions;
  for (const Row& row : rows)
    decisions.push_back({row.name, row.question, split(row.value_list, ", ")});
  return decisions;
}

template <class Names>
std::string join(const Names& names) {
  std::string text;
  for (std::string_view name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::size_t find_row(std::string_view name) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    if (rows[i].name == name) return i;
    names.push_back(rows[i].name);
  }
  throw UsageError("unknown decision '" + std::string(name) + "' of a variant; expected one of " +
                   join(names));
}

/// A pair of values that cannot be had together.
struct Contradiction {
  bool is_met;
  const char* reason;
};

}  // namespace

std::span<const Decision> variant_decisions() {
  static const std::vector<Decision> decisions = make_decisions();
  return decisions;
}

std::string_view get_decision(const Variant& variant, std::string_view name) {
  const std::size_t row = find_row(name);
  return variant_decisions()[row].values[rows[row].get(variant)];
}

void set_decision(Variant& variant, std::string_view name, std::string_view value) {
  const std::size_t row = find_row(name);
  const auto& values = variant_decisions()[row].values;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == value) return rows[row].set(variant, static_cast<std::uint8_t>(i));
  throw UsageError("unknown value '" + std::string(value) + "' of the decision '" +
                   std::string(name) + "'; expected one of " + join(values));
}

std::string to_string(const Variant& variant) {
  std::string text;
  for (const Decision& decision : variant_decisions()) {
    const std::string_view value = get_decision(variant, decision.name);
    if (value == decision.values.front()) continue;
    if (!text.empty()) text += ' ';
    text.append(decision.name).append("=").append(value);
  }
  return text.empty() ? "posted" : text;
}

Variant parse_variant(std::string_view text) {
  Variant variant;
  for (std::string_view part : split(text, ", \t\n")) {
    if (part == "posted") continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos)
      throw UsageError("'" + std::string(part) +
                       "' is no decision of a variant; expected decision=value, as in "
                       "reclaim=call_rcu, or posted");
    set_decision(variant, part.substr(0, equals), part.substr(equals + 1));
  }
  check_variant(variant);
  return variant;
}

std::string contradiction_in(const Variant& variant) {
  using V = Variant;
  const bool waits_for_nothing = variant.reclaim == V::Reclaim::none;
  const bool waits_in_place = variant.reclaim == V::Reclaim::synchronize_rcu ||
                              variant.reclaim == V::Reclaim::synchronize_rcu_expedited;
  const bool never_puts = variant.hold_device == V::HoldDevice::neither ||
                          variant.hold_device == V::HoldDevice::get_only;
  const Contradiction contradictions[] = {
      {never_puts && variant.put_device == V::PutDevice::before_grace_period,
       "put_device=before_grace_period moves a put_device that hold_device left out"},
      {waits_for_nothing && variant.put_device == V::PutDevice::before_grace_period,
       "put_device=before_grace_period needs a grace period, and reclaim=none has none"},
      {waits_for_nothing && variant.free_gdev == V::FreeGdev::before_grace_period,
       "free_gdev=before_grace_period needs a grace period, and reclaim=none has none"},
      {waits_for_nothing && variant.free_name == V::FreeName::after_grace_period,
       "free_name=after_grace_period needs a grace period, and reclaim=none has none"},
      {waits_for_nothing && variant.cancel_work == V::CancelWork::before_grace_period,
       "cancel_work=before_grace_period needs a grace period, and reclaim=none has none"},
      {!waits_in_place && variant.deinit == V::Deinit::after_grace_period,
       "deinit=after_grace_period needs a remover that waits for the grace period itself: "
       "reclaim=synchronize_rcu or synchronize_rcu_expedited"},
      {variant.reclaim == V::Reclaim::kfree_rcu &&
           variant.free_gdev == V::FreeGdev::before_grace_period,
       "free_gdev=before_grace_period frees what reclaim=kfree_rcu would free later"},
  };
  for (const Contradiction& contradiction : contradictions)
    if (contradiction.is_met) return contradiction.reason;
  return {};
}

void check_variant(const Variant& variant) {
  const std::string reason = contradiction_in(variant);
  if (!reason.empty())
    throw UsageError("the variant '" + to_string(variant) + "' contradicts itself: " + reason);
}

}  // namespace rcuscope
