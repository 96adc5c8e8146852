// SPDX-License-Identifier: LGPL-2.1-or-later
// DynamicObject: a heap object whose fields and list nodes a Python scenario declares. A few sizes,
// each a type of its own, since the worlds allocate types.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "layout.h"
#include "value.h"
#include "world/list.h"

namespace rcuscope::bindings {

/// Constant, so reading it is no access.
struct alignas(16) DynamicHeader {
  const Layout* layout;
  const char* name;
};

template <World W, std::size_t field_count, std::size_t node_count>
struct DynamicObject : DynamicHeader {
  using location = typename W::template shared<Value>;

  DynamicObject(const Layout& object_layout, const char* object_name,
                const std::vector<Value>& values)
      : DynamicObject(object_layout, object_name, values, std::make_index_sequence<field_count>(),
                      std::make_index_sequence<node_count>()) {}

  location fields[field_count];
  list_head<W> nodes[node_count];

 private:
  template <std::size_t... field, std::size_t... node>
  DynamicObject(const Layout& object_layout, const char* object_name,
                const std::vector<Value>& values, std::index_sequence<field...>,
                std::index_sequence<node...>)
      : DynamicHeader{&object_layout, object_name},
        fields{location(field < values.size() ? object_layout.field_literals[field] : "",
                        field < values.size() ? values[field] : Value())...},
        nodes{node_at(node)...} {}

  list_head<W> node_at(std::size_t) { return list_head<W>(static_cast<void*>(this)); }
};

/// Calls visit.operator()<field_count, node_count>() with the smallest size that has room.
template <class Visit>
decltype(auto) with_size_of(const Layout& layout, Visit visit) {
  const bool has_one_node = layout.node_names.size() <= 1;
  if (layout.field_names.size() <= 4)
    return has_one_node ? visit.template operator()<4, 1>()
                        : visit.template operator()<4, Layout::nodes_max>();
  if (layout.field_names.size() <= 12)
    return has_one_node ? visit.template operator()<12, 1>()
                        : visit.template operator()<12, Layout::nodes_max>();
  return visit.template operator()<Layout::fields_max, Layout::nodes_max>();
}

template <World W>
typename W::template shared<Value>& field_at(void* object, int field) {
  // The fields stand first in every size.
  return static_cast<DynamicObject<W, 1, 1>*>(object)->fields[field];
}

template <World W>
list_head<W>& node_at(void* object, int node) {
  const Layout& layout = *static_cast<const DynamicHeader*>(object)->layout;
  return with_size_of(layout, [&]<std::size_t fields, std::size_t nodes>() -> list_head<W>& {
    return static_cast<DynamicObject<W, fields, nodes>*>(object)->nodes[node];
  });
}

}  // namespace rcuscope::bindings
