/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What starting a machine takes; apart from bench.h, as it needs the host's
 * headers. */
#ifndef TESTS_BENCH_START_H
#define TESTS_BENCH_START_H

#include <stdbool.h>

/* Runs the program, from the top of the build tree, and prints a table. */
void bench_print_start(bool markdown);

#endif
