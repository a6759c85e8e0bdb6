/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading, checking and digesting hwloc XML. hwloc refuses a bad file with
 * nothing but EINVAL, so the common mistakes are found here first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/topology_parts.h"

#define XML_BYTES_MAX	(64UL << 20)
#define XML_DEPTH_MAX	256
#define OS_INDEX_MAX	65535
#define CUT_OFF		"it has no end; is the file cut off?"

/* ---- reading ------------------------------------------------------------- */

static int read_stream(FILE *file, char **text, size_t *size)
{
	size_t room = 64 << 10, used = 0, got;
	char *buffer = malloc(room);
	char *grown;

	if (!buffer)
		return -ENOMEM;
	while ((got = fread(buffer + used, 1, room - used - 1, file)) > 0) {
		used += got;
		if (used > XML_BYTES_MAX) {
			free(buffer);
			return -EFBIG;
		}
		if (room - used > 1)
			continue;
		grown = realloc(buffer, room *= 2);
		if (!grown) {
			free(buffer);
			return -ENOMEM;
		}
		buffer = grown;
	}
	if (ferror(file)) {
		free(buffer);
		return errno ? -errno : -EIO;
	}
	buffer[used] = '\0';
	*text = buffer;
	*size = used;
	return 0;
}

static int read_file(const char *path, char **text, size_t *size)
{
	FILE *file;
	int err;

	errno = 0;
	if (strcmp(path, "-") == 0)
		return read_stream(stdin, text, size);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	err = read_stream(file, text, size);
	fclose(file);
	return err;
}

/* ---- checking ------------------------------------------------------------ */

struct xml_scan {
	const char	*at;
	unsigned	line;
	unsigned	depth;
	struct {
		const char	*name;
		int		length;
		unsigned	line;
	} open[XML_DEPTH_MAX];
};

static void scan_to(struct xml_scan *scan, const char *to)
{
	for (; scan->at < to; scan->at++)
		scan->line += *scan->at == '\n';
}

/* The '>' that ends the tag at scan->at, outside quotes; NULL: none. */
static const char *tag_end(const char *at)
{
	char quote = '\0';

	for (; *at; at++) {
		if (quote) {
			if (*at == quote)
				quote = '\0';
		} else if (*at == '"' || *at == '\'') {
			quote = *at;
		} else if (*at == '>') {
			return at;
		}
	}
	return NULL;
}

static int scan_close(struct xml_scan *scan, const char *name, int length,
		      struct topology_error *err)
{
	if (scan->depth == 0)
		return topology_fail(err, -1, NULL,
				     "line %u: </%.*s> closes nothing",
				     scan->line, length, name);
	scan->depth--;
	if (scan->open[scan->depth].length != length ||
	    memcmp(scan->open[scan->depth].name, name, length) != 0)
		return topology_fail(err, -1, NULL,
				     "line %u: </%.*s> for <%.*s> of line %u",
				     scan->line, length, name,
				     scan->open[scan->depth].length,
				     scan->open[scan->depth].name,
				     scan->open[scan->depth].line);
	return 0;
}

/* The value of an attribute in [at, end), after its quote; NULL: not there. */
static const char *attribute(const char *at, const char *end, const char *name)
{
	const char *found = memmem(at, end - at, name, strlen(name));

	return found ? found + strlen(name) : NULL;
}

/*
 * hwloc makes sets of bits of these indices, half a gigabyte for the largest;
 * Linux has 8192 CPUs and 1024 nodes at most.
 */
static int check_os_index(const struct xml_scan *scan, const char *end,
			  struct topology_error *err)
{
	const char *type = attribute(scan->at, end, " type=\"");
	const char *index = attribute(scan->at, end, " os_index=\"");

	if (!type || !index ||
	    (strncmp(type, "PU\"", 3) && strncmp(type, "NUMANode\"", 9)))
		return 0;
	if (strtoull(index, NULL, 10) <= OS_INDEX_MAX)
		return 0;
	return topology_fail(err, -1, NULL,
			     "line %u: os_index %.*s is beyond %d", scan->line,
			     (int)strcspn(index, "\"\n"), index, OS_INDEX_MAX);
}

/* One tag, [scan->at, end]. */
static int scan_tag(struct xml_scan *scan, const char *end,
		    struct topology_error *err)
{
	const char *name = scan->at + 1;
	bool closes = *name == '/';
	int length;

	name += closes;
	length = (int)strcspn(name, " \t\r\n/>");
	if (closes)
		return scan_close(scan, name, length, err);
	if (end[-1] == '/')
		return 0;
	if (scan->depth == XML_DEPTH_MAX)
		return topology_fail(err, -1, NULL,
				     "line %u: elements nest deeper than %d",
				     scan->line, XML_DEPTH_MAX);
	scan->open[scan->depth].name = name;
	scan->open[scan->depth].length = length;
	scan->open[scan->depth].line = scan->line;
	scan->depth++;
	return 0;
}

/* Where the tag, comment or declaration at `at` ends; NULL: it does not. */
static const char *markup_end(const char *at)
{
	const char *end;

	if (strncmp(at, "<!--", 4) != 0)
		return tag_end(at);
	end = strstr(at + 4, "-->");
	return end ? end + 2 : NULL;
}

static int check_nesting(const char *text, struct topology_error *err)
{
	struct xml_scan scan = { .at = text, .line = 1 };
	const char *end;
	int ret;

	for (;;) {
		scan_to(&scan, scan.at + strcspn(scan.at, "<"));
		if (!*scan.at)
			break;
		end = markup_end(scan.at);
		if (!end)
			return topology_fail(err, -1, NULL,
					     "line %u: " CUT_OFF,
					     scan.line);
		if (scan.at[1] != '!' && scan.at[1] != '?') {
			ret = check_os_index(&scan, end, err);
			if (!ret)
				ret = scan_tag(&scan, end, err);
			if (ret)
				return ret;
		}
		scan_to(&scan, end + 1);
	}
	if (scan.depth == 0)
		return 0;
	scan.depth--;
	return topology_fail(err, -1, NULL,
			     "line %u: <%.*s>: " CUT_OFF,
			     scan.open[scan.depth].line,
			     scan.open[scan.depth].length,
			     scan.open[scan.depth].name);
}

static int check_format(const char *text, struct topology_error *err)
{
	const char *root = strstr(text, "<topology");
	const char *version, *end;

	if (text[strspn(text, " \t\r\n")] == '\0')
		return topology_fail(err, -1, NULL, "it is empty");
	if (text[strspn(text, " \t\r\n\xef\xbb\xbf")] != '<')
		return topology_fail(err, -1, "save one: lstopo file.xml",
				     "it is not XML");
	if (!root)
		return topology_fail(err, -1, "save one: lstopo file.xml",
				     "it has no <topology> element");
	end = strchr(root, '>');
	version = strstr(root, "version=\"");
	if (!end || !version || version > end)
		return 0;
	version += strlen("version=\"");
	if (strtoul(version, NULL, 10) < 3)
		return 0;
	return topology_fail(err, -1,
			     "there: lstopo --export-xml-flags v2 file.xml",
			     "it is hwloc's format %.*s; we read up to 2",
			     (int)strcspn(version, "\""), version);
}

int topology_read_xml(const char *path, char **text, size_t *size,
		      struct topology_error *err)
{
	int ret = read_file(path, text, size);

	if (ret == -ENOMEM)
		return ret;
	if (ret == -EFBIG)
		return topology_fail(err, -1, NULL,
				     "it is larger than %lu MiB",
				     XML_BYTES_MAX >> 20);
	if (ret)
		return topology_fail(err, -1, NULL, "%s", strerror(-ret));
	if (memchr(*text, '\0', *size))
		ret = topology_fail(err, -1, NULL, "it is not XML");
	if (!ret)
		ret = check_format(*text, err);
	if (!ret)
		ret = check_nesting(*text, err);
	if (ret)
		free(*text);
	return ret;
}

/* ---- the digest ---------------------------------------------------------- */

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FNV_BASIS	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

static uint64_t fnv1a(uint64_t hash, const char *bytes, size_t size)
{
	for (; size > 0; size--) {
		hash ^= (unsigned char)*bytes++;
		hash *= FNV_PRIME;
	}
	return hash;
}

/* Starts one of these the line's element? They tell of a run or a build. */
static bool line_is_passing(const char *line, bool is_host)
{
	static const char *const passing[] = {
		"<info name=\"HostName\"", "<info name=\"OSRelease\"",
		"<info name=\"OSVersion\"", "<info name=\"LinuxCgroup\"",
		"<info name=\"hwlocVersion\"", "<info name=\"ProcessName\"",
		"<info name=\"SyntheticDescription\"", "<support ",
	};

	line += strspn(line, " \t");
	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		if (strncmp(line, passing[i], strlen(passing[i])) == 0)
			return true;
	return is_host && strncmp(line, "<page_type ", 11) == 0;
}

static uint64_t fnv1a_line(uint64_t hash, const char *line, size_t size,
			   bool is_host)
{
	static const char memory[] = " local_memory=\"";
	const char *cut, *rest;

	cut = is_host ? memmem(line, size, memory, strlen(memory)) : NULL;
	if (!cut)
		return fnv1a(hash, line, size);
	rest = cut + strlen(memory);
	rest += strcspn(rest, "\"\n");
	hash = fnv1a(hash, line, cut - line);
	return fnv1a(hash, rest, line + size - rest);
}

void topology_hash_xml(const char *xml, bool is_host, char hash[17])
{
	uint64_t sum = FNV_BASIS;
	size_t size;

	for (; *xml; xml += size) {
		size = strcspn(xml, "\n");
		size += xml[size] == '\n';
		if (!line_is_passing(xml, is_host))
			sum = fnv1a_line(sum, xml, size, is_host);
	}
	snprintf(hash, 17, "%016" PRIx64, sum);
}
