/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arrays of one CPU's translation caches: finding, inserting, forgetting.
 * Internal to tlb.c.
 *
 * A tag is a context number above a virtual page number. Global entries carry
 * the number of the global context, others that of their ASID's. A full flush
 * gives all contexts new numbers, so that no entry matches any more: O(1).
 * Numbers are never 0, so a zeroed entry matches nothing; when they run out
 * the arrays are really cleared.
 *
 * A hint is a byte of the tag; the hints of a set are compared all at once, so
 * that no branch depends on which way holds the page: nobody could predict it.
 */
#ifndef CPUS_TLB_ARRAY_H
#define CPUS_TLB_ARRAY_H

#include "cpus/machine.h"

#define L1_SETS		16
#define L1_WAYS		4
#define L2_SETS		128
#define L2_WAYS		12
#define VPN_BITS	45		/* 57-bit addresses */
#define VPN_MASK	((1UL << VPN_BITS) - 1)
#define NR_CONTEXTS	(1UL << (64 - VPN_BITS))
#define ASID_SLOTS	8

struct tlb_entry {
	u64	tag;
	u64	data;			/* pfn << 8 | prot */
};

struct l1_set {
	u64			hints;	/* a byte a way */
	u64			next;	/* the victim */
	struct tlb_entry	way[L1_WAYS];
};

struct l2_set {
	u64			hints[2];
	u64			next;
	struct tlb_entry	way[L2_WAYS];
};

struct tlb {
	struct tlb_front front;		/* first: see there */
	u64		global_tag;	/* context number << VPN_BITS */
	u64		asid_tag;	/* of the current ASID */
	u64		root_pfn;
	u64		next_context;
	bool		front_off;	/* stale uses are being watched */
	struct tlb_stat	stat;
	struct l1_set	l1[L1_SETS] cacheline_aligned;
	struct l2_set	l2[L2_SETS] cacheline_aligned;
	struct { u16 asid; u64 tag; } asids[ASID_SLOTS];
	unsigned	asid_slot, next_asid_slot;
};

static always_inline u64 vpn_of(u64 addr)
{
	return (addr >> PAGE_SHIFT) & VPN_MASK;
}

static always_inline u64 page_of(u64 vpn)
{
	unsigned shift = 64 - VPN_BITS;

	return (u64)((s64)(vpn << shift) >> (shift - PAGE_SHIFT));
}

static always_inline bool tlb_match(const struct tlb *tlb, u64 tag, u64 vpn)
{
	return tag == (tlb->global_tag | vpn) || tag == (tlb->asid_tag | vpn);
}

/* ---- the front ---------------------------------------------------------- */
static always_inline bool front_has(struct tlb *tlb, u64 addr, bool write)
{
	const struct tlb_front_entry *e = tlb_front_slot(&tlb->front, addr);

	return (write ? e->store_tag : e->load_tag) ==
	       tlb_front_tag(&tlb->front, addr);
}

/* The page leaves the L1, or one of its translations does. */
static always_inline void front_forget(struct tlb *tlb, u64 page)
{
	struct tlb_front_entry *e = tlb_front_slot(&tlb->front, page);
	u64 keep = -(u64)(e->load_tag != tlb_front_tag(&tlb->front, page));

	e->load_tag &= keep;
	e->store_tag &= keep;
}

/* What is in the L1 under tag may be used without looking there. */
static always_inline void front_fill(struct tlb *tlb, u64 addr,
				     const struct tlb_entry *entry)
{
	struct tlb_front_entry *e = tlb_front_slot(&tlb->front, addr);
	u64 tag = tlb_front_tag(&tlb->front, addr);

	if (unlikely(tlb->front_off ||
		     entry->tag != (tlb->global_tag | vpn_of(addr))))
		return;
	e->load_tag = tag;
	e->store_tag = entry->data & PROT_WRITE ? tag : 0;
	e->addend = (u64)machine_direct_map +
		    (entry->data >> 8 << PAGE_SHIFT) - (addr & PAGE_MASK);
}

/* ---- sets ---------------------------------------------------------------- */
/* The high bit of each byte of word that is x, and perhaps of bytes above the
 * first of them. */
static always_inline u64 bytes_that_are(u64 word, u8 x)
{
	const u64 ones = ~0UL / 255;

	word ^= ones * x;
	return (word - ones) & ~word & ones << 7;
}

static always_inline u64 with_byte(u64 word, u64 byte, u8 x)
{
	return (word & ~(0xffUL << byte * 8)) | (u64)x << byte * 8;
}

static always_inline u8 l1_hint(u64 vpn)
{
	return (u8)(vpn / L1_SETS);
}

static always_inline u8 l2_hint(u64 vpn)
{
	return (u8)(vpn / L2_SETS);
}

/* The entry that translates vpn, or NULL. */
static always_inline struct tlb_entry *l1_find(struct tlb *tlb, u64 vpn)
{
	struct l1_set *set = &tlb->l1[vpn % L1_SETS];
	u64 found = bytes_that_are(set->hints, l1_hint(vpn)) & 0x80808080UL;

	for (; unlikely(found); found &= found - 1) {
		struct tlb_entry *e = &set->way[__builtin_ctzl(found) / 8];

		if (tlb_match(tlb, e->tag, vpn))
			return e;
	}
	return NULL;
}

static always_inline struct tlb_entry *l2_find(struct tlb *tlb, u64 vpn)
{
	struct l2_set *set = &tlb->l2[vpn % L2_SETS];
	u64 low = bytes_that_are(set->hints[0], l2_hint(vpn));
	u64 high = bytes_that_are(set->hints[1], l2_hint(vpn)) & 0x80808080UL;
	/* Bits 7, 15 ... of low; 6, 14 ... of high: way w is at 8 w + 7, or at
	 * 8 (w - 8) + 6. */
	u64 found = low | high >> 1;

	for (; likely(found); found &= found - 1) {
		unsigned bit = (unsigned)__builtin_ctzl(found);
		struct tlb_entry *e = &set->way[bit / 8 + (~bit & 1) * 8];

		if (likely(tlb_match(tlb, e->tag, vpn)))
			return e;
	}
	return NULL;
}

static always_inline void l1_insert(struct tlb *tlb, u64 vpn,
				    struct tlb_entry entry)
{
	struct l1_set *set = &tlb->l1[vpn % L1_SETS];
	u64 way = set->next;

	set->next = (way + 1) % L1_WAYS;
	front_forget(tlb, page_of(set->way[way].tag));
	set->hints = with_byte(set->hints, way, l1_hint(vpn));
	set->way[way] = entry;
}

static inline void l2_insert(struct tlb *tlb, u64 vpn, struct tlb_entry entry)
{
	struct l2_set *set = &tlb->l2[vpn % L2_SETS];
	u64 way = set->next;

	set->next = way + 1 == L2_WAYS ? 0 : way + 1;
	set->hints[way / 8] = with_byte(set->hints[way / 8], way % 8,
					l2_hint(vpn));
	set->way[way] = entry;
}

/* Every translation of vpn, of any context in use. */
static inline void tlb_forget(struct tlb *tlb, u64 vpn)
{
	struct tlb_entry *l1 = tlb->l1[vpn % L1_SETS].way;
	struct tlb_entry *l2 = tlb->l2[vpn % L2_SETS].way;

	front_forget(tlb, page_of(vpn));
	for (unsigned way = 0; way < L1_WAYS; way++)
		if (tlb_match(tlb, l1[way].tag, vpn))
			l1[way].tag = 0;
	for (unsigned way = 0; way < L2_WAYS; way++)
		if (tlb_match(tlb, l2[way].tag, vpn))
			l2[way].tag = 0;
}

#endif
