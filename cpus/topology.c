/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies through hwloc 2: loading, the tables of PUs and nodes. */
#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cpus/topology_parts.h"

int topology_fail(struct topology_error *err, int column, const char *hint,
		  const char *fmt, ...)
{
	va_list args;

	err->column = column;
	snprintf(err->hint, sizeof(err->hint), "%s", hint ? hint : "");
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	for (char *at = err->text; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	return -EINVAL;
}

/* ---- nodes --------------------------------------------------------------- */

static hwloc_obj_t node_object(hwloc_topology_t hwloc, unsigned node)
{
	return hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_NUMANODE, node);
}

/* HBM, NVM, GPU memory...: hwloc gives all but plain DRAM a subtype. */
static bool node_is_special(hwloc_obj_t node)
{
	return node->subtype && strcasecmp(node->subtype, "DRAM") != 0;
}

/*
 * The node a PU belongs to, with memory or without: the most closely attached;
 * nr_nodes if there is none, as of a package whose nodes were left out.
 * (hwloc gives a node the PUs of the object it hangs on, so one without CPUs
 * seems to have all those of the machine.)
 */
static unsigned home_node(const struct topology *t, hwloc_obj_t pu)
{
	unsigned home = t->nr_nodes, best = UINT_MAX, rank;
	hwloc_obj_t node;

	for (unsigned i = 0; i < t->nr_nodes; i++) {
		node = node_object(t->hwloc, i);
		if (!hwloc_bitmap_isset(node->cpuset, pu->os_index))
			continue;
		rank = (unsigned)hwloc_bitmap_weight(node->cpuset) * 2 +
		       node_is_special(node);
		if (rank < best) {
			best = rank;
			home = i;
		}
	}
	return home;
}

/*
 * How far a node's memory is from those at home, for comparing only: its
 * distance (none if it hangs where home does), its kind, its PUs.
 */
static uint64_t node_rank(const struct topology *t, unsigned home,
			  unsigned node)
{
	hwloc_obj_t there = node_object(t->hwloc, node);
	uint64_t far = 0;

	if (!hwloc_bitmap_isequal(there->cpuset,
				  node_object(t->hwloc, home)->cpuset))
		far = topology_distance(t, home, node);
	return far << 33 | (uint64_t)node_is_special(there) << 32 |
	       (unsigned)hwloc_bitmap_weight(there->cpuset);
}

/* Without a home as from the first node. */
static unsigned nearest_node(const struct topology *t, unsigned home)
{
	unsigned nearest = home;
	uint64_t best = UINT64_MAX, rank;

	for (unsigned node = 0; node < t->nr_nodes; node++) {
		if (t->nodes[node].memory_bytes == 0)
			continue;
		rank = node_rank(t, home, node);
		if (rank < best) {
			best = rank;
			nearest = node;
		}
	}
	return nearest;
}

static void fill_nodes(struct topology *t)
{
	hwloc_obj_t object;

	for (unsigned node = 0; node < t->nr_nodes; node++) {
		object = node_object(t->hwloc, node);
		t->nodes[node].os_index = object->os_index;
		t->nodes[node].memory_bytes =
			object->attr->numanode.local_memory;
		t->memory_bytes += t->nodes[node].memory_bytes;
	}
}

/* ---- processing units ---------------------------------------------------- */

/* The outermost data cache over a PU; without caches its package. */
static hwloc_obj_t last_level_cache(hwloc_topology_t hwloc, hwloc_obj_t pu)
{
	hwloc_obj_t last = NULL;

	for (hwloc_obj_t at = pu; at; at = at->parent)
		if (hwloc_obj_type_is_dcache(at->type))
			last = at;
	return last ? last :
			 hwloc_get_ancestor_obj_by_type(hwloc,
					HWLOC_OBJ_PACKAGE, pu);
}

/*
 * PUs come in the order of the tree, so an object's PUs are neighbours: a PU
 * opens a new core (cache, package) if its own is not the previous one's.
 * Without any such object each PU is a core, and all PUs share one cache and
 * one package.
 */
static void fill_pus(struct topology *t)
{
	hwloc_obj_t core = NULL, cache = NULL, package = NULL, pu, c, l, p;
	struct topology_pu *to = t->pus;

	for (unsigned i = 0; i < t->nr_pus; i++, to++) {
		pu = hwloc_get_obj_by_type(t->hwloc, HWLOC_OBJ_PU, i);
		c = hwloc_get_ancestor_obj_by_type(t->hwloc,
						   HWLOC_OBJ_CORE, pu);
		l = last_level_cache(t->hwloc, pu);
		p = hwloc_get_ancestor_obj_by_type(t->hwloc,
						   HWLOC_OBJ_PACKAGE, pu);
		to->os_index = pu->os_index;
		if (i > 0) {
			to->core = to[-1].core + (!c || c != core);
			to->l3 = to[-1].l3 + (l != cache);
			to->package = to[-1].package + (p != package);
			to->smt_rank = c && c == core ? to[-1].smt_rank + 1 : 0;
		}
		core = c;
		cache = l;
		package = p;
		to->home = home_node(t, pu);
		to->node = nearest_node(t, to->home < t->nr_nodes ?
					to->home : 0);
		t->nodes[to->node].nr_pus++;
	}
	t->nr_packages = t->pus[t->nr_pus - 1].package + 1;
}

static void fill_packages(struct topology *t)
{
	for (unsigned node = 0; node < t->nr_nodes; node++)
		t->nodes[node].package = t->nr_packages;
	for (unsigned i = t->nr_pus; i--; )
		if (t->pus[i].home < t->nr_nodes)
			t->nodes[t->pus[i].home].package = t->pus[i].package;
}

/* ---- loading ------------------------------------------------------------- */

enum topology_kind topology_kind_of(const char *spec)
{
	size_t length = strlen(spec);

	if (strcmp(spec, "host") == 0)
		return TOPOLOGY_HOST;
	if (strcmp(spec, "-") == 0 || strchr(spec, '/') ||
	    (length > 4 && strcasecmp(spec + length - 4, ".xml") == 0) ||
	    access(spec, R_OK) == 0)
		return TOPOLOGY_XML;
	return TOPOLOGY_SYNTHETIC;
}

/*
 * Our messages instead of hwloc's, and one XML writer whatever plugins are
 * installed, so that the digest is the same everywhere.
 */
static void set_environment(void)
{
	setenv("HWLOC_HIDE_ERRORS", "2", 0);
	setenv("HWLOC_LIBXML_EXPORT", "0", 1);
	/* Devices are not looked at, but loading their plugins takes longer
	 * than all the rest. */
	setenv("HWLOC_PLUGINS_BLACKLIST", "hwloc_gl.so,hwloc_opencl.so,"
	       "hwloc_pci.so,hwloc_cuda.so,hwloc_nvml.so,hwloc_rsmi.so,"
	       "hwloc_levelzero.so", 0);
}

static int set_xml(hwloc_topology_t hwloc, const char *path,
		   struct topology_error *err)
{
	struct topology_error why;
	char *text;
	size_t size;
	int ret = topology_read_xml(path, &text, &size, &why);

	if (ret == -EINVAL)
		return topology_fail(err, why.column, why.hint,
				     "topology file '%.80s': %.160s", path,
				     why.text);
	if (ret)
		return ret;
	ret = hwloc_topology_set_xmlbuffer(hwloc, text, (int)size + 1);
	free(text);
	if (!ret)
		return 0;
	return topology_fail(err, -1, NULL,
			     "topology file '%.80s': hwloc cannot read it: %s",
			     path, strerror(errno));
}

static int set_synthetic(struct topology *t, unsigned *nr_pus,
			 struct topology_error *err)
{
	struct topology_synthetic synthetic;
	int ret = topology_parse_synthetic(t->spec, &synthetic, err);

	if (ret)
		return ret;
	t->memory_assumed = synthetic.memory_assumed;
	*nr_pus = synthetic.nr_pus;
	if (hwloc_topology_set_synthetic(t->hwloc, synthetic.words))
		ret = topology_fail(err, -1, NULL, "hwloc refuses it: %s",
				    strerror(errno));
	free(synthetic.words);
	return ret;
}

/* Points hwloc at its source; *nr_pus: how many the source promises, or 0. */
static int set_source(struct topology *t, unsigned *nr_pus,
		      struct topology_error *err)
{
	*nr_pus = 0;
	if (t->kind == TOPOLOGY_XML)
		return set_xml(t->hwloc, t->spec, err);
	if (t->kind == TOPOLOGY_SYNTHETIC)
		return set_synthetic(t, nr_pus, err);
	return 0;
}

/*
 * hwloc knows the cpuset, not taskset's mask. (Its flag for that asks the whole
 * process, to which a sanitizer's own thread belongs.)
 */
static void restrict_to_binding(hwloc_topology_t hwloc)
{
	hwloc_bitmap_t bound = hwloc_bitmap_alloc();

	if (bound && !hwloc_get_cpubind(hwloc, bound, HWLOC_CPUBIND_THREAD))
		hwloc_topology_restrict(hwloc, bound, 0);
	hwloc_bitmap_free(bound);
}

static int check_size(const struct topology *t, unsigned promised,
		      struct topology_error *err)
{
	if (t->nr_pus == 0 || t->nr_nodes == 0)
		return topology_fail(err, -1, NULL, "it has no usable PU");
	if (t->nr_pus > TOPOLOGY_PUS_MAX)
		return topology_fail(err, -1, NULL, "%u PUs; the limit is %d",
				     t->nr_pus, TOPOLOGY_PUS_MAX);
	if (t->nr_nodes > TOPOLOGY_NODES_MAX)
		return topology_fail(err, -1, NULL,
				     "%u memory nodes; the limit is %d",
				     t->nr_nodes, TOPOLOGY_NODES_MAX);
	if (promised && t->nr_pus != promised)
		return topology_fail(err, -1, NULL,
				     "hwloc makes %u PUs of it instead of %u",
				     t->nr_pus, promised);
	return 0;
}

int topology_load_hwloc(struct topology *t, unsigned long flags,
			unsigned *promised, struct topology_error *err)
{
	int ret;

	if (hwloc_topology_init((hwloc_topology_t *)&t->hwloc))
		return -ENOMEM;
	ret = set_source(t, promised, err);
	if (ret)
		return ret;
	errno = 0;
	if (!hwloc_topology_set_flags(t->hwloc, flags) &&
	    !hwloc_topology_load(t->hwloc))
		return 0;
	return topology_fail(err, -1, NULL, "hwloc cannot load '%.160s': %s",
			     t->spec, errno ? strerror(errno) :
			     "it does not describe a machine");
}

static int load(struct topology *t, struct topology_error *err)
{
	unsigned promised;
	int ret = topology_load_hwloc(t, 0, &promised, err);

	if (ret)
		return ret;
	t->is_this_host = hwloc_topology_is_thissystem(t->hwloc);
	if (t->is_this_host)
		restrict_to_binding(t->hwloc);
	t->nr_pus = (unsigned)hwloc_get_nbobjs_by_type(t->hwloc, HWLOC_OBJ_PU);
	t->nr_nodes = (unsigned)hwloc_get_nbobjs_by_type(t->hwloc,
							 HWLOC_OBJ_NUMANODE);
	return check_size(t, promised, err);
}

static int digest(struct topology *t)
{
	char *xml;
	int size;

	if (hwloc_topology_export_xmlbuffer(t->hwloc, &xml, &size, 0))
		return -ENOMEM;
	topology_hash_xml(xml, t->kind == TOPOLOGY_HOST, t->hash);
	hwloc_free_xmlbuffer(t->hwloc, xml);
	return 0;
}

/* hwloc believes an XML file that two PUs are one. */
static int check_numbers(const struct topology *t, struct topology_error *err)
{
	hwloc_bitmap_t seen = hwloc_bitmap_alloc();
	int ret = seen ? 0 : -ENOMEM;

	for (unsigned i = 0; !ret && i < t->nr_pus; i++) {
		unsigned number = t->pus[i].os_index;

		if (hwloc_bitmap_isset(seen, number))
			ret = topology_fail(err, -1, NULL, "there are two PUs "
					    "with os_index %u", number);
		else if (hwloc_bitmap_set(seen, number))
			ret = -ENOMEM;
	}
	hwloc_bitmap_free(seen);
	return ret;
}

static int fill(struct topology *t, struct topology_error *err)
{
	int ret;

	t->pus = calloc(t->nr_pus, sizeof(*t->pus));
	t->nodes = calloc(t->nr_nodes, sizeof(*t->nodes));
	t->distances = calloc((size_t)t->nr_nodes * t->nr_nodes,
			      sizeof(*t->distances));
	if (!t->pus || !t->nodes || !t->distances)
		return -ENOMEM;
	fill_nodes(t);
	topology_fill_distances(t);
	fill_pus(t);
	fill_packages(t);
	topology_fill_nearest(t);
	ret = check_numbers(t, err);
	return ret ? ret : digest(t);
}

static int create(struct topology **out, enum topology_kind kind,
		  const char *spec, struct topology_error *err)
{
	struct topology *t = calloc(1, sizeof(*t));
	int ret = -ENOMEM;

	err->column = -1;
	err->hint[0] = '\0';
	snprintf(err->text, sizeof(err->text), "%s", strerror(ENOMEM));
	if (!t)
		return ret;
	t->kind = kind;
	t->spec = strdup(spec);
	if (t->spec)
		ret = load(t, err);
	if (!ret)
		ret = fill(t, err);
	if (ret) {
		topology_destroy(t);
		return ret;
	}
	*out = t;
	return 0;
}

/* What we refuse ourselves hwloc does not see. */
static bool hwloc_would_see(const char *path)
{
	struct topology_error err;
	char *text;
	size_t size;

	if (topology_read_xml(path, &text, &size, &err))
		return false;
	free(text);
	return true;
}

static void create_and_destroy(const char *spec)
{
	struct topology_error err;
	struct topology *t;

	if (!create(&t, TOPOLOGY_XML, spec, &err))
		topology_destroy(t);
}

int topology_create(struct topology **out, enum topology_kind kind,
		    const char *spec, struct topology_error *err)
{
	set_environment();
	/* Standard input can be read only once. */
	if (kind == TOPOLOGY_XML && strcmp(spec, "-") != 0 &&
	    hwloc_would_see(spec) &&
	    !topology_survives(create_and_destroy, spec))
		return topology_fail(err, -1, "save one: lstopo file.xml",
				     "topology file '%.80s': hwloc does not "
				     "survive it", spec);
	return create(out, kind, spec, err);
}

void topology_destroy(struct topology *t)
{
	if (!t)
		return;
	if (t->hwloc)
		hwloc_topology_destroy(t->hwloc);
	free(t->distances);
	free(t->nodes);
	free(t->pus);
	free(t->spec);
	free(t);
}
