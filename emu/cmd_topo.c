/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown topo: tell, price, convert or draw a topology. */
#include "emu/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cpus/topology_tree.h"
#include "emu/config_profile.h"
#include "emu/output.h"
#include "emu/result.h"
#include "emu/topo.h"
#include "emu/usage.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_XML, FORMAT_PICTURE };

struct topo {
	const struct options	*options;
	const char		*spec;
	enum format		format;
	const char		*picture;	/* lstopo's name of it */
	struct topology_input	input;
	struct topo_profile	profile;
};

/* ---- what is asked for ------------------------------------------------- */
static enum status choose_spec(struct topo *topo)
{
	const char *word = topo->options->subject;
	const char *option = topo->options->given[OPTION_TOPOLOGY];

	if (word && option)
		return usage_error(word, (int)strlen(word), NULL,
				   "two topologies: -t and a word");
	topo->spec = word ? word : option ? option : "host";
	return STATUS_DONE;
}

static const char *ending_of(const char *path)
{
	const char *dot = path ? strrchr(path, '.') : NULL;

	return dot && !strchr(dot, '/') ? dot + 1 : "";
}

/* The file's ending says XML or a picture; else it is text or JSON. */
static enum status choose_format(struct topo *topo)
{
	static const char *const words[] = { "text", "json", NULL };
	static const struct { const char *ending, *name; } pictures[] = {
		{ "svg", "nativesvg" }, { "png", "png" }, { "pdf", "pdf" },
	};
	const char *format = topo->options->given[OPTION_FORMAT];
	const char *path = topo->options->given[OPTION_OUTPUT];
	const char *ending = ending_of(path);
	unsigned word;
	enum status status = options_choice(topo->options, OPTION_FORMAT,
					    words, &word);

	if (status)
		return status;
	topo->format = !strcasecmp(ending, "xml") ? FORMAT_XML :
		word == 1 || (path && !format) ? FORMAT_JSON : FORMAT_TEXT;
	for (size_t i = 0; i < sizeof(pictures) / sizeof(*pictures); i++)
		if (!strcasecmp(ending, pictures[i].ending)) {
			topo->format = FORMAT_PICTURE;
			topo->picture = pictures[i].name;
		}
	if (topo->format == FORMAT_JSON && !format && *ending &&
	    strcasecmp(ending, "json"))
		return usage_error(path, (int)strlen(path),
			"files are .json .xml .svg .png .pdf; others with "
			"--format", "what is to be in a .%s file?", ending);
	if (format && topo->format > FORMAT_JSON)
		return usage_error(format, (int)strlen(format),
			"leave --format out, or name the file otherwise",
			"%s is to be .%s, not %s", path, ending, format);
	return STATUS_DONE;
}

static enum status name_profile(struct topo *topo, const char *name)
{
	const char *words[64] = { NULL };
	struct value_spec spec = { .name = "profile", .type = VALUE_ENUM,
				   .words = words };
	json_t *word = json_string(name);
	struct parse_error err;
	struct value value;
	char error[300];
	enum status status = STATUS_DONE;

	for (unsigned i = 0; i < 63 && profile_name(i); i++)
		words[i] = profile_name(i);
	if (parse_value(&spec, name, strlen(name), &value, &err))
		status = usage_error(name + err.column, err.length, err.hint,
				     "%s", err.text);
	else if (profile_read(word, &topo->profile.cost, error, sizeof(error)))
		status = usage_error(name, (int)strlen(name), NULL, "%s",
				     error);
	value_exit(&value);
	json_decref(word);
	return status;
}

static enum status choose_profile(struct topo *topo)
{
	const char *given = topo->options->given[OPTION_PROFILE];
	enum status status;
	json_t *document;

	topo->profile.from = given ? "option" : "nearest";
	if (!given)
		return name_profile(topo, nearest_profile(topo->input.topology,
			topo->profile.why, sizeof(topo->profile.why)));
	if (!config_is_profile_file(given))
		return name_profile(topo, given);
	topo->profile.file = given;
	status = read_profile_file(given, &topo->profile.cost, &document);
	json_decref(document);
	return status;
}

static enum status check_place(const struct topo *topo)
{
	const char *place = topo->options->given[OPTION_PLACE];
	struct topology_error err = { .text = "out of memory" };

	if (!place || topology_place(topo->input.topology, place, 0, NULL,
				     &err) > 0)
		return STATUS_DONE;
	return refuse_place(place, strlen(place), &err);
}

/* ---- what is said ------------------------------------------------------ */
static enum status write_xml(const struct topo *topo, FILE *file)
{
	char *xml = topology_export_xml(topo->input.topology);

	if (!xml) {
		usage_note("hwloc cannot write this topology as XML");
		return STATUS_HOST;
	}
	fputs(xml, file);
	free(xml);
	return STATUS_DONE;
}

static enum status write_document(const struct topo *topo, FILE *file)
{
	json_t *document = topo_document(&topo->input, topo->spec,
					 &topo->profile,
					 topo->options->given[OPTION_PLACE]);

	if (!document) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	if (topo->format == FORMAT_JSON)
		result_write(document, file);
	else
		topo_print(document, cmd_color(topo->options, fileno(file)),
			   file);
	json_decref(document);
	return STATUS_DONE;
}

static enum status write_all(const struct topo *topo)
{
	struct output output;
	enum status status = output_open(&output,
					 topo->options->given[OPTION_OUTPUT]);

	if (status)
		return status;
	if (topo->format == FORMAT_XML)
		status = write_xml(topo, output.file);
	else if (topo->format == FORMAT_PICTURE)
		status = topo_draw(topo->input.topology, topo->picture,
				   output.file);
	else
		status = write_document(topo, output.file);
	if (!status)
		return output_commit(&output);
	output_abandon(&output);
	return status;
}

enum status cmd_topo(const struct options *options, int argc, char **argv)
{
	struct topo topo = { .options = options, .input.fd = -1 };
	enum status status = choose_spec(&topo);

	(void)argc;
	(void)argv;
	if (!status)
		status = choose_format(&topo);
	if (!status)
		status = topology_input_open(&topo.input, topo.spec);
	if (!status)
		status = choose_profile(&topo);
	if (!status)
		status = check_place(&topo);
	if (!status)
		status = write_all(&topo);
	topology_input_close(&topo.input);
	return status;
}
