/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register of invariants: every id of both specs, who checks it, and the
 * planted fault that must trip it. tests/test_invariants.c holds it against the
 * specs and against the faults that are compiled in.
 */
#include "mm/audit.h"

#define CHECKED(i, t, w, f) { .id = i, .text = t, .where = w, .fault = f }
/* Looked at where it happens, or from what is noted there: checked builds. */
#define CHECKED_LIVE(i, t, w, f) \
	{ .id = i, .text = t, .where = w, .fault = f, .live = true }
#define NOT_YET(i, t, why) { .id = i, .text = t, .why_not = why }

const struct invariant invariants[] = {
	CHECKED("I1",
		"for every slab: 0 <= inuse <= objects <= "
		"(PAGE<<order)/stride, objects is oo.objects or "
		"min.objects",
		"audit_counts", "slub_one_too_many"),
	CHECKED("I2",
		"shared freelist length == objects - inuse when not "
		"frozen",
		"audit_slab", "slub_free_miscounts"),
	CHECKED("I3",
		"every link decodes to NULL or to base + k*stride (+left "
		"pad), k<objects, inside the same slab; no cycles; no "
		"duplicates",
		"audit_freelist", "slub_crossed_link"),
	CHECKED_LIVE("I4",
		"no object is simultaneously in two of: shared freelist, "
		"a cpu freelist, a sheaf, barn sheaf, rcu batch, user-"
		"allocated set",
		"slab_shadow_alloc", "slub_keep_head"),
	CHECKED("I5",
		"a slab is referenced by exactly one of: one c.slab, one "
		"c.partial chain, one n.partial, n.full, or none (then it"
		" is full)",
		"audit_existing", "slub_keep_chained"),
	CHECKED("I6",
		"node-partial flag set <=> linked on its own node's "
		"partial list; flag set => not frozen",
		"audit_state", "slub_no_list_mark"),
	CHECKED("I7",
		"frozen (engine A) <=> it is some c.slab (or debug-"
		"quarantined)",
		"audit_state", "slub_not_frozen"),
	CHECKED("I8",
		"each n.partial slab has freelist != NULL (not full)",
		"audit_state", "slub_list_full"),
	CHECKED("I9",
		"nr_partial == list length",
		"audit_node", "slub_lose_count"),
	CHECKED_LIVE("I10",
		"a free/deactivate/drain discards an empty slab only if "
		"nr_partial >= min_partial at the decision",
		"free_last_object", "slub_discard_eagerly"),
	CHECKED("I11",
		"cpu partial chain: head.slabs == chain length",
		"audit_cpu", "slub_chain_count"),
	CHECKED("I12",
		"sum over nodes nr_slabs == slabs existing; total_objects"
		" == sum of slab.objects",
		"audit_sums", "slub_lose_objects"),
	CHECKED_LIVE("I13",
		"object conservation: total_objects == user-allocated + "
		"shared free + cpu freelist free + sheaf/barn held + "
		"pending RCU",
		"audit_sums", "slub_drop_slab"),
	CHECKED_LIVE("I14",
		"page conservation: slab pages == sum over slabs 2^order "
		"== vmstat NR_SLAB_*_B/PAGE minus large kmalloc",
		"slab_audit", "slub_lose_pages"),
	CHECKED_LIVE("I15",
		"returned pointer aligned to cache align; kmalloc to 1.3;"
		" ksize >= requested",
		"check_object", "slab_wrong_align"),
	CHECKED_LIVE("I16",
		"alloc after kzalloc flag: whole object_size zero",
		"check_object", "slab_zero_half"),
	CHECKED_LIVE("I17",
		"node constraint: THISNODE result is on that node or NULL",
		"check_object", "slub_any_node"),
	CHECKED("I18",
		"tid of each CPU strictly increases by STEP per operation"
		" that changes {freelist,tid}; tid mod STEP == cpu",
		"audit_cpu", "slub_stale_tid"),
	CHECKED("I19",
		"refcount of cache == 1 + aliases; merged pair satisfy "
		"2.5",
		"audit_cache", "slab_two_owners"),
	CHECKED_LIVE("I20",
		"RCU-typesafe: no page of the slab reused for another "
		"purpose before a grace period after discard; kvfree_rcu:"
		" no object freed before one",
		"page_check_rcu, kvfree_rcu_note_freed", "slab_rcu_no_wait"),
	CHECKED("I21",
		"per cache: ALLOC_SLAB - FREE_SLAB - (slabs released by "
		"shrink/destroy) == nr_slabs",
		"audit_sums", "slub_free_uncounted"),
	CHECKED("I22",
		"sheaf: 0 <= size <= capacity; main != NULL; spare != main; "
		"barn counts == list lengths; barn full sheaves have size>0, "
		"empty ones size==0; nr_full <= 10 + (CPUs racing); what is "
		"collected for RCU is neither empty nor full",
		"sheaf_audit_begin", "barn_miscounts"),
	CHECKED("I23",
		"free-object poison 0x6b..0xa5 and red zones intact "
		"(debug caches)",
		"slub_audit_slab, check_object", "slub_poison_short"),
	CHECKED_LIVE("I24",
		"no slab lock (list_lock, local lock, barn lock) held "
		"when calling the page allocator or running a ctor",
		"new_slab", "slub_discard_locked"),
	CHECKED("B1",
		"every managed page is in exactly one state: buddy-free "
		"(in exactly one block), pcp-free, allocated, "
		"(isolated/guard)",
		"page_alloc_audit",
		"pcp_lose_page"),
	CHECKED("B2",
		"sum over orders nr_free[o]*2^o (non-isolated) == "
		"NR_FREE_PAGES of zone + unfolded per-CPU deltas",
		"page_alloc_audit",
		"buddy_miscount"),
	CHECKED("B3",
		"nr_free[o] == sum of lengths of its migratetype lists",
		"page_alloc_audit",
		"buddy_nr_free"),
	CHECKED("B4",
		"block head pfn multiple of 2^o; entirely inside zone; o "
		"<= 10",
		"add_to_free_list, page_alloc_audit",
		"buddy_wrong_half"),
	CHECKED("B5",
		"maximal merging: no two free buddies of the same order "
		"o<10 in one zone",
		"__free_one_page, page_alloc_audit",
		"buddy_no_merge"),
	CHECKED("B6",
		"free block of order<9 sits on list[type of its "
		"pageblock]",
		"add_to_free_list, page_alloc_audit",
		"buddy_wrong_list"),
	CHECKED("B7",
		"buddy mark set <=> on a free list; refcount 0; order "
		"field matches list",
		"del_from_free_list, page_alloc_audit",
		"buddy_no_mark"),
	CHECKED("B8",
		"pcp.count == sum over lists of length*2^order; each page"
		" on list index matching its order and type class",
		"page_alloc_audit",
		"pcp_miscount"),
	CHECKED("B9",
		"managed == free(buddy) + free_pcp + allocated",
		"page_alloc_audit",
		"managed_off_by_one"),
	CHECKED_LIVE("B10",
		"pcp: high_min <= high <= high_max right after any "
		"refill/free on that pcp; free_count <= (batch<<5) + 2^9;"
		" alloc_factor <= 5",
		"pcp_refill, pcp_push",
		"pcp_high_unbounded"),
	CHECKED_LIVE("B11",
		"pcp overflow: after a free returns, count < H or a bulk "
		"free was just performed (or trylock failed and page went"
		" to buddy)",
		"pcp_push",
		"pcp_no_spill"),
	CHECKED("B12",
		"allocated block: aligned to 2^order, all pages same "
		"zone, not overlapping any other live allocation",
		"prep_new_page, page_alloc_audit",
		"pcp_hand_out_twice"),
	CHECKED_LIVE("B13",
		"without reserve rights an allocation never leaves "
		"free < min watermark by more than (CPUs*threshold + "
		"pcp batch in flight): the drift bound (in flight: "
		"what those attempts may take at most that have been "
		"under way since this one began)",
		"zone_attempt_ends", "wmark_ignored"),
	CHECKED("B14",
		"nr_reserved_highatomic <= ALIGN(1% managed, 512) + one "
		"block race; nr_free_highatomic == free pages on "
		"HighAtomic lists",
		"page_alloc_audit",
		"highatomic_miscount"),
	CHECKED("B15",
		"pages outstanding (allocated) == pgalloc - pgfree + "
		"pages released at boot (boot release also counts pgfree)",
		"page_alloc_audit",
		"pgfree_uncounted"),
	CHECKED("B16",
		"watermarks: min <= low <= high <= promo; sum(min of "
		"lowmem zones) <= pages_min",
		"page_alloc_audit",
		"wmark_order"),
	CHECKED("B17",
		"zonelist visit order monotone: within node highest zone "
		"first; THISNODE never leaves node",
		"get_page_from_freelist, page_alloc_audit",
		"zonelist_ascending"),
	CHECKED("B18",
		"pageblock type counts: sum == number of present "
		"pageblocks; HighAtomic blocks*512 == reserved (when no "
		"order>9 reservations)",
		"page_alloc_audit",
		"reserve_without_block"),
	CHECKED_LIVE("B19",
		"zone->lock never held across more than max(batch<<5, "
		"512-page scan) page operations (checked: blocks moved "
		"in a hold, batch<<5 and a pageblock at most; for each "
		"of them one 512-page scan an order, and that of the "
		"pageblock it claims; what views walk is not counted)",
		"zone_hold_scans, zone_hold_ends", "pcp_drain_at_once"),
	CHECKED("B20",
		"allocation in atomic context never blocks; blocking "
		"allocation in atomic context is reported exactly once "
		"per second",
		"__might_sleep",
		"atomic_may_sleep"),
	CHECKED("B21",
		"vmalloc/large-kmalloc/slab/page-table pages all appear "
		"as 'allocated' with one owner tag; free must match owner"
		" tag and order",
		"free_pages_prepare, page_alloc_audit",
		"owner_tag_kept"),
	CHECKED("INV-A1",
		"Quiescent: F, B, L, Q, K are pairwise disjoint and their"
		" union is exactly [1, ULONG_MAX)",
		"vmalloc_audit", "pool_decay_without_detach"),
	CHECKED("INV-A2",
		"Within F no two blocks touch (maximality), after every "
		"operation under the free lock",
		"vmap_tree_audit", "vmap_merge_skips_prev"),
	CHECKED("INV-A3",
		"F list order = tree order = ascending start; sizes > 0; "
		"every area start/end page aligned (F ends 1 and "
		"ULONG_MAX excepted)",
		"vmap_tree_audit", "vmap_list_misplaced"),
	CHECKED("INV-A4",
		"subtree_max(n) = max(size(n), subtree_max(children)) for"
		" every F node (check after each op in debug builds)",
		"vmap_tree_audit", "vmap_no_propagate"),
	CHECKED("INV-A5",
		"Every B area lies in node_of_addr(start); every lookup "
		"by start probes exactly one busy lock",
		"nodes_audit", "nodes_wrong_busy"),
	CHECKED("INV-A6",
		"Every K entry has class index = pages-1, 1..256 pages, "
		"is not in F/B/L, has no present PTE, and every TLB flush"
		" obligation for it is discharged",
		"vmap_pools_audit", "pool_wrong_class"),
	CHECKED("INV-A7",
		"Returned address: aligned, within [vstart, vend-size], "
		"area size = rounded request + guard",
		"vmap_area_setup", "vmap_ignores_vend"),
	CHECKED("INV-A8",
		"Lowest-fit (2c, or 2d with pools bypassed and align <= "
		"P): no F block below the returned start could hold the "
		"request at >= vstart",
		"check_lowest", "vmap_search_skips_left"),
	CHECKED("INV-A9",
		"Guard: for any two areas X<Y from guarded allocations, "
		"at least one unmapped page separates their data",
		"audit_mapping", "vmalloc_no_guard"),
	CHECKED("INV-A10",
		"vmap_lazy_nr = pages in L + Q (quiescent) ; never "
		"negative; >= pages in L always",
		"audit_counts", "nodes_lazy_nr_stays"),
	CHECKED("INV-A11",
		"Purge work item is queued if vmap_lazy_nr > lazy_max and"
		" no purge is running or pending (eventually)",
		"audit_counts", "drain_not_scheduled"),
	CHECKED("INV-A12",
		"-EBUSY implies: two searches failed with a full purge "
		"(which forces pool decay) in between, and the notifier "
		"chain freed 0",
		"vmap_find_space", "overflow_without_purge"),
	CHECKED("INV-A13",
		"Recorded owner id is 0 for "
		"non-[VMALLOC_START,VMALLOC_END) requests, else (cpu at "
		"alloc mod nodes)",
		"check_owner", "nodes_wrong_owner"),
	CHECKED("INV-A14",
		"Node count: 1 <= nr_nodes <= 128 and <= possible CPUs; 1"
		" on 32-bit presets",
		"nodes_audit", "nodes_too_many"),
	CHECKED("INV-M1",
		"PTE present for page i of a live vmalloc area iff i < "
		"data pages; guard never present",
		"audit_mapping", "vmalloc_maps_guard"),
	CHECKED("INV-M2",
		"No PTE of VA in F, L, Q or K is present (unmap precedes "
		"lazy insert)",
		"audit_leaf", "unmap_skips_first"),
	CHECKED("INV-M3",
		"A present PTE frame is allocated (not in buddy), "
		"refcount > 0, for vmalloc-owned mappings",
		"audit_owned", "vmalloc_frees_mapped"),
	CHECKED("INV-M4",
		"Two live areas never map through the same VA; one frame "
		"may be mapped by several VAs",
		"map_in_table", "space_given_twice"),
	CHECKED("INV-M5",
		"Intermediate tables for a VA exist while any leaf below "
		"is present; table pages are never freed by vunmap",
		"audit_mapping", "unmap_frees_table"),
	CHECKED("INV-M6",
		"nr_vmalloc_pages = sum of area.nr_pages over completed "
		"vmalloc areas",
		"audit_counts", "vmalloc_miscounts"),
	CHECKED("INV-M7",
		"After vmalloc success data pages are distinct allocated "
		"frames, nr*P bytes; ZERO requested -> all zero",
		"audit_owned", "vmalloc_maps_twice"),
	CHECKED("INV-T1",
		"(safety) When an address range enters F or K (or B via "
		"reuse), no CPU's TLB holds any translation for it older "
		"than its last unmap",
		"audit_translation", "purge_without_flush"),
	CHECKED("INV-T2",
		"(strict mode, user mm, reset-perms, debug_pagealloc, "
		"post-vm_unmap_aliases) No CPU's TLB maps a frame that "
		"has been returned to buddy",
		"vmalloc_audit_strictly", "aliases_kept"),
	CHECKED("INV-T3",
		"A stale hit (TLB entry whose PTE is cleared) by "
		"emulated code is legal only in L + Q, + dirty "
		"vm_map_ram slots, and is always a use-after-free bug "
		"of the *client*; report it",
		"stale_use", "vfree_touches"),
	CHECKED("INV-T4",
		"A stale hit in F, K or B is an allocator bug. Fatal",
		"stale_use", "vfree_skips_lazy"),
	CHECKED("INV-T5",
		"Purge flush range covers every area detached in that "
		"purge and every dirty block range folded in",
		"vmap_purge_check", "purge_range_short"),
	CHECKED("INV-T6",
		"Flush happens after detach and before any detached area "
		"enters F/K (order: unmap < detach < flush complete < "
		"publish)",
		"vmap_purge_check", "nodes_publish_before_flush"),
	CHECKED("INV-T7",
		"Flush completion: for each targeted CPU at completion "
		"time, no entry in the range that was present at flush "
		"start with cleared PTE remains",
		"flush_note_done", "flush_skips_cpu"),
	CHECKED("INV-T8",
		"Full iff (end-start) > 33*P or ALL (x86), > 512 pages "
		"(arm64 4K), > 64 (riscv); ceiling 0 -> always full",
		"flush_note_request", "flush_ceiling_off_by_one"),
	CHECKED("INV-T9",
		"Single-page invalidation count per CPU for a ranged "
		"flush = ceil((end-start)/P)",
		"flush_note_done", "flush_truncated"),
	CHECKED_LIVE("INV-T10",
		"A CPU coming online (or leaving a simulated halt) "
		"starts with an empty TLB and is either targeted or "
		"starts after the flush",
		"pagetable_load_on_cpu", "boot_translates"),
	CHECKED("INV-T11",
		"dirty range of a block: dirty_min <= every dirty, "
		"unflushed slot < dirty_max",
		"vmap_blocks_audit", "vb_dirty_range_short"),
	NOT_YET("INV-T12",
		"User gens: slot gen <= mm gen; new_gen requested <= mm "
		"gen",
		"there are no user address spaces yet"),
	CHECKED("INV-I1",
		"acks received = targets after filtering; each target "
		"acks each request exactly once; callback runs exactly "
		"once per target",
		"smp_audit", "target_skipped"),
	CHECKED_LIVE("INV-I2",
		"For SYNC requests: callback return happens-before ack "
		"happens-before initiator return",
		"smp_check_acked", "csd_early_ack"),
	CHECKED("INV-I3",
		"csd LOCK bit: initiator is the only setter, target the "
		"only clearer; never set when already set (initiator "
		"waits first)",
		"smp_audit", "csd_reused"),
	CHECKED("INV-I4",
		"IPIs sent <= pushes; a push that finds the queue empty "
		"is followed by an IPI or a polling-idle kick",
		"smp_audit", "ipi_dropped"),
	CHECKED_LIVE("INV-I5",
		"Handler runs with IRQs off, never nested on one CPU; "
		"queue served FIFO within SYNC",
		"smp_check_handler_begins, smp_check_served",
		"calls_last_first"),
	CHECKED("INV-I6",
		"Initiator never waits with IRQs off, in interrupt, or "
		"holding a lock that a target can be waiting for with "
		"IRQs off",
		"csd_lock_wait_slow", "csd_wait_irqs_off"),
	CHECKED_LIVE("INV-I7",
		"On-each-CPU callback runs on self too, exactly once",
		"smp_audit", "self_skipped"),
	CHECKED_LIVE("INV-I8",
		"Total flush time >= max over targets of service "
		"delay (checked: no synchronous call goes on before "
		"the last of its functions has returned; what "
		"flushes cost is measured, not an invariant)",
		"smp_check_ran", "last_ack_ignored"),
	CHECKED_LIVE("INV-I9",
		"At any time at most one flush is outstanding per "
		"initiator; at most one purge flush system-wide "
		"(vmap_purge_lock)",
		"flush_begins, purge_flush_begins", "flush_in_flush"),
	CHECKED_LIVE("INV-C1",
		"No vmalloc-side spinlock is held during flush wait; "
		"vmap_purge_lock is",
		"flush_begins, purge_flush_begins", "purge_under_spinlock"),
	CHECKED_LIVE("INV-C2",
		"vmalloc/vfree slow paths run with in_interrupt()==0 "
		"and (task) preemptible; vfree in interrupt only "
		"pushes on the list",
		"check_slow_path", "vfree_in_interrupt"),
	CHECKED("INV-C3",
		"No sleeping call with preempt_count != 0 or IRQs off",
		"__might_sleep", "purge_preempt_off"),
	CHECKED_LIVE("INV-C4",
		"Lock order of section 11 is acyclic (run the lockdep "
		"model on the emulator's own locks)",
		"check_wanted", "nodes_lazy_under_busy"),
	CHECKED_LIVE("INV-C5",
		"Every deferred-free list node is eventually vfree'd "
		"exactly once; FIFO not required",
		"vfree_deferred_audit", "deferred_skipped"),
};

const unsigned nr_invariants = ARRAY_SIZE(invariants);
