/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every member of the vmap family: areas against a set of intervals, and what
 * one member does that others do not.
 */
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/vmap_core.h"
#include "tests/kernel.h"
#include "tests/test.h"
#include "tests/vmap_areas.h"

#define NR_STEPS	800
#define MAX_AREAS	120

static const struct vmap_ops *const members[] = {
	&vmap_augmented, &vmap_nodes,
};

struct area {
	u64	start, end;
	bool	busy;		/* else lazy: freed and not yet purged */
};

static struct area areas[MAX_AREAS];
static unsigned nr_areas;
static u64 nr_lazy;

/* ---- against the model -------------------------------------------------- */
static void step_alloc(struct rng *rng)
{
	/* Around the largest pool class too. */
	u64 pages = rng_chance(rng, 10) ? 250 + rng_below(rng, 12) :
		1 + rng_below(rng, 40);
	struct vmap_request r = request(pages, rng_chance(rng, 20) ?
					PAGE_SIZE << rng_below(rng, 4) : 1);
	struct vmap_area *va;
	unsigned i;

	if (nr_areas == MAX_AREAS)
		return;
	must(!vmap_ops->alloc(&r, &va));
	must(va->va_start % r.align == 0);
	must(va->va_end - va->va_start == r.size);
	must(va->va_start >= r.vstart && va->va_end <= r.vend);
	for (i = 0; i < nr_areas; i++)
		must(va->va_end <= areas[i].start ||
		     areas[i].end <= va->va_start);
	areas[nr_areas++] = (struct area){ va->va_start, va->va_end, true };
}

static void step_free(struct rng *rng)
{
	struct area *area = &areas[rng_below(rng, max(nr_areas, 1u))];
	u64 inside;

	if (!nr_areas || !area->busy)
		return;
	inside = area->start + rng_below(rng, area->end - area->start);
	must(vmap_ops->find(inside));
	must(vmap_ops->find(inside)->va_start == area->start);
	must(vmap_where_is(inside) == VMAP_BUSY);
	put(rng_chance(rng, 50) ? area->start : inside);
	must(!vmap_ops->find(inside));
	must(vmap_where_is(inside) == VMAP_LAZY);
	area->busy = false;
	nr_lazy += (area->end - area->start) >> PAGE_SHIFT;
}

static void step_purge(bool full)
{
	unsigned i = 0;

	must(vmap_purge_all(full) == (nr_lazy > 0));
	while (i < nr_areas) {
		enum vmap_where where = vmap_where_is(areas[i].start);

		if (areas[i].busy) {
			must(where == VMAP_BUSY);
			i++;
			continue;
		}
		must(where == VMAP_FREE || (where == VMAP_POOL && !full));
		areas[i] = areas[--nr_areas];
	}
	nr_lazy = 0;
}

static void random_history(void *arg)
{
	struct rng rng;
	unsigned step;

	rng_seed(&rng, test_seed());
	for (step = 0; step < NR_STEPS; step++) {
		if (rng_chance(&rng, 3))
			step_purge(rng_chance(&rng, 30));
		else if (rng_chance(&rng, 55))
			step_alloc(&rng);
		else
			step_free(&rng);
		must((u64)atomic_long_read(&vmap_lazy_nr) == nr_lazy);
		if (step % 50 == 0)
			vmalloc_audit();
	}
}

static void areas_are_as_the_model(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		kernel_config = (struct mm_config){ .vmap = members[i] };
		emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
			.seeds = 4 }, random_history, NULL);
	}
}

static void on_each(void *arg, unsigned cpu)
{
	struct rng rng;
	u64 mine[16];
	unsigned nr = 0, step;

	rng_seed(&rng, test_seed() * 64 + cpu);
	for (step = 0; step < 100; step++) {
		if (nr == 16 || (nr && rng_chance(&rng, 45))) {
			unsigned i = (unsigned)rng_below(&rng, nr);

			put(mine[i]);
			mine[i] = mine[--nr];
		} else {
			mine[nr++] = get_addr(1 + rng_below(&rng, 20));
		}
		if (rng_chance(&rng, 2))
			vmap_purge_all(rng_chance(&rng, 50));
		cond_resched();
	}
	while (nr)
		put(mine[--nr]);
}

static void all_at_once(void *arg)
{
	on_all_cpus(on_each, NULL);
}

static void many_cpus_keep_areas_apart(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		/* A low threshold, so that the worker is busy too. */
		kernel_config = (struct mm_config){ .vmap = members[i],
			.lazy_max_pages = 64 };
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4,
			.seeds = 100 }, all_at_once, NULL);
	}
}

/* ---- overflow ----------------------------------------------------------- */
static void fill_tiny_range(void *arg)
{
	struct vmap_request r = request(2, 1);
	struct vmap_area *va[4], *more;
	struct vmap_stat stat;
	unsigned i;

	r.vend = r.vstart + 8 * PAGE_SIZE;
	for (i = 0; i < 4; i++)
		must(!vmap_ops->alloc(&r, &va[i]));
	must(vmap_ops->alloc(&r, &more) == -EBUSY);
	/* Lazy space is not free, but an overflow purges. */
	put(va[1]->va_start);
	must(!vmap_ops->alloc(&r, &more));
	must(more->va_start == VMALLOC_START + 2 * PAGE_SIZE);
	vmap_stat_read(&stat);
	must(stat.overflows == 2 && stat.purges == 1);
	must(stat.areas_purged == 1);
}

static void tiny_range_is_refused_after_a_purge(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		kernel_config = (struct mm_config){ .vmap = members[i] };
		emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
			.expect_text = "vmalloc_node_range for size 8192 "
			"failed: Address range restricted to "
			"0xffffc90000000000 - 0xffffc90000008000" },
			fill_tiny_range, NULL);
	}
}

/* ---- augmented ---------------------------------------------------------- */
static void lowest_again(void *arg)
{
	u64 a = get_addr(3), b = get_addr(3), c = get_addr(3);
	struct vmap_stat stat;

	must(b == a + 3 * PAGE_SIZE && c == b + 3 * PAGE_SIZE);
	put(a);
	put(b);
	/* Not before the purge. */
	must(get_addr(3) == c + 3 * PAGE_SIZE);
	must(vmap_purge_all(false));
	vmap_stat_read(&stat);
	/* Lazy neighbours are one record by then. */
	must(stat.areas_purged == 1);
	must(get_addr(3) == a && get_addr(3) == b);
}

static void augmented_gives_the_lowest_after_purge(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_augmented };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, lowest_again,
		NULL);
}

/* ---- planted faults ----------------------------------------------------- */
/* Enough of everything: areas in several nodes, pools, purges, decay. */
static void exercise(void *arg)
{
	struct vmap_request tiny = request(2, 1);
	struct vmap_area *va;
	u64 addr[24];
	unsigned i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 24; i++)
			addr[i] = get_addr(5 + i % 3);
		for (i = 0; i < 24; i++)
			put(addr[i]);
		vmap_purge_all(false);
	}
	get_addr(5);
	vmap_purge_all(false);
	tiny.vend = tiny.vstart + PAGE_SIZE;
	must(vmap_ops->alloc(&tiny, &va) == -EBUSY ||
	     va->va_end > tiny.vend);
	/* The overflow has emptied the pools: fill them and take from one. */
	for (i = 0; i < 24; i++)
		addr[i] = get_addr(5 + i % 3);
	for (i = 0; i < 24; i++)
		put(addr[i]);
	vmap_purge_all(false);
	get_addr(6);
	for (i = 0; i < 24; i++)
		addr[i] = get_addr(400);
	for (i = 0; i < 24; i++)
		put(addr[i]);
}

/* Pools are filled, and decay by a quarter. */
static void decay_once(void *arg)
{
	u64 addr[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		addr[i] = get_addr(5);
	for (i = 0; i < 8; i++)
		put(addr[i]);
	vmap_purge_all(false);
	vmap_purge_all(false);
}

static void caught_by(void (*fn)(void *arg), const struct vmap_ops *ops,
		      const char *fault, const char *id)
{
	char text[64];

	kernel_config = (struct mm_config){ .vmap = ops,
		.lazy_max_pages = 9000 };
	snprintf(text, sizeof(text), "invariant %s violated", id);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .fault = fault,
		.expect_exit = fault ? 6 : 0,
		.expect_text = fault ? text : NULL }, fn, NULL);
}

static void caught(const struct vmap_ops *ops, const char *fault,
		   const char *id)
{
	caught_by(exercise, ops, fault, id);
}

static void faults_are_caught(void **state)
{
	caught(&vmap_augmented, NULL, "");
	caught(&vmap_nodes, NULL, "");
	caught_by(decay_once, &vmap_nodes, NULL, "");
	caught_by(decay_once, &vmap_nodes, "pool_decay_without_detach",
		  "INV-A1");
	caught(&vmap_nodes, "nodes_wrong_busy", "INV-A5");
	caught(&vmap_nodes, "pool_wrong_class", "INV-A6");
	caught(&vmap_nodes, "pool_len_stays", "INV-A6");
	caught(&vmap_augmented, "vmap_ignores_vend", "INV-A7");
	caught(&vmap_nodes, "nodes_lazy_nr_stays", "INV-A10");
	caught(&vmap_augmented, "drain_not_scheduled", "INV-A11");
	caught(&vmap_augmented, "overflow_without_purge", "INV-A12");
	caught(&vmap_nodes, "nodes_wrong_owner", "INV-A13");
	caught(&vmap_nodes, "nodes_too_many", "INV-A14");
	caught(&vmap_augmented, "purge_range_short", "INV-T5");
	caught(&vmap_augmented, "augmented_publish_before_flush", "INV-T6");
	caught(&vmap_nodes, "nodes_publish_before_flush", "INV-T6");
}

TEST_MAIN(
	cmocka_unit_test(areas_are_as_the_model),
	cmocka_unit_test(many_cpus_keep_areas_apart),
	cmocka_unit_test(tiny_range_is_refused_after_a_purge),
	cmocka_unit_test(augmented_gives_the_lowest_after_purge),
	cmocka_unit_test(faults_are_caught))
