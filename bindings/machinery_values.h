// SPDX-License-Identifier: LGPL-2.1-or-later
// MachineryOf<W>, the rest: values of the machinery's fields, and names of its objects.
#pragma once

#include "dynamic_object.h"
#include "machinery_of.h"

namespace rcuscope::bindings {

template <World W>
template <class T>
Value MachineryOf<W>::to_value(const T& value) {
  if constexpr (std::is_same_v<T, Value>)
    return sound(value);
  else if constexpr (is_ptr<T>::value)
    return sound(Value::handle(tag_of<T>(), value.raw()));
  else if constexpr (std::is_same_v<T, bool>)
    return Value::boolean(value);
  else if constexpr (std::is_same_v<T, StringId>)
    return {static_cast<std::uint64_t>(value.value), static_cast<std::uint64_t>(Tag::text)};
  else
    return Value::integer(value);
}

template <World W>
template <class T>
T MachineryOf<W>::from_value(const Value& value) {
  if constexpr (std::is_same_v<T, Value>) {
    return value;
  } else if constexpr (is_ptr<T>::value) {
    if (value.tag() == Tag::none) return {};
    if (value.tag() == tag_of<T>()) return T::from_address(value.bits);
    throw UsageError("a store to a field of the machinery: the handle is of another kind");
  } else if constexpr (std::is_same_v<T, StringId>) {
    throw UsageError("the text of a name is constant");
  } else {
    if (value.tag() == Tag::integer || value.tag() == Tag::boolean)
      return static_cast<T>(value.number());
    throw UsageError("a store to a field of the machinery: expected an int or a bool");
  }
}

template <World W>
std::string MachineryOf<W>::machinery_name(Tag tag, const void* object) const {
  switch (tag) {
    case Tag::device:
      return std::string(w_.text(static_cast<const device<W>*>(object)->name));
    case Tag::group:
      return std::string(w_.text(static_cast<const iommu_group<W>*>(object)->name));
    case Tag::object:
      return static_cast<const DynamicHeader*>(object)->name;
    default:
      return "";
  }
}

}  // namespace rcuscope::bindings
