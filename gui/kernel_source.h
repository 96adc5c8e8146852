// SPDX-License-Identifier: LGPL-2.1-or-later
// KernelSource: where functions stand in a kernel tree that the user has. It is read on a thread of
// its own; until that is done nothing is found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rcuscope::gui {

/// Lines count from 1.
struct KernelFunction {
  std::string file;
  std::int32_t first_line = 0;  ///< The one that bears the name.
  std::int32_t last_line = 0;   ///< The closing brace.
};

using KernelFunctions = std::unordered_map<std::string, KernelFunction>;

/// The functions that a C source defines in the kernel's style: name at the left margin of its
/// declaration, braces of the body at the margin.
void find_functions(const std::vector<std::string>& lines, const std::string& file,
                    KernelFunctions& functions);

class KernelSource {
 public:
  /// Throws: UsageError that says what was expected of the directory.
  explicit KernelSource(const std::filesystem::path& root);
  ~KernelSource();
  KernelSource(const KernelSource&) = delete;
  KernelSource& operator=(const KernelSource&) = delete;

  std::optional<KernelFunction> find(const std::string& function) const;
  bool is_ready() const;
  /// Until all is read: for pictures, which are drawn once.
  void wait() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace rcuscope::gui
