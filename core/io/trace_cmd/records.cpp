// SPDX-License-Identifier: LGPL-2.1-or-later
// Pages of the kernel's ring buffer. A page: a time stamp of 8 bytes, a word with the size of what
// follows, then events: 5 bits of type or length and 27 bits of time since the event before.
#include "io/trace_cmd/records.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace rcuscope::trace_cmd {
namespace {

constexpr std::uint64_t page_header_size = 16;
constexpr std::uint64_t commit_mask = (std::uint64_t{1} << 27) - 1;
/// A record begins with its event's id.
constexpr std::uint64_t smallest_record = sizeof(std::uint16_t);

/// Types of events in a page; 0 is a record with its length in a word, less is one by length.
constexpr std::uint32_t type_mask = 31, padding = 29, time_extend = 30, time_stamp = 31;
constexpr int type_bits = 5, delta_bits = 27;

template <class T>
T word_at(const std::byte* place) {
  T word;
  std::memcpy(&word, place, sizeof(word));
  return word;
}

}  // namespace

CpuRecords::CpuRecords(tracecmd_input* handle, int cpu, const NeedsLibrary& is_library_needed)
    : handle_(handle), cpu_(cpu), is_library_needed_(&is_library_needed) {
  hold(tracecmd_read_cpu_first(handle, cpu));
  if (held_ == nullptr) return;
  is_by_page_ = can_read_pages();
  if (is_by_page_) {
    page_size_ = static_cast<std::uint64_t>(tracecmd_page_size(handle));
    const std::uint64_t first_page = held_->offset & ~(page_size_ - 1);
    end_ = first_page + static_cast<std::uint64_t>(tracecmd_get_cpu_file_size(handle, cpu));
    is_by_page_ = read_page();
  }
  if (!is_by_page_) take_held();
}

CpuRecords::CpuRecords(CpuRecords&& other) noexcept
    : handle_(other.handle_),
      cpu_(other.cpu_),
      is_library_needed_(other.is_library_needed_),
      held_(std::exchange(other.held_, nullptr)),
      is_by_page_(other.is_by_page_),
      page_size_(other.page_size_),
      end_(other.end_),
      missed_count_(other.missed_count_),
      records_(std::move(other.records_)),
      next_(other.next_) {}

std::int64_t CpuRecords::take_missed() { return std::exchange(missed_count_, 0); }

void CpuRecords::hold(tep_record* record) {
  // A page that nobody holds is freed with its chunk, which the library looks for among all: that
  // takes longer than to read it. So pages stay, at the memory of the file without compression.
  if (!is_by_page_) tracecmd_free_record(held_);
  held_ = record;
  if (record != nullptr) missed_count_ = record->missed_events;
}

void CpuRecords::load() {
  records_.clear();
  next_ = 0;
  const std::uint64_t previous = held_->offset;
  hold(is_by_page_ ? first_of_next_page() : tracecmd_read_data(handle_, cpu_));
  if (held_ == nullptr) return;
  // On a damaged page the library may read the same record for ever.
  if (held_->offset <= previous)
    throw TraceFormatError("", held_->offset, "a record that lies behind the one before it");
  if (is_by_page_) is_by_page_ = read_page();
  if (!is_by_page_) take_held();
}

/// The library believes what a damaged page says of a record's length.
void CpuRecords::take_held() {
  const auto size = static_cast<std::uint32_t>(std::max(held_->size, 0));
  const auto* const data = static_cast<const std::byte*>(held_->data);
  if (tracecmd_record_page != nullptr && tracecmd_page_size != nullptr) {
    const auto* const page = static_cast<const std::byte*>(tracecmd_record_page(handle_, held_));
    const auto page_size = static_cast<std::uint32_t>(tracecmd_page_size(handle_));
    if (page == nullptr || data < page || data + size > page + page_size)
      throw TraceFormatError("", held_->offset, "a record that ends within its page");
  }
  records_.assign(1, {static_cast<Timestamp>(held_->ts), data, size, cpu_});
}

/// Null at the end: beyond it are another CPU's pages.
tep_record* CpuRecords::first_of_next_page() const {
  const std::uint64_t page = (held_->offset & ~(page_size_ - 1)) + page_size_;
  if (page + page_header_size >= end_) return nullptr;
  int cpu = -1;
  tep_record* const record = tracecmd_read_at(handle_, page + page_header_size, &cpu);
  if (record == nullptr || (cpu == cpu_ && record->offset >= page)) return record;
  tracecmd_free_record(record);
  return nullptr;
}

bool CpuRecords::can_read_pages() const {
  if (tracecmd_record_page == nullptr || tracecmd_page_size == nullptr ||
      tracecmd_get_cpu_file_size == nullptr) {
    return false;
  }
  tep_handle* const tep = tracecmd_get_tep(handle_);
  const int page_size = tracecmd_page_size(handle_);
  return tep_is_file_bigendian(tep) == tep_is_local_bigendian(tep) &&
         tep_get_header_page_size(tep) == 8 && tep_is_old_format(tep) == 0 && page_size >= 4096 &&
         (page_size & (page_size - 1)) == 0;
}

/// Return: false if the page is not as expected; then records_ is of no use.
bool CpuRecords::read_page() {
  const auto* const page = static_cast<const std::byte*>(tracecmd_record_page(handle_, held_));
  if (page == nullptr) return false;
  auto time = word_at<std::uint64_t>(page);
  const std::uint64_t end =
      page_header_size + (word_at<std::uint64_t>(page + sizeof(time)) & commit_mask);
  if (end > page_size_) return false;
  records_.clear();
  for (std::uint64_t at = page_header_size; at + 4 <= end;) {
    const auto head = word_at<std::uint32_t>(page + at);
    const std::uint32_t type = head & type_mask, delta = head >> type_bits;
    const bool has_word = type == 0 || type > 28;
    if (has_word && at + 8 > end) return false;
    const std::uint32_t word = has_word ? word_at<std::uint32_t>(page + at + 4) : 0;
    const std::uint64_t long_delta = (std::uint64_t{word} << delta_bits) + delta;
    if (type == time_stamp) {
      if (time >> (delta_bits + 32) != 0) return false;  // the highest bits come from elsewhere
      time = long_delta;
      at += 8;
    } else if (type == time_extend) {
      time += long_delta;
      at += 8;
    } else if (type == padding) {
      if (delta == 0) break;  // nothing follows
      time += delta;
      at += 4 + std::uint64_t{word};
    } else {
      time += delta;
      const std::uint64_t begin = has_word ? at + 8 : at + 4;
      if (has_word && (word < 4 || word % 4 != 0)) return false;
      const std::uint64_t size = has_word ? word - 4 : type * 4;
      if (begin + size > end || size < smallest_record) return false;
      if ((*is_library_needed_)(word_at<std::uint16_t>(page + begin))) return false;
      records_.push_back(
          {static_cast<Timestamp>(time), page + begin, static_cast<std::uint32_t>(size), cpu_});
      at = begin + size;
    }
  }
  // The library has read the first one in its own way.
  return !records_.empty() && static_cast<std::uint64_t>(records_[0].time) == held_->ts &&
         records_[0].data == held_->data && static_cast<int>(records_[0].size) == held_->size;
}

namespace {

struct Source {
  CpuRecords records;
  std::size_t number;  ///< Decides between equal times.
};

bool comes_later(const Source* a, const Source* b) {
  const Timestamp first = a->records.next().time, second = b->records.next().time;
  return first != second ? first > second : a->number > b->number;
}

int cpu_count(tracecmd_input* handle) {
  return tracecmd_cpus != nullptr ? tracecmd_cpus(handle) : tep_get_cpus(tracecmd_get_tep(handle));
}

std::vector<Source> sources_of(const std::vector<tracecmd_input*>& handles,
                               const CpuRecords::NeedsLibrary& is_library_needed) {
  std::vector<Source> sources;
  for (tracecmd_input* handle : handles) {
    for (int cpu = 0; cpu < cpu_count(handle); ++cpu) {
      CpuRecords records(handle, cpu, is_library_needed);
      if (records.has_next()) sources.push_back({std::move(records), sources.size()});
    }
  }
  return sources;
}

}  // namespace

void for_each_record(const std::vector<tracecmd_input*>& handles,
                     const CpuRecords::NeedsLibrary& is_library_needed,
                     const std::function<void(const RawRecord&, std::int64_t missed)>& visit) {
  std::vector<Source> sources = sources_of(handles, is_library_needed);
  std::vector<Source*> heap;  // the earliest first
  for (Source& source : sources) heap.push_back(&source);
  std::make_heap(heap.begin(), heap.end(), &comes_later);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), &comes_later);
    Source* const source = heap.back();
    // Records of one CPU come in runs: while it is the earliest, the others can wait.
    do {
      const std::int64_t missed = source->records.take_missed();
      visit(source->records.next(), missed);
      source->records.advance();
    } while (source->records.has_next() &&
             (heap.size() == 1 || !comes_later(source, heap.front())));
    if (source->records.has_next()) {
      std::push_heap(heap.begin(), heap.end(), &comes_later);
    } else {
      heap.pop_back();
    }
  }
}

}  // namespace rcuscope::trace_cmd
