/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown conform: our formulas against what a real kernel printed. */
#include "emu/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/ask.h"
#include "emu/conform_live.h"
#include "emu/conform_text.h"
#include "emu/output.h"
#include "emu/result.h"
#include "emu/source.h"
#include "emu/usage.h"

struct conform_run {
	const char	*engine;
	json_t		*dumps;		/* reports, each with its file */
};

/* The text as the engine's standard input. -1 after the message. */
static int input_of(const char *text, size_t size)
{
	int fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, text, size) == (ssize_t)size &&
	    !lseek(fd, 0, SEEK_SET))
		return fd;
	usage_note("cannot hand the dump over");
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Line `number` of text; a copy. */
static char *copy_line(const char *text, unsigned number)
{
	while (number-- > 1)
		text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
	return strndup(text, strcspn(text, "\r\n"));
}

/* A mistake in the dump, shown with its line (0: it is the whole dump's). */
static enum status refuse(const char *file, const char *text,
			  const json_t *error)
{
	unsigned number = (unsigned)json_integer_value(
		json_object_get(error, "line"));
	size_t column = (size_t)json_integer_value(
		json_object_get(error, "column"));
	int length = (int)json_integer_value(json_object_get(error, "length"));
	const char *what = json_string_value(json_object_get(error, "text"));
	char *line;

	if (!number)
		return usage_error(file, (int)strlen(file), NULL, "%s: %s",
				   file, what);
	line = copy_line(text, number);
	if (!line) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	if (column > strlen(line))
		column = strlen(line);
	/* Says file and line, too. */
	usage_add_line(file, number, line, line);
	usage_error(line + column, length, NULL, "%s", what);
	usage_forget_lines();
	free(line);
	return STATUS_USAGE;
}

/* Asks the engine about one dump. */
static enum status examine(struct conform_run *run, const char *file,
			   const char *text, size_t size, const char *mode)
{
	int input = input_of(text, size);
	json_t *report, *named;
	enum status status;

	if (input < 0)
		return STATUS_HOST;
	report = ask_engine(run->engine, mode, input);
	close(input);
	if (!report)
		return STATUS_BUG;
	if (json_object_get(report, "error")) {
		status = refuse(file, text, json_object_get(report, "error"));
		json_decref(report);
		return status;
	}
	named = json_pack("{s:s}", "file", file);
	json_object_update(named, report);
	json_decref(report);
	json_array_append_new(run->dumps, named);
	return STATUS_DONE;
}

static enum status examine_file(struct conform_run *run, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	enum status status = source_read(path, &text, &size);

	if (!status)
		status = examine(run, strcmp(path, "-") ? path :
				 "standard input", text, size, "--conform");
	free(text);
	return status;
}

/* A view that cannot be read ends it with STATUS_HOST, after the others. */
static enum status examine_live(struct conform_run *run)
{
	struct conform_live live;
	enum status status = STATUS_DONE;

	if (conform_live_read(&live)) {
		usage_note("out of memory");
		status = STATUS_HOST;
	}
	if (!status && *live.missing)
		usage_note("cannot read %s%s", live.missing,
			   geteuid() ? "; root may" : "");
	if (!status && live.nr_views)
		status = examine(run, "this kernel", live.text, live.size,
				 "--conform=live");
	if (!status && *live.missing)
		status = STATUS_HOST;
	conform_live_exit(&live);
	return status;
}

/* ---- the document ----------------------------------------------------- */
static json_t *sum_up(const json_t *dumps)
{
	static const char *const names[] = { "values", "equal", "inferred",
					     "excluded", "wrong", NULL };
	json_t *totals = json_object(), *dump, *class;
	size_t i, k;

	for (size_t n = 0; names[n]; n++) {
		json_int_t sum = 0;

		json_array_foreach((json_t *)dumps, i, dump)
			json_array_foreach(json_object_get(dump, "classes"),
					   k, class)
				sum += json_integer_value(
					json_object_get(class, names[n]));
		json_object_set_new(totals, names[n], json_integer(sum));
	}
	return totals;
}

static enum status write_document(const struct options *options,
				  const json_t *dumps, bool json)
{
	json_t *totals = sum_up(dumps);
	bool wrong = json_integer_value(json_object_get(totals, "wrong"));
	json_t *document = json_pack("{s:s, s:o, s:s, s:o, s:O}", "schema",
		"shootdown.conform/1", "tool", result_tool(), "verdict",
		wrong ? "wrong" : "equal", "totals", totals, "dumps", dumps);
	struct output output;
	enum status status = output_open(&output,
					 options->given[OPTION_OUTPUT]);

	if (!status) {
		if (json)
			result_write(document, output.file);
		else
			conform_print(document, cmd_color(options,
				fileno(output.file)), output.file);
		status = output_commit(&output);
	}
	json_decref(document);
	return status ? status : wrong ? STATUS_WORSE : STATUS_DONE;
}

static enum status check_words(const struct options *options)
{
	if (!options->nr_files && !options->given[OPTION_LIVE])
		return usage_error(NULL, 0, "or --live: the running kernel",
				   "which dumps?");
	if (options->nr_files && options->given[OPTION_LIVE])
		return usage_error(options->files[0],
				   (int)strlen(options->files[0]), NULL,
				   "--live takes no dump");
	return STATUS_DONE;
}

static enum status examine_all(const struct options *options,
			       struct conform_run *run)
{
	enum status status = STATUS_DONE;

	if (options->given[OPTION_LIVE])
		return examine_live(run);
	for (size_t i = 0; !status && i < options->nr_files; i++)
		status = examine_file(run, options->files[i]);
	return status;
}

enum status cmd_conform(const struct options *options, int argc, char **argv)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct conform_run run = { .dumps = json_array() };
	struct value machine = { 0 };
	char *engine = NULL;
	unsigned format;
	enum status status = check_words(options), written;

	(void)argc;
	(void)argv;
	if (!status)
		status = options_value(options, OPTION_MACHINE, &machine);
	if (!status)
		status = options_choice(options, OPTION_FORMAT, formats,
					&format);
	if (!status) {
		run.engine = engine = ask_find_engine(machine.word);
		status = engine ? examine_all(options, &run) : STATUS_HOST;
	}
	if (json_array_size(run.dumps) &&
	    (!status || status == STATUS_HOST)) {
		written = write_document(options, run.dumps, format == 1);
		status = status_worst(status, written);
	}
	json_decref(run.dumps);
	free(engine);
	value_exit(&machine);
	return status;
}
