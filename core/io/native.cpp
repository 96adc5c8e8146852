// SPDX-License-Identifier: LGPL-2.1-or-later
// Saves and loads native traces. A reader never sees half a trace: it is written beside its place
// and then renamed.
#include "io/native.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <string>
#include <system_error>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"
#include "io/format.h"
#include "io/mapped_file.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> file_names = {ctf::metadata_name, ctf::events_name,
                                                   ctf::definitions_name};

/// The place itself: "a/" means a, and a symbolic link stays a link.
fs::path target_of(const fs::path& path) {
  fs::path target = path.has_filename() ? path : path.parent_path();
  if (target.empty() || target.filename() == "." || target.filename() == "..") {
    throw UsageError("path '" + path.string() + "'; expected the name of a trace directory");
  }
  return fs::is_symlink(target) ? fs::weakly_canonical(target) : target;
}

/// Throws UsageError if a save to `target` would destroy anything but a native trace.
void check_replaceable(const fs::path& target) {
  if (!fs::exists(fs::symlink_status(target))) return;
  if (!is_native(target)) {
    throw UsageError("'" + target.string() +
                     "' exists and is no native trace; expected a new path, or one to replace");
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(target)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = name == file_names[0] || name == file_names[1] || name == file_names[2];
    if (is_ours && entry.is_regular_file()) continue;
    throw UsageError("'" + target.string() + "' contains '" + name +
                     "', which is not part of a trace; move it away or save to another path");
  }
}

/// A directory beside the target, removed again unless it was given away.
class SiblingDirectory {
 public:
  explicit SiblingDirectory(const fs::path& target) {
    const std::string prefix = "." + target.filename().string() + "." + std::to_string(getpid());
    constexpr int tries = 1000;
    for (int i = 0; i < tries; ++i) {
      path_ = target.parent_path() / (prefix + "-" + std::to_string(i));
      std::error_code error;
      if (fs::create_directory(path_, error)) return;
      // The user knows the target's name, not the one beside it.
      if (error) {
        io::throw_system_error(error.value(), "cannot save " + target.string() +
                                                  ": no directory can be made beside it");
      }
    }
    io::throw_system_error(EEXIST, "cannot create " + path_.string());
  }
  SiblingDirectory(const SiblingDirectory&) = delete;
  SiblingDirectory& operator=(const SiblingDirectory&) = delete;
  ~SiblingDirectory() {
    std::error_code ignored;  // nothing better can be done about rubbish that stays
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Puts `fresh` in the place of `target`; afterwards `fresh` holds what was there, if anything.
void exchange(const fs::path& fresh, const fs::path& target) {
  if (std::rename(fresh.c_str(), target.c_str()) == 0) return;
  int error = errno;
#ifdef RENAME_EXCHANGE
  if (error == ENOTEMPTY || error == EEXIST) {
    const int done = renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE);
    if (done == 0) return;
    error = errno;
  }
#endif
  // File systems without an exchange: a moment without a trace, but never half of one.
  if (error == EINVAL || error == ENOSYS || error == ENOTEMPTY || error == EEXIST) {
    const fs::path old = fresh.string() + ".old";
    fs::rename(target, old);
    fs::rename(fresh, target);
    fs::rename(old, fresh);
    return;
  }
  io::throw_system_error(error, "cannot rename " + fresh.string() + " to " + target.string());
}

/// A part that is not there is a damaged trace, not a wrong path.
io::MappedFile map_part(const fs::path& directory, const char* name) {
  const fs::path path = directory / name;
  if (!fs::is_regular_file(path)) {
    throw TraceFormatError(path.string(), 0, "a regular file, part of the native trace");
  }
  return io::MappedFile(path);
}

struct Parts {
  explicit Parts(const fs::path& directory)
      : metadata(map_part(directory, ctf::metadata_name)),
        events(map_part(directory, ctf::events_name)),
        definitions(map_part(directory, ctf::definitions_name)) {}

  ctf::FilesView view() const { return {metadata.bytes(), events.bytes(), definitions.bytes()}; }
  /// Of the part that was cut while it was read; null: none was.
  const char* name_of_cut() const {
    if (metadata.was_cut()) return ctf::metadata_name;
    if (events.was_cut()) return ctf::events_name;
    return definitions.was_cut() ? ctf::definitions_name : nullptr;
  }

  io::MappedFile metadata, events, definitions;
};

/// Which directory stands there now: a save puts another one in its place.
std::uint64_t identity(const fs::path& directory) {
  struct stat status{};
  return stat(directory.c_str(), &status) == 0 ? status.st_ino : 0;
}

/// What is read while somebody changes it is read again, as it is then.
constexpr int readings_max = 8;

TraceStore decode_parts(const fs::path& path, ctf::Reading reading) {
  for (int readings_left = readings_max; true; --readings_left) {
    const std::uint64_t before = identity(path);
    std::optional<Parts> parts;
    const auto cut = [&parts] { return parts ? parts->name_of_cut() : nullptr; };
    try {
      parts.emplace(path);
      TraceStore trace = ctf::decode(parts->view(), path, reading);
      if (cut() == nullptr) return trace;
    } catch (const TraceFormatError&) {
      const bool is_replaced = identity(path) != before;
      if (cut() == nullptr && (!is_replaced || readings_left == 1)) throw;
    }
    if (readings_left == 1) {
      throw TraceFormatError((path / cut()).string(), 0,
                             "a file that nobody cuts while it is read; read it again later");
    }
  }
}

}  // namespace

bool is_native(const fs::path& path) {
  const fs::path metadata = path / ctf::metadata_name;
  return fs::is_directory(path) && fs::is_regular_file(metadata) &&
         io::read_start(metadata, ctf::signature.size()) == ctf::signature;
}

void save_native(const TraceStore& trace, const fs::path& path) {
  const fs::path target = target_of(path);
  check_replaceable(target);
  const ctf::Files files = ctf::encode(trace);
  const SiblingDirectory fresh(target);
  io::write_file(fresh.path() / ctf::metadata_name, files.metadata);
  io::write_file(fresh.path() / ctf::events_name, files.events);
  io::write_file(fresh.path() / ctf::definitions_name, files.definitions);
  exchange(fresh.path(), target);
}

TraceStore read_native(const fs::path& path) { return decode_parts(path, ctf::Reading::whole); }

TraceStore recover_native(const fs::path& path) {
  if (!is_native(path)) {
    throw TraceFormatError((path / ctf::metadata_name).string(), 0,
                           "the metadata of a native trace; only those can be recovered");
  }
  return decode_parts(path, ctf::Reading::recover);
}

}  // namespace rcuscope
