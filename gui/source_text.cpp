// SPDX-License-Identifier: LGPL-2.1-or-later
// A highlighter of one line at a time: enough to read by, no parser.
#include "source_text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace rcuscope::gui {
namespace {

/// A source file; anything larger is something else.
constexpr std::uintmax_t file_bytes_max = 4 << 20;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool is_keyword(std::string_view word) {
  constexpr std::array<std::string_view, 24> keywords = {
      "if",   "else",   "for",  "while",  "return", "continue", "break",    "switch",
      "case", "struct", "void", "static", "const",  "auto",     "template", "bool",
      "int",  "def",    "with", "in",     "not",    "class",    "delete",   "nullptr"};
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

std::vector<std::string> read_lines(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return {};
  if (std::filesystem::file_size(path, error) > file_bytes_max || error) return {};
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::string expanded;
    for (char c : line) c == '\t' ? expanded.append(4, ' ') : expanded.append(1, c);
    lines.push_back(std::move(expanded));
  }
  return lines;
}

/// The machinery's own files are named from the top of its source, which lies beside the program: a
/// link in a build tree, the files that traces point to in an installation.
std::vector<std::string> read_source(const std::string& path) {
  std::vector<std::string> lines = read_lines(path);
  if (!lines.empty() || path.empty() || path[0] == '/') return lines;
  std::error_code error;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return lines;
  // A compiler that was started below the top names files from there.
  std::string_view below(path);
  while (below.starts_with("../")) below.remove_prefix(3);
  return read_lines((executable.parent_path().parent_path() / "source" / below).string());
}

}  // namespace

std::vector<std::string> SourceFiles::read(const std::string& path) const {
  std::vector<std::string> lines = read_source(path);
  for (const std::string& directory : directories_) {
    if (!lines.empty()) break;
    lines = read_lines((std::filesystem::path(directory) / path).string());
  }
  return lines;
}

const std::vector<std::string>* SourceFiles::find(const std::string& path, std::int32_t line) {
  const auto known = files_.find(path);
  const auto file = known != files_.end() ? known : files_.emplace(path, read(path)).first;
  const bool has_line = line > 0 && static_cast<std::size_t>(line) <= file->second.size();
  return has_line ? &file->second : nullptr;
}

namespace {

/// "grp_dev->name" of "\tkfree(grp_dev->name);"; none = there is no such call.
std::optional<std::string_view> argument_of(std::string_view line, std::string_view call) {
  const std::string wanted = std::string(call) + "(";
  const std::size_t at = line.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + wanted.size());
  return rest.substr(0, rest.find_first_of(",)"));
}

/// How much one argument is like another: the same member, or both a member or none.
int likeness(std::string_view ours, std::string_view theirs) {
  const auto member = [](std::string_view argument) {
    const std::size_t arrow = argument.rfind("->");
    return arrow == std::string_view::npos ? std::string_view() : argument.substr(arrow + 2);
  };
  if (ours.empty() || member(ours).empty() != member(theirs).empty()) return 1;
  return member(ours) == member(theirs) ? 3 : 2;
}

}  // namespace

std::optional<PlaceInfo> SourceFiles::in_kernel(const PlaceInfo& place, std::string_view call) {
  if (kernel_ == nullptr) return std::nullopt;
  const auto function = kernel_->find(place.function);
  if (!function) return std::nullopt;
  PlaceInfo found{function->file, place.function, function->first_line};
  const auto* lines = find(found.file, found.line);
  if (lines == nullptr) return std::nullopt;
  std::string_view own;
  if (const auto* own_lines = find(place.file, place.line)) {
    own = argument_of((*own_lines)[static_cast<std::size_t>(place.line) - 1], call).value_or("");
  }
  int best = 0;
  for (std::int32_t line = function->first_line + 1; line <= function->last_line; ++line) {
    const auto theirs = argument_of((*lines)[static_cast<std::size_t>(line) - 1], call);
    const int now = theirs ? likeness(own, *theirs) : 0;
    if (now <= best) continue;
    best = now;
    found.line = line;
  }
  return found;
}

std::vector<Word> split_words(std::string_view line) {
  std::vector<Word> words;
  std::size_t i = 0;
  while (i < line.size()) {
    const std::string_view rest = line.substr(i);
    std::size_t length = 1;
    WordKind kind = WordKind::punctuation;
    if (rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with("#") ||
        rest.starts_with("* ")) {
      length = rest.size();
      kind = WordKind::comment;
    } else if (is_word(rest[0])) {
      while (length < rest.size() && is_word(rest[length])) ++length;
      const bool is_call = length < rest.size() && rest[length] == '(';
      kind = is_digit(rest[0])                    ? WordKind::number
             : is_keyword(rest.substr(0, length)) ? WordKind::keyword
             : is_call                            ? WordKind::call
                                                  : WordKind::plain;
    } else {
      const auto ends = [&](std::size_t at) {
        return is_word(rest[at]) || rest[at] == '/' || rest[at] == '#';
      };
      while (length < rest.size() && !ends(length)) ++length;
    }
    words.push_back({rest.substr(0, length), kind});
    i += length;
  }
  return words;
}

}  // namespace rcuscope::gui
