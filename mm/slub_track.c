/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who allocated an object and who freed it last (SLAB_STORE_USER, slub spec
 * 2.2, 2.6; mm/slub.c struct track, lib/stackdepot.c, 6.12). Two tracks lie
 * behind an object; behind them, in kmalloc caches, the size asked for.
 *
 * A stack is kept once, in a depot of fixed size, and told by its number. It
 * begins with the allocator's caller. When the depot is full a track goes
 * without, as in the kernel.
 */
#include "mm/slub_debug.h"

#define JIFFY_NS		4000000	/* HZ=250 */
#define TRACK_ADDRS_COUNT	16
/* Frames above the caller that the allocator may have on the stack. */
#define ALLOCATOR_FRAMES	16

#define DEPOT_STACKS		4096
#define DEPOT_BUCKETS		1024

struct depot_stack {
	u32		next;		/* handle, of the same bucket */
	u32		nr;
	unsigned long	ips[TRACK_ADDRS_COUNT];
};

/* A handle is an index + 1. */
static struct depot_stack depot[DEPOT_STACKS];
static u32 depot_lock;
/* Under depot_lock: */
static u32 depot_buckets[DEPOT_BUCKETS];
static u32 nr_stacks;

/* ---- the depot ---- */
static u32 bucket_of(const unsigned long *ips, u32 nr)
{
	u64 hash = nr;

	for (u32 i = 0; i < nr; i++)
		hash = (hash ^ ips[i]) * 0x9e3779b97f4a7c15ull;
	return (u32)(hash >> 32) % DEPOT_BUCKETS;
}

static bool same_stack(const struct depot_stack *stack,
		       const unsigned long *ips, u32 nr)
{
	if (stack->nr != nr)
		return false;
	for (u32 i = 0; i < nr; i++)
		if (stack->ips[i] != ips[i])
			return false;
	return true;
}

static u32 add_stack_locked(u32 *bucket, const unsigned long *ips, u32 nr)
{
	struct depot_stack *stack;

	if (nr_stacks == DEPOT_STACKS)
		return 0;
	stack = &depot[nr_stacks];
	stack->nr = nr;
	for (u32 i = 0; i < nr; i++)
		stack->ips[i] = ips[i];
	stack->next = *bucket;
	*bucket = nr_stacks + 1;
	/* Who prints a track looks without the lock. */
	WRITE_ONCE(nr_stacks, nr_stacks + 1);
	return nr_stacks;
}

/* Nobody holding the lock waits: interrupts may stay on. */
static u32 stack_depot_save(const unsigned long *ips, u32 nr)
{
	u32 *bucket = &depot_buckets[bucket_of(ips, nr)];
	u32 handle;

	while (xchg(&depot_lock, 1))
		cpu_relax();
	for (handle = *bucket; handle; handle = depot[handle - 1].next)
		if (same_stack(&depot[handle - 1], ips, nr))
			break;
	if (!handle)
		handle = add_stack_locked(bucket, ips, nr);
	smp_store_release(&depot_lock, 0);
	return handle;
}

static u32 save_stack(unsigned long addr)
{
	unsigned long ips[ALLOCATOR_FRAMES + TRACK_ADDRS_COUNT];
	unsigned nr, first = 0;

	nr = stack_trace_save(ips, ARRAY_SIZE(ips), 0);
	for (unsigned i = 0; i < nr && !first; i++)
		if (ips[i] == addr)
			first = i;
	return nr ? stack_depot_save(ips + first,
				     min_t(u32, nr - first, TRACK_ADDRS_COUNT))
		  : 0;
}

/* ---- tracks ---- */
static unsigned end_of_pointer(const struct kmem_cache *s)
{
	if (freeptr_outside_object(s))
		return slab_inuse(s) + (unsigned)sizeof(void *);
	return slab_inuse(s);
}

static struct track *get_track(const struct kmem_cache *s, const void *object,
			       enum track_item which)
{
	char *tracks = (char *)object + end_of_pointer(s);

	return (struct track *)tracks + which;
}

static u64 *orig_size_slot(const struct kmem_cache *s, const void *object)
{
	return (u64 *)get_track(s, object, NR_TRACKS);
}

unsigned slub_info_end(const struct kmem_cache *s)
{
	unsigned end = end_of_pointer(s);

	if (s->flags & SLAB_STORE_USER)
		end += NR_TRACKS * sizeof(struct track);
	if (slub_debug_orig_size(s->flags))
		end += sizeof(u64);
	return end;
}

void init_tracking(struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_STORE_USER)
		machine_memset(get_track(s, object, TRACK_ALLOC), 0,
			       NR_TRACKS * sizeof(struct track));
}

void set_track(struct kmem_cache *s, void *object, enum track_item which,
	       unsigned long addr)
{
	struct track *track;
	u32 handle;

	if (!(s->flags & SLAB_STORE_USER))
		return;
	machine_quiet_begin();
	handle = save_stack(addr);
	machine_quiet_end();
	track = get_track(s, object, which);
	track->addr = addr;
	track->handle = handle;
	track->cpu = smp_processor_id();
	track->pid = current->pid;
	track->when = sched_clock() / JIFFY_NS;
}

void set_orig_size(struct kmem_cache *s, void *object, unsigned orig_size)
{
	if (slub_debug_orig_size(s->flags))
		*orig_size_slot(s, object) = orig_size ? orig_size :
			slab_object_size(s);
}

unsigned get_orig_size(const struct kmem_cache *s, const void *object)
{
	return slub_debug_orig_size(s->flags) ?
		(unsigned)*orig_size_slot(s, object) :
		slab_object_size(s);
}

/* ---- printing ---- */
static void print_stack(u32 handle)
{
	char text[KSYM_SYMBOL_LEN];

	if (!handle) {
		printk("object allocation/free stack trace missing");
		return;
	}
	for (u32 i = 0; i < depot[handle - 1].nr; i++)
		printk(" %s", symbol_print(text, depot[handle - 1].ips[i]));
}

static void print_track(const char *done, const struct track *track)
{
	char text[KSYM_SYMBOL_LEN];

	if (!track->addr)
		return;
	printk("%s in %s age=%lu cpu=%u pid=%d", done,
	       symbol_print(text, track->addr),
	       (unsigned long)(sched_clock() / JIFFY_NS - track->when),
	       track->cpu, track->pid);
	/* A wild write may have hit the track, too. */
	print_stack(track->handle <= READ_ONCE(nr_stacks) ? track->handle : 0);
}

void print_tracking(const struct kmem_cache *s, const void *object)
{
	if (!(s->flags & SLAB_STORE_USER))
		return;
	print_track("Allocated", get_track(s, object, TRACK_ALLOC));
	print_track("Freed", get_track(s, object, TRACK_FREE));
}
