// SPDX-License-Identifier: LGPL-2.1-or-later
// RCUSCOPE_FAST_THREAD_LOCAL: for thread-local variables that fast paths look at.
#pragma once

#include <cstddef>  // defines __GLIBC__ where that is the C library

/// Read with one load and without a call, in a shared library, too. Such a library takes its
/// thread-local variables, all of them, from the 1.4 kB that glibc keeps for what is loaded at run
/// time; so they stay small. Other C libraries keep nothing.
#if defined(__GLIBC__) && defined(__ELF__)
#define RCUSCOPE_FAST_THREAD_LOCAL thread_local __attribute__((tls_model("initial-exec")))
#else
#define RCUSCOPE_FAST_THREAD_LOCAL thread_local
#endif
