// SPDX-License-Identifier: LGPL-2.1-or-later
// Lines of symbols: "ffffffff81000000 T _text", and "\t[module]" behind those of modules.
// Follows: trace-cmd.dat.v7(5) for the section that they are in.
#include "io/trace_cmd/symbols.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
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

bool read_exactly(int descriptor, void* to, std::size_t size, std::uint64_t at) {
  for (auto* place = static_cast<char*>(to); size > 0;) {
    const ssize_t got = pread(descriptor, place, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    place += got;
    at += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

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

}  // namespace

bool Symbols::postpone(std::size_t compressed_size, std::size_t size) {
  if (descriptor_ < 0 || is_ready_ || postponed_.size != 0 || size < text_offset) return false;
  const off_t after = lseek(descriptor_, 0, SEEK_CUR);
  SectionHeader header;
  if (after < static_cast<off_t>(compressed_size + sizeof(header))) return false;
  const std::uint64_t at = static_cast<std::uint64_t>(after) - compressed_size;
  if (!read_exactly(descriptor_, &header, sizeof(header), at - sizeof(header))) return false;
  if (header.id != symbols_section || header.flags != is_compressed) return false;
  if (header.compressed_size != compressed_size || header.uncompressed_size != size) return false;
  postponed_ = {at, compressed_size, size};
  return true;
}

void Symbols::add(std::string_view text) {
  text_ = LargeBuffer(text.size());
  std::memcpy(text_.data(), text.data(), text.size());
  text_begin_ = 0;
  text_end_ = text.size();
}

void Symbols::load_section() {
  const LargeBuffer compressed(postponed_.compressed_size);
  text_ = LargeBuffer(postponed_.size);
  if (!read_exactly(descriptor_, compressed.data(), compressed.size(), postponed_.at) ||
      !decompress_zstd(compressed.data(), compressed.size(), text_.data(), text_.size())) {
    throw TraceFormatError("", postponed_.at, "the symbols of the kernel, compressed by zstd");
  }
  std::uint32_t size = 0;
  std::memcpy(&size, text_.data(), sizeof(size));
  text_begin_ = text_offset;
  text_end_ = text_offset + std::min<std::size_t>(size, text_.size() - text_offset);
}

void Symbols::parse() {
  const char* const begin = text_.data();
  const char* const end = begin + text_end_;
  constexpr std::size_t shortest_line = 5;
  line_memory_ = LargeBuffer((text_end_ / shortest_line + 1) * sizeof(Line));
  auto* const first = reinterpret_cast<Line*>(line_memory_.data());
  Line* next = first;
  std::size_t sorted_count = 0;
  bool is_sorted = true;
  for (const char* line = begin + text_begin_; line < end;) {
    const auto* line_end = static_cast<const char*>(
        std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
    if (line_end == nullptr) line_end = end;
    std::uint64_t address;
    const char* const after = parse_address(line, line_end, address);
    // Offsets of per-CPU variables, and marks of some architectures.
    if (after != nullptr && line_end - after >= 4 && after[1] != 'A' && after[1] != 'a' &&
        after[3] != '$') {
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

void Symbols::prepare() {
  is_ready_ = true;
  if (postponed_.size != 0) load_section();
  parse();
}

const Symbol& Symbols::symbol_of(const Line& line) {
  const auto [entry, is_new] = symbols_.try_emplace(line.at);
  Symbol& symbol = entry->second;
  if (!is_new) return symbol;
  std::string_view rest(text_.data() + line.at, text_end_ - line.at);
  rest = rest.substr(0, rest.find('\n'));
  std::uint64_t ignored;
  const char* const name = parse_address(rest.data(), rest.data() + rest.size(), ignored) + 3;
  rest.remove_prefix(static_cast<std::size_t>(name - rest.data()));
  symbol.address = line.address;
  symbol.name = rest.substr(0, rest.find_first_of(" \t"));
  const std::size_t bracket = rest.find('[');
  if (bracket != std::string_view::npos && bracket > symbol.name.size())
    symbol.module = rest.substr(bracket + 1, rest.find(']', bracket) - bracket - 1);
  return symbol;
}

/// Step by step as bsearch, so that of several names it finds the one that `trace-cmd report`
/// shows.
const Symbol* Symbols::find(std::uint64_t address) {
  if (!is_ready_) prepare();
  for (std::size_t low = 0, high = lines_.size(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    const Line& line = lines_[middle];
    if (address < line.address) {
      high = middle;
      continue;
    }
    // Nothing tells where the last one ends.
    const bool is_inside = middle + 1 < lines_.size() && address < lines_[middle + 1].address;
    if (address == line.address || is_inside) return &symbol_of(line);
    low = middle + 1;
  }
  return nullptr;
}

}  // namespace rcuscope::trace_cmd
