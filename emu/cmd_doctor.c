/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown doctor: what this host can measure, and what to change. */
#include "emu/cmd.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/doctor.h"
#include "emu/output.h"
#include "emu/result.h"
#include "emu/usage.h"

static json_t *check_json(const char *name, struct doctor_finding *finding)
{
	json_t *json = json_pack("{s:s, s:s, s:s}", "name", name, "verdict",
				 doctor_verdict_word(finding->verdict),
				 "text", finding->text);

	if (*finding->advice)
		json_object_set_new(json, "advice",
				    json_string(finding->advice));
	if (finding->figures)
		json_object_set(json, "figures", finding->figures);
	return json;
}

/* The whole document; *worst is the worst verdict. */
static json_t *examine(const struct doctor *doctor,
		       enum doctor_verdict *worst)
{
	json_t *document = json_pack("{s:s, s:o, s:o}", "schema",
		"shootdown.doctor/1", "tool", result_tool(), "host",
		result_host());
	json_t *checks = json_array();

	*worst = DOCTOR_GOOD;
	for (size_t i = 0; doctor_checks[i].name; i++) {
		struct doctor_finding finding = { .figures = NULL };

		doctor_checks[i].run(doctor, &finding);
		json_array_append_new(checks, check_json(doctor_checks[i].name,
							 &finding));
		json_decref(finding.figures);
		if (finding.verdict > *worst)
			*worst = finding.verdict;
	}
	json_object_set_new(document, "verdict", json_string(
		doctor_verdict_word(*worst)));
	json_object_set_new(document, "checks", checks);
	return document;
}

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *color_of(const char *verdict, bool color)
{
	if (!color)
		return "";
	return !strcmp(verdict, "good") ? "\033[32m" :
		!strcmp(verdict, "bad") ? "\033[31m" :
		!strcmp(verdict, "warn") ? "\033[33m" : "\033[1m";
}

static void print_text(const json_t *document, bool color, FILE *file)
{
	static const char *const ends[][2] = {
		{ "good", "This host can measure." },
		{ "unknown", "This host can measure, as far as it shows." },
		{ "warn", "This host can measure, with the reserves above." },
		{ "bad", "Native runs on this host cannot be trusted; -m sim "
		  "can." },
	};
	const char *worst = string_at(document, "verdict");
	json_t *check;
	size_t i;

	json_array_foreach(json_object_get(document, "checks"), i, check) {
		const char *verdict = string_at(check, "verdict");

		fprintf(file, "%s%-7s%s  %-10s  %s\n",
			color_of(verdict, color), verdict,
			color ? "\033[0m" : "", string_at(check, "name"),
			string_at(check, "text"));
		if (*string_at(check, "advice"))
			fprintf(file, "%21s-> %s\n", "",
				string_at(check, "advice"));
	}
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(worst, ends[i][0]))
			fprintf(file, "\n%s\n", ends[i][1]);
}

static enum status write_document(const struct options *options,
				  const json_t *document, bool json)
{
	struct output output;
	enum status status = output_open(&output,
					 options->given[OPTION_OUTPUT]);

	if (status)
		return status;
	if (json)
		result_write(document, output.file);
	else
		print_text(document, cmd_color(options, fileno(output.file)),
			   output.file);
	return output_commit(&output);
}

enum status cmd_doctor(const struct options *options, int argc, char **argv)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct topology_error err;
	struct topology *topology = NULL;
	struct doctor doctor = { .root = "" };
	enum doctor_verdict worst;
	unsigned format;
	enum status status;
	json_t *document;

	(void)argc;
	(void)argv;
	status = options_choice(options, OPTION_FORMAT, formats, &format);
	if (!status)
		status = cmd_no_words(options);
	if (status)
		return status;
	if (topology_create(&topology, TOPOLOGY_HOST, "host", &err)) {
		usage_note("%s", err.text);
		return STATUS_HOST;
	}
	doctor.topology = topology;
	document = examine(&doctor, &worst);
	status = write_document(options, document, format == 1 ||
		(options->given[OPTION_OUTPUT] &&
		 !options->given[OPTION_FORMAT]));
	json_decref(document);
	topology_destroy(topology);
	return status ? status : worst == DOCTOR_BAD ? STATUS_HOST :
		STATUS_DONE;
}
