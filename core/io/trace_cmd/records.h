// SPDX-License-Identifier: LGPL-2.1-or-later
// Records of a trace-cmd file in order of time: taken from the ring buffer's pages where these are
// of the common form, from libtracecmd one by one otherwise.
// Follows: Documentation/trace/ring-buffer-map.rst and the header_event of any tracefs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/time.h"
#include "io/trace_cmd/library.h"

namespace rcuscope::trace_cmd {

/// One record. Its bytes live until the next one of its CPU is taken.
struct RawRecord {
  Timestamp time = 0;
  const std::byte* data = nullptr;
  std::uint32_t size = 0;
  int cpu = 0;
};

/// libtracecmd makes an object of each record, which takes most of the time of reading. So it is
/// asked for the first record of each page only. Where that one is not what the page says by our
/// reading (a clock that it converts, another byte order, a page of another form), it is asked for
/// all records from there on.
class CpuRecords {
 public:
  /// `is_library_needed`: true for ids of events whose text depends on how far libtracecmd is.
  using NeedsLibrary = std::function<bool(std::uint16_t)>;
  CpuRecords(tracecmd_input* handle, int cpu, const NeedsLibrary& is_library_needed);
  CpuRecords(CpuRecords&& other) noexcept;
  CpuRecords& operator=(CpuRecords&&) = delete;
  ~CpuRecords() { hold(nullptr); }

  bool has_next() const { return next_ < records_.size(); }
  const RawRecord& next() const { return records_[next_]; }
  void advance() {
    if (++next_ == records_.size()) load();
  }
  /// Records that the kernel had no room for, before the next one; once. -1: it is not known how
  /// many.
  std::int64_t take_missed();

 private:
  void load();
  void hold(tep_record* record);
  void take_held();
  tep_record* first_of_next_page() const;
  bool can_read_pages() const;
  bool read_page();

  tracecmd_input* handle_;
  int cpu_;
  const NeedsLibrary* is_library_needed_;
  tep_record* held_ = nullptr;  ///< The library's record; keeps the page of ours in memory.
  bool is_by_page_ = false;
  std::uint64_t page_size_ = 0;
  std::uint64_t end_ = 0;  ///< Place in the file where this CPU's pages end.
  std::int64_t missed_count_ = 0;
  std::vector<RawRecord> records_;  ///< Of one page, or one.
  std::size_t next_ = 0;
};

/// Calls visit(record, missed) for the records of all CPUs of all buffers in order of time; of
/// equal times, the earlier CPU is first.
void for_each_record(const std::vector<tracecmd_input*>& handles,
                     const CpuRecords::NeedsLibrary& is_library_needed,
                     const std::function<void(const RawRecord&, std::int64_t missed)>& visit);

}  // namespace rcuscope::trace_cmd
