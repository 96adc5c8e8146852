// SPDX-License-Identifier: LGPL-2.1-or-later
// Two tracepoints of LTTng-UST with the payload of our records: the peer of the recorder.
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER rcuscope_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "bench/lttng_provider.h"

#if !defined(RCUSCOPE_BENCH_LTTNG_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define RCUSCOPE_BENCH_LTTNG_PROVIDER_H
#include <lttng/tracepoint.h>

#include <cstdint>

LTTNG_UST_TRACEPOINT_EVENT(rcuscope_bench, section_begin,
                           LTTNG_UST_TP_ARGS(std::uint64_t, value, std::uint32_t, object),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(std::uint64_t, value, value)
                                                   lttng_ust_field_integer(std::uint32_t, object,
                                                                           object)))
LTTNG_UST_TRACEPOINT_EVENT(rcuscope_bench, section_end,
                           LTTNG_UST_TP_ARGS(std::uint64_t, value, std::uint32_t, object),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(std::uint64_t, value, value)
                                                   lttng_ust_field_integer(std::uint32_t, object,
                                                                           object)))
#endif

#include <lttng/tracepoint-event.h>
