// SPDX-License-Identifier: LGPL-2.1-or-later
// Packets are whole or not there yet, since each is one write. Packets of different threads overlap
// a little in time, so the youngest events wait.
#include "io/native_follower.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/error.h"
#include "io/ctf.h"
#include "io/file.h"

namespace rcuscope {
namespace {

namespace fs = std::filesystem;

/// After so many polls without news nothing is held back any more.
constexpr int idle_poll_count_max = 10;

std::string read_bytes(const fs::path& path, std::size_t offset, std::size_t size) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
  return bytes;
}

void append(TraceColumns& columns, const Event& event) {
  columns.time.push_back(event.time);
  columns.kind.push_back(static_cast<std::uint16_t>(event.kind));
  columns.flags.push_back(event.flags);
  columns.actor.push_back(event.actor == ctf::no_actor ? -1 : event.actor);
  columns.cpu.push_back(event.cpu);
  columns.value.push_back(event.value);
  columns.object.push_back(event.object.value);
  columns.grace_period.push_back(event.grace_period.value);
}

}  // namespace

NativeFollower::NativeFollower(fs::path directory) : directory_(std::move(directory)) {
  const fs::path metadata = directory_ / ctf::metadata_name;
  const std::string text = io::read_file(metadata);
  if (!text.starts_with(ctf::signature)) {
    throw TraceFormatError(metadata.string(), 0, "the metadata of a native trace to follow");
  }
  kinds_ = ctf::declared_kinds(text);
}

ArrivedEvents NativeFollower::poll(std::size_t event_count_max) {
  ArrivedEvents out;
  const std::size_t waiting_count = waiting_.size();
  // Names come no later than the events that use them: read after the events' size was taken.
  read_packets(event_count_max);
  read_names(out);
  if (is_late_) {
    hold_back_ *= 4;
    offset_ = 0;
    waiting_.clear();
    newest_ = released_ = 0;
    is_late_ = false;
    definitions_size_ = 0;
    out.starts_anew = true;
    return out;
  }
  idle_poll_count_ = waiting_.size() > waiting_count ? 0 : idle_poll_count_ + 1;
  const bool is_idle = idle_poll_count_ >= idle_poll_count_max;
  release(out, is_idle ? newest_ : newest_ - hold_back_);
  out.events_lost_count = lost_count_;
  return out;
}

void NativeFollower::read_names(ArrivedEvents& out) {
  const fs::path path = directory_ / ctf::definitions_name;
  const auto time = fs::last_write_time(path);
  const auto size = fs::file_size(path);
  if (time == definitions_time_ && size == definitions_size_) return;
  const ctf::Files files{io::read_file(directory_ / ctf::metadata_name), "", io::read_file(path)};
  const TraceStore store = ctf::decode(files, directory_, ctf::Reading::recover);
  definitions_time_ = time;
  definitions_size_ = size;
  TraceNames names = store.names();
  const auto recovered = names.metadata.find("recovered");
  // Decoding takes the mark of a recording away and says so.
  const bool goes_on =
      recovered != names.metadata.end() && recovered->second.find("recording") != std::string::npos;
  out.is_finished = !goes_on;
  names.metadata.erase("recovered");
  actor_count_ = names.actors.size();
  object_count_ = names.objects.size();
  out.names = std::move(names);
}

void NativeFollower::read_packets(std::size_t event_count_max) {
  const std::size_t limit = waiting_.size() + event_count_max;
  while (waiting_.size() < limit && read_packet()) {
  }
}

bool NativeFollower::read_packet() {
  const fs::path path = directory_ / ctf::events_name;
  const std::string head = read_bytes(path, offset_, sizeof(ctf::PacketHeader));
  ctf::PacketHeader header;
  if (head.size() < sizeof(header)) return false;
  std::memcpy(&header, head.data(), sizeof(header));
  const std::size_t bytes = header.packet_bits / 8;
  const bool is_packet = header.magic == ctf::packet_magic && header.stream == ctf::event_stream &&
                         bytes >= sizeof(header) && (bytes - sizeof(header)) % sizeof(Event) == 0 &&
                         bytes <= sizeof(header) + ctf::events_per_packet * sizeof(Event);
  if (!is_packet) throw TraceFormatError(path.string(), offset_, "a packet of events");
  const std::string body = read_bytes(path, offset_ + sizeof(header), bytes - sizeof(header));
  if (body.size() < bytes - sizeof(header)) return false;  // not written to its end yet
  lost_count_ = std::max(lost_count_, header.events_discarded);
  for (std::size_t at = 0; at < body.size(); at += sizeof(Event)) {
    Event event;
    std::memcpy(&event, body.data() + at, sizeof(event));
    take_event(event, offset_ + sizeof(header) + at);
  }
  offset_ += bytes;
  return true;
}

void NativeFollower::take_event(const Event& event, std::size_t offset) {
  const auto id = static_cast<std::size_t>(event.kind);
  if (id >= kinds_.size() || !kinds_[id]) {
    throw TraceFormatError((directory_ / ctf::events_name).string(), offset + 8,
                           "an event that the metadata declares and this version knows");
  }
  Event known = event;
  known.kind = *kinds_[id];
  if (known.time < released_) is_late_ = true;
  newest_ = std::max(newest_, known.time);
  waiting_.push_back(known);
}

void NativeFollower::release(ArrivedEvents& out, Timestamp until) {
  const auto is_earlier = [](const Event& a, const Event& b) { return a.time < b.time; };
  if (!std::is_sorted(waiting_.begin(), waiting_.end(), is_earlier)) {
    std::stable_sort(waiting_.begin(), waiting_.end(), is_earlier);
  }
  std::size_t count = 0;
  for (; count < waiting_.size() && waiting_[count].time <= until; ++count) {
    const Event& event = waiting_[count];
    const bool is_known =
        (event.actor == ctf::no_actor || event.actor < actor_count_) && event.object.value >= -1 &&
        (event.object.value < 0 || static_cast<std::size_t>(event.object.value) < object_count_);
    if (!is_known) {
      throw TraceFormatError((directory_ / ctf::events_name).string(), offset_,
                             "ids of actors and objects that the definitions name");
    }
    append(out.columns, event);
    released_ = event.time;
  }
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace rcuscope
