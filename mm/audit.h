/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every invariant of the specs as code, with the planted fault that it must
 * catch. Run at quiescence: no operation in flight on any CPU.
 */
#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include "cpus/machine.h"

/*
 * Called by audit functions when an invariant does not hold: counts it, and
 * prints "invariant ID violated: ..." once for each id. Any context, quiet.
 */
void audit_violated(const char *id, const char *fmt, ...) printf_like(2, 3);

struct audit_result {
	unsigned	checked;	/* invariants looked at */
	unsigned	violated;	/* violations counted, all since boot */
};

/* Runs every audit; the caller must be the only task doing anything. May
 * sleep. Costs no virtual time. */
void audit_run(struct audit_result *result);
/* The ids violated so far, comma-separated ("" for none). */
const char *audit_violated_ids(void);

/* The register of all ids of both specs, for `list invariants`. */
struct invariant {
	const char	*id;
	const char	*text;		/* one line */
	const char	*where;		/* function that checks it, or NULL */
	const char	*fault;		/* planted, must trip it; or NULL */
	const char	*why_not;	/* not applicable yet; or NULL */
	bool		live;		/* in checked builds only */
};

extern const struct invariant invariants[];
extern const unsigned nr_invariants;

/* Each module's part, in its own file. They call audit_violated(). */
void page_alloc_audit(void);
void slab_audit(void);

#endif
