/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asked about a few addresses when a run is over: searches, keeps nothing. An
 * object of a slab is named by its cache and, where a cache is of one
 * structure, by that structure's field.
 */
#include "mm/whatis.h"
#include "mm/mmzone.h"
#include "mm/slab_def.h"
#include "mm/vmap.h"
#include "mm/vmap_block_def.h"

#define FIELD(member)	ADDRESS_FIELD(struct STRUCT, member)
#define ARRAY(member)	ADDRESS_ARRAY(struct STRUCT, member)

static size_t distance(const void *p, const void *start)
{
	return (size_t)((const char *)p - (const char *)start);
}

static bool lies_in(const void *p, const void *start, size_t size)
{
	return distance(p, start) < size;
}

/* ---- nodes and zones ---- */
#define STRUCT zone
static const struct address_field zone_fields[] = {
	ARRAY(watermark), FIELD(watermark_boost), ARRAY(lowmem_reserve),
	FIELD(pageset), FIELD(zonestat), FIELD(pageblock_flags),
	FIELD(start_pfn), FIELD(spanned_pages), FIELD(managed_pages),
	FIELD(percpu_drift_mark), FIELD(name), FIELD(pgdat), FIELD(node),
	FIELD(idx), FIELD(nr_reserved_highatomic), FIELD(nr_free_highatomic),
	FIELD(first_deferred_pfn), FIELD(end_deferred_pfn), ARRAY(free_area),
	FIELD(flags), FIELD(lock), FIELD(free_pages),
};
#undef STRUCT

#define STRUCT pglist_data
static const struct address_field pglist_fields[] = {
	ARRAY(node_zonelists), FIELD(node_id), FIELD(nr_cpus), FIELD(kswapd),
	FIELD(memory_end_pfn),
};
#undef STRUCT

#define STRUCT per_cpu_pages
static const struct address_field pcp_fields[] = {
	FIELD(lock), FIELD(count), FIELD(high), FIELD(high_min),
	FIELD(high_max), FIELD(batch), FIELD(flags), FIELD(alloc_factor),
	FIELD(free_count), ARRAY(lists),
};
#undef STRUCT

#define STRUCT per_cpu_zonestat
static const struct address_field zonestat_fields[] = {
	FIELD(free_pages_diff), FIELD(stat_threshold),
};
#undef STRUCT

static bool name_node(const void *p, struct address_name *name)
{
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++) {
		const struct pglist_data *pgdat = NODE_DATA(nid);
		size_t at = distance(p, pgdat);

		if (at >= sizeof(*pgdat))
			continue;
		if (at < sizeof(pgdat->node_zones)) {
			const struct zone *zone =
				&pgdat->node_zones[at / sizeof(*zone)];

			address_object_is(name, "struct zone %s of node %u",
					  zone->name, nid);
			address_field_is(name, zone_fields,
					 ARRAY_SIZE(zone_fields),
					 at % sizeof(*zone));
			return true;
		}
		address_object_is(name, "struct pglist_data of node %u", nid);
		address_field_is(name, pglist_fields,
				 ARRAY_SIZE(pglist_fields), at);
		return true;
	}
	return false;
}

/* ptr: a per-CPU pointer into the unit of cpu. */
static bool name_zone_percpu(const char *ptr, int cpu,
			     struct address_name *name)
{
	const struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i) {
		if (lies_in(ptr, zone->pageset, sizeof(*zone->pageset))) {
			address_object_is(name, "struct per_cpu_pages of zone "
					  "%s, node %u, CPU %d", zone->name,
					  zone->node, cpu);
			address_field_is(name, pcp_fields,
					 ARRAY_SIZE(pcp_fields),
					 distance(ptr, zone->pageset));
			return true;
		}
		if (!lies_in(ptr, zone->zonestat, sizeof(*zone->zonestat)))
			continue;
		address_object_is(name, "struct per_cpu_zonestat of zone %s, "
				  "node %u, CPU %d", zone->name, zone->node,
				  cpu);
		address_field_is(name, zonestat_fields,
				 ARRAY_SIZE(zonestat_fields),
				 distance(ptr, zone->zonestat));
		return true;
	}
	return false;
}

static bool name_pageblock_flags(const void *p, struct address_name *name)
{
	const struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i) {
		u64 last = pageblock_nr(zone, zone->start_pfn +
					zone->spanned_pages - 1);
		size_t size = (last / PAGEBLOCKS_PER_WORD + 1) * sizeof(u64);

		if (!lies_in(p, zone->pageblock_flags, size))
			continue;
		address_object_is(name, "pageblock_flags of zone %s, node %u",
				  zone->name, zone->node);
		address_offset_is(name, distance(p, zone->pageblock_flags));
		return true;
	}
	return false;
}

/* ---- slab caches ---- */
#define STRUCT kmem_cache_cpu
static const struct address_field cpu_slab_fields[] = {
	FIELD(freelist), FIELD(tid), FIELD(slab), FIELD(partial), ARRAY(stat),
};
#undef STRUCT

#define STRUCT kmem_cache_node
static const struct address_field cache_node_fields[] = {
	FIELD(list_lock), FIELD(nr_partial), FIELD(partial), FIELD(nr_slabs),
	FIELD(total_objects), FIELD(full),
};
#undef STRUCT

#define STRUCT kmem_cache
static const struct address_field cache_fields[] = {
	FIELD(cpu_slab), FIELD(lay), FIELD(flags),
	FIELD(remote_node_defrag_ratio), FIELD(ctor), FIELD(name),
	FIELD(refcount), FIELD(list), FIELD(nr_uncounted), ARRAY(node),
};
#undef STRUCT

#define STRUCT vmap_area
static const struct address_field vmap_area_fields[] = {
	FIELD(va_start), FIELD(va_end), FIELD(rb_node), FIELD(list),
	FIELD(subtree_max_size), FIELD(flags),
};
#undef STRUCT

#define for_each_cache(s) list_for_each_entry(s, &slab_caches, list)

static bool name_cpu_slab(const char *ptr, int cpu, struct address_name *name)
{
	const struct kmem_cache *s;

	for_each_cache(s) {
		if (!lies_in(ptr, s->cpu_slab, sizeof(*s->cpu_slab)))
			continue;
		address_object_is(name, "struct kmem_cache_cpu of %s, CPU %d",
				  s->name, cpu);
		address_field_is(name, cpu_slab_fields,
				 ARRAY_SIZE(cpu_slab_fields),
				 distance(ptr, s->cpu_slab));
		return true;
	}
	return false;
}

/* Of the caches whose objects are the allocator's own. */
static bool name_cache_object(const void *object, size_t at,
			      struct address_name *name)
{
	const struct kmem_cache *s;

	for_each_cache(s) {
		if (object == s) {
			address_object_is(name, "struct kmem_cache of %s",
					  s->name);
			address_field_is(name, cache_fields,
					 ARRAY_SIZE(cache_fields), at);
			return true;
		}
		for (unsigned nid = 0; nid < machine_nr_nodes; nid++) {
			if (object != s->node[nid])
				continue;
			address_object_is(name, "struct kmem_cache_node of %s, "
					  "node %u", s->name, nid);
			address_field_is(name, cache_node_fields,
					 ARRAY_SIZE(cache_node_fields), at);
			return true;
		}
	}
	return false;
}

static void name_slab_object(const struct slab *slab, const void *p,
			     struct address_name *name)
{
	const struct kmem_cache *s = slab->slab_cache;
	size_t at = distance(p, slab_address(slab));
	const char *object = slab_address(slab) + at / s->lay.size *
			     s->lay.size;

	at %= s->lay.size;
	if (name_cache_object(object, at, name))
		return;
	address_object_is(name, "object of cache %s at 0x%lx", s->name,
			  machine_print_address(object));
	if (vmap_area_is_of(s))
		address_field_is(name, vmap_area_fields,
				 ARRAY_SIZE(vmap_area_fields), at);
	else
		address_offset_is(name, at);
}

/* ---- vm_map_ram's blocks ---- */
#define STRUCT vmap_block_queue
static const struct address_field block_queue_fields[] = {
	FIELD(lock), FIELD(free), FIELD(vmap_blocks),
};
#undef STRUCT

static bool name_block_queue(const char *ptr, int cpu,
			     struct address_name *name)
{
	if (!lies_in(ptr, &vmap_block_queue, sizeof(vmap_block_queue)))
		return false;
	address_object_is(name, "struct vmap_block_queue of CPU %d", cpu);
	address_field_is(name, block_queue_fields,
			 ARRAY_SIZE(block_queue_fields),
			 distance(ptr, &vmap_block_queue));
	return true;
}

/* ---- pages ---- */
#define STRUCT page
static const struct address_field page_fields[] = {
	FIELD(flags), FIELD(order), FIELD(migratetype), FIELD(type),
	FIELD(converted), FIELD(lru), FIELD(compound_head), FIELD(private),
	FIELD(index), FIELD(_refcount), FIELD(buddy), FIELD(shadow),
};
#undef STRUCT

#define STRUCT slab
static const struct address_field slab_fields[] = {
	FIELD(page_words), FIELD(slab_cache), FIELD(slab_list),
	FIELD(freelist), FIELD(counters),
};
#undef STRUCT

static const char *page_owner(const struct page *page)
{
	static const char *const words[] = {
		[PAGE_TYPE_NONE] = "allocated",
		[PAGE_TYPE_BUDDY] = "free",
		[PAGE_TYPE_PCP] = "on a per-CPU list",
		[PAGE_TYPE_SLAB] = "slab",
		[PAGE_TYPE_LARGE_KMALLOC] = "large kmalloc",
		[PAGE_TYPE_VMALLOC] = "vmalloc",
		[PAGE_TYPE_TABLE] = "page table",
	};

	return page->type < ARRAY_SIZE(words) ? words[page->type] : "unknown";
}

static bool name_struct_page(const void *p, struct address_name *name)
{
	size_t at = distance(p, memmap);
	u64 pfn = at / sizeof(struct page);
	struct page *page;

	if (pfn >= max_pfn)
		return false;
	page = pfn_to_page(pfn);
	at %= sizeof(struct page);
	if (page->type == PAGE_TYPE_SLAB) {
		address_object_is(name, "struct slab of pfn %lu (cache %s)",
				  pfn, page_slab(page)->slab_cache->name);
		address_field_is(name, slab_fields, ARRAY_SIZE(slab_fields),
				 at);
		return true;
	}
	address_object_is(name, "struct page of pfn %lu (now %s)", pfn,
			  page_owner(page));
	address_field_is(name, page_fields, ARRAY_SIZE(page_fields), at);
	return true;
}

static bool name_page(const void *p, struct address_name *name)
{
	u64 pfn = distance(p, machine_direct_map) >> PAGE_SHIFT;
	struct page *page;

	if (pfn >= max_pfn ||
	    pfn >= NODE_DATA(pfn_to_nid(pfn))->memory_end_pfn)
		return false;
	page = compound_head(pfn_to_page(pfn));
	if (page->type == PAGE_TYPE_SLAB) {
		name_slab_object(page_slab(page), p, name);
		return true;
	}
	address_object_is(name, "page of pfn %lu (now %s)", pfn,
			  page_owner(page));
	address_offset_is(name, distance(p, page_address(pfn_to_page(pfn))));
	return true;
}

bool kernel_name_address(const void *p, struct address_name *name)
{
	char *ptr;
	int cpu = address_percpu(p, &ptr);

	if (cpu >= 0)
		return name_zone_percpu(ptr, cpu, name) ||
		       name_cpu_slab(ptr, cpu, name) ||
		       name_block_queue(ptr, cpu, name);
	return (vmap_ops->name_address && vmap_ops->name_address(p, name)) ||
	       name_node(p, name) || name_pageblock_flags(p, name) ||
	       name_struct_page(p, name) || name_page(p, name);
}
