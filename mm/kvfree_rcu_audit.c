/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checked builds: every pointer that was given to kvfree_rcu() and is not freed
 * yet, with the grace period that must pass before. Outside the emulated
 * memory, free in virtual time. At quiescence the CPUs' lists have to hold
 * exactly these.
 */
#include "mm/audit.h"
#include "mm/kvfree_rcu_def.h"
#include "mm/sheaf.h"
#include "mm/vmalloc.h"

#define NR_ENTRIES	(CHECKS_BUILT ? 1u << 18 : 1)
#define NR_BUCKETS	(CHECKS_BUILT ? 1u << 14 : 1)

static struct given {
	const void	*ptr;
	u64		gp;	/* get_state_synchronize_rcu() */
	u32		next;	/* index + 1 */
	bool		seen;	/* by the audit */
} entries[NR_ENTRIES];

static u32 given_lock;
/* Under given_lock: */
static u32 buckets[NR_BUCKETS];		/* index + 1 */
static u32 nr_used, first_free;		/* index + 1 */
static u64 nr_given;
static bool incomplete;		/* there were too many to know them all */

/* Nobody holding this waits, so it needs no interrupts off natively. */
static void lock_given(void)
{
	while (xchg(&given_lock, 1))
		cpu_relax();
}

static void unlock_given(void)
{
	smp_store_release(&given_lock, 0);
}

static u32 *bucket_of(const void *ptr)
{
	return &buckets[((uintptr_t)ptr >> 3) * 0x9e3779b97f4a7c15UL >> 50];
}

static u32 *find(const void *ptr)
{
	u32 *link = bucket_of(ptr);

	while (*link && entries[*link - 1].ptr != ptr)
		link = &entries[*link - 1].next;
	return link;
}

static void add(const void *ptr)
{
	u32 index = first_free, *bucket = bucket_of(ptr);

	if (index)
		first_free = entries[index - 1].next;
	else if (nr_used < NR_ENTRIES)
		index = ++nr_used;
	if (!index) {
		incomplete = true;
		return;
	}
	entries[index - 1] = (struct given){
		.ptr = ptr, .gp = get_state_synchronize_rcu(), .next = *bucket,
	};
	*bucket = index;
	WRITE_ONCE(nr_given, nr_given + 1);
}

static unsigned long print_address(const void *ptr)
{
	return is_vmalloc_addr((vaddr_t)ptr) ? (unsigned long)ptr :
					       machine_print_address(ptr);
}

bool kvfree_rcu_note_given(void *ptr)
{
	bool twice;

	lock_given();
	twice = *find(ptr);
	if (!twice)
		add(ptr);
	unlock_given();
	if (twice) {
		kernel_bug("kvfree_call_rcu(): Double-freed call. rcu_head "
			   "0x%lx", print_address(ptr));
		dump_stack();
	}
	return !twice;
}

void kvfree_rcu_note_freed(void *ptr)
{
	bool known, over = true;
	u32 *link, index;

	lock_given();
	link = find(ptr);
	index = *link;
	known = index || incomplete;
	if (index) {
		struct given *given = &entries[index - 1];

		over = poll_state_synchronize_rcu(given->gp);
		*link = given->next;
		given->ptr = NULL;
		given->next = first_free;
		first_free = index;
		WRITE_ONCE(nr_given, nr_given - 1);
	}
	unlock_given();
	if (!known)
		audit_violated("I4", "kvfree_rcu frees 0x%lx, which it does "
			       "not have", print_address(ptr));
	if (!over)
		audit_violated("I20", "kvfree_rcu frees 0x%lx before a grace "
			       "period", print_address(ptr));
}

bool kvfree_rcu_has(const void *ptr)
{
	bool has;

	if (!READ_ONCE(nr_given))
		return false;
	lock_given();
	has = *find(ptr);
	unlock_given();
	return has;
}

/* ---- at quiescence ---- */
static u64 nr_seen;

static void see(const void *ptr)
{
	u32 index = *find(ptr);

	if (!index || entries[index - 1].seen)
		audit_violated("I4", "kvfree_rcu has 0x%lx %s",
			       print_address(ptr), index ? "twice" :
			       "without having been given it");
	if (!index)
		return;
	entries[index - 1].seen = true;
	nr_seen++;
}

/* Where the walk looks, no TLB does. */
static const struct rcu_head *look_at(const struct rcu_head *head)
{
	struct page *page;

	if (!is_vmalloc_addr((vaddr_t)head))
		return head;
	page = vmalloc_to_page((vaddr_t)head);
	return page ? (const void *)((char *)page_address(page) +
				     (vaddr_t)head % PAGE_SIZE) : NULL;
}

static void see_chain(const struct rcu_head *head)
{
	for (; head && (head = look_at(head)); head = head->next)
		see((const void *)(uintptr_t)head->func);
}

static void see_blocks(const struct list_head *blocks)
{
	const struct kvfree_rcu_bulk_data *bnode;

	list_for_each_entry(bnode, blocks, list)
		for (unsigned long i = 0; i < bnode->nr_records; i++)
			see(bnode->records[i]);
}

static void see_cpu(const struct kfree_rcu_cpu *krcp)
{
	see_chain(krcp->head);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
		see_blocks(&krcp->bulk_head[i]);
	for (unsigned work = 0; work < KFREE_N_BATCHES; work++) {
		see_chain(krcp->krw_arr[work].head_free);
		for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
			see_blocks(&krcp->krw_arr[work].bulk_head_free[i]);
	}
}

void kvfree_rcu_audit(void)
{
	unsigned cpu;

	if (!CHECKS_ON || incomplete)
		return;
	nr_seen = 0;
	sheaf_for_each_collected(see);
	for_each_possible_cpu(cpu)
		see_cpu(per_cpu_ptr(&krc, cpu));
	if (nr_seen != nr_given)
		audit_violated("I13", "kvfree_rcu was given %llu objects that "
			       "it has not freed, and has %llu",
			       (unsigned long long)nr_given,
			       (unsigned long long)nr_seen);
	for (u32 i = 0; i < nr_used; i++)
		entries[i].seen = false;
}
