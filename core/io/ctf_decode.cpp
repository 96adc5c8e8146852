// SPDX-License-Identifier: LGPL-2.1-or-later
// The three files of a native trace -> TraceStore. Nothing that a file says is believed unchecked:
// every count is held against the bytes that are there. The bytes may change while they are read
// (io/mapped_file.h), so what is checked is always our own copy: a header, or the columns.
#include <sys/mman.h>

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
  Input(std::string_view bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

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
    keep_copy(value);
    at_ += sizeof(value);
    return value;
  }

  /// False where a writer was stopped: the file ends inside a packet, or was never filled.
  bool has_whole_packet() const {
    PacketHeader header;
    if (left() < sizeof(header)) return false;
    std::memcpy(&header, bytes_.data() + at_, sizeof(header));
    keep_copy(header);
    return header.magic == packet_magic && header.packet_bits / 8 >= sizeof(header) &&
           header.packet_bits / 8 <= left();
  }

  std::string take_text() {
    const auto length = take<std::uint32_t>("the length of a text");
    require(length <= left(), at_ - sizeof(length), "a text that ends within the file");
    return std::string(take_bytes(length));
  }

  /// Requires: size <= left().
  std::string_view take_bytes(std::size_t size) {
    const std::string_view taken = bytes_.substr(at_, size);
    at_ += size;
    return taken;
  }
  std::string_view taken_since(std::size_t begin) const {
    return bytes_.substr(begin, at_ - begin);
  }

 private:
  /// The compiler may not read the file again in the place of the copy.
  template <class T>
  static void keep_copy(T& value) {
    asm volatile("" : "+m"(value));
  }

  std::string_view bytes_;
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

/// A packet's uuid ties it to its metadata; the uuid itself ties all to the content.
class Uuids {
 public:
  void add(const Uuid& uuid, std::size_t packet_at) {
    if (!first_) first_ = uuid;
    if (uuid != *first_ && !other_at_) other_at_ = packet_at;
  }
  /// Throws TraceFormatError if a packet has another one.
  void check(const Uuid& expected, const std::string& path) const {
    if (!first_ || (*first_ == expected && !other_at_)) return;
    throw TraceFormatError(path, (*first_ == expected ? *other_at_ : 0) + uuid_offset,
                           "the uuid of its content, " + to_string(expected) +
                               ": the trace is damaged or was changed");
  }
  const Uuid& first() const { return *first_; }

 private:
  std::optional<Uuid> first_;
  std::optional<std::size_t> other_at_;
};

struct Decoded {
  Summary summary;
  TraceNames names;
  TraceColumns columns;
  Uuids event_uuids, definition_uuids;
  std::vector<std::string_view> definition_packets;
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
    out.definition_uuids.add(header.uuid, begin);
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
    out.definition_packets.push_back(in.taken_since(begin));
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

/// Columns are long and filled once: large pages save most of their page faults.
template <class T>
void reserve(std::vector<T>& column, std::size_t count) {
  column.reserve(count);
#ifdef MADV_HUGEPAGE
  constexpr std::uintptr_t large_page = std::uintptr_t{1} << 21;
  const auto begin = reinterpret_cast<std::uintptr_t>(column.data());
  const std::uintptr_t end = begin + column.capacity() * sizeof(T);
  const std::uintptr_t from = (begin + large_page - 1) & ~(large_page - 1);
  if (from < end) madvise(reinterpret_cast<void*>(from), end - from, MADV_HUGEPAGE);
#endif
}

class EventDecoder {
 public:
  /// `hash`: of what was read before; null: none is wanted.
  EventDecoder(Input in, Reading reading, std::string_view metadata, ContentHash* hash,
               Decoded& out)
      : in_(std::move(in)), reading_(reading), hash_(hash), out_(out) {
    for (const std::optional<EventKind> kind : declared_kinds(metadata))
      kinds_.push_back(kind ? static_cast<std::uint16_t>(*kind) : unknown);
  }

  void run() {
    while (!in_.is_at_end() && (reading_ != Reading::recover || in_.has_whole_packet())) {
      take_packet();
    }
    if (hash_ != nullptr) hash_->end_stream();
    if (reading_ == Reading::recover) return;
    in_.require(out_.columns.time.size() == out_.summary.event_count, in_.at(),
                "as many events as the definitions announce");
  }

 private:
  /// In the place of kinds that we have not.
  static constexpr std::uint16_t unknown = 0xffff, undeclared = 0xfffe;

  void take_packet() {
    const std::size_t begin = in_.at();
    const PacketHeader header = take_header(in_, event_stream);
    out_.event_uuids.add(header.uuid, begin);
    const std::size_t bytes = static_cast<std::size_t>(header.packet_bits / 8) - sizeof(header);
    if (is_unfinished(out_)) {
      previous_ = 0;
      out_.summary.events_lost_count =
          std::max(out_.summary.events_lost_count, header.events_discarded);
    }
    in_.require(bytes % sizeof(Event) == 0, begin + 48, "a packet of whole records of 32 bytes");
    const std::size_t records_at = in_.at();
    const std::string_view records = in_.take_bytes(bytes);
    if (hash_ != nullptr) hash_->add_packet(in_.taken_since(begin));
    if (bytes == 0) return;
    const std::size_t first = out_.columns.time.size();
    if (first == 0) reserve_columns(bytes);
    append(records);
    check(header, first, records_at);
    previous_ = out_.columns.time.back();
  }

  /// From the file into columns, unchecked.
  void append(std::string_view records) {
    const std::size_t count = records.size() / sizeof(Event);
    TraceColumns& columns = out_.columns;
    const auto grow = [count](auto& column) {
      column.resize(column.size() + count);
      return column.data() + (column.size() - count);
    };
    auto* const time = grow(columns.time);
    auto* const kind = grow(columns.kind);
    auto* const flags = grow(columns.flags);
    auto* const actor = grow(columns.actor);
    auto* const cpu = grow(columns.cpu);
    auto* const value = grow(columns.value);
    auto* const object = grow(columns.object);
    auto* const grace_period = grow(columns.grace_period);
    for (std::size_t i = 0; i < count; ++i) {
      Event event;
      std::memcpy(&event, records.data() + i * sizeof(event), sizeof(event));
      const auto id = static_cast<std::size_t>(event.kind);
      time[i] = event.time;
      kind[i] = id < kinds_.size() ? kinds_[id] : undeclared;
      flags[i] = event.flags;
      actor[i] = event.actor == no_actor ? -1 : event.actor;
      cpu[i] = event.cpu;
      value[i] = event.value;
      object[i] = event.object.value;
      grace_period[i] = event.grace_period.value;
    }
  }

  /// Of the columns from `first` on, which are one packet.
  void check(const PacketHeader& header, std::size_t first, std::size_t records_at) const {
    const TraceColumns& columns = out_.columns;
    bool is_good = true;
    Timestamp previous = previous_;
    for (std::size_t i = first; i < columns.time.size(); ++i) {
      is_good &= columns.time[i] >= previous;
      previous = columns.time[i];
    }
    is_good &= static_cast<std::uint64_t>(columns.time[first]) >= header.timestamp_begin;
    is_good &= static_cast<std::uint64_t>(columns.time.back()) <= header.timestamp_end;
    for (std::size_t i = first; i < columns.time.size(); ++i) {
      is_good &= columns.kind[i] < event_kind_count;
      is_good &= is_id(columns.actor[i], out_.names.actors.size());
      is_good &= is_id(columns.object[i], out_.names.objects.size());
    }
    if (is_good) return;
    Timestamp before = previous_;
    for (std::size_t i = first; i < columns.time.size(); ++i) {
      check_event(header, i, before, records_at + (i - first) * sizeof(Event));
      before = columns.time[i];
    }
  }

  void check_event(const PacketHeader& header, std::size_t i, Timestamp before,
                   std::size_t at) const {
    const TraceColumns& columns = out_.columns;
    in_.require(columns.time[i] >= before, at, "a time that is not before the previous event's");
    const auto time = static_cast<std::uint64_t>(columns.time[i]);
    in_.require(time >= header.timestamp_begin && time <= header.timestamp_end, at,
                "a time within the packet's");
    in_.require(columns.kind[i] != undeclared, at + 8, "an event id that the metadata declares");
    in_.require(columns.kind[i] != unknown, at + 8, "an event that this version knows");
    in_.require(is_id(columns.actor[i], out_.names.actors.size()), at + 12,
                "the id of a defined actor");
    in_.require(is_id(columns.object[i], out_.names.objects.size()), at + 24,
                "the id of a defined object, or -1");
  }

  static bool is_id(std::int32_t id, std::size_t count) {
    return id >= -1 && id < static_cast<std::int64_t>(count);
  }

  /// Once, for the announced count, as far as the file can hold that many.
  void reserve_columns(std::size_t bytes_in_packet) {
    const std::size_t possible = (bytes_in_packet + in_.left()) / sizeof(Event);
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(out_.summary.event_count, possible));
    TraceColumns& columns = out_.columns;
    reserve(columns.time, count);
    reserve(columns.kind, count);
    reserve(columns.flags, count);
    reserve(columns.actor, count);
    reserve(columns.cpu, count);
    reserve(columns.value, count);
    reserve(columns.object, count);
    reserve(columns.grace_period, count);
  }

  Input in_;
  Reading reading_;
  ContentHash* hash_;
  std::vector<std::uint16_t> kinds_;  ///< By event id.
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

void check_content(const std::string& metadata, const std::string& path, const Uuid& uuid) {
  const std::size_t at = find_uuid(metadata);
  if (metadata.compare(at, to_string(uuid).size(), to_string(uuid)) == 0) return;
  throw TraceFormatError(
      path, at,
      "the uuid of its content, " + to_string(uuid) + ": the trace is damaged or was changed");
}

}  // namespace

TraceStore decode(const FilesView& files, const std::filesystem::path& directory, Reading reading) {
  const std::string metadata_path = (directory / metadata_name).string();
  const std::string events_path = (directory / events_name).string();
  const std::string definitions_path = (directory / definitions_name).string();
  const std::string metadata(files.metadata);
  check_metadata(metadata, metadata_path);
  ContentHash hash;
  hash.add_metadata(metadata);
  Decoded out;
  decode_definitions(Input(files.definitions, definitions_path), reading, out);
  if (reading != Reading::recover && is_unfinished(out)) {
    throw TraceFormatError(definitions_path, 0,
                           "a finished recording; this one goes on or was cut off: take what is "
                           "there with recover=True, or `rcuscope import --recover`");
  }
  check_places(out, definitions_path);
  EventDecoder(Input(files.events, events_path), reading, metadata,
               reading == Reading::whole ? &hash : nullptr, out)
      .run();
  // The content of what is recovered is not whole, so its hash says nothing; packets must still be
  // of one trace.
  Uuid uuid = out.definition_uuids.first();
  if (reading == Reading::recover) {
    note_recovery(out);
  } else if (reading == Reading::whole) {
    for (const std::string_view packet : out.definition_packets) hash.add_packet(packet);
    hash.end_stream();
    uuid = hash.result();
    check_content(metadata, metadata_path, uuid);
  }
  out.definition_uuids.check(uuid, definitions_path);
  out.event_uuids.check(uuid, events_path);
  return TraceStore(static_cast<Clock>(out.summary.clock), std::move(out.columns),
                    std::move(out.names), out.summary.events_lost_count);
}

}  // namespace rcuscope::ctf
