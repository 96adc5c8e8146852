// SPDX-License-Identifier: LGPL-2.1-or-later
// The lines of ftrace's text, one event each:
//
//   COMM-PID  [CPU] FLAGS SECONDS.FRACTION: EVENT: TEXT
//
// FLAGS (interrupts off, need of rescheduling, context, depth of preemption) and a (TGID) before
// the CPU may be missing. Other lines tell of lost events, or of nothing.
#include "io/ftrace_text.h"

#include <charconv>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "io/file.h"
#include "io/kernel_translator.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;
using kernel::Known;
using kernel::KnownEvent;

constexpr std::string_view blanks = " \t";
constexpr std::size_t sniffed_bytes = std::size_t{1} << 16;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A whole decimal number.
template <class T>
bool to_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

struct Line {
  std::string_view comm;
  std::int32_t pid = 0;
  std::int32_t cpu = 0;
  std::string_view flags;
  Timestamp time = 0;
  std::string_view event;
  std::string_view text;
};

/// "[003]": where it stands and which CPU it names. A command may contain brackets too.
struct CpuField {
  std::size_t begin = 0, end = 0;
  std::int32_t cpu = 0;
};

std::optional<CpuField> find_cpu(std::string_view line) {
  for (std::size_t at = line.find('['); at != std::string_view::npos; at = line.find('[', at + 1)) {
    const std::size_t close = line.find(']', at);
    if (close == std::string_view::npos) return std::nullopt;
    CpuField field{at, close + 1, 0};
    const bool stands_alone = at > 0 && line[at - 1] == ' ';
    constexpr std::int32_t cpus_max = 0x7fff;
    if (stands_alone && to_number(line.substr(at + 1, close - at - 1), field.cpu) &&
        field.cpu >= 0 && field.cpu <= cpus_max) {
      return field;
    }
  }
  return std::nullopt;
}

/// "COMM-PID" with a "(TGID)" behind it, perhaps; a command may contain '-' and spaces.
bool split_task(std::string_view task, Line& out) {
  task = trimmed(task);
  if (task.ends_with(')')) task = trimmed(task.substr(0, task.rfind('(')));
  const std::size_t dash = task.rfind('-');
  if (dash == std::string_view::npos || !to_number(task.substr(dash + 1), out.pid)) return false;
  out.comm = task.substr(0, dash);
  return true;
}

/// "12.345678:" as nanoseconds; digits alone are cycles of a counter.
bool parse_time(std::string_view word, Timestamp& out) {
  if (!word.ends_with(':')) return false;
  word.remove_suffix(1);
  const std::size_t dot = word.find('.');
  std::int64_t seconds = 0;
  if (!to_number(word.substr(0, dot), seconds) || seconds < 0) return false;
  if (dot == std::string_view::npos) {
    out = seconds;
    return true;
  }
  constexpr std::int64_t seconds_max = 9'000'000'000;  // of 64 bits of nanoseconds
  const std::string_view fraction = word.substr(dot + 1);
  constexpr std::size_t digits = 9;
  if (seconds > seconds_max || fraction.empty() || fraction.size() > digits) return false;
  std::int64_t nanoseconds = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (i < fraction.size() && !is_digit(fraction[i])) return false;
    nanoseconds = nanoseconds * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  out = seconds * 1'000'000'000 + nanoseconds;
  return true;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(blanks));
  text.remove_prefix(word.size());
  return word;
}

std::optional<Line> parse_line(std::string_view text) {
  Line line;
  const auto cpu = find_cpu(text);
  if (!cpu || !split_task(text.substr(0, cpu->begin), line)) return std::nullopt;
  line.cpu = cpu->cpu;
  std::string_view rest = text.substr(cpu->end);
  std::string_view word = take_word(rest);
  if (!parse_time(word, line.time)) {
    line.flags = word;
    if (!parse_time(take_word(rest), line.time)) return std::nullopt;
  }
  rest = trimmed(rest);
  const std::size_t colon = rest.find(':');
  // The function tracer's own format has no name of the event: "callee <-caller".
  if (colon == std::string_view::npos ||
      rest.substr(0, colon).find(' ') != std::string_view::npos) {
    line.event = "function";
    line.text = rest;
    return line;
  }
  line.event = rest.substr(0, colon);
  line.text = trimmed(rest.substr(colon + 1));
  return line;
}

/// Lines that are no events, of those that do not look like one: comments, "cpus=4", "version = 7",
/// "CPU 1 is empty".
bool is_other_line(std::string_view line) {
  if (line.empty() || line.starts_with('#')) return true;
  for (const std::string_view start : {"cpus=", "version =", "CPU ", "CPU:"}) {
    if (line.starts_with(start)) return true;
  }
  return line.ends_with("buffer started ####") || line.starts_with("=>") ||
         line.starts_with("<stack trace");
}

/// "CPU:2 [LOST 17 EVENTS]" or "CPU:2 [EVENTS DROPPED]".
std::uint64_t lost_events(std::string_view line) {
  constexpr std::string_view lost = "[LOST ";
  const std::size_t at = line.find(lost);
  if (at == std::string_view::npos) {
    return line.find("[EVENTS DROPPED]") == std::string_view::npos ? 0 : 1;
  }
  std::string_view number = line.substr(at + lost.size());
  number = number.substr(0, number.find(' '));
  std::uint64_t count = 0;
  return to_number(number, count) ? count : 0;
}

/// Calls `use(line, offset)` for each line.
template <class Use>
void for_each_line(std::string_view text, Use use) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    use(trimmed(text.substr(at, end - at)), at);
    at = end + 1;
  }
}

class TextReader {
 public:
  explicit TextReader(fs::path path)
      : path_(std::move(path)), translator_([this](std::int32_t pid) { return comms_[pid]; }) {}

  TraceStore read(std::string_view text) {
    for_each_line(text, [this](std::string_view line, std::size_t at) { on_line(line, at); });
    if (!has_events_) throw TraceFormatError(path_.string(), text.size(), "an event");
    translator_.set_metadata("format", "ftrace text");
    return translator_.finish();
  }

 private:
  void on_line(std::string_view text, std::size_t at) {
    const std::optional<Line> line = parse_line(text);
    if (!line && is_other_line(text)) return translator_.add_lost_events(lost_events(text));
    if (!line) {
      throw TraceFormatError(path_.string(), at,
                             "a line of ftrace: COMM-PID [CPU] FLAGS TIME: EVENT: TEXT");
    }
    has_events_ = true;
    if (auto& comm = comms_[line->pid]; comm.empty()) comm = line->comm;
    translator_.add(record_of(*line));
  }

  kernel::Record record_of(const Line& line) {
    kernel::Record record;
    record.time = line.time;
    record.pid = line.pid;
    record.cpu = line.cpu;
    set_context(line.flags, record);
    const KnownEvent* row = kernel::find_known(line.event);
    if (row != nullptr && kernel::match_text(*row, line.text, record)) record.known = row->known;
    const bool is_reader =
        record.texts[0] == "__rcu_read_lock" || record.texts[0] == "__rcu_read_unlock";
    if (record.known == Known::other || (record.known == Known::function && !is_reader)) {
      words_.assign(line.event).append(": ").append(line.text);
      record.text_id = translator_.intern(words_);
    }
    return record;
  }

  /// "d.h1.": the third is the context, the fourth the depth.
  static void set_context(std::string_view flags, kernel::Record& record) {
    constexpr std::size_t context = 2, depth = 3;
    if (flags.size() <= depth) return;
    const char where = flags[context];
    record.in_hardirq = where == 'h' || where == 'H' || where == 'z' || where == 'Z';
    record.in_softirq = where == 's';
    const char digit = flags[depth];
    if (is_digit(digit)) record.preempt_depth = static_cast<std::uint8_t>(digit - '0');
    if (digit >= 'a' && digit <= 'f') {
      record.preempt_depth = static_cast<std::uint8_t>(digit - 'a' + 10);
    }
  }

  fs::path path_;
  std::unordered_map<std::int32_t, std::string> comms_;
  kernel::KernelTranslator translator_;
  std::string words_;
  bool has_events_ = false;
};

}  // namespace

bool is_ftrace_text(const fs::path& path) {
  if (!fs::is_regular_file(path)) return false;
  const std::string start = io::read_start(path, sniffed_bytes);
  if (start.find('\0') != std::string::npos) return false;
  if (start.starts_with("# tracer:")) return true;
  bool is_mine = false;
  for_each_line(start, [&is_mine](std::string_view line, std::size_t) {
    is_mine = is_mine || parse_line(line).has_value();
  });
  return is_mine;
}

TraceStore parse_ftrace_text(std::string_view text, const fs::path& path) {
  return TextReader(path).read(text);
}

TraceStore read_ftrace_text(const fs::path& path) {
  return parse_ftrace_text(io::read_file(path), path);
}

}  // namespace rcuscope
