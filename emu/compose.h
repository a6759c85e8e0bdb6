/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables of families: every workload, policy, architecture and kernel
 * generation there is, by name. The one place to edit when a member is added.
 */
#ifndef EMU_COMPOSE_H
#define EMU_COMPOSE_H

#include "mm/mm.h"
#include "workloads/workload.h"

/* A policy family; members end with name NULL. */
struct family {
	const char	*name;		/* also the tunable's */
	const char	*help;
	const void	*const *members;	/* ops structs, NULL ends */
	/* Every ops struct begins with name and summary. */
	void		(*choose)(struct mm_config *config, const void *member);
};

struct named {
	const char	*name;
	const char	*summary;
};

/* A number, size or text that a person may choose; text stays where it is. */
struct tunable {
	struct workload_key	key;
	void			(*set)(struct mm_config *config, u64 value);
	void			(*set_text)(struct mm_config *config,
					    const char *text);
};

/* A kernel generation: a choice of a member of each family, and of some
 * constants. */
struct generation {
	const char	*name;
	unsigned	version;	/* KERNEL_VERSION() */
	const char	*summary;
	const char	*partly;	/* what it is not; NULL: it is all */
	const char	*choices[8][2];	/* family or tunable, value */
	const char	*absent[4];	/* tunables that it does not have */
};

#define COMPOSE_KERNEL	"6.12"	/* where nothing is said */

extern const struct workload *const compose_workloads[];
extern const struct family compose_families[];		/* name NULL ends */
extern const struct tunable compose_tunables[];		/* key.name NULL ends */
extern const struct generation compose_generations[];	/* name NULL ends */
extern const struct arch *const compose_archs[];

/* NULL if there is none of that name. */
const struct workload *compose_workload(const char *name);
const struct generation *compose_generation(const char *name);
const struct arch *compose_arch(const char *name);
const struct family *compose_family(const char *name);
const void *compose_member(const struct family *family, const char *name);
const struct tunable *compose_tunable(const char *name);
/* The generation's choice for a family or tunable, or NULL. */
const char *compose_choice(const struct generation *generation,
			   const char *family);

#endif
