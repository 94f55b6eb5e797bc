// The event of lttng.cpp, in the form that LTTng's macros want: the header is read several times.
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER causeway_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_event.h"
#if !defined(CW_BENCH_LTTNG_EVENT) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define CW_BENCH_LTTNG_EVENT
#include <lttng/tracepoint.h>
LTTNG_UST_TRACEPOINT_EVENT(
    causeway_bench,
    record,
    LTTNG_UST_TP_ARGS(unsigned long, first, unsigned long, second),
    LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(unsigned long, first, first)
                            lttng_ust_field_integer(unsigned long, second, second)))
#endif
#include <lttng/tracepoint-event.h>
