// SPDX-License-Identifier: LGPL-2.1-or-later
// Tables of literals and layouts. They only grow, by what the program's text declares.
#include "layout.h"

#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/error.h"
#include "errors.h"

namespace rcuscope::bindings {

namespace {

std::set<std::string, std::less<>>& literals() {
  static auto* const texts = new std::set<std::string, std::less<>>;  // outlives the interpreter
  return *texts;
}

}  // namespace

const char* literal(std::string_view text) {
  auto found = literals().find(text);
  if (found == literals().end()) found = literals().emplace(text).first;
  return found->c_str();
}

const char* file_literal(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return literal(path) + (slash == std::string_view::npos ? 0 : slash + 1);
}

std::vector<std::string> directories_of(std::string_view file) {
  const std::string end = '/' + std::string(file);
  std::vector<std::string> directories;
  for (const std::string& text : literals())
    if (text.ends_with(end)) directories.push_back(text.substr(0, text.size() - end.size() + 1));
  return directories;
}

int Layout::find_field(PyObject* name) const {
  for (std::size_t i = 0; i < field_names.size(); ++i)
    if (field_names[i] == name) return static_cast<int>(i);
  for (std::size_t i = 0; i < field_names.size(); ++i)
    if (PyUnicode_Check(name) && PyUnicode_Compare(field_names[i], name) == 0)
      return static_cast<int>(i);
  return -1;
}

int Layout::find_node(std::string_view name) const {
  for (std::size_t i = 0; i < node_names.size(); ++i)
    if (node_names[i] == name) return static_cast<int>(i);
  return -1;
}

namespace {

using LayoutKey = std::pair<std::vector<std::string>, std::vector<std::string>>;

void check(const LayoutKey& key) {
  const auto& [fields, nodes] = key;
  if (fields.size() > Layout::fields_max)
    throw UsageError(std::to_string(fields.size()) + " fields; an object has at most " +
                     std::to_string(Layout::fields_max));
  if (nodes.size() > Layout::nodes_max)
    throw UsageError(std::to_string(nodes.size()) + " list nodes; an object has at most " +
                     std::to_string(Layout::nodes_max));
  for (const std::string& field : fields)
    if (field.empty() || field.front() == '_')
      throw UsageError("field '" + field +
                       "': the name of a field does not begin with an underscore");
}

std::unique_ptr<Layout> make_layout(const LayoutKey& key) {
  check(key);
  auto layout = std::make_unique<Layout>();
  layout->node_names = key.second;
  for (const std::string& field : key.first) {
    layout->field_literals.push_back(literal(field));
    layout->field_names.push_back(checked(PyUnicode_InternFromString(field.c_str())));
  }
  return layout;
}

}  // namespace

const Layout* find_layout(const std::vector<PyObject*>& fields,
                          const std::vector<std::string>& nodes) {
  static auto* const layouts = new std::map<LayoutKey, std::unique_ptr<Layout>>;
  LayoutKey key{{}, nodes};
  for (PyObject* field : fields) key.first.emplace_back(checked(PyUnicode_AsUTF8(field)));
  auto& layout = (*layouts)[key];
  if (!layout) {
    try {
      layout = make_layout(key);
    } catch (...) {
      layouts->erase(key);
      throw;
    }
  }
  return layout.get();
}

}  // namespace rcuscope::bindings
