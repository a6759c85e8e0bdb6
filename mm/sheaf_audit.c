/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The invariants of sheaves at quiescence: see sheaf.h. */
#include "mm/sheaf.h"

#define violated(s, fmt, ...) \
	audit_violated("I22", "%s: " fmt, (s)->name, ##__VA_ARGS__)

typedef void (*sheaf_visitor)(struct kmem_cache *s, struct slab_sheaf *sheaf);

/* False: its size cannot be believed. */
static bool is_sound(struct kmem_cache *s, const struct slab_sheaf *sheaf)
{
	if (sheaf->size <= s->sheaf_capacity && sheaf->cache == s)
		return true;
	violated(s, "%u objects in a sheaf for %u", sheaf->size,
		 s->sheaf_capacity);
	return false;
}

static void hold_objects(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (!is_sound(s, sheaf))
		return;
	for (unsigned i = 0; i < sheaf->size; i++)
		slab_shadow_alloc(s, sheaf->objects[i], 0, NUMA_NO_NODE);
}

static void let_go_objects(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	for (unsigned i = 0; sheaf->size <= s->sheaf_capacity &&
	     i < sheaf->size; i++)
		slab_shadow_freed(page_slab(virt_to_head_page(
					sheaf->objects[i])),
				  sheaf->objects[i]);
}

static void visit_cpu(struct kmem_cache *s, unsigned cpu, sheaf_visitor visit)
{
	struct slub_percpu_sheaves *pcs = per_cpu_ptr(s->sheaves->cpu, cpu);

	if (pcs->main)
		visit(s, pcs->main);
	if (pcs->spare && pcs->spare != pcs->main)
		visit(s, pcs->spare);
}

/* All sheaves of s, and the lists of its barns. */
static void visit_all(struct kmem_cache *s, sheaf_visitor visit)
{
	struct slab_sheaf *sheaf;
	unsigned i;

	for_each_online_cpu(i)
		visit_cpu(s, i, visit);
	for (i = 0; i < machine_nr_nodes; i++)
		if (s->sheaves->barn[i])
			list_for_each_entry(sheaf,
				&s->sheaves->barn[i]->sheaves_full, barn_list)
				visit(s, sheaf);
}

/* Its objects are their callers' still: kvfree_rcu_audit() looks at them. */
static void audit_rcu_free(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (is_sound(s, sheaf) &&
	    (!sheaf->size || sheaf->size == s->sheaf_capacity))
		violated(s, "%u of %u objects collected for RCU", sheaf->size,
			 s->sheaf_capacity);
}

static void audit_cpu(struct kmem_cache *s, unsigned cpu)
{
	struct slub_percpu_sheaves *pcs = per_cpu_ptr(s->sheaves->cpu, cpu);

	if (!pcs->main)
		violated(s, "CPU %u has no main sheaf", cpu);
	if (pcs->main == pcs->spare)
		violated(s, "CPU %u has one sheaf as main and spare", cpu);
	if (pcs->locked)
		violated(s, "the sheaves of CPU %u are locked", cpu);
	if (pcs->rcu_free)
		audit_rcu_free(s, pcs->rcu_free);
}

static void audit_barn(struct kmem_cache *s, struct node_barn *barn, int node)
{
	unsigned nr_full = 0, nr_empty = 0;
	struct slab_sheaf *sheaf;

	list_for_each_entry(sheaf, &barn->sheaves_full, barn_list) {
		nr_full++;
		if (!sheaf->size)
			violated(s, "an empty sheaf among the full");
	}
	list_for_each_entry(sheaf, &barn->sheaves_empty, barn_list) {
		nr_empty++;
		if (sheaf->size)
			violated(s, "%u objects in an empty sheaf",
				 sheaf->size);
	}
	if (nr_full != barn->nr_full || nr_empty != barn->nr_empty)
		violated(s, "the barn of node %d has %u full and %u empty "
			 "sheaves, counted are %u and %u", node, nr_full,
			 nr_empty, barn->nr_full, barn->nr_empty);
	if (nr_full > MAX_FULL_SHEAVES + num_online_cpus())
		violated(s, "%u full sheaves in the barn of node %d", nr_full,
			 node);
}

void sheaf_audit_begin(struct kmem_cache *s)
{
	unsigned i;

	if (!s->sheaves)
		return;
	for_each_online_cpu(i)
		audit_cpu(s, i);
	for (i = 0; i < machine_nr_nodes; i++)
		if (s->sheaves->barn[i])
			audit_barn(s, s->sheaves->barn[i], (int)i);
	visit_all(s, hold_objects);
}

void sheaf_audit_end(struct kmem_cache *s)
{
	if (s->sheaves)
		visit_all(s, let_go_objects);
}

static void visit_collected(struct kmem_cache *s,
			    void (*visit)(const void *object))
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		const struct slab_sheaf *sheaf =
			per_cpu_ptr(s->sheaves->cpu, cpu)->rcu_free;

		for (unsigned i = 0; sheaf && i < sheaf->size; i++)
			visit(sheaf->objects[i]);
	}
}

void sheaf_for_each_collected(void (*visit)(const void *object))
{
	struct kmem_cache *s;

	list_for_each_entry(s, &slab_caches, list)
		if (s->sheaves)
			visit_collected(s, visit);
}
