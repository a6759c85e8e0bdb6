/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where cache lines move: counted as they do, by distance and by who; named;
 * false sharing told from true; at no cost in virtual time. A per-CPU counter
 * that lies next to other CPUs' comes out first.
 */
#include <string.h>

#include "cpus/boot.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/percpu.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "mm/vmap_block_def.h"
#include "mm/whatis.h"
#include "tests/kernel.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#undef PROT_READ
#undef PROT_WRITE
#undef PROT_EXEC
#include <sys/mman.h>	/* its PROT_* are the host's */

/* CPUs 0 and 1 are one core, 0 to 3 share an L3, 0 to 7 are one package. */
#define TOPOLOGY	"pack:2 numa:1 l3:2 core:2 pu:2"
#define NR_CPUS		16
#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }

static const struct cost_profile profile = { .name = "lines", .of = {
	NS(plain_ns, 0.4), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
	NS(dram_local_ns, 80), NS(dram_remote_ns, 130), NS(rmw_ns, 7),
	NS(fence_ns, 10), NS(pause_ns, 4), NS(clock_ns, 9),
	NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 110),
	NS(c2c_cross_ns, 200), NS(fill_ns, 10), NS(ack_ns, 0),
	NR(streak_nr, 32), NR(misses_nr, 10),
	NR(stream_mbps, 10000), NR(stream_remote_mbps, 6000),
	NS(ipi_send_ns, 100), NS(ipi_deliver_ns, 500),
	NS(ipi_deliver_cross_ns, 900), NS(irq_entry_ns, 200),
	NS(irq_exit_ns, 200), NS(idle_wake_ns, 500), NS(invlpg_ns, 100),
	NS(flush_ns, 200) } };

static struct machine_lines sum;
static struct machine_line found[64];
static unsigned nr_found;

static void read_lines(void)
{
	machine_quiet_begin();
	nr_found = machine_lines_read(&sum, found, ARRAY_SIZE(found),
				      NULL, NULL);
	machine_quiet_end();
}

static void name_it(const void *p, struct address_name *name)
{
	memset(name, 0, sizeof(*name));
	if (!kernel_name_address(p, name))
		machine_name_address(p, name);
}

static const struct machine_line *line_of(const void *p)
{
	for (unsigned i = 0; i < nr_found; i++)
		if (found[i].addr == (const void *)((uintptr_t)p & -64UL))
			return &found[i];
	return NULL;
}

/* ---- counting ---- */
#define NR_ROUNDS	100
#define STEP_NS		2000UL

static struct {
	u64	word[8];
} cacheline_aligned shared_line, false_line;

static unsigned partner;
static u64 steps_begin;

/* In turns, at given times: the line comes from the other CPU each time. */
static void bounce(void *arg, unsigned cpu)
{
	unsigned turn = cpu == 0 ? 0 : 1;

	if (cpu != 0 && cpu != partner)
		return;
	for (unsigned i = turn; i < 2 * NR_ROUNDS; i += 2) {
		ndelay(steps_begin + i * STEP_NS - now_quietly());
		__atomic_fetch_add(&shared_line.word[0], 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&false_line.word[turn], 1,
				   __ATOMIC_RELAXED);
	}
}

static void expect_moves(const void *p, unsigned way, bool false_sharing)
{
	const struct machine_line *line = line_of(p);
	u64 all = 0;

	must(line);
	for (unsigned i = 0; i < MACHINE_WAYS; i++)
		all += line->moves[i];
	/* The first access has it from memory. */
	must(line->moves[way] == 2 * NR_ROUNDS - 1 && all == line->moves[way]);
	must(line->writers[0] == (BIT(0) | BIT(partner)));
	must(line->readers[0] == 0);
	must(line->false_sharing == false_sharing);
	must(line->nr_users == (false_sharing ? 2 : 1));
	must(line->users[0].write);
	must(line->lost_ns >= line->moves[way] * 8 && line->waits == 0);
}

static void count_moves(void *arg)
{
	static const unsigned partners[] = { 1, 2, 4, 8 };
	unsigned way = *(const unsigned *)arg;

	partner = partners[way];
	machine_quiet_begin();
	machine_lines_count(true);
	steps_begin = sched_clock() + 100000;
	machine_quiet_end();
	on_all_cpus(bounce, NULL);
	read_lines();
	machine_quiet_begin();
	expect_moves(&shared_line, way, false);
	expect_moves(&false_line, way, true);
	machine_quiet_end();
}

static void moves_are_counted_by_distance(void **state)
{
	for (unsigned way = 0; way < MACHINE_WAYS; way++)
		emulate(&(struct emulation){ .cpus = NR_CPUS,
			.topology = TOPOLOGY, .profile = &profile },
			count_moves, &way);
}

/* All want a line and then another; counting begins anew while they wait. */
#define QUEUE_AT_NS	20000UL
#define COUNT_AT_NS	30000UL

static u64 moves_before;

static u64 moves_of(const void *p)
{
	const struct machine_line *line = line_of(p);
	u64 all = 0;

	for (unsigned i = 0; line && i < MACHINE_WAYS; i++)
		all += line->moves[i];
	return all;
}

static void count_again(void)
{
	read_lines();
	machine_quiet_begin();
	moves_before = moves_of(&shared_line);
	machine_lines_count(false);
	machine_quiet_end();
	ndelay(steps_begin + COUNT_AT_NS - now_quietly());
	machine_quiet_begin();
	machine_lines_count(true);
	machine_quiet_end();
}

static void want_both(void *arg, unsigned cpu)
{
	unsigned i;

	ndelay(steps_begin - now_quietly());
	for (i = 0; i < 8; i++)
		__atomic_fetch_add(&shared_line.word[0], 1, __ATOMIC_RELAXED);
	ndelay(steps_begin + QUEUE_AT_NS - now_quietly());
	if (cpu == 0) {
		count_again();
		return;
	}
	for (i = 0; i < 100; i++)
		__atomic_fetch_add(&false_line.word[0], 1, __ATOMIC_RELAXED);
}

static void count_both(void *arg)
{
	machine_quiet_begin();
	machine_lines_count(true);
	steps_begin = sched_clock() + 100000;
	machine_quiet_end();
	on_all_cpus(want_both, NULL);
	read_lines();
	machine_quiet_begin();
	must(moves_before >= NR_CPUS);
	must(moves_of(&shared_line) == moves_before);
	must(moves_of(&false_line) >= NR_CPUS);
	machine_quiet_end();
}

static void a_wait_is_counted_from_its_start(void **state)
{
	emulate(&(struct emulation){ .cpus = NR_CPUS, .topology = TOPOLOGY,
		.profile = &profile }, count_both, NULL);
}

/* ---- who takes a lock ---- */
static struct {
	spinlock_t	lock;
} cacheline_aligned contended;

static noinline void hold_it(void)
{
	spin_lock(&contended.lock);
	ndelay(50);
	spin_unlock(&contended.lock);
}

static noinline void try_it(void)
{
	ndelay(500);
	if (!spin_trylock(&contended.lock))
		return;
	ndelay(50);
	spin_unlock(&contended.lock);
}

static void hold_and_try(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		hold_it();
		try_it();
	}
}

/* Also of the queue's nodes. */
static void expect_callers(const struct machine_line *line, unsigned *nr)
{
	char site[KSYM_SYMBOL_LEN];

	for (unsigned i = 0; i < line->nr_users && line->users[i].ip; i++) {
		bool holds, tries;

		symbol_print(site, line->users[i].ip);
		holds = !strncmp(site, "hold_it+", 8);
		tries = !strncmp(site, "try_it+", 7);
		must(holds || tries);
		nr[0] += holds;
		nr[1] += tries;
	}
}

static void find_the_callers(void *arg)
{
	unsigned nr[2] = { 0, 0 };

	lock_checks_enable(*(const bool *)arg);
	machine_lines_count(true);
	on_all_cpus(hold_and_try, NULL);
	machine_lines_count(false);
	read_lines();
	machine_quiet_begin();
	must(line_of(&contended));
	for (unsigned i = 0; i < nr_found; i++) {
		struct address_name name;

		machine_name_address(found[i].addr, &name);
		if (strstr(name.object, "contended") ||
		    strstr(name.object, "qnodes"))
			expect_callers(&found[i], nr);
	}
	must(nr[0] && nr[1]);
	machine_quiet_end();
}

static void a_lock_is_used_by_its_callers(void **state)
{
	static const struct lock_ops *const family[] = {
		&lock_ticket, &lock_qspinlock,
	};

	for (unsigned i = 0; i < 2 * ARRAY_SIZE(family); i++) {
		bool checks = i % 2;

		lock_ops = family[i / 2];
		emulate(&(struct emulation){ .cpus = NR_CPUS,
			.topology = TOPOLOGY, .profile = &profile },
			find_the_callers, &checks);
	}
	lock_ops = &lock_qspinlock;
}

/* ---- the planted fault ---- */
static void take_and_give(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 300; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 0);

		must(page);
		__free_pages(page, 0);
	}
}

static void find_the_counter(void *arg)
{
	struct address_name name;

	machine_lines_count(true);
	on_all_cpus(take_and_give, NULL);
	machine_lines_count(false);
	read_lines();
	machine_quiet_begin();
	must(nr_found > 0);
	name_it(found[0].users[0].addr, &name);
	printk("first: %s %s", name.object, name.field);
	if (arg) {
		must(found[0].false_sharing && found[1].false_sharing);
		must(!strncmp(name.object, "pgfree_of_cpu", 13));
		must(found[0].writers[0] == 0xff ||
		     found[0].writers[0] == 0xff00);
	} else {
		must(strncmp(name.object, "pgfree_of_cpu", 13) != 0);
		must(sum.lost_ns < 100000);
	}
	machine_quiet_end();
}

static void a_counter_next_to_others_comes_first(void **state)
{
	struct emulation e = { .cpus = NR_CPUS, .kernel = 1, .seeds = 3,
		.topology = TOPOLOGY, .profile = &profile };

	emulate(&e, find_the_counter, NULL);
	e.fault = "counters_side_by_side";
	emulate(&e, find_the_counter, &e);
}

/* ---- names ---- */
static DEFINE_PER_CPU(u64, counter_of_test);

static void expect_name(const void *p, const char *object, const char *field)
{
	struct address_name name;

	name_it(p, &name);
	if (!strstr(name.object, object) || strcmp(name.field, field) != 0)
		printk("'%s' '%s', not '%s' '%s'", name.object, name.field,
		       object, field);
	must(strstr(name.object, object) && !strcmp(name.field, field));
}

static void name_things(void *arg)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	char *object = kmalloc(200, GFP_KERNEL);
	u64 on_stack = 0;

	must(page && object);
	machine_quiet_begin();
	expect_name(&NODE_DATA(1)->node_zones[ZONE_NORMAL].lock,
		    "struct zone Normal of node 1", "lock");
	expect_name(&NODE_DATA(0)->node_zones[ZONE_DMA].free_area[3].nr_free,
		    "struct zone DMA of node 0", "free_area[3]");
	expect_name(&per_cpu_ptr(NODE_DATA(0)->node_zones[ZONE_DMA].pageset,
				 5)->count,
		    "struct per_cpu_pages of zone DMA, node 0, CPU 5",
		    "count");
	expect_name(&page->_refcount, "struct page of pfn ", "_refcount");
	expect_name((char *)page_address(page) + 24, "page of pfn ", "+0x18");
	expect_name(object + 16, "object of cache kmalloc-256 at", "+0x10");
	expect_name(&virt_to_head_page(object)->slab_words[4],
		    "(cache kmalloc-256)", "counters");
	expect_name(&per_cpu(counter_of_test, 7),
		    "per-CPU counter_of_test of CPU 7", "");
	expect_name(&cpus[3]->seen.pending, "struct cpu of CPU 3",
		    "seen.pending");
	expect_name(&cpus[2]->own.preempt_count, "struct cpu of CPU 2",
		    "own.preempt_count");
	expect_name(&cpus[2]->own.time_ns[1], "struct cpu of CPU 2",
		    "own.time_ns[1]");
	expect_name(&current->state, "task_struct of swapper/0", "state");
	expect_name(&per_cpu(vmap_block_queue, 6).free,
		    "struct vmap_block_queue of CPU 6", "free");
	expect_name(&false_line.word[2], "false_line", "+0x10");
	expect_name(&on_stack, "stack of swapper/0", "");
	machine_quiet_end();
	kfree(object);
	__free_pages(page, 0);
}

static void addresses_have_names(void **state)
{
	emulate(&(struct emulation){ .cpus = 8, .kernel = 1,
		.topology = "numa:2 core:4 pu:1", .profile = &profile },
		name_things, NULL);
}

/* ---- where memory was allocated ---- */
static noinline void *site_of_kmalloc(void)
{
	void *p = kmalloc(200, GFP_KERNEL);

	must(p);
	return p;
}

static noinline void *other_site(void)
{
	void *p = kmalloc_node(200, GFP_KERNEL, 0);

	must(p);
	return p;
}

static noinline void site_of_bulk(struct kmem_cache *s, void **objects)
{
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3, objects) == 3);
}

static noinline char *site_of_page(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	must(page);
	return page_address(page);
}

static noinline vaddr_t site_of_vmalloc(void)
{
	vaddr_t area = vmalloc(3 * PAGE_SIZE);

	must(area);
	return area;
}

static noinline u64 *site_of_percpu(void)
{
	u64 *p = alloc_percpu(u64);

	must(p);
	return p;
}

static void expect_site(const void *p, const char *function)
{
	struct machine_alloc alloc = { .start = NULL };
	char site[KSYM_SYMBOL_LEN] = "";

	machine_quiet_begin();
	if (machine_alloc_find(p, &alloc))
		symbol_print(site, alloc.ip);
	if (strncmp(site, function, strlen(function)) != 0)
		printk("allocated at '%s', not '%s'", site, function);
	must(!strncmp(site, function, strlen(function)));
	must(!*function || (const char *)p - (const char *)alloc.start <
	     (ptrdiff_t)alloc.bytes);
	machine_quiet_end();
}

static void find_sites(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("sites", 96, 0, 0, NULL);
	void *before = other_site(), *bulk[3];
	char *object, *pages;
	vaddr_t area;
	u64 pfn;

	machine_allocs_note();
	must(s);
	object = site_of_kmalloc();
	expect_site(object, "site_of_kmalloc+");
	expect_site(object + 199, "site_of_kmalloc+");
	expect_site(before, "");
	pages = site_of_page();
	expect_site(pages, "site_of_page+");
	expect_site(pages + 4 * PAGE_SIZE - 1, "site_of_page+");
	site_of_bulk(s, bulk);
	expect_site(bulk[2], "site_of_bulk+");
	area = site_of_vmalloc();
	must(kernel_lookup_address(area + 2 * PAGE_SIZE, &pfn));
	expect_site(page_address(pfn_to_page(pfn)), "site_of_vmalloc+");
	expect_site(site_of_percpu(), "site_of_percpu+");
	/* The same memory again, by another. */
	kfree(object);
	must(other_site() == object);
	expect_site(object, "other_site+");
}

static void memory_knows_who_allocated_it(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
		.profile = &profile }, find_sites, NULL);
}

/* ---- cost ---- */
static void work(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 20; i++) {
		vaddr_t area = vmalloc(PAGE_SIZE);

		must(area);
		vfree(area);
	}
}

static void take_time(void *arg)
{
	u64 *took = arg, start = now_quietly();

	machine_quiet_begin();
	if (took[1]) {
		machine_lines_count(true);
		machine_allocs_note();
	}
	machine_quiet_end();
	on_all_cpus(work, NULL);
	took[0] = now_quietly() - start;
	read_lines();
	must(took[1] ? nr_found > 5 : nr_found == 0);
}

static void counting_costs_no_virtual_time(void **state)
{
	u64 *took = mmap(NULL, 4 * sizeof(*took), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct emulation e = { .cpus = NR_CPUS, .kernel = 1,
		.topology = TOPOLOGY, .profile = &profile };

	assert_true(took != MAP_FAILED);
	took[3] = 1;
	emulate(&e, take_time, &took[0]);
	emulate(&e, take_time, &took[2]);
	assert_true(took[0] > 0);
	assert_int_equal(took[0], took[2]);
}

TEST_MAIN(cmocka_unit_test(moves_are_counted_by_distance),
	  cmocka_unit_test(a_wait_is_counted_from_its_start),
	  cmocka_unit_test(a_lock_is_used_by_its_callers),
	  cmocka_unit_test(a_counter_next_to_others_comes_first),
	  cmocka_unit_test(addresses_have_names),
	  cmocka_unit_test(memory_knows_who_allocated_it),
	  cmocka_unit_test(counting_costs_no_virtual_time))
