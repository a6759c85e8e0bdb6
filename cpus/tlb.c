/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation caches and page walker of one CPU.
 *
 * A tag is a context number above a virtual page number. Global entries carry
 * the number of the global context, others that of their ASID's. A full flush
 * gives all contexts new numbers, so that no entry matches any more: O(1).
 * Numbers are never 0, so a zeroed entry matches nothing; when they run out
 * the arrays are really cleared.
 *
 * No interrupt is taken between a walk and its insertion, nor between a
 * translation and the access that uses it: this file polls only on entry.
 */
#include <stdlib.h>
#include <string.h>

#include "cpus/twin.h"

#define L1_SETS		16
#define L1_WAYS		4
#define L2_SETS		128
#define L2_WAYS		12
#define VPN_BITS	45		/* 57-bit addresses */
#define VPN_MASK	((1UL << VPN_BITS) - 1)
#define NR_CONTEXTS	(1UL << (64 - VPN_BITS))
#define ASID_SLOTS	8

struct l1_set {
	u64	tag[L1_WAYS];
	u64	data[L1_WAYS];		/* pfn << 8 | prot */
};

struct l2_set {
	u64	tag[L2_WAYS];
	u64	data[L2_WAYS];
};

struct tlb {
	u64		global_tag;	/* context number << VPN_BITS */
	u64		asid_tag;	/* of the current ASID */
	u64		root_pfn;
	u64		next_context;
	struct tlb_stat	stat;
	struct l1_set	l1[L1_SETS] cacheline_aligned;
	struct l2_set	l2[L2_SETS];
	u8		l1_next[L1_SETS], l2_next[L2_SETS];	/* victims */
	struct { u16 asid; u64 tag; } asids[ASID_SLOTS];
	unsigned	asid_slot, next_asid_slot;
};

static tlb_stale_handler_t stale_handler;

void tlb_set_stale_handler(tlb_stale_handler_t handler)
{
	stale_handler = handler;
}

/* ---- contexts --------------------------------------------------------- */
static u64 new_tag(struct tlb *tlb)
{
	must(tlb->next_context < NR_CONTEXTS);
	return tlb->next_context++ << VPN_BITS;
}

static void flush_contexts(struct tlb *tlb)
{
	if (tlb->next_context + ASID_SLOTS + 1 >= NR_CONTEXTS) {
		memset(tlb->l1, 0, sizeof(tlb->l1));
		memset(tlb->l2, 0, sizeof(tlb->l2));
		tlb->next_context = 1;
	}
	tlb->global_tag = new_tag(tlb);
	for (unsigned i = 0; i < ASID_SLOTS; i++)
		tlb->asids[i].tag = 0;
	tlb->asid_tag = new_tag(tlb);
	tlb->asids[tlb->asid_slot].tag = tlb->asid_tag;
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
	if (tlb->next_context + 1 >= NR_CONTEXTS)
		flush_contexts(tlb);
	tlb->asids[slot].asid = asid;
	tlb->asids[slot].tag = new_tag(tlb);
found:
	tlb->asid_slot = slot;
	tlb->asid_tag = tlb->asids[slot].tag;
}

/* ---- lookup and insertion --------------------------------------------- */
static always_inline u64 vpn_of(u64 addr)
{
	return (addr >> PAGE_SHIFT) & VPN_MASK;
}

static always_inline bool match(const struct tlb *tlb, u64 tag, u64 vpn)
{
	return tag == (tlb->global_tag | vpn) || tag == (tlb->asid_tag | vpn);
}

static void l1_insert(struct tlb *tlb, u64 vpn, u64 tag, u64 data)
{
	unsigned set = vpn % L1_SETS;
	unsigned way = tlb->l1_next[set];

	tlb->l1_next[set] = (way + 1) % L1_WAYS;
	tlb->l1[set].tag[way] = tag;
	tlb->l1[set].data[way] = data;
}

static void l2_insert(struct tlb *tlb, u64 vpn, u64 tag, u64 data)
{
	unsigned set = vpn % L2_SETS;
	unsigned way = tlb->l2_next[set];

	tlb->l2_next[set] = way + 1 == L2_WAYS ? 0 : way + 1;
	tlb->l2[set].tag[way] = tag;
	tlb->l2[set].data[way] = data;
}

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

static noinline u64 fill(struct tlb *tlb, u64 addr)
{
	u64 vpn = vpn_of(addr), data, tag, entry;

	tlb->stat.misses++;
	if (!tlb->root_pfn)
		return 0;
	entry = walk(tlb->root_pfn, addr, machine_hw_load);
	if (!entry)
		return 0;
	data = arch->pfn(entry) << 8 | arch->prot(entry);
	tag = (arch->prot(entry) & PROT_GLOBAL ? tlb->global_tag :
	       tlb->asid_tag) | vpn;
	l2_insert(tlb, vpn, tag, data);
	l1_insert(tlb, vpn, tag, data);
	return data;
}

static noinline u64 lookup_l2(struct tlb *tlb, u64 addr)
{
	u64 vpn = vpn_of(addr);
	struct l2_set *set = &tlb->l2[vpn % L2_SETS];

	for (unsigned way = 0; way < L2_WAYS; way++) {
		if (match(tlb, set->tag[way], vpn)) {
			tlb->stat.l2_hits++;
			l1_insert(tlb, vpn, set->tag[way], set->data[way]);
			return set->data[way];
		}
	}
	return fill(tlb, addr);
}

static always_inline u64 lookup_l1(struct tlb *tlb, u64 addr)
{
	u64 vpn = vpn_of(addr);
	struct l1_set *set = &tlb->l1[vpn % L1_SETS];

	for (unsigned way = 0; way < L1_WAYS; way++) {
		if (match(tlb, set->tag[way], vpn)) {
			tlb->stat.hits++;
			return set->data[way];
		}
	}
	return lookup_l2(tlb, addr);
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

	if (entry && arch->pfn(entry) == data >> 8)
		return;
	tlb->stat.stale_uses++;
	machine_quiet_begin();
	stale_handler(addr, data >> 8);
	machine_quiet_end();
}

/* Host address of the byte at addr, or NULL after a fault report. */
static always_inline char *translate(u64 addr, bool write)
{
	struct tlb *tlb = this_cpu()->own.tlb;
	u64 data;

	cpu_poll();
	data = lookup_l1(tlb, addr);
	if (unlikely(!data || (write && !(data & PROT_WRITE)))) {
		page_fault(tlb, addr, write, data);
		return NULL;
	}
	if (unlikely(stale_handler))
		check_stale(tlb, addr, data);
	return machine_direct_map + ((data >> 8) << PAGE_SHIFT) +
		(addr & ~PAGE_MASK);
}

u64 vm_load(u64 addr, unsigned size)
{
	char *p = translate(addr, false);

	if (unlikely(!p))
		return 0;
	machine_hw_access(p, size, false);
	switch (size) {
	case 1:
		return __atomic_load_n((u8 *)p, __ATOMIC_RELAXED);
	case 2:
		return __atomic_load_n((u16 *)p, __ATOMIC_RELAXED);
	case 4:
		return __atomic_load_n((u32 *)p, __ATOMIC_RELAXED);
	default:
		must(size == 8);
		return __atomic_load_n((u64 *)p, __ATOMIC_RELAXED);
	}
}

void vm_store(u64 addr, unsigned size, u64 value)
{
	char *p = translate(addr, true);

	if (unlikely(!p))
		return;
	machine_hw_access(p, size, true);
	switch (size) {
	case 1:
		__atomic_store_n((u8 *)p, (u8)value, __ATOMIC_RELAXED);
		break;
	case 2:
		__atomic_store_n((u16 *)p, (u16)value, __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((u32 *)p, (u32)value, __ATOMIC_RELAXED);
		break;
	default:
		must(size == 8);
		__atomic_store_n((u64 *)p, value, __ATOMIC_RELAXED);
	}
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

static void flush_vpn(const struct tlb *tlb, u64 *tags, unsigned ways, u64 vpn)
{
	for (unsigned way = 0; way < ways; way++)
		if (match(tlb, tags[way], vpn))
			tags[way] = 0;
}

void tlb_flush_one(u64 addr)
{
	struct tlb *tlb = this_cpu()->own.tlb;
	u64 vpn = vpn_of(addr);

	tlb->stat.pages_flushed++;
	flush_vpn(tlb, tlb->l1[vpn % L1_SETS].tag, L1_WAYS, vpn);
	flush_vpn(tlb, tlb->l2[vpn % L2_SETS].tag, L2_WAYS, vpn);
	machine_hw_tlb_op(false);
}

/* ---- for readers at quiescence ---------------------------------------- */
static u64 sign_extend(u64 vpn)
{
	unsigned shift = 64 - PAGE_SHIFT - VPN_BITS;

	return (u64)((s64)(vpn << (PAGE_SHIFT + shift)) >> shift);
}

static void visit_tags(const struct tlb *tlb, const u64 *tags, const u64 *data,
		       unsigned ways,
		       void (*visit)(void *arg, u64 addr, u64 pfn), void *arg)
{
	for (unsigned way = 0; way < ways; way++) {
		u64 vpn = tags[way] & VPN_MASK;

		if (tags[way] && match(tlb, tags[way], vpn))
			visit(arg, sign_extend(vpn), data[way] >> 8);
	}
}

void tlb_for_each(unsigned cpu, void (*visit)(void *arg, u64 addr, u64 pfn),
		  void *arg)
{
	const struct tlb *tlb = cpus[cpu]->own.tlb;

	for (unsigned i = 0; i < L1_SETS; i++)
		visit_tags(tlb, tlb->l1[i].tag, tlb->l1[i].data, L1_WAYS,
			   visit, arg);
	for (unsigned i = 0; i < L2_SETS; i++)
		visit_tags(tlb, tlb->l2[i].tag, tlb->l2[i].data, L2_WAYS,
			   visit, arg);
}

void tlb_stat_read(struct tlb_stat *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct tlb_stat *s = &cpus[cpu]->own.tlb->stat;

		out->hits += s->hits;
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
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		memset(&cpus[cpu]->own.tlb->stat, 0, sizeof(struct tlb_stat));
}

#define MEASURED_HITS	20000

double tlb_measure_hit_ns(void)
{
	struct tlb *tlb = this_cpu()->own.tlb;
	struct tlb_stat before = tlb->stat;
	u64 start, sum = 0;

	l1_insert(tlb, 1, tlb->global_tag | 1, 0);
	start = sched_clock();
	for (unsigned i = 0; i < MEASURED_HITS; i++) {
		barrier();
		sum += lookup_l1(tlb, PAGE_SIZE);
	}
	start = sched_clock() - start;
	flush_vpn(tlb, tlb->l1[1].tag, L1_WAYS, 1);
	must(sum == 0);
	tlb->stat = before;
	return (double)start / MEASURED_HITS;
}
