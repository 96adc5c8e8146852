// SPDX-License-Identifier: LGPL-2.1-or-later
// The three files of a native trace -> TraceStore. Nothing that a file says is believed unchecked:
// every count is held against the bytes that are there.
#include <algorithm>
#include <cstring>
#include <numeric>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "io/ctf.h"

namespace rcuscope::ctf {
namespace {

/// Reads one file from front to back and knows where it is when something is wrong.
class Input {
 public:
  Input(const std::string& bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  std::size_t at() const { return at_; }
  bool is_at_end() const { return at_ == bytes_.size(); }
  std::size_t left() const { return bytes_.size() - at_; }

  [[noreturn]] void fail(std::size_t at, const std::string& expected) const {
    throw TraceFormatError(path_, at, expected);
  }
  void require(bool condition, std::size_t at, const char* expected) const {
    if (!condition) fail(at, expected);
  }

  template <class T>
  T take(const char* expected) {
    static_assert(std::is_trivially_copyable_v<T>);
    require(left() >= sizeof(T), bytes_.size(), expected);
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }

  /// False where a writer was stopped: the file ends inside a packet, or was never filled.
  bool has_whole_packet() const {
    PacketHeader header;
    if (left() < sizeof(header)) return false;
    std::memcpy(&header, bytes_.data() + at_, sizeof(header));
    return header.magic == packet_magic && header.packet_bits / 8 >= sizeof(header) &&
           header.packet_bits / 8 <= left();
  }

  std::string take_text() {
    const auto length = take<std::uint32_t>("the length of a text");
    require(length <= left(), at_ - sizeof(length), "a text that ends within the file");
    std::string text = bytes_.substr(at_, length);
    at_ += length;
    return text;
  }

 private:
  const std::string& bytes_;
  std::string path_;
  std::size_t at_ = 0;
};

/// What the definitions say about the trace as a whole.
struct Summary {
  std::uint64_t event_count = 0;
  std::uint64_t events_lost_count = 0;
  std::uint32_t clock = 0;

  friend bool operator==(const Summary&, const Summary&) = default;
};

struct Decoded {
  Summary summary;
  TraceNames names;
  TraceColumns columns;
};

PacketHeader take_header(Input& in, std::uint32_t stream) {
  const std::size_t at = in.at();
  const auto header = in.take<PacketHeader>("a packet header of 64 bytes");
  in.require(header.magic == packet_magic, at, "the magic number of a CTF packet, 0xC1FC1FC1");
  in.require(header.stream == stream, at + 20, "the number of the stream that the file is for");
  in.require(header.timestamp_begin <= header.timestamp_end, at + 32,
             "a packet that does not end before it begins");
  in.require(header.content_bits == header.packet_bits, at + 48, "a packet without padding");
  in.require(header.packet_bits % 8 == 0 && header.packet_bits / 8 >= sizeof(PacketHeader) &&
                 header.packet_bits / 8 - sizeof(PacketHeader) <= in.left(),
             at + 48, "a packet that ends within the file");
  return header;
}

// --- definitions ---

ActorInfo take_actor(Input& in) {
  ActorInfo actor;
  actor.name = in.take_text();
  const std::size_t at = in.at();
  const auto kind = in.take<std::uint8_t>("the kind of an actor");
  in.require(kind <= static_cast<std::uint8_t>(ActorKind::grace_period), at,
             "a kind of actor that this version knows");
  actor.kind = static_cast<ActorKind>(kind);
  actor.cpu.value = in.take<std::int32_t>("the CPU of an actor");
  return actor;
}

PlaceInfo take_place(Input& in) {
  PlaceInfo place;
  place.file = in.take_text();
  place.function = in.take_text();
  place.line = in.take<std::int32_t>("the line of a place");
  return place;
}

void take_metadata(Input& in, TraceNames& names) {
  const std::size_t at = in.at();
  std::string key = in.take_text();
  std::string value = in.take_text();
  const bool is_new = names.metadata.emplace(std::move(key), std::move(value)).second;
  in.require(is_new, at, "each key of the metadata once");
}

void take_rows(Input& in, const DefinitionHeader& counts, Decoded& out) {
  for (std::uint32_t i = 0; i < counts.actor_count; ++i) out.names.actors.push_back(take_actor(in));
  for (std::uint32_t i = 0; i < counts.object_count; ++i) {
    std::string name = in.take_text();
    out.names.objects.push_back({std::move(name), in.take_text()});
  }
  for (std::uint32_t i = 0; i < counts.string_count; ++i) {
    out.names.strings.push_back(in.take_text());
  }
  for (std::uint32_t i = 0; i < counts.place_count; ++i) out.names.places.push_back(take_place(in));
  for (std::uint32_t i = 0; i < counts.metadata_count; ++i) take_metadata(in, out.names);
  for (std::uint32_t i = 0; i < counts.event_place_count; ++i) {
    out.columns.place.push_back(in.take<std::int32_t>("the place of an event"));
  }
}

void decode_definitions(Input in, Reading reading, Decoded& out) {
  in.require(!in.is_at_end(), 0, "a packet of definitions");
  for (bool is_first = true; !in.is_at_end(); is_first = false) {
    const std::size_t begin = in.at();
    const PacketHeader header = take_header(in, definition_stream);
    const std::size_t at = in.at();
    const auto counts = in.take<DefinitionHeader>("the counts of a packet of definitions");
    const Summary summary{header.events_discarded, counts.events_lost_count, counts.clock};
    in.require(counts.clock <= static_cast<std::uint32_t>(Clock::steps), at + 8,
               "a clock that this version knows: 0 (ns) or 1 (steps)");
    in.require(is_first || summary == out.summary, begin, "the same counts in each packet");
    out.summary = summary;
    take_rows(in, counts, out);
    in.require(in.at() - begin == header.packet_bits / 8, begin + 48,
               "the size of the packet's rows");
  }
  if (reading == Reading::recover && !out.columns.place.empty()) {
    out.columns.place.resize(static_cast<std::size_t>(std::min<std::uint64_t>(
                                 out.summary.event_count, out.columns.place.size())),
                             -1);
  }
  in.require(out.columns.place.empty() || out.columns.place.size() == out.summary.event_count,
             in.at(), "no places, or one for each event");
}

// --- events ---

/// A recording that was cut off; its packets may overlap in time.
bool is_unfinished(const Decoded& decoded) {
  return decoded.names.metadata.contains(unfinished_key);
}

template <class T>
void reorder(std::vector<T>& column, const std::vector<std::size_t>& order) {
  std::vector<T> sorted;
  sorted.reserve(column.size());
  for (const std::size_t i : order) sorted.push_back(column[i]);
  column = std::move(sorted);
}

void sort_by_time(TraceColumns& columns) {
  if (std::is_sorted(columns.time.begin(), columns.time.end())) return;
  std::vector<std::size_t> order(columns.time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&columns](std::size_t a, std::size_t b) {
    return columns.time[a] < columns.time[b];
  });
  reorder(columns.time, order);
  reorder(columns.kind, order);
  reorder(columns.flags, order);
  reorder(columns.actor, order);
  reorder(columns.cpu, order);
  reorder(columns.value, order);
  reorder(columns.object, order);
  reorder(columns.grace_period, order);
}

class EventDecoder {
 public:
  EventDecoder(Input in, Reading reading, std::vector<std::optional<EventKind>> kinds, Decoded& out)
      : in_(std::move(in)), reading_(reading), kinds_(std::move(kinds)), out_(out) {}

  /// Return: the offset behind the last packet that was read.
  std::size_t run() {
    while (!in_.is_at_end() && (reading_ == Reading::whole || in_.has_whole_packet())) {
      take_packet();
    }
    if (reading_ == Reading::recover) return in_.at();
    in_.require(out_.columns.time.size() == out_.summary.event_count, in_.at(),
                "as many events as the definitions announce");
    return in_.at();
  }

 private:
  void take_packet() {
    const std::size_t begin = in_.at();
    const PacketHeader header = take_header(in_, event_stream);
    const std::size_t bytes = static_cast<std::size_t>(header.packet_bits / 8) - sizeof(header);
    if (is_unfinished(out_)) {
      previous_ = 0;
      out_.summary.events_lost_count =
          std::max(out_.summary.events_lost_count, header.events_discarded);
    }
    in_.require(bytes % sizeof(Event) == 0, begin + 48, "a packet of whole records of 32 bytes");
    reserve(bytes / sizeof(Event));
    for (std::size_t i = 0; i < bytes / sizeof(Event); ++i) take_event(header);
  }

  void take_event(const PacketHeader& header) {
    const std::size_t at = in_.at();
    const auto event = in_.take<Event>("a record of 32 bytes");
    const auto id = static_cast<std::size_t>(event.kind);
    in_.require(event.time >= previous_, at, "a time that is not before the previous event's");
    const auto time = static_cast<std::uint64_t>(event.time);
    in_.require(time >= header.timestamp_begin && time <= header.timestamp_end, at,
                "a time within the packet's");
    in_.require(id < kinds_.size(), at + 8, "an event id that the metadata declares");
    in_.require(kinds_[id].has_value(), at + 8, "an event that this version knows");
    in_.require(event.actor == no_actor || event.actor < out_.names.actors.size(), at + 12,
                "the id of a defined actor");
    in_.require(is_id(event.object.value, out_.names.objects.size()), at + 24,
                "the id of a defined object, or -1");
    append(event, *kinds_[id]);
    previous_ = event.time;
  }

  static bool is_id(std::int32_t id, std::size_t count) {
    return id >= -1 && id < static_cast<std::int64_t>(count);
  }

  void append(const Event& event, EventKind kind) {
    TraceColumns& columns = out_.columns;
    columns.time.push_back(event.time);
    columns.kind.push_back(static_cast<std::uint16_t>(kind));
    columns.flags.push_back(event.flags);
    columns.actor.push_back(event.actor == no_actor ? -1 : event.actor);
    columns.cpu.push_back(event.cpu);
    columns.value.push_back(event.value);
    columns.object.push_back(event.object.value);
    columns.grace_period.push_back(event.grace_period.value);
  }

  /// Once, for the announced count, as far as the file can hold that many.
  void reserve(std::size_t count_in_packet) {
    if (!out_.columns.time.empty() || count_in_packet == 0) return;
    const std::size_t possible = count_in_packet + in_.left() / sizeof(Event);
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out_.summary.event_count, possible));
    TraceColumns& columns = out_.columns;
    columns.time.reserve(count);
    columns.kind.reserve(count);
    columns.flags.reserve(count);
    columns.actor.reserve(count);
    columns.cpu.reserve(count);
    columns.value.reserve(count);
    columns.object.reserve(count);
    columns.grace_period.reserve(count);
  }

  Input in_;
  Reading reading_;
  std::vector<std::optional<EventKind>> kinds_;
  Decoded& out_;
  Timestamp previous_ = 0;
};

// --- the whole ---

void check_places(const Decoded& decoded, const std::string& path) {
  for (const std::int32_t place : decoded.columns.place) {
    if (place >= -1 && place < static_cast<std::int64_t>(decoded.names.places.size())) continue;
    throw TraceFormatError(path, 0, "the ids of defined places in the column of places");
  }
}

/// A packet's uuid ties it to its metadata; the uuid itself ties all to the content.
void check_uuids(std::string_view stream, const Uuid& uuid, const std::string& path) {
  for (std::size_t at = 0; at < stream.size();) {
    PacketHeader header;
    std::memcpy(&header, stream.data() + at, sizeof(header));
    if (header.uuid != uuid) {
      throw TraceFormatError(
          path, at + uuid_offset,
          "the uuid of its content, " + to_string(uuid) + ": the trace is damaged or was changed");
    }
    at += static_cast<std::size_t>(header.packet_bits / 8);
  }
}

void check_metadata(const std::string& metadata, const std::string& path) {
  if (!metadata.starts_with(signature)) {
    std::size_t at = 0;
    while (at < metadata.size() && metadata[at] == signature[at]) ++at;
    throw TraceFormatError(path, at,
                           "the first lines of a native trace, '/* CTF 1.8 */' and "
                           "'/* rcuscope trace, format 1 */'");
  }
  if (find_uuid(metadata) == std::string_view::npos) {
    throw TraceFormatError(path, metadata.size(), "the uuid of the trace");
  }
}

/// What is missing of a cut file counts as lost, and is told.
void note_recovery(Decoded& decoded) {
  const std::uint64_t announced = decoded.summary.event_count;
  const std::uint64_t found = decoded.columns.time.size();
  if (is_unfinished(decoded)) {
    sort_by_time(decoded.columns);
    decoded.columns.place.clear();  // a recorder writes none
    decoded.names.metadata.erase(unfinished_key);
    decoded.names.metadata.insert_or_assign(
        "recovered", std::to_string(found) + " events of a recording that was cut off");
    return;
  }
  if (!decoded.columns.place.empty()) decoded.columns.place.resize(found, -1);
  if (found >= announced) return;
  decoded.summary.events_lost_count += announced - found;
  decoded.names.metadata.insert_or_assign(
      "recovered", std::to_string(found) + " of " + std::to_string(announced) + " events");
}

void check_content(const Files& files, const std::string& metadata_path, const Uuid& uuid) {
  const std::size_t at = find_uuid(files.metadata);
  if (files.metadata.compare(at, to_string(uuid).size(), to_string(uuid)) == 0) return;
  throw TraceFormatError(
      metadata_path, at,
      "the uuid of its content, " + to_string(uuid) + ": the trace is damaged or was changed");
}

}  // namespace

TraceStore decode(const Files& files, const std::filesystem::path& directory, Reading reading) {
  const std::string metadata_path = (directory / metadata_name).string();
  const std::string events_path = (directory / events_name).string();
  const std::string definitions_path = (directory / definitions_name).string();
  check_metadata(files.metadata, metadata_path);
  Decoded out;
  decode_definitions(Input(files.definitions, definitions_path), reading, out);
  if (reading == Reading::whole && is_unfinished(out)) {
    throw TraceFormatError(definitions_path, 0,
                           "a finished recording; this one goes on or was cut off: take what is "
                           "there with recover=True, or `rcuscope import --recover`");
  }
  check_places(out, definitions_path);
  const std::size_t end =
      EventDecoder(Input(files.events, events_path), reading, declared_kinds(files.metadata), out)
          .run();
  Uuid uuid;
  if (reading == Reading::recover) {
    // The content is not whole, so its hash says nothing; packets must still be of one trace.
    std::memcpy(uuid.data(), files.definitions.data() + uuid_offset, uuid.size());
    note_recovery(out);
  } else {
    uuid = content_uuid(files);
    check_content(files, metadata_path, uuid);
  }
  check_uuids(files.definitions, uuid, definitions_path);
  check_uuids(std::string_view(files.events).substr(0, end), uuid, events_path);
  return TraceStore(static_cast<Clock>(out.summary.clock), std::move(out.columns),
                    std::move(out.names), out.summary.events_lost_count);
}

}  // namespace rcuscope::ctf
