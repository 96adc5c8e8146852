// SPDX-License-Identifier: LGPL-2.1-or-later
// Records of a trace-cmd file, taken apart by a plan for each event id and handed to the
// translator.
#include "io/trace_cmd/dat_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "io/file.h"
#include "io/kernel_translator.h"
#include "io/trace_cmd/descriptions.h"
#include "io/trace_cmd/library.h"
#include "io/trace_cmd/printer.h"
#include "io/trace_cmd/records.h"
#include "trace/kernel_trace.h"

namespace rcuscope::trace_cmd {
namespace {

using kernel::Known;
using kernel::KnownEvent;

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

/// What is known about the content of one event of a kind that is kept as text.
struct Text {
  std::int32_t id = -1;
  std::string_view reader;  ///< "__rcu_read_lock" or "__rcu_read_unlock" where that was traced.
};

enum class TextKind : std::uint8_t { none, inside, symbol, constant };

/// How to take one event apart.
struct Plan {
  std::uint16_t type = 0;
  const EventFormat* format = nullptr;
  const KnownEvent* row = nullptr;
  std::array<const Field*, 2> numbers{};
  std::array<const Field*, 2> texts{};
  std::array<TextKind, 2> text_kinds{};
  std::optional<Printer> printer;  ///< None: libtraceevent prints it.
  /// Looked up among the recent texts, and found there.
  std::uint32_t sought_count = 0, found_count = 0;
  bool is_made = false;
};

/// Bits of common_flags, as the kernel has them.
constexpr unsigned flag_hardirq = 0x08;
constexpr unsigned flag_softirq = 0x10;
constexpr int preempt_mask = 0x0f;

/// What each event of Linux begins with; of the other byte order, the library takes it apart.
struct Common {
  std::uint16_t type = 0;
  std::uint8_t flags = 0;
  std::uint8_t preempt_count = 0;
  std::int32_t pid = 0;
};
static_assert(sizeof(Common) == 8);

/// Texts by the bytes that give them: a direct-mapped cache, for traced functions above all.
class RecentTexts {
 public:
  explicit RecentTexts(std::uintmax_t file_size) : bits_(file_size < large_file ? 12 : 14) {}

  static constexpr std::size_t longest = 24;

  struct Entry {
    std::array<std::uint64_t, 3> words{};
    std::uint32_t type_and_size = 0;  ///< Of the event; 0: unused.
    Text text;
  };

  /// Where such bytes stand, or would; null if they are too many.
  Entry* find(std::uint16_t type, std::string_view payload) {
    if (payload.size() > longest) return nullptr;
    wanted_.words = {};
    std::memcpy(wanted_.words.data(), payload.data(), payload.size());
    wanted_.type_and_size = type << 8 | static_cast<std::uint32_t>(payload.size() + 1);
    std::uint64_t hash = wanted_.type_and_size;
    for (const std::uint64_t word : wanted_.words) hash = (hash ^ word) * 0x9E3779B97F4A7C15;
    return &entries_[hash >> (64 - bits_)];
  }
  /// Of the bytes that were sought last.
  bool is_known(const Entry& entry) const {
    return entry.type_and_size == wanted_.type_and_size && entry.words == wanted_.words;
  }
  void keep(Entry& entry, Text text) const {
    entry = wanted_;
    entry.text = text;
  }

 private:
  static constexpr std::uintmax_t large_file = 4 << 20;
  int bits_;
  Entry wanted_;
  std::vector<Entry> entries_ = std::vector<Entry>(std::size_t{1} << bits_);
};

class Reader {
 public:
  Reader(tep_handle* tep, Descriptions& descriptions, kernel::KernelTranslator& translator,
         std::uintmax_t file_size, Printing printing)
      : tep_(tep), descriptions_(descriptions), translator_(translator), recent_(file_size) {
    trace_seq_init(&sequence_);
    const EventFormat* const any = descriptions.any_format();
    is_big_endian_ = tep_is_file_bigendian(tep) != 0;
    are_bytes_ours_ = any != nullptr && !is_big_endian_ &&
                      is_at(any, "common_type", offsetof(Common, type), 2) &&
                      is_at(any, "common_flags", offsetof(Common, flags), 1) &&
                      is_at(any, "common_preempt_count", offsetof(Common, preempt_count), 1) &&
                      is_at(any, "common_pid", offsetof(Common, pid), 4);
    prints_itself_ = printing == Printing::own && are_bytes_ours_ && tep_get_long_size(tep) == 8;
    names_.symbol = [this](std::uint64_t address) {
      const Symbol* const found = descriptions_.symbols().find(address);
      return found == nullptr ? nullptr : &found->name;
    };
    names_.string = [this](std::uint64_t address) { return descriptions_.string(address); };
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { trace_seq_destroy(&sequence_); }

  void on_record(const RawRecord& raw, std::int64_t missed_count) {
    // Where the kernel did not count them, it was one at least.
    if (missed_count != 0)
      translator_.add_lost_events(missed_count < 0 ? 1 : static_cast<std::uint64_t>(missed_count));
    if (raw.size < common_size_) return;
    const Common common = common_of(raw);
    if (common.type >= plans_.size()) plans_.resize(std::size_t{common.type} + 1);
    Plan& plan = plans_[common.type];
    if (!plan.is_made) plan = make_plan(common.type);
    kernel::Record record;
    record.time = raw.time;
    record.cpu = raw.cpu;
    record.pid = common.pid;
    record.in_hardirq = (common.flags & flag_hardirq) != 0;
    record.in_softirq = (common.flags & flag_softirq) != 0;
    record.preempt_depth = static_cast<std::uint8_t>(common.preempt_count & preempt_mask);
    fill(plan, raw, record);
    translator_.add(record);
  }

 private:
  static bool is_at(const EventFormat* event, std::string_view name, std::size_t offset,
                    std::size_t size) {
    const Field* field = event->find(name);
    return field != nullptr && field->offset == offset && field->size == size;
  }

  static tep_record as_library_has_it(const RawRecord& raw) {
    tep_record record{};
    record.ts = static_cast<unsigned long long>(raw.time);
    record.size = static_cast<int>(raw.size);
    record.data = const_cast<std::byte*>(raw.data);  // the library's type; it only reads
    record.cpu = raw.cpu;
    record.ref_count = 1;
    return record;
  }

  Common common_of(const RawRecord& raw) const {
    Common common;
    if (are_bytes_ours_) {
      std::memcpy(&common, raw.data, sizeof(common));
      return common;
    }
    tep_record record = as_library_has_it(raw);
    common.type = static_cast<std::uint16_t>(tep_data_type(tep_, &record));
    common.flags = static_cast<std::uint8_t>(tep_data_flags(tep_, &record));
    common.preempt_count = static_cast<std::uint8_t>(tep_data_preempt_count(tep_, &record));
    common.pid = tep_data_pid(tep_, &record);
    return common;
  }

  static std::string_view bytes_of(const RawRecord& raw) {
    return {reinterpret_cast<const char*>(raw.data), raw.size};
  }

  Plan make_plan(std::uint16_t type) {
    Plan plan;
    plan.is_made = true;
    plan.type = type;
    plan.format = descriptions_.format(type);
    if (plan.format == nullptr) return plan;
    // libtracecmd has code of its own for the others of that system.
    if (prints_itself_ && (plan.format->system != "ftrace" || plan.format->name == "function"))
      plan.printer = Printer::make(*plan.format);
    const KnownEvent* row = kernel::find_known(plan.format->name);
    if (row == nullptr) return plan;
    const auto find = [&](std::string_view name) -> const Field* {
      return name.empty() ? nullptr : plan.format->find(name);
    };
    for (std::size_t i = 0; i < 2; ++i) {
      plan.numbers[i] = find(row->numbers[i]);
      plan.texts[i] = find(row->texts[i]);
      // An event of that name with other fields is another event.
      if (plan.numbers[i] == nullptr && !row->numbers[i].empty()) return plan;
      if (plan.texts[i] == nullptr && !row->texts[i].empty()) return plan;
      plan.text_kinds[i] = kind_of(plan.texts[i]);
    }
    plan.row = row;
    return plan;
  }

  static TextKind kind_of(const Field* field) {
    if (field == nullptr) return TextKind::none;
    if (field->name == "func" || field->name == "ip") return TextKind::symbol;
    const bool is_array = field->count > 0 || field->is_dynamic;
    return field->is_pointer && !is_array ? TextKind::constant : TextKind::inside;
  }

  void fill(Plan& plan, const RawRecord& raw, kernel::Record& record) {
    if (plan.row == nullptr || plan.row->known == Known::function) {
      const Text text = text_of(plan, raw);
      record.text_id = text.id;
      record.texts[0] = text.reader;
      record.known = plan.row == nullptr ? Known::other : Known::function;
      return;
    }
    record.known = plan.row->known;
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan.numbers[i] != nullptr) record.numbers[i] = number(plan.numbers[i], raw);
    }
    for (std::size_t i = 0; i < 2; ++i) record.texts[i] = text_field(plan, i, raw);
  }

  std::int64_t number(const Field* field, const RawRecord& raw) const {
    return trace_cmd::number(*field, bytes_of(raw), is_big_endian_);
  }

  std::string_view text_field(const Plan& plan, std::size_t i, const RawRecord& raw) {
    switch (plan.text_kinds[i]) {
      case TextKind::inside:
        return trace_cmd::inside(*plan.texts[i], bytes_of(raw), is_big_endian_);
      case TextKind::symbol:
        return symbol(number(plan.texts[i], raw));
      case TextKind::constant:
        return constant(plan, i, raw);
      case TextKind::none:
        break;
    }
    return {};
  }

  std::string_view symbol(std::int64_t address) {
    const Symbol* const found = descriptions_.symbols().find(static_cast<std::uint64_t>(address));
    return found == nullptr ? std::string_view("?") : found->name;
  }

  /// Appends to `out`.
  void print(const Plan& plan, const RawRecord& raw, Line& out) {
    const std::size_t before = out.size();
    if (plan.printer && plan.printer->print(bytes_of(raw), names_, out)) return;
    out.cut(before);
    descriptions_.prepare_printing(tep_, plan.type);
    tep_record record = as_library_has_it(raw);
    trace_seq_reset(&sequence_);
    tep_print_event(tep_, &sequence_, &record, "%s", TEP_PRINT_INFO);
    descriptions_.check_printed();
    trace_seq_terminate(&sequence_);
    out.append({sequence_.buffer, strnlen(sequence_.buffer, sequence_.buffer_size)});
  }

  std::string_view constant(const Plan& plan, std::size_t i, const RawRecord& raw) {
    const std::int64_t address = number(plan.texts[i], raw);
    const auto [entry, is_new] = constants_.try_emplace(address);
    if (!is_new) return entry->second;
    if (const std::string* known = descriptions_.string(static_cast<std::uint64_t>(address))) {
      entry->second = *known;
    } else {
      kernel::Record printed;
      words_.cut(0);
      print(plan, raw, words_);
      if (kernel::match_text(*plan.row, words_.text(), printed)) entry->second = printed.texts[i];
    }
    return entry->second;
  }

  /// The same bytes are the same text: most events repeat, and printing takes a microsecond.
  Text text_of(Plan& plan, const RawRecord& raw) {
    const std::string_view payload = bytes_of(raw).substr(common_size_);
    if (plan.printer && rarely_repeats(plan)) return make_text(plan, raw);
    RecentTexts::Entry* const recent = recent_.find(plan.type, payload);
    ++plan.sought_count;
    if (recent != nullptr && recent_.is_known(*recent)) {
      ++plan.found_count;
      return recent->text;
    }
    const Text text = text_of_rare(plan, raw, payload);
    if (recent != nullptr) recent_.keep(*recent, text);
    return text;
  }

  /// Then looking its bytes up, and keeping them, takes longer than it saves.
  static bool rarely_repeats(const Plan& plan) {
    constexpr std::uint32_t enough = 64;
    return plan.sought_count >= enough && plan.found_count < plan.sought_count / 2;
  }

  Text text_of_rare(const Plan& plan, const RawRecord& raw, std::string_view payload) {
    // Printing by ourselves takes no longer than to look the bytes up.
    if (plan.printer) return make_text(plan, raw);
    key_.assign(reinterpret_cast<const char*>(&plan.type), sizeof(plan.type));
    key_ += payload;
    const auto found = texts_.find(std::string_view(key_));
    if (found != texts_.end()) return found->second;
    return texts_.emplace(key_, make_text(plan, raw)).first->second;
  }

  Text make_text(const Plan& plan, const RawRecord& raw) {
    Text text;
    const bool is_function = plan.row != nullptr && plan.row->known == Known::function;
    if (is_function) {
      const std::string_view name = symbol(number(plan.texts[0], raw));
      for (const std::string_view reader : {"__rcu_read_lock", "__rcu_read_unlock"})
        if (name == reader) text.reader = reader;
    }
    words_.cut(0);
    words_.append(plan.format == nullptr ? "unknown event" : plan.format->name);
    words_.append(": ");
    print(plan, raw, words_);
    std::string_view words = words_.text();
    while (words.ends_with('\n') || words.ends_with(' ')) words.remove_suffix(1);
    text.id = translator_.intern(words);
    return text;
  }

  static constexpr std::size_t common_size_ = sizeof(Common);

  tep_handle* tep_;
  Descriptions& descriptions_;
  kernel::KernelTranslator& translator_;
  std::vector<Plan> plans_;  ///< By event id.
  trace_seq sequence_{};
  Names names_;
  bool prints_itself_ = false;
  std::string key_;
  Line words_;
  bool is_big_endian_ = false, are_bytes_ours_ = false;
  RecentTexts recent_;
  std::unordered_map<std::string, Text, Hash, std::equal_to<>> texts_;
  std::unordered_map<std::int64_t, std::string> constants_;
};

/// libtracecmd's handle, with the descriptor that tells how far it came.
class Input {
 public:
  explicit Input(const std::string& path) : path_(path) {
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) io::throw_system_error(errno, "cannot open " + path);
    // The library closes its own, and both share their position.
    const int given = dup(descriptor_);
    Descriptions::get().symbols().set_file(descriptor_);
    constexpr int no_plugins = TRACECMD_FL_LOAD_NO_PLUGINS | TRACECMD_FL_LOAD_NO_SYSTEM_PLUGINS;
    handle_ = tracecmd_open_fd(given, no_plugins);
    if (handle_ == nullptr) fail("a trace-cmd file that libtracecmd can open");
  }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  // The process ends now: closing a damaged file again is only a risk.
  ~Input() { close(descriptor_); }

  tracecmd_input* get() const { return handle_; }

  [[noreturn]] void fail(const std::string& expected) const {
    const off_t at = lseek(descriptor_, 0, SEEK_CUR);
    throw TraceFormatError(path_, at < 0 ? 0 : static_cast<std::uint64_t>(at), expected);
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  tracecmd_input* handle_ = nullptr;
};

std::uintmax_t size_of(const std::string& path) {
  std::error_code ignored;  // it is only about speed
  const std::uintmax_t size = std::filesystem::file_size(path, ignored);
  return ignored ? 0 : size;
}

/// A generous guess: room that is not used costs nothing. Small files are mostly descriptions;
/// there a guess for pages of events would put large pages of memory between the events and their
/// texts.
std::size_t event_count_guess(std::uintmax_t file_size) {
  constexpr std::uintmax_t small_file = 1 << 20;
  constexpr std::size_t bytes_per_event = 16;
  const std::size_t compression = file_size < small_file ? 1 : 10;
  return static_cast<std::size_t>(file_size) * compression / bytes_per_event;
}

/// Clocks that count something else than nanoseconds. The library itself converts what has a
/// frequency in the file.
void note_clock(tracecmd_input* handle, TraceNames& names) {
  const char* clock =
      tracecmd_get_trace_clock != nullptr ? tracecmd_get_trace_clock(handle) : nullptr;
  const std::string_view name = clock == nullptr ? "" : clock;
  if (name != "x86-tsc" && name != "ppc-tb" && name != "counter") return;
  names.metadata[kernel::tick_clock] = name;
  names.metadata["not_recorded"].append(kernel::no_seconds).append("\n");
}

}  // namespace

kernel::KernelTranslator::Records read(const std::string& path, Printing printing) {
  tracecmd_set_loglevel(TEP_LOG_NONE);
  const Input input(path);
  tep_handle* tep = tracecmd_get_tep(input.get());
  if (tep == nullptr) input.fail("descriptions of the kernel's events");
  kernel::KernelTranslator translator([tep](std::int32_t pid) {
    const char* comm = tep_data_comm_from_pid(tep, pid);
    return std::string(comm == nullptr ? "?" : comm);
  });
  const std::uintmax_t file_size = size_of(path);
  translator.reserve(event_count_guess(file_size));
  Descriptions& descriptions = Descriptions::get();
  translator.set_available(descriptions.event_names());
  translator.set_metadata("format", "trace-cmd");
  Reader reader(tep, descriptions, translator, file_size, printing);
  std::vector<tracecmd_input*> handles = {input.get()};
  for (int i = 0; i < tracecmd_buffer_instances(input.get()); ++i) {
    tracecmd_input* instance = tracecmd_buffer_instance_handle(input.get(), i);
    if (instance != nullptr) handles.push_back(instance);
  }
  // Its text, a call with or without its return, depends on the record after it.
  const int function_graph = descriptions.id_of("funcgraph_entry");
  for_each_record(
      handles, [function_graph](std::uint16_t id) { return id == function_graph; },
      [&reader](const RawRecord& record, std::int64_t missed_count) {
        reader.on_record(record, missed_count);
      });
  kernel::KernelTranslator::Records records = translator.take_records();
  note_clock(input.get(), records.names);
  return records;
}

}  // namespace rcuscope::trace_cmd
