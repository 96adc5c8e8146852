// SPDX-License-Identifier: LGPL-2.1-or-later
// libtracecmd and libtraceevent, with the functions of theirs that are exported but declared in
// headers that are not installed. Those are weak: a version that has them not is asked less.
#pragma once

#include <sched.h>
#include <sys/types.h>

// tracefs.h of libtracefs 1.6 is no C++, and of trace-cmd.h nothing that we use needs it.
#define _TRACE_FS_H
#include <dlfcn.h>
#include <trace-cmd.h>

#include <cerrno>
#include <string>

#include "io/file.h"

extern "C" {
int tracecmd_cpus(tracecmd_input* handle) __attribute__((weak));
const char* tracecmd_get_trace_clock(tracecmd_input* handle) __attribute__((weak));
int tracecmd_page_size(tracecmd_input* handle) __attribute__((weak));
off64_t tracecmd_get_cpu_file_size(tracecmd_input* handle, int cpu) __attribute__((weak));
/// The ring buffer's page in which the record lies.
void* tracecmd_record_page(tracecmd_input* handle, tep_record* record) __attribute__((weak));
}

namespace rcuscope::trace_cmd {

/// A library's own function, also behind one of that name in this program.
template <class Function>
Function* library_function(const char* name) {
  auto* const found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
  if (found == nullptr) io::throw_system_error(ENOSYS, std::string("no library has ") + name);
  return found;
}

}  // namespace rcuscope::trace_cmd
