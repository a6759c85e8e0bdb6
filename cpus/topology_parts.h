/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of topology share: topology.c (tables), topology_distances.c,
 * topology_place.c (placements), topology_absent.c (PUs that are left out),
 * topology_synthetic.c (the words of a synthetic string) and topology_xml.c
 * (reading, checking and digesting XML). Not for anybody else.
 */
#ifndef CPUS_TOPOLOGY_PARTS_H
#define CPUS_TOPOLOGY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "cpus/compiler.h"
#include "cpus/topology.h"

/*
 * Fills *err (column -1: no place known; hint NULL: none) and returns -EINVAL,
 * so that a parser can say `return topology_fail(...)`.
 */
int topology_fail(struct topology_error *err, int column, const char *hint,
		  const char *fmt, ...) printf_like(4, 5) must_check;

/*
 * Points a new t->hwloc at what kind and spec say and loads it with flags;
 * *promised: how many PUs the source says there are, or 0. 0, -EINVAL or
 * -ENOMEM; t->hwloc is the caller's to destroy in any case.
 */
int topology_load_hwloc(struct topology *t, unsigned long flags,
			unsigned *promised,
			struct topology_error *err) must_check;

/* Fills t->distances from hwloc's latencies, or with 10 and 20. */
void topology_fill_distances(struct topology *t);
/* Fills nearest[] and nearest_memory; needs PUs, nodes and distances. */
void topology_fill_nearest(struct topology *t);

/* What a synthetic string says, written anew for hwloc. */
struct topology_synthetic {
	char		*words;		/* the caller's to free */
	unsigned	nr_pus;
	bool		memory_assumed;	/* some node was given hwloc's 1 GiB */
};

/*
 * Parses an hwloc synthetic string strictly: each word that hwloc would skip,
 * ignore or trip over is reported with its column. 0, -EINVAL or -ENOMEM.
 */
int topology_parse_synthetic(const char *spec, struct topology_synthetic *out,
			     struct topology_error *err) must_check;

/*
 * Reads a whole XML file ("-": standard input) and checks what hwloc would
 * only refuse without a word: that it is a topology, of a format we read, and
 * that its elements nest. *text (NUL-terminated) is the caller's to free.
 */
int topology_read_xml(const char *path, char **text, size_t *size,
		      struct topology_error *err) must_check;

/*
 * Does work(spec) come to an end, in a child process of its own, without
 * dying, in a few seconds and a few gigabytes? hwloc trusts XML: a file that
 * no lstopo wrote may crash it. True also if there can be no child.
 */
bool topology_survives(void (*work)(const char *spec), const char *spec);

/*
 * 64-bit FNV-1a, as 16 hex digits, of an exported XML without the lines that
 * tell of a run rather than of a machine; is_host also leaves out the memory
 * that a running system has at this moment.
 */
void topology_hash_xml(const char *xml, bool is_host, char hash[17]);

#endif
