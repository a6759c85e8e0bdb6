/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fibers. The x86-64 switch keeps what the ABI says a call keeps, but for the
 * floating-point control words, which nobody here changes. It ends in ret:
 * fibers mostly leave off in one place, so the host predicts the return, and
 * those of the callers after it. An indirect jump leaves its return stack one
 * entry off, and each caller's return goes wrong: with it a contended event of
 * the simulated machine took 1.4 times as long.
 *
 * A stack is a mapping of its own above an inaccessible page. Tops are
 * staggered by 128 bytes so that the frames of many fibers do not meet in the
 * same cache sets.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cpus/compiler.h"
#include "cpus/fiber.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define FIBER_ASAN
#endif
#ifdef __SANITIZE_THREAD__
#define FIBER_TSAN
#endif
#if !defined(__x86_64__) && !defined(FIBER_UCONTEXT)
#define FIBER_UCONTEXT
#endif

#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

#define STACK_COLOURS	32
#define STACK_COLOUR	128
#define FIBER_ROOM	ALIGN(sizeof(struct fiber), CACHELINE)

struct fiber {
	void		*sp;		/* first: fiber_swap() knows */
	char		*low, *high;	/* the usable stack */
	void		*mapping;	/* NULL: an adopted thread's */
	size_t		mapping_size;
	void		(*fn)(void *arg);
	void		*arg;
#ifdef FIBER_UCONTEXT
	ucontext_t	context;
#endif
#ifdef FIBER_ASAN
	void		*fake_stack;
#endif
#ifdef FIBER_TSAN
	void		*tsan;
#endif
};

static __attribute__((noreturn)) void die(const char *what)
{
	perror(what);
	_exit(70);
}

/* ---- telling the sanitizers ---- */
static inline void before_switch(struct fiber *from, struct fiber *to)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(&from->fake_stack, to->low,
				       (size_t)(to->high - to->low));
#endif
#ifdef FIBER_TSAN
	/* 0: the switch orders, as the one OS thread under both does. */
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	(void)from;
	(void)to;
}

static inline void after_switch(struct fiber *self)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#endif
	(void)self;
}

static __attribute__((noreturn, used)) void fiber_main(struct fiber *self)
{
	after_switch(self);
	self->fn(self->arg);
	fputs("a fiber's function has returned\n", stderr);
	_exit(70);
}

/* ---- the switch ---- */
#ifdef FIBER_UCONTEXT

static void fiber_main_split(unsigned high, unsigned low)
{
	fiber_main((struct fiber *)(((uintptr_t)high << 32) | low));
}

static void prepare(struct fiber *fiber, char *top)
{
	uintptr_t self = (uintptr_t)fiber;

	if (getcontext(&fiber->context))
		die("getcontext");
	fiber->context.uc_stack.ss_sp = fiber->low;
	fiber->context.uc_stack.ss_size = (size_t)(top - fiber->low);
	fiber->context.uc_link = NULL;
	makecontext(&fiber->context, (void (*)(void))fiber_main_split, 2,
		    (unsigned)(self >> 32), (unsigned)self);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	before_switch(from, to);
	swapcontext(&from->context, &to->context);
	after_switch(from);
}

#else

void fiber_swap(struct fiber *from, struct fiber *to);
void fiber_start(void);

__asm__(
"	.text\n"
"	.p2align 4\n"
"	.globl fiber_swap\n"
"	.hidden fiber_swap\n"
"	.type fiber_swap, @function\n"
"fiber_swap:\n"
"	.cfi_startproc\n"
"	pushq %rbp\n"
"	pushq %rbx\n"
"	pushq %r12\n"
"	pushq %r13\n"
"	pushq %r14\n"
"	pushq %r15\n"
"	movq %rsp, (%rdi)\n"
"	movq (%rsi), %rsp\n"
"	popq %r15\n"
"	popq %r14\n"
"	popq %r13\n"
"	popq %r12\n"
"	popq %rbx\n"
"	popq %rbp\n"
"	ret\n"
"	.cfi_endproc\n"
"	.size fiber_swap, .-fiber_swap\n"
"	.p2align 4\n"
"	.globl fiber_start\n"
"	.hidden fiber_start\n"
"	.type fiber_start, @function\n"
"fiber_start:\n"			/* backtraces end here */
"	.cfi_startproc\n"
"	.cfi_undefined rip\n"
"	movq %rbx, %rdi\n"
"	call fiber_main\n"
"	ud2\n"
"	.cfi_endproc\n"
"	.size fiber_start, .-fiber_start\n"
);

/* The frame that fiber_swap() pops, lowest address first. */
struct swap_frame {
	u64	r15, r14, r13, r12, rbx, rbp;
	u64	rip;
	u64	end_of_stack[2];	/* zeros for return addresses */
};

static_assert((sizeof(struct swap_frame) -
	       offsetof(struct swap_frame, end_of_stack)) % 16 == 0,
	      "fiber_start() calls with the stack aligned to 16");

static void prepare(struct fiber *fiber, char *top)
{
	struct swap_frame *frame = (struct swap_frame *)top - 1;

	memset(frame, 0, sizeof(*frame));
	frame->rip = (u64)(uintptr_t)fiber_start;
	frame->rbx = (u64)(uintptr_t)fiber;
	fiber->sp = frame;
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	before_switch(from, to);
	fiber_swap(from, to);
	after_switch(from);
}

#endif

/* ---- making and freeing ---- */
/* The fiber itself lies above its stack: who is about to switch to it touches
 * the page that the switch needs. */
static struct fiber *map_stack(size_t stack_size, size_t colour)
{
	struct fiber *fiber;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = ALIGN(stack_size + STACK_COLOURS * STACK_COLOUR +
			    FIBER_ROOM, page) + page;
	char *base;

	base = mmap(NULL, size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
		    -1, 0);
	if (base == MAP_FAILED)
		die("mmap of a fiber's stack");
	if (mprotect(base, page, PROT_NONE))
		die("mprotect of a fiber's guard page");
#ifdef FIBER_ASAN
	/* An earlier fiber's frames may have lain here. */
	__asan_unpoison_memory_region(base + page, size - page);
#endif
	fiber = (struct fiber *)(base + size - FIBER_ROOM -
				 colour * STACK_COLOUR);
	fiber->mapping = base;
	fiber->mapping_size = size;
	fiber->low = base + page;
	fiber->high = (char *)fiber;
	return fiber;
}

struct fiber *fiber_create(size_t stack_size, void (*fn)(void *), void *arg)
{
	static unsigned nr_made;
	struct fiber *fiber;
	unsigned colour;

	colour = __atomic_fetch_add(&nr_made, 1, __ATOMIC_RELAXED) %
		 STACK_COLOURS;
	fiber = map_stack(stack_size, colour);
	fiber->fn = fn;
	fiber->arg = arg;
#ifdef FIBER_TSAN
	fiber->tsan = __tsan_create_fiber(0);
#endif
	prepare(fiber, fiber->high);
	return fiber;
}

struct fiber *fiber_adopt_thread(void)
{
	struct fiber *fiber = calloc(1, sizeof(*fiber));
	pthread_attr_t attr;
	void *low;
	size_t size;

	if (!fiber || pthread_getattr_np(pthread_self(), &attr))
		die("a thread's stack");
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	fiber->low = low;
	fiber->high = fiber->low + size;
#ifdef FIBER_TSAN
	fiber->tsan = __tsan_get_current_fiber();
#endif
	return fiber;
}

void fiber_destroy(struct fiber *fiber)
{
	if (fiber->mapping) {
#ifdef FIBER_TSAN
		__tsan_destroy_fiber(fiber->tsan);
#endif
		munmap(fiber->mapping, fiber->mapping_size);
	} else {
		free(fiber);
	}
}

int fiber_on_stack(const struct fiber *fiber, const void *p)
{
	return (const char *)p >= fiber->low && (const char *)p < fiber->high;
}

void fiber_stack_bounds(const struct fiber *fiber, char **low, char **high)
{
	*low = fiber->low;
	*high = fiber->high;
}
