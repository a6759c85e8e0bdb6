/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/point_lines.h"

#include <stdio.h>
#include <string.h>

#include "cpus/boot.h"
#include "emu/json_set.h"
#include "mm/mm.h"
#include "mm/whatis.h"

#define LINES_TOLD	20
#define NAME_MAX_LENGTH	400

static const char *const ways[MACHINE_WAYS] = { "smt", "l3", "package",
						"cross" };

static void name_address(const void *p, struct address_name *name)
{
	memset(name, 0, sizeof(*name));
	if (!kernel_name_address(p, name))
		machine_name_address(p, name);
}

/* "free_pcppages_bulk+0x1c": without the function's size. */
static void site_words(unsigned long ip, char text[KSYM_SYMBOL_LEN])
{
	symbol_print(text, ip);
	text[strcspn(text, "/")] = '\0';
}

/* Where the memory at p was last allocated, or "". */
static void alloc_site(const void *p, char text[KSYM_SYMBOL_LEN])
{
	struct machine_alloc alloc;
	char *percpu;

	text[0] = '\0';
	if (address_percpu(p, &percpu) >= 0)
		p = percpu;
	if (machine_alloc_find(p, &alloc))
		site_words(alloc.ip, text);
}

/* "0-3,8": the CPUs of a bitmap. */
static json_t *cpus_json(const u64 *bitmap)
{
	char text[256];
	size_t length = 0;
	unsigned cpu, last;

	text[0] = '\0';
	for (cpu = 0; cpu < nr_cpu_ids && length < sizeof(text) - 24; cpu++) {
		if (!(bitmap[cpu / 64] >> cpu % 64 & 1))
			continue;
		for (last = cpu; last + 1 < nr_cpu_ids &&
		     (bitmap[(last + 1) / 64] >> (last + 1) % 64 & 1); )
			last++;
		length += (size_t)snprintf(text + length, sizeof(text) - length,
			last > cpu ? "%s%u-%u" : "%s%u", length ? "," : "",
			cpu, last);
		cpu = last;
	}
	if (cpu < nr_cpu_ids)
		snprintf(text + length, sizeof(text) - length, ",...");
	return json_string(text);
}

static json_t *user_json(const struct machine_line_user *user)
{
	json_t *json = json_object();
	struct address_name name;
	char site[KSYM_SYMBOL_LEN];

	/* Without ip: all that found no room of their own. */
	if (user->ip) {
		name_address(user->addr, &name);
		site_words(user->ip, site);
		json_object_set_new(json, "at", json_string(site));
		json_object_set_new(json, "object", json_string(name.object));
		json_object_set_new(json, "field", json_string(name.field));
		json_object_set_new(json, "access", json_string(
				    user->write ? "write" : "read"));
		alloc_site(user->addr, site);
		if (*site)
			json_object_set_new(json, "allocated_at",
					    json_string(site));
	}
	set_u64(json, "moves", user->moves);
	set_u64(json, "lost_ns", user->lost_ns);
	set_u64(json, "cpus", user->nr_cpus);
	return json;
}

/* Appends what is not there yet, if there is room for it. */
static void add_word(char *text, const char *divider, const char *word)
{
	size_t length = strlen(text);

	if (*word && !strstr(text, word) &&
	    length + strlen(divider) + strlen(word) < NAME_MAX_LENGTH)
		snprintf(text + length, NAME_MAX_LENGTH - length, "%s%s",
			 length ? divider : "", word);
}

/* The objects that lie in the line and are used, the costliest first. */
static json_t *objects_json(const struct machine_line *line)
{
	char text[NAME_MAX_LENGTH] = "";

	for (unsigned i = 0; i < line->nr_users; i++) {
		char words[NAME_MAX_LENGTH], site[KSYM_SYMBOL_LEN];
		struct address_name name;

		if (!line->users[i].ip && i)
			continue;
		name_address(line->users[i].addr, &name);
		alloc_site(line->users[i].addr, site);
		/* A structure that is named is known. */
		if (!strncmp(name.object, "struct ", 7))
			*site = '\0';
		snprintf(words, sizeof(words), "%s%s%s", name.object,
			 *site ? ", last allocated at " : "", site);
		add_word(text, "; ", words);
	}
	return json_string(text);
}

/* The fields of the first of them. */
static json_t *fields_json(const struct machine_line *line)
{
	struct address_name first, name;
	char text[NAME_MAX_LENGTH] = "";

	name_address(line->users[0].addr, &first);
	for (unsigned i = 0; i < line->nr_users; i++) {
		name_address(line->users[i].addr, &name);
		if (!strcmp(name.object, first.object))
			add_word(text, ", ", name.field);
	}
	return json_string(text);
}

static json_t *line_json(const struct machine_line *line)
{
	json_t *json = json_object(), *users = json_array();
	json_t *moves = json_object();

	json_object_set_new(json, "object", objects_json(line));
	json_object_set_new(json, "fields", fields_json(line));
	set_u64(json, "lost_ns", line->lost_ns);
	for (unsigned i = 0; i < MACHINE_WAYS; i++)
		set_u64(moves, ways[i], line->moves[i]);
	json_object_set_new(json, "moves", moves);
	set_u64(json, "waits", line->waits);
	json_object_set_new(json, "readers", cpus_json(line->readers));
	json_object_set_new(json, "writers", cpus_json(line->writers));
	json_object_set_new(json, "false_sharing",
			    json_boolean(line->false_sharing));
	for (unsigned i = 0; i < line->nr_users; i++)
		json_array_append_new(users, user_json(&line->users[i]));
	json_object_set_new(json, "users", users);
	return json;
}

static bool is_harness(const void *run, const void *line)
{
	return workload_harness_has(run, line);
}

json_t *lines_json(const struct run *run)
{
	static struct machine_line lines[LINES_TOLD];
	json_t *json = json_object(), *hottest = json_array();
	struct machine_lines sum;
	unsigned nr;

	nr = machine_lines_read(&sum, lines, LINES_TOLD, is_harness, run);
	set_u64(json, "moved", sum.nr_lines);
	set_u64(json, "lost_ns", sum.lost_ns);
	set_u64(json, "harness_lines", sum.nr_left_out);
	set_u64(json, "harness_ns", sum.left_out_ns);
	set_u64(json, "unknown_moves", sum.unknown);
	for (unsigned i = 0; i < nr; i++)
		json_array_append_new(hottest, line_json(&lines[i]));
	json_object_set_new(json, "hottest", hottest);
	return json;
}
