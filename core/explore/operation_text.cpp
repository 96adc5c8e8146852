// SPDX-License-Identifier: LGPL-2.1-or-later
// Text form of operations: "kind;class.mode.resource;...", where "@" before a resource marks an
// offset into the model's heap, which lies elsewhere in each process.
#include "explore/operation_text.h"

#include <charconv>

#include "base/error.h"

namespace rcuscope {
namespace {

/// Resources below are indices, which are the same everywhere; those above are addresses.
constexpr std::uint64_t first_address = 1 << 20;

[[noreturn]] void refuse(std::string_view text) {
  throw UsageError("work unit: '" + std::string(text) + "' is no operation");
}

/// Reads a number and what separates it from the next one.
std::uint64_t take_number(std::string_view& rest, std::string_view whole) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc()) refuse(whole);
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (!rest.empty()) rest.remove_prefix(1);
  return value;
}

}  // namespace

std::string to_text(const Operation& operation, const Execution& execution) {
  std::string text = std::to_string(static_cast<unsigned>(operation.kind));
  for (std::uint8_t c = 0; c < operation.claim_count; ++c) {
    const Claim claim = operation.claims[c];
    text += ';' + std::to_string(static_cast<unsigned>(claim.resource_class())) + '.' +
            std::to_string(static_cast<unsigned>(claim.mode())) + '.';
    if (execution.is_on_heap(reinterpret_cast<const void*>(claim.resource())))
      text += '@' + std::to_string(claim.resource() - execution.heap().base());
    else if (claim.resource() < first_address)
      text += std::to_string(claim.resource());
    else
      return std::string(unknown_operation);
  }
  return text;
}

Operation operation_from_text(std::string_view text, const Execution& execution) {
  std::string_view rest = text;
  Operation operation;
  operation.kind = static_cast<OperationKind>(take_number(rest, text));
  while (!rest.empty()) {
    if (operation.claim_count == Operation::max_claims) refuse(text);
    const auto resource_class = static_cast<ResourceClass>(take_number(rest, text));
    const auto mode = static_cast<Mode>(take_number(rest, text));
    const bool is_offset = rest.starts_with('@');
    if (is_offset) rest.remove_prefix(1);
    const std::uint64_t resource = take_number(rest, text);
    operation.claim(resource_class, is_offset ? execution.heap().base() + resource : resource,
                    mode);
  }
  return operation;
}

}  // namespace rcuscope
