/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc: size classes in front of caches, the page allocator above 8 KiB
 * (slub spec 1.1 to 1.4; mm/slab_common.c and mm/slub.c, 6.12).
 */
#include "mm/bug.h"
#include "mm/fault_inject.h"
#include "mm/mm.h"
#include "mm/slub_debug.h"
#include "mm/slub_fast.h"
#include "mm/trace_slab.h"

DEFINE_FAULT(kmalloc_small_class, "I15", "kmalloc takes the class below");

enum kmalloc_cache_type {
	KMALLOC_NORMAL,
	KMALLOC_RECLAIM,
	KMALLOC_DMA,
	KMALLOC_CGROUP,		/* accounted, though nobody is charged */
	NR_KMALLOC_TYPES,
};

#define NR_KMALLOC_CLASSES	14	/* index 0 unused; 1: 96, 2: 192 */

/* Names and sizes by index; fls(size - 1) above 192. */
static const struct kmalloc_info {
	const char	*name[NR_KMALLOC_TYPES];
	unsigned	size;
} kmalloc_info[NR_KMALLOC_CLASSES] = {
#define CLASS(index, bytes, short_size) \
	[index] = { { "kmalloc-" short_size, "kmalloc-rcl-" short_size, \
		      "dma-kmalloc-" short_size, \
		      "kmalloc-cg-" short_size }, bytes }
	CLASS(1, 96, "96"),	CLASS(2, 192, "192"),
	CLASS(3, 8, "8"),	CLASS(4, 16, "16"),
	CLASS(5, 32, "32"),	CLASS(6, 64, "64"),
	CLASS(7, 128, "128"),	CLASS(8, 256, "256"),
	CLASS(9, 512, "512"),	CLASS(10, 1024, "1k"),
	CLASS(11, 2048, "2k"),	CLASS(12, 4096, "4k"),
	CLASS(13, 8192, "8k"),
#undef CLASS
};

/* Index of the class for 1 to 192 bytes, by (size - 1) / 8. */
static const u8 kmalloc_size_index[24] = {
	3, 4, 5, 5, 6, 6, 6, 6, 1, 1, 1, 1,
	7, 7, 7, 7, 2, 2, 2, 2, 2, 2, 2, 2,
};

/*
 * Copies of the normal caches (CONFIG_RANDOM_KMALLOC_CACHES): which of them, or
 * the normal one, a call gets is a hash of where it is made and of a number
 * drawn at boot, so that a freed object is seldom another caller's next.
 */
#define RANDOM_KMALLOC_CACHES_NR	15
#define GOLDEN_RATIO_64		0x61c8864680b583ebull

static u64 random_kmalloc_seed;
static struct kmem_cache *
kmalloc_copies[RANDOM_KMALLOC_CACHES_NR][NR_KMALLOC_CLASSES];

/* Fixed after boot. */
static struct kmem_cache *
kmalloc_caches[NR_KMALLOC_TYPES][NR_KMALLOC_CLASSES] cacheline_aligned;

static always_inline unsigned kmalloc_index(size_t size)
{
	if (size <= 192)
		return kmalloc_size_index[(size - 1) / 8];
	return fls(size - 1);
}

/* Which family flags that are not of the normal one ask for (spec 1.2). */
static noinline enum kmalloc_cache_type kmalloc_type(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return KMALLOC_DMA;
	return gfp & __GFP_RECLAIMABLE ? KMALLOC_RECLAIM : KMALLOC_CGROUP;
}

static always_inline struct kmem_cache *kmalloc_cache(unsigned index, gfp_t gfp)
{
	if (likely(!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT))))
		return kmalloc_caches[KMALLOC_NORMAL][index];
	return kmalloc_caches[kmalloc_type(gfp)][index];
}

/* A power-of-two block of pages. NULL above 4 MiB, with a warning. */
static noinline void *kmalloc_large(size_t size, gfp_t gfp, int node)
{
	unsigned order = get_order(size);
	struct page *page;

	if (gfp & GFP_SLAB_BUG_MASK)
		gfp = kmalloc_fix_flags(gfp);
	page = alloc_pages_node(node, gfp | __GFP_COMP, order);
	if (!page)
		return NULL;
	page->type = PAGE_TYPE_LARGE_KMALLOC;
	mod_node_page_state(page, NR_LARGE_KMALLOC, 1l << order);
	return page_address(page);
}

/* The cache of a class for a call from caller. */
static struct kmem_cache *kmalloc_cache_for(unsigned index, gfp_t gfp,
					    unsigned long caller)
{
	struct kmem_cache *s = kmalloc_cache(index, gfp);
	unsigned copy;

	if (!mm_config.random_kmalloc ||
	    s != kmalloc_caches[KMALLOC_NORMAL][index])
		return s;
	copy = (unsigned)((caller ^ random_kmalloc_seed) * GOLDEN_RATIO_64 >>
			  60);
	return copy ? kmalloc_copies[copy - 1][index] : s;
}

/* No size of a class, perhaps to fail, or there are copies to choose from. */
static noinline void *kmalloc_odd(size_t size, gfp_t gfp, int node,
				  unsigned long caller)
{
	struct kmem_cache *s;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_large(size, gfp, node);
	s = kmalloc_cache_for(kmalloc_index(size), gfp, caller);
	if (!might_alloc(gfp) || should_failslab(s, gfp))
		return NULL;
	return slab_alloc_node(s, gfp, node, size, caller);
}

static always_inline void *kmalloc_any(size_t size, gfp_t gfp, int node,
				       unsigned long addr)
{
	unsigned index;

	/* One test of the common case: 0 wraps round. */
	if (unlikely(size - 1 >= machine_option(kmalloc_odd_size)))
		return kmalloc_odd(size, gfp, node, CALLER(addr));
	index = kmalloc_index(size);
	if (FAULT(kmalloc_small_class) && index > 3)
		index--;
	return slab_alloc_node(kmalloc_cache(index, gfp), gfp, node, size,
			       addr);
}

/* What debugging keeps behind the object must stay. */
static size_t slab_ksize(const struct kmem_cache *s)
{
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON))
		return slab_object_size(s);
	return s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER) ?
		slab_inuse(s) : s->lay.size;
}

static size_t room_of(const void *object)
{
	struct page *page;

	if (ZERO_OR_NULL_PTR(object))
		return 0;
	page = virt_to_head_page(object);
	if (page->type != PAGE_TYPE_SLAB)
		return PAGE_SIZE << page->order;
	return slab_ksize(page_slab(page)->slab_cache);
}

static always_inline void *kmalloc_checked(size_t size, gfp_t gfp, int node,
					   unsigned long addr)
{
	void *object = kmalloc_any(size, gfp, node, addr);

	slab_check("I15", !object || size == 0 || room_of(object) >= size,
		   "kmalloc(%zu) gave %zu bytes", size, room_of(object));
	return object;
}

static noinline void *kmalloc_traced(size_t size, gfp_t gfp, int node,
				     unsigned long caller)
{
	void *object = kmalloc_checked(size, gfp, node, caller);

	if (likely(size))
		trace_kmalloc(caller, object, size, gfp, node);
	if (machine_notes_allocs())
		machine_note_alloc(object, size, caller);
	return object;
}

static noinline void *kmalloc_any_call(size_t size, gfp_t gfp, int node,
				       unsigned long caller)
{
	return kmalloc_checked(size, gfp, node, caller);
}

/* Nothing to be done but to take an object, where that is known at once. */
static always_inline bool is_plain_call(size_t size, gfp_t gfp)
{
	gfp_t special = __GFP_ZERO | __GFP_DMA | __GFP_RECLAIMABLE |
			__GFP_ACCOUNT;

	return !CHECKS_BUILT && size - 1 < machine_option(kmalloc_odd_size) &&
	       !(gfp & special) &&
	       (!(gfp & __GFP_DIRECT_RECLAIM) ||
		(INLINE_MAY_SLEEP && cpu_may_sleep(this_cpu())));
}

/* Of all calls from here the plain one is none: it saves no register. */
static always_inline void *kmalloc_call(size_t size, gfp_t gfp, int node)
{
	if (trace_wanted())
		return kmalloc_traced(size, gfp, node, _RET_IP_);
	if (unlikely(!is_plain_call(size, gfp)))
		return kmalloc_any_call(size, gfp, node, _RET_IP_);
	return slub_alloc(kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(size)],
			  gfp, node, size, 0);
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	return kmalloc_call(size, gfp, NUMA_NO_NODE);
}

void *__kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return kmalloc_call(size, gfp, node);
}

/* Before 7.0 any page was taken for a large block; one page with a warning. */
static void warn_single_page(const void *object)
{
	static bool warned;

	if (xchg(&warned, true))
		return;
	KERNEL_WARN("free_large_kmalloc");
	printk("object pointer: 0x%lx", machine_print_address(object));
}

noinline void free_large_kmalloc(struct page *page, const void *object)
{
	unsigned order = page->order;

	if (page->type == PAGE_TYPE_LARGE_KMALLOC) {
		page->type = PAGE_TYPE_NONE;
	} else if (mm_since(KERNEL_VERSION(7, 0))) {
		kernel_bug("Not a kmalloc allocation, object pointer: 0x%lx",
			   machine_print_address(object));
		dump_stack();
		return;
	}
	if (unlikely(!order))
		warn_single_page(object);
	mod_node_page_state(page, NR_LARGE_KMALLOC, -(1l << order));
	__free_pages(page, order);
}

/* An address that no page stands for would fault in the kernel, too. */
static noinline bool kfree_can_look(const void *object)
{
	bool ok = virt_to_pfn(object) < max_pfn;

	if (!ok)
		kernel_bug("BUG: unable to handle page fault for address: "
			   "0x%lx", machine_print_address(object));
	return ok;
}

static always_inline void kfree_any(const void *object, unsigned long addr)
{
	struct page *page;

	if (unlikely(ZERO_OR_NULL_PTR(object)))
		return;
	if (!checked_ok(kfree_can_look(object)))
		return;
	page = virt_to_head_page(object);
	if (unlikely(page->type != PAGE_TYPE_SLAB)) {
		free_large_kmalloc(page, object);
		return;
	}
	slab_free(page_slab(page)->slab_cache, page_slab(page), (void *)object,
		  addr);
}

static noinline void kfree_traced(const void *object, unsigned long caller)
{
	trace_kfree(caller, object);
	kfree_any(object, caller);
}

void kfree(const void *object)
{
	if (trace_wanted())
		kfree_traced(object, _RET_IP_);
	else
		kfree_any(object, 0);
}

size_t ksize(const void *object)
{
	struct page *page;

	/* Who asks may use it: no red zone within the object any more. */
	if (!ZERO_OR_NULL_PTR(object)) {
		page = virt_to_head_page(object);
		if (page->type == PAGE_TYPE_SLAB)
			set_orig_size(page_slab(page)->slab_cache,
				      (void *)object, 0);
	}
	return room_of(object);
}

size_t kmalloc_size_roundup(size_t size)
{
	if (!size)
		return 0;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmalloc_info[kmalloc_index(size)].size;
	if (size <= KMALLOC_MAX_SIZE)
		return PAGE_SIZE << get_order(size);
	return size;
}

/* Accounted and other objects do not share slabs. */
static u32 kmalloc_flags(enum kmalloc_cache_type type)
{
	static const u32 flags[NR_KMALLOC_TYPES] = {
		[KMALLOC_RECLAIM]	= SLAB_RECLAIM_ACCOUNT,
		[KMALLOC_DMA]		= SLAB_CACHE_DMA,
		[KMALLOC_CGROUP]	= SLAB_ACCOUNT,
	};

	if (type == KMALLOC_NORMAL && !mm_config.no_memcg)
		return SLAB_NO_MERGE;
	return flags[type];
}

static struct kmem_cache *new_kmalloc_cache(enum kmalloc_cache_type type,
					    unsigned index)
{
	if (type == KMALLOC_CGROUP && mm_config.no_memcg)
		return kmalloc_caches[KMALLOC_NORMAL][index];
	return slab_create_kmalloc_cache(kmalloc_info[index].name[type],
					 kmalloc_info[index].size,
					 kmalloc_flags(type));
}

/* "kmalloc-rnd-01-64" of "kmalloc-64"; kept. */
static const char *copy_name(unsigned copy, unsigned index)
{
	static char names[RANDOM_KMALLOC_CACHES_NR][NR_KMALLOC_CLASSES][24];
	char *name = names[copy - 1][index], *at = name;
	const char *short_size = kmalloc_info[index].name[KMALLOC_NORMAL] + 8;

	for (const char *p = "kmalloc-rnd-"; *p; p++)
		*at++ = *p;
	*at++ = (char)('0' + copy / 10);
	*at++ = (char)('0' + copy % 10);
	*at++ = '-';
	while ((*at++ = *short_size++))
		;
	return name;
}

static void create_copies(void)
{
	random_kmalloc_seed = machine_seed() * GOLDEN_RATIO_64;
	for (unsigned copy = 1; copy <= RANDOM_KMALLOC_CACHES_NR; copy++)
		for (unsigned i = 1; i < NR_KMALLOC_CLASSES; i++)
			kmalloc_copies[copy - 1][i] = slab_create_kmalloc_cache(
				copy_name(copy, i), kmalloc_info[i].size,
				SLAB_NO_MERGE);
}

void create_kmalloc_caches(void)
{
	for (unsigned type = 0; type < NR_KMALLOC_TYPES; type++) {
		for (unsigned i = 1; i < NR_KMALLOC_CLASSES; i++)
			kmalloc_caches[type][i] = new_kmalloc_cache(type, i);
		if (type == KMALLOC_NORMAL && mm_config.random_kmalloc)
			create_copies();
	}
	injection_stop();	/* from here on copies are looked at */
}
