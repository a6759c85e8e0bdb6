/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's kvfree_rcu_1_arg_vmalloc_test and its twin of 2 arguments
 * (lib/test_vmalloc.c, 6.12; vmalloc-tlb-ipi spec 7, bits 256 and 512): a page
 * by vmalloc, written to, and given to RCU. Workers free it later.
 */
#include "mm/kvfree_rcu.h"
#include "workloads/vmalloc_ops.h"

enum { KEY_ARGS = NR_VMALLOC_KEYS };
enum { OP_KVFREE_RCU = OP_VFREE };

/* An address of the emulated kernel points to it. */
struct test_kvfree_rcu {
	struct rcu_head	rcu;
	unsigned char	array[20];
};

static struct kvfree_rcu_stat before;

static const char *setup(struct run *run)
{
	kvfree_rcu_stat_read(&before);
	return NULL;
}

static bool loop(struct worker *w)
{
	vaddr_t area = take_area(w, 1);
	struct test_kvfree_rcu *p = (struct test_kvfree_rcu *)area;
	u64 t;

	if (!p)
		return false;
	vm_store((vaddr_t)&p->array[0], 1, 'a');
	t = op_begin(w, OP_KVFREE_RCU);
	if (run_key(w->run, KEY_ARGS) == 1)
		kvfree_rcu_mightsleep(p);
	else
		kvfree_rcu(p, rcu);
	op_end(w, OP_KVFREE_RCU, t);
	return true;
}

static void teardown(struct run *run)
{
	struct kvfree_rcu_stat now;

	kvfree_rcu_barrier();
	kvfree_rcu_stat_read(&now);
	run_figure(run, "noted", now.vmalloc_noted - before.vmalloc_noted);
	run_figure(run, "chained", now.chained - before.chained);
	run_figure(run, "waited", now.waited - before.waited);
	run_figure(run, "batches", now.batches - before.batches);
	run_figure(run, "blocks", now.blocks - before.blocks);
}

static const struct workload_key keys[] = {
	VMALLOC_KEYS(NULL),
	[KEY_ARGS] = { "args", KEY_UINT, "1", 1, 2, NULL,
		       "1: kvfree_rcu_mightsleep(p); 2: kvfree_rcu(p, rcu)" },
	{ 0 },
};

const struct workload workload_kvfree_rcu = {
	.name		= "kvfree_rcu",
	.summary	= "vmalloc, write, kvfree_rcu (test_vmalloc, bits 256, "
			  "512)",
	.keys		= keys,
	.ops		= { "vmalloc", "kvfree_rcu" },
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
	.setup		= setup,
	.teardown	= teardown,
};
