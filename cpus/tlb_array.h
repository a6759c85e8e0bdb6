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
 * Ways are replaced in turn, as if each had been in use ever since. What tells
 * where a page is comes without a branch on the way that holds it, which nobody
 * could predict: in the L1 hints, bytes of the tags of a set, compared all at
 * once; in the L2 a guess at the way, right but for pages that share it.
 */
#ifndef CPUS_TLB_ARRAY_H
#define CPUS_TLB_ARRAY_H

#include "cpus/machine.h"

#define L1_SETS		16
#define L1_WAYS		4
#define L2_SETS		128
#define L2_WAYS		12
#define L2_GUESSES	2048
#define VPN_BITS	45		/* 57-bit addresses */
#define VPN_MASK	((1UL << VPN_BITS) - 1)
#define NR_CONTEXTS	(1UL << (64 - VPN_BITS))
#define NO_CONTEXT	(NR_CONTEXTS - 1)	/* none gets this number */
#define ASID_SLOTS	8

struct tlb_entry {
	u64	tag;
	u64	data;			/* the page's host address | prot */
};

/* The hints in the order of their coming, the last in the low byte: it came to
 * way (next - 1) % 4, the one before to the way before. */
struct l1_hints {
	u32	by_age;
	u32	next;			/* modulo 4: the victim, the oldest */
};

static_assert(L1_WAYS == 4, "a byte of by_age each");

struct tlb {
	struct tlb_front front;		/* first: see there */
	u64		global_tag;	/* context number << VPN_BITS */
	u64		asid_tag;	/* of the current ASID */
	/* Of entries that may go to the front: global_tag, or one that no entry
	 * has while stale uses are being watched. */
	u64		front_tag;
	u64		root_pfn;
	u64		next_context;
	struct tlb_stat	stat;
	struct l1_hints	l1_hints[L1_SETS] cacheline_aligned;
	struct tlb_entry l1[L1_SETS][L1_WAYS] cacheline_aligned;
	/* Which entry holds the page; true of the last that share a guess. */
	u16		l2_guess[L2_GUESSES] cacheline_aligned;
	u8		l2_next[L2_SETS];	/* the victims */
	/* Set by set. */
	struct tlb_entry l2[L2_SETS * L2_WAYS] cacheline_aligned;
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

static always_inline char *host_address(u64 data, u64 addr)
{
	return (char *)((data & PAGE_MASK) + (addr & ~PAGE_MASK));
}

static always_inline u64 frame_of(u64 data)
{
	return ((data & PAGE_MASK) - (u64)machine_direct_map) >> PAGE_SHIFT;
}

/* ---- the front ---------------------------------------------------------- */
static always_inline bool front_has(const struct tlb_front *front, u64 addr,
				    bool write)
{
	u64 slot = tlb_front_slot(addr);

	return (write ? front->store_tag : front->load_tag)[slot] ==
	       tlb_front_tag(front, addr);
}

/* A page leaves the L1, or one of its translations does. Another page of the
 * same slot leaves the front with it, which changes no result. */
static always_inline void front_forget(struct tlb_front *front, u64 vpn)
{
	front->load_tag[vpn % TLB_FRONT_ENTRIES] = 0;
	front->store_tag[vpn % TLB_FRONT_ENTRIES] = 0;
}

/* Hit in the L1, and has front_tag: the next time nobody need look there. */
static always_inline void front_fill(struct tlb_front *front, u64 addr,
				     const struct tlb_entry *entry)
{
	u64 tag = tlb_front_tag(front, addr), slot = tlb_front_slot(addr);

	front->load_tag[slot] = tag;
	front->store_tag[slot] = entry->data & PROT_WRITE ? tag : 0;
	front->addend[slot] = (entry->data & PAGE_MASK) - (addr & PAGE_MASK);
}

/* ---- sets ---------------------------------------------------------------- */
/* The high bit of each byte of word that is x, and perhaps of bytes above the
 * first of them. */
static always_inline u32 bytes_that_are(u32 word, u8 x)
{
	const u32 ones = ~0u / 255;

	word ^= ones * x;
	return (word - ones) & ~word & ones << 7;
}

static always_inline u8 l1_hint(u64 vpn)
{
	return (u8)(vpn / L1_SETS);
}

/* The places by age that may hold vpn. */
static always_inline u32 l1_places(const struct tlb *tlb, u64 vpn)
{
	return bytes_that_are(tlb->l1_hints[vpn % L1_SETS].by_age,
			      l1_hint(vpn));
}

/* The entry that translates vpn, or NULL. */
static always_inline struct tlb_entry *l1_find(struct tlb *tlb, u64 vpn)
{
	u64 set = vpn % L1_SETS;
	u32 found = l1_places(tlb, vpn);

	for (; found; found &= found - 1) {
		u32 age = (u32)__builtin_ctz(found) / 8;
		u32 way = tlb->l1_hints[set].next - 1 - age;
		struct tlb_entry *e = &tlb->l1[set][way % L1_WAYS];

		if (tlb_match(tlb, e->tag, vpn))
			return e;
	}
	return NULL;
}

/* The entry that translates vpn, if any does but for bad luck. */
static always_inline struct tlb_entry *l2_guess(struct tlb *tlb, u64 vpn)
{
	return &tlb->l2[tlb->l2_guess[vpn % L2_GUESSES]];
}

/* The entry that translates vpn, or NULL. */
static inline struct tlb_entry *l2_find(struct tlb *tlb, u64 vpn)
{
	u16 first = vpn % L2_SETS * L2_WAYS;

	for (u16 i = first; i < first + L2_WAYS; i++) {
		if (!tlb_match(tlb, tlb->l2[i].tag, vpn))
			continue;
		tlb->l2_guess[vpn % L2_GUESSES] = i;
		return &tlb->l2[i];
	}
	return NULL;
}

/* A front slot is of one L1 set only, and the hint says which of its slots. */
static_assert(TLB_FRONT_ENTRIES % L1_SETS == 0 &&
	      TLB_FRONT_ENTRIES / L1_SETS <= 256, "see l1_insert()");

static always_inline void l1_insert(struct tlb *tlb, u64 vpn,
				    struct tlb_entry entry)
{
	u64 set = vpn % L1_SETS;
	struct l1_hints *hints = &tlb->l1_hints[set];
	u64 oldest = hints->by_age >> 24;

	front_forget(&tlb->front, oldest * L1_SETS + set);
	hints->by_age = hints->by_age << 8 | l1_hint(vpn);
	tlb->l1[set][hints->next++ % L1_WAYS] = entry;
}

static inline void l2_insert(struct tlb *tlb, u64 vpn, struct tlb_entry entry)
{
	u8 *next = &tlb->l2_next[vpn % L2_SETS];
	u16 i = (u16)(vpn % L2_SETS * L2_WAYS + *next);

	*next = *next + 1 == L2_WAYS ? 0 : *next + 1;
	tlb->l2_guess[vpn % L2_GUESSES] = i;
	tlb->l2[i] = entry;
}

/* Every translation of vpn, of any context in use. */
static inline void tlb_forget(struct tlb *tlb, u64 vpn)
{
	struct tlb_entry *l1 = tlb->l1[vpn % L1_SETS];
	struct tlb_entry *l2 = &tlb->l2[vpn % L2_SETS * L2_WAYS];

	front_forget(&tlb->front, vpn);
	for (unsigned way = 0; way < L1_WAYS; way++)
		if (tlb_match(tlb, l1[way].tag, vpn))
			l1[way].tag = 0;
	for (unsigned way = 0; way < L2_WAYS; way++)
		if (tlb_match(tlb, l2[way].tag, vpn))
			l2[way].tag = 0;
}

#endif
