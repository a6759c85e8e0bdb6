/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Feeds a fuzz target without libFuzzer: each file of its corpus, and what
 * is left of it when its end is cut off. X.host reads tests/fuzz/corpus/X, or
 * the files named on its command line.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define FILE_BYTES_MAX	(1 << 20)
#define NR_CUTS		64

static unsigned nr_files;

static int fail(const char *path, const char *why)
{
	printf("not ok %u - %s: %s\n", ++nr_files, path, why);
	return 1;
}

/* An allocation of the very size, so that ASan sees who reads beyond. */
static void feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *path)
{
	static uint8_t data[FILE_BYTES_MAX];
	FILE *file = fopen(path, "rb");
	const char *name = strrchr(path, '/');
	size_t size, step;

	if (!file)
		return fail(path, "cannot be read");
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	if (size == sizeof(data))
		return fail(path, "too large");
	printf("# %s\n", path);
	fflush(stdout);
	feed(data, size);
	step = size / NR_CUTS + 1;
	for (size_t cut = 0; cut < size; cut += step)
		feed(data, cut);
	printf("ok %u - %s\n", ++nr_files, name ? name + 1 : path);
	return 0;
}

static int replay_folder(const char *folder)
{
	struct dirent **entries;
	int nr = scandir(folder, &entries, NULL, alphasort), failed = 0;
	char path[8192];

	if (nr < 0)
		return fail(folder, "no such folder");
	for (int i = 0; i < nr; i++) {
		if (entries[i]->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder,
				 entries[i]->d_name);
			failed |= replay(path);
		}
		free(entries[i]);
	}
	free(entries);
	return nr_files ? failed : fail(folder, "it is empty");
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	const char *srcdir = getenv("abs_top_srcdir");
	char folder[4096];
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (argc == 1) {
		name = name ? name + 1 : argv[0];
		snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%.*s",
			 srcdir ? srcdir : ".", (int)strcspn(name, "."), name);
		failed = replay_folder(folder);
	}
	printf("1..%u\n", nr_files);
	return failed;
}
