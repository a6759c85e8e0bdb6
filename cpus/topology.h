/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's shape as hwloc describes it: processing units (PUs), memory
 * nodes, distances, and the order in which emulated CPUs are placed on PUs.
 * Used by the driver and by both engines; knows neither kernel nor machine.
 */
#ifndef CPUS_TOPOLOGY_H
#define CPUS_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_PUS_MAX	4096	/* more are refused */
#define TOPOLOGY_NODES_MAX	1024	/* as x86's NODES_SHIFT=10 */
#define TOPOLOGY_LOCAL		10	/* distance; ACPI 6.5, 5.2.17 (SLIT) */

enum topology_kind {
	TOPOLOGY_HOST,		/* this host, its allowed PUs only */
	TOPOLOGY_XML,		/* an hwloc 2 XML file; spec is its path */
	TOPOLOGY_SYNTHETIC,	/* an hwloc synthetic string; spec is it */
};

/* What is wrong with a user's topology, and where. */
struct topology_error {
	int		column;		/* from 0; -1: no place known */
	char		text[256];	/* one line, no newline */
	char		hint[128];	/* a suggestion, or "" */
};

/* One processing unit. Indices of core, l3, node and package are logical. */
struct topology_pu {
	unsigned	os_index;
	unsigned	core;
	unsigned	l3;		/* last-level cache; without: package */
	unsigned	package;
	unsigned	home;		/* of nodes[]: the one it hangs on;
					 * nr_nodes: none that is known */
	unsigned	node;		/* of nodes[]: nearest with memory */
	unsigned	smt_rank;	/* 0 for the first PU of its core */
};

struct topology_node {
	unsigned	os_index;
	uint64_t	memory_bytes;	/* 0: a node without memory */
	unsigned	nr_pus;		/* whose pu.node it is; 0: CPU-less */
	unsigned	package;	/* of the first PU that is at home here;
					 * nr_packages: there is none */
};

/* How far two PUs are from each other: what a line of one costs the other. */
enum topology_class {
	TOPOLOGY_SAME_CORE, TOPOLOGY_SAME_L3, TOPOLOGY_SAME_PACKAGE,
	TOPOLOGY_CROSS, NR_TOPOLOGY_CLASSES
};

struct topology {
	enum topology_kind	kind;
	char			*spec;		/* as the user wrote it */
	char			hash[17];	/* FNV-1a of the XML */
	unsigned		nr_pus;
	unsigned		nr_nodes;
	unsigned		nr_packages;
	uint64_t		memory_bytes;	/* of all nodes */
	bool			memory_assumed;	/* hwloc's 1 GiB a node */
	bool			is_this_host;
	struct topology_pu	*pus;		/* in logical order */
	struct topology_node	*nodes;
	uint16_t		*distances;	/* nr_nodes^2, local 10 */
	bool			has_distances;	/* else they are assumed */
	/* Least distance of PUs of a class, and of a PU and the memory of
	 * another package; 10 where there are none. Where PUs are in one
	 * package, only memory is in another: the latter stands for both. */
	uint16_t		nearest[NR_TOPOLOGY_CLASSES];
	uint16_t		nearest_memory;
	void			*hwloc;		/* hwloc_topology_t */
};

/*
 * Which kind of topology a user's word means: "host"; "-", a path to a
 * readable file, or anything that looks like a path ('/' or ".xml") is XML;
 * anything else is synthetic.
 */
enum topology_kind topology_kind_of(const char *spec);

/*
 * Loads a topology: of the host, the PUs that the caller may run on (its cpuset
 * and the calling thread's binding, so call it before binding that thread);
 * of XML, those that the file allows. A PU's node is the nearest with memory,
 * plain DRAM before other kinds. Call it from one thread: it sets hwloc's
 * environment the first time.
 *
 * Returns 0 and *out (free with topology_destroy), -ENOMEM, or -EINVAL with
 * *err filled: a wrong word of a synthetic string is named with its column, a
 * missing or malformed XML file with the reason, too many PUs with the limit.
 */
int topology_create(struct topology **out, enum topology_kind kind,
		    const char *spec, struct topology_error *err);
void topology_destroy(struct topology *topology);

/*
 * Distance between two nodes as in ACPI's SLIT: 10 is local, 254 the most. From
 * hwloc's latency matrix (rows scaled to a local 10); without one, 20 is
 * remote.
 */
unsigned topology_distance(const struct topology *topology,
			   unsigned from, unsigned to);

/*
 * What a cost profile's constant becomes between two nodes. The constant of a
 * class is that of its nearest two nodes (topology->nearest); farther ones cost
 * in proportion to their distance, which ACPI defines as a relative latency.
 * Without a latency matrix nothing is farther, nor is a PU that has no home
 * (from or to is nr_nodes): the value itself.
 */
static inline uint32_t topology_stretch(const struct topology *topology,
					uint32_t value, unsigned nearest,
					unsigned from, unsigned to)
{
	unsigned far;

	if (!topology->has_distances || from == topology->nr_nodes ||
	    to == topology->nr_nodes)
		return value;
	far = topology->distances[from * topology->nr_nodes + to];
	return (value * far + nearest / 2) / nearest;
}

/*
 * Is the memory of `node` remote to a CPU of `package`, at home on node `home`?
 * Another package's is, and that of a node without CPUs; the home's is not,
 * though it may be that of several packages. Of a PU without a home (nr_nodes)
 * only the package decides.
 */
static inline bool topology_is_remote(const struct topology *topology,
				      unsigned package, unsigned home,
				      unsigned node)
{
	return topology->nodes[node].package != package && node != home;
}

enum topology_class topology_class(const struct topology *topology,
				   unsigned pu, unsigned other);

/*
 * Bytes of the first data or unified cache of a level (1 to 3); 0: there is
 * none, or the topology is none of hwloc's. It gives caches of a synthetic
 * string a size of its own if the string has none.
 */
uint64_t topology_cache_bytes(const struct topology *topology, unsigned level);

/* A data cache, and what of it the simulated machine models. */
struct topology_cache {
	uint64_t	bytes;		/* 0: there is none */
	unsigned	cores;		/* that share it */
	bool		assumed;	/* the topology does not know */
	uint64_t	simulated;	/* bytes */
};

/*
 * The cache of a level (1 to 3) above a PU. Simulated are: of an L1 a power of
 * two, at most PROFILE_L1_BYTES_MAX (every hit computes its index); of an L2
 * the core's share; of an L3 all. Assumed (PROFILE_*_BYTES) is what the
 * topology knows nothing about; an L3 only if it knows no L2 either.
 */
struct topology_cache topology_cache(const struct topology *topology,
				     unsigned level, unsigned pu);

/* What the first package's processor calls itself; NULL: nobody says. */
const char *topology_cpu_model(const struct topology *topology);

/*
 * Fills pu_of_cpu[0..nr_cpus) with indices into pus[], in the order that a
 * placement gives:
 *
 *	compact		SMT siblings first, then the cores of an L3, then the
 *			package
 *	smt-last	the same, but each core's first PU before all second
 *	scatter		packages in turn, in them nodes, L3s and cores in turn;
 *			each core's first PU before all second
 *	node=N		compact, only PUs whose memory is node N's (OS number)
 *	list:0-3,8	PUs by their OS numbers, in this order
 *
 * CPUs beyond the PUs of the placement wrap around (oversubscription); 0 CPUs
 * only asks. Returns how many PUs the placement has, or -EINVAL with *err: a
 * wrong word with its column, a PU or node that is not there, offline, not
 * allowed or listed twice; or -ENOMEM.
 */
int topology_place(const struct topology *topology, const char *placement,
		   unsigned nr_cpus, unsigned *pu_of_cpu,
		   struct topology_error *err);

/* PUs that a machine has and a topology does not use; lists as "0-3,8". */
struct topology_absent {
	char	offline[1024];
	char	forbidden[1024];	/* by cpuset, binding or XML */
};

/*
 * Asks hwloc again. What is not known is "": XML from standard input cannot be
 * read again, synthetic strings have no such PUs.
 */
void topology_absent(const struct topology *topology,
		     struct topology_absent *out);

/*
 * Matrices of distances that decide nothing here, by what they are between:
 * "Package, NUMANode (NUMABandwidth)"; "" if there are none.
 */
void topology_unused_matrices(const struct topology *topology, char *out,
			      size_t size);

/*
 * Binds the calling thread to one PU of this host and reads the binding
 * back. 0, -EXDEV when the read-back differs, -ENOSYS for a foreign topology.
 */
int topology_bind_thread(const struct topology *topology, unsigned pu);

/*
 * Binds memory [addr, addr + size) to a node of this host, best effort:
 * returns -errno of hwloc when it cannot.
 */
int topology_bind_memory(const struct topology *topology, void *addr,
			 size_t size, unsigned node);

#endif
