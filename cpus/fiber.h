/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stack and a saved context. x86-64 switches registers by hand (about 3 ns);
 * elsewhere ucontext. ASan is told of every switch; under libtsan no
 * synchronisation is implied beyond what one OS thread gives (traps.md).
 */
#ifndef CPUS_FIBER_H
#define CPUS_FIBER_H

#include <stddef.h>

struct fiber;

/* Usable stack of a task. ASan's frames are several times as large. */
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_STACK_SIZE	(256UL << 10)
#else
#define FIBER_STACK_SIZE	(64UL << 10)
#endif

/* A fiber that will run fn(arg) on its own guarded stack; fn must not return.
 * Dies when the host gives no memory. */
struct fiber *fiber_create(size_t stack_size, void (*fn)(void *), void *arg);
/* A fiber for the calling thread's own stack. */
struct fiber *fiber_adopt_thread(void);
/* Frees a fiber that does not run and never will. Of an adopted one, only the
 * handle; its thread goes on. */
void fiber_destroy(struct fiber *fiber);
/* Saves the running context in from, resumes to. Same OS thread. */
void fiber_switch(struct fiber *from, struct fiber *to);
/* True if p lies on the fiber's stack. */
int fiber_on_stack(const struct fiber *fiber, const void *p);
void fiber_stack_bounds(const struct fiber *fiber, char **low, char **high);

#endif
