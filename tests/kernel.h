/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's half of the harness: linked by tests with .kernel = 1. */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

#include "mm/mm.h"

/* What mm_init() gets: set it before emulate(). */
extern struct mm_config kernel_config;

/* Called by tests/test.c, which knows no kernel. A violated invariant is
 * reported, so that the run ends with exit status 6. */
void mm_boot_for_test(void);
void mm_audit_for_test(void);

#endif
