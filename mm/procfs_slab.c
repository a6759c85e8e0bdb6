/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches as /proc/slabinfo and /sys/kernel/slab show them (slub spec 4.1 to
 * 4.3; mm/slab_common.c and mm/slub.c, 6.12). What CPUs hold is looked at
 * without a lock, as there.
 */
#include "mm/procfs.h"
#include "mm/slab_def.h"

#define MAX_PARTIAL_TO_SCAN	10000

/* ---- counting ---- */
static unsigned nr_free_in(const struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	return counters.objects - counters.inuse;
}

static u64 nr_objects_of(const struct kmem_cache_node *n)
{
	return (u64)atomic_long_read(&n->total_objects);
}

/* From both ends of a list that is too long, scaled up. */
static u64 estimate_free_locked(const struct kmem_cache_node *n)
	must_hold(n->list_lock)
{
	const struct list_head *head = n->partial.next, *tail = n->partial.prev;
	u64 sum = 0;

	for (unsigned i = 0; i < MAX_PARTIAL_TO_SCAN / 2; i++) {
		sum += nr_free_in(list_entry(head, struct slab, slab_list));
		sum += nr_free_in(list_entry(tail, struct slab, slab_list));
		head = head->next;
		tail = tail->prev;
	}
	return min(sum * n->nr_partial / MAX_PARTIAL_TO_SCAN,
		   nr_objects_of(n));
}

/* Objects on the node's list that are free; parked ones are not. */
static u64 count_partial_free(struct kmem_cache_node *n)
{
	const struct slab *slab;
	u64 sum = 0;

	procfs_lock(&n->list_lock);
	if (n->nr_partial > MAX_PARTIAL_TO_SCAN)
		sum = estimate_free_locked(n);
	else
		list_for_each_entry(slab, &n->partial, slab_list)
			sum += nr_free_in(slab);
	spin_unlock(&n->list_lock);
	return sum;
}

static u64 count_partial_inuse(struct kmem_cache_node *n)
{
	const struct slab *slab;
	u64 sum = 0;

	procfs_lock(&n->list_lock);
	list_for_each_entry(slab, &n->partial, slab_list)
		sum += slab_counters(slab).inuse;
	spin_unlock(&n->list_lock);
	return sum;
}

/* Slabs on a CPU's chain; *nid: where all of them are taken to be. */
static unsigned long chain_length(const struct kmem_cache *s, unsigned cpu,
				  int *nid)
{
	const struct slab *head =
		READ_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->partial);

	if (!head)
		return 0;
	*nid = slab_nid(head);
	return READ_ONCE(head->slabs);
}

/* ---- slabinfo ---- */
static void show_row(void *arg, const struct kmem_cache *s)
{
	u64 slabs = 0, objects = 0, nr_free = 0;
	struct kmem_cache_node *n;
	struct seq_file *m = arg;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n) {
		slabs += (u64)atomic_long_read(&n->nr_slabs);
		objects += nr_objects_of(n);
		nr_free += count_partial_free(n);
	}
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", s->name,
		   objects - nr_free, objects, s->lay.size, s->lay.oo.objects,
		   1 << s->lay.oo.order);
	seq_printf(m, " : tunables %4u %4u %4u", 0, 0, 0);
	seq_printf(m, " : slabdata %6lu %6lu %6lu\n", slabs, slabs, 0UL);
}

void slab_for_each_cache(void (*visit)(void *arg, const struct kmem_cache *s),
			 void *arg)
{
	const struct kmem_cache *s;

	procfs_mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		visit(arg, s);
	mutex_unlock(&slab_mutex);
}

void slab_for_each_name(const struct kmem_cache *s,
			void (*visit)(void *arg, const char *name), void *arg)
{
	const struct slab_alias *alias;

	visit(arg, s->name);
	list_for_each_entry(alias, &s->aliases, list)
		visit(arg, alias->name);
}

void slabinfo_show(struct seq_file *m)
{
	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> "
		 "<objperslab> <pagesperslab> : tunables <limit> <batchcount> "
		 "<sharedfactor> : slabdata <active_slabs> <num_slabs> "
		 "<sharedavail>\n");
	slab_for_each_cache(show_row, m);
}

/* ---- sysfs: values that are split by node ---- */
/* Adds what s has of something on each node to of[]. */
typedef void (*count_nodes_t)(const struct kmem_cache *s, u64 of[]);

static void count_slabs(const struct kmem_cache *s, u64 of[])
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		of[nid] += (u64)atomic_long_read(&n->nr_slabs);
}

static void count_total_objects(const struct kmem_cache *s, u64 of[])
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		of[nid] += nr_objects_of(n);
}

static void count_objects(const struct kmem_cache *s, u64 of[])
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		of[nid] += nr_objects_of(n) - count_partial_free(n);
}

static void count_partial(const struct kmem_cache *s, u64 of[])
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		of[nid] += READ_ONCE(n->nr_partial);
}

static void count_objects_partial(const struct kmem_cache *s, u64 of[])
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		of[nid] += count_partial_inuse(n);
}

static void count_cpu_slabs(const struct kmem_cache *s, u64 of[])
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		const struct slab *slab =
			READ_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->slab);
		unsigned long length;
		int nid = 0;

		if (slab)
			of[slab_nid(slab)]++;
		length = chain_length(s, cpu, &nid);
		of[nid] += length;
	}
}

static void show_nodes(struct seq_file *m, const char *name,
		       const struct kmem_cache *s, count_nodes_t count)
{
	u64 of[MAX_NUMNODES] = { 0 }, total = 0;

	count(s, of);
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		total += of[nid];
	seq_printf(m, "%s:%lu", name, total);
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		if (of[nid])
			seq_printf(m, " N%u=%lu", nid, of[nid]);
	seq_putc(m, '\n');
}

/* ---- sysfs: values that are split by CPU ---- */
/* Slabs of a chain are taken to be half full. */
static unsigned long half_of(const struct kmem_cache *s, unsigned long slabs)
{
	return slabs * s->lay.oo.objects / 2;
}

static void show_slabs_cpu_partial(struct seq_file *m,
				   const struct kmem_cache *s)
{
	unsigned long total = 0, slabs;
	unsigned cpu;
	int nid;

	for_each_online_cpu(cpu)
		total += chain_length(s, cpu, &nid);
	seq_printf(m, "slabs_cpu_partial:%lu(%lu)", half_of(s, total), total);
	for_each_online_cpu(cpu) {
		slabs = chain_length(s, cpu, &nid);
		if (slabs)
			seq_printf(m, " C%u=%lu(%lu)", cpu, half_of(s, slabs),
				   slabs);
	}
	seq_putc(m, '\n');
}

static void show_stat(struct seq_file *m, const struct kmem_cache *s,
		      unsigned item)
{
	unsigned cpu;

	seq_printf(m, "%s:%lu", slub_stat_names[item],
		   slub_stat_of(s, (enum stat_item)item));
	for_each_online_cpu(cpu) {
		u64 n = READ_ONCE(per_cpu_ptr(s->cpu_slab, cpu)->stat[item]);

		if (n)
			seq_printf(m, " C%u=%lu", cpu, n);
	}
	seq_putc(m, '\n');
}

/* ---- sysfs: a cache's directory ---- */
static void show_int(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%s:%lu\n", name, value);
}

static void show_flag(struct seq_file *m, const char *name,
		      const struct kmem_cache *s, u32 flag)
{
	show_int(m, name, !!(s->flags & flag));
}

static void show_ctor(struct seq_file *m, const struct kmem_cache *s)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (s->ctor)
		seq_printf(m, "ctor:%s\n", symbol_print(symbol,
				(unsigned long)(uintptr_t)s->ctor));
}

static void show_attributes(struct seq_file *m, const struct kmem_cache *s)
{
	/* Caches of boot are never merged, nor counted. */
	show_int(m, "aliases", s->refcount < 0 ? 0 : (u64)s->refcount - 1);
	show_int(m, "align", s->lay.align);
	show_flag(m, "cache_dma", s, SLAB_CACHE_DMA);
	show_int(m, "cpu_partial", s->lay.cpu_partial);
	show_nodes(m, "cpu_slabs", s, count_cpu_slabs);
	show_ctor(m, s);
	show_flag(m, "destroy_by_rcu", s, SLAB_TYPESAFE_BY_RCU);
	show_flag(m, "hwcache_align", s, SLAB_HWCACHE_ALIGN);
	show_int(m, "min_partial", s->lay.min_partial);
	show_int(m, "object_size", slab_object_size(s));
	show_nodes(m, "objects", s, count_objects);
	show_nodes(m, "objects_partial", s, count_objects_partial);
	show_int(m, "objs_per_slab", s->lay.oo.objects);
	show_int(m, "order", s->lay.oo.order);
	show_nodes(m, "partial", s, count_partial);
	show_flag(m, "poison", s, SLAB_POISON);
	show_flag(m, "reclaim_account", s, SLAB_RECLAIM_ACCOUNT);
	show_flag(m, "red_zone", s, SLAB_RED_ZONE);
	show_int(m, "remote_node_defrag_ratio",
		 s->remote_node_defrag_ratio / 10);
	show_flag(m, "sanity_checks", s, SLAB_CONSISTENCY_CHECKS);
	if (slab_ops != &slab_slub)
		show_int(m, "sheaf_capacity", s->sheaf_capacity);
	show_int(m, "slab_size", s->lay.size);
	show_nodes(m, "slabs", s, count_slabs);
	show_slabs_cpu_partial(m, s);
	show_flag(m, "store_user", s, SLAB_STORE_USER);
	show_nodes(m, "total_objects", s, count_total_objects);
	show_flag(m, "trace", s, SLAB_TRACE);
	show_int(m, "usersize", s->usersize);
}

/* What only CPU slabs count: gone with them in 7.0 (slub spec 4.1). */
#define CPU_SLAB_ITEMS \
	(1ull << FREE_FROZEN | 1ull << ALLOC_FROM_PARTIAL | \
	 1ull << ALLOC_REFILL | 1ull << CPUSLAB_FLUSH | \
	 1ull << DEACTIVATE_FULL | 1ull << DEACTIVATE_EMPTY | \
	 1ull << DEACTIVATE_TO_HEAD | 1ull << DEACTIVATE_TO_TAIL | \
	 1ull << DEACTIVATE_REMOTE_FREES | 1ull << DEACTIVATE_BYPASS | \
	 1ull << CMPXCHG_DOUBLE_CPU_FAIL | 1ull << CPU_PARTIAL_ALLOC | \
	 1ull << CPU_PARTIAL_FREE | 1ull << CPU_PARTIAL_NODE | \
	 1ull << CPU_PARTIAL_DRAIN)
static_assert(NR_SLUB_STAT_ITEMS <= 64, "a bit each");

/* Whether a kernel with this engine has the file. */
static bool stat_exists(unsigned item)
{
	if (item == ALLOC_PCS || item == FREE_PCS)
		return slab_ops == &slab_layered;
	if (item >= ALLOC_PCS)
		return slab_ops != &slab_slub;
	return slab_ops != &slab_sheaves || !(CPU_SLAB_ITEMS >> item & 1);
}

void slab_sysfs_show(struct seq_file *m, const struct kmem_cache *s)
{
	show_attributes(m, s);
	for (unsigned item = 0; item < NR_SLUB_STAT_ITEMS; item++)
		if (stat_exists(item))
			show_stat(m, s, item);
}
