/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints (include/linux/tracepoint.h, 6.12). A header that lists events
 * says for each what trace_NAME() takes, what of it is recorded, and how that
 * is printed; one source file defines CREATE_TRACE_POINTS before it includes
 * the header:
 *
 *	TRACE_EVENT(kfree,
 *		TP_PROTO(unsigned long call_site, const void *ptr),
 *		TP_VALUES(call_site, trace_address(ptr)),
 *		"call_site=%pS ptr=%p");
 *
 * Off, a tracepoint natively is a test of a byte beside what the CPU touches
 * anyway. A hot function makes it once, trace_wanted(), and has a second body
 * for when it is on. On sim all calls take that body, and what it records is
 * free, so that virtual time does not depend on it.
 *
 * Values are 64 bits wide. How they are printed: %pS and %ps, a symbol with
 * and without offset; %p, an address; %d %u %ld %lu %lx as printf does; %pGg,
 * flags, by TRACE_FLAGS_TEXT of who creates the points; %B, true or false. Of
 * the record's data, TP_DATA: %s text, %*pb the bits of a set.
 */
#ifndef CPUS_TRACE_H
#define CPUS_TRACE_H

#include "cpus/cpu.h"

/*
 * native/inline.h and sim/inline.h, twins, define:
 *
 *   bool trace_is_on(void)	this CPU records
 *   bool trace_wanted(void)	take the body with the tracepoints
 */

typedef char *(*trace_flags_text_t)(u32 flags, char *buffer, size_t size);

struct trace_event {
	const char		*name;
	const char		*text;
	trace_flags_text_t	flags_text;
};

/* Followed by nr values, u64. Any context; no safe point. */
void trace_record(const struct trace_event *event, const void *data,
		  size_t data_size, unsigned nr, ...);
/* To be printed: of emulated memory, or too low to be any; all ones for what
 * lies elsewhere, on a task's stack. */
u64 trace_address(const void *p);
/* Of a text as data. */
size_t trace_text_size(const char *text);

#define TP_PROTO(...)		(__VA_ARGS__)
#define TP_DATA(data, size)	(data, size)
#define TP_VALUES(...)		(__VA_ARGS__)

#define __TP_LIST(...)		__VA_ARGS__
#define __TP_NTH(a, b, c, d, e, f, g, h, i, n, ...) n
#define __TP_NR(...)		__TP_NTH(__VA_ARGS__, 9, 8, 7, 6, 5, 4, 3, 2, 1)
#define __TP_1(a)		(u64)(a)
#define __TP_2(a, ...)		(u64)(a), __TP_1(__VA_ARGS__)
#define __TP_3(a, ...)		(u64)(a), __TP_2(__VA_ARGS__)
#define __TP_4(a, ...)		(u64)(a), __TP_3(__VA_ARGS__)
#define __TP_5(a, ...)		(u64)(a), __TP_4(__VA_ARGS__)
#define __TP_6(a, ...)		(u64)(a), __TP_5(__VA_ARGS__)
#define __TP_7(a, ...)		(u64)(a), __TP_6(__VA_ARGS__)
#define __TP_8(a, ...)		(u64)(a), __TP_7(__VA_ARGS__)
#define __TP_9(a, ...)		(u64)(a), __TP_8(__VA_ARGS__)
#define __TP_APPLY(n, ...)	__TP_APPLY_(n, __VA_ARGS__)
#define __TP_APPLY_(n, ...)	__TP_##n(__VA_ARGS__)
#define __TP_U64(...)		__TP_APPLY(__TP_NR(__VA_ARGS__), __VA_ARGS__)

#define TRACE_EVENT_DATA(event, proto, data, values, text) \
	__TP_CREATE(event, text) \
	static always_inline void trace_##event proto \
	{ \
		if (likely(!trace_is_on())) \
			return; \
		machine_quiet_begin(); \
		trace_record(&trace_event_##event, __TP_LIST data, \
			     __TP_NR values, __TP_U64 values); \
		machine_quiet_end(); \
	} \
	extern const struct trace_event trace_event_##event
#define TRACE_EVENT(event, proto, values, text) \
	TRACE_EVENT_DATA(event, proto, (NULL, 0), values, text)

#ifdef CREATE_TRACE_POINTS
#ifndef TRACE_FLAGS_TEXT
#define TRACE_FLAGS_TEXT	NULL
#endif
#define __TP_CREATE(event, text) \
	extern const struct trace_event trace_event_##event; \
	const struct trace_event trace_event_##event = { \
		#event, text, TRACE_FLAGS_TEXT };
#else
#define __TP_CREATE(event, text) \
	extern const struct trace_event trace_event_##event;
#endif

#endif
