/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a run's settings come from besides the command line: a job file
 * (shootdown run FILE.job) or an earlier result (shootdown run RESULT.json).
 * What the command line says counts.
 */
#ifndef EMU_SOURCE_H
#define EMU_SOURCE_H

#include <stddef.h>

#include "emu/options.h"

/*
 * If the subject names a file (it has a dot or a slash in it, as no workload
 * has), reads it and makes the subject what it says. STATUS_DONE, or
 * STATUS_USAGE or STATUS_HOST after the message.
 */
enum status source_load(struct options *options);

/*
 * The whole of a file, or of standard input (path "-"), which must be UTF-8
 * without NUL. *text: to free in any case. STATUS_DONE, or STATUS_USAGE after
 * the message.
 */
enum status source_read(const char *path, char **text, size_t *size);

/* job.c and rerun.c: the text of a file, checked to be UTF-8 without NUL. */
enum status job_load(struct options *options, const char *path, char *text);
enum status rerun_load(struct options *options, const char *path,
		       const char *text, size_t size);

/*
 * One setting of a file, unless the command line has it: an option by its long
 * name, the workload, or a key of the workload or the engine. where points to
 * the name, for messages; both strings outlive the options.
 */
enum status source_set(struct options *options, const char *where,
		       size_t name_length, const char *value,
		       enum option_origin origin);

#endif
