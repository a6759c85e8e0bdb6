/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of planted faults: what DEFINE_FAULT() has put into the section
 * "faults" of the linked kernel. Empty in what is shipped.
 */
#include <string.h>

#include "cpus/twin.h"

int fault_set(const char *name, bool on)
{
	struct fault *fault;

	for (fault = __start_faults; fault < __stop_faults; fault++) {
		if (!strcmp(fault->name, name)) {
			fault->on = on;
			return 0;
		}
	}
	return -ENOENT;
}

void fault_for_each(void (*visit)(void *arg, const char *name, const char *id,
				  const char *text), void *arg)
{
	const struct fault *fault;

	for (fault = __start_faults; fault < __stop_faults; fault++)
		visit(arg, fault->name, fault->id, fault->text);
}
