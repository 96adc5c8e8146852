// SPDX-License-Identifier: LGPL-2.1-or-later
// libtracecmd and libtraceevent, with the functions of theirs that are exported but declared in
// headers that are not installed. Those are weak: a version that has them not is asked less.
#pragma once

#include <sched.h>
#include <sys/types.h>

// tracefs.h of libtracefs 1.6 is no C++, and of trace-cmd.h nothing that we use needs it.
#define _TRACE_FS_H
#include <trace-cmd.h>

#include <cstddef>

extern "C" {
int tracecmd_cpus(tracecmd_input* handle) __attribute__((weak));
const char* tracecmd_get_trace_clock(tracecmd_input* handle) __attribute__((weak));
int tracecmd_page_size(tracecmd_input* handle) __attribute__((weak));
off64_t tracecmd_get_cpu_file_size(tracecmd_input* handle, int cpu) __attribute__((weak));
/// The ring buffer's page in which the record lies.
void* tracecmd_record_page(tracecmd_input* handle, tep_record* record) __attribute__((weak));
}

namespace rcuscope::trace_cmd {

/// By the zstd that libtracecmd uses. Return: false if the bytes do not give exactly `size`.
bool decompress_zstd(const void* from, std::size_t compressed_size, void* to, std::size_t size);

}  // namespace rcuscope::trace_cmd
