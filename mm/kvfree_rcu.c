/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvfree_rcu (slub spec 3.8; kernel/rcu/tree.c, 6.12).
 *
 * A CPU notes pointers in blocks, pages of 507 of them, one list of blocks for
 * kmalloc's memory and one for vmalloc's; what finds no block is chained
 * through its own rcu_head. A monitor, 5 s after the first pointer or one tick
 * after the 507th, frees the blocks whose grace period has passed by itself
 * and moves the rest, as a batch, to one of two works, which ask for a grace
 * period and then free them; while both are busy it comes again.
 *
 * An rcu_head may lie in vmalloc memory and is then reached through the TLB.
 * There is no reclaim, hence no shrinker and none of the back-off it causes.
 */
#include "mm/audit.h"
#include "mm/kvfree_rcu_def.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"

DEFINE_FAULT(kvfree_rcu_no_wait, "I20", "a batch does not wait for RCU");
DEFINE_FAULT(kvfree_rcu_twice, "I4", "a used block keeps its pointers");
DEFINE_FAULT(kvfree_rcu_lose, "I13", "a full chain is forgotten");

DEFINE_PER_CPU_ALIGNED(struct kfree_rcu_cpu, krc);

/* ---- the chain: next and func of a head, wherever it lies ---- */
static void set_head(struct rcu_head *head, struct rcu_head *next, void *ptr)
{
	if (is_vmalloc_addr((vaddr_t)head)) {
		vm_store((vaddr_t)&head->next, sizeof(next), (u64)next);
		vm_store((vaddr_t)&head->func, sizeof(ptr), (u64)ptr);
	} else {
		head->next = next;
		head->func = (void (*)(struct rcu_head *))(uintptr_t)ptr;
	}
}

static struct rcu_head *get_head(struct rcu_head *head, void **ptr)
{
	if (is_vmalloc_addr((vaddr_t)head)) {
		*ptr = (void *)vm_load((vaddr_t)&head->func, sizeof(*ptr));
		return (void *)vm_load((vaddr_t)&head->next, sizeof(head));
	}
	*ptr = (void *)(uintptr_t)head->func;
	return head->next;
}

/* ---- spare blocks ---- */
static struct kvfree_rcu_bulk_data *get_cached_bnode(struct kfree_rcu_cpu *krcp)
	must_hold(krcp->lock);

static struct kvfree_rcu_bulk_data *get_cached_bnode(struct kfree_rcu_cpu *krcp)
{
	struct kvfree_rcu_bulk_data *bnode;

	if (!krcp->nr_bkv_objs)
		return NULL;
	WRITE_ONCE(krcp->nr_bkv_objs, krcp->nr_bkv_objs - 1);
	bnode = list_first_entry(&krcp->bkvcache, struct kvfree_rcu_bulk_data,
				 list);
	list_del(&bnode->list);
	return bnode;
}

/* False: there are enough. */
static bool put_cached_bnode(struct kfree_rcu_cpu *krcp,
			     struct kvfree_rcu_bulk_data *bnode)
	must_hold(krcp->lock);

static bool put_cached_bnode(struct kfree_rcu_cpu *krcp,
			     struct kvfree_rcu_bulk_data *bnode)
{
	if (krcp->nr_bkv_objs >= RCU_MIN_CACHED_OBJS)
		return false;
	list_add(&bnode->list, &krcp->bkvcache);
	WRITE_ONCE(krcp->nr_bkv_objs, krcp->nr_bkv_objs + 1);
	return true;
}

static struct kvfree_rcu_bulk_data *alloc_bnode(void)
{
	struct kvfree_rcu_bulk_data *bnode = (void *)__get_free_pages(
		GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN,
		0);

	if (bnode)
		bnode->nr_records = 0;
	return bnode;
}

static void fill_page_cache_func(struct work_struct *work)
{
	struct kfree_rcu_cpu *krcp = container_of(work, struct kfree_rcu_cpu,
						  page_cache_work.work);
	unsigned i = READ_ONCE(krcp->nr_bkv_objs);
	bool pushed = true;
	bool flags;

	for (; i < RCU_MIN_CACHED_OBJS && pushed; i++) {
		struct kvfree_rcu_bulk_data *bnode = alloc_bnode();

		if (!bnode)
			break;
		spin_lock_irqsave(&krcp->lock, flags);
		krcp->stat.blocks++;
		pushed = put_cached_bnode(krcp, bnode);
		spin_unlock_irqrestore(&krcp->lock, flags);
		if (!pushed)
			free_pages((unsigned long)bnode, 0);
	}
	smp_store_release(&krcp->work_in_progress, 0);
}

/* The worker that refills is not woken under the lock but by a timer, at
 * once (the kernel's hrtimer). */
static void run_page_cache_worker(struct kfree_rcu_cpu *krcp)
{
	if (!xchg(&krcp->work_in_progress, 1))
		schedule_delayed_work(&krcp->page_cache_work, 0);
}

/* ---- freeing what is due ---- */
static void check_state(u64 gp_snap)
{
	static bool warned;

	if (unlikely(!poll_state_synchronize_rcu(gp_snap)) &&
	    !xchg(&warned, true))
		kernel_bug("WARNING: kvfree_rcu: a batch is freed before its "
			   "grace period is over");
}

static void note_freed(struct kvfree_rcu_bulk_data *bnode)
{
	for (unsigned long i = 0; i < bnode->nr_records; i++)
		kvfree_rcu_note_freed(bnode->records[i]);
}

static void kvfree_rcu_bulk(struct kfree_rcu_cpu *krcp,
			    struct kvfree_rcu_bulk_data *bnode,
			    enum kvfree_channel channel)
{
	bool flags, kept;

	check_state(bnode->gp_snap);
	if_checked(note_freed(bnode));
	if (channel == KVFREE_KMALLOC)
		kfree_bulk((unsigned)bnode->nr_records, bnode->records);
	else
		for (unsigned long i = 0; i < bnode->nr_records; i++)
			vfree((vaddr_t)bnode->records[i]);
	if (!FAULT(kvfree_rcu_twice))
		bnode->nr_records = 0;
	spin_lock_irqsave(&krcp->lock, flags);
	kept = put_cached_bnode(krcp, bnode);
	spin_unlock_irqrestore(&krcp->lock, flags);
	if (!kept)
		free_pages((unsigned long)bnode, 0);
	cond_resched();
}

static void kvfree_rcu_blocks(struct kfree_rcu_cpu *krcp,
			      struct list_head *blocks,
			      enum kvfree_channel channel)
{
	struct kvfree_rcu_bulk_data *bnode, *next;

	list_for_each_entry_safe(bnode, next, blocks, list)
		kvfree_rcu_bulk(krcp, bnode, channel);
}

static void kvfree_rcu_list(struct rcu_head *head)
{
	struct rcu_head *next;
	void *ptr;

	for (; head; head = next) {
		next = get_head(head, &ptr);
		if_checked(kvfree_rcu_note_freed(ptr));
		kvfree(ptr);
		cond_resched();
	}
}

/* A grace period after a batch was detached. */
static void kfree_rcu_work(struct work_struct *work)
{
	struct kfree_rcu_cpu_work *krwp = container_of(work,
			struct kfree_rcu_cpu_work, rcu_work.work);
	struct kfree_rcu_cpu *krcp = krwp->krcp;
	struct list_head blocks[FREE_N_CHANNELS];
	struct rcu_head *head;
	u64 head_gp_snap;
	bool flags;

	spin_lock_irqsave(&krcp->lock, flags);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++) {
		INIT_LIST_HEAD(&blocks[i]);
		list_splice_init(&krwp->bulk_head_free[i], &blocks[i]);
	}
	head = krwp->head_free;
	krwp->head_free = NULL;
	head_gp_snap = krwp->head_free_gp_snap;
	spin_unlock_irqrestore(&krcp->lock, flags);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
		kvfree_rcu_blocks(krcp, &blocks[i], i);
	if (head) {
		check_state(head_gp_snap);
		kvfree_rcu_list(head);
	}
}

/* ---- the monitor ---- */
static u64 krc_count(const struct kfree_rcu_cpu *krcp)
{
	u64 sum = READ_ONCE(krcp->head_count);

	for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
		sum += READ_ONCE(krcp->bulk_count[i]);
	return sum;
}

static void schedule_monitor(struct kfree_rcu_cpu *krcp)
{
	if (krc_count(krcp) >= KVFREE_BULK_MAX_ENTR)
		expedite_delayed_work(&krcp->monitor_work, TICK_NSEC);
	else
		schedule_delayed_work(&krcp->monitor_work, KFREE_DRAIN_NS);
}

/* Frees what has seen its grace period while it waited here. Blocks are added
 * in front, so the oldest are at the end. */
static void kvfree_rcu_drain_ready(struct kfree_rcu_cpu *krcp)
{
	struct kvfree_rcu_bulk_data *bnode;
	struct list_head ready[FREE_N_CHANNELS];
	struct rcu_head *head = NULL;
	bool flags;

	spin_lock_irqsave(&krcp->lock, flags);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++) {
		INIT_LIST_HEAD(&ready[i]);
		while (!list_empty(&krcp->bulk_head[i])) {
			bnode = list_entry(krcp->bulk_head[i].prev,
					   struct kvfree_rcu_bulk_data, list);
			if (!poll_state_synchronize_rcu(bnode->gp_snap))
				break;
			WRITE_ONCE(krcp->bulk_count[i], krcp->bulk_count[i] -
				   bnode->nr_records);
			list_move(&bnode->list, &ready[i]);
		}
	}
	if (krcp->head && poll_state_synchronize_rcu(krcp->head_gp_snap)) {
		head = krcp->head;
		krcp->head = NULL;
		WRITE_ONCE(krcp->head_count, 0);
	}
	spin_unlock_irqrestore(&krcp->lock, flags);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
		kvfree_rcu_blocks(krcp, &ready[i], i);
	kvfree_rcu_list(head);
}

/* Its callback marks it idle after it has queued the work, which may have run
 * by then on another CPU. */
static bool work_is_busy(const struct kfree_rcu_cpu_work *krwp)
{
	return smp_load_acquire(&krwp->rcu_work.waiting) || krwp->head_free ||
	       !list_empty(&krwp->bulk_head_free[0]) ||
	       !list_empty(&krwp->bulk_head_free[1]);
}

/* Moves all that is noted to an idle work. */
static void detach_batch(struct kfree_rcu_cpu *krcp,
			 struct kfree_rcu_cpu_work *krwp)
	must_hold(krcp->lock);

static void detach_batch(struct kfree_rcu_cpu *krcp,
			 struct kfree_rcu_cpu_work *krwp)
{
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++) {
		list_splice_init(&krcp->bulk_head[i],
				 &krwp->bulk_head_free[i]);
		WRITE_ONCE(krcp->bulk_count[i], 0);
	}
	krwp->head_free = FAULT(kvfree_rcu_lose) ? NULL : krcp->head;
	krwp->head_free_gp_snap = get_state_synchronize_rcu();
	krcp->head = NULL;
	WRITE_ONCE(krcp->head_count, 0);
	krcp->stat.batches++;
	if (FAULT(kvfree_rcu_no_wait))
		schedule_work(&krwp->rcu_work.work);
	else
		must(queue_rcu_work(&krwp->rcu_work));
}

/* True when nothing is left: all works may be busy. */
static bool kvfree_rcu_queue_batch(struct kfree_rcu_cpu *krcp)
{
	bool flags, left;

	spin_lock_irqsave(&krcp->lock, flags);
	for (unsigned i = 0; i < KFREE_N_BATCHES && krc_count(krcp); i++)
		if (!work_is_busy(&krcp->krw_arr[i]))
			detach_batch(krcp, &krcp->krw_arr[i]);
	left = krc_count(krcp) != 0;
	spin_unlock_irqrestore(&krcp->lock, flags);
	return !left;
}

static void kfree_rcu_monitor(struct work_struct *work)
{
	struct kfree_rcu_cpu *krcp = container_of(work, struct kfree_rcu_cpu,
						  monitor_work.work);

	kvfree_rcu_drain_ready(krcp);
	if (!kvfree_rcu_queue_batch(krcp))
		schedule_monitor(krcp);
}

/* ---- noting a pointer ---- */
static void add_block(struct kfree_rcu_cpu *krcp, enum kvfree_channel channel,
		      struct kvfree_rcu_bulk_data *bnode)
	must_hold(krcp->lock);

static void add_block(struct kfree_rcu_cpu *krcp, enum kvfree_channel channel,
		      struct kvfree_rcu_bulk_data *bnode)
{
	list_add(&bnode->list, &krcp->bulk_head[channel]);
}

/* The block to note the next pointer in, if one can be had under the lock. */
static struct kvfree_rcu_bulk_data *find_block(struct kfree_rcu_cpu *krcp,
					       enum kvfree_channel channel)
	must_hold(krcp->lock);

static struct kvfree_rcu_bulk_data *find_block(struct kfree_rcu_cpu *krcp,
					       enum kvfree_channel channel)
{
	struct list_head *blocks = &krcp->bulk_head[channel];
	struct kvfree_rcu_bulk_data *bnode;

	if (!list_empty(blocks)) {
		bnode = list_first_entry(blocks, struct kvfree_rcu_bulk_data,
					 list);
		if (bnode->nr_records < KVFREE_BULK_MAX_ENTR)
			return bnode;
	}
	bnode = get_cached_bnode(krcp);
	if (bnode)
		add_block(krcp, channel, bnode);
	return bnode;
}

static void note_in_block(struct kfree_rcu_cpu *krcp,
			  enum kvfree_channel channel,
			  struct kvfree_rcu_bulk_data *bnode, void *ptr)
	must_hold(krcp->lock);

static void note_in_block(struct kfree_rcu_cpu *krcp,
			  enum kvfree_channel channel,
			  struct kvfree_rcu_bulk_data *bnode, void *ptr)
{
	bnode->records[bnode->nr_records++] = ptr;
	bnode->gp_snap = get_state_synchronize_rcu();
	WRITE_ONCE(krcp->bulk_count[channel], krcp->bulk_count[channel] + 1);
	if (channel == KVFREE_KMALLOC)
		krcp->stat.kmalloc_noted++;
	else
		krcp->stat.vmalloc_noted++;
}

static void chain(struct kfree_rcu_cpu *krcp, struct rcu_head *head, void *ptr)
	must_hold(krcp->lock);

static void chain(struct kfree_rcu_cpu *krcp, struct rcu_head *head, void *ptr)
{
	set_head(head, krcp->head, ptr);
	krcp->head = head;
	krcp->head_gp_snap = get_state_synchronize_rcu();
	WRITE_ONCE(krcp->head_count, krcp->head_count + 1);
	krcp->stat.chained++;
}

/* False: neither a page nor a head to note ptr in. */
static unanalysed bool note(struct rcu_head *head, void *ptr)
{
	enum kvfree_channel channel = is_vmalloc_addr((vaddr_t)ptr) ?
				      KVFREE_VMALLOC : KVFREE_KMALLOC;
	struct kfree_rcu_cpu *krcp = this_cpu_ptr(&krc);
	struct kvfree_rcu_bulk_data *bnode;
	bool flags;

	spin_lock_irqsave(&krcp->lock, flags);
	bnode = find_block(krcp, channel);
	if (!bnode && !head) {
		spin_unlock_irqrestore(&krcp->lock, flags);
		bnode = alloc_bnode();
		spin_lock_irqsave(&krcp->lock, flags);
		if (bnode) {
			krcp->stat.blocks++;
			add_block(krcp, channel, bnode);
		}
	}
	if (bnode)
		note_in_block(krcp, channel, bnode, ptr);
	else
		run_page_cache_worker(krcp);
	if (!bnode && head)
		chain(krcp, head, ptr);
	if (bnode || head)
		schedule_monitor(krcp);
	else
		krcp->stat.waited++;
	spin_unlock_irqrestore(&krcp->lock, flags);
	return bnode || head;
}

void kvfree_call_rcu(struct rcu_head *head, void *ptr)
{
	if (!head)
		might_sleep();
	if (!checked_ok(kvfree_rcu_note_given(ptr)))
		return;
	if (slab_free_rcu(ptr))
		return;
	if (likely(note(head, ptr)))
		return;
	synchronize_rcu();
	if_checked(kvfree_rcu_note_freed(ptr));
	kvfree(ptr);
}

/* ---- all of it ---- */
static void flush_batches(struct kfree_rcu_cpu *krcp)
{
	for (unsigned i = 0; i < KFREE_N_BATCHES; i++)
		flush_rcu_work(&krcp->krw_arr[i].rcu_work);
}

void kvfree_rcu_barrier(void)
{
	unsigned cpu;

	might_sleep();
	slab_flush_rcu();
	for_each_possible_cpu(cpu) {
		struct kfree_rcu_cpu *krcp = per_cpu_ptr(&krc, cpu);

		while (!kvfree_rcu_queue_batch(krcp))
			flush_batches(krcp);
	}
	for_each_possible_cpu(cpu) {
		struct kfree_rcu_cpu *krcp = per_cpu_ptr(&krc, cpu);

		/* It may have taken some that were ready, and be at them. */
		flush_work(&krcp->monitor_work.work);
		flush_batches(krcp);
	}
}

static struct kvfree_rcu_stat cpu_stat(struct kfree_rcu_cpu *krcp)
{
	struct kvfree_rcu_stat stat;
	bool flags;

	/* A worker that refills counts what it takes. */
	while (smp_load_acquire(&krcp->work_in_progress))
		schedule_timeout_ns(TICK_NSEC);
	spin_lock_irqsave(&krcp->lock, flags);
	stat = krcp->stat;
	spin_unlock_irqrestore(&krcp->lock, flags);
	return stat;
}

void kvfree_rcu_stat_read(struct kvfree_rcu_stat *out)
{
	unsigned cpu;

	*out = (struct kvfree_rcu_stat){ 0 };
	for_each_possible_cpu(cpu) {
		struct kvfree_rcu_stat stat = cpu_stat(per_cpu_ptr(&krc, cpu));

		out->kmalloc_noted += stat.kmalloc_noted;
		out->vmalloc_noted += stat.vmalloc_noted;
		out->chained += stat.chained;
		out->waited += stat.waited;
		out->batches += stat.batches;
		out->blocks += stat.blocks;
	}
}

static void init_cpu(struct kfree_rcu_cpu *krcp)
{
	spin_lock_init(&krcp->lock, LOCK_KRC);
	INIT_LIST_HEAD(&krcp->bkvcache);
	for (unsigned i = 0; i < FREE_N_CHANNELS; i++)
		INIT_LIST_HEAD(&krcp->bulk_head[i]);
	for (unsigned i = 0; i < KFREE_N_BATCHES; i++) {
		struct kfree_rcu_cpu_work *krwp = &krcp->krw_arr[i];

		INIT_RCU_WORK(&krwp->rcu_work, kfree_rcu_work);
		krwp->krcp = krcp;
		for (unsigned j = 0; j < FREE_N_CHANNELS; j++)
			INIT_LIST_HEAD(&krwp->bulk_head_free[j]);
	}
	INIT_DELAYED_WORK(&krcp->monitor_work, kfree_rcu_monitor);
	INIT_DELAYED_WORK(&krcp->page_cache_work, fill_page_cache_func);
}

void kvfree_rcu_init(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		init_cpu(per_cpu_ptr(&krc, cpu));
}
