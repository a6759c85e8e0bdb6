/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pictures by lstopo: the people who draw topologies have a program for it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpus/topology_tree.h"
#include "emu/topo.h"
#include "emu/usage.h"

#define NO_LSTOPO	127

/* The topology as a file that a child can open: a descriptor, or -1. */
static int spool(const struct topology *topology)
{
	char *xml = topology_export_xml(topology);
	int fd = xml ? memfd_create("topology.xml", 0) : -1;
	size_t length = xml ? strlen(xml) : 0, done = 0;
	ssize_t n = 0;

	while (fd >= 0 && done < length && n >= 0) {
		n = write(fd, xml + done, length - done);
		done += n > 0 ? (size_t)n : 0;
	}
	free(xml);
	if (fd >= 0 && done < length) {
		close(fd);
		return -1;
	}
	return fd;
}

/* In the child: its picture goes to standard output. */
static void become_lstopo(int input, int output, const char *format)
{
	static const char *const programs[] = { "lstopo",
						"lstopo-no-graphics" };
	char path[40];
	int null = open("/dev/null", O_RDWR);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", input);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	for (unsigned i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		execlp(programs[i], programs[i], "--if", "xml", "-i", path,
		       "--of", format, "-", (char *)NULL);
	_exit(NO_LSTOPO);
}

static enum status outcome(int status)
{
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return STATUS_DONE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LSTOPO)
		usage_note("lstopo is not installed (package hwloc): it draws "
			   "the pictures");
	else
		usage_note("lstopo cannot draw this");
	return STATUS_HOST;
}

enum status topo_draw(const struct topology *topology, const char *format,
		      FILE *file)
{
	int input = spool(topology), status = -1;
	pid_t child;

	if (input < 0) {
		usage_note("cannot hand the topology to lstopo");
		return STATUS_HOST;
	}
	fflush(file);
	child = fork();
	if (!child)
		become_lstopo(input, fileno(file), format);
	close(input);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0) {
		usage_note("cannot start lstopo: %s", strerror(errno));
		return STATUS_HOST;
	}
	return outcome(status);
}
