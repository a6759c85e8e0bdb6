/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_load() and vm_store(), whose contract is in tlb.h. Where accesses of the
 * kernel are instrumented they go to the machine as a whole; else a hit in
 * front of the TLB is inlined (INLINE_TLB_HITS, native/inline.h and its twin).
 */
#ifndef CPUS_TLB_ACCESS_H
#define CPUS_TLB_ACCESS_H

#include "cpus/machine.h"
#include "cpus/tlb.h"
#include "cpus/tlb_front.h"

/* True if p can be used at once; then the hit is counted. */
#define VM_HIT(front, slot_tag, addr) \
	(likely((slot_tag) == tlb_front_tag(front, addr)) && \
	 likely(!READ_ONCE(this_cpu()->seen.pending)) && \
	 ((front)->hits++, true))

static always_inline u64 vm_load_host(const char *p, unsigned size)
{
	switch (size) {
	case 1:
		return READ_ONCE(*(const u8 *)p);
	case 2:
		return READ_ONCE(*(const u16 *)p);
	case 4:
		return READ_ONCE(*(const u32 *)p);
	default:
		return READ_ONCE(*(const u64 *)p);
	}
}

static always_inline void vm_store_host(char *p, unsigned size, u64 value)
{
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)p, (u8)value);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)p, (u16)value);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)p, (u32)value);
		break;
	default:
		WRITE_ONCE(*(u64 *)p, value);
	}
}

static always_inline u64 vm_load(u64 addr, unsigned size)
{
	struct tlb_front *front = (struct tlb_front *)this_cpu()->own.tlb;
	u64 slot = tlb_front_slot(addr);
	const char *p;

	if (!INLINE_TLB_HITS)
		return tlb_load(addr, size);
	if (VM_HIT(front, front->load_tag[slot], addr)) {
		p = (const char *)(addr + front->addend[slot]);
		return vm_load_host(p, size);
	}
	p = tlb_translate_load(addr);
	return likely(p) ? vm_load_host(p, size) : 0;
}

static always_inline void vm_store(u64 addr, unsigned size, u64 value)
{
	struct tlb_front *front = (struct tlb_front *)this_cpu()->own.tlb;
	u64 slot = tlb_front_slot(addr);
	char *p;

	if (!INLINE_TLB_HITS) {
		tlb_store(addr, size, value);
		return;
	}
	if (VM_HIT(front, front->store_tag[slot], addr)) {
		p = (char *)(addr + front->addend[slot]);
		vm_store_host(p, size, value);
		return;
	}
	p = tlb_translate_store(addr);
	if (likely(p))
		vm_store_host(p, size, value);
}

#endif
