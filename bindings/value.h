// SPDX-License-Identifier: LGPL-2.1-or-later
// Value: what a location of a Python scenario holds: an integer, a bool, a handle or None.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "world/pointer.h"

namespace rcuscope::bindings {

/// What a Value, and the handle made from it, stands for.
enum class Tag : std::uint8_t {
  none,
  boolean,
  integer,
  uninitialized,  ///< kmalloc, not written yet.
  text,           ///< Id of an interned text: names of devices.
  // handles from here
  object,  ///< From kzalloc and kmalloc of the scenario.
  location,
  list,
  mutex,
  spinlock,
  completion,
  srcu,
  work,
  kref,
  device,
  group,
  group_device,
  device_name,
  dev_iommu,
  group_list,  ///< The private list of one bus_iommu_probe call.
};
inline constexpr std::size_t tag_count = static_cast<std::size_t>(Tag::group_list) + 1;

constexpr bool is_handle(Tag tag) { return tag >= Tag::object; }

/// 16 bytes without padding, so that it can be compared and exchanged as a whole.
struct Value {
  std::uint64_t bits = 0;      ///< The integer, or the address of what a handle stands for.
  std::uint64_t tag_bits = 0;  ///< Tag in the low byte; above it what a handle needs besides.

  static Value integer(std::int64_t number) {
    return {static_cast<std::uint64_t>(number), static_cast<std::uint64_t>(Tag::integer)};
  }
  static Value boolean(bool truth) { return {truth, static_cast<std::uint64_t>(Tag::boolean)}; }
  static Value uninitialized() { return {0, static_cast<std::uint64_t>(Tag::uninitialized)}; }
  static Value handle(Tag tag, const void* address, std::uint64_t detail = 0) {
    if (address == nullptr) return {};
    return {reinterpret_cast<std::uintptr_t>(address),
            static_cast<std::uint64_t>(tag) | detail << 8};
  }

  Tag tag() const { return static_cast<Tag>(tag_bits & 0xff); }
  std::uint64_t detail() const { return tag_bits >> 8; }
  std::int64_t number() const { return static_cast<std::int64_t>(bits); }
  std::uint64_t address() const {
    return bits;
  }  ///< As of ptr<T>: the live world looks for poison.
  void* pointer() const { return reinterpret_cast<void*>(bits); }

  /// The pointer that the worlds follow in their bookkeeping; null for what is no pointer.
  const void* raw() const { return is_handle(tag()) ? pointer() : nullptr; }
  friend bool operator==(const Value&, const Value&) = default;
  /// For atomic_add_return: wraps around, as in the kernel. Throws: UsageError unless both are
  /// integers.
  friend Value operator+(const Value& a, const Value& b) {
    if (a.tag() != Tag::integer || b.tag() != Tag::integer)
      throw UsageError("atomic_add_return: the location holds no integer");
    return {a.bits + b.bits, a.tag_bits};
  }
};
static_assert(sizeof(Value) == 16);

/// Return: the value. Throws: BadPointer for what kfree leaves behind in the live world; as with
/// any pointer, the world that runs the actor makes a finding of it.
inline Value sound(const Value& value) {
  const bool is_poison = value.tag_bits >> 48 != 0;  // no tag or detail is that large
  if (is_poison || (is_handle(value.tag()) && is_bad_address(value.bits)))
    throw BadPointer{value.bits};
  return value;
}

/// How a location is stored. The machinery's fields have types of their own.
enum class FieldType : std::uint8_t {
  value,
  boolean,       ///< shared<bool>
  integer,       ///< shared<int>
  long_integer,  ///< shared<int64_t>
  text,          ///< shared<StringId>
  refcount,      ///< W::refcount; read only
  device,        ///< shared<ptr<device>>, and so on
  group,
  device_name,
  dev_iommu,
  domain,  ///< shared<Domain>, as a number
};

struct Location {
  void* address = nullptr;
  FieldType type = FieldType::value;
};

}  // namespace rcuscope::bindings

namespace rcuscope {

/// To the worlds a Value is a pointer, which is null unless it holds a handle: so they see what
/// escapes, and what is published.
template <>
struct is_ptr<bindings::Value> : std::true_type {};

}  // namespace rcuscope
