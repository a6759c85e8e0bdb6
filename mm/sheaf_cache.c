/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sheaves of a cache: made with it, emptied before it goes (slub spec 3S.2,
 * 3S.4; mm/slub.c, 6.18 and 7.0).
 */
#include "mm/percpu.h"
#include "mm/sheaf.h"

/* ---- making ---- */
static int fill_sheaves(struct kmem_cache *s, struct cache_sheaves *sheaves)
{
	unsigned i;

	for (i = 0; i < machine_nr_nodes; i++) {
		if (!node_has_memory((int)i))
			continue;
		sheaves->barn[i] = barn_create((int)i);
		if (!sheaves->barn[i])
			return -ENOMEM;
	}
	for_each_possible_cpu(i) {
		struct slab_sheaf *main = alloc_empty_sheaf(s, GFP_KERNEL);

		if (!main)
			return -ENOMEM;
		per_cpu_ptr(sheaves->cpu, i)->main = main;
	}
	return 0;
}

/* Room for a main sheaf a CPU and a barn a node; none of them is there yet. */
static struct cache_sheaves *alloc_sheaves(void)
{
	struct cache_sheaves *sheaves;

	sheaves = kzalloc(sizeof(*sheaves) + machine_nr_nodes *
			  sizeof(sheaves->barn[0]), GFP_KERNEL);
	if (!sheaves)
		return NULL;
	sheaves->cpu = alloc_percpu(struct slub_percpu_sheaves);
	if (sheaves->cpu)
		return sheaves;
	kfree(sheaves);
	return NULL;
}

static void free_sheaves(struct cache_sheaves *sheaves)
{
	unsigned i;

	for (i = 0; i < machine_nr_nodes; i++)
		if (sheaves->barn[i])
			barn_destroy(sheaves->barn[i]);
	for_each_possible_cpu(i) {
		struct slab_sheaf *main = per_cpu_ptr(sheaves->cpu, i)->main;

		if (main)
			free_empty_sheaf(main);
	}
	free_percpu(sheaves->cpu);
	kfree(sheaves);
}

int open_sheaves(struct kmem_cache *s, const struct sheaf_beneath *beneath)
{
	struct cache_sheaves *sheaves = alloc_sheaves();
	int err;

	if (!sheaves)
		return -ENOMEM;
	sheaves->beneath = beneath;
	err = fill_sheaves(s, sheaves);
	if (err)
		free_sheaves(sheaves);
	else
		s->sheaves = sheaves;
	return err;
}

/* ---- unmaking ---- */
void close_sheaves(struct kmem_cache *s)
{
	struct cache_sheaves *sheaves = s->sheaves;

	if (!sheaves)
		return;
	s->sheaves = NULL;
	free_sheaves(sheaves);
}

void shrink_barns(struct kmem_cache *s)
{
	for (unsigned nid = 0; s->sheaves && nid < machine_nr_nodes; nid++)
		if (s->sheaves->barn[nid])
			barn_shrink(s, s->sheaves->barn[nid]);
}

void drain_sheaves(struct kmem_cache *s)
{
	if (!s->sheaves)
		return;
	slab_flush_all(s);
	/* Sheaves that RCU has come to a barn, or to slabs. */
	rcu_barrier();
	shrink_barns(s);
}

int sheaf_close_cache(struct kmem_cache *s)
{
	int err;

	drain_sheaves(s);
	err = slub_drain_cache(s);
	if (err)
		return err;
	close_sheaves(s);
	slub_close_cache(s);
	return 0;
}
