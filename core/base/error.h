// SPDX-License-Identifier: LGPL-2.1-or-later
// The only exceptions that leave the core; defects of the studied program are Findings, never
// these.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace rcuscope {

/// A caller's argument is wrong. The message names the value, what was expected and the remedy.
class UsageError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// A trace file is malformed or cut: says where and what was expected there.
class TraceFormatError : public std::runtime_error {
 public:
  TraceFormatError(std::string path, std::uint64_t byte_offset, std::string expected)
      : std::runtime_error(path + ": byte " + std::to_string(byte_offset) + ": expected " +
                           expected),
        path_(std::move(path)),
        byte_offset_(byte_offset),
        expected_(std::move(expected)) {}

  const std::string& path() const { return path_; }
  std::uint64_t byte_offset() const { return byte_offset_; }
  const std::string& expected() const { return expected_; }

 private:
  std::string path_;
  std::uint64_t byte_offset_;
  std::string expected_;
};

/// A named limit was reached and the caller asked for that to be an error.
class LimitError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A replayed prefix published another operation than it did before: the scenario's body is not
/// deterministic. The message names actor, step, expected and actual operation.
class NondeterminismError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace rcuscope
