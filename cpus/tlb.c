/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation and page walks of one CPU; its arrays are in tlb_array.h, and
 * before them stands one that holds nothing that the L1 does not: tlb_front.h.
 *
 * No interrupt is taken between a walk and its insertion, nor between a
 * translation and the access that uses it: this file polls only on entry.
 */
#include <stdlib.h>
#include <string.h>

#include "cpus/tlb_array.h"
#include "cpus/twin.h"

#define FIRST_GENERATION	(1UL << TLB_FRONT_SHIFT)

static tlb_stale_handler_t stale_handler;

static void front_clear(struct tlb_front *front)
{
	memset(front->load_tag, 0, sizeof(front->load_tag));
	memset(front->store_tag, 0, sizeof(front->store_tag));
	front->generation = FIRST_GENERATION;
}

/* ---- contexts --------------------------------------------------------- */
static u64 new_tag(struct tlb *tlb)
{
	must(tlb->next_context < NO_CONTEXT);
	return tlb->next_context++ << VPN_BITS;
}

/* Watching stale uses, each has to be looked at: none is left to the front. */
static void set_front_tag(struct tlb *tlb)
{
	tlb->front_tag = stale_handler ? NO_CONTEXT << VPN_BITS :
					 tlb->global_tag;
}

static void flush_contexts(struct tlb *tlb)
{
	if (tlb->next_context + ASID_SLOTS + 1 >= NO_CONTEXT) {
		memset(tlb->l1, 0, sizeof(tlb->l1));
		memset(tlb->l2, 0, sizeof(tlb->l2));
		tlb->next_context = 1;
	}
	tlb->front.generation += FIRST_GENERATION;
	if (!tlb->front.generation)
		front_clear(&tlb->front);
	tlb->global_tag = new_tag(tlb);
	set_front_tag(tlb);
	for (unsigned i = 0; i < ASID_SLOTS; i++)
		tlb->asids[i].tag = 0;
	tlb->asid_tag = new_tag(tlb);
	tlb->asids[tlb->asid_slot].tag = tlb->asid_tag;
}

void tlb_set_stale_handler(tlb_stale_handler_t handler)
{
	stale_handler = handler;
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++) {
		set_front_tag(cpus[cpu]->own.tlb);
		front_clear(&cpus[cpu]->own.tlb->front);
	}
}

void tlb_create_all(void)
{
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++) {
		size_t size = ALIGN(sizeof(struct tlb), PAGE_SIZE);
		struct tlb *tlb = aligned_alloc(PAGE_SIZE, size);

		must(tlb);
		memset(tlb, 0, sizeof(*tlb));
		tlb->next_context = 1;
		flush_contexts(tlb);
		cpus[cpu]->own.tlb = tlb;
	}
}

void tlb_load_root(u64 root_pfn, u16 asid)
{
	struct tlb *tlb = this_cpu()->own.tlb;
	unsigned slot;

	tlb->root_pfn = root_pfn;
	for (slot = 0; slot < ASID_SLOTS; slot++)
		if (tlb->asids[slot].tag && tlb->asids[slot].asid == asid)
			goto found;
	slot = tlb->next_asid_slot++ % ASID_SLOTS;
	if (tlb->next_context + 1 >= NO_CONTEXT)
		flush_contexts(tlb);
	tlb->asids[slot].asid = asid;
	tlb->asids[slot].tag = new_tag(tlb);
found:
	tlb->asid_slot = slot;
	tlb->asid_tag = tlb->asids[slot].tag;
}

/* ---- walking ----------------------------------------------------------- */
typedef u64 (*load_entry_t)(const u64 *entry);

static u64 load_quietly(const u64 *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* The leaf entry that maps addr, or 0. */
static u64 walk(u64 root_pfn, u64 addr, load_entry_t load)
{
	u64 pfn = root_pfn;
	unsigned level = arch->levels;

	while (level--) {
		unsigned shift = PAGE_SHIFT + level * arch->bits_per_level;
		u64 index = (addr >> shift) & (BIT(arch->bits_per_level) - 1);
		const u64 *table = (const u64 *)
			(machine_direct_map + (pfn << PAGE_SHIFT));
		u64 entry = load(&table[index]);

		if (!arch->present(entry))
			return 0;
		pfn = arch->pfn(entry);
		if (arch->leaf(entry, level)) {
			must(level == 0);	/* no huge mappings are made */
			return entry;
		}
	}
	return 0;
}

/* The entry that a walk gives, put into both caches; of data 0 if none. */
static noinline struct tlb_entry fill(struct tlb *tlb, u64 addr)
{
	struct tlb_entry entry = { 0, 0 };
	u64 vpn = vpn_of(addr), leaf = 0;

	tlb->stat.misses++;
	if (tlb->root_pfn)
		leaf = walk(tlb->root_pfn, addr, machine_hw_load);
	if (!leaf)
		return entry;
	entry.data = ((u64)machine_direct_map + (arch->pfn(leaf) << PAGE_SHIFT))
		     | arch->prot(leaf);
	entry.tag = (arch->prot(leaf) & PROT_GLOBAL ? tlb->global_tag :
		     tlb->asid_tag) | vpn;
	l2_insert(tlb, vpn, entry);
	l1_insert(tlb, vpn, entry);
	return entry;
}

/* What the front did not know; 0: nothing maps addr. */
static always_inline u64 lookup(struct tlb *tlb, u64 addr)
{
	u64 vpn = vpn_of(addr);
	struct tlb_entry *e = l1_find(tlb, vpn);

	if (e) {
		tlb->stat.hits++;
		if (e->tag == (tlb->front_tag | vpn))
			front_fill(&tlb->front, addr, e);
		return e->data;
	}
	e = l2_find(tlb, vpn);
	if (unlikely(!e))
		return fill(tlb, addr).data;
	tlb->stat.l2_hits++;
	l1_insert(tlb, vpn, *e);
	return e->data;
}

/* ---- translation ------------------------------------------------------ */
static noinline void page_fault(struct tlb *tlb, u64 addr, bool write,
				bool mapped)
{
	tlb->stat.faults++;
	kernel_bug("BUG: unable to handle page fault for address: %016lx",
		   (unsigned long)addr);
	printk("#PF: supervisor %s access in kernel mode",
	       write ? "write" : "read");
	printk("#PF: error_code(0x%04x) - %s",
	       (write ? 2 : 0) | (mapped ? 1 : 0),
	       mapped ? "permissions violation" : "not-present page");
}

static noinline void check_stale(struct tlb *tlb, u64 addr, u64 data)
{
	u64 entry = walk(tlb->root_pfn, addr, load_quietly);

	if (entry && arch->pfn(entry) == frame_of(data))
		return;
	tlb->stat.stale_uses++;
	machine_quiet_begin();
	stale_handler(addr, frame_of(data));
	machine_quiet_end();
}

/* Host address of the byte at addr, which the front does not know; NULL after
 * a fault report. */
static noinline char *translate_any(struct tlb *tlb, u64 addr, bool write)
{
	u64 data = lookup(tlb, addr);

	if (unlikely(!data || (write && !(data & PROT_WRITE)))) {
		page_fault(tlb, addr, write, data);
		return NULL;
	}
	if (unlikely(stale_handler))
		check_stale(tlb, addr, data);
	return host_address(data, addr);
}

/* The common case of that by itself: a page of the kernel's which is in the L2
 * only, where the guess leads to. */
static always_inline char *translate_behind(struct tlb *tlb, u64 addr,
					    bool write)
{
	u64 vpn = vpn_of(addr);
	const struct tlb_entry *e = l2_guess(tlb, vpn);

	if (unlikely(l1_places(tlb, vpn) ||
		     e->tag != (tlb->front_tag | vpn) ||
		     (write && !(e->data & PROT_WRITE))))
		return translate_any(tlb, addr, write);
	tlb->stat.l2_hits++;
	l1_insert(tlb, vpn, *e);
	return host_address(e->data, addr);
}

static always_inline char *translate(u64 addr, bool write)
{
	struct tlb *tlb = this_cpu()->own.tlb;

	cpu_poll();
	if (front_has(&tlb->front, addr, write)) {
		tlb->front.hits++;
		return (char *)(addr + tlb->front.addend[tlb_front_slot(addr)]);
	}
	return translate_behind(tlb, addr, write);
}

/* Out of the way, so that without interrupts nothing need be saved. */
static noinline char *translate_polling(u64 addr, bool write)
{
	cpu_poll();
	return translate_any(this_cpu()->own.tlb, addr, write);
}

char *tlb_translate_load(u64 addr)
{
	if (unlikely(READ_ONCE(this_cpu()->seen.pending)))
		return translate_polling(addr, false);
	return translate_behind(this_cpu()->own.tlb, addr, false);
}

char *tlb_translate_store(u64 addr)
{
	if (unlikely(READ_ONCE(this_cpu()->seen.pending)))
		return translate_polling(addr, true);
	return translate_behind(this_cpu()->own.tlb, addr, true);
}

u64 tlb_load(u64 addr, unsigned size)
{
	char *p = translate(addr, false);

	if (unlikely(!p))
		return 0;
	machine_hw_access(p, size, false);
	return vm_load_host(p, size);
}

void tlb_store(u64 addr, unsigned size, u64 value)
{
	char *p = translate(addr, true);

	if (unlikely(!p))
		return;
	machine_hw_access(p, size, true);
	vm_store_host(p, size, value);
}

static size_t to_page_end(u64 addr, size_t size)
{
	return min_t(size_t, size, PAGE_SIZE - (addr & ~PAGE_MASK));
}

void vm_memset(u64 addr, int value, size_t size)
{
	for (size_t n; size; addr += n, size -= n) {
		char *p = translate(addr, true);

		n = to_page_end(addr, size);
		if (!p)
			continue;
		machine_hw_access(p, n, true);
		memset(p, value, n);
	}
}

void vm_memcpy_to(u64 addr, const void *from, size_t size)
{
	const char *src = from;

	for (size_t n; size; addr += n, src += n, size -= n) {
		char *p = translate(addr, true);

		n = to_page_end(addr, size);
		if (!p)
			continue;
		machine_hw_access(p, n, true);
		memcpy(p, src, n);
	}
}

void vm_memcpy_from(void *to, u64 addr, size_t size)
{
	char *dst = to;

	for (size_t n; size; addr += n, dst += n, size -= n) {
		char *p = translate(addr, false);

		n = to_page_end(addr, size);
		if (!p)
			continue;
		machine_hw_access(p, n, false);
		memcpy(dst, p, n);
	}
}

/* ---- flushing --------------------------------------------------------- */
void tlb_flush_all(void)
{
	struct tlb *tlb = this_cpu()->own.tlb;

	tlb->stat.flush_full++;
	flush_contexts(tlb);
	machine_hw_tlb_op(true);
}

void tlb_flush_one(u64 addr)
{
	struct tlb *tlb = this_cpu()->own.tlb;

	tlb->stat.pages_flushed++;
	tlb_forget(tlb, vpn_of(addr));
	machine_hw_tlb_op(false);
}

/* ---- for readers at quiescence ---------------------------------------- */
static void visit_ways(const struct tlb *tlb, const struct tlb_entry *entries,
		       unsigned ways,
		       void (*visit)(void *arg, u64 addr, u64 pfn), void *arg)
{
	for (unsigned way = 0; way < ways; way++) {
		u64 tag = entries[way].tag;

		if (tag && tlb_match(tlb, tag, tag & VPN_MASK))
			visit(arg, page_of(tag), frame_of(entries[way].data));
	}
}

void tlb_for_each(unsigned cpu, void (*visit)(void *arg, u64 addr, u64 pfn),
		  void *arg)
{
	const struct tlb *tlb = cpus[cpu]->own.tlb;

	for (unsigned i = 0; i < L1_SETS; i++)
		visit_ways(tlb, tlb->l1[i], L1_WAYS, visit, arg);
	visit_ways(tlb, tlb->l2, L2_SETS * L2_WAYS, visit, arg);
}

void tlb_stat_read(struct tlb_stat *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct tlb *tlb = cpus[cpu]->own.tlb;
		const struct tlb_stat *s = &tlb->stat;

		out->hits += s->hits + tlb->front.hits;
		out->l2_hits += s->l2_hits;
		out->misses += s->misses;
		out->faults += s->faults;
		out->flush_full += s->flush_full;
		out->pages_flushed += s->pages_flushed;
		out->stale_uses += s->stale_uses;
	}
}

void tlb_stat_reset(void)
{
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct tlb *tlb = cpus[cpu]->own.tlb;

		memset(&tlb->stat, 0, sizeof(tlb->stat));
		tlb->front.hits = 0;
	}
}

#define MEASURED_HITS	20000

/* Of a page that no kernel maps, and only until this returns. */
double tlb_measure_hit_ns(void)
{
	struct tlb *tlb = this_cpu()->own.tlb;
	struct tlb_stat before = tlb->stat;
	u64 start, hits = tlb->front.hits;

	l1_insert(tlb, 1, (struct tlb_entry){ tlb->global_tag | 1, PROT_READ });
	start = sched_clock();
	for (unsigned i = 0; i < MEASURED_HITS; i++) {
		barrier();
		must(front_has(&tlb->front, PAGE_SIZE, false) ||
		     lookup(tlb, PAGE_SIZE));
	}
	start = sched_clock() - start;
	tlb_forget(tlb, 1);
	tlb->stat = before;
	tlb->front.hits = hits;
	return (double)start / MEASURED_HITS;
}
