// SPDX-License-Identifier: LGPL-2.1-or-later
// Whole files in and out; a refusal by the system is a std::system_error that names the path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace rcuscope::io {

[[noreturn]] void throw_system_error(int error, const std::string& what);

std::string read_file(const std::filesystem::path& path);
/// From where it stands to its end; `name` is for the message.
std::string read_descriptor(int descriptor, const std::string& name);

/// At most `limit` bytes from the start: enough to recognise a format.
std::string read_start(const std::filesystem::path& path, std::size_t limit);

void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace rcuscope::io
