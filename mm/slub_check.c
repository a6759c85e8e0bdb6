/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold of a debugging cache's objects and slabs (slub spec 2.6, 3.6;
 * mm/slub.c check_object(), check_slab(), on_freelist(), 6.12). What does not
 * is reported and repaired as the kernel does, so that the run goes on. All
 * under list_lock, or on slabs that nobody else knows.
 */
#include "mm/slub_debug.h"

bool check_valid_pointer(const struct kmem_cache *s, const struct slab *slab,
			 const void *object)
{
	return !object || slab_object_index(slab, object) >= 0;
}

/* ---- bytes ---- */
const u8 *memchr_inv(const u8 *start, u8 value, size_t size)
{
	/* All as the first, if each is as the one before. */
	if (!size || (*start == value &&
		      !machine_memcmp(start, start + 1, size - 1)))
		return NULL;
	while (*start == value)
		start++;
	return start;
}

/* One past the last byte that is not value; there is one. */
static const u8 *last_fault(const u8 *end, u8 value)
{
	while (end[-1] == value)
		end--;
	return end;
}

static void restore_bytes(const struct kmem_cache *s, const char *what,
			  u8 value, const u8 *from, const u8 *to)
{
	slab_fix(s, "Restoring %s 0x%016lx-0x%016lx=0x%x", what,
		 machine_print_address(from), machine_print_address(to - 1),
		 value);
	machine_memset((void *)from, value, (size_t)(to - from));
}

/* ---- an object ---- */
static unsigned add_region(struct slub_region *regions, unsigned nr,
			   struct slub_region region)
{
	if (!region.size)
		return nr;
	regions[nr] = region;
	return nr + 1;
}

/* Between an object's end and inuse: red zone, or else padding. */
static unsigned add_end(const struct kmem_cache *s, u8 *p, u8 state,
			struct slub_region *regions, unsigned nr)
{
	unsigned body = slab_object_size(s);
	unsigned rest = slab_inuse(s) - body;
	unsigned asked;

	if (!(s->flags & SLAB_RED_ZONE))
		return !(s->flags & SLAB_POISON) ? nr :
			add_region(regions, nr, (struct slub_region){
				"Alignment padding", p + body, rest,
				POISON_INUSE });
	nr = add_region(regions, nr, (struct slub_region){
		"Left Redzone", p - s->lay.red_left_pad, s->lay.red_left_pad,
		state });
	nr = add_region(regions, nr, (struct slub_region){
		"Right Redzone", p + body, rest, state });
	asked = get_orig_size(s, p);
	if (state != SLUB_RED_ACTIVE || asked >= body)
		return nr;
	return add_region(regions, nr, (struct slub_region){
		"kmalloc Redzone", p + asked, body - asked, state });
}

unsigned slub_object_regions(const struct kmem_cache *s, const void *object,
			     u8 state, struct slub_region *regions)
{
	unsigned end = s->lay.size - s->lay.red_left_pad;
	unsigned last = slab_object_size(s) - 1;
	u8 *p = (u8 *)object;
	unsigned nr = add_end(s, p, state, regions, 0);

	if (slub_poisons_object(s) && state == SLUB_RED_INACTIVE) {
		nr = add_region(regions, nr, (struct slub_region){
			"Poison", p, last, POISON_FREE });
		nr = add_region(regions, nr, (struct slub_region){
			"End Poison", p + last, 1, POISON_END });
	}
	if (!(s->flags & SLAB_POISON))
		return nr;
	return add_region(regions, nr, (struct slub_region){
		"Object padding", p + slub_info_end(s),
		end - slub_info_end(s), POISON_INUSE });
}

/* The object's first fault brings the whole report, others a line. */
static bool check_region(struct kmem_cache *s, struct slab *slab, void *object,
			 const struct slub_region *region, bool first)
{
	const u8 *fault = memchr_inv(region->start, region->value,
				     region->size);
	const u8 *end;

	if (likely(!fault))
		return true;
	end = last_fault(region->start + region->size, region->value);
	slub_report_overwritten(slab, region->what, fault, end, region->value);
	if (first)
		object_err(s, slab, object, "Object corrupt");
	restore_bytes(s, region->what, region->value, fault, end);
	return false;
}

bool check_object(struct kmem_cache *s, struct slab *slab, void *object,
		  u8 state)
{
	struct slub_region regions[MAX_SLUB_REGIONS];
	unsigned nr = slub_object_regions(s, object, state, regions);
	bool ok = true;

	for (unsigned i = 0; i < nr; i++)
		if (!check_region(s, slab, object, &regions[i], ok))
			ok = false;
	/* An allocated object may have its own bytes there. */
	if (state == SLUB_RED_ACTIVE && !freeptr_outside_object(s))
		return ok;
	if (check_valid_pointer(s, slab, get_freepointer(s, object)))
		return ok;
	object_err(s, slab, object, "Freepointer corrupt");
	/* The rest of the list is lost with it. */
	set_freepointer(s, object, NULL);
	return false;
}

/* ---- a slab ---- */
void slab_pad_check(struct kmem_cache *s, struct slab *slab)
{
	u64 size = PAGE_SIZE << slab_order(slab), rest = size % s->lay.size;
	const u8 *base = (const u8 *)slab_address(slab);
	const u8 *pad = base + size - rest, *fault, *end;

	if (!(s->flags & SLAB_POISON) || !rest)
		return;
	fault = memchr_inv(pad, POISON_INUSE, rest);
	if (likely(!fault))
		return;
	end = last_fault(base + size, POISON_INUSE);
	slab_err(s, slab, "Padding overwritten. 0x%016lx-0x%016lx @offset=%td",
		 machine_print_address(fault), machine_print_address(end - 1),
		 fault - base);
	machine_quiet_begin();
	print_section("Padding ", pad, rest);
	machine_quiet_end();
	restore_bytes(s, "slab padding", POISON_INUSE, fault, end);
}

static unsigned max_objects(const struct kmem_cache *s, const struct slab *slab)
{
	u64 room = (PAGE_SIZE << slab_order(slab)) / s->lay.size;

	return (unsigned)min_t(u64, room, MAX_OBJS_PER_PAGE);
}

bool check_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	if (slab_page(slab)->type != PAGE_TYPE_SLAB) {
		slab_err(s, slab, "Not a valid slab page");
		return false;
	}
	if (counters.objects > max_objects(s, slab)) {
		slab_err(s, slab, "objects %u > max %u", counters.objects,
			 max_objects(s, slab));
		return false;
	}
	if (counters.inuse > counters.objects) {
		slab_err(s, slab, "inuse %u > max %u", counters.inuse,
			 counters.objects);
		return false;
	}
	if (counters.frozen) {
		slab_err(s, slab, "Slab disabled since SLUB metadata "
			 "consistency check failed");
		return false;
	}
	slab_pad_check(s, slab);
	return true;
}

/* ---- a freelist ---- */
static void set_counters(struct slab *slab, unsigned objects, unsigned inuse)
{
	union slab_counters counters = slab_counters(slab);

	counters.objects = objects & MAX_OBJS_PER_PAGE;
	counters.inuse = inuse & 0xffff;
	WRITE_ONCE(slab->counters, counters.word);
}

/* The list is cut before what is no object. False: nothing is left. */
static bool cut_freelist(struct kmem_cache *s, struct slab *slab,
			 void *last_good)
{
	if (last_good) {
		object_err(s, slab, last_good, "Freechain corrupt");
		set_freepointer(s, last_good, NULL);
		return true;
	}
	slab_err(s, slab, "Freepointer corrupt");
	WRITE_ONCE(slab->freelist, NULL);
	set_counters(slab, slab_counters(slab).objects,
		     slab_counters(slab).objects);
	slab_fix(s, "Freelist cleared");
	if_checked(slab_shadow_give_up(s, slab));
	return false;
}

static void check_counts(struct kmem_cache *s, struct slab *slab, unsigned nr)
{
	unsigned most = max_objects(s, slab);
	union slab_counters counters = slab_counters(slab);

	if (counters.objects != most) {
		slab_err(s, slab, "Wrong number of objects. Found %d but "
			 "should be %d", (int)counters.objects, (int)most);
		set_counters(slab, most, counters.inuse);
		slab_fix(s, "Number of objects adjusted");
		counters = slab_counters(slab);
	}
	if (counters.inuse != counters.objects - nr) {
		slab_err(s, slab, "Wrong object count. Counter is %d but "
			 "counted were %d", (int)counters.inuse,
			 (int)(counters.objects - nr));
		set_counters(slab, counters.objects, counters.objects - nr);
		slab_fix(s, "Object count adjusted");
		if_checked(slab_shadow_give_up(s, slab));
	}
}

bool on_freelist(struct kmem_cache *s, struct slab *slab, const void *object)
{
	unsigned nr = 0, most = slab_counters(slab).objects;
	void *last = NULL, *free = slab->freelist;

	while (free && nr <= most) {
		if (free == object)
			return true;
		if (!check_valid_pointer(s, slab, free)) {
			if (!cut_freelist(s, slab, last))
				return false;
			break;
		}
		last = free;
		free = get_freepointer(s, last);
		nr++;
	}
	check_counts(s, slab, nr);
	return !object;
}
