/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of a topology: see topology_tree.h. */
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/topology_parts.h"
#include "cpus/topology_tree.h"

/* ---- alike --------------------------------------------------------------- */

static uint64_t cache_bytes(hwloc_obj_t object)
{
	return hwloc_obj_type_is_cache(object->type) ||
	       object->type == HWLOC_OBJ_MEMCACHE ?
	       object->attr->cache.size : 0;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_self(hwloc_obj_t a, hwloc_obj_t b)
{
	if (a->type != b->type || !same_text(a->subtype, b->subtype) ||
	    cache_bytes(a) != cache_bytes(b))
		return false;
	return a->type != HWLOC_OBJ_NUMANODE ||
	       !a->attr->numanode.local_memory ==
	       !b->attr->numanode.local_memory;
}

/* Trees of hwloc are at most some twenty levels deep. */
static bool alike(hwloc_obj_t a, hwloc_obj_t b)
{
	hwloc_obj_t x = a->memory_first_child, y = b->memory_first_child;

	if (!same_self(a, b) || a->arity != b->arity ||
	    a->memory_arity != b->memory_arity)
		return false;
	for (; x && y; x = x->next_sibling, y = y->next_sibling)
		if (!alike(x, y))
			return false;
	x = a->first_child;
	y = b->first_child;
	for (; x && y; x = x->next_sibling, y = y->next_sibling)
		if (!alike(x, y))
			return false;
	return true;
}

/* ---- telling ------------------------------------------------------------- */

static const char *kind_name(hwloc_obj_t object, char *buffer, size_t size)
{
	static const char *const letters[] = {
		[HWLOC_OBJ_CACHE_UNIFIED] = "", [HWLOC_OBJ_CACHE_DATA] = "d",
		[HWLOC_OBJ_CACHE_INSTRUCTION] = "i",
	};

	if (hwloc_obj_type_is_cache(object->type)) {
		snprintf(buffer, size, "L%u%s cache",
			 object->attr->cache.depth,
			 letters[object->attr->cache.type]);
		return buffer;
	}
	switch (object->type) {
	case HWLOC_OBJ_MACHINE:
		return "machine";
	case HWLOC_OBJ_PACKAGE:
		return "package";
	case HWLOC_OBJ_DIE:
		return "die";
	case HWLOC_OBJ_CORE:
		return "core";
	case HWLOC_OBJ_PU:
		return "PU";
	case HWLOC_OBJ_NUMANODE:
		return object->attr->numanode.local_memory ? "NUMA node" :
			"memory-less NUMA node";
	case HWLOC_OBJ_MEMCACHE:
		return "memory-side cache";
	default:
		return "group";
	}
}

/* Takes the set over. */
static char *list_of(hwloc_bitmap_t set)
{
	char *list = NULL;

	if (set && hwloc_bitmap_list_asprintf(&list, set) < 0)
		list = NULL;
	hwloc_bitmap_free(set);
	return list;
}

static void tell(struct topology_tree *tree, hwloc_obj_t object,
		 unsigned count)
{
	char buffer[32];
	const char *name = kind_name(object, buffer, sizeof(buffer));
	hwloc_bitmap_t pus = hwloc_bitmap_dup(object->cpuset);
	hwloc_obj_t next = object;

	if (object->subtype)
		snprintf(tree->name, sizeof(tree->name), "%s (%.30s)", name,
			 object->subtype);
	else
		snprintf(tree->name, sizeof(tree->name), "%s", name);
	tree->count = count;
	tree->bytes = cache_bytes(object);
	for (unsigned i = 1; pus && i < count; i++) {
		next = next->next_sibling;
		hwloc_bitmap_or(pus, pus, next->cpuset);
	}
	tree->pus = list_of(pus);
}

static int fill(struct topology_tree *tree, hwloc_obj_t object,
		unsigned count);

/* Siblings from first on, alike ones together. */
static int add_children(struct topology_tree *tree, hwloc_obj_t first)
{
	struct topology_tree *grown;
	hwloc_obj_t next;
	unsigned count;

	for (; first; first = next) {
		count = 1;
		next = first->next_sibling;
		for (; next && alike(first, next); next = next->next_sibling)
			count++;
		grown = realloc(tree->children, (tree->nr_children + 1) *
				sizeof(*grown));
		if (!grown)
			return -1;
		tree->children = grown;
		if (fill(&grown[tree->nr_children++], first, count))
			return -1;
	}
	return 0;
}

static int fill(struct topology_tree *tree, hwloc_obj_t object, unsigned count)
{
	*tree = (struct topology_tree){ .count = 0 };
	tell(tree, object, count);
	return add_children(tree, object->memory_first_child) ||
	       add_children(tree, object->first_child);
}

static void empty(struct topology_tree *tree)
{
	for (unsigned i = 0; i < tree->nr_children; i++)
		empty(&tree->children[i]);
	free(tree->children);
	free(tree->pus);
}

struct topology_tree *topology_tree_create(const struct topology *t)
{
	struct topology_tree *tree = calloc(1, sizeof(*tree));

	if (tree && fill(tree, hwloc_get_root_obj(t->hwloc), 1)) {
		topology_tree_destroy(tree);
		return NULL;
	}
	return tree;
}

void topology_tree_destroy(struct topology_tree *tree)
{
	if (tree)
		empty(tree);
	free(tree);
}

/* ---- the rest ------------------------------------------------------------ */

char *topology_export_xml(const struct topology *t)
{
	char *xml, *copy;
	int size;

	if (hwloc_topology_export_xmlbuffer(t->hwloc, &xml, &size, 0))
		return NULL;
	copy = strdup(xml);
	hwloc_free_xmlbuffer(t->hwloc, xml);
	return copy;
}

char *topology_node_pus(const struct topology *t, unsigned node)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	for (unsigned i = 0; set && i < t->nr_pus; i++)
		if (t->pus[i].node == node)
			hwloc_bitmap_set(set, t->pus[i].os_index);
	return list_of(set);
}

char *topology_cpu_kind(const struct topology *t, unsigned index)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int nr = hwloc_cpukinds_get_nr(t->hwloc, 0);

	if (set && nr > 1 && (int)index < nr &&
	    !hwloc_cpukinds_get_info(t->hwloc, index, set, NULL, NULL, NULL, 0))
		return list_of(set);
	hwloc_bitmap_free(set);
	return NULL;
}
