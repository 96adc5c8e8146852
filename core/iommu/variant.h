// SPDX-License-Identifier: LGPL-2.1-or-later
// Variant: each decision of the patch as a value; the first value of each is what was posted.
// Follows: [PATCH v4 08/24] and the what-ifs that its reviewers asked about.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rcuscope {

/// Compared, copied, changed field by field. `Variant{}` is the posted patch.
struct Variant {
#define RCUSCOPE_DECISION(Type, field, question, ...) \
  enum class Type : std::uint8_t { __VA_ARGS__ };     \
  Type field{};
#include "iommu/variant.def"
#undef RCUSCOPE_DECISION

  friend bool operator==(const Variant&, const Variant&) = default;
};

/// One row of variant.def, for tables, help texts and bindings.
struct Decision {
  std::string_view name;
  std::string_view question;             ///< What is decided, in English.
  std::vector<std::string_view> values;  ///< The first one is what was posted.
};

std::span<const Decision> variant_decisions();

/// Return: the value's name. Throws: UsageError for an unknown decision.
std::string_view get_decision(const Variant& variant, std::string_view name);
/// Throws: UsageError for an unknown decision or value; the message lists the known ones.
void set_decision(Variant& variant, std::string_view name, std::string_view value);

/// "reclaim=call_rcu put_device=before_grace_period": what differs from the patch; else "posted".
std::string to_string(const Variant& variant);
/// The inverse; commas and spaces separate. Throws: UsageError, also for a contradiction.
Variant parse_variant(std::string_view text);

/// Why two decisions cannot be had together; empty if they can.
std::string contradiction_in(const Variant& variant);
/// Throws: UsageError with the reason if the variant contradicts itself.
void check_variant(const Variant& variant);

}  // namespace rcuscope
