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
	(INLINE_TLB_HITS && \
	 likely((slot_tag) == tlb_front_tag(front, addr)) && \
	 likely(!READ_ONCE(this_cpu()->seen.pending)) && \
	 ((front)->hits++, true))

static always_inline u64 vm_load(u64 addr, unsigned size)
{
	struct tlb_front *front = (struct tlb_front *)this_cpu()->own.tlb;
	const struct tlb_front_entry *e = tlb_front_slot(front, addr);

	if (!VM_HIT(front, e->load_tag, addr))
		return tlb_load(addr, size);
	switch (size) {
	case 1:
		return READ_ONCE(*(u8 *)(addr + e->addend));
	case 2:
		return READ_ONCE(*(u16 *)(addr + e->addend));
	case 4:
		return READ_ONCE(*(u32 *)(addr + e->addend));
	default:
		return READ_ONCE(*(u64 *)(addr + e->addend));
	}
}

static always_inline void vm_store(u64 addr, unsigned size, u64 value)
{
	struct tlb_front *front = (struct tlb_front *)this_cpu()->own.tlb;
	const struct tlb_front_entry *e = tlb_front_slot(front, addr);

	if (!VM_HIT(front, e->store_tag, addr)) {
		tlb_store(addr, size, value);
		return;
	}
	switch (size) {
	case 1:
		WRITE_ONCE(*(u8 *)(addr + e->addend), (u8)value);
		break;
	case 2:
		WRITE_ONCE(*(u16 *)(addr + e->addend), (u16)value);
		break;
	case 4:
		WRITE_ONCE(*(u32 *)(addr + e->addend), (u32)value);
		break;
	default:
		WRITE_ONCE(*(u64 *)(addr + e->addend), value);
	}
}

#endif
