/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzz targets share: see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/source.h"
#include "emu/usage.h"
#include "emu/utf8.h"

#define LINE_BYTES_MAX	1000

static FILE *real_stderr;
static char *captured;
static size_t captured_size;

void fuzz_failed(const char *condition, const char *file, int line)
{
	if (real_stderr)
		stderr = real_stderr;
	fprintf(stderr, "%s:%d: must hold: %s\n", file, line, condition);
	if (captured)
		fprintf(stderr, "the message: %s\n", captured);
	abort();
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	fuzz_must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static char path[40];
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fuzz_must(fd >= 0 && !ftruncate(fd, 0) &&
		  pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

/* glibc's stderr is a variable. */
void fuzz_capture(void)
{
	real_stderr = stderr;
	stderr = open_memstream(&captured, &captured_size);
}

char *fuzz_captured(void)
{
	char *text;

	fclose(stderr);
	stderr = real_stderr;
	real_stderr = NULL;
	text = captured;
	captured = NULL;
	return text;
}

static void check_line(const char *line, size_t length, unsigned nr)
{
	fuzz_must(length <= LINE_BYTES_MAX);
	if (nr == 0)
		fuzz_must(length > 11 && !strncmp(line, "shootdown: ", 11));
	else
		fuzz_must(length > 4 && !strncmp(line, "    ", 4));
	for (size_t i = 0; i < length; i++)
		fuzz_must((unsigned char)line[i] >= ' ' && line[i] != 127);
}

void fuzz_check_message(const char *text)
{
	size_t size = strlen(text);
	unsigned nr = 0;

	captured = (char *)text;	/* for fuzz_failed() */
	fuzz_must(utf8_first_bad(text, size) == size);
	for (const char *line = text; *line; nr++) {
		size_t length = strcspn(line, "\n");

		fuzz_must(line[length] == '\n');
		check_line(line, length, nr);
		line += length + 1;
	}
	fuzz_must(nr >= 1 && nr <= 4);
	captured = NULL;
}

void fuzz_check_error(const struct parse_error *err, const char *text)
{
	size_t length = strlen(text);

	fuzz_must(err->column >= 0 && (size_t)err->column <= length);
	fuzz_must(err->length >= 0);
	/* An empty item is underlined, too. */
	fuzz_must((size_t)err->column + (size_t)err->length <= length + 1);
	fuzz_must(err->text[0]);
	fuzz_must(memchr(err->text, '\0', sizeof(err->text)));
	fuzz_must(memchr(err->hint, '\0', sizeof(err->hint)));
}

/* Options whose words the engine knows cannot be judged here. */
static void check_option(const struct options *options, int id)
{
	const struct option_spec *spec = &option_table[id];
	const char *text = options->given[id];
	struct value_list list;
	struct parse_error err = { 0 };

	if (!text || (spec->value.type == VALUE_ENUM && !spec->value.words))
		return;
	if (parse_values(&spec->value, text, &list, &err)) {
		fuzz_check_error(&err, text);
		return;
	}
	fuzz_must(list.nr >= 1 && list.nr <= PARSE_VALUES_MAX);
	value_list_exit(&list);
}

static void check_options(const struct options *options)
{
	fuzz_must(options->subject);
	for (int id = 0; id < NR_OPTIONS; id++)
		check_option(options, id);
	for (size_t i = 0; i < options->nr_keys; i++) {
		const struct option_word *key = &options->keys[i];

		fuzz_must(key->name && key->value);
		fuzz_must(strnlen(key->name, key->name_length) ==
			  key->name_length);
	}
	for (int id = 0; id < NR_OPTIONS; id++)
		fuzz_must(!options->given[id] ||
			  options->origin[id] != ORIGIN_COMMAND);
}

void fuzz_source(const uint8_t *data, size_t size)
{
	struct options options = {
		.verb = VERB_RUN,
		.subject = fuzz_file(data, size),
	};
	enum status status;
	char *message;

	fuzz_capture();
	status = source_load(&options);
	message = fuzz_captured();
	if (status) {
		fuzz_must(status == STATUS_USAGE);
		fuzz_check_message(message);
	} else {
		fuzz_must(!*message);
		check_options(&options);
	}
	free(message);
	options_exit(&options);
	usage_forget_lines();
}
