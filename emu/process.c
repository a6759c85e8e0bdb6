/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Engine processes: see process.h and engine-protocol.md. */
#include "emu/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "emu/utf8.h"

#define REPORT_FD	3
#define EVENTS_FD	4
#define LINE_MAX_BYTES	(64u << 20)
/* Of what it says to people, for the result; the last of them. */
#define SAID_LINES_MAX	200
#define SAID_BYTES_MAX	1000

uint64_t process_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The request as a file, so that no engine can block us by not reading. */
static int request_file(const json_t *request)
{
	int fd = memfd_create("request.json", MFD_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	if (json_dumpfd(request, fd, JSON_COMPACT) ||
	    lseek(fd, 0, SEEK_SET) < 0) {
		err = errno ? errno : EIO;
		close(fd);
		return -err;
	}
	return fd;
}

/* What an engine gets of us. */
struct inheritance {
	const char	*engine;
	int		request, report, talk, events;
	pid_t		driver;
};

static bool hand_over(int fd, int as)
{
	return fd >= 0 && dup2(fd, as) >= 0;
}

/* In the child: the descriptors in place, then the engine. */
static void become_engine(const struct inheritance *mine)
{
	const char *engine = mine->engine;
	/* Out of the way of 0..4 first: they may overlap. */
	int request = fcntl(mine->request, F_DUPFD_CLOEXEC, 10);
	int report = fcntl(mine->report, F_DUPFD_CLOEXEC, 10);
	int talk = fcntl(mine->talk, F_DUPFD_CLOEXEC, 10);
	int events = mine->events < 0 ? -1 :
		fcntl(mine->events, F_DUPFD_CLOEXEC, 10);

	if (!hand_over(request, STDIN_FILENO) ||
	    !hand_over(talk, STDOUT_FILENO) ||
	    !hand_over(talk, STDERR_FILENO) || !hand_over(report, REPORT_FD))
		_exit(STATUS_BUG);
	if (mine->events >= 0 && !hand_over(events, EVENTS_FD))
		_exit(STATUS_BUG);
	/* Ctrl-C is for the driver, which then asks the engines to stop. */
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != mine->driver)
		_exit(STATUS_BUG);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	execl(engine, engine, "--run", (char *)NULL);
	dprintf(STDERR_FILENO, "cannot execute %s: %s\n", engine,
		strerror(errno));
	_exit(STATUS_BUG);
}

static int open_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_pipe(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

int process_start(struct process *process, const char *engine,
		  const json_t *request, int events, size_t index)
{
	int input = request_file(request), report[2], talk[2], ret;
	pid_t driver = getpid();

	*process = (struct process){ .index = index };
	if (input < 0)
		return input;
	ret = open_pipe(report);
	if (ret)
		goto close_input;
	ret = open_pipe(talk);
	if (ret)
		goto close_report;
	process->pid = fork();
	if (process->pid == 0)
		become_engine(&(struct inheritance){ engine, input, report[1],
			      talk[1], events, driver });
	if (process->pid < 0) {
		ret = -errno;
		process->pid = 0;
		goto close_talk;
	}
	close(input);
	close(report[1]);
	close(talk[1]);
	process->report.fd = report[0];
	process->talk.fd = talk[0];
	process->heard_ns = process_clock_ns();
	return 0;

close_talk:
	close_pipe(talk);
close_report:
	close_pipe(report);
close_input:
	close(input);
	return ret;
}

static void stream_close(struct process_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->buffer);
	*stream = (struct process_stream){ .fd = -1 };
}

__attribute__((format(printf, 2, 3)))
static void set_fault(struct process *process, const char *format, ...)
{
	va_list args;

	if (process->fault)
		return;
	va_start(args, format);
	if (vasprintf(&process->fault, format, args) < 0)
		process->fault = NULL;
	va_end(args);
}

static void take_report(struct process *process, const char *line,
			size_t length)
{
	json_error_t error;
	json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	json_t *point = json_object_get(json, "point");

	process->heard_ns = process_clock_ns();
	if (json_is_object(point) && !process->point)
		process->point = json_incref(point);
	else if (point)
		set_fault(process, "the engine reported a bad point");
	else if (!json)
		set_fault(process, "the engine's report is no JSON: %s",
			  error.text);
	else if (!json_object_get(json, "heartbeat"))
		set_fault(process, "the engine's report is neither heartbeat "
			  "nor point");
	json_decref(json);
}

/* A line as JSON can have it, whatever an engine in trouble says. */
static json_t *said_line(const char *line, size_t length)
{
	if (length > SAID_BYTES_MAX)
		length = SAID_BYTES_MAX;
	return json_stringn(line, utf8_first_bad(line, length));
}

static void take_talk(struct process *process, const char *line, size_t length)
{
	fwrite(line, 1, length, stderr);
	fputc('\n', stderr);
	if (!process->said)
		process->said = json_array();
	if (json_array_size(process->said) == SAID_LINES_MAX) {
		json_array_remove(process->said, 0);
		process->nr_unsaid++;
	}
	json_array_append_new(process->said, said_line(line, length));
}

/* The last line that is not empty, or NULL. */
static const char *last_words(const struct process *process)
{
	for (size_t i = json_array_size(process->said); i-- > 0;) {
		const char *line = json_string_value(
			json_array_get(process->said, i));

		if (*line)
			return line;
	}
	return NULL;
}

typedef void (*take_line_t)(struct process *process, const char *line,
			    size_t length);

/* Hands over whole lines; at the end of the stream also the last piece. */
static void take_lines(struct process *process, struct process_stream *stream,
		       take_line_t take, bool end)
{
	char *line = stream->buffer, *newline;
	char *stop = stream->buffer + stream->length;

	while (line < stop &&
	       (newline = memchr(line, '\n', (size_t)(stop - line)))) {
		take(process, line, (size_t)(newline - line));
		line = newline + 1;
	}
	if (end && line < stop) {
		take(process, line, (size_t)(stop - line));
		line = stop;
	}
	stream->length = (size_t)(stop - line);
	if (stream->length)
		memmove(stream->buffer, line, stream->length);
}

static bool make_room(struct process_stream *stream)
{
	size_t size = stream->size ? stream->size * 2 : 65536;
	char *buffer;

	if (stream->size - stream->length >= 4096)
		return true;
	if (size > LINE_MAX_BYTES)
		return false;
	buffer = realloc(stream->buffer, size);
	if (!buffer)
		return false;
	stream->buffer = buffer;
	stream->size = size;
	return true;
}

static void read_stream(struct process *process, struct process_stream *stream,
			take_line_t take)
{
	while (stream->fd >= 0) {
		ssize_t got;

		if (!make_room(stream)) {
			process_kill(process, "the engine wrote a line of more "
				     "than 64M");
			stream_close(stream);
			return;
		}
		got = read(stream->fd, stream->buffer + stream->length,
			   stream->size - stream->length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got > 0)
			stream->length += (size_t)got;
		take_lines(process, stream, take, got <= 0);
		if (got <= 0)
			stream_close(stream);
	}
}

void process_read(struct process *process)
{
	read_stream(process, &process->report, take_report);
	read_stream(process, &process->talk, take_talk);
}

void process_kill(struct process *process, const char *why)
{
	set_fault(process, "%s", why);
	kill(process->pid, SIGKILL);
}

/* What an exit status means for the point: its status, maybe its fault. */
static enum status judge(struct process *process, int wait_status)
{
	int code = WEXITSTATUS(wait_status);

	if (WIFSIGNALED(wait_status)) {
		set_fault(process, "the engine was killed by signal %d (%s)",
			  WTERMSIG(wait_status),
			  strsignal(WTERMSIG(wait_status)));
		return STATUS_BUG;
	}
	if (process->fault)
		return STATUS_BUG;
	if (code == STATUS_USAGE || code == STATUS_HOST) {
		set_fault(process, "%s", last_words(process) ?
			  last_words(process) : "the engine refused the run");
		return (enum status)code;
	}
	if (code != STATUS_DONE && code != STATUS_BROKEN) {
		set_fault(process, "the engine exited with status %d", code);
		return STATUS_BUG;
	}
	if (!process->point) {
		set_fault(process, "the engine reported no point");
		return STATUS_BUG;
	}
	if (code == STATUS_BROKEN)
		set_fault(process, "the emulated kernel broke an invariant");
	return (enum status)code;
}

/* Why it died is in its last words: one of them beside the fault, all below. */
static void add_last_words(struct process *process, struct outcome *outcome)
{
	const char *last = last_words(process);
	char *text;

	if (!last)
		return;
	if (asprintf(&text, "%s: %s", process->fault, last) >= 0) {
		free(outcome->error);
		outcome->error = text;
	}
	if (process->nr_unsaid && asprintf(&text, "(%zu lines before these)",
					   process->nr_unsaid) >= 0) {
		json_array_insert_new(process->said, 0, json_string(text));
		free(text);
	}
	outcome->said = json_incref(process->said);
}

bool process_reap(struct process *process, struct outcome *outcome)
{
	int wait_status;
	pid_t ended;

	ended = waitpid(process->pid, &wait_status, WNOHANG);
	if (!ended || (ended < 0 && errno == EINTR))
		return false;
	if (ended < 0)
		wait_status = STATUS_BUG << 8;
	process_read(process);
	*outcome = (struct outcome){ .status = judge(process, wait_status) };
	outcome->point = process->point;
	outcome->error = process->fault;
	if (outcome->status == STATUS_BUG)
		add_last_words(process, outcome);
	json_decref(process->said);
	stream_close(&process->report);
	stream_close(&process->talk);
	*process = (struct process){ 0 };
	return true;
}

void outcome_exit(struct outcome *outcome)
{
	json_decref(outcome->point);
	json_decref(outcome->said);
	free(outcome->error);
	*outcome = (struct outcome){ 0 };
}
