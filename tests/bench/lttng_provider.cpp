// SPDX-License-Identifier: LGPL-2.1-or-later
// What the macros of LTTng-UST make of the provider.
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "bench/lttng_provider.h"
