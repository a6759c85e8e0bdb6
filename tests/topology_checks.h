/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of topologies share. Plain cmocka on the host: topology knows
 * neither machine.
 */
#ifndef TESTS_TOPOLOGY_CHECKS_H
#define TESTS_TOPOLOGY_CHECKS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpus/compiler.h"
#include "cpus/topology.h"

/* Loads, or fails the test with the reason. */
struct topology *load(enum topology_kind kind, const char *spec);

/* Fails the test if it loads; *err says why it does not. */
void fails(enum topology_kind kind, const char *spec,
	   struct topology_error *err);

/* What must hold of any topology, placements of all PUs included. */
void is_sound(const struct topology *topology);

#endif
