/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placements: in which order emulated CPUs take PUs. The order of pus[] is
 * hwloc's, along its tree: the siblings of a core, the cores of a cache and the
 * caches of a package stand side by side.
 */
#include <ctype.h>
#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/topology_words.h"

struct order {
	const struct topology	*topology;
	const char		*text;		/* the user's */
	struct topology_error	*err;
	unsigned		*pus;
	unsigned		nr;
};

#define fail(o, at, hint, ...) \
	topology_fail((o)->err, (int)((at) - (o)->text), hint, __VA_ARGS__)

/* ---- all PUs ------------------------------------------------------------- */

/* Where a PU stands in what contains it: the fastest first. */
struct rank {
	unsigned	package, node, l3, core, smt, pu;
};

static int compact(struct order *o, const char *argument)
{
	(void)argument;
	while (o->nr < o->topology->nr_pus) {
		o->pus[o->nr] = o->nr;
		o->nr++;
	}
	return 0;
}

static int smt_last(struct order *o, const char *argument)
{
	const struct topology *t = o->topology;

	(void)argument;
	for (unsigned rank = 0; o->nr < t->nr_pus; rank++)
		for (unsigned pu = 0; pu < t->nr_pus; pu++)
			if (t->pus[pu].smt_rank == rank)
				o->pus[o->nr++] = pu;
	return 0;
}

/* A group begins where its number changes, or what contains it does. */
static struct rank next_rank(const struct topology_pu *pu,
			     const struct topology_pu *before, struct rank rank)
{
	bool package = pu->package != before->package;
	bool node = package || pu->node != before->node;
	bool l3 = node || pu->l3 != before->l3;
	bool core = l3 || pu->core != before->core;

	rank.core = l3 ? 0 : rank.core + core;
	rank.l3 = node ? 0 : rank.l3 + l3;
	rank.node = package ? 0 : rank.node + node;
	rank.package += package;
	rank.smt = pu->smt_rank;
	rank.pu++;
	return rank;
}

static int compare_ranks(const void *left, const void *right)
{
	const struct rank *a = left, *b = right;
	const unsigned x[] = { a->smt, a->core, a->l3, a->node, a->package,
			       a->pu };
	const unsigned y[] = { b->smt, b->core, b->l3, b->node, b->package,
			       b->pu };

	for (unsigned i = 0; i < ARRAY_SIZE(x); i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static int scatter(struct order *o, const char *argument)
{
	const struct topology *t = o->topology;
	struct rank *ranks = calloc(t->nr_pus, sizeof(*ranks));

	(void)argument;
	if (!ranks)
		return -ENOMEM;
	for (unsigned pu = 1; pu < t->nr_pus; pu++)
		ranks[pu] = next_rank(&t->pus[pu], &t->pus[pu - 1],
				      ranks[pu - 1]);
	qsort(ranks, t->nr_pus, sizeof(*ranks), compare_ranks);
	for (; o->nr < t->nr_pus; o->nr++)
		o->pus[o->nr] = ranks[o->nr].pu;
	free(ranks);
	return 0;
}

/* ---- chosen PUs ---------------------------------------------------------- */

static void list_set(char *out, size_t size, const char *what,
		     hwloc_const_bitmap_t set)
{
	size_t used = (size_t)snprintf(out, size, "%s ", what);

	hwloc_bitmap_list_snprintf(out + used, size - used, set);
}

/* A number that the topology may know. *end: behind it. */
static int read_number(struct order *o, const char *at, const char *what,
		       unsigned *number, const char **end)
{
	size_t digits = strspn(at, "0123456789");

	*end = at + digits;
	if (!digits)
		return fail(o, at, NULL, "%s is missing", what);
	if (digits > 9)
		return fail(o, at, NULL, "%s is too large", what);
	*number = (unsigned)strtoul(at, NULL, 10);
	return 0;
}

static int unknown_node(struct order *o, const char *at, unsigned node)
{
	hwloc_obj_t root = hwloc_get_root_obj(o->topology->hwloc);
	char hint[sizeof(o->err->hint)];

	list_set(hint, sizeof(hint), "nodes:", root->nodeset);
	return fail(o, at, hint, "there is no node %u", node);
}

/* Does another node serve the PUs that hang on this one? */
static int without_pus(struct order *o, const char *at, unsigned node)
{
	const struct topology *t = o->topology;
	char hint[sizeof(o->err->hint)] = "nodes with PUs:";
	bool memory = t->nodes[node].memory_bytes > 0;
	size_t used = strlen(hint);

	for (unsigned i = 0; i < t->nr_nodes && used < sizeof(hint) - 12; i++)
		if (t->nodes[i].nr_pus)
			used += (size_t)snprintf(hint + used,
				sizeof(hint) - used, " %u",
				t->nodes[i].os_index);
	return fail(o, at, hint, memory ? "node %u has no PUs" :
		    "node %u has no memory, so nobody is at home there",
		    t->nodes[node].os_index);
}

static int of_node(struct order *o, const char *at)
{
	const struct topology *t = o->topology;
	unsigned number, node = 0;
	const char *end;
	int err = read_number(o, at, "the number of the node", &number, &end);

	if (err)
		return err;
	if (*end)
		return fail(o, end, "write node=N",
			    "unexpected '%s' after the node", end);
	while (node < t->nr_nodes && t->nodes[node].os_index != number)
		node++;
	if (node == t->nr_nodes)
		return unknown_node(o, at, number);
	for (unsigned pu = 0; pu < t->nr_pus; pu++)
		if (t->pus[pu].node == node)
			o->pus[o->nr++] = pu;
	return o->nr ? 0 : without_pus(o, at, node);
}

static bool in_list(const char *list, unsigned number)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	bool found = set && !hwloc_bitmap_list_sscanf(set, list) &&
		     hwloc_bitmap_isset(set, number);

	hwloc_bitmap_free(set);
	return found;
}

static int unknown_pu(struct order *o, const char *at, unsigned number)
{
	hwloc_obj_t root = hwloc_get_root_obj(o->topology->hwloc);
	char hint[sizeof(o->err->hint)];
	struct topology_absent absent;

	list_set(hint, sizeof(hint), "PUs that can be used:", root->cpuset);
	topology_absent(o->topology, &absent);
	if (in_list(absent.offline, number))
		return fail(o, at, hint, "PU %u is offline", number);
	if (in_list(absent.forbidden, number))
		return fail(o, at, hint, "PU %u is not allowed", number);
	return fail(o, at, hint, "there is no PU %u", number);
}

static int add_pu(struct order *o, const char *at, unsigned number)
{
	const struct topology *t = o->topology;
	unsigned pu = 0;

	while (pu < t->nr_pus && t->pus[pu].os_index != number)
		pu++;
	if (pu == t->nr_pus)
		return unknown_pu(o, at, number);
	for (unsigned i = 0; i < o->nr; i++)
		if (o->pus[i] == pu)
			return fail(o, at, NULL, "PU %u is listed twice",
				    number);
	o->pus[o->nr++] = pu;
	return 0;
}

/* "3" or "0-3"; *end: behind it. */
static int add_range(struct order *o, const char *at, const char **end)
{
	unsigned first, last;
	char hint[64];
	int err = read_number(o, at, "the number of a PU", &first, end);

	last = first;
	if (!err && **end == '-')
		err = read_number(o, *end + 1, "the end of the range", &last,
				  end);
	if (err)
		return err;
	if (last < first) {
		snprintf(hint, sizeof(hint), "did you mean %u-%u?", last,
			 first);
		return fail(o, at, hint, "the range %u-%u is empty", first,
			    last);
	}
	for (unsigned number = first; !err && number <= last; number++)
		err = add_pu(o, at, number);
	return err;
}

static int listed(struct order *o, const char *at)
{
	int err = 0;

	for (;; at++) {
		err = add_range(o, at, &at);
		if (err)
			return err;
		if (!*at)
			return 0;
		if (*at != ',')
			return fail(o, at, "write list:0-3,8",
				    "unexpected '%c' in the list of PUs", *at);
	}
}

/* ---- by name ------------------------------------------------------------- */

/* An argument follows a name that ends in '=' or ':'. */
static const struct {
	const char	*name;
	int		(*fill)(struct order *order, const char *argument);
} placements[] = {
	{ "compact", compact }, { "smt-last", smt_last },
	{ "scatter", scatter }, { "node=", of_node }, { "list:", listed },
};

static int unknown_placement(struct order *o)
{
	static const char *const names[] = { "compact", "smt-last", "scatter",
					     "node=", "list:" };
	size_t word = strcspn(o->text, "=:0123456789");
	char hint[sizeof(o->err->hint)];

	if (!*o->text)
		return fail(o, o->text, NULL, "placement has no value");
	word += o->text[word] == '=' || o->text[word] == ':';
	words_suggest(hint, sizeof(hint), o->text, word, names,
		      ARRAY_SIZE(names),
		      "there is: compact smt-last scatter node=N list:0-3,8");
	return fail(o, o->text, hint, "unknown placement '%.60s'", o->text);
}

static int fill(struct order *o)
{
	for (unsigned i = 0; i < ARRAY_SIZE(placements); i++) {
		const char *name = placements[i].name;
		size_t length = strlen(name);

		if (strncmp(o->text, name, length))
			continue;
		if (!o->text[length] || ispunct((unsigned char)
						name[length - 1]))
			return placements[i].fill(o, o->text + length);
	}
	return unknown_placement(o);
}

int topology_place(const struct topology *t, const char *placement,
		   unsigned nr_cpus, unsigned *pu_of_cpu,
		   struct topology_error *err)
{
	struct order order = { .topology = t, .text = placement, .err = err };
	int ret;

	order.pus = calloc(t->nr_pus, sizeof(*order.pus));
	if (!order.pus)
		return -ENOMEM;
	ret = fill(&order);
	for (unsigned cpu = 0; !ret && cpu < nr_cpus; cpu++)
		pu_of_cpu[cpu] = order.pus[cpu % order.nr];
	free(order.pus);
	return ret ? ret : (int)order.nr;
}
