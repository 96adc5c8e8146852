// SPDX-License-Identifier: LGPL-2.1-or-later
// Starts rcuscope-read-dat and takes its answer, which is the native format in memory.
#include "io/trace_dat.h"

#include <dlfcn.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"
#include "io/mapped_file.h"

extern char** environ;

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

constexpr const char* program_name = "rcuscope-read-dat";
constexpr std::string_view magic("\x17\x08\x44tracing", 10);

/// The folder of the module or program that this code is part of.
fs::path own_folder() {
  Dl_info info{};
  const bool is_found = dladdr(reinterpret_cast<const void*>(&magic), &info) != 0;
  const std::string file = is_found && info.dli_fname != nullptr ? info.dli_fname : "";
  std::error_code ignored;  // the other way says the same of a program
  if (file.find(".so") == std::string::npos) {
    return fs::read_symlink("/proc/self/exe", ignored).parent_path();
  }
  return fs::weakly_canonical(file, ignored).parent_path();
}

fs::path find_program() {
  const char* chosen = std::getenv("RCUSCOPE_READ_DAT");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  const fs::path folder = own_folder();
  for (const fs::path& program : {folder / "bin" / program_name, folder / program_name}) {
    if (fs::exists(program)) return program;
  }
  io::throw_system_error(
      ENOENT,
      "reading trace-cmd files needs libtracecmd, without which this package was built: install "
      "libtracecmd-dev libtraceevent-dev libtracefs-dev (Debian, Ubuntu) and build it again, or "
      "turn the file into text with `trace-cmd report FILE > FILE.txt`");
}

/// A file without a name that the child writes and we read.
class Answer {
 public:
  Answer() : descriptor_(memfd_create("rcuscope", MFD_CLOEXEC)) {
    if (descriptor_ < 0) io::throw_system_error(errno, "cannot make a file in memory");
  }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  ~Answer() { close(descriptor_); }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Return: the status of waitpid.
int run_program(const fs::path& program, const fs::path& path, const Answer& out,
                const Answer& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  const std::string name = program.string(), file = fs::absolute(path).string();
  std::array<char*, 3> arguments = {const_cast<char*>(name.c_str()),
                                    const_cast<char*>(file.c_str()), nullptr};
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) io::throw_system_error(failed, "cannot start " + name);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) io::throw_system_error(errno, "cannot wait for " + name);
  }
  return status;
}

/// What the program itself says comes last: before it may be warnings of its libraries.
std::string_view last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  const std::size_t end = text.rfind('\n');
  return end == std::string_view::npos ? text : text.substr(end + 1);
}

/// "OFFSET what was expected", as the program prints it.
[[noreturn]] void throw_malformed(const fs::path& path, std::string_view line) {
  std::uint64_t offset = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), offset);
  std::string_view expected = "a trace-cmd file";
  if (error == std::errc()) {
    expected = line.substr(static_cast<std::size_t>(end - line.data()));
    while (expected.starts_with(' ')) expected.remove_prefix(1);
  }
  throw TraceFormatError(path.string(), offset, std::string(expected));
}

[[noreturn]] void throw_failure(const fs::path& path, int status, std::string_view errors) {
  const std::string_view said = last_line(errors);
  if (WIFEXITED(status) && WEXITSTATUS(status) == trace_dat::exit_malformed) {
    throw_malformed(path, said);
  }
  std::error_code ignored;  // the size only makes the message better
  const std::uint64_t size = fs::file_size(path, ignored);
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGKILL) {
      throw TraceFormatError(path.string(), 0,
                             "a file that libtracecmd reads within " +
                                 std::to_string(trace_dat::seconds_max(size)) +
                                 " s of CPU time; it is damaged or too large");
    }
    throw TraceFormatError(path.string(), 0,
                           "an undamaged trace-cmd file; libtracecmd crashed on it (" +
                               std::string(strsignal(signal)) + ")");
  }
  throw TraceFormatError(path.string(), 0,
                         "a trace-cmd file; its reader says: " + std::string(said));
}

}  // namespace

bool is_trace_dat(const fs::path& path) {
  return fs::is_regular_file(path) && io::read_start(path, magic.size()) == magic;
}

TraceStore read_trace_dat(const fs::path& path) {
  const fs::path program = find_program();
  const Answer out, errors;
  const int status = run_program(program, path, out, errors);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const io::MappedFile message(errors.descriptor(), "what rcuscope-read-dat says");
    const std::string_view all = message.bytes();
    constexpr std::size_t said_max = 1000;
    throw_failure(path, status, all.substr(all.size() - std::min(all.size(), said_max)));
  }
  const io::MappedFile answer(out.descriptor(), "the answer of rcuscope-read-dat");
  std::string_view rest = answer.bytes();
  std::array<std::uint64_t, 3> sizes{};
  if (rest.size() < sizeof(sizes)) throw TraceFormatError(path.string(), 0, "a whole answer");
  std::memcpy(sizes.data(), rest.data(), sizeof(sizes));
  rest.remove_prefix(sizeof(sizes));
  std::array<std::string_view, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (sizes[i] > rest.size()) throw TraceFormatError(path.string(), 0, "a whole answer");
    parts[i] = rest.substr(0, sizes[i]);
    rest.remove_prefix(sizes[i]);
  }
  return ctf::decode({parts[0], parts[1], parts[2]}, path, ctf::Reading::unhashed);
}

}  // namespace rcuscope
