/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of the build that fills the manual pages and the completion in
 * (manual.c): what can be said from tables is printed by these, one for each
 * "@NAME" of a template.
 */
#ifndef EMU_MANUAL_H
#define EMU_MANUAL_H

#include <jansson.h>

/* What an engine says of itself, and the result's schema. */
extern json_t *manual_description, *manual_schema;

/* A list of the description. */
static inline json_t *manual_list(const char *name)
{
	return json_object_get(manual_description, name);
}

/* A member's text, or "". */
static inline const char *manual_string(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* ---- manual_pages.c: scdoc ---- */
void manual_synopsis(void);
void manual_verbs(void);
void manual_views(void);
void manual_job_keys(void);
void manual_workloads(void);
void manual_common_keys(void);
void manual_families(void);
void manual_tunables(void);
void manual_result(void);

/* ---- manual_bash.c: a completion ---- */
void manual_bash_views(void);
void manual_bash_verbs(void);
void manual_bash_workloads(void);

#endif
