/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/audit.h"
#include "tests/kernel.h"

/* A cache that a test makes is its own. */
struct mm_config kernel_config = { .slab_nomerge = true };

void mm_boot_for_test(void)
{
	mm_init(&kernel_config);
}

void mm_audit_for_test(void)
{
	struct audit_result result;

	flush_all_workqueues();
	rcu_barrier();	/* callbacks free, too */
	audit_run(&result);
}
