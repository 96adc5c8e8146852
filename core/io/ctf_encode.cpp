// SPDX-License-Identifier: LGPL-2.1-or-later
// TraceStore -> the three files of a native trace.
#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/error.h"
#include "io/ctf.h"

namespace rcuscope::ctf {
namespace {

template <class T>
void append_bytes(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
void overwrite_bytes(std::string& out, std::size_t at, const T& value) {
  std::memcpy(out.data() + at, &value, sizeof(value));
}

/// The columns may hold more than a record can; worlds and readers never fill that.
void check_ranges(const TraceStore& trace) {
  constexpr auto cpu_limit = std::numeric_limits<std::int16_t>::max();
  const auto& cpus = trace.columns().cpu;
  const auto worst =
      std::find_if(cpus.begin(), cpus.end(), [](auto cpu) { return cpu < -1 || cpu > cpu_limit; });
  if (worst != cpus.end()) {
    throw UsageError("trace with CPU " + std::to_string(*worst) + "; expected -1 to " +
                     std::to_string(cpu_limit) + " in the native format");
  }
  if (trace.names().actors.size() > no_actor) {
    throw UsageError("trace with " + std::to_string(trace.names().actors.size()) +
                     " actors; expected at most " + std::to_string(no_actor) +
                     " in the native format; save a slice");
  }
  if (trace.start() < 0) {
    throw UsageError("trace that begins at time " + std::to_string(trace.start()) +
                     "; expected times from 0 in the native format");
  }
}

Event record_of(const TraceColumns& columns, std::size_t i) {
  Event event;
  event.time = columns.time[i];
  event.kind = static_cast<EventKind>(columns.kind[i]);
  event.flags = columns.flags[i];
  event.actor = columns.actor[i] < 0 ? no_actor : static_cast<std::uint16_t>(columns.actor[i]);
  event.cpu = static_cast<std::int16_t>(columns.cpu[i]);
  event.value = columns.value[i];
  event.object.value = columns.object[i];
  event.grace_period.value = columns.grace_period[i];
  return event;
}

std::string encode_events(const TraceStore& trace) {
  std::string out;
  out.reserve(trace.size() * sizeof(Event) +
              (trace.size() / events_per_packet + 1) * sizeof(PacketHeader));
  // A trace without events has one packet without records, so that the stream exists.
  for (std::size_t first = 0; first == 0 || first < trace.size(); first += events_per_packet) {
    const std::size_t last = std::min(first + events_per_packet, trace.size());
    PacketHeader header;
    if (last > first) {
      header.timestamp_begin = static_cast<std::uint64_t>(trace.time(first));
      header.timestamp_end = static_cast<std::uint64_t>(trace.time(last - 1));
    }
    header.content_bits = 8 * (sizeof(header) + (last - first) * sizeof(Event));
    header.packet_bits = header.content_bits;
    // The count so far; what was lost is known for the trace as a whole, so it is said at its end.
    header.events_discarded = last == trace.size() ? trace.events_lost_count() : 0;
    append_bytes(out, header);
    for (std::size_t i = first; i < last; ++i) append_bytes(out, record_of(trace.columns(), i));
  }
  return out;
}

/// Packets that hold rows of names in their context. Rows must come table by table.
class DefinitionWriter {
 public:
  DefinitionWriter(const TraceSummary& trace, std::size_t size_guess) : trace_(trace) {
    out_.reserve(size_guess);
    begin_packet();
  }

  void add_text(std::string_view text) {
    append_bytes(out_, static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  template <class T>
  void add_number(T number) {
    append_bytes(out_, number);
  }
  void end_row(std::uint32_t DefinitionHeader::* count) {
    ++(definitions_.*count);
    if (out_.size() - packet_at_ >= definition_bytes_per_packet) {
      end_packet();
      begin_packet();
    }
  }
  std::string finish() {
    end_packet();
    return std::move(out_);
  }

 private:
  void begin_packet() {
    packet_at_ = out_.size();
    definitions_ = DefinitionHeader{};
    definitions_.events_lost_count = trace_.events_lost_count;
    definitions_.clock = static_cast<std::uint32_t>(trace_.clock);
    out_.append(sizeof(PacketHeader) + sizeof(DefinitionHeader), '\0');
  }
  void end_packet() {
    PacketHeader header;
    header.stream = definition_stream;
    header.timestamp_begin = static_cast<std::uint64_t>(trace_.start);
    header.timestamp_end = header.timestamp_begin;
    header.content_bits = 8 * (out_.size() - packet_at_);
    header.packet_bits = header.content_bits;
    header.events_discarded = trace_.event_count;
    overwrite_bytes(out_, packet_at_, header);
    overwrite_bytes(out_, packet_at_ + sizeof(header), definitions_);
  }

  const TraceSummary& trace_;
  std::string out_;
  std::size_t packet_at_ = 0;
  DefinitionHeader definitions_;
};

/// Of what there may be megabytes of, so that growing does not copy them.
std::size_t size_guess(const TraceNames& names) {
  constexpr std::size_t per_text = sizeof(std::uint32_t);
  std::size_t size = std::size_t{4} << 10;
  for (const ObjectInfo& object : names.objects)
    size += object.name.size() + object.type.size() + 2 * per_text;
  for (const std::string& text : names.strings) size += text.size() + per_text;
  return size +
         size / definition_bytes_per_packet * (sizeof(PacketHeader) + sizeof(DefinitionHeader));
}

void write_names(const TraceNames& names, DefinitionWriter& writer) {
  for (const ActorInfo& actor : names.actors) {
    writer.add_text(actor.name);
    writer.add_number(static_cast<std::uint8_t>(actor.kind));
    writer.add_number(actor.cpu.value);
    writer.end_row(&DefinitionHeader::actor_count);
  }
  for (const ObjectInfo& object : names.objects) {
    writer.add_text(object.name);
    writer.add_text(object.type);
    writer.end_row(&DefinitionHeader::object_count);
  }
  for (const std::string& text : names.strings) {
    writer.add_text(text);
    writer.end_row(&DefinitionHeader::string_count);
  }
  for (const PlaceInfo& place : names.places) {
    writer.add_text(place.file);
    writer.add_text(place.function);
    writer.add_number(place.line);
    writer.end_row(&DefinitionHeader::place_count);
  }
}

}  // namespace

std::string encode_definitions(const TraceSummary& trace, const TraceNames& names,
                               std::span<const std::int32_t> places) {
  DefinitionWriter writer(trace, size_guess(names) + places.size_bytes());
  write_names(names, writer);
  for (const auto& [key, value] : names.metadata) {
    writer.add_text(key);
    writer.add_text(value);
    writer.end_row(&DefinitionHeader::metadata_count);
  }
  for (const std::int32_t place : places) {
    writer.add_number(place);
    writer.end_row(&DefinitionHeader::event_place_count);
  }
  return writer.finish();
}

PacketHeader header_of(std::span<const Event> events, std::uint64_t events_lost_count,
                       const Uuid& uuid) {
  PacketHeader header;
  header.uuid = uuid;
  if (!events.empty()) {
    header.timestamp_begin = static_cast<std::uint64_t>(events.front().time);
    header.timestamp_end = static_cast<std::uint64_t>(events.back().time);
  }
  header.content_bits = 8 * (sizeof(header) + events.size_bytes());
  header.packet_bits = header.content_bits;
  header.events_discarded = events_lost_count;
  return header;
}

std::string encode_packet(std::span<const Event> events, std::uint64_t events_lost_count,
                          const Uuid& uuid) {
  const PacketHeader header = header_of(events, events_lost_count, uuid);
  std::string out;
  out.reserve(sizeof(header) + events.size_bytes());
  append_bytes(out, header);
  out.append(reinterpret_cast<const char*>(events.data()), events.size_bytes());
  return out;
}

void write_uuid(std::string& stream, const Uuid& uuid) {
  for (std::size_t at = 0; at < stream.size();) {
    PacketHeader header;
    std::memcpy(&header, stream.data() + at, sizeof(header));
    overwrite_bytes(stream, at + uuid_offset, uuid);
    at += static_cast<std::size_t>(header.packet_bits / 8);
  }
}

Uuid uuid_of(std::string_view stream) {
  Uuid uuid;
  std::memcpy(uuid.data(), stream.data() + uuid_offset, uuid.size());
  return uuid;
}

Files encode(const TraceStore& trace) {
  check_ranges(trace);
  const TraceSummary summary{trace.clock(), trace.start(), trace.size(), trace.events_lost_count()};
  Files files{metadata_text(trace.clock(), trace.names()), encode_events(trace),
              encode_definitions(summary, trace.names(), trace.columns().place)};
  const Uuid uuid = content_uuid(files);
  const std::string text = to_string(uuid);
  files.metadata.replace(find_uuid(files.metadata), text.size(), text);
  write_uuid(files.events, uuid);
  write_uuid(files.definitions, uuid);
  return files;
}

}  // namespace rcuscope::ctf
