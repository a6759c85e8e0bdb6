/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One engine process: its request on standard input (an anonymous file), its
 * report on descriptor 3, what it says to people on standard error, relayed
 * line by line to ours. It dies with the driver.
 */
#ifndef EMU_PROCESS_H
#define EMU_PROCESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "emu/status.h"

struct process_stream {
	int		fd;		/* nonblocking; -1 after its end */
	char		*buffer;	/* the unfinished line */
	size_t		length, size;
};

struct process {
	pid_t			pid;	/* 0: none */
	struct process_stream	report, talk;
	uint64_t		heard_ns;	/* the last heartbeat */
	json_t			*point;		/* as reported, or NULL */
	char			*fault;		/* why it failed, or NULL */
	json_t			*said;	/* the last lines on standard error */
	size_t			nr_unsaid;	/* before these */
	size_t			index;		/* of the point it runs */
};

/* How a process ended: for the result. */
struct outcome {
	enum status	status;
	json_t		*point;		/* owned; NULL if it reported none */
	char		*error;		/* owned; NULL if all is well */
	json_t		*said;		/* owned; of one that failed: its last
					 * words, or NULL */
};

/* Nanoseconds of the monotonic clock. */
uint64_t process_clock_ns(void);

/* Starts `engine --run`, which gets events (-1: nothing) as descriptor 4. 0 or
 * -errno; takes no reference to request. */
int process_start(struct process *process, const char *engine,
		  const json_t *request, int events, size_t index);

/* Reads what there is, without waiting. */
void process_read(struct process *process);

/* Kills it; why becomes its error unless it already has one. */
void process_kill(struct process *process, const char *why);

/*
 * If it has ended: fills *outcome, frees all, returns true. The process must
 * have been read since it ended, or else its last words are read here.
 */
bool process_reap(struct process *process, struct outcome *outcome);

void outcome_exit(struct outcome *outcome);

#endif
