// SPDX-License-Identifier: LGPL-2.1-or-later
// Not a parser: a definition is a name before a parenthesis in a line that starts at the margin,
// with a brace at the margin before any semicolon at the end of a line.
#include "kernel_source.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"

namespace rcuscope::gui {
namespace {

namespace fs = std::filesystem;

/// Of a kernel tree these are read: what the machinery of IOMMU groups and RCU is made of.
constexpr std::array<const char*, 6> kernel_parts = {"drivers/iommu", "drivers/base", "kernel/rcu",
                                                     "include/linux", "drivers/pci",  "lib"};
/// Of a directory that has none of them, everything, up to so many files.
constexpr std::size_t file_count_max = 5'000;
/// A parameter list is not longer.
constexpr std::size_t head_line_count_max = 12;

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// The name before the first parenthesis of a line at the margin, or "".
std::string_view declared_name(const std::string& line) {
  if (line.empty() || !(is_word(line[0]))) return {};
  const std::size_t open = line.find('(');
  if (open == std::string::npos || open == 0) return {};
  std::size_t first = open;
  while (first > 0 && is_word(line[first - 1])) --first;
  return std::string_view(line).substr(first, open - first);
}

/// The line of the brace that opens the body, or 0: a declaration, a macro, an initialiser.
std::size_t body_after(const std::vector<std::string>& lines, std::size_t head) {
  const std::size_t end = std::min(lines.size(), head + head_line_count_max);
  for (std::size_t i = head; i < end; ++i) {
    if (i > head && lines[i].starts_with("{")) return i;
    if (lines[i].ends_with(";") || lines[i].find('=') != std::string::npos) return 0;
    if (i > head && !lines[i].empty() && is_word(lines[i][0])) return 0;
  }
  return 0;
}

/// The kernel's names of a function of ours. Most are the same; the replaceable steps leave out
/// what their class says already.
std::vector<std::string> kernel_names(const std::string& function) {
  struct Renamed {
    std::string_view ours, kernel;
  };
  constexpr std::array<Renamed, 13> renamed = {
      {{"alloc_group_device", "iommu_group_alloc_device"},
       {"add_group_device", "iommu_group_add_device"},
       {"publish", "iommu_group_add_device"},
       {"free_group_device", "__iommu_group_free_device"},
       {"reclaim", "__iommu_group_free_device"},
       {"free_name", "__iommu_group_free_device"},
       {"free_gdev", "__iommu_group_free_device"},
       {"put_held_device", "__iommu_group_free_device"},
       {"remove_group_device", "__iommu_group_remove_device"},
       {"leave_group", "__iommu_group_remove_device"},
       {"unlink", "__iommu_group_remove_device"},
       {"put_group", "iommu_group_put"},
       {"bus_probe", "bus_iommu_probe"}}};
  std::vector<std::string> names = {function, "__" + function, "iommu_" + function};
  for (const Renamed& name : renamed) {
    if (name.ours == function) names.emplace_back(name.kernel);
  }
  return names;
}

std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(std::move(line));
  return lines;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".c" || path.extension() == ".h";
}

std::vector<fs::path> sources_below(const fs::path& directory, std::size_t count_max) {
  std::vector<fs::path> found;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied,
                                      error);
  for (; !error && at != fs::recursive_directory_iterator() && found.size() < count_max;
       at.increment(error)) {
    std::error_code ignored;
    if (at->is_regular_file(ignored) && is_source(at->path())) found.push_back(at->path());
  }
  // The order of a directory says nothing: the same tree gives the same answer.
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<fs::path> sources_of(const fs::path& root) {
  std::vector<fs::path> sources;
  for (const char* part : kernel_parts) {
    for (fs::path& path : sources_below(root / part, file_count_max)) {
      sources.push_back(std::move(path));
    }
  }
  return sources.empty() ? sources_below(root, file_count_max) : sources;
}

}  // namespace

void find_functions(const std::vector<std::string>& lines, const std::string& file,
                    KernelFunctions& functions) {
  for (std::size_t head = 0; head < lines.size(); ++head) {
    const std::string_view name = declared_name(lines[head]);
    const std::size_t body = name.empty() ? 0 : body_after(lines, head);
    if (body == 0) continue;
    std::size_t last = body;
    while (last + 1 < lines.size() && !lines[last].starts_with("}")) ++last;
    // The first one counts: a stub for another configuration comes in a header, later.
    functions.try_emplace(std::string(name),
                          KernelFunction{file, static_cast<std::int32_t>(head) + 1,
                                         static_cast<std::int32_t>(last) + 1});
    head = last;
  }
}

struct KernelSource::Shared {
  mutable std::mutex mutex;  ///< Guards `is_ready`; the functions do not change after that.
  mutable std::condition_variable ready;
  bool is_ready = false;
  KernelFunctions functions;
};

KernelSource::KernelSource(const fs::path& root) : shared_(std::make_shared<Shared>()) {
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    throw UsageError("--kernel-source '" + root.string() +
                     "': expected the directory of a kernel's source, with drivers/iommu in it");
  }
  std::thread([shared = shared_, root] {
    KernelFunctions functions;
    for (const fs::path& path : sources_of(root)) {
      find_functions(read_lines(path), path.string(), functions);
    }
    const std::scoped_lock lock(shared->mutex);
    shared->functions = std::move(functions);
    shared->is_ready = true;
    shared->ready.notify_all();
  }).detach();
}

KernelSource::~KernelSource() = default;

std::optional<KernelFunction> KernelSource::find(const std::string& function) const {
  if (!is_ready()) return std::nullopt;
  for (const std::string& name : kernel_names(function)) {
    const auto found = shared_->functions.find(name);
    if (found != shared_->functions.end()) return found->second;
  }
  return std::nullopt;
}

bool KernelSource::is_ready() const {
  const std::scoped_lock lock(shared_->mutex);
  return shared_->is_ready;
}

void KernelSource::wait() const {
  std::unique_lock lock(shared_->mutex);
  shared_->ready.wait(lock, [this] { return shared_->is_ready; });
}

}  // namespace rcuscope::gui
