/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading /proc and /sys of the running kernel: see conform_live.h. */
#include "emu/conform_live.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SLAB_FOLDER	"/sys/kernel/slab"
#define CPU_FOLDER	"/sys/devices/system/cpu"
#define NODE_FOLDER	"/sys/devices/system/node"
#define NODES_MAX	1024
#define CEILING_FILE	"/sys/kernel/debug/x86/tlb_single_page_flush_ceiling"

static void misses(struct conform_live *live, const char *path, int error)
{
	size_t length = strlen(live->missing);

	snprintf(live->missing + length, sizeof(live->missing) - length,
		 "%s%s (%s)", length ? ", " : "", path, strerror(error));
}

/* Appends a file, after a head if it has something. 0 or the errno. */
static int copy_file(FILE *out, const char *head, const char *path)
{
	FILE *in = fopen(path, "r");
	char buffer[4096];
	size_t got;
	int error;

	if (!in)
		return errno;
	while ((got = fread(buffer, 1, sizeof(buffer), in))) {
		fputs(head, out);
		head = "";
		fwrite(buffer, 1, got, out);
	}
	error = ferror(in) ? EIO : 0;
	fclose(in);
	return error;
}

static void copy_view(struct conform_live *live, FILE *out, const char *view)
{
	char head[64], path[64];
	int error;

	snprintf(head, sizeof(head), "@@@ %s\n", view);
	snprintf(path, sizeof(path), "/proc/%s", view);
	error = copy_file(out, head, path);
	if (error)
		misses(live, path, error);
	else
		live->nr_views++;
}

static void write_boot(FILE *out)
{
	struct utsname name;

	if (uname(&name))
		return;
	fprintf(out, "@@@ BOOT\n%s %s %s %s %s\n%ld\n", name.sysname,
		name.nodename, name.release, name.version, name.machine,
		sysconf(_SC_NPROCESSORS_ONLN));
	copy_file(out, "", "/proc/cmdline");
}

/* Its first line, "" if there is none; 0 or the errno. */
static int read_attribute(const char *cache, const char *attribute,
			  char *value, int size)
{
	char path[512];
	FILE *in;

	snprintf(path, sizeof(path), SLAB_FOLDER "/%s/%s", cache, attribute);
	in = fopen(path, "r");
	if (!in)
		return errno;
	if (!fgets(value, size, in))
		*value = '\0';
	fclose(in);
	return 0;
}

/* " VALUE" of an attribute; 0 or the errno. */
static int write_value(FILE *out, const char *cache, const char *attribute)
{
	char value[256];
	int err = read_attribute(cache, attribute, value, sizeof(value));

	if (err)
		return err;
	if (!*value)
		return EIO;
	fprintf(out, " %.*s", (int)strcspn(value, " \n"), value);
	return 0;
}

/* " 1" if the attribute says something else than nothing or 0. */
static int write_flag(FILE *out, const char *cache, const char *attribute)
{
	char value[256];
	int err = read_attribute(cache, attribute, value, sizeof(value));

	if (err)
		return err;
	fputs(strcspn(value, "\n") && strcmp(value, "0\n") ? " 1" : " 0", out);
	return 0;
}

/* A section of all caches: a line each. */
struct slab_section {
	const char	*name;
	int		(*write)(FILE *out, const char *cache,
				 const char *attribute);
	const char	*attributes[10];	/* NULL ends */
};

static const struct slab_section slab_sections[] = {
	{ "sysfs-slab", write_value, {
		"object_size", "slab_size", "align", "order", "objs_per_slab",
		"cpu_partial", "min_partial", "aliases", NULL } },
	{ "sysfs-slab-flags", write_flag, {
		"hwcache_align", "destroy_by_rcu", "ctor", "sanity_checks",
		"trace", "red_zone", "poison", "store_user", NULL } },
};

/* A line of a cache; of one that has just gone, none. */
static int write_cache(FILE *out, const struct slab_section *section,
		       const char *name)
{
	char *line = NULL;
	size_t size;
	FILE *row = open_memstream(&line, &size);
	int error = row ? 0 : ENOMEM;

	for (size_t i = 0; !error && section->attributes[i]; i++)
		error = section->write(row, name, section->attributes[i]);
	if (row)
		fclose(row);
	if (!error)
		fprintf(out, "%s%s\n", name, line);
	free(line);
	return error == ENOENT ? 0 : error;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void write_slabs(struct conform_live *live, FILE *out,
			const struct slab_section *section)
{
	struct dirent **entries;
	int nr = scandir(SLAB_FOLDER, &entries, not_hidden, alphasort);
	int error = nr < 0 ? errno : 0;

	if (nr > 0)
		fprintf(out, "@@@ %s\n", section->name);
	for (int i = 0; i < nr; i++) {
		if (!error)
			error = write_cache(out, section, entries[i]->d_name);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	if (error && section == slab_sections)
		misses(live, SLAB_FOLDER, error);
	else if (!error)
		live->nr_views++;
}

/* CPUs in a list such as "0-3,8"; last: and the number of the last one. */
static unsigned count_list(const char *path, unsigned *last)
{
	FILE *file = fopen(path, "r");
	unsigned nr = 0, first, end;
	int got;

	while (file && fscanf(file, "%u", &first) == 1) {
		end = first;
		got = fgetc(file);
		if (got == '-' && fscanf(file, "%u", &end) == 1)
			got = fgetc(file);
		nr += end - first + 1;
		*last = end;
		if (got != ',')
			break;
	}
	if (file)
		fclose(file);
	return nr;
}

static void write_cpus(FILE *out)
{
	unsigned last = 0;
	char path[64];

	if (!count_list(CPU_FOLDER "/possible", &last))
		return;
	fprintf(out, "@@@ cpus\npossible %u\n", last + 1);
	for (unsigned node = 0; node < NODES_MAX; node++) {
		snprintf(path, sizeof(path), NODE_FOLDER "/node%u/cpulist",
			 node);
		if (!access(path, R_OK))
			fprintf(out, "node %u %u\n", node,
				count_list(path, &last));
	}
}

int conform_live_read(struct conform_live *live)
{
	FILE *out;

	*live = (struct conform_live){ 0 };
	out = open_memstream(&live->text, &live->size);
	if (!out)
		return -ENOMEM;
	write_boot(out);
	copy_view(live, out, "slabinfo");
	for (size_t i = 0; i < sizeof(slab_sections) /
	     sizeof(slab_sections[0]); i++)
		write_slabs(live, out, &slab_sections[i]);
	write_cpus(out);
	copy_view(live, out, "zoneinfo");
	/* Without debugfs it is only one value less. */
	copy_file(out, "@@@ ceiling ", CEILING_FILE);
	return fclose(out) ? -ENOMEM : 0;
}

void conform_live_exit(struct conform_live *live)
{
	free(live->text);
	*live = (struct conform_live){ 0 };
}
