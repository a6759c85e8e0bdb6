/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrong uses of slab objects, to see how the kernel reports them: each CPU has
 * a cache with full debugging (slab_debug=FZPU), uses some objects as it should
 * and, `count` times, one as it should not. The allocator takes what is spoilt
 * out of use, and the run goes on. It ends well if each error brought one
 * report.
 *
 * A cache takes per-CPU memory, and of that there is one chunk: CPUs beyond
 * the first MAX_WRONG have a common cache, and do nothing wrong.
 */
#include "mm/slab.h"
#include "workloads/workload.h"

enum { KEY_ERROR, KEY_COUNT, KEY_OBJECT_SIZE };
enum { DOUBLE_FREE, USE_AFTER_FREE, OVERFLOW, UNDERFLOW, WRONG_CACHE,
       BAD_POINTER, LIVE_OVERFLOW };
enum { OP_ALLOC, OP_FREE };

#define INNOCENT	8
#define MAX_WRONG	64u
#define DEBUG		(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | \
			 SLAB_POISON | SLAB_STORE_USER)

struct user {
	struct kmem_cache	*s;
	u64			made, reported;
};

static DEFINE_PER_CPU(struct user, users);
static struct kmem_cache *other;	/* of those that do nothing wrong */

static noinline char *get(struct worker *w, const struct user *user)
{
	u64 t = op_begin(w, OP_ALLOC);
	char *p = kmem_cache_alloc(user->s, GFP_KERNEL);

	op_end(w, OP_ALLOC, t);
	if (unlikely(!p))
		op_failed(w, OP_ALLOC);
	return p;
}

static noinline void put(struct worker *w, const struct user *user, char *p)
{
	u64 t = op_begin(w, OP_FREE);

	if (likely(p))
		kmem_cache_free(user->s, p);
	op_end(w, OP_FREE, t);
}

/* ---- the errors; p is whole, and is not used afterwards ---- */
static noinline void free_twice(struct worker *w, const struct user *user,
				char *p)
{
	put(w, user, p);
	put(w, user, p);
}

static noinline void use_after_free(struct worker *w, const struct user *user,
				    char *p)
{
	put(w, user, p);
	p[run_key(w->run, KEY_OBJECT_SIZE) / 2] = 'U';
	/* Found by who is to get it, who gets another. */
	put(w, user, get(w, user));
}

static noinline void write_behind(struct worker *w, const struct user *user,
				  char *p)
{
	p[run_key(w->run, KEY_OBJECT_SIZE)] = 'O';
	put(w, user, p);
}

static noinline void write_before(struct worker *w, const struct user *user,
				  char *p)
{
	p[-1] = 'U';
	put(w, user, p);
}

static noinline void free_elsewhere(struct worker *w, const struct user *user,
				    char *p)
{
	kmem_cache_free(other, p);
}

static noinline void free_inside(struct worker *w, const struct user *user,
				 char *p)
{
	put(w, user, p + 4);
	put(w, user, p);
}

/* Nobody is to free it: who looks at all objects finds it, and repairs it. */
static noinline void write_behind_live(struct worker *w,
				       const struct user *user, char *p)
{
	p[run_key(w->run, KEY_OBJECT_SIZE)] = 'O';
	must(validate_slab_cache(user->s) > 0);
	put(w, user, p);
}

typedef void (*error_fn)(struct worker *w, const struct user *user, char *p);

static const error_fn errors[] = {
	[DOUBLE_FREE] = free_twice,
	[USE_AFTER_FREE] = use_after_free,
	[OVERFLOW] = write_behind,
	[UNDERFLOW] = write_before,
	[WRONG_CACHE] = free_elsewhere,
	[BAD_POINTER] = free_inside,
	[LIVE_OVERFLOW] = write_behind_live,
};

static void commit(struct worker *w, struct user *user, char *p)
{
	u64 before = this_cpu()->own.nr_reports;

	user->made++;
	errors[run_key(w->run, KEY_ERROR)](w, user, p);
	user->reported += this_cpu()->own.nr_reports == before + 1;
}

static bool loop(struct worker *w)
{
	struct user *user = this_cpu_ptr(&users);
	/* Its slab is out of use then, and frees to it would be reported. */
	bool alone = run_key(w->run, KEY_ERROR) == USE_AFTER_FREE;
	bool wrong = user->s != other &&
		     user->made < run_key(w->run, KEY_COUNT);
	char *innocent[INNOCENT], *p = NULL;

	for (unsigned i = 0; i < INNOCENT; i++)
		innocent[i] = get(w, user);
	if (wrong)
		p = get(w, user);
	if (p && !alone)
		commit(w, user, p);
	for (unsigned i = 0; i < INNOCENT; i++)
		put(w, user, innocent[i]);
	if (p && alone)
		commit(w, user, p);
	return p || !wrong;
}

/* ---- before and after ---- */
static const char *setup(struct run *run)
{
	unsigned size = (unsigned)run_key(run, KEY_OBJECT_SIZE);
	char name[] = "slab_errors_000000";

	other = kmem_cache_create("slab_errors_other", size, 0, DEBUG, NULL);
	for (unsigned cpu = MAX_WRONG; cpu < run->nr_cpus; cpu++)
		per_cpu_ptr(&users, cpu)->s = other;
	for (unsigned cpu = 0; cpu < min(run->nr_cpus, MAX_WRONG); cpu++) {
		struct user *user = per_cpu_ptr(&users, cpu);
		char *digit = name + sizeof(name) - 2;

		for (unsigned n = cpu, i = 0; i < 6; i++, n /= 10)
			*digit-- = (char)('0' + n % 10);
		user->s = kmem_cache_create(name, size, 0, DEBUG, NULL);
		if (!user->s)
			return "memory";
	}
	return other ? NULL : "memory";
}

/* The caches stay: objects that were spoilt are still theirs. */
static void teardown(struct run *run)
{
	u64 made = 0, reported = 0;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		made += per_cpu_ptr(&users, cpu)->made;
		reported += per_cpu_ptr(&users, cpu)->reported;
	}
	run_figure(run, "errors_made", made);
	run_figure(run, "errors_reported", reported);
	run->bugs_expected += reported;
	if (made != reported || !made)
		kernel_bug("slab_errors: %lu of %lu errors were reported",
			   (unsigned long)reported, (unsigned long)made);
}

static const char *const names[] = {
	[DOUBLE_FREE] = "double_free", [USE_AFTER_FREE] = "use_after_free",
	[OVERFLOW] = "overflow", [UNDERFLOW] = "underflow",
	[WRONG_CACHE] = "wrong_cache", [BAD_POINTER] = "bad_pointer",
	[LIVE_OVERFLOW] = "live_overflow", NULL,
};

static const struct workload_key keys[] = {
	[KEY_ERROR] = { "error", KEY_ENUM, "use_after_free", 0, 0, names,
			"what is done wrong, once a loop" },
	[KEY_COUNT] = { "count", KEY_UINT, "1", 1, 1 << 20, NULL,
			"loops of each CPU that do so, its first; of the\n"
			"first 64 CPUs" },
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "64", 8, 4096, NULL,
			      "bytes of an object" },
	{ 0 },
};

const struct workload workload_slab_errors = {
	.name		= "slab_errors",
	.summary	= "wrong uses of slab objects, and the kernel's "
			  "reports",
	.keys		= keys,
	.ops		= { "kmem_cache_alloc", "kmem_cache_free" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1,
	.setup		= setup,
	.teardown	= teardown,
};
