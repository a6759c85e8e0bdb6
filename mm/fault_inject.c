/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * While nothing is to fail nobody asks: the tests of order and size that the
 * shortest ways begin with are against limits, which are 0 while something is.
 */
#include "mm/fault_inject.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab_def.h"

struct failslab failslab = FAILSLAB_INITIALIZER;
struct fail_page_alloc fail_page_alloc = FAIL_PAGE_ALLOC_INITIALIZER;
unsigned long page_alloc_odd_order = MAX_PAGE_ORDER + 1;
unsigned long kmalloc_odd_size = KMALLOC_MAX_CACHE_SIZE;
unsigned long injection_on;

/* Each CPU draws its own numbers: a run does not depend on who is first. */
static DEFINE_PER_CPU(u64, fault_random);
static u64 nr_asked[2];		/* atomics; by failslab and fail_page_alloc */

/* ---- setting up ---- */
static const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* A number, and behind it the given character; NULL if there is none. */
static const char *take_number(const char *p, char behind, long *out)
{
	bool minus, digits = false;
	long value = 0;

	p = skip_blanks(p);
	minus = *p == '-';
	if (minus || *p == '+')
		p++;
	for (; *p >= '0' && *p <= '9'; p++, digits = true)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return NULL;
	*out = minus ? -value : value;
	return digits && *p == behind ? p + 1 : NULL;
}

int setup_fault_attr(struct fault_attr *attr, const char *text)
{
	long numbers[4];
	const char *p = text;

	for (unsigned i = 0; i < 4 && p; i++)
		p = take_number(p, i < 3 ? ',' : '\0', &numbers[i]);
	if (!p || numbers[0] < 0 || numbers[1] < 0 ||
	    numbers[2] != (int)numbers[2] || numbers[3] != (int)numbers[3])
		return -EINVAL;
	attr->interval = (unsigned long)numbers[0];
	attr->probability = (unsigned long)numbers[1];
	attr->space = (int)numbers[2];
	attr->times = (int)numbers[3];
	return 0;
}

void injection_start(void)
{
	unsigned cpu;

	WRITE_ONCE(nr_asked[0], 0);
	WRITE_ONCE(nr_asked[1], 0);
	for_each_possible_cpu(cpu)
		per_cpu(fault_random, cpu) = machine_seed() * NR_CPUS_MAX +
					     cpu + 1;
	WRITE_ONCE(injection_on, failslab.attr.probability ||
		   fail_page_alloc.attr.probability);
	if (failslab.attr.probability)
		WRITE_ONCE(kmalloc_odd_size, 0);
	if (fail_page_alloc.attr.probability)
		WRITE_ONCE(page_alloc_odd_order, 0);
}

void injection_stop(void)
{
	WRITE_ONCE(injection_on, 0);
	WRITE_ONCE(kmalloc_odd_size, mm_config.random_kmalloc ? 0 :
		   KMALLOC_MAX_CACHE_SIZE);
	WRITE_ONCE(page_alloc_odd_order, MAX_PAGE_ORDER + 1);
}

/* ---- deciding ---- */
/* splitmix64 (S. Vigna). */
static unsigned random_below_100(void)
{
	u64 *state = this_cpu_ptr(&fault_random), x;

	*state += 0x9e3779b97f4a7c15;
	x = *state;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (unsigned)((x ^ x >> 31) % 100);
}

static void fail_dump(const struct fault_attr *attr, const char *name)
{
	if (!attr->verbose)
		return;
	printk("FAULT_INJECTION: forcing a failure.");
	printk("name %s, interval %lu, probability %lu, space %d, times %d",
	       name, attr->interval, attr->probability,
	       READ_ONCE(attr->space), READ_ONCE(attr->times));
	if (attr->verbose > 1)
		dump_stack();
}

/* One less, but never below 0. */
static void use_up(int *times)
{
	int left = READ_ONCE(*times);

	while (left > 0 && !try_cmpxchg(times, &left, left - 1))
		;
}

/* The kernel's order of conditions. */
static bool should_fail(struct fault_attr *attr, u64 *asked, const char *name,
			size_t size, gfp_t gfp)
{
	if (!attr->probability || !READ_ONCE(attr->times))
		return false;
	if (READ_ONCE(attr->space) > (long)size) {
		__atomic_fetch_sub(&attr->space, (int)size, __ATOMIC_RELAXED);
		return false;
	}
	if (attr->interval > 1 &&
	    __atomic_add_fetch(asked, 1, __ATOMIC_RELAXED) % attr->interval)
		return false;
	if (attr->probability <= random_below_100())
		return false;
	if (!(gfp & __GFP_NOWARN))
		fail_dump(attr, name);
	if (READ_ONCE(attr->times) != -1)
		use_up(&attr->times);
	return true;
}

bool should_failslab(const struct kmem_cache *s, gfp_t gfp)
{
	/* Never of the caches themselves. */
	if (s == kmem_cache || (gfp & __GFP_NOFAIL) ||
	    (failslab.ignore_gfp_wait && (gfp & __GFP_DIRECT_RECLAIM)) ||
	    (failslab.cache_filter && !(s->flags & SLAB_FAILSLAB)) ||
	    !should_fail(&failslab.attr, &nr_asked[0], "failslab",
			 READ_ONCE(s->lay.object_size), gfp))
		return false;
	count_vm_event(FAILSLAB);
	return true;
}

bool should_fail_alloc_page(gfp_t gfp, unsigned order)
{
	if (order < fail_page_alloc.min_order || (gfp & __GFP_NOFAIL) ||
	    (fail_page_alloc.ignore_gfp_highmem && (gfp & __GFP_HIGHMEM)) ||
	    (fail_page_alloc.ignore_gfp_wait &&
	     (gfp & __GFP_DIRECT_RECLAIM)) ||
	    !should_fail(&fail_page_alloc.attr, &nr_asked[1],
			 "fail_page_alloc", 1ul << order, gfp))
		return false;
	count_vm_event(FAIL_PAGE_ALLOC);
	return true;
}
