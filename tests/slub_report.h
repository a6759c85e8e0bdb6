/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of debugging caches as they must be printed, built from the formats
 * of the kernel (slub spec 2.6) and compared line by line: log_begin(), a wrong
 * use, log_end(), then expect_*() in the order of the report. The cache has
 * 56-byte objects and, with F, Z, P and U on one CPU:
 *
 *	   8  left red zone	-8
 *	  56  object		0
 *	   8  right red zone	56	inuse 64, since 56 is a multiple of 8
 *	   8  free pointer	64	outside, as there is poison
 *	  64  two tracks	72
 *	   8  padding		136	so that a red zone ends each object
 *	 152  stride: 26 in a page, of which 144 bytes are left
 */
#ifndef TESTS_SLUB_REPORT_H
#define TESTS_SLUB_REPORT_H

#include "mm/slub_debug.h"

#define FZPU		DEBUG_DEFAULT_FLAGS
#define SIZE		56
#define STRIDE		152
#define PER_SLAB	26
#define PAD		8

/* ---- the cache and its users, whose names are in tracks ---- */
extern struct kmem_cache *victim;
void make_victim(u32 flags);
char *owner_allocates(void);
void owner_frees(void *p);

/* ---- what was printed between the two ---- */
void log_begin(void);
void log_end(void);
/* Anywhere in it. */
bool log_has(const char *text);
/* The next line, without its time stamp; of a pattern; that there is none. */
void expect(const char *wanted);
void expect_f(const char *fmt, ...) printf_like(1, 2);
void expect_glob(const char *glob);
void expect_nothing_more(void);

/* ---- the parts of a report ---- */
void expect_bug(const char *taint, const char *reason);
void expect_track(const char *done, const char *func);
/* "CPU: ...", "Call Trace:" and the frames of the task; or whatever there is of
 * it. */
void expect_stack(void);
void expect_stack_skipped(void);
void expect_slab(const void *object, unsigned used, const void *fp,
		 bool listed);
void expect_object(const char *object, const void *fp);
void expect_bytes(const char *title, const void *addr, const u8 *bytes,
		  size_t size);
void expect_overwritten(const char *what, const char *from, const char *last,
			u8 byte, u8 instead);
void expect_restored(const char *what, const char *from, const char *last,
		     u8 value);
void expect_not_freed(const char *object);
/* An address as the kernel shows it. */
unsigned long shown(const void *p);

/* What lies around an object and in it, as it must be printed: its bytes
 * before the repair. */
struct dump {
	u8	left[PAD], object[SIZE], right[8], padding[8];
};

/* Of a free object, or of one in use that was never written to. */
void fill_dump(struct dump *dump, u8 red);
void expect_dump(const struct dump *dump, const char *object);

#endif
