// SPDX-License-Identifier: LGPL-2.1-or-later
// Source files as lines, and lines as coloured words.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel_source.h"
#include "trace/store.h"

namespace rcuscope::gui {

/// Files that traces point to, each read once.
class SourceFiles {
 public:
  /// Traces name Python files without their directories: they are looked for in these, too.
  explicit SourceFiles(std::vector<std::string> directories = {})
      : directories_(std::move(directories)) {}

  /// The lines of a file, or nullptr if it cannot be read or has fewer than `line` lines.
  const std::vector<std::string>* find(const std::string& path, std::int32_t line);

  /// From now on functions are shown as they stand in that kernel tree, where it has them.
  void use_kernel(std::shared_ptr<KernelSource> kernel) { kernel_ = std::move(kernel); }
  /// The same function in the kernel tree, at the line that calls `call`, of several at the one
  /// whose argument is most like that of the own line; else at its head.
  std::optional<PlaceInfo> in_kernel(const PlaceInfo& place, std::string_view call);

 private:
  std::vector<std::string> read(const std::string& path) const;

  std::vector<std::string> directories_;
  std::shared_ptr<KernelSource> kernel_;                   ///< Null: there is none.
  std::map<std::string, std::vector<std::string>> files_;  ///< Empty: not readable.
};

enum class WordKind : std::uint8_t { plain, punctuation, keyword, call, number, comment };

struct Word {
  std::string_view text;
  WordKind kind = WordKind::plain;
};

/// Splits a line of C++ or Python. The words together are the line.
std::vector<Word> split_words(std::string_view line);

}  // namespace rcuscope::gui
