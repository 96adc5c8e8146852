// SPDX-License-Identifier: LGPL-2.1-or-later
// Records of libtracecmd, taken apart by a plan for each event id and handed to the translator.
// Pointers to constant strings (the phases of grace periods) are resolved by printing an event once
// for each value, since libtraceevent has no call for it.
#include "io/trace_cmd/dat_reader.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

// tracefs.h of libtracefs 1.6 is no C++, and of trace-cmd.h nothing that we use needs it.
#define _TRACE_FS_H
#include <trace-cmd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "io/file.h"
#include "io/kernel_translator.h"

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
  bool is_reader = false;  ///< A traced __rcu_read_lock or __rcu_read_unlock.
};

enum class TextKind : std::uint8_t { none, inside, symbol, constant };

/// How to take one event apart.
struct Plan {
  tep_event* event = nullptr;
  const KnownEvent* row = nullptr;
  std::array<tep_format_field*, 2> numbers{};
  std::array<tep_format_field*, 2> texts{};
  std::array<TextKind, 2> text_kinds{};
  bool is_made = false;
};

/// Bits of common_flags, as the kernel has them.
constexpr unsigned flag_hardirq = 0x08;
constexpr unsigned flag_softirq = 0x10;
constexpr int preempt_mask = 0x0f;

class Reader {
 public:
  Reader(tep_handle* tep, kernel::KernelTranslator& translator)
      : tep_(tep), translator_(translator), plans_(std::size_t{1} << 16) {
    trace_seq_init(&sequence_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { trace_seq_destroy(&sequence_); }

  void on_record(tep_record* data, int cpu) {
    if (data->missed_events > 0) {
      translator_.add_lost_events(static_cast<std::uint64_t>(data->missed_events));
    }
    if (data->size < 0 || static_cast<std::size_t>(data->size) < common_size_) return;
    const int type = tep_data_type(tep_, data);
    if (type < 0 || type >= static_cast<int>(plans_.size())) return;
    Plan& plan = plans_[static_cast<std::size_t>(type)];
    if (!plan.is_made) plan = make_plan(type);
    kernel::Record record;
    record.time = static_cast<Timestamp>(data->ts);
    record.cpu = cpu;
    record.pid = tep_data_pid(tep_, data);
    const auto flags = static_cast<unsigned>(tep_data_flags(tep_, data));
    record.in_hardirq = (flags & flag_hardirq) != 0;
    record.in_softirq = (flags & flag_softirq) != 0;
    record.preempt_depth =
        static_cast<std::uint8_t>(tep_data_preempt_count(tep_, data) & preempt_mask);
    fill(plan, data, record);
    translator_.add(record);
  }

 private:
  static std::string_view bytes_of(const tep_record* data) {
    return {static_cast<const char*>(data->data), static_cast<std::size_t>(data->size)};
  }

  Plan make_plan(int type) const {
    Plan plan;
    plan.is_made = true;
    plan.event = tep_find_event(tep_, type);
    if (plan.event == nullptr) return plan;
    const KnownEvent* row = kernel::find_known(plan.event->name);
    if (row == nullptr) return plan;
    const auto find = [&](std::string_view name) -> tep_format_field* {
      return name.empty() ? nullptr : tep_find_field(plan.event, std::string(name).c_str());
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

  static TextKind kind_of(const tep_format_field* field) {
    if (field == nullptr) return TextKind::none;
    const std::string_view name = field->name;
    if (name == "func" || name == "ip") return TextKind::symbol;
    const bool is_pointer = (field->flags & TEP_FIELD_IS_POINTER) != 0;
    const bool is_array = (field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC)) != 0;
    return is_pointer && !is_array ? TextKind::constant : TextKind::inside;
  }

  void fill(const Plan& plan, tep_record* data, kernel::Record& record) {
    if (plan.row == nullptr || plan.row->known == Known::function) {
      const Text text = text_of(plan, data);
      record.text_id = text.id;
      if (text.is_reader) {
        record.known = Known::function;
        record.texts[0] = symbol(number(plan.texts[0], data));
      } else {
        record.known = plan.row == nullptr ? Known::other : Known::function;
      }
      return;
    }
    record.known = plan.row->known;
    for (std::size_t i = 0; i < 2; ++i) {
      if (plan.numbers[i] != nullptr) record.numbers[i] = number(plan.numbers[i], data);
    }
    for (std::size_t i = 0; i < 2; ++i) record.texts[i] = text_field(plan, i, data);
  }

  std::int64_t number(tep_format_field* field, const tep_record* data) const {
    if (field->offset < 0 || field->size < 0 || field->offset + field->size > data->size) return 0;
    unsigned long long value = 0;
    if (tep_read_number_field(field, data->data, &value) != 0) return 0;
    if (field->size == 4 && (field->flags & TEP_FIELD_IS_SIGNED) != 0) {
      return static_cast<std::int32_t>(value);
    }
    return static_cast<std::int64_t>(value);
  }

  std::string_view text_field(const Plan& plan, std::size_t i, tep_record* data) {
    switch (plan.text_kinds[i]) {
      case TextKind::inside:
        return inside(plan.texts[i], data);
      case TextKind::symbol:
        return symbol(number(plan.texts[i], data));
      case TextKind::constant:
        return constant(plan, i, data);
      case TextKind::none:
        break;
    }
    return {};
  }

  /// A string in the record: at a fixed place, or where a word of offset and length says.
  static std::string_view inside(const tep_format_field* field, const tep_record* data) {
    const std::string_view bytes = bytes_of(data);
    auto at = static_cast<std::size_t>(field->offset);
    auto length = static_cast<std::size_t>(field->size);
    if ((field->flags & TEP_FIELD_IS_DYNAMIC) != 0) {
      std::uint32_t place = 0;
      if (at + sizeof(place) > bytes.size()) return {};
      std::memcpy(&place, bytes.data() + at, sizeof(place));
      at = place & 0xffff;
      length = place >> 16;
      if ((field->flags & TEP_FIELD_IS_RELATIVE) != 0) {
        at += static_cast<std::size_t>(field->offset + field->size);
      }
    }
    if (at > bytes.size()) return {};
    const std::string_view text = bytes.substr(at, length);
    return text.substr(0, text.find('\0'));
  }

  std::string_view symbol(std::int64_t address) {
    const auto [entry, is_new] = symbols_.try_emplace(address);
    if (is_new) {
      const char* name = tep_find_function(tep_, static_cast<unsigned long long>(address));
      entry->second = name == nullptr ? "?" : name;
    }
    return entry->second;
  }

  std::string_view print(tep_record* data) {
    trace_seq_reset(&sequence_);
    tep_print_event(tep_, &sequence_, data, "%s", TEP_PRINT_INFO);
    trace_seq_terminate(&sequence_);
    return {sequence_.buffer, strnlen(sequence_.buffer, sequence_.buffer_size)};
  }

  std::string_view constant(const Plan& plan, std::size_t i, tep_record* data) {
    const std::int64_t address = number(plan.texts[i], data);
    const auto [entry, is_new] = constants_.try_emplace(address);
    if (is_new) {
      kernel::Record printed;
      if (kernel::match_text(*plan.row, print(data), printed)) entry->second = printed.texts[i];
    }
    return entry->second;
  }

  /// The same bytes are the same text: most events repeat, and printing takes a microsecond.
  Text text_of(const Plan& plan, tep_record* data) {
    std::string_view payload = bytes_of(data).substr(common_size_);
    key_.assign(reinterpret_cast<const char*>(&plan.event), sizeof(plan.event));
    key_ += payload;
    const auto found = texts_.find(std::string_view(key_));
    if (found != texts_.end()) return found->second;
    Text text;
    const bool is_function = plan.row != nullptr && plan.row->known == Known::function;
    if (is_function) {
      const std::string_view name = symbol(number(plan.texts[0], data));
      text.is_reader = name == "__rcu_read_lock" || name == "__rcu_read_unlock";
    }
    std::string words = plan.event == nullptr ? "unknown event" : plan.event->name;
    words.append(": ").append(print(data));
    while (words.ends_with('\n') || words.ends_with(' ')) words.pop_back();
    text.id = translator_.intern(words);
    texts_.emplace(key_, text);
    return text;
  }

  static constexpr std::size_t common_size_ = 8;  ///< Type, flags, preemption count and pid.

  tep_handle* tep_;
  kernel::KernelTranslator& translator_;
  std::vector<Plan> plans_;  ///< By event id.
  trace_seq sequence_{};
  std::string key_;
  std::unordered_map<std::string, Text, Hash, std::equal_to<>> texts_;
  std::unordered_map<std::int64_t, std::string> symbols_, constants_;
};

/// libtracecmd's handle, with the descriptor that tells how far it came.
class Input {
 public:
  explicit Input(const std::string& path) : path_(path) {
    descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor_ < 0) io::throw_system_error(errno, "cannot open " + path);
    // The library closes its own, and both share their position.
    const int given = dup(descriptor_);
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

std::set<std::string> event_names(tep_handle* tep) {
  std::set<std::string> names;
  const int count = tep_get_events_count(tep);
  for (int i = 0; i < count; ++i) {
    const tep_event* event = tep_get_event(tep, i);
    if (event != nullptr && event->name != nullptr) names.emplace(event->name);
  }
  return names;
}

int on_record(tracecmd_input*, tep_record* record, int cpu, void* reader) {
  static_cast<Reader*>(reader)->on_record(record, cpu);
  return 0;
}

}  // namespace

TraceStore read(const std::string& path) {
  tracecmd_set_loglevel(TEP_LOG_NONE);
  const Input input(path);
  tep_handle* tep = tracecmd_get_tep(input.get());
  if (tep == nullptr) input.fail("descriptions of the kernel's events");
  kernel::KernelTranslator translator([tep](std::int32_t pid) {
    const char* comm = tep_data_comm_from_pid(tep, pid);
    return std::string(comm == nullptr ? "?" : comm);
  });
  translator.set_available(event_names(tep));
  translator.set_metadata("format", "trace-cmd");
  Reader reader(tep, translator);
  std::vector<tracecmd_input*> handles = {input.get()};
  for (int i = 0; i < tracecmd_buffer_instances(input.get()); ++i) {
    tracecmd_input* instance = tracecmd_buffer_instance_handle(input.get(), i);
    if (instance != nullptr) handles.push_back(instance);
  }
  const int failed = tracecmd_iterate_events_multi(handles.data(), static_cast<int>(handles.size()),
                                                   &on_record, &reader);
  if (failed != 0) input.fail("records of a CPU");
  return translator.finish();
}

}  // namespace rcuscope::trace_cmd
