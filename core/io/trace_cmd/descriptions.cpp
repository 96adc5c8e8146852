// SPDX-License-Identifier: LGPL-2.1-or-later
// The functions that libtracecmd calls while it opens a file, and the reading of what they kept.
#include "io/trace_cmd/descriptions.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

using rcuscope::trace_cmd::library_function;

// A program's functions come before those of its libraries, for the libraries, too.
extern "C" {

std::size_t ZSTD_decompressDCtx(void* context, void* to, std::size_t size, const void* from,
                                std::size_t compressed_size);

tep_errno tep_parse_event(tep_handle*, const char* text, unsigned long size, const char* system) {
  rcuscope::trace_cmd::Descriptions::get().add_format({text, size}, system);
  return TEP_ERRNO__SUCCESS;
}

int tep_parse_kallsyms(tep_handle*, const char* text) {
  rcuscope::trace_cmd::Descriptions::get().symbols().add(text);
  return 0;
}

int tep_parse_printk_formats(tep_handle*, const char* text) {
  rcuscope::trace_cmd::Descriptions::get().add_strings(text);
  return 0;
}

std::size_t ZSTD_decompressDCtx(void* context, void* to, std::size_t size, const void* from,
                                std::size_t compressed_size) {
  static auto* const library_decompress =
      library_function<decltype(ZSTD_decompressDCtx)>("ZSTD_decompressDCtx");
  if (!rcuscope::trace_cmd::Descriptions::get().symbols().postpone(compressed_size, size))
    return library_decompress(context, to, size, from, compressed_size);
  std::memset(to, 0, sizeof(std::uint32_t));  // the size of the text: libtracecmd goes on
  return size;
}

}  // extern "C"

namespace rcuscope::trace_cmd {
namespace {

/// What stands behind "key: " in a line of a format; empty if there is no such line.
std::string_view value_of(std::string_view format, std::string_view key) {
  const std::size_t at = format.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = format.substr(at + key.size());
  return rest.substr(0, rest.find('\n'));
}

}  // namespace

Descriptions& Descriptions::get() {
  static Descriptions descriptions;  // the library's calls carry no pointer of ours
  return descriptions;
}

void Descriptions::add_format(std::string_view text, const char* system) {
  const std::string_view number = value_of(text, "ID: ");
  int id = -1;
  std::from_chars(number.data(), number.data() + number.size(), id);
  if (id < 0) return;
  const auto [entry, is_new] = descriptions_.try_emplace(
      id, Description{system == nullptr ? "" : system, std::string(text), {}});
  if (!is_new) return;
  entry->second.format.id = id;
  entry->second.format.system = entry->second.system;
  entry->second.format.name = value_of(entry->second.text, "name: ");
}

const EventFormat& Descriptions::parsed(Description& description) {
  if (!std::exchange(description.is_parsed, true))
    parse_format(description.text, description.format);
  return description.format;
}

const EventFormat* Descriptions::format(int id) {
  const auto found = descriptions_.find(id);
  return found == descriptions_.end() ? nullptr : &parsed(found->second);
}

const EventFormat* Descriptions::any_format() {
  return descriptions_.empty() ? nullptr : &parsed(descriptions_.begin()->second);
}

int Descriptions::id_of(std::string_view name) const {
  for (const auto& [id, description] : descriptions_)
    if (description.format.name == name) return id;
  return -1;
}

std::set<std::string> Descriptions::event_names() const {
  std::set<std::string> names;
  for (const auto& [id, description] : descriptions_) names.emplace(description.format.name);
  return names;
}

// ---- constant strings: `0xffffffff81dbf4a0 : "start"`

void Descriptions::parse_strings() {
  has_strings_ = true;
  std::string_view rest = string_text_;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t colon = line.find(" : \"");
    if (!line.starts_with("0x") || colon == std::string_view::npos) continue;
    std::uint64_t address = 0;
    if (std::from_chars(line.data() + 2, line.data() + colon, address, 16).ec != std::errc())
      continue;
    std::string_view text = line.substr(colon + 4);
    if (text.ends_with('"')) text.remove_suffix(1);
    if (text.ends_with("\\n")) text.remove_suffix(2);
    strings_.try_emplace(address, text);
  }
}

const std::string* Descriptions::string(std::uint64_t address) {
  if (!has_strings_) parse_strings();
  const auto found = strings_.find(address);
  return found == strings_.end() ? nullptr : &found->second;
}

// ---- printing by libtraceevent

char* Descriptions::resolve(void* descriptions, unsigned long long* address, char** module) {
  auto* const self = static_cast<Descriptions*>(descriptions);
  const Symbol* found = nullptr;
  try {
    found = self->symbols_.find(*address);
  } catch (const std::exception&) {  // not through the library, which is C
    self->failure_ = std::current_exception();
  }
  if (found == nullptr) return nullptr;
  *address = found->address;
  // The library's types; it only reads.
  *module = found->module.empty() ? nullptr : const_cast<char*>(found->module.c_str());
  return const_cast<char*>(found->name.c_str());
}

void Descriptions::check_printed() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void Descriptions::hand_over(tep_handle* tep, Description& description) {
  static auto* const parse = library_function<decltype(tep_parse_event)>("tep_parse_event");
  if (std::exchange(description.is_known_to_library, true)) return;
  parse(tep, description.text.data(), description.text.size(), description.system.c_str());
}

void Descriptions::prepare_printing(tep_handle* tep, int id) {
  if (!std::exchange(is_printing_ready_, true)) {
    tep_set_function_resolver(tep, &resolve, this);
    static auto* const parse =
        library_function<decltype(tep_parse_printk_formats)>("tep_parse_printk_formats");
    parse(tep, string_text_.c_str());
  }
  const auto found = descriptions_.find(id);
  if (found == descriptions_.end()) return;
  hand_over(tep, found->second);
  // Functions and their returns are printed by code that looks at each other's formats.
  if (found->second.system != "ftrace") return;
  for (auto& [other_id, description] : descriptions_)
    if (description.system == "ftrace") hand_over(tep, description);
}

}  // namespace rcuscope::trace_cmd
