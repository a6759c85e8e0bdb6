/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs every module's invariants at quiescence and counts what does not hold.
 * Each id is printed at its first violation and counted at all.
 */
#include "mm/audit.h"
#include "mm/kvfree_rcu.h"
#include "mm/mmzone.h"
#include "mm/percpu.h"
#include "mm/vmalloc.h"
#include "mm/vmap_block.h"

#define MAX_VIOLATED_IDS	64

static const char *violated_ids[MAX_VIOLATED_IDS];
static unsigned nr_violated_ids;
static unsigned nr_violations;
static char violated_text[MAX_VIOLATED_IDS * 8];
static u32 noting;	/* one CPU at a time adds an id */

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool seen_before(const char *id)
{
	for (unsigned i = 0; i < READ_ONCE(nr_violated_ids); i++)
		if (same(violated_ids[i], id))
			return true;
	return false;
}

static void note_id(const char *id)
{
	size_t at = 0;

	if (nr_violated_ids == MAX_VIOLATED_IDS)
		return;
	violated_ids[nr_violated_ids] = id;
	WRITE_ONCE(nr_violated_ids, nr_violated_ids + 1);
	while (violated_text[at])
		at++;
	if (at)
		violated_text[at++] = ',';
	while (*id && at + 2 < sizeof(violated_text))
		violated_text[at++] = *id++;
}

void audit_violated(const char *id, const char *fmt, ...)
{
	char prefix[48] = "invariant ";
	size_t at = 10;
	va_list args;

	machine_quiet_begin();
	__atomic_fetch_add(&nr_violations, 1, __ATOMIC_RELAXED);
	while (xchg(&noting, 1))
		cpu_relax();
	if (!seen_before(id)) {
		note_id(id);
		for (const char *p = id; *p && at < 24; p++)
			prefix[at++] = *p;
		for (const char *p = " violated: "; *p; p++)
			prefix[at++] = *p;
		prefix[at] = '\0';
		va_start(args, fmt);
		kernel_vbug(prefix, fmt, args);
		va_end(args);
	}
	smp_store_release(&noting, 0);
	machine_quiet_end();
}

const char *audit_violated_ids(void)
{
	return violated_text;
}

static unsigned nr_checked(void)
{
	unsigned checked = 0;

	for (unsigned i = 0; i < nr_invariants; i++)
		checked += invariants[i].where &&
			   (CHECKS_ON || !invariants[i].live);
	return checked;
}

static void call_violated(const char *id, const char *what, u64 is, u64 should)
{
	audit_violated(id, "%s: %lu, should be %lu", what, is, should);
}

void audit_run(struct audit_result *result)
{
	vmstat_pause();
	machine_quiet_begin();
	page_alloc_audit();
	percpu_audit();
	slab_audit();
	kvfree_rcu_audit();
	vmalloc_audit();
	(void)smp_audit(call_violated);
	machine_quiet_end();
	/* Last, for it changes what the others look at. */
	vm_unmap_aliases();
	machine_quiet_begin();
	vmalloc_audit_strictly();
	machine_quiet_end();
	vmstat_resume();
	result->checked = nr_checked();
	result->violated = READ_ONCE(nr_violations);
}
