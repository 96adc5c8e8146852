// SPDX-License-Identifier: LGPL-2.1-or-later
// Lines of symbols: "ffffffff81000000 T _text", and "\t[module]" behind those of modules.
// Follows: trace-cmd.dat.v7(5) for the section that they are in.
#include "io/trace_cmd/symbols.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/error.h"
#include "io/file.h"
#include "io/trace_cmd/library.h"

namespace rcuscope::trace_cmd {
namespace {

/// Before the bytes of a compressed section.
struct SectionHeader {
  std::uint16_t id;
  std::uint16_t flags;
  std::uint32_t description;
  std::uint64_t size;
  std::uint32_t compressed_size, uncompressed_size;
};
static_assert(sizeof(SectionHeader) == 24);
constexpr std::uint16_t symbols_section = 19, is_compressed = 1;
/// The section begins with the size of its text.
constexpr std::size_t text_offset = 4;

/// Eight hexadecimal digits at once; false if there are fewer.
bool parse_eight(const char* text, std::uint64_t& value) {
  std::uint64_t x;
  std::memcpy(&x, text, sizeof(x));
  if (((x | x >> 2) & 0x1010101010101010) != 0x1010101010101010) return false;
  x = __builtin_bswap64((x & 0x0f0f0f0f0f0f0f0f) + 9 * ((x >> 6) & 0x0101010101010101));
  x = (x | x >> 4) & 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  value = value << 32 | ((x | x >> 16) & 0xffffffff);
  return true;
}

/// Return: what follows the address; null if there is none.
const char* parse_address(const char* line, const char* end, std::uint64_t& address) {
  constexpr std::ptrdiff_t digits = 16;
  address = 0;
  if (end - line > digits && line[digits] == ' ' && parse_eight(line, address) &&
      parse_eight(line + 8, address)) {
    return line + digits;
  }
  address = 0;
  const auto [after, error] = std::from_chars(line, end, address, 16);
  return error == std::errc() ? after : nullptr;
}

/// A symbol that counts: not the offset of a per-CPU variable, nor a mark of some architectures.
bool is_symbol(const char* after_address, const char* line_end) {
  return after_address != nullptr && line_end - after_address >= 4 && after_address[1] != 'A' &&
         after_address[1] != 'a' && after_address[3] != '$';
}

/// Modules' symbols follow the kernel's own, in no order.
bool is_of_module(const char* line, const char* line_end) {
  return std::memchr(line, '[', static_cast<std::size_t>(line_end - line)) != nullptr;
}

const char* end_of_line(const char* line, const char* end) {
  const void* const found = std::memchr(line, '\n', static_cast<std::size_t>(end - line));
  return found == nullptr ? end : static_cast<const char*>(found);
}

}  // namespace

bool Symbols::postpone(std::size_t compressed_size, std::size_t size) {
  if (descriptor_ < 0 || is_postponed_ || size < text_offset) return false;
  const off_t after = lseek(descriptor_, 0, SEEK_CUR);
  SectionHeader header;
  if (after < static_cast<off_t>(compressed_size + sizeof(header))) return false;
  const std::uint64_t at = static_cast<std::uint64_t>(after) - compressed_size;
  if (!read_exactly(descriptor_, &header, sizeof(header), at - sizeof(header))) return false;
  if (header.id != symbols_section || header.flags != is_compressed) return false;
  if (header.compressed_size != compressed_size || header.uncompressed_size != size) return false;
  is_postponed_ = true;
  section_ = Decompression(descriptor_, at, compressed_size, size);
  return true;
}

void Symbols::add(std::string_view text) {
  text_ = LargeBuffer(text.size());
  std::memcpy(text_.data(), text.data(), text.size());
  end_ = text.size();
}

/// Return: false if there is no more.
bool Symbols::go_on() {
  if (!is_postponed_ || section_.is_whole()) return false;
  section_.go_on();
  if (section_.size() < text_offset) return true;
  std::uint32_t size = 0;
  std::memcpy(&size, section_.data(), sizeof(size));
  begin_ = text_offset;
  end_ = std::min<std::size_t>(section_.size(), std::size_t{text_offset} + size);
  return true;
}

// ---- a few symbols, found in the text

void Symbols::mark_lines() {
  constexpr std::size_t distance = 1024;
  const char* const begin = text();
  const char* const end = begin + end_;
  for (std::size_t at = std::max(marked_until_, begin_); at + distance < end_; at += distance) {
    marked_until_ = at + distance;
    const char* const line = end_of_line(begin + at, end) + 1;
    if (line >= end) return;
    const char* const line_end = end_of_line(line, end);
    if (line_end == end) return;  // it may be cut
    std::uint64_t address;
    if (!is_symbol(parse_address(line, line_end, address), line_end)) continue;
    const bool is_in_order = marks_.empty() || address >= marks_.back().address;
    if (!is_in_order || is_of_module(line, line_end)) {
      are_marks_whole_ = true;
      return;
    }
    if (marks_.empty() || address > marks_.back().address)
      marks_.push_back({address, static_cast<std::size_t>(line - begin)});
  }
}

/// Null: not found in this way.
const Symbol* Symbols::find_among_marks(std::uint64_t address) {
  while (!are_marks_whole_ && (marks_.empty() || marks_.back().address <= address)) {
    mark_lines();
    if (are_marks_whole_ || (!marks_.empty() && marks_.back().address > address)) break;
    if (!go_on()) are_marks_whole_ = true;
  }
  const auto after = std::upper_bound(
      marks_.begin(), marks_.end(), address,
      [](std::uint64_t wanted, const Line& mark) { return wanted < mark.address; });
  if (after == marks_.end() || after - marks_.begin() < 2) return nullptr;
  const Symbol* const found = find_between(after[-1], address);
  return found != nullptr ? found : find_between(after[-2], address);
}

/// From a mark on. Null if it may be the mark itself. Within a function of several names it is the
/// first; at its very address, which of them libtraceevent takes depends on the number of all
/// symbols: null, too.
const Symbol* Symbols::find_between(const Line& mark, std::uint64_t address) {
  const char* const begin = text();
  const char* const end = begin + end_;
  Line best = mark;
  bool is_behind_mark = false, has_other_names = false;
  for (const char* line = end_of_line(begin + mark.at, end) + 1; line < end;) {
    const char* const line_end = end_of_line(line, end);
    std::uint64_t next;
    if (is_symbol(parse_address(line, line_end, next), line_end)) {
      if (next < best.address) return nullptr;
      if (next > address && is_of_module(line, line_end)) return nullptr;
      if (next > address) break;
      has_other_names = next == best.address;
      if (!has_other_names) {
        best = {next, static_cast<std::size_t>(line - begin)};
        is_behind_mark = true;
      }
    }
    line = line_end + 1;
  }
  return is_behind_mark && !(has_other_names && address == best.address) ? symbol_of(best)
                                                                         : nullptr;
}

// ---- those of modules

/// They stay without any unless the kernel's own are in order and below all of them.
void Symbols::parse_modules() {
  are_modules_parsed_ = true;
  while (go_on()) continue;
  if (marks_.empty()) return;
  const char* const begin = text();
  const char* const end = begin + end_;
  Line own = marks_.back();
  bool is_good = true;
  for (const char* line = begin + own.at; line < end && is_good;) {
    const char* const line_end = end_of_line(line, end);
    Line next{0, static_cast<std::size_t>(line - begin)};
    if (is_symbol(parse_address(line, line_end, next.address), line_end)) {
      if (!modules_.empty() || is_of_module(line, line_end)) {
        modules_.push_back(next);
        is_good = next.address > own.address;
      } else {
        is_good = next.address >= own.address;
        own = next;
      }
    }
    line = line_end + 1;
  }
  if (!is_good) modules_.clear();
  std::stable_sort(modules_.begin(), modules_.end(),
                   [](const Line& a, const Line& b) { return a.address < b.address; });
  if (is_good) greatest_ = modules_.empty() ? own.address : modules_.back().address;
}

/// Null: not found in this way. Of several names, as in find_between.
const Symbol* Symbols::find_among_modules(std::uint64_t address) {
  if (!are_modules_parsed_) parse_modules();
  const auto is_below = [](const Line& line, std::uint64_t wanted) {
    return line.address < wanted;
  };
  const auto after = std::upper_bound(
      modules_.begin(), modules_.end(), address,
      [](std::uint64_t wanted, const Line& line) { return wanted < line.address; });
  if (after == modules_.begin() || after == modules_.end()) return nullptr;
  const auto first = std::lower_bound(modules_.begin(), after, after[-1].address, is_below);
  return after - first > 1 && first->address == address ? nullptr : symbol_of(*first);
}

// ---- all of them

void Symbols::parse() {
  is_parsed_ = true;
  while (go_on()) continue;
  const char* const begin = text();
  const char* const end = begin + end_;
  constexpr std::size_t shortest_line = 5;
  line_memory_ = LargeBuffer((end_ / shortest_line + 1) * sizeof(Line));
  auto* const first = reinterpret_cast<Line*>(line_memory_.data());
  Line* next = first;
  std::size_t sorted_count = 0;
  bool is_sorted = true;
  for (const char* line = begin + begin_; line < end;) {
    const char* const line_end = end_of_line(line, end);
    std::uint64_t address;
    if (is_symbol(parse_address(line, line_end, address), line_end)) {
      is_sorted = is_sorted && (next == first || next[-1].address <= address);
      *next++ = {address, static_cast<std::size_t>(line - begin)};
      if (is_sorted) ++sorted_count;
    }
    line = line_end + 1;
  }
  lines_ = {first, next};
  sort(sorted_count);
}

void Symbols::sort(std::size_t sorted_count) {
  const auto is_lower = [](const Line& a, const Line& b) { return a.address < b.address; };
  // The kernel's own are in order, those of modules are not.
  const auto middle = lines_.begin() + static_cast<std::ptrdiff_t>(sorted_count);
  std::stable_sort(middle, lines_.end(), is_lower);
  std::inplace_merge(lines_.begin(), middle, lines_.end(), is_lower);
  // Several names of one address: in libtraceevent's order, for the search below.
  for (auto run = lines_.begin(); run != lines_.end();) {
    auto run_end = run + 1;
    while (run_end != lines_.end() && run_end->address == run->address) ++run_end;
    if (run_end - run > 1) std::reverse(run, run_end);
    run = run_end;
  }
}

/// Step by step as bsearch, so that of several names it finds the one that `trace-cmd report`
/// shows.
const Symbol* Symbols::find_among_all(std::uint64_t address) {
  if (!is_parsed_) parse();
  for (std::size_t low = 0, high = lines_.size(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    const Line& line = lines_[middle];
    if (address < line.address) {
      high = middle;
      continue;
    }
    // Nothing tells where the last one ends.
    const bool is_inside = middle + 1 < lines_.size() && address < lines_[middle + 1].address;
    if (address == line.address || is_inside) return symbol_of(line);
    low = middle + 1;
  }
  return nullptr;
}

// ---- one

const Symbol* Symbols::symbol_of(const Line& line) {
  const auto [entry, is_new] = symbols_.try_emplace(line.at);
  Symbol& symbol = entry->second;
  if (!is_new) return &symbol;
  const char* const begin = text() + line.at;
  const char* const end = end_of_line(begin, text() + end_);
  std::uint64_t ignored;
  const char* const name = parse_address(begin, end, ignored) + 3;
  const std::string_view rest(name, static_cast<std::size_t>(end - name));
  symbol.address = line.address;
  symbol.name = rest.substr(0, rest.find_first_of(" \t"));
  const std::size_t bracket = rest.find('[');
  if (bracket != std::string_view::npos && bracket > symbol.name.size())
    symbol.module = rest.substr(bracket + 1, rest.find(']', bracket) - bracket - 1);
  return &symbol;
}

const Symbol* Symbols::find(std::uint64_t address) {
  const auto [entry, is_new] = found_.try_emplace(address);
  if (!is_new) return entry->second;
  if (!is_parsed_) entry->second = find_among_marks(address);
  if (!is_parsed_ && entry->second == nullptr && are_marks_whole_) {
    entry->second = find_among_modules(address);
    if (address > greatest_) return nullptr;  // nothing tells where the last one ends
  }
  if (entry->second == nullptr) entry->second = find_among_all(address);
  return entry->second;
}

}  // namespace rcuscope::trace_cmd
