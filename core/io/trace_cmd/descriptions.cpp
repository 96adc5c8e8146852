// SPDX-License-Identifier: LGPL-2.1-or-later
// The functions that libtracecmd calls while it opens a file, and the reading of what they kept.
#include "io/trace_cmd/descriptions.h"

#include <dlfcn.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "io/file.h"

namespace {

/// The library's own function, behind the one of that name in this program.
template <class Function>
Function* library_function(const char* name) {
  auto* const found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  if (found == nullptr)
    rcuscope::io::throw_system_error(ENOSYS, std::string("libtraceevent has no ") + name);
  return found;
}

}  // namespace

// A program's functions come before those of its libraries, for the libraries, too.
extern "C" {

tep_errno tep_parse_event(tep_handle*, const char* text, unsigned long size, const char* system) {
  rcuscope::trace_cmd::Descriptions::get().add_format({text, size}, system);
  return TEP_ERRNO__SUCCESS;
}

int tep_parse_kallsyms(tep_handle*, const char* text) {
  rcuscope::trace_cmd::Descriptions::get().add_symbols(text);
  return 0;
}

int tep_parse_printk_formats(tep_handle*, const char* text) {
  rcuscope::trace_cmd::Descriptions::get().add_strings(text);
  return 0;
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

bool is_space(char c) { return c == ' ' || c == '\t'; }

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
  formats_.try_emplace(id, Format{std::string(value_of(text, "name: ")),
                                  system == nullptr ? "" : system, std::string(text)});
}

void Descriptions::parse(tep_handle* tep, Format& format) {
  static auto* const library_parse = library_function<decltype(tep_parse_event)>("tep_parse_event");
  if (std::exchange(format.is_parsed, true)) return;
  library_parse(tep, format.text.data(), format.text.size(), format.system.c_str());
}

tep_event* Descriptions::event(tep_handle* tep, int id) {
  const auto found = formats_.find(id);
  if (found == formats_.end()) return nullptr;
  parse(tep, found->second);
  // Functions and their returns are printed by code that looks at each other's formats.
  if (found->second.system == "ftrace") {
    for (auto& [other_id, format] : formats_)
      if (format.system == "ftrace") parse(tep, format);
  }
  return tep_find_event(tep, id);
}

tep_event* Descriptions::any_event(tep_handle* tep) {
  return formats_.empty() ? nullptr : event(tep, formats_.begin()->first);
}

int Descriptions::id_of(std::string_view name) const {
  for (const auto& [id, format] : formats_)
    if (format.name == name) return id;
  return -1;
}

std::set<std::string> Descriptions::event_names() const {
  std::set<std::string> names;
  for (const auto& [id, format] : formats_) names.insert(format.name);
  return names;
}

// ---- symbols: "ffffffff81000000 T _text", and "\t[module]" behind those of modules

void Descriptions::parse_symbol(char* line, char* end) {
  std::uint64_t address = 0;
  const auto [after, error] = std::from_chars(line, end, address, 16);
  if (error != std::errc() || end - after < 4) return;
  const char type = after[1];
  char* const name = line + (after - line) + 3;
  // Offsets of per-CPU variables, and marks of some architectures.
  if (type == 'A' || type == 'a' || *name == '$') return;
  char* const name_end = std::find_if(name, end, is_space);
  const char* module = nullptr;
  if (name_end != end) {
    char* const bracket = std::find(name_end, end, '[');
    if (bracket != end) {
      *std::find(bracket, end, ']') = '\0';
      module = bracket + 1;
    }
  }
  *name_end = '\0';
  symbols_.push_back({address, name, module});
}

void Descriptions::parse_symbols() {
  has_symbols_ = true;
  constexpr std::size_t usual_line = 40;
  symbols_.reserve(symbol_text_.size() / usual_line);
  char* const end = symbol_text_.data() + symbol_text_.size();
  for (char* line = symbol_text_.data(); line < end;) {
    auto* line_end =
        static_cast<char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
    if (line_end == nullptr) line_end = end;
    parse_symbol(line, line_end);
    line = line_end + 1;
  }
  const auto is_lower = [](const Symbol& a, const Symbol& b) { return a.address < b.address; };
  // The kernel's own are in order, those of modules are not.
  if (!std::is_sorted(symbols_.begin(), symbols_.end(), is_lower))
    std::stable_sort(symbols_.begin(), symbols_.end(), is_lower);
  // Several names of one address: in libtraceevent's order, for the search below.
  for (auto run = symbols_.begin(); run != symbols_.end();) {
    const auto run_end = std::find_if(
        run, symbols_.end(), [run](const Symbol& other) { return other.address != run->address; });
    std::reverse(run, run_end);
    run = run_end;
  }
}

/// Step by step as bsearch, so that of several names it finds the one that `trace-cmd report`
/// shows.
const Descriptions::Symbol* Descriptions::find_symbol(std::uint64_t address) {
  if (!has_symbols_) parse_symbols();
  for (std::size_t low = 0, high = symbols_.size(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    const Symbol& symbol = symbols_[middle];
    if (address < symbol.address) {
      high = middle;
      continue;
    }
    // Nothing tells where the last one ends.
    const bool is_inside = middle + 1 < symbols_.size() && address < symbols_[middle + 1].address;
    if (address == symbol.address || is_inside) return &symbol;
    low = middle + 1;
  }
  return nullptr;
}

const char* Descriptions::symbol(std::uint64_t address) {
  const Symbol* found = find_symbol(address);
  return found == nullptr ? nullptr : found->name;
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
  const Symbol* found = static_cast<Descriptions*>(descriptions)->find_symbol(*address);
  if (found == nullptr) return nullptr;
  *address = found->address;
  *module = const_cast<char*>(found->module);  // the library's type; it only reads
  return const_cast<char*>(found->name);
}

void Descriptions::prepare_printing(tep_handle* tep) {
  if (is_printing_ready_) return;
  is_printing_ready_ = true;
  tep_set_function_resolver(tep, &resolve, this);
  static auto* const parse =
      library_function<decltype(tep_parse_printk_formats)>("tep_parse_printk_formats");
  parse(tep, string_text_.c_str());
}

}  // namespace rcuscope::trace_cmd
