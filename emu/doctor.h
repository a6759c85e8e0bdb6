/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this host can measure, and what to change: a list of checks. Some
 * read what the host says of itself (below `root`), some measure.
 */
#ifndef EMU_DOCTOR_H
#define EMU_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "cpus/topology.h"

enum doctor_verdict {
	DOCTOR_GOOD,
	DOCTOR_UNKNOWN,		/* the host does not say */
	DOCTOR_WARN,		/* results will be worse than they could be */
	DOCTOR_BAD,		/* native runs cannot be trusted at all */
};

struct doctor {
	const char		*root;		/* "" or where /proc and /sys
						 * are, for tests */
	const struct topology	*topology;	/* the PUs we may use */
};

/* What one check says. Texts are one line each; advice may be empty. */
struct doctor_finding {
	enum doctor_verdict	verdict;
	char			text[240];
	char			advice[240];
	json_t			*figures;	/* an object, or NULL; owned */
};

struct doctor_check {
	const char	*name;
	void		(*run)(const struct doctor *doctor,
			       struct doctor_finding *out);
};

/* All of them, in the order in which they are shown; name NULL ends. */
extern const struct doctor_check doctor_checks[];

const char *doctor_verdict_word(enum doctor_verdict verdict);

/* ---- checks, for doctor.c's table and the tests ------------------------ */
void doctor_processors(const struct doctor *doctor,
		       struct doctor_finding *out);
void doctor_quota(const struct doctor *doctor, struct doctor_finding *out);
void doctor_smt(const struct doctor *doctor, struct doctor_finding *out);
void doctor_numa(const struct doctor *doctor, struct doctor_finding *out);
void doctor_frequency(const struct doctor *doctor,
		      struct doctor_finding *out);
void doctor_virtual(const struct doctor *doctor, struct doctor_finding *out);
void doctor_clock(const struct doctor *doctor, struct doctor_finding *out);
void doctor_memory(const struct doctor *doctor, struct doctor_finding *out);
void doctor_load(const struct doctor *doctor, struct doctor_finding *out);
/* doctor_measure.c: these start threads and take a second together. */
void doctor_binding(const struct doctor *doctor, struct doctor_finding *out);
void doctor_quiet(const struct doctor *doctor, struct doctor_finding *out);
void doctor_distance(const struct doctor *doctor,
		     struct doctor_finding *out);

/* Sets a finding's text or advice. */
__attribute__((format(printf, 3, 4)))
void doctor_say(struct doctor_finding *out, enum doctor_verdict verdict,
		const char *format, ...);
__attribute__((format(printf, 2, 3)))
void doctor_advise(struct doctor_finding *out, const char *format, ...);

#endif
