/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmalloc against user-space allocators: Debian's packages, loaded privately
 * so that this process keeps its own malloc. */
#include <dlfcn.h>
#include <stdio.h>

#include "mm/slab.h"
#include "tests/bench/bench.h"

#define PAIRS		20000
#define BATCHES_OBJECTS	20000
#define BATCH_MAX	1000
#define REMOTE_OBJECTS	20000
#define RING_SLOTS	256

enum { MIMALLOC, TCMALLOC, JEMALLOC, NR_LIBRARIES };

static struct library {
	const char	*soname, *malloc_name, *free_name;
	void		*(*malloc)(size_t size);	/* NULL: not there */
	void		(*free)(void *object);
} libraries[NR_LIBRARIES] = {
	[MIMALLOC] = { "libmimalloc.so.2", "mi_malloc", "mi_free" },
	[TCMALLOC] = { "libtcmalloc_minimal.so.4", "tc_malloc", "tc_free" },
	[JEMALLOC] = { "libjemalloc.so.2", "malloc", "free" },
};

/* The bulk calls, of the cache that kmalloc would take. */
static struct kmem_cache *bulk_caches[3];
static const unsigned bulk_sizes[] = { 8, 32, 128 };

void bench_slab_setup(void)
{
	for (unsigned i = 0; i < NR_LIBRARIES; i++) {
		struct library *lib = &libraries[i];
		void *so = dlopen(lib->soname, RTLD_NOW | RTLD_LOCAL);

		if (!so) {
			fprintf(stderr, "bench: %s\n", dlerror());
			continue;
		}
		*(void **)&lib->malloc = dlsym(so, lib->malloc_name);
		*(void **)&lib->free = dlsym(so, lib->free_name);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(bulk_sizes); i++) {
		bulk_caches[i] = kmem_cache_create("bench", bulk_sizes[i], 8,
						   SLAB_NO_MERGE, NULL);
		must(bulk_caches[i]);
	}
}

/* ---- the two ends, as one shape ---------------------------------------- */
static always_inline void *own_alloc(const struct library *lib, size_t size)
{
	return lib ? lib->malloc(size) : kmalloc(size, GFP_KERNEL);
}

static always_inline void own_free(const struct library *lib, void *object)
{
	if (lib)
		lib->free(object);
	else
		kfree(object);
}

/* arg: size, batch << 16 */
#define SIZE(arg)	((arg) & 0xffff)
#define BATCH(arg)	((arg) >> 16)
#define OF(size, batch)	((size) | (unsigned long)(batch) << 16)

static always_inline double pair(const struct library *lib, unsigned long arg)
{
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < PAIRS; i++) {
		void *object = own_alloc(lib, SIZE(arg));

		bench_keep(object);
		own_free(lib, object);
	}
	return (double)(sched_clock_ordered() - start) / PAIRS;
}

static always_inline double batch_into(const struct library *lib,
				       void **objects, unsigned long arg)
{
	unsigned n = BATCH(arg), rounds = BATCHES_OBJECTS / n;
	u64 start = sched_clock_ordered();

	for (unsigned round = 0; round < rounds; round++) {
		for (unsigned i = 0; i < n; i++)
			objects[i] = own_alloc(lib, SIZE(arg));
		bench_keep(objects);
		for (unsigned i = 0; i < n; i++)
			own_free(lib, objects[i]);
	}
	return (double)(sched_clock_ordered() - start) / (rounds * n);
}

static void *objects_of[2][BATCH_MAX] cacheline_aligned;

static always_inline double batch(const struct library *lib, unsigned long arg)
{
	return batch_into(lib, objects_of[0], arg);
}

/* One noinline function a library and shape, so that each gets the same code
 * around its calls. */
#define SHAPE(shape, name, lib) \
static noinline double name##_##shape(unsigned long arg) \
{ \
	return (lib) && !(lib)->malloc ? BENCH_MISSING : shape((lib), arg); \
}

static noinline double kmalloc_bulk(unsigned long arg)
{
	unsigned n = BATCH(arg), rounds = BATCHES_OBJECTS / n, i = 0;
	void **objects = objects_of[0];
	u64 start;

	while (bulk_sizes[i] != SIZE(arg))
		i++;
	start = sched_clock_ordered();
	for (unsigned round = 0; round < rounds; round++) {
		must(kmem_cache_alloc_bulk(bulk_caches[i], GFP_KERNEL, n,
					   objects) == n);
		bench_keep(objects);
		kmem_cache_free_bulk(bulk_caches[i], n, objects);
	}
	return (double)(sched_clock_ordered() - start) / (rounds * n);
}

#define NONE	((const struct library *)NULL)
SHAPE(pair, kmalloc, NONE)
SHAPE(pair, mimalloc, &libraries[MIMALLOC])
SHAPE(pair, tcmalloc, &libraries[TCMALLOC])
SHAPE(batch, kmalloc, NONE)
SHAPE(batch, mimalloc, &libraries[MIMALLOC])
SHAPE(batch, tcmalloc, &libraries[TCMALLOC])
SHAPE(batch, jemalloc, &libraries[JEMALLOC])

/* ---- two threads ------------------------------------------------------- */
static double pair_on(unsigned long arg, unsigned cpu)
{
	return kmalloc_pair(arg);
}

static double batch_on(unsigned long arg, unsigned cpu)
{
	return batch_into(NONE, objects_of[cpu], arg);
}

static double pair_both(unsigned long arg)
{
	return bench_both(pair_on, arg);
}

static double pair_each(unsigned long arg)
{
	return bench_each(pair_on, arg);
}

static double batch_each(unsigned long arg)
{
	return bench_each(batch_on, arg);
}

static double batch_both(unsigned long arg)
{
	return bench_both(batch_on, arg);
}

/* ---- allocated on CPU 0, freed on CPU 1 --------------------------------- */
static struct {
	u64	head cacheline_aligned;		/* written by the producer */
	u64	tail cacheline_aligned;		/* by the consumer */
	void	*slots[RING_SLOTS] cacheline_aligned;
} ring;

static void produce(const struct library *lib, size_t size)
{
	u64 tail = 0;

	for (u64 i = 0; i < REMOTE_OBJECTS; i++) {
		while (i - tail == RING_SLOTS)
			tail = smp_load_acquire(&ring.tail);
		ring.slots[i % RING_SLOTS] = own_alloc(lib, size);
		if (i % 16 == 15)
			smp_store_release(&ring.head, i + 1);
	}
	smp_store_release(&ring.head, REMOTE_OBJECTS);
}

static void consume(const struct library *lib)
{
	u64 head = 0;

	for (u64 i = 0; i < REMOTE_OBJECTS; i++) {
		while (i == head)
			head = smp_load_acquire(&ring.head);
		own_free(lib, ring.slots[i % RING_SLOTS]);
		if (i % 16 == 15)
			smp_store_release(&ring.tail, i + 1);
	}
	smp_store_release(&ring.tail, REMOTE_OBJECTS);
}

static const struct library *remote_library;

static double remote_on(unsigned long arg, unsigned cpu)
{
	u64 start = sched_clock_ordered();

	if (cpu == 0)
		produce(remote_library, SIZE(arg));
	else
		consume(remote_library);
	return (double)(sched_clock_ordered() - start) / REMOTE_OBJECTS;
}

static double remote(const struct library *lib, unsigned long arg)
{
	if (lib && !lib->malloc)
		return BENCH_MISSING;
	ring.head = ring.tail = 0;
	remote_library = lib;
	return bench_both(remote_on, arg);
}

static double kmalloc_remote(unsigned long arg)
{
	return remote(NULL, arg);
}

static double mimalloc_remote(unsigned long arg)
{
	return remote(&libraries[MIMALLOC], arg);
}

/* ---- goals ------------------------------------------------------------- */
#define PAIR_GOAL(size, most) \
	{ "kmalloc+kfree pair, one thread", "pair " #size, \
	  { "kmalloc", kmalloc_pair, size }, \
	  { { "mimalloc", mimalloc_pair, size } }, most }
#define PAIR_AIM(size) \
	{ "kmalloc+kfree pair, one thread", "pair " #size ", the aim", \
	  { "kmalloc", kmalloc_pair, size }, \
	  { { "tcmalloc", tcmalloc_pair, size } }, 0 }
#define BATCH_GOAL(size, n, most) \
	{ "batches, allocated and freed in order with kfree", \
	  "batch of " #n ", " #size, \
	  { "kmalloc", kmalloc_batch, OF(size, n) }, \
	  { { "mimalloc", mimalloc_batch, OF(size, n) }, \
	    { "tcmalloc", tcmalloc_batch, OF(size, n) }, \
	    { "jemalloc", jemalloc_batch, OF(size, n) } }, most }
#define BULK_GOAL(size, n) \
	{ "batches by the bulk calls", "batch of " #n ", " #size, \
	  { "bulk", kmalloc_bulk, OF(size, n) }, \
	  { { "mimalloc", mimalloc_batch, OF(size, n) }, \
	    { "tcmalloc", tcmalloc_batch, OF(size, n) }, \
	    { "jemalloc", jemalloc_batch, OF(size, n) } }, 1.0 }
#define TWO_PAIR(size) \
	{ "two threads, each", "pair " #size, \
	  { "two", pair_both, size }, \
	  { { "one thread", pair_each, size } }, 1.1, .two_cpus = true }
#define TWO_BATCH(size, n) \
	{ "two threads, each", "batch of " #n ", " #size, \
	  { "two", batch_both, OF(size, n) }, \
	  { { "one thread", batch_each, OF(size, n) } }, 1.1, \
	  .two_cpus = true }
#define REMOTE_GOAL(size) \
	{ "allocated on CPU 0, freed on CPU 1", "remote free, " #size, \
	  { "kmalloc", kmalloc_remote, size }, \
	  { { "mimalloc", mimalloc_remote, size } }, 1.0, .two_cpus = true }

const struct bench_goal bench_slab_goals[] = {
	PAIR_GOAL(8, 1.0), PAIR_GOAL(16, 1.0), PAIR_GOAL(32, 1.0),
	PAIR_GOAL(64, 1.0), PAIR_GOAL(96, 1.0), PAIR_GOAL(128, 1.0),
	PAIR_GOAL(192, 1.0), PAIR_GOAL(256, 1.0), PAIR_GOAL(512, 1.0),
	PAIR_GOAL(1024, 1.0), PAIR_GOAL(2048, 0.6), PAIR_GOAL(4096, 0.6),
	PAIR_GOAL(8192, 0.6),
	PAIR_AIM(8), PAIR_AIM(64), PAIR_AIM(1024), PAIR_AIM(8192),
	BATCH_GOAL(8, 32, 2.0), BATCH_GOAL(32, 32, 2.0),
	BATCH_GOAL(128, 32, 2.0), BATCH_GOAL(8, 1000, 2.0),
	BATCH_GOAL(32, 1000, 2.0), BATCH_GOAL(128, 1000, 2.0),
	BATCH_GOAL(1024, 32, 0), BATCH_GOAL(8192, 32, 0),
	BULK_GOAL(8, 32), BULK_GOAL(32, 32), BULK_GOAL(128, 32),
	BULK_GOAL(8, 1000), BULK_GOAL(32, 1000), BULK_GOAL(128, 1000),
	TWO_PAIR(8), TWO_PAIR(64), TWO_PAIR(1024), TWO_PAIR(8192),
	TWO_BATCH(8, 32), TWO_BATCH(128, 32), TWO_BATCH(128, 1000),
	REMOTE_GOAL(64), REMOTE_GOAL(256), REMOTE_GOAL(1024),
	{ 0 },
};
