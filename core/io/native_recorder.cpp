// SPDX-License-Identifier: LGPL-2.1-or-later
// The events file only grows, by one write for each packet. The definitions are replaced as a
// whole, before the events that refer to new ones.
#include "io/native_recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

class NativeRecorder final : public EventSink {
 public:
  NativeRecorder(fs::path directory, Clock clock)
      : directory_(std::move(directory)), clock_(clock) {
    if (fs::exists(fs::symlink_status(directory_)))
      throw UsageError("'" + directory_.string() + "' exists; expected a new path for a recording");
    fs::create_directory(directory_);
    const ctf::Files files = encode_names({});
    uuid_ = ctf::uuid_of(files.definitions);
    replace(ctf::definitions_name, files.definitions);
    const fs::path events = directory_ / ctf::events_name;
    events_ = open(events.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (events_ < 0) io::throw_system_error(errno, "cannot create " + events.string());
    replace(ctf::metadata_name, files.metadata);  // the last: from now on it is a native trace
  }
  ~NativeRecorder() override { close(events_); }
  NativeRecorder(const NativeRecorder&) = delete;
  NativeRecorder& operator=(const NativeRecorder&) = delete;

  void write(const EventBatch& batch) override {
    if (batch.names) {
      ctf::Files files = encode_names(*batch.names);
      ctf::write_uuid(files.definitions, uuid_);
      replace(ctf::definitions_name, files.definitions);
    }
    for (std::size_t first = 0; first < batch.events.size(); first += ctf::events_per_packet) {
      const std::size_t count = std::min(ctf::events_per_packet, batch.events.size() - first);
      write_packet({batch.events.data() + first, count}, batch.events_lost_count);
    }
  }

 private:
  ctf::Files encode_names(TraceNames names) const {
    names.metadata[ctf::unfinished_key] = "yes";
    return ctf::encode(TraceStore(clock_, {}, std::move(names), 0));
  }

  /// A reader, and a process that is killed, sees the old content or the new one.
  void replace(const char* name, const std::string& content) {
    const fs::path fresh = directory_ / (std::string(".") + name);
    io::write_file(fresh, content);
    fs::rename(fresh, directory_ / name);
  }

  void write_packet(std::span<const Event> events, std::uint64_t lost) {
    const std::string packet = ctf::encode_packet(events, lost, uuid_);
    for (std::size_t at = 0; at < packet.size();) {
      const ssize_t written = ::write(events_, packet.data() + at, packet.size() - at);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0)
        io::throw_system_error(errno, "cannot write " + (directory_ / ctf::events_name).string());
      at += static_cast<std::size_t>(written);
    }
  }

  const fs::path directory_;
  const Clock clock_;
  ctf::Uuid uuid_{};
  int events_ = -1;
};

}  // namespace

std::shared_ptr<EventSink> record_native(const fs::path& path, Clock clock) {
  return std::make_shared<NativeRecorder>(path, clock);
}

}  // namespace rcuscope
