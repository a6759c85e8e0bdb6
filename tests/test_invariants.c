/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The register of invariants against what it speaks of: the ids of both
 * specifications, and the faults that are compiled in. That a fault trips its
 * invariant is shown by the module's own test.
 */
#include <stdlib.h>
#include <string.h>

#include "cpus/boot.h"
#include "mm/audit.h"
#include "mm/slab_def.h"
#include "tests/test.h"

static const struct invariant *find(const char *id)
{
	for (unsigned i = 0; i < nr_invariants; i++)
		if (!strcmp(invariants[i].id, id))
			return &invariants[i];
	return NULL;
}

static void each_is_checked_or_says_why_not(void **state)
{
	for (unsigned i = 0; i < nr_invariants; i++) {
		const struct invariant *inv = &invariants[i];

		assert_true(inv->text && *inv->text);
		if (inv->where) {
			assert_null(inv->why_not);
			assert_true(inv->fault && *inv->fault);
		} else {
			assert_true(inv->why_not && *inv->why_not);
		}
		assert_ptr_equal(find(inv->id), inv);	/* no id twice */
	}
}

static void visit_named(void *arg, const char *name, const char *id,
			const char *text)
{
	const char **wanted = arg;

	if (*wanted && !strcmp(*wanted, name))
		*wanted = NULL;
}

static void each_fault_it_names_exists(void **state)
{
	/* An engine that nobody chooses is not linked, nor are its faults. */
	slab_ops = &slab_sheaves;
	for (unsigned i = 0; i < nr_invariants; i++) {
		const char *wanted = invariants[i].fault;

		fault_for_each(visit_named, &wanted);
		if (wanted)
			print_error("%s names fault %s\n", invariants[i].id,
				    wanted);
		assert_null(wanted);
	}
}

/* In the sources, of a checkout or a release. */
static bool is_function(const char *name)
{
	const char *source = getenv("abs_top_srcdir");
	char command[4096];

	snprintf(command, sizeof(command),
		 "grep -rq --include='*.[ch]' '\\<%s(' '%s/mm' '%s/cpus'", name,
		 source ? source : ".", source ? source : ".");
	return !system(command);
}

static void each_function_it_names_exists(void **state)
{
	unsigned unknown = 0;

	for (unsigned i = 0; i < nr_invariants; i++) {
		char where[256], *rest, *name;

		if (!invariants[i].where)
			continue;
		assert_true(strlen(invariants[i].where) < sizeof(where));
		strcpy(where, invariants[i].where);
		for (name = strtok_r(where, ", ", &rest); name;
		     name = strtok_r(NULL, ", ", &rest)) {
			if (is_function(name))
				continue;
			print_error("%s names %s()\n", invariants[i].id, name);
			unknown++;
		}
	}
	assert_int_equal(unknown, 0);
}

/* Ids of mutants.md look like L-04; all others are of the register. */
static bool is_mutant(const char *id)
{
	return id[0] && id[1] == '-';
}

static void visit_ids(void *arg, const char *name, const char *id,
		      const char *text)
{
	unsigned *unknown = arg;

	if (is_mutant(id) || find(id))
		return;
	print_error("fault %s: no such invariant: %s\n", name, id);
	++*unknown;
}

static void each_fault_is_of_a_known_invariant(void **state)
{
	unsigned unknown = 0;

	fault_for_each(visit_ids, &unknown);
	assert_int_equal(unknown, 0);
}

/* An id at the start of a table row "| B7 |" or of an item "- INV-T1 ". */
static bool id_of_line(const char *line, char *id)
{
	if (sscanf(line, "| %7[BI0-9] |", id) == 1 && strlen(id) > 1 &&
	    id[0] > '9' && strspn(id + 1, "0123456789") == strlen(id) - 1)
		return true;
	return sscanf(line, "- %11[A-Z0-9-] ", id) == 1 &&
		!strncmp(id, "INV-", 4);
}

static unsigned missing_ids(const char *path, unsigned *seen)
{
	FILE *file = fopen(path, "r");
	char line[4096], id[16];
	unsigned missing = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (!id_of_line(line, id))
			continue;
		++*seen;
		if (!find(id)) {
			print_error("%s: %s is not registered\n", path, id);
			missing++;
		}
	}
	fclose(file);
	return missing;
}

static void every_id_of_the_specs_is_there(void **state)
{
	const char *source = getenv("abs_top_srcdir");
	char slab[4096], vmalloc[4096];
	unsigned seen = 0, missing;

	snprintf(slab, sizeof(slab),
		 "%s/../shared/spec/slub-and-page-allocator.md",
		 source ? source : ".");
	snprintf(vmalloc, sizeof(vmalloc),
		 "%s/../shared/spec/vmalloc-tlb-ipi.md", source ? source : ".");
	missing = missing_ids(slab, &seen) + missing_ids(vmalloc, &seen);
	if (!seen) {
		print_message("# ../shared is not there: ids not compared\n");
		return;
	}
	assert_int_equal(missing, 0);
	assert_int_equal(seen, nr_invariants);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_checked_or_says_why_not),
		cmocka_unit_test(each_function_it_names_exists),
		cmocka_unit_test(each_fault_it_names_exists),
		cmocka_unit_test(each_fault_is_of_a_known_invariant),
		cmocka_unit_test(every_id_of_the_specs_is_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
