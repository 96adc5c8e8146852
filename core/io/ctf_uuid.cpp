// SPDX-License-Identifier: LGPL-2.1-or-later
// The uuid of a native trace: a fast hash of its content, against damage and not against malice.
#include <algorithm>
#include <cstring>

#include "io/ctf.h"

namespace rcuscope::ctf {
namespace {

/// Four independent chains, because a record is four words and one chain would wait for its
/// multiplications. Each step is a bijection of the word: a changed word always changes its chain.
class ContentHash {
 public:
  void add(std::string_view bytes) {
    add_word(bytes.size());
    while (bytes.size() >= sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data(), sizeof(word));
      add_word(word);
      bytes.remove_prefix(sizeof(word));
    }
    std::uint64_t tail = 0;
    std::memcpy(&tail, bytes.data(), bytes.size());
    if (!bytes.empty()) add_word(tail);
  }

  Uuid result() const {
    const std::uint64_t low = mix(chains_[0] ^ mix(chains_[1]));
    const std::uint64_t high = mix(chains_[2] ^ mix(chains_[3] ^ low));
    Uuid uuid{};
    std::memcpy(uuid.data(), &low, sizeof(low));
    std::memcpy(uuid.data() + sizeof(low), &high, sizeof(high));
    uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x80);  // RFC 9562 version 8: own hash
    uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
    return uuid;
  }

 private:
  void add_word(std::uint64_t word) {
    std::uint64_t& chain = chains_[next_];
    chain = (std::rotl(chain, 23) ^ word) * 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, odd
    next_ = (next_ + 1) % chains_.size();
  }

  /// The finaliser of splitmix64.
  static std::uint64_t mix(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
  }

  std::array<std::uint64_t, 4> chains_ = {1, 2, 3, 4};
  std::size_t next_ = 0;
};

/// Hashes a stream packet by packet, without the places of the uuid. Sizes that lead nowhere end
/// it: the decoder has its own words for those.
void add_packets(ContentHash& hash, std::string_view stream) {
  while (stream.size() >= sizeof(PacketHeader)) {
    PacketHeader header;
    std::memcpy(&header, stream.data(), sizeof(header));
    const std::uint64_t size =
        std::clamp<std::uint64_t>(header.packet_bits / 8, sizeof(PacketHeader), stream.size());
    hash.add(stream.substr(hashed_offset, static_cast<std::size_t>(size) - hashed_offset));
    stream.remove_prefix(static_cast<std::size_t>(size));
  }
  hash.add(stream);
}

}  // namespace

Uuid content_uuid(const Files& files) {
  ContentHash hash;
  constexpr std::size_t uuid_length = 36;
  const std::string_view metadata = files.metadata;
  const std::size_t at = find_uuid(metadata);
  hash.add(metadata.substr(0, at));
  if (at != std::string_view::npos) hash.add(metadata.substr(at + uuid_length));
  add_packets(hash, files.events);
  add_packets(hash, files.definitions);
  return hash.result();
}

std::string to_string(const Uuid& uuid) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[uuid[i] >> 4];
    text += digits[uuid[i] & 15];
  }
  return text;
}

}  // namespace rcuscope::ctf
