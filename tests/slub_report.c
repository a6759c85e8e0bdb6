/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/slub_report.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/test.h"

struct kmem_cache *victim;

/* ---- what was printed ---- */
static int log_fd, real_stderr;

void log_begin(void)
{
	char path[] = "/tmp/slub_debug.XXXXXX";

	log_fd = mkstemp(path);
	unlink(path);
	real_stderr = dup(STDERR_FILENO);
	must(log_fd >= 0 && real_stderr >= 0);
	must(dup2(log_fd, STDERR_FILENO) == STDERR_FILENO);
}

static char log_text[1 << 17], *log_at;

void log_end(void)
{
	ssize_t n;

	must(dup2(real_stderr, STDERR_FILENO) == STDERR_FILENO);
	n = pread(log_fd, log_text, sizeof(log_text) - 1, 0);
	must(n >= 0);
	log_text[n] = '\0';
	log_at = log_text;
	must(write(STDERR_FILENO, log_text, (size_t)n) == n);
}

bool log_has(const char *text)
{
	return strstr(log_text, text);
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

void expect(const char *wanted)
{
	const char *line = log_line();

	if (!line || strcmp(line, wanted))
		printk("expected \"%s\", there is \"%s\"", wanted,
		       line ? line : "nothing");
	must(line && !strcmp(line, wanted));
}

void expect_f(const char *fmt, ...)
{
	char wanted[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(wanted, sizeof(wanted), fmt, args);
	va_end(args);
	expect(wanted);
}

void expect_glob(const char *glob)
{
	const char *line = log_line();

	if (!line || fnmatch(glob, line, 0))
		printk("expected \"%s\", there is \"%s\"", glob,
		       line ? line : "nothing");
	must(line && !fnmatch(glob, line, 0));
}

void expect_nothing_more(void)
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

void expect_bug(const char *taint, const char *reason)
{
	taint_seen = taint;
	static_assert(sizeof(RULE("=")) == 77 + 1, "as in the kernel");
	expect(RULE("="));
	expect_f("BUG %s (%s): %s", victim->name, taint, reason);
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

void expect_track(const char *done, const char *func)
{
	char glob[120];

	snprintf(glob, sizeof(glob), "%s in %s+0x*/0x* age=[0-9]* cpu=0 pid=%d",
		 done, func, current->pid);
	expect_glob(glob);
	expect_frames(func);
}

/* "CPU: ...", "Call Trace:" and the frames of the task. */
void expect_stack(void)
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

unsigned long shown(const void *p)
{
	return p ? 0xffff888000000000ul +
		   (unsigned long)((const char *)p - machine_direct_map) : 0;
}

void expect_slab(const void *object, unsigned used, const void *fp, bool listed)
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

void expect_object(const char *object, const void *fp)
{
	expect_f("Object 0x%016lx @offset=%lu fp=0x%016lx", shown(object),
		 (unsigned long)object % 4096, shown(fp));
	expect("");
}

/* As of print_hex_dump(): 16 bytes, two blanks, the characters. */
void expect_bytes(const char *title, const void *addr, const u8 *bytes,
		  size_t size)
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

void fill_dump(struct dump *dump, u8 red)
{
	memset(dump->left, red, sizeof(dump->left));
	memset(dump->object, 0x6b, SIZE - 1);
	dump->object[SIZE - 1] = 0xa5;
	memset(dump->right, red, sizeof(dump->right));
	memset(dump->padding, 0x5a, sizeof(dump->padding));
}

void expect_dump(const struct dump *dump, const char *object)
{
	expect_bytes("Redzone  ", object - PAD, dump->left, PAD);
	expect_bytes("Object   ", object, dump->object, SIZE);
	expect_bytes("Redzone  ", object + SIZE, dump->right, 8);
	expect_bytes("Padding  ", object + 136, dump->padding, 8);
	expect_stack();
}

void expect_overwritten(const char *what, const char *from, const char *last,
			u8 byte, u8 instead)
{
	expect_f("[%s overwritten] 0x%016lx-0x%016lx @offset=%lu. First byte "
		 "0x%x instead of 0x%x", what, shown(from), shown(last),
		 (unsigned long)from % 4096, byte, instead);
}

void expect_restored(const char *what, const char *from, const char *last,
		     u8 value)
{
	expect_f("FIX victim: Restoring %s 0x%016lx-0x%016lx=0x%x", what,
		 shown(from), shown(last), value);
}

void expect_not_freed(const char *object)
{
	expect_f("FIX victim: Object at 0x%016lx not freed", shown(object));
}

/* ---- the cache and its users ---- */
noinline char *owner_allocates(void)
{
	char *p = kmem_cache_alloc(victim, GFP_KERNEL);

	barrier();
	return p;
}

noinline void owner_frees(void *p)
{
	kmem_cache_free(victim, p);
	barrier();
}

void make_victim(u32 flags)
{
	victim = kmem_cache_create("victim", SIZE, 0, flags, NULL);
	must(victim);
	if (flags == FZPU)
		must(victim->lay.size == STRIDE &&
		     victim->lay.oo.objects == PER_SLAB);
}

void expect_stack_skipped(void)
{
	while (log_at[0] == '[' && !strstr(log_line(), " </TASK>"))
		;
}
