// SPDX-License-Identifier: LGPL-2.1-or-later
// The uuid of a native trace: a hash of its content.
#include <cstring>

#include "io/ctf.h"

namespace rcuscope::ctf {
namespace {

constexpr std::size_t uuid_length = 36;

std::uint64_t step(std::uint64_t chain, std::uint64_t word) {
  return (std::rotl(chain, 23) ^ word) * 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, odd
}

/// The finaliser of splitmix64.
std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

void add_packets(ContentHash& hash, std::string_view stream) {
  while (!stream.empty()) {
    PacketHeader header;
    std::memcpy(&header, stream.data(), sizeof(header));
    const auto size = static_cast<std::size_t>(header.packet_bits / 8);
    hash.add_packet(stream.substr(0, size));
    stream.remove_prefix(size);
  }
  hash.end_stream();
}

}  // namespace

void ContentHash::add_metadata(std::string_view metadata) {
  const std::size_t at = find_uuid(metadata);
  add(metadata.substr(0, at));
  if (at != std::string_view::npos) add(metadata.substr(at + uuid_length));
}

void ContentHash::add(std::string_view bytes) {
  const auto add_word = [this](std::uint64_t word) {
    chains_[next_] = step(chains_[next_], word);
    next_ = (next_ + 1) % chains_.size();
  };
  add_word(bytes.size());
  // Whole rounds of the chains, in registers.
  std::uint64_t a = chains_[next_], b = chains_[(next_ + 1) % 4], c = chains_[(next_ + 2) % 4],
                d = chains_[(next_ + 3) % 4];
  std::size_t at = 0;
  for (; bytes.size() - at >= 32; at += 32) {
    a = step(a, word_at(bytes, at));
    b = step(b, word_at(bytes, at + 8));
    c = step(c, word_at(bytes, at + 16));
    d = step(d, word_at(bytes, at + 24));
  }
  chains_[next_] = a;
  chains_[(next_ + 1) % 4] = b;
  chains_[(next_ + 2) % 4] = c;
  chains_[(next_ + 3) % 4] = d;
  for (; bytes.size() - at >= 8; at += 8) add_word(word_at(bytes, at));
  if (at == bytes.size()) return;
  std::uint64_t tail = 0;
  std::memcpy(&tail, bytes.data() + at, bytes.size() - at);
  add_word(tail);
}

Uuid ContentHash::result() const {
  const std::uint64_t low = mix(chains_[0] ^ mix(chains_[1]));
  const std::uint64_t high = mix(chains_[2] ^ mix(chains_[3] ^ low));
  Uuid uuid{};
  std::memcpy(uuid.data(), &low, sizeof(low));
  std::memcpy(uuid.data() + sizeof(low), &high, sizeof(high));
  uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0f) | 0x80);  // RFC 9562 version 8: own hash
  uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3f) | 0x80);
  return uuid;
}

Uuid content_uuid(const FilesView& files) {
  ContentHash hash;
  hash.add_metadata(files.metadata);
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
