/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging caches (slub spec 2.2, 2.6, 3.6): each wrong use is committed, and
 * the whole report compared, line by line, with one that is built here from
 * the formats of the kernel. The cache has 56-byte objects and, with F, Z, P
 * and U on one CPU:
 *
 *	   8  left red zone	-8
 *	  56  object		0
 *	   8  right red zone	56	inuse 64, since 56 is a multiple of 8
 *	   8  free pointer	64	outside, as there is poison
 *	  64  two tracks	72
 *	   8  padding		136	so that a red zone ends each object
 *	 152  stride: 26 in a page, of which 144 bytes are left
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mm/slub_debug.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define FZPU		DEBUG_DEFAULT_FLAGS
#define SIZE		56
#define STRIDE		152
#define PER_SLAB	26
#define PAD		8

static struct kmem_cache *s;

/* ---- what was printed ---- */
static int log_fd, real_stderr;

static void log_begin(void)
{
	char path[] = "/tmp/slub_debug.XXXXXX";

	log_fd = mkstemp(path);
	unlink(path);
	real_stderr = dup(STDERR_FILENO);
	must(log_fd >= 0 && real_stderr >= 0);
	must(dup2(log_fd, STDERR_FILENO) == STDERR_FILENO);
}

static char log_text[1 << 17], *log_at;

static void log_end(void)
{
	ssize_t n;

	must(dup2(real_stderr, STDERR_FILENO) == STDERR_FILENO);
	n = pread(log_fd, log_text, sizeof(log_text) - 1, 0);
	must(n >= 0);
	log_text[n] = '\0';
	log_at = log_text;
	must(write(STDERR_FILENO, log_text, (size_t)n) == n);
}

/* The next line without "[CPU time] ", or NULL. */
static char *log_line(void)
{
	char *line = log_at, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	log_at = end + 1;
	must(line[0] == '[');
	return strstr(line, "] ") + 2;
}

static void expect(const char *wanted)
{
	const char *line = log_line();

	if (!line || strcmp(line, wanted))
		printk("expected \"%s\", there is \"%s\"", wanted,
		       line ? line : "nothing");
	must(line && !strcmp(line, wanted));
}

static void expect_f(const char *fmt, ...) printf_like(1, 2);

static void expect_f(const char *fmt, ...)
{
	char wanted[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(wanted, sizeof(wanted), fmt, args);
	va_end(args);
	expect(wanted);
}

static void expect_glob(const char *glob)
{
	const char *line = log_line();

	if (!line || fnmatch(glob, line, 0))
		printk("expected \"%s\", there is \"%s\"", glob,
		       line ? line : "nothing");
	must(line && !fnmatch(glob, line, 0));
}

static void expect_nothing_more(void)
{
	must(!*log_at);
}

/* ---- the parts of a report ---- */
#define RULE7(c)	c c c c c c c
#define RULE(c)	\
	RULE7(c) RULE7(c) RULE7(c) RULE7(c) RULE7(c) RULE7(c) \
	RULE7(c) RULE7(c) RULE7(c) RULE7(c) RULE7(c)

/* Of the report that is being read. */
static const char *taint_seen = "Not tainted";

static void expect_bug(const char *taint, const char *reason)
{
	taint_seen = taint;
	static_assert(sizeof(RULE("=")) == 77 + 1, "as in the kernel");
	expect(RULE("="));
	expect_f("BUG %s (%s): %s", s->name, taint, reason);
	expect(RULE("-"));
	expect("");
}

/* Lines like " func+0x1a/0x40" as long as there are any; the first is func. */
static void expect_frames(const char *func)
{
	char glob[80];

	snprintf(glob, sizeof(glob), " %s+0x*/0x*", func);
	expect_glob(glob);
	while (!fnmatch("* [!<]*+0x*/0x*\n*", log_at, 0) && log_at[0] == '[' &&
	       !strncmp(strstr(log_at, "] ") + 2, " ", 1) &&
	       strncmp(strstr(log_at, "] ") + 2, " <", 2))
		log_line();
}

static void expect_track(const char *done, const char *func)
{
	char glob[120];

	snprintf(glob, sizeof(glob), "%s in %s+0x*/0x* age=[0-9]* cpu=0 pid=%d",
		 done, func, current->pid);
	expect_glob(glob);
	expect_frames(func);
}

/* "CPU: ...", "Call Trace:" and the frames of the task. */
static void expect_stack(void)
{
	const char *line;
	char glob[120];

	snprintf(glob, sizeof(glob), "CPU: 0 UID: 0 PID: %d Comm: %s %s",
		 current->pid, current->comm, taint_seen);
	expect(glob);
	expect("Call Trace:");
	expect(" <TASK>");
	do {
		line = log_line();
		must(line && line[0] == ' ');
	} while (strcmp(line, " </TASK>"));
}

static unsigned long shown(const void *p)
{
	return p ? 0xffff888000000000ul +
		   (unsigned long)((const char *)p - machine_direct_map) : 0;
}

static void expect_slab(const void *object, unsigned used, const void *fp,
			bool listed)
{
	unsigned long phys = (unsigned long)((const char *)object -
					     machine_direct_map);
	unsigned zone = phys < 16ul << 20 ? 0 : phys < 1ul << 32 ? 1 : 2;

	expect_f("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%lx"
		 "(%snode=0|zone=%u)", 0xffffea0000000000ul + phys / 4096 * 64,
		 PER_SLAB, used, shown(fp),
		 (unsigned long)zone << 51 | (listed ? 1ul << 9 : 0),
		 listed ? "workingset|" : "", zone);
}

static void expect_object(const char *object, const void *fp)
{
	expect_f("Object 0x%016lx @offset=%lu fp=0x%016lx", shown(object),
		 (unsigned long)object % 4096, shown(fp));
	expect("");
}

/* As of print_hex_dump(): 16 bytes, two blanks, the characters. */
static void expect_bytes(const char *title, const void *addr,
			 const u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 16) {
		char hex[64] = "", text[20] = "";
		size_t n = size - i < 16 ? size - i : 16;

		for (size_t k = 0; k < n; k++) {
			u8 b = bytes[i + k];

			snprintf(hex + strlen(hex), 4, "%s%02x", k ? " " : "",
				 b);
			text[k] = b < 32 || b > 126 ? '.' : (char)b;
		}
		expect_f("%s%016lx: %-47s  %s", title,
			 shown((const char *)addr + i), hex, text);
	}
}

/* What lies around an object and in it, as it must be printed: its bytes
 * before the repair. */
struct dump {
	u8	left[PAD], object[SIZE], right[8], padding[8];
};

static void fill_dump(struct dump *dump, u8 red)
{
	memset(dump->left, red, sizeof(dump->left));
	memset(dump->object, 0x6b, SIZE - 1);
	dump->object[SIZE - 1] = 0xa5;
	memset(dump->right, red, sizeof(dump->right));
	memset(dump->padding, 0x5a, sizeof(dump->padding));
}

static void expect_dump(const struct dump *dump, const char *object)
{
	expect_bytes("Redzone  ", object - PAD, dump->left, PAD);
	expect_bytes("Object   ", object, dump->object, SIZE);
	expect_bytes("Redzone  ", object + SIZE, dump->right, 8);
	expect_bytes("Padding  ", object + 136, dump->padding, 8);
	expect_stack();
}

static void expect_overwritten(const char *what, const char *from,
			       const char *last, u8 byte, u8 instead)
{
	expect_f("[%s overwritten] 0x%016lx-0x%016lx @offset=%lu. First byte "
		 "0x%x instead of 0x%x", what, shown(from), shown(last),
		 (unsigned long)from % 4096, byte, instead);
}

static void expect_restored(const char *what, const char *from,
			    const char *last, u8 value)
{
	expect_f("FIX victim: Restoring %s 0x%016lx-0x%016lx=0x%x", what,
		 shown(from), shown(last), value);
}

static void expect_not_freed(const char *object)
{
	expect_f("FIX victim: Object at 0x%016lx not freed", shown(object));
}

/* ---- the cache and its users ---- */
static noinline char *owner_allocates(void)
{
	char *p = kmem_cache_alloc(s, GFP_KERNEL);

	barrier();
	return p;
}

static noinline void owner_frees(void *p)
{
	kmem_cache_free(s, p);
	barrier();
}

static void make_victim(u32 flags)
{
	s = kmem_cache_create("victim", SIZE, 0, flags, NULL);
	must(s);
	if (flags == FZPU)
		must(s->lay.size == STRIDE && s->lay.oo.objects == PER_SLAB);
}

/* ---- overflows, found when the object is freed ---- */
static void overflow_right(void *arg)
{
	struct dump dump;
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	p[SIZE] = 'A';
	fill_dump(&dump, 0xcc);
	dump.right[0] = 'A';
	log_begin();
	owner_frees(p);
	log_end();
	expect_overwritten("Right Redzone", p + SIZE, p + SIZE, 'A', 0xcc);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_slab(p, 1, p + STRIDE, true);
	expect_object(p, p + STRIDE);
	expect_dump(&dump, p);
	expect_restored("Right Redzone", p + SIZE, p + SIZE, 0xcc);
	expect_not_freed(p);
	expect_nothing_more();
	/* It is nobody's any more, though the red zone is whole again. */
	must((u8)p[SIZE] == 0xcc && owner_allocates() == p + STRIDE);
}

static void an_overflow_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		overflow_right, NULL);
}

static void overflow_left(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	q = owner_allocates();
	must(q == p + STRIDE);
	q[-1] = 0;
	q[-4] = 'B';
	fill_dump(&dump, 0xcc);
	dump.left[PAD - 1] = 0;
	dump.left[PAD - 4] = 'B';
	log_begin();
	owner_frees(q);
	log_end();
	expect_overwritten("Left Redzone", q - 4, q - 1, 'B', 0xcc);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_slab(q, 2, q + STRIDE, true);
	expect_object(q, q + STRIDE);
	expect_dump(&dump, q);
	expect_restored("Left Redzone", q - 4, q - 1, 0xcc);
	expect_not_freed(q);
	expect_nothing_more();
	owner_frees(p);
}

static void an_underflow_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		overflow_left, NULL);
}

/* ---- use after free, found when the object is allocated ---- */
static void use_after_free(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	ndelay(20000000);
	owner_frees(p);
	p[3] = 'C';
	p[5] = 'D';
	p[SIZE - 1] = 'E';
	fill_dump(&dump, 0xbb);
	dump.object[3] = 'C';
	dump.object[5] = 'D';
	dump.object[SIZE - 1] = 'E';
	log_begin();
	q = owner_allocates();
	log_end();
	/* In jiffies of 4 ms. */
	must(strstr(log_text, " age=5 ") || !machine_is_virtual());
	expect_overwritten("Poison", p + 3, p + 5, 'C', 0x6b);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_track("Freed", "owner_frees");
	/* Taken already, when it is looked at. */
	expect_slab(p, 1, p + STRIDE, true);
	expect_object(p, p + STRIDE);
	expect_dump(&dump, p);
	expect_restored("Poison", p + 3, p + 5, 0x6b);
	/* The second fault of an object is a line only. */
	expect_overwritten("End Poison", p + SIZE - 1, p + SIZE - 1, 'E', 0xa5);
	expect_restored("End Poison", p + SIZE - 1, p + SIZE - 1, 0xa5);
	expect("FIX victim: Marking all objects used");
	expect_nothing_more();
	/* From another slab: that one is out of use. */
	must(q && virt_to_page(q) != virt_to_page(p));
	must(slab_counters(page_slab(virt_to_page(p))).frozen);
	owner_frees(q);
}

static void a_use_after_free_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		use_after_free, NULL);
}

/* ---- frees that must not be ---- */
static void double_free(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	q = owner_allocates();
	owner_frees(p);
	fill_dump(&dump, 0xbb);
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", "Object already free");
	expect_track("Allocated", "owner_allocates");
	expect_track("Freed", "owner_frees");
	expect_slab(p, 1, p, true);
	expect_object(p, q + STRIDE);
	expect_dump(&dump, p);
	expect_not_freed(p);
	expect_nothing_more();
	/* The second report says that there was one. */
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Tainted: G    B             ", "Object already free");
	must(owner_allocates() == p && owner_allocates() == q + STRIDE);
}

static void a_double_free_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object already free"
		}, double_free, NULL);
}

/* Of a slab without any object in use that is noticed first. */
static void double_free_of_the_last(void *arg)
{
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	owner_frees(p);
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", "Slab has 0 allocated objects but 1 are to "
		   "be freed");
	expect_slab(p, 0, p, true);
	expect_stack();
	expect_not_freed(p);
	expect_nothing_more();
}

static void a_free_to_an_empty_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Slab has 0" },
		double_free_of_the_last, NULL);
}

static void bad_pointer(void *arg)
{
	char reason[64], *p;

	make_victim(FZPU);
	p = owner_allocates();
	snprintf(reason, sizeof(reason), "Invalid object pointer 0x%016lx",
		 shown(p + 8));
	log_begin();
	owner_frees(p + 8);
	log_end();
	expect_bug("Not tainted", reason);
	expect_slab(p, 1, p + STRIDE, true);
	expect_stack();
	expect_not_freed(p + 8);
	expect_nothing_more();
	owner_frees(p);
}

static void a_pointer_into_an_object_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Invalid object" },
		bad_pointer, NULL);
}

static void no_slab_page(void *arg)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	make_victim(FZPU);
	log_begin();
	owner_frees(page_address(page));
	log_end();
	expect("virt_to_cache: Object is not a Slab page!");
	expect_stack();
	expect_nothing_more();
	__free_pages(page, 0);
}

static void a_page_that_is_no_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "virt_to_cache: Object is not a Slab page!" },
		no_slab_page, NULL);
}

static void wrong_cache(void *arg)
{
	struct kmem_cache *other = kmem_cache_create("other", 100, 0, FZPU,
						     NULL);
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	log_begin();
	kmem_cache_free(other, p);
	log_end();
	expect("cache_from_obj: Wrong slab cache. other but object is from "
	       "victim");
	expect_stack();
	expect_track("Allocated", "owner_allocates");
	expect_nothing_more();
	/* It has gone home. */
	must(owner_allocates() == p);
	owner_frees(p);
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

static void the_wrong_cache_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Wrong slab cache. other but object is from" },
		wrong_cache, NULL);
}

/* ---- freelists: consistency checks alone, links inside objects ---- */
#define F_STRIDE	56
#define F_PER_SLAB	73
#define F_OFFSET	24		/* ALIGN_DOWN(56 / 2, 8) */

static void expect_slab_f(const char *object, unsigned used, unsigned long fp)
{
	unsigned long phys = (unsigned long)(object - machine_direct_map);
	unsigned zone = phys < 16ul << 20 ? 0 : phys < 1ul << 32 ? 1 : 2;

	expect_f("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%lx"
		 "(workingset|node=0|zone=%u)",
		 0xffffea0000000000ul + phys / 4096 * 64, F_PER_SLAB, used,
		 fp, (unsigned long)zone << 51 | 1ul << 9, zone);
}

static void free_pointer_hit(void *arg)
{
	u8 bytes[F_STRIDE] = { 0 }, before[16] = { 0 };
	char *p, *q;

	make_victim(SLAB_CONSISTENCY_CHECKS);
	must(s->lay.size == F_STRIDE && s->lay.oo.objects == F_PER_SLAB &&
	     s->lay.offset == F_OFFSET);
	p = owner_allocates();
	q = owner_allocates();
	memset(p, 0, F_STRIDE);
	memset(q, 0, F_STRIDE);
	owner_frees(q);
	memset(q + F_OFFSET, 'F', 8);
	memset(bytes + F_OFFSET, 'F', 8);
	log_begin();
	must(owner_allocates() != q);
	log_end();
	expect_bug("Not tainted", "Freepointer corrupt");
	expect_slab_f(p, 2, 0x4646464646464646);
	expect_f("Object 0x%016lx @offset=%lu fp=0x4646464646464646", shown(q),
		 (unsigned long)q % 4096);
	expect("");
	expect_bytes("Bytes b4 ", q - 16, before, 16);
	expect_bytes("Object   ", q, bytes, F_STRIDE);
	expect_stack();
	expect("FIX victim: Marking all objects used");
	expect_nothing_more();
}

static void a_corrupt_free_pointer_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Freepointer corrupt"
		}, free_pointer_hit, NULL);
}

static void chain_hit(void *arg)
{
	char *p[4];

	make_victim(SLAB_CONSISTENCY_CHECKS);
	for (unsigned i = 0; i < 4; i++) {
		p[i] = owner_allocates();
		memset(p[i], 0, F_STRIDE);
	}
	owner_frees(p[0]);
	owner_frees(p[1]);
	/* p[1] -> p[0] -> nowhere, where 69 more should come. */
	memset(p[0] + F_OFFSET, 'F', 8);
	log_begin();
	owner_frees(p[2]);
	log_end();
	expect_bug("Not tainted", "Freechain corrupt");
	expect_slab_f(p[0], 2, shown(p[1]));
	while (strncmp(log_at, "[", 1) == 0 && !strstr(log_line(), " </TASK>"))
		;
	expect_bug("Tainted: G    B             ", "Wrong object count. "
		   "Counter is 2 but counted were 71");
	expect_slab_f(p[0], 2, shown(p[1]));
	expect_stack();
	expect("FIX victim: Object count adjusted");
	expect_nothing_more();
	/* Freed all the same, and the rest of the list is lost. */
	must(owner_allocates() == p[2] && owner_allocates() == p[1] &&
	     owner_allocates() == p[0] && !slab_counters(
	     page_slab(virt_to_page(p[0]))).frozen);
	must(slab_counters(page_slab(virt_to_page(p[0]))).inuse == F_PER_SLAB);
}

static void a_corrupt_chain_is_cut(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Freechain corrupt" },
		chain_hit, NULL);
}

/* ---- a slab's end ---- */
static void padding_hit(void *arg)
{
	char *p, *page;

	make_victim(FZPU);
	p = owner_allocates();
	page = p - (unsigned long)p % 4096;
	page[4000] = 0;
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", ({
		static char reason[128];

		snprintf(reason, sizeof(reason), "Padding overwritten. "
			 "0x%016lx-0x%016lx @offset=4000", shown(page + 4000),
			 shown(page + 4000));
		reason;
	}));
	expect_slab(p, 1, p + STRIDE, true);
	expect_stack();
	for (unsigned i = 0; i < 4096 - STRIDE * PER_SLAB; i += 16)
		expect_glob("Padding ffff*: *");
	expect_restored("slab padding", page + 4000, page + 4000, 0x5a);
	expect_nothing_more();
	/* A slab's padding is nobody's error in particular: it was freed. */
	must(owner_allocates() == p);
	owner_frees(p);
}

static void an_overwritten_end_of_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Padding overwritten"
		}, padding_hit, NULL);
}

/* ---- kmalloc: what was not asked for is red zone ---- */
static void kmalloc_slack(void *arg)
{
	char *p = kmalloc(20, GFP_KERNEL), *q, *z;

	must((u8)p[20] == 0xcc && (u8)p[31] == 0xcc && (u8)p[19] == 0xa5);
	must(ksize(p) == 32);
	/* Who has asked may use it all. */
	p[20] = 0;
	kfree(p);
	z = kzalloc(20, GFP_KERNEL);
	must(!z[0] && !z[19] && (u8)z[20] == 0xcc);
	kfree(z);
	q = kmalloc(20, GFP_KERNEL);
	q[20] = 'K';
	log_begin();
	kfree(q);
	log_end();
	expect_overwritten("kmalloc Redzone", q + 20, q + 20, 'K', 0xcc);
}

static void the_slack_of_kmalloc_is_guarded(void **state)
{
	kernel_config.slab_debug = ",kmalloc-32";
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG kmalloc-32 (Not tainted): Object corrupt"
		}, kmalloc_slack, NULL);
	kernel_config.slab_debug = NULL;
}

/* ---- validate ---- */
static void validate(void *arg)
{
	char *p[PER_SLAB + 1];

	make_victim(FZPU);
	for (unsigned i = 0; i < PER_SLAB + 1; i++)
		p[i] = owner_allocates();
	must(validate_slab_cache(s) == 2);
	p[7][SIZE + 2] = 0;		/* allocated, of the full slab */
	log_begin();
	must(validate_slab_cache(s) == 2);
	log_end();
	expect_overwritten("Right Redzone", p[7] + SIZE + 2, p[7] + SIZE + 2,
			   0, 0xcc);
	/* Repaired: nothing is found any more. */
	log_begin();
	must(validate_slab_cache(s) == 2);
	log_end();
	expect_nothing_more();
	for (unsigned i = 0; i < PER_SLAB + 1; i++)
		owner_frees(p[i]);
	kmem_cache_destroy(s);
	s = kmem_cache_create("plain", SIZE, 0, 0, NULL);
	must(validate_slab_cache(s) == -EINVAL);
}

static void validating_finds_what_nobody_has_freed(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		validate, NULL);
}

/* ---- no error: as any other cache ---- */
#define NR_LIVE		300

static void any_history(void *arg)
{
	static const u32 kinds[] = { FZPU, SLAB_CONSISTENCY_CHECKS,
		SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER,
		SLAB_RED_ZONE | SLAB_POISON };
	static u8 *live[NR_LIVE];
	unsigned nr = 0, size;
	struct rng rng;

	rng_seed(&rng, test_seed());
	size = 1 + (unsigned)rng_below(&rng, 300);
	s = kmem_cache_create("history", size, 0,
			      kinds[rng_below(&rng, ARRAY_SIZE(kinds))], NULL);
	for (unsigned step = 0; step < 2000; step++) {
		unsigned chance = step / 250 % 2 ? 30 : 70;

		if (nr < NR_LIVE && rng_chance(&rng, chance)) {
			live[nr] = kmem_cache_alloc(s, GFP_KERNEL);
			memset(live[nr], (int)nr & 0xff, size);
			live[nr++][size - 1] = (u8)size;
		} else if (nr) {
			unsigned i = (unsigned)rng_below(&rng, nr);

			must(live[i][size - 1] == (u8)size);
			kmem_cache_free(s, live[i]);
			live[i] = live[--nr];
		}
		if (step % 250 == 0)
			slab_audit();
	}
	must(slub_stat_of(s, ALLOC_FASTPATH) == 0 &&
	     slub_stat_of(s, FREE_FASTPATH) == 0);
	kmem_cache_free_bulk(s, nr, (void **)live);
	kmem_cache_destroy(s);
}

static void without_errors_there_is_no_report(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 60 }, any_history,
		NULL);
}

#define RING		64

static void *ring[RING];

static void all_cpus(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 31 + cpu);
	for (unsigned i = 0; i < 300; i++) {
		size_t size = 1 + rng_below(&rng, 2000);
		u8 *p = kmalloc(size, GFP_KERNEL);

		memset(p, 0xff, size);
		kfree(xchg(&ring[rng_below(&rng, RING)], (void *)p));
	}
}

static void everything_debugged(void *arg)
{
	on_all_cpus(all_cpus, NULL);
	slab_audit();
	for (unsigned i = 0; i < RING; i++)
		kfree(ring[i]);
}

static void all_caches_can_be_debugged(void **state)
{
	kernel_config.slab_debug = "";
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 10 },
		everything_debugged, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
		.topology = "pack:2 numa:1 core:2 pu:1", .seeds = 3 },
		everything_debugged, NULL);
	/* Whatever is behind the others. */
	slab_ops = &slab_sheaves;
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 5 },
		everything_debugged, NULL);
	slab_ops = &slab_slub;
	kernel_config.slab_debug = NULL;
}

static void poisoned_short(void *arg)
{
	make_victim(FZPU);
	kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
}

static void a_free_object_without_poison_is_seen(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.fault = "slub_poison_short",
		.expect_text = "invariant I23 violated" }, poisoned_short,
		NULL);
}

/* ---- the counters of the paths (spec 3.6) ---- */
static u64 stat_of(enum stat_item item)
{
	return slub_stat_of(s, item);
}

static void lists(void *arg)
{
	char *p[PER_SLAB];
	struct kmem_cache_node *n;

	make_victim(FZPU);
	n = s->node[0];
	for (unsigned i = 0; i < PER_SLAB; i++)
		p[i] = owner_allocates();
	must(n->nr_partial == 0 && !list_empty(&n->full));
	owner_frees(p[3]);
	must(n->nr_partial == 1 && list_empty(&n->full));
	must(stat_of(ALLOC_SLOWPATH) == PER_SLAB && stat_of(ALLOC_SLAB) == 1 &&
	     stat_of(FREE_SLOWPATH) == 1 && stat_of(FREE_ADD_PARTIAL) == 1 &&
	     stat_of(ALLOC_FROM_PARTIAL) == 0);
	for (unsigned i = 0; i < PER_SLAB; i++)
		if (i != 3)
			owner_frees(p[i]);
	/* Kept, though empty: a node keeps five. */
	must(n->nr_partial == 1 && stat_of(FREE_SLAB) == 0);
	must(s->lay.cpu_partial == 0 && s->lay.cpu_partial_slabs == 0);
}

static void slabs_move_between_partial_and_full(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, lists, NULL);
}

static void empties(void *arg)
{
	static char *p[7 * PER_SLAB];
	struct kmem_cache_node *n;

	make_victim(FZPU);
	n = s->node[0];
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = owner_allocates();
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		owner_frees(p[i]);
	/* One that is about to be empty is among the five. */
	must(n->nr_partial == 4 && stat_of(FREE_SLAB) == 3 &&
	     stat_of(FREE_REMOVE_PARTIAL) == 3);
	must(kmem_cache_shrink(s) == 0 && n->nr_partial == 0);
}

static void empty_slabs_are_discarded_at_five(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, empties, NULL);
}

/* ---- slab_debug= ---- */
#define F	SLAB_CONSISTENCY_CHECKS
#define Z	SLAB_RED_ZONE
#define P	SLAB_POISON
#define U	SLAB_STORE_USER
#define T	SLAB_TRACE

static const struct {
	const char	*options, *name;
	u32		flags;
} table[] = {
	{ "", "kmalloc-64", F | Z | P | U },
	{ "-", "kmalloc-64", 0 },
	{ "P", "dentry", P },
	{ "fzput", "dentry", F | Z | P | U | T },
	{ "FZ-P", "dentry", P },
	{ "Z,dentry", "dentry", Z },
	{ "Z,dentry", "dentry_x", 0 },
	{ "Z,dentry", "dentr", 0 },
	{ "Z,dentry", "kmalloc-8", 0 },
	{ ",kmalloc-*,dentry", "kmalloc-8", F | Z | P | U },
	{ ",kmalloc-*,dentry", "dentry", F | Z | P | U },
	{ ",kmalloc-*,dentry", "dma-kmalloc-8", 0 },
	{ "FZ;-,zs_handle,zspage", "zspage", 0 },
	{ "FZ;-,zs_handle,zspage", "task_struct", F | Z },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "kmalloc-64", P | U },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "kmalloc-96", F },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "inode_cache", Z },
	{ "O", "kmalloc-4k", 0 },
	{ "U,*", "anything", U },
};

static void options_are_read_as_the_kernel_does(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		u32 flags;

		slab_debug_setup(table[i].options);
		flags = kmem_cache_flags(0, table[i].name);
		if (flags != table[i].flags)
			print_error("slab_debug=%s, %s: %#x\n",
				    table[i].options, table[i].name, flags);
		assert_int_equal(flags, table[i].flags);
	}
	slab_debug_setup("-");
}

static void a_name_that_is_no_caches_is_told(void **state)
{
	const char *name;
	size_t n;

	slab_debug_setup("P,kmalloc-8,kmaloc-64;Z,dentry*,inode");
	(void)kmem_cache_flags(0, "kmalloc-8");
	(void)kmem_cache_flags(0, "dentry_cache");
	name = slab_debug_unused(&n);
	assert_true(name && n == 9 && !strncmp(name, "kmaloc-64", n));
	(void)kmem_cache_flags(0, "kmaloc-64");
	name = slab_debug_unused(&n);
	assert_true(name && n == 5 && !strncmp(name, "inode", n));
	(void)kmem_cache_flags(0, "inode");
	assert_null(slab_debug_unused(&n));
	slab_debug_setup("-");
	assert_null(slab_debug_unused(&n));
}

static void no_higher_order(void *arg)
{
	struct kmem_cache *big = kmem_cache_create("big", 4096, 0, 0, NULL);
	struct kmem_cache *small = kmem_cache_create("small", 64, 0, 0, NULL);

	/* 4096 + 8 + 8 + 64 + 16 need a second page, 64 do not. */
	must((big->flags & SLAB_DEBUG_FLAGS) == F && big->lay.size == 4096);
	must((small->flags & SLAB_DEBUG_FLAGS) == (F | Z | P | U));
}

static void the_order_may_be_kept(void **state)
{
	kernel_config.slab_debug = "OFZPU";
	emulate(&(struct emulation){ .kernel = 1 }, no_higher_order, NULL);
	kernel_config.slab_debug = NULL;
}

static void traced(void *arg)
{
	char *p;

	make_victim(FZPU | SLAB_TRACE);
	log_begin();
	p = owner_allocates();
	owner_frees(p);
	log_end();
	expect_f("TRACE victim alloc 0x%016lx inuse=1 fp=0x%016lx", shown(p),
		 shown(p + STRIDE));
	expect_stack();
	expect_f("TRACE victim free 0x%016lx inuse=1 fp=0x%016lx", shown(p),
		 shown(p + STRIDE));
	for (unsigned i = 0; i < SIZE; i += 16)
		expect_glob("Object   ffff*: 6b 6b*");
	expect_stack();
	expect_nothing_more();
}

static void each_step_can_be_traced(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, traced, NULL);
}

TEST_MAIN(
	cmocka_unit_test(an_overflow_is_reported),
	cmocka_unit_test(an_underflow_is_reported),
	cmocka_unit_test(a_use_after_free_is_reported),
	cmocka_unit_test(a_double_free_is_reported),
	cmocka_unit_test(a_free_to_an_empty_slab_is_reported),
	cmocka_unit_test(a_pointer_into_an_object_is_reported),
	cmocka_unit_test(a_page_that_is_no_slab_is_reported),
	cmocka_unit_test(the_wrong_cache_is_reported),
	cmocka_unit_test(a_corrupt_free_pointer_is_reported),
	cmocka_unit_test(a_corrupt_chain_is_cut),
	cmocka_unit_test(an_overwritten_end_of_slab_is_reported),
	cmocka_unit_test(the_slack_of_kmalloc_is_guarded),
	cmocka_unit_test(validating_finds_what_nobody_has_freed),
	cmocka_unit_test(without_errors_there_is_no_report),
	cmocka_unit_test(all_caches_can_be_debugged),
	cmocka_unit_test(a_free_object_without_poison_is_seen),
	cmocka_unit_test(slabs_move_between_partial_and_full),
	cmocka_unit_test(empty_slabs_are_discarded_at_five),
	cmocka_unit_test(options_are_read_as_the_kernel_does),
	cmocka_unit_test(a_name_that_is_no_caches_is_told),
	cmocka_unit_test(the_order_may_be_kept),
	cmocka_unit_test(each_step_can_be_traced))
