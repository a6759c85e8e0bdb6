/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Geometry of caches (slub spec 2.1 to 2.4; mm/slub.c calculate_sizes(),
 * calculate_order(), set_cpu_partial(), 6.12): where the free pointer lies,
 * how many pages a slab has, how many slabs are kept. Pure functions.
 */
#include "mm/slab_def.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slab_wrong_align, "I15", "strides ignore the alignment");

/* Big machines get big slabs, so that lists are touched less often. */
unsigned slab_min_objects(unsigned nr_cpus)
{
	return 4 * (fls(nr_cpus) + 1);
}

unsigned slub_min_objects(void)
{
	return slab_min_objects(num_present_cpus());
}

unsigned slab_alignment(u32 flags, unsigned align, unsigned object_size)
{
	if (flags & SLAB_HWCACHE_ALIGN) {
		unsigned ralign = CACHELINE;

		while (object_size <= ralign / 2)
			ralign /= 2;
		align = max(align, ralign);
	}
	align = max_t(unsigned, align, ARCH_SLAB_MINALIGN);
	return ALIGN(align, ARCH_SLAB_MINALIGN);
}

unsigned kmalloc_alignment(unsigned size)
{
	return max_t(unsigned, size & -size, ARCH_SLAB_MINALIGN);
}

static unsigned order_objects(unsigned order, unsigned size)
{
	return (unsigned)((PAGE_SIZE << order) / size);
}

/* The least order from min_order on that wastes at most 1/fraction. */
static unsigned least_wasteful_order(unsigned size, unsigned min_order,
				     unsigned fraction)
{
	unsigned order;

	for (order = min_order; order <= SLUB_MAX_ORDER; order++) {
		u64 bytes = PAGE_SIZE << order;

		if (bytes % size <= bytes / fraction)
			break;
	}
	return order;
}

int slab_calculate_order(unsigned size, unsigned nr_cpus)
{
	unsigned max_objects = max(order_objects(SLUB_MAX_ORDER, size), 1u);
	unsigned min_objects = min(slab_min_objects(nr_cpus), max_objects);
	unsigned min_order = max_t(unsigned, SLUB_MIN_ORDER,
				   get_order((u64)min_objects * size));
	unsigned order;

	if (order_objects(min_order, size) > MAX_OBJS_PER_PAGE)
		return (int)get_order((u64)size * MAX_OBJS_PER_PAGE) - 1;
	for (unsigned fraction = 16; fraction > 1; fraction /= 2) {
		order = least_wasteful_order(size, min_order, fraction);
		if (order <= SLUB_MAX_ORDER)
			return (int)order;
	}
	order = get_order(size);
	return order <= MAX_PAGE_ORDER ? (int)order : -1;
}

unsigned slab_min_partial(unsigned size)
{
	return clamp_t(unsigned, ilog2(size) / 2, MIN_PARTIAL, MAX_PARTIAL);
}

unsigned slab_cpu_partial(unsigned size)
{
	if (size >= PAGE_SIZE)
		return 6;
	if (size >= 1024)
		return 24;
	return size >= 256 ? 52 : 120;
}

/* Slabs on a CPU's chain are taken to be half full. */
unsigned slab_cpu_partial_slabs(unsigned cpu_partial, unsigned objects)
{
	return DIV_ROUND_UP(cpu_partial * 2, objects);
}

static gfp_t slab_allocflags(u32 flags)
{
	gfp_t gfp = __GFP_COMP;

	if (flags & SLAB_CACHE_DMA)
		gfp |= GFP_DMA;
	if (flags & SLAB_CACHE_DMA32)
		gfp |= GFP_DMA32;
	if (flags & SLAB_RECLAIM_ACCOUNT)
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

/* It lies behind the object when what is in a free object must stay: what a
 * constructor has made, poison, what readers see; or when the object's end
 * does. */
static bool free_pointer_outside(unsigned object_size, u32 flags, bool has_ctor)
{
	if (has_ctor || (flags & (SLAB_POISON | SLAB_TYPESAFE_BY_RCU)))
		return true;
	return (flags & SLAB_RED_ZONE) &&
	       (object_size < sizeof(void *) || slub_debug_orig_size(flags));
}

/*
 * Where everything of one object is (spec 2.2): left red zone, object, right
 * red zone (a word at least) up to inuse, the free pointer if it is outside,
 * two tracks, the size asked for, padding. The free pointer is else in the
 * middle of the object, away from overruns of its neighbours.
 */
static void place_object(struct slab_layout *out, u32 flags, bool has_ctor)
{
	unsigned object_size = out->object_size;
	unsigned word = sizeof(void *), size = ALIGN(object_size, word);

	if ((flags & SLAB_RED_ZONE) && size == object_size)
		size += word;
	out->inuse = size;
	out->offset = ALIGN_DOWN(object_size / 2, word);
	if (free_pointer_outside(object_size, flags, has_ctor)) {
		out->offset = size;
		size += word;
	}
	if (flags & SLAB_STORE_USER)
		size += NR_TRACKS * sizeof(struct track);
	if ((flags & SLAB_STORE_USER) && (flags & SLAB_KMALLOC))
		size += word;
	out->red_left_pad = 0;
	if (flags & SLAB_RED_ZONE) {
		out->red_left_pad = ALIGN(word, out->align);
		size += word + out->red_left_pad;
	}
	if (!FAULT(slab_wrong_align))
		size = ALIGN(size, out->align);
	out->size = size;
}

int slab_calculate_layout(struct slab_layout *out, unsigned object_size,
			  unsigned align, u32 flags, bool has_ctor,
			  unsigned nr_cpus)
{
	unsigned size;
	int order;

	if (!object_size || object_size > UINT_MAX - PAGE_SIZE ||
	    (align & (align - 1)))
		return -EINVAL;
	out->object_size = object_size;
	out->align = slab_alignment(flags, align, object_size);
	place_object(out, flags, has_ctor);
	size = out->size;
	order = slab_calculate_order(size, nr_cpus);
	if (order < 0)
		return -EINVAL;
	out->oo.order = (unsigned)order;
	out->oo.objects = order_objects(out->oo.order, size);
	out->min.order = get_order(size);
	out->min.objects = order_objects(out->min.order, size);
	out->min_partial = slab_min_partial(size);
	out->cpu_partial = flags & SLAB_DEBUG_FLAGS ? 0 :
		slab_cpu_partial(size);
	out->cpu_partial_slabs = slab_cpu_partial_slabs(out->cpu_partial,
							out->oo.objects);
	out->allocflags = slab_allocflags(flags);
	return 0;
}
